"""Split an order by warehouse: lines whose goods lie at another warehouse are served from there.

A seller is bound to one warehouse at a time, and a new order is routed to it. Stock on hand may still
lie where the seller was bound before; until release, lines may be served from it, as a part of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.orders.operations.history import record_decisions, record_events
from bantuo.apps.orders.operations.incoming import Refusal
from bantuo.apps.orders.operations.parting import part_orders
from bantuo.apps.orders.queries import lock_orders
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.apps.stock.operations import Move, move_stock
from bantuo.apps.stock.queries import lock_available
from bantuo.core.clock import OperatingDay
from bantuo.core.policy import Book
from bantuo.core.routing import REASON_RULES, Available, Reason

RULE = REASON_RULES[Reason.OTHER_WAREHOUSE]


@dataclass(frozen=True, slots=True)
class WarehouseSplit:
    """The lines of an order, by number, that another warehouse is to serve. `row`: the caller's name."""

    row: str
    order_id: int
    warehouse: str
    lines: Sequence[int]


@dataclass(frozen=True, slots=True)
class SplitResult:
    """What became of a row: `split` (a new part), `moved` (the whole order) or `refused`."""

    row: str
    outcome: str
    order_id: int
    part_id: int | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    line_no: int
    line_id: int
    sku_id: int
    quantity: int
    pool: str | None
    balance_id: int | None


@dataclass(frozen=True, slots=True)
class _Head:
    """An order under lock."""

    seller_id: int
    state: str
    warehouse_id: int | None
    is_busy: bool


@dataclass(slots=True)
class _Desk:
    """What the rows are about, under lock: orders, their lines by number, warehouses, the stock there."""

    heads: dict[int, _Head]
    lines: dict[int, dict[int, _Line]]
    places: dict[str, int]
    balances: dict[tuple[int, int, int], int] = field(default_factory=dict)
    stock: dict[int, Available] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)

    def balance(self, row: WarehouseSplit, line: _Line) -> int | None:
        """The balance of a line at the warehouse that is to serve it."""
        return self.balances.get(
            (self.heads[row.order_id].seller_id, line.sku_id, self.places[row.warehouse])
        )


@transaction.atomic
def split_by_warehouse(
    rows: Sequence[WarehouseSplit],
    *,
    seller_id: int | None,
    book: Book,
    day: OperatingDay,
    now: datetime,
    actor: str,
) -> list[SplitResult]:
    """Serve lines of unreleased orders from stock on hand at another warehouse the seller has used.

    What they held where they were returns. Refused per row: an order that is released or sent, a
    line it does not have, a warehouse without enough of it on hand.
    """
    lock_orders(row.order_id for row in rows)
    desk = _open_desk(rows, seller_id=seller_id, day=day)
    results, taken = [], []
    for row in rows:
        refusal = _refusal(row, desk) or _reserve(row, desk)
        if refusal is not None:
            results.append(SplitResult(row.row, "refused", row.order_id, refusal=refusal))
            continue
        desk.done.add(row.order_id)
        taken.append(row)
        whole = set(row.lines) == set(desk.lines[row.order_id])
        results.append(SplitResult(row.row, "moved" if whole else "split", row.order_id))
    parts = _write(taken, desk, version=book.version, now=now, actor=actor)
    return [r if r.refusal else replace(r, part_id=parts[r.order_id]) for r in results]


def _open_desk(rows: Sequence[WarehouseSplit], *, seller_id: int | None, day: OperatingDay) -> _Desk:
    heads, lines = _orders([row.order_id for row in rows], seller_id=seller_id)
    names = sorted({row.warehouse for row in rows if "\x00" not in row.warehouse})
    found = fetch_rows("SELECT code, id FROM parties_warehouse WHERE code = ANY(%s)", [names])
    desk = _Desk(heads, lines, dict(found))
    keys = {
        (heads[row.order_id].seller_id, line.sku_id, desk.places[row.warehouse])
        for row in rows
        if row.order_id in heads and row.warehouse in desk.places
        for line in lines[row.order_id].values()
    }
    if keys:
        desk.balances, desk.stock = lock_available(sorted(keys), day=day)
    return desk


