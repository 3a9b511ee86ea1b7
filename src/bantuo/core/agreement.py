"""《半托管服务协议》 as text: the hash a signature names, its paragraphs, what a new version changes."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

_MARKS = (("# ", "title"), ("## ", "heading"), ("- ", "item"))
_NUMBERED = re.compile(r"(?P<number>\d+\.\d+) (?P<text>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph: `kind` is title, heading, item or text; `number` is that of a clause, else empty."""

    kind: str
    text: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One paragraph of a comparison: `kind` is same, added, removed or changed."""

    kind: str
    before: str
    after: str


def normalise_text(text: str) -> str:
    """The text as it is stored and hashed: one kind of line end, no blanks at line ends or around it."""
    return "\n".join(
        line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ).strip()


def text_sha256(*, zh: str, en: str) -> str:
    """The hash a signature names, of both languages at once: who signs one has signed the other.

    The length of the first text stands before it, so that no text can be moved from one to the other.
    """
    first, second = normalise_text(zh).encode(), normalise_text(en).encode()
    return hashlib.sha256(str(len(first)).encode() + b"\n" + first + b"\n" + second).hexdigest()


def paragraphs(text: str) -> tuple[Paragraph, ...]:
    """The paragraphs of a text, in order; blank lines part them."""
    blocks = re.split(r"\n{2,}", normalise_text(text))
    return tuple(_paragraph(line) for block in blocks for line in _lines(block) if line)


def _lines(block: str) -> list[str]:
    """A block is one paragraph, unless it is a list or begins with a heading."""
    lines = block.split("\n")
    marked = any(line.startswith(tuple(mark for mark, _ in _MARKS)) for line in lines)
    return lines if marked else [" ".join(lines)]


def _paragraph(line: str) -> Paragraph:
    for mark, kind in _MARKS:
        if line.startswith(mark):
            return Paragraph(kind, line.removeprefix(mark).strip())
    numbered = _NUMBERED.fullmatch(line)
    if numbered:
        return Paragraph("text", numbered["text"], numbered["number"])
    return Paragraph("text", line)


def differences(before: str, after: str) -> tuple[Difference, ...]:
    """What a new text changes, paragraph by paragraph; those that stay are named too."""
    return tuple(
        _differences([_written(p) for p in paragraphs(before)], [_written(p) for p in paragraphs(after)])
    )


def _written(paragraph: Paragraph) -> str:
    return f"{paragraph.number} {paragraph.text}".strip()


def _differences(before: list[str], after: list[str]) -> Iterator[Difference]:
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    for tag, from_a, to_a, from_b, to_b in matcher.get_opcodes():
        if tag == "equal":
            yield from (Difference("same", line, line) for line in before[from_a:to_a])
            continue
        for old, new in zip_longest(before[from_a:to_a], after[from_b:to_b], fillvalue=""):
            yield Difference("changed" if old and new else "removed" if old else "added", old, new)
