"""A seller's day of stock: when late ones are warned, and which stock is low or at risk of being oversold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bantuo.core.policy import Book


@dataclass(frozen=True, slots=True)
class StockSignals:
    """How much stock is little: sellable pieces against the orders of the last days (STK-1)."""

    sales_days: int
    low_days: int
    risk_days: int

    def of(self, *, sellable: int, units: int, days: int) -> str:
        """`risk`, `low` or nothing, for `units` ordered in `days` days. Nothing sellable is low at least."""
        if sellable * days < units * self.risk_days:
            return "risk"
        return "low" if sellable == 0 or sellable * days < units * self.low_days else ""


def warning_at(book: Book, on: date) -> datetime:
    """The instant from which sellers are warned whose day is not complete (OPS-1.warning)."""
    midnight = datetime.combine(on, time(), ZoneInfo(book.amount("OPS-1.zone", on)))
    return (midnight + timedelta(minutes=book.amount("OPS-1.warning", on))).astimezone(UTC)


def stock_signals(book: Book, on: date) -> StockSignals:
    """The marks in force on a day."""
    return StockSignals(
        sales_days=book.amount("STK-1.sales_days", on),
        low_days=book.amount("STK-1.low_days", on),
        risk_days=book.amount("STK-1.risk_days", on),
    )
