"""Chinese working days, and a year that nobody has published yet."""

from __future__ import annotations

from datetime import date

import pytest

from bantuo.core.calendar import (
    CalendarYearUnknown,
    add_working_days,
    is_working_day,
    known_years,
    working_days_between,
)  # fmt: skip


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2024, 7, 1), True),
        (date(2024, 7, 6), False),
        (date(2024, 10, 1), False),  # National Day
        (date(2024, 9, 29), True),  # a Sunday that makes up for it
    ],
)
def test_holidays_and_make_up_days(day: date, works: bool) -> None:
    assert is_working_day(day) is works


def test_ten_working_days_over_a_holiday() -> None:
    assert add_working_days(date(2024, 9, 27), days=10) == date(2024, 10, 16)
    assert working_days_between(date(2024, 9, 28), until=date(2024, 10, 17)) == 10


def test_no_days_is_the_same_day() -> None:
    assert add_working_days(date(2024, 7, 6), days=0) == date(2024, 7, 6)


def test_unknown_year_is_named() -> None:
    beyond = known_years()[1] + 1
    with pytest.raises(CalendarYearUnknown, match=str(beyond)):
        add_working_days(date(beyond - 1, 12, 30), days=10)
