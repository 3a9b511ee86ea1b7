"""Units are a closed list: what fits one, and how its values read."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bantuo.core.policy_units import NUMBER_UNITS, OTHER_UNITS, UNITS, misfit, shown


def test_the_list_is_closed() -> None:
    assert frozenset(NUMBER_UNITS) | frozenset(OTHER_UNITS) == UNITS
    assert not set(NUMBER_UNITS) & set(OTHER_UNITS)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (350, "bp", "3.5 %"),
        (35, "bp", "0.35 %"),
        (992_000, "ppm", "99.2 %"),
        (8_000, "ppm", "0.8 %"),
        (2_000_000, "fen", "CNY 20000.00"),
        (500, "usd_cent", "USD 5.00"),
        (47_800, "score_1e4", "4.78"),
        (30_010, "version", "3.10"),
        (960, "time_of_day", "16:00"),
        (72, "tenth_days", "7.2 days"),
        (57, "tenth_working_days", "5.7 working days"),
        (200_000, "m", "200000 m"),
        (30_000_000, "mm3", "30000000 mm³"),
        (6_000, "mm3_per_g", "6000 mm³/g"),
        (5, "count", "5"),
        (True, "flag", "yes"),
        ((), "set", "(none)"),
        (("DE", "FR"), "set", "DE, FR"),
        (({"a": 1}, {"a": 2}), "table", "2 rows"),
        (date(2023, 11, 1), "date", "2023-11-01"),
        ("alert", "code", "alert"),
    ],
)
def test_values_that_fit_and_how_they_read(value: Any, unit: str, words: str) -> None:
    assert misfit(value, unit) is None
    assert shown(value, unit) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (-1, "fen", "-1 fen is outside 0..1000000000000000"),
        (1_000_001, "ppm", "1000001 ppm is outside 0..1000000"),
        (1_440, "time_of_day", "1440 time_of_day is outside 0..1439"),
        (0, "mm3_per_g", "0 mm3_per_g is outside 1..1000000000000000"),
        (True, "count", "True is not a whole number of count"),
        (None, "fen", "None is not a whole number of fen"),
        (1, "flag", "1 is not true or false"),
        ("2024-01-01", "date", "'2024-01-01' is not a day"),
        ("", "text", "'' is not text"),
        (7, "code", "7 is not text"),
        ("DE", "set", "'DE' is not a list of words"),
        (("DE", 1), "set", "('DE', 1) is not a list of words"),
        (("DE", "DE"), "set", "a word stands twice"),
        ((), "table", "() is not a list of rows"),
        (({"a": 1}, {"b": 1}), "table", "the rows do not all have the same columns"),
    ],
)
def test_values_that_do_not_fit(value: Any, unit: str, words: str) -> None:
    assert misfit(value, unit) == words
