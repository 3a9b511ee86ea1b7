from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bantuo.core.clock import business_date, operating_day
from bantuo.core.policy import Book
from bantuo.engine.books import load_book

DAY = date(2026, 3, 10)
TICK = timedelta(microseconds=1)


def _book(**changed: Any) -> Book:
    """The shipped book with some values of OPS-1 read otherwise."""
    book = load_book()
    rules = dict(book.rules)
    for name, amount in changed.items():
        rule = rules[f"OPS-1.{name}"]
        rules[rule.id] = replace(rule, values=tuple(replace(v, value=amount) for v in rule.values))
    return replace(book, rules=rules)


def _at(clock: str) -> datetime:
    return datetime.fromisoformat(f"{DAY}T{clock}+08:00").astimezone(UTC)


def test_the_day_runs_from_midnight_to_midnight_in_shanghai_and_is_cut_at_sixteen_hundred() -> None:
    day = operating_day(load_book(), DAY)
    assert (day.starts_at, day.cutoff_at, day.ends_at) == (
        datetime(2026, 3, 9, 16, tzinfo=UTC),
        datetime(2026, 3, 10, 8, tzinfo=UTC),
        datetime(2026, 3, 10, 16, tzinfo=UTC),
    )
    assert (day.scope, day.restores) == ("unsynced_lines", "next_business_day")


@pytest.mark.parametrize(("inclusive", "sharp_is_cut"), [(True, False), (False, True)])
def test_whether_sixteen_hundred_sharp_is_in_time_is_the_policys_word(
    inclusive: bool, sharp_is_cut: bool
) -> None:
    day = operating_day(_book(inclusive=inclusive), DAY)
    assert day.is_cut(_at("16:00:00") - TICK) is False
    assert day.is_cut(_at("16:00:00")) is sharp_is_cut
    assert day.is_cut(_at("16:00:00") + TICK) is True


@pytest.mark.parametrize(("restores", "until"), [("next_business_day", "16:00:00"), ("at_once", "23:59:59")])
def test_a_late_statement_restores_the_next_day_or_at_once(restores: str, until: str) -> None:
    day = operating_day(_book(late_sync_restores=restores), DAY)
    assert _at(until) <= day.stated_until < _at(until) + timedelta(seconds=2)


def test_the_cutoff_is_what_the_wall_clock_shows_also_on_a_day_of_23_hours() -> None:
    spring = operating_day(_book(zone="Europe/Berlin"), date(2026, 3, 29))
    assert spring.ends_at - spring.starts_at == timedelta(hours=23)
    assert spring.cutoff_at == datetime(2026, 3, 29, 14, tzinfo=UTC)


@given(st.integers(0, 6 * 365 * 86_400 * 1_000_000))
def test_every_instant_lies_in_the_day_it_is_dated(microseconds: int) -> None:
    at = datetime(2023, 11, 2, tzinfo=UTC) + timedelta(microseconds=microseconds)
    day = operating_day(load_book(), business_date(at, zone="Asia/Shanghai"))
    assert day.starts_at <= at < day.ends_at
    assert day.is_cut(at) == (at > day.cutoff_at)
