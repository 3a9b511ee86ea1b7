"""An amended book: the future changes as said, the past never, and the history has no gap or overlap."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bantuo.core.policy import Book
from bantuo.core.policy_amend import (
    Amendment,
    AmendmentRefused,
    LeavesGap,
    NotInFuture,
    RuleUnknown,
    ValueUnchanged,
    ValueUnfit,
    WordsMissing,
    amend_book,
    check_amendment,
    is_operators,
    value_of,
)
from bantuo.core.policy_text import parse_book
from tests.core.policy_files import small_files

BOOK = parse_book(small_files())
TODAY = date(2024, 3, 1)
DUTIES = ({"duty": "pack", "party": "merchant"}, {"duty": "price", "party": "merchant"})


def amendment(**changed: Any) -> Amendment:
    told = {
        "rule": "FEE-1",
        "since": date(2024, 4, 1),
        "value": 320,
        "source": "notice 7",
        "reason": "lower costs",
        "published_on": TODAY,
    }
    return Amendment(**(told | changed))


def history(book: Book, rule: str = "FEE-1") -> list[tuple[date | None, date | None, Any]]:
    return [(value.since, value.until, value.value) for value in book.rules[rule].values]


def test_a_new_value_ends_the_one_that_would_be_in_force() -> None:
    assert history(amend_book(BOOK, [amendment()])) == [
        (date(2024, 1, 1), date(2024, 4, 1), 350),
        (date(2024, 4, 1), date(2024, 7, 1), 320),
        (date(2024, 7, 1), None, 300),
    ]


def test_after_the_last_value_it_holds_without_end() -> None:
    amended = amend_book(BOOK, [amendment(since=date(2025, 1, 1))])
    assert history(amended)[1:] == [
        (date(2024, 7, 1), date(2025, 1, 1), 300),
        (date(2025, 1, 1), None, 320),
    ]


def test_a_planned_value_of_the_same_day_never_comes_into_force() -> None:
    amended = amend_book(BOOK, [amendment(since=date(2024, 7, 1))])
    assert history(amended) == [
        (date(2024, 1, 1), date(2024, 7, 1), 350),
        (date(2024, 7, 1), None, 320),
    ]


def test_before_the_first_value_it_holds_until_then() -> None:
    amended = amend_book(BOOK, [amendment(since=date(2023, 12, 1))])
    assert history(amended)[:2] == [
        (date(2023, 12, 1), date(2024, 1, 1), 320),
        (date(2024, 1, 1), date(2024, 7, 1), 350),
    ]


def test_a_value_without_beginning_is_ended_too() -> None:
    amended = amend_book(BOOK, [amendment(rule="WHO-1", value=DUTIES)])
    assert [(since, until) for since, until, _ in history(amended, "WHO-1")] == [
        (None, date(2024, 4, 1)),
        (date(2024, 4, 1), None),
    ]


def lapsing() -> Book:
    rule = BOOK.rules["FEE-1"]
    last = replace(rule.values[-1], until=date(2024, 9, 1))
    return replace(BOOK, rules={**BOOK.rules, rule.id: replace(rule, values=(*rule.values[:-1], last))})


def test_a_rule_that_lapses_goes_on_lapsing_then() -> None:
    amended = amend_book(lapsing(), [amendment(since=date(2024, 8, 1))])
    assert history(amended)[-1] == (date(2024, 8, 1), date(2024, 9, 1), 320)


def test_a_lapsed_rule_may_begin_again_where_it_ended_but_not_later() -> None:
    again = amend_book(lapsing(), [amendment(since=date(2024, 9, 1))])
    assert history(again)[-1] == (date(2024, 9, 1), None, 320)
    with pytest.raises(LeavesGap, match="from 2024-09-01 until 2024-10-01"):
        amend_book(lapsing(), [amendment(since=date(2024, 10, 1))])


def test_the_value_names_the_operator_as_its_source() -> None:
    amended = amend_book(BOOK, [amendment(quote="费率3.2%")])
    value = amended.in_force("FEE-1", date(2024, 4, 1)).value
    assert is_operators(value.source)
    assert not is_operators(BOOK.in_force("FEE-1", date(2024, 4, 1)).value.source)
    assert (value.source.title.en, value.source.published_on) == ("Operator: notice 7", TODAY)
    assert (value.quote, value.date_status) == ("费率3.2%", "stated")


def test_no_amendment_leaves_the_book_as_it_is() -> None:
    assert amend_book(BOOK, []) is BOOK


def test_every_part_of_an_amendment_makes_another_version() -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"value": 321},
        {"since": date(2024, 4, 2)},
        {"source": "notice 8"},
        {"quote": "x"},
        {"reason": "other"},
        {"published_on": TODAY + timedelta(1)},
    ]
    versions = {amend_book(BOOK, [amendment(**changed)]).version for changed in changes}
    assert len(versions | {BOOK.version}) == len(changes) + 1


def test_amending_twice_is_amending_once_by_both() -> None:
    first, second = amendment(), amendment(since=date(2024, 5, 1), value=310)
    assert amend_book(amend_book(BOOK, [first]), [second]) == amend_book(BOOK, [first, second])


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"value": 3.2}, "3.2 is not a whole number of bp"),
        ({"value": -1}, "outside 0..10000000"),
        ({"value": 10_000_001}, "outside 0..10000000"),
        ({"value": True}, "is not a whole number"),
        ({"value": "320"}, "is not a whole number"),
        ({"value": None}, "is not a whole number"),
        ({"rule": "WHO-1", "value": DUTIES[:1]}, "uncovered case: duty = price"),
        ({"rule": "WHO-1", "value": (*DUTIES, DUTIES[0])}, "stands twice"),
        ({"rule": "WHO-1", "value": ({**DUTIES[0], "party": "nobody"}, DUTIES[1])}, "not one of"),
        ({"rule": "WHO-1", "value": ()}, "is not a list of rows"),
    ],
)
def test_what_a_file_could_not_hold_no_amendment_can(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueUnfit, match=told):
        amend_book(BOOK, [amendment(**changed)])


def test_a_rule_that_is_not_there_cannot_be_amended() -> None:
    with pytest.raises(RuleUnknown, match="FEE-9"):
        amend_book(BOOK, [amendment(rule="FEE-9")])


@pytest.mark.parametrize(
    ("changed", "error", "field"),
    [
        ({"since": TODAY}, NotInFuture, "valid_from"),
        ({"since": TODAY - timedelta(1)}, NotInFuture, "valid_from"),
        ({"source": "  "}, WordsMissing, "source"),
        ({"reason": ""}, WordsMissing, "reason"),
        ({"value": 350}, ValueUnchanged, "value"),
        ({"since": date(2024, 7, 1), "value": 300}, ValueUnchanged, "value"),
        ({"rule": "FEE-9"}, RuleUnknown, "rule"),
    ],
)
def test_what_may_not_be_published_names_the_part_at_fault(
    changed: dict[str, Any], error: type[AmendmentRefused], field: str
) -> None:
    with pytest.raises(error) as refused:
        check_amendment(BOOK, amendment(**changed), on=TODAY)
    assert refused.value.field == field


def test_tomorrow_is_early_enough() -> None:
    amended = check_amendment(BOOK, amendment(since=TODAY + timedelta(1)), on=TODAY)
    assert amended.amount("FEE-1", TODAY) == 350
    assert amended.amount("FEE-1", TODAY + timedelta(1)) == 320


@pytest.mark.parametrize(
    ("plain", "unit", "value"),
    [
        (["a", "b"], "set", ("a", "b")),
        ([{"a": [1]}], "table", ({"a": (1,)},)),
        ("2024-05-01", "date", date(2024, 5, 1)),
        ("never", "date", "never"),
        (5, "count", 5),
    ],
)
def test_a_value_comes_back_from_its_json_form(plain: Any, unit: str, value: Any) -> None:
    assert value_of(plain, unit=unit) == value


DAYS = st.dates(date(2023, 6, 1), date(2026, 1, 1))
AMENDMENTS = st.lists(
    st.builds(
        amendment,
        since=DAYS,
        value=st.integers(0, 10_000_000),
        reason=st.text(min_size=1),
    ),
    max_size=6,
)


@given(AMENDMENTS)
def test_a_history_stays_contiguous(amendments: list[Amendment]) -> None:
    values = amend_book(BOOK, amendments).rules["FEE-1"].values
    assert all(earlier.until == later.since for earlier, later in pairwise(values))
    assert all(value.until is None or value.since is None or value.since < value.until for value in values)
    assert values[-1].until is None


@given(AMENDMENTS, DAYS)
def test_nothing_changes_before_the_day_of_a_new_value(amendments: list[Amendment], day: date) -> None:
    book = amend_book(BOOK, amendments[:-1])
    amended = amend_book(BOOK, amendments)
    if amendments and day < amendments[-1].since:
        before, after = book.find("FEE-1", day), amended.find("FEE-1", day)
        assert (before and before.amount) == (after and after.amount)
    assert {name for name in BOOK.rules if amended.rules[name] != BOOK.rules[name]} <= {"FEE-1"}


@given(AMENDMENTS.filter(bool))
def test_the_last_word_holds_on_its_day(amendments: list[Amendment]) -> None:
    last = amendments[-1]
    assert amend_book(BOOK, amendments).amount("FEE-1", last.since) == last.value
