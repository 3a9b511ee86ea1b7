"""What the distance to a warehouse costs, on the golden order: nothing is charged by this page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bantuo.core.policy import Book, Text
from bantuo.engine.books import load_cases
from bantuo.engine.quotes import Quote, quoter_for

EXAMPLE = "quote-golden"
CARD = "semi"
LINE_RULE = "FEE-5.distance"


@dataclass(frozen=True, slots=True)
class Example:
    """The golden order as a sentence can say it."""

    receipts_fen: int
    weight_g: int
    litres: int


def example_order() -> Example:
    """The order that the fees are shown on: the book's own worked case."""
    given = _golden()
    return Example(given["receipts_fen"], given["weight_g"], given["volume_mm3"] // 1_000_000)


def _golden() -> Mapping[str, int]:
    return next(case for case in load_cases() if case.id == EXAMPLE).given


@dataclass(frozen=True, slots=True)
class FeeRow:
    """One line of the example: up to the line, and beyond it."""

    label: Text
    within_fen: int
    beyond_fen: int
    changes: bool


@dataclass(frozen=True, slots=True)
class FeeComparison:
    """The golden order priced at the line and one metre beyond it."""

    line_m: int
    rows: tuple[FeeRow, ...]
    within_fen: int
    beyond_fen: int

    @property
    def more_fen(self) -> int:
        return self.beyond_fen - self.within_fen


def compare_distances(book: Book, *, on: date) -> FeeComparison:
    """The example's fees up to the line of FEE-5 and beyond it, line by line."""
    line_m = int(book.amount(LINE_RULE, on))
    within, beyond = quote_at(book, on=on, distance_m=line_m), quote_at(book, on=on, distance_m=line_m + 1)
    rows = tuple(
        FeeRow(one.label, one.fen, other.fen, one.fen != other.fen)
        for one, other in zip(within.lines, beyond.lines, strict=True)
        if one.fen or other.fen
    )
    return FeeComparison(line_m, rows, within.total_fen, beyond.total_fen)


def quote_at(book: Book, *, on: date, distance_m: int) -> Quote:
    """The golden order's quote at a road distance."""
    return quoter_for(book, CARD, on=on).quote({**_golden(), "distance_m": distance_m})