def _orders(
    ids: Sequence[int], *, seller_id: int | None
) -> tuple[dict[int, _Head], dict[int, dict[int, _Line]]]:
    heads: dict[int, _Head] = {}
    lines: dict[int, dict[int, _Line]] = defaultdict(dict)
    for row in fetch_rows(
        """
        SELECT o.id, o.seller_id, o.state, o.warehouse_id,
               EXISTS (SELECT 1 FROM orders_shipment h WHERE h.order_id = o.id AND h.replaced_at IS NULL)
               OR EXISTS (SELECT 1 FROM orders_cancelrequest c WHERE c.order_id = o.id AND c.answer = ''),
               l.line_no, l.id, l.sku_id, l.quantity, CASE WHEN l.reserved THEN l.pool END, b.id
        FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
        LEFT JOIN stock_balance b ON b.seller_id = l.seller_id AND b.sku_id = l.sku_id
            AND b.warehouse_id = o.warehouse_id
        WHERE o.id = ANY(%s::bigint[]) AND (%s::bigint IS NULL OR o.seller_id = %s) ORDER BY o.id, l.line_no
        """,
        [sorted(set(ids)), seller_id, seller_id],
    ):
        heads[row[0]] = _Head(*row[1:5])
        lines[row[0]][row[5]] = _Line(*row[5:])
    return heads, lines


def _refusal(row: WarehouseSplit, desk: _Desk) -> Refusal | None:
    head = desk.heads.get(row.order_id)
    if head is None:
        return Refusal(row.row, "order", str(row.order_id), RULE, "the order is not known")
    if row.order_id in desk.done:
        return Refusal(row.row, "order", str(row.order_id), RULE, "the order stands in another row")
    if head.state not in ("reserved", "to_ship") or head.is_busy:
        return Refusal(row.row, "order", head.state, RULE, "the order is released or sent")
    if desk.places.get(row.warehouse) in (None, head.warehouse_id):
        return Refusal(row.row, "warehouse", row.warehouse, RULE, "not another warehouse")
    unknown = [no for no in row.lines if no not in desk.lines[row.order_id]]
    if unknown or not row.lines:
        named = str(unknown[0]) if unknown else ""
        return Refusal(row.row, "line", named, RULE, "the order has no such line")
    return None


def _reserve(row: WarehouseSplit, desk: _Desk) -> Refusal | None:
    """Take the lines off what is on hand there: all or none."""
    needed: dict[int, int] = defaultdict(int)
    for no in row.lines:
        line = desk.lines[row.order_id][no]
        balance = desk.balance(row, line)
        if balance is None or needed[balance] + line.quantity > desk.stock[balance].on_hand:
            return Refusal(row.row, "line", str(no), RULE, "not enough on hand at that warehouse")
        needed[balance] += line.quantity
    for balance, quantity in needed.items():
        desk.stock[balance].on_hand -= quantity
    return None


def _write(
    taken: Sequence[WarehouseSplit], desk: _Desk, *, version: str, now: datetime, actor: str
) -> dict[int, int]:
    if not taken:
        return {}
    leaving = {row.order_id: [desk.lines[row.order_id][no] for no in row.lines] for row in taken}
    moves = [
        Move(line.balance_id, line.pool, "release", 0, -line.quantity, f"order:{order}")
        for order, group in leaving.items()
        for line in group
        if line.pool and line.balance_id
    ]
    parted = {o: group for o, group in leaving.items() if len(group) < len(desk.lines[o])}
    parts = part_orders(
        {o: {line.line_id: line.quantity for line in group} for o, group in parted.items()}, actor=actor
    )
    gone = {row.order_id: parts.get(row.order_id, row.order_id) for row in taken}
    moves += [
        Move(
            desk.balance(row, line) or 0,
            "on_hand",
            "reserve",
            0,
            line.quantity,
            f"order:{gone[row.order_id]}",
        )
        for row in taken
        for line in leaving[row.order_id]
    ]
    move_stock(moves, at=now)
    run_statement(
        "UPDATE orders_orderline SET pool = 'on_hand', reserved = TRUE WHERE id = ANY(%s::bigint[])",
        [[line.line_id for group in leaving.values() for line in group]],
    )
    run_statement(
        """
        UPDATE orders_order o SET route = 'semi', state = 'reserved', warehouse_id = i.warehouse
        FROM unnest(%s::bigint[], %s::bigint[]) AS i(id, warehouse) WHERE i.id = o.id
        """,
        columns_of([(gone[row.order_id], desk.places[row.warehouse]) for row in taken], 2),
    )
    told = [(desk.heads[row.order_id].seller_id, gone[row.order_id]) for row in taken]
    _tell(told, version, now=now, actor=actor)
    return gone


def _tell(told: Sequence[tuple[int, int]], version: str, *, now: datetime, actor: str) -> None:
    why = Reason.OTHER_WAREHOUSE
    record_decisions([(s, o, "semi", why, RULE, None) for s, o in told], version=version, at=now, actor=actor)
    record_events([(s, o, "reserved", why, now) for s, o in told], actor=actor)
    emit_events("order.warehouse_changed", [(s, f"order:{o}", {"by": actor}) for s, o in told], at=now)
