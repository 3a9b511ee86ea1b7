"""The review's goal in working days, over weekends, holidays and the end of the known calendar."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bantuo.core.calendar import CalendarYearUnknown, known_years, working_days_between
from bantuo.core.review_time import (
    IN_TIME,
    LATE,
    SOON,
    UNKNOWN,
    ReviewTime,
    Spread,
    overdue_from,
    review_time,
    spread_of_days,
)

FRIDAY, MONDAY = date(2024, 7, 5), date(2024, 7, 8)
LAST_DAY = date(known_years()[1], 12, 31)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (FRIDAY, ReviewTime(0, date(2024, 7, 9), 2, IN_TIME)),
        (MONDAY, ReviewTime(1, date(2024, 7, 9), 1, SOON)),
        (date(2024, 7, 9), ReviewTime(2, date(2024, 7, 9), 0, SOON)),
        (date(2024, 7, 10), ReviewTime(3, date(2024, 7, 9), -1, LATE)),
        (date(2024, 7, 15), ReviewTime(6, date(2024, 7, 9), -4, LATE)),
    ],
)
def test_two_working_days_from_a_friday(on: date, expected: ReviewTime) -> None:
    assert review_time(FRIDAY, on=on, days=2, warn=1) == expected


def test_a_holiday_stops_the_clock() -> None:
    assert review_time(date(2024, 9, 30), on=date(2024, 10, 8), days=2, warn=1) == ReviewTime(
        1, date(2024, 10, 9), 1, SOON
    )


def test_a_goal_in_an_unknown_year_is_not_guessed() -> None:
    assert review_time(LAST_DAY, on=LAST_DAY, days=2, warn=1) == ReviewTime(0, None, None, UNKNOWN)
    after = LAST_DAY + timedelta(days=40)
    assert review_time(LAST_DAY, on=after, days=2, warn=1) == ReviewTime(None, None, None, UNKNOWN)


@pytest.mark.parametrize("offset", range(14))
def test_the_last_overdue_day_agrees_with_the_goal(offset: int) -> None:
    on = date(2024, 9, 28) + timedelta(days=offset)
    last = overdue_from(on, days=2)
    assert last is not None
    assert review_time(last, on=on, days=2, warn=1).state == LATE
    assert review_time(last + timedelta(days=1), on=on, days=2, warn=1).state != LATE


def test_what_is_overdue_in_an_unknown_year_cannot_be_told() -> None:
    assert overdue_from(LAST_DAY + timedelta(days=60), days=2) is None


def test_mean_and_median_of_working_days() -> None:
    pairs = [(FRIDAY, FRIDAY, 2), (FRIDAY, MONDAY, 1), (FRIDAY, date(2024, 7, 12), 1)]
    assert spread_of_days(pairs) == Spread(number=4, mean_tenths=15, median_tenths=5, unknown=0)


def test_what_no_calendar_tells_is_counted_apart() -> None:
    outside = LAST_DAY + timedelta(days=1)
    assert spread_of_days([(FRIDAY, MONDAY, 1), (FRIDAY, outside, 3)]) == Spread(1, 10, 10, 3)
    assert spread_of_days([]) == Spread(0, None, None, 0)


@pytest.mark.parametrize("days", [0, 1, 7, 31, 400])
def test_lengths_are_those_of_the_calendar(days: int) -> None:
    until = date(2024, 1, 30) + timedelta(days=days)
    length = working_days_between(date(2024, 1, 30), until=until)
    assert spread_of_days([(date(2024, 1, 30), until, 1)]).mean_tenths == length * 10


def test_the_calendar_itself_refuses_what_it_does_not_know() -> None:
    with pytest.raises(CalendarYearUnknown):
        working_days_between(LAST_DAY, until=LAST_DAY + timedelta(days=2))
