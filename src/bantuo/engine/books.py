"""Where policy books are kept: the ones that ship inside the package, and any folder of YAML files."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path

from bantuo.core.policy import Book
from bantuo.core.policy_cases import Case, parse_cases
from bantuo.core.policy_text import parse_book
from bantuo.core.policy_tree import PolicyProblems, Problem

DEFAULT_BOOK = "aliexpress-semi"
_HEADER = "book.yaml"


class BookUnknown(LookupError):
    """No book of that name ships with bantuo."""


@cache
def load_book(book_id: str = DEFAULT_BOOK) -> Book:
    """A book that ships with bantuo, read and checked once per process."""
    return parse_book(_texts(_shipped(book_id)), book_id=book_id)


def load_book_from(path: str | Path) -> Book:
    """The book in a folder; raises PolicyProblems, also when the folder cannot be read."""
    return parse_book(_texts(Path(path)))


def find_book(name: str) -> Book:
    """The book that ships under `name`, else the one in the folder `name`.

    Raises BookUnknown if there is neither, PolicyProblems if the folder does not make a book.
    """
    if name in book_ids():
        return load_book(name)
    if not Path(name).is_dir():
        raise BookUnknown(f"no book or folder {name!r}; the books are {', '.join(book_ids())}")
    return load_book_from(name)


def book_ids() -> tuple[str, ...]:
    """The books that ship with bantuo."""
    return tuple(sorted(folder.name for folder in _home().iterdir() if folder.joinpath(_HEADER).is_file()))


@cache
def load_cases(book_id: str = DEFAULT_BOOK) -> tuple[Case, ...]:
    """The worked cases that ship beside the rules of a book."""
    folder = _shipped(book_id).joinpath("cases")
    return parse_cases(_texts(folder), book=load_book(book_id)) if folder.is_dir() else ()


def load_cases_from(path: str | Path, *, book: Book) -> tuple[Case, ...]:
    """The worked cases in the `cases` folder of a book's folder; none if it has no such folder."""
    folder = Path(path) / "cases"
    return parse_cases(_texts(folder), book=book) if folder.is_dir() else ()


def starter_categories() -> str:
    """The starter category list (CSV), which is ours and not the official one."""
    return _home().joinpath("starter", "categories.csv").read_text(encoding="utf-8")


def _home() -> Traversable:
    return importlib.resources.files("bantuo").joinpath("policybook")


def _shipped(book_id: str) -> Traversable:
    if book_id not in book_ids():
        raise BookUnknown(f"no book {book_id!r}; there are {', '.join(book_ids())}")
    return _home().joinpath(book_id)


def _texts(folder: Traversable) -> Mapping[str, str]:
    """File name → text of the YAML files of a folder, which must be UTF-8."""
    if not folder.is_dir():
        raise PolicyProblems([Problem(str(folder), 1, "not a folder of policy files")])
    problems: list[Problem] = []
    texts = dict(_read_all(folder, problems))
    if problems or not texts:
        raise PolicyProblems(problems or [Problem(str(folder), 1, "no policy file (*.yaml) in the folder")])
    return texts


def _read_all(folder: Traversable, problems: list[Problem]) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not (file.name.endswith(".yaml") and file.is_file()):
            continue
        try:
            yield file.name, file.read_bytes().decode("utf-8-sig")
        except (UnicodeDecodeError, OSError) as error:
            problems.append(Problem(file.name, 1, f"cannot be read as UTF-8: {error}"))
