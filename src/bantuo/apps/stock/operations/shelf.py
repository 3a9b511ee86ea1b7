"""Numbers the seller or the warehouse sets per SKU × warehouse: what is held back, what was counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.apps.stock.operations.moving import Move, move_stock
from bantuo.apps.stock.operations.statements import QUANTITY_MAX, StatedRow


@dataclass(frozen=True, slots=True)
class SellerRow:
    """One row of a seller: SKU, warehouse and quantity as stated."""

    seller_id: int
    stated: StatedRow


class RefusedQuantity(NamedTuple):
    """One reason why a row was not taken."""

    row: int
    field: str
    value: str
    rule: str


@dataclass(slots=True)
class ShelfResult:
    """What became of a batch; an unchanged row is taken and emits nothing."""

    taken: int = 0
    changed: int = 0
    refused: list[RefusedQuantity] = field(default_factory=list)


class _Held(NamedTuple):
    """A balance under lock."""

    balance_id: int
    safety: int
    on_hand: int
    on_hand_reserved: int


@transaction.atomic
def set_safety(rows: Sequence[SellerRow], *, reason: str, now: datetime, actor: str) -> ShelfResult:
    """Hold back a quantity of each SKU × warehouse from the seller's word (安全库存).

    What is reserved already stays so. Refused per row: an unknown SKU × warehouse, one that stands
    twice in the batch, a quantity outside 0…10,000,000.
    """
    result = ShelfResult()
    changed = [
        (row, held)
        for row, held in _sane(rows, _lock_balances(rows), result)
        if held.safety != row.stated.quantity
    ]
    run_statement(
        """
        UPDATE stock_balance b SET safety = i.safety
        FROM unnest(%s::bigint[], %s::int[]) AS i(id, safety) WHERE i.id = b.id
        """,
        columns_of([(held.balance_id, row.stated.quantity) for row, held in changed], 2),
    )
    result.changed = len(changed)
    _tell("stock.safety_set", [(r, h, h.safety) for r, h in changed], reason=reason, now=now, actor=actor)
    return result


@transaction.atomic
def adjust_on_hand(rows: Sequence[SellerRow], *, reason: str, now: datetime, actor: str) -> ShelfResult:
    """Set stock on hand to what a stock-take counted (盘点); the difference is a movement `adjust`.

    Refused per row, as in `set_safety`, and a count below what is reserved on hand: those orders are
    to be cancelled first, so that nothing is promised twice.
    """
    result = ShelfResult()
    changed = []
    for row, held in _sane(rows, _lock_balances(rows), result):
        if row.stated.quantity < held.on_hand_reserved:
            rule = f"not below the {held.on_hand_reserved} reserved"
            result.taken -= 1
            result.refused.append(RefusedQuantity(row.stated.row, "quantity", str(row.stated.quantity), rule))
        elif row.stated.quantity != held.on_hand:
            changed.append((row, held))
    move_stock(
        [
            Move(h.balance_id, "on_hand", "adjust", r.stated.quantity - h.on_hand, 0, f"stock-take:{reason}")
            for r, h in changed
        ],
        at=now,
    )
    result.changed = len(changed)
    _tell("stock.adjusted", [(r, h, h.on_hand) for r, h in changed], reason=reason, now=now, actor=actor)
    return result


def _lock_balances(rows: Sequence[SellerRow]) -> dict[tuple[int, str, str], _Held]:
    """Lock the balances of (seller, SKU code, warehouse code) in order; those that exist."""
    keys = sorted(
        {
            (r.seller_id, r.stated.sku, r.stated.warehouse)
            for r in rows
            if "\x00" not in r.stated.sku + r.stated.warehouse
        }
    )
    return {
        (r[0], r[1], r[2]): _Held(*r[3:])
        for r in fetch_rows(
            """
            SELECT b.seller_id, k.code, w.code, b.id, b.safety, b.on_hand, b.on_hand_reserved
            FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS i(seller_id, sku, warehouse)
            JOIN catalog_sku k ON k.seller_id = i.seller_id AND k.code = i.sku
            JOIN parties_warehouse w ON w.code = i.warehouse
            JOIN stock_balance b ON b.seller_id = i.seller_id AND b.sku_id = k.id AND b.warehouse_id = w.id
            ORDER BY b.seller_id, b.sku_id, b.warehouse_id FOR NO KEY UPDATE OF b
            """,
            columns_of(keys, 3),
        )
    }


def _sane(
    rows: Sequence[SellerRow], held: dict[tuple[int, str, str], _Held], result: ShelfResult
) -> list[tuple[SellerRow, _Held]]:
    good: dict[tuple[int, str, str], tuple[SellerRow, _Held]] = {}
    for row in rows:
        stated, key = row.stated, (row.seller_id, row.stated.sku, row.stated.warehouse)
        name = f"{stated.sku} × {stated.warehouse}".replace("\x00", "\\0")[:80]
        if key not in held:
            result.refused.append(RefusedQuantity(stated.row, "sku", name, "listed and bound"))
        elif key in good:
            result.refused.append(RefusedQuantity(stated.row, "sku", name, "stands once in a batch"))
        elif not 0 <= stated.quantity <= QUANTITY_MAX:
            value = str(stated.quantity)
            result.refused.append(RefusedQuantity(stated.row, "quantity", value, f"0…{QUANTITY_MAX}"))
        else:
            good[key] = row, held[key]
    result.taken = len(good)
    return list(good.values())


def _tell(
    topic: str, changed: Sequence[tuple[SellerRow, _Held, int]], *, reason: str, now: datetime, actor: str
) -> None:
    emit_events(
        topic,
        [
            (
                row.seller_id,
                f"balance:{held.balance_id}",
                {"before": before, "after": row.stated.quantity, "reason": reason, "by": actor},
            )
            for row, held, before in changed
        ],
        at=now,
    )
