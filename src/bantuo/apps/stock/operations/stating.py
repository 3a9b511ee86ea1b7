"""State stock from a door that keeps no sequence of its own: a page, a sheet, the gateway."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bantuo.apps.sql import fetch_rows
from bantuo.apps.stock.models import Balance
from bantuo.apps.stock.operations.statements import (
    StatedRow,
    StatementResult,
    StockStatement,
    declare_stock,
    open_own_balances,
)
from bantuo.apps.stock.queries import hold_day_open, lock_sellers, missing_rows
from bantuo.core.clock import OperatingDay

Refused = tuple[StatedRow, str, str, str]  # row, field, value, rule


class BalanceUnknown(LookupError):
    """The seller has no such balance."""


class BalanceRestated(ValueError):
    """The quantity was stated anew since the one who changes it looked: `balance` is how it stands now."""

    def __init__(self, balance: Balance) -> None:
        super().__init__(f"balance {balance.pk} stands at sequence {balance.sequence}")
        self.balance = balance


@dataclass(frozen=True, slots=True)
class Stated:
    """The sequence a statement was given, and what became of it."""

    sequence: int
    result: StatementResult


@transaction.atomic
def state_stock(
    seller_id: int,
    rows: Sequence[StatedRow],
    *,
    basis: str,
    channel: str,
    day: OperatingDay,
    now: datetime,
    actor: str,
    refused: Sequence[Refused] = (),
) -> Stated:
    """Take a seller's word under the next sequence; else as `declare_stock`.

    A SKU × warehouse that stands in several rows with different quantities is refused in all of them,
    since none is known to be the right one; equal ones count once.
    """
    hold_day_open(day)
    lock_sellers([seller_id])
    open_own_balances(seller_id, now=now)
    kept, twice = _told_apart(rows)
    sequence = _next_sequence(seller_id)
    statement = StockStatement(seller_id, sequence, now, basis, channel, kept, [*refused, *twice])
    (result,) = declare_stock([statement], day=day, now=now, actor=actor)
    return Stated(sequence, result)


@transaction.atomic
def restate_balance(
    seller_id: int,
    balance_id: int,
    *,
    quantity: int,
    seen_sequence: int,
    day: OperatingDay,
    now: datetime,
    actor: str,
) -> Stated:
    """State one SKU × warehouse anew, by somebody who saw it at `seen_sequence`.

    Raises BalanceUnknown, BalanceRestated when another statement came in between.
    """
    hold_day_open(day)
    lock_sellers([seller_id])
    found = Balance.objects.filter(seller_id=seller_id, pk=balance_id).select_related("sku", "warehouse")
    balance = found.first()
    if balance is None:
        raise BalanceUnknown(f"seller {seller_id} has no balance {balance_id}")
    if balance.sequence != seen_sequence:
        raise BalanceRestated(balance)
    row = StatedRow(1, balance.sku.code, balance.warehouse.code, quantity)
    return state_stock(seller_id, [row], basis="gross", channel="page", day=day, now=now, actor=actor)


@transaction.atomic
def restate_missing(seller_id: int, *, day: OperatingDay, now: datetime, actor: str) -> Stated | None:
    """State what the day still misses with the quantity it has: nothing has changed, says the seller.

    None when nothing is missing.
    """
    hold_day_open(day)
    lock_sellers([seller_id])
    open_own_balances(seller_id, now=now)
    rows = [StatedRow(at, *row) for at, row in enumerate(missing_rows(seller_id, day), start=1)]
    if not rows:
        return None
    return state_stock(seller_id, rows, basis="gross", channel="page", day=day, now=now, actor=actor)


def _told_apart(rows: Sequence[StatedRow]) -> tuple[list[StatedRow], list[Refused]]:
    by_key: dict[tuple[str, str], list[StatedRow]] = defaultdict(list)
    for row in rows:
        by_key[row.sku, row.warehouse].append(row)
    kept = [same[0] for same in by_key.values() if len({row.quantity for row in same}) == 1]
    refused = [
        (row, "sku", f"{row.sku} × {row.warehouse}".replace("\x00", "\\0"), "one quantity in a statement")
        for same in by_key.values()
        if len({row.quantity for row in same}) > 1
        for row in same
    ]
    return kept, refused


def _next_sequence(seller_id: int) -> int:
    """One above the last, under the lock on the seller."""
    rows = fetch_rows(
        "SELECT sequence FROM stock_declaration WHERE seller_id = %s ORDER BY sequence DESC LIMIT 1",
        [seller_id],
    )
    return int(rows[0][0]) + 1 if rows else 1
