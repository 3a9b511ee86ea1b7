"""How long an application has waited for a reviewer, and how long is left, in working days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache

from bantuo.core.calendar import (
    CalendarYearUnknown,
    add_working_days,
    is_working_day,
    known_years,
    working_days_between,
)

IN_TIME, SOON, LATE, UNKNOWN = "in_time", "soon", "late", "unknown"


@dataclass(frozen=True, slots=True)
class ReviewTime:
    """Working days waited, the last day of the goal, working days left (less than 0: overdue).

    None where a year's calendar is not known; then the state is `unknown`.
    """

    age: int | None
    due_on: date | None
    left: int | None
    state: str


@lru_cache(maxsize=4096)
def review_time(since: date, *, on: date, days: int, warn: int) -> ReviewTime:
    """Where an application that came on `since` stands on `on`; `warn` working days left are `soon`."""
    try:
        age = working_days_between(since, until=on)
    except CalendarYearUnknown:
        return ReviewTime(None, None, None, UNKNOWN)
    try:
        due_on = add_working_days(since, days=days)
        if on > due_on:
            return ReviewTime(age, due_on, -working_days_between(due_on, until=on), LATE)
        left = working_days_between(on, until=due_on)
    except CalendarYearUnknown:
        return ReviewTime(age, None, None, UNKNOWN)
    return ReviewTime(age, due_on, left, SOON if left <= warn else IN_TIME)


@lru_cache(maxsize=64)
def overdue_from(on: date, *, days: int) -> date | None:
    """The last day such that what came on it, or before, is overdue on `on`; None if that cannot be told."""
    day = on - timedelta(days=1)
    try:
        while add_working_days(day, days=days) >= on:
            day -= timedelta(days=1)
    except CalendarYearUnknown:
        return None
    return day


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and median of whole working days, in tenths; `unknown` counts what no calendar can tell."""

    number: int
    mean_tenths: int | None
    median_tenths: int | None
    unknown: int


def spread_of_days(pairs: Iterable[tuple[date, date, int]]) -> Spread:
    """How many working days passed from the first day to the second, over pairs with their number."""
    counts: dict[int, int] = {}
    unknown = 0
    for start, until, number in pairs:
        length = _length(start, until)
        if length is None:
            unknown += number
        else:
            counts[length] = counts.get(length, 0) + number
    number = sum(counts.values())
    if not number:
        return Spread(0, None, None, unknown)
    total = sum(length * times for length, times in counts.items())
    mean = (2 * total * 10 + number) // (2 * number)  # half away from zero
    return Spread(number, mean, _median_tenths(sorted(counts.items())), unknown)


def _median_tenths(counts: Sequence[tuple[int, int]]) -> int:
    number = sum(times for _, times in counts)
    return (_at(counts, (number - 1) // 2) + _at(counts, number // 2)) * 5


def _at(counts: Sequence[tuple[int, int]], place: int) -> int:
    for length, times in counts:
        if place < times:
            return length
        place -= times
    raise IndexError(place)


def _length(start: date, until: date) -> int | None:
    """Working days in `[start, until)`; None when a year is not known."""
    numbers = _running_numbers()
    if start not in numbers or until not in numbers:
        return None
    return max(0, numbers[until] - numbers[start])


@cache
def _running_numbers() -> dict[date, int]:
    """For every day of the known years, how many working days came before it."""
    first, last = known_years()
    day, before, numbers = date(first, 1, 1), 0, {}
    while day.year <= last:
        numbers[day] = before
        before += is_working_day(day)
        day += timedelta(days=1)
    return numbers
