"""The "which reading?" report: a period's charges recomputed under every reading not chosen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from bantuo.apps.settlement.readings import OTHER_READINGS, OtherReading
from bantuo.apps.sql import fetch_rows
from bantuo.core.fees import resolve_card
from bantuo.core.policy import Book, Text
from bantuo.core.rate_card import Card
from bantuo.engine.quotes import Quoter

_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """What the orders of a period would have been charged under one other reading."""

    reading: str
    code: str
    label: Text
    charges: int
    charged_fen: int
    total_fen: int

    @property
    def difference_fen(self) -> int:
        """How much more (or, negative, less) than was charged."""
        return self.total_fen - self.charged_fen


def reading_report(since: date, *, until: date, book: Book) -> list[ReadingRow]:
    """Recompute the orders rated in `[since, until)` from their frozen inputs, reading by reading.

    Nothing is changed; refund rows are left out, as they reverse what was charged. The answer is for
    all sellers together. Memory does not grow with the number of orders.
    """
    quoter = _quoters(book)
    totals = [0] * len(OTHER_READINGS)
    charges = charged = 0
    for on, card, total_fen, inputs in _charges(since, until):
        charges, charged = charges + 1, charged + total_fen
        for at, other in enumerate(OTHER_READINGS):
            totals[at] += quoter(other, card, on).amounts(other.inputs_of(inputs))["total_fen"]
    return [
        ReadingRow(other.reading, other.code, other.label, charges, charged, total)
        for other, total in zip(OTHER_READINGS, totals, strict=True)
    ]


def _charges(since: date, until: date) -> Iterator[tuple[date, str, int, dict[str, Any]]]:
    last = 0
    while rows := fetch_rows(
        """
        SELECT id, rated_on, card, total_fen, inputs::text FROM settlement_charge
        WHERE kind = 'order' AND rated_on >= %s AND rated_on < %s AND id > %s ORDER BY id LIMIT %s
        """,
        [since, until, last, _PAGE],
    ):
        for _, on, card, total_fen, inputs in rows:
            yield on, card, total_fen, json.loads(inputs)
        last = rows[-1][0]


def _quoters(book: Book) -> Callable[[OtherReading, str, date], Quoter]:
    """The quoter of a reading on a day; one is compiled per set of values, not per day."""
    by_day: dict[tuple[str, str, str, date], Quoter] = {}
    compiled: dict[tuple[object, object], Quoter] = {}

    def compile_once(card: Card) -> Quoter:
        key = (card.weight, card.lines)
        if key not in compiled:
            compiled[key] = Quoter(card)
        return compiled[key]

    def quoter(other: OtherReading, card_id: str, on: date) -> Quoter:
        key = (other.reading, other.code, card_id, on)
        if key not in by_day:
            by_day[key] = compile_once(other.card(resolve_card(book, card_id, on=on)))
        return by_day[key]

    return quoter
