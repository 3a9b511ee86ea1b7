"""Whether a table of a policy file answers every case that it must."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import Any

from bantuo.core.policy_checks import keys_problems, list_problems, word_problems
from bantuo.core.policy_tree import Entry, Problem


def coverage_problems(rule: Entry, table: Entry) -> Iterator[Problem]:
    """A table answers every case that its `detail.covers` names, and each only once.

    `covers` holds `cases` (column → every value it takes, all combinations of which must stand in
    the table), `answers` (column → what may stand in it, never empty), or `bands` (the columns
    `from` and `until` of bands that begin at 0 and leave no hole and no end).
    """
    detail = rule.fields.get("detail")
    covers = detail.fields.get("covers") if detail else None
    if covers is None:
        yield rule.problem("a table without `detail.covers`: which cases must it answer?")
        return
    yield from keys_problems(covers, optional=("cases", "answers", "bands"))
    if not {"cases", "bands"} & set(covers.fields):
        yield covers.problem("`covers` names neither cases nor bands")
    malformed = [*_columns_problems(covers, "cases"), *_columns_problems(covers, "answers")]
    yield from malformed
    if malformed:
        return
    if "cases" in covers.fields:
        yield from _case_problems(table, covers.fields["cases"])
    if "answers" in covers.fields:
        yield from _answer_problems(table, covers.fields["answers"])
    if "bands" in covers.fields:
        yield from _band_problems(table, covers.fields["bands"])


def _columns_problems(covers: Entry, key: str) -> Iterator[Problem]:
    if key in covers.fields:
        columns = covers.fields[key]
        yield from () if columns.fields else (columns.problem(f"{key} names no column"),)
        yield from list_problems(columns, *columns.fields)


def _case_problems(table: Entry, cases: Entry) -> Iterator[Problem]:
    columns = tuple(cases.fields)
    wanted = {str(case): case for case in product(*(cases.get(column) for column in columns))}
    seen: set[str] = set()
    for row in table.items:
        case = tuple(row.get(column) for column in columns)
        if str(case) not in wanted:
            yield row.problem(f"a case that `covers` does not name: {_named(columns, case)}")
        elif str(case) in seen:
            yield row.problem(f"the case stands twice: {_named(columns, case)}")
        seen.add(str(case))
    for name, case in wanted.items():
        if name not in seen:
            yield table.problem(f"uncovered case: {_named(columns, case)}")


def _named(columns: Sequence[str], case: Sequence[Any]) -> str:
    return ", ".join(f"{column} = {value}" for column, value in zip(columns, case, strict=True))


def _answer_problems(table: Entry, answers: Entry) -> Iterator[Problem]:
    for column in answers.fields:
        allowed = answers.get(column)
        for row in table.items:
            if row.get(column) is None:
                yield row.problem(f"no answer: {column} is empty")
            elif row.get(column) not in allowed:
                named = ", ".join(map(str, allowed))
                yield row.problem(f"{column} {row.get(column)!r} is not one of {named}")


def _band_problems(table: Entry, bands: Entry) -> Iterator[Problem]:
    malformed = [*keys_problems(bands, required=("from", "until")), *word_problems(bands, "from", "until")]
    yield from malformed
    if not malformed:
        lower, upper = bands.get("from"), bands.get("until")
        numbered = [row for row in table.items if isinstance(row.get(lower), int)]
        for row in table.items:
            if row not in numbered:
                yield row.problem(f"a band without its lower end {lower!r}")
        yield from _hole_problems(sorted(numbered, key=lambda row: int(row.get(lower))), lower, upper)


def _hole_problems(rows: Sequence[Entry], lower: str, upper: str) -> Iterator[Problem]:
    for row, following in pairwise(rows):
        ends, begins = row.get(upper), following.get(lower)
        if ends != begins:
            message = f"a hole or an overlap: a band ends at {ends}, the next begins at {begins}"
            yield following.problem(message)
    if rows and rows[0].get(lower) != 0:
        yield rows[0].problem(f"uncovered case: {lower} below {rows[0].get(lower)}")
    if rows and rows[-1].get(upper) is not None:
        yield rows[-1].problem(f"uncovered case: beyond {upper} {rows[-1].get(upper)}")
