"""What one entry of a policy file must fulfil on its own: keys, languages, periods, coverage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise, product
from typing import Any

from bantuo.core.policy_tree import Entry, Problem

GATE_KINDS = ("ratio", "score", "count", "flag", "version", "days", "membership")
GATE_OPS = ("<", "<=", "==", ">=", ">")
GATE_KEYS = ("metric", "kind", "op", "unit", "applies_when", "evidenced_by", "profile")
GATE_NEEDS = ("failure_class", "consequence", "evidence", "fix", "fixable_now", "mend")
DETAIL_KEYS = (*GATE_NEEDS, "gate", "class_origin", "note", "kind", "covers", "choices", "accountable")
DETAIL_KEYS_OF_TOPICS = ("document", "measure", "step", "worst_causes")


def keys_problems(entry: Entry, *, required: Sequence[str], optional: Sequence[str] = ()) -> Iterator[Problem]:
    """Keys that are not known here, and keys that are missing."""
    if not isinstance(entry.plain, dict):
        yield entry.problem(f"expected a mapping with {', '.join(required)}")
        return
    for key, part in entry.fields.items():
        if key not in required and key not in optional:
            yield part.problem(f"unknown key {key!r}")
    for key in required:
        if key not in entry.fields:
            yield entry.problem(f"missing {key!r}")


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
    if "unit" in gate.fields and gate.get("unit") != unit:
        yield gate.fields["unit"].problem(f"the gate compares {gate.get('unit')}, the rule is in {unit}")
    for key in GATE_NEEDS:
        if key not in detail.fields and "profile" not in gate.fields:
            yield detail.problem(f"a gate without {key!r}")


def coverage_problems(rule: Entry, table: Entry) -> Iterator[Problem]:
    """A table answers every case that its `detail.covers` names, and each only once."""
    detail = rule.fields.get("detail")
    covers = detail.fields.get("covers") if detail else None
    if covers is None:
        yield rule.problem("a table without `detail.covers`: which cases must it answer?")
        return
    yield from keys_problems(covers, required=(), optional=("cases", "answers", "bands"))
    if "cases" in covers.fields:
        yield from _case_problems(table, covers.fields["cases"])
    if "answers" in covers.fields:
        yield from _answer_problems(table, covers.fields["answers"])
    if "bands" in covers.fields:
        yield from _band_problems(table, covers.fields["bands"])
    if not {"cases", "bands"} & set(covers.fields):
        yield covers.problem("`covers` names neither cases nor bands")


def _case_problems(table: Entry, cases: Entry) -> Iterator[Problem]:
    columns = tuple(cases.fields)
    wanted = set(product(*(cases.get(column) for column in columns)))
    seen: set[tuple[Any, ...]] = set()
    for row in table.items:
        case = tuple(row.get(column) for column in columns)
        if case not in wanted:
            yield row.problem(f"a case that `covers` does not name: {_named(columns, case)}")
        elif case in seen:
            yield row.problem(f"the case stands twice: {_named(columns, case)}")
        seen.add(case)
    for case in sorted(wanted - seen, key=str):
        yield table.problem(f"uncovered case: {_named(columns, case)}")


def _named(columns: Sequence[str], case: Sequence[Any]) -> str:
    return ", ".join(f"{column} = {value}" for column, value in zip(columns, case, strict=True))


def _answer_problems(table: Entry, answers: Entry) -> Iterator[Problem]:
    for column, allowed in answers.fields.items():
        for row in table.items:
            if row.get(column) is None:
                yield row.problem(f"no answer: {column} is empty")
            elif row.get(column) not in allowed.plain:
                yield row.problem(f"{column} {row.get(column)!r} is not one of {', '.join(allowed.plain)}")


def _band_problems(table: Entry, bands: Entry) -> Iterator[Problem]:
    yield from keys_problems(bands, required=("from", "until"))
    lower, upper = str(bands.get("from")), str(bands.get("until"))
    rows = [row for row in table.items if isinstance(row.get(lower), int)]
    for row in table.items:
        if not isinstance(row.get(lower), int):
            yield row.problem(f"a band without its lower end {lower!r}")
    rows.sort(key=lambda row: int(row.get(lower)))
    if rows and rows[0].get(lower) != 0:
        yield rows[0].problem(f"uncovered case: {lower} below {rows[0].get(lower)}")
    for row, following in pairwise(rows):
        if row.get(upper) != following.get(lower):
            yield following.problem(f"a hole or an overlap: a band ends at {row.get(upper)}, "
                                    f"the next begins at {following.get(lower)}")  # fmt: skip
    if rows and rows[-1].get(upper) is not None:
        yield rows[-1].problem(f"uncovered case: {upper} from {rows[-1].get(upper)} on")
