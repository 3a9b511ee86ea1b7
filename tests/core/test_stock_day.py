"""When sellers are warned, and which stock is low or at risk: at, before and after each mark."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bantuo.core.stock_day import StockSignals, stock_signals, warning_at
from bantuo.engine.books import load_book

DAY = date(2026, 3, 10)


def test_sellers_are_warned_at_three_in_the_afternoon_in_shanghai() -> None:
    assert warning_at(load_book(), DAY) == datetime(2026, 3, 10, 7, 0, tzinfo=UTC)


def test_the_marks_are_the_books() -> None:
    assert stock_signals(load_book(), DAY) == StockSignals(sales_days=7, low_days=3, risk_days=1)


@pytest.mark.parametrize(
    ("sellable", "units", "told"),
    [
        (0, 0, "low"),
        (1, 0, ""),
        (0, 1, "risk"),
        (1, 8, "risk"),
        (1, 7, "low"),
        (2, 7, "low"),
        (3, 7, ""),
        (10_000_000, 70_000_001, "risk"),
    ],
)
def test_sellable_pieces_are_held_against_a_weeks_orders(sellable: int, units: int, told: str) -> None:
    signals = StockSignals(sales_days=7, low_days=3, risk_days=1)
    assert signals.of(sellable=sellable, units=units, days=7) == told
