"""Worked cases beside the rules: what goes in, what must come out, and which rules say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bantuo.core.policy import Book
from bantuo.core.policy_checks import (
    choice_problems,
    keys_problems,
    language_problems,
    list_problems,
    word_problems,
)
from bantuo.core.policy_tree import Entry, PolicyProblems, Problem, read_tree

CASE_KINDS = ("quote", "gate", "listing", "kpi", "routing")
_KEYS = ("id", "kind", "on", "given", "expect", "cites")


@dataclass(frozen=True, slots=True)
class Case:
    """One worked case: on this day, given this, exactly that is expected."""

    id: str
    kind: str
    on: date
    given: Mapping[str, Any]
    expect: Mapping[str, Any]
    cites: tuple[str, ...]


def parse_cases(files: Mapping[str, str], *, book: Book) -> tuple[Case, ...]:
    """The cases of the files (name → YAML text), in order of their id; raises PolicyProblems."""
    problems: list[Problem] = []
    found: dict[str, Entry] = {}
    for entry in _entries(files, problems):
        problems += _case_problems(entry, book)
        name = str(entry.get("id"))
        if name in found:
            problems.append(entry.problem(f"duplicate id {name!r}"))
        found[name] = entry
    if problems:
        raise PolicyProblems(problems)
    return tuple(_case(found[name]) for name in sorted(found))


def _entries(files: Mapping[str, str], problems: list[Problem]) -> Iterator[Entry]:
    for name in sorted(files):
        tree = read_tree(files[name], file=name, problems=problems)
        if tree is not None:
            problems += keys_problems(tree, required=("cases",))
            problems += language_problems(tree)
            yield from tree.list("cases")


def _case_problems(entry: Entry, book: Book) -> Iterator[Problem]:
    yield from keys_problems(entry, required=_KEYS, optional=("note",))
    yield from choice_problems(entry, key="kind", choices=CASE_KINDS)
    if not isinstance(entry.get("on"), date):
        yield entry.problem("`on` is not a day")
    for key in ("given", "expect"):
        if not isinstance(entry.get(key), dict) or not entry.get(key):
            yield entry.problem(f"`{key}` is not a mapping")
    yield from word_problems(entry, "id")
    yield from list_problems(entry, "cites")
    for cited in entry.list("cites"):
        if str(cited.plain) not in book.rules:
            yield cited.problem(f"unknown rule {cited.plain!r}")


def _case(entry: Entry) -> Case:
    return Case(
        id=entry.get("id"),
        kind=entry.get("kind"),
        on=entry.get("on"),
        given=entry.get("given"),
        expect=entry.get("expect"),
        cites=entry.get("cites"),
    )
