"""A worked case that is not whole, or cites what is not there, is refused with file and line."""

from __future__ import annotations

from datetime import date

import pytest

from bantuo.core.policy_cases import Case, parse_cases
from bantuo.core.policy_text import parse_book
from bantuo.core.policy_tree import PolicyProblems
from tests.core.policy_files import small_files

BOOK = parse_book(small_files())
TEXT = """\
cases:
  - id: one
    kind: quote
    on: 2024-06-30
    given: {receipts_fen: 100}
    expect: {total_fen: 4}
    cites: [FEE-1]
"""


def test_a_case_is_read() -> None:
    expected = Case("one", "quote", date(2024, 6, 30), {"receipts_fen": 100}, {"total_fen": 4}, ("FEE-1",))
    assert parse_cases({"fees.yaml": TEXT}, book=BOOK) == (expected,)


def test_cases_come_in_the_order_of_their_ids() -> None:
    files = {"a.yaml": TEXT.replace("id: one", "id: two"), "b.yaml": TEXT}
    assert [case.id for case in parse_cases(files, book=BOOK)] == ["one", "two"]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("cites: [FEE-1]", "cites: [FEE-2]", 7, "unknown rule 'FEE-2'"),
        ("cites: [FEE-1]", "cites: FEE-1", 7, "cites is not a list"),
        ("kind: quote", "kind: guess", 3, "kind 'guess' is not one of"),
        ("on: 2024-06-30", "on: today", 2, "`on` is not a day"),
        ("given: {receipts_fen: 100}", "given: {}", 2, "`given` is not a mapping"),
        ("total_fen: 4", "total_fen: 4.0", 6, "a float (4.0)"),
        ("    kind: quote\n", "", 2, "missing 'kind'"),
        ("id: one", "id: one\n    id2: one", 3, "unknown key 'id2'"),
    ],
)
def test_a_broken_case(old: str, new: str, line: int, words: str) -> None:
    with pytest.raises(PolicyProblems) as refused:
        parse_cases({"fees.yaml": TEXT.replace(old, new)}, book=BOOK)
    found = [(problem.line, problem.message) for problem in refused.value.problems]
    assert any(at == line and words in message for at, message in found), found


def test_a_case_stands_once() -> None:
    with pytest.raises(PolicyProblems, match=r"b\.yaml:2: duplicate id 'one'"):
        parse_cases({"a.yaml": TEXT, "b.yaml": TEXT}, book=BOOK)
