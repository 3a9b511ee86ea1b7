"""Chinese working days, for onboarding and the cooling of deposits; the 16:00 cut-off knows no holidays.

The State Council publishes each year's holidays the autumn before. A year that the calendar does
not know is refused by name instead of being guessed.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import chinese_calendar


class CalendarYearUnknown(LookupError):
    """The holidays of that year are not known: no working day of it can be told."""


@cache
def known_years() -> tuple[int, int]:
    """The first and last year whose holidays are known."""
    years = {day.year for day in chinese_calendar.holidays}
    return min(years), max(years)


def is_working_day(day: date) -> bool:
    """Whether offices work that day, make-up weekends included; raises CalendarYearUnknown."""
    first, last = known_years()
    if not first <= day.year <= last:
        raise CalendarYearUnknown(f"the working days of {day.year} are not known, only {first} to {last}")
    return bool(chinese_calendar.is_workday(day))


def add_working_days(start: date, *, days: int) -> date:
    """The day that is `days` working days after `start`, which itself does not count."""
    day = start
    for _ in range(days):
        day = _next_working_day(day)
    return day


def _next_working_day(day: date) -> date:
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def working_days_between(start: date, *, until: date) -> int:
    """The working days in `[start, until)`."""
    length = (until - start).days
    return sum(is_working_day(start + timedelta(days=offset)) for offset in range(length))
