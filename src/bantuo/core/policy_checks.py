"""What one entry of a policy file must fulfil on its own: keys, languages, periods, gates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from bantuo.core.policy_tree import Entry, Problem

GATE_KINDS = ("ratio", "score", "count", "flag", "version", "days", "membership")
GATE_OPS = ("<", "<=", "==", ">=", ">")
GATE_KEYS = ("metric", "kind", "op", "unit", "applies_when", "evidenced_by", "profile")
GATE_NEEDS = ("failure_class", "consequence", "evidence", "fix", "fixable_now", "mend")


def keys_problems(
    entry: Entry, *, required: Sequence[str] = (), optional: Sequence[str] = ()
) -> Iterator[Problem]:
    """Keys that are not known here, and keys that are missing."""
    if not isinstance(entry.plain, dict):
        yield entry.problem(f"expected a mapping of {', '.join(required or optional)}")
        return
    for key, part in entry.fields.items():
        if key not in required and key not in optional:
            yield part.problem(f"unknown key {key!r}")
    for key in required:
        if key not in entry.fields:
            yield entry.problem(f"missing {key!r}")


def word_problems(entry: Entry, *keys: str) -> Iterator[Problem]:
    """Fields that are given, but not as text."""
    for key in keys:
        if key in entry.fields and not (isinstance(entry.get(key), str) and entry.get(key).strip()):
            yield entry.fields[key].problem(f"{key} is not text: {entry.get(key)!r}")


def list_problems(entry: Entry, *keys: str) -> Iterator[Problem]:
    """Fields that are given, but not as a list."""
    for key in keys:
        if key in entry.fields and not isinstance(entry.get(key), tuple):
            yield entry.fields[key].problem(f"{key} is not a list: {entry.get(key)!r}")


def language_problems(entry: Entry) -> Iterator[Problem]:
    """Every text that is given in one language must be given in the other."""
    for part in entry.walk():
        if {"zh", "en"} & set(part.fields):
            yield from text_problems(part)


def text_problems(entry: Entry) -> Iterator[Problem]:
    """A text is exactly `{zh: …, en: …}`, both filled."""
    yield from keys_problems(entry, required=("zh", "en"))
    for language in ("zh", "en"):
        given = entry.get(language)
        if language in entry.fields and not (isinstance(given, str) and given.strip()):
            yield entry.problem(f"missing language {language!r}: the text is empty")


def choice_problems(entry: Entry, *, key: str, choices: Iterable[str]) -> Iterator[Problem]:
    """A field whose value must be one of a closed list."""
    known = tuple(choices)
    if key in entry.fields and entry.get(key) not in known:
        yield entry.fields[key].problem(f"{key} {entry.get(key)!r} is not one of {', '.join(known)}")


def period_problems(values: Sequence[Entry]) -> Iterator[Problem]:
    """The periods of one rule follow each other: no gap, no overlap, none empty."""
    dated = [value for value in values if _has_period(value)]
    for value in dated:
        since, until = value.get("from"), value.get("until")
        if since is not None and until is not None and until <= since:
            yield value.problem(f"an empty period: from {since} until {until}")
    ordered = sorted(dated, key=lambda value: value.get("from") or date.min)
    for earlier, later in pairwise(ordered):
        yield from _seam_problems(earlier, later)


def _has_period(value: Entry) -> bool:
    return all(value.get(key) is None or isinstance(value.get(key), date) for key in ("from", "until"))


def _seam_problems(earlier: Entry, later: Entry) -> Iterator[Problem]:
    until, since = earlier.get("until"), later.get("from")
    if until is None or since is None or since < until:
        yield later.problem(f"overlap: from {since}, but the value of line {earlier.line} runs until {until}")
    elif since > until:
        yield later.problem(f"gap: nothing is in force from {until} until {since}")


def gate_problems(detail: Entry, *, unit: Any) -> Iterator[Problem]:
    """A gate says what is compared, and what a seller is told when it fails."""
    gate = detail.fields["gate"]
    yield from keys_problems(gate, required=("kind", "metric", "op"), optional=GATE_KEYS)
    yield from choice_problems(gate, key="kind", choices=GATE_KINDS)
    yield from choice_problems(gate, key="op", choices=GATE_OPS)
    yield from word_problems(gate, "metric", "profile")
    for key, parts in (("applies_when", ("metric", "equals")), ("evidenced_by", ("metric", "op", "rule"))):
        if key in gate.fields:
            yield from keys_problems(gate.fields[key], required=parts)
    if "unit" in gate.fields and gate.get("unit") != unit:
        yield gate.fields["unit"].problem(f"the gate compares {gate.get('unit')}, the rule is in {unit}")
    for key in GATE_NEEDS:
        if key not in detail.fields and "profile" not in gate.fields:
            yield detail.problem(f"a gate without {key!r}")
