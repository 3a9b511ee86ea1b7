"""The worked cases, decided anew: as expected on their own day, and moved to another one with their dates."""

from __future__ import annotations

from datetime import date

import pytest

from bantuo.apps.policies.worked_cases import NOT_COMPUTABLE, Bench, case_changes
from bantuo.core.policy_cases import Case
from bantuo.engine.books import load_book, load_cases

BOOK, CASES = load_book(), load_cases()
LATER = date(2029, 2, 1)
# Whether a rule has begun is the one thing that a move changes on purpose.
OF_A_DAY = {"gate-epr-before"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_comes_out_as_it_says(case: Case) -> None:
    assert Bench(BOOK).outcome(case, on=case.on) == case.expect


def test_moved_to_another_day_a_case_means_the_same() -> None:
    bench = Bench(BOOK)
    moved = {case.id for case in CASES if bench.outcome(case, on=LATER) != case.expect}
    assert moved == OF_A_DAY


def test_the_same_book_changes_no_case() -> None:
    assert case_changes(CASES, before=BOOK, after=BOOK, on=LATER) == []


def test_before_the_programme_a_case_says_why_it_has_no_answer() -> None:
    gate = next(case for case in CASES if case.kind == "gate")
    assert "PolicyNotInForce" in Bench(BOOK).outcome(gate, on=date(2020, 1, 1))[NOT_COMPUTABLE]
