"""An operator takes a fallback back: stock is reserved again where it can be, the order routed anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.orders.operations.history import record_events
from bantuo.apps.orders.queries import lock_orders
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.apps.stock.operations import Move, move_stock
from bantuo.apps.stock.queries import hold_day_open, lock_available
from bantuo.core.clock import OperatingDay
from bantuo.core.policy import Book
from bantuo.core.routing import REASON_RULES, Demand, Reason, route_order

REVERSIBLE = (Reason.CUTOFF_FALLBACK, Reason.CUTOFF_FALLBACK_WIDE, Reason.AFTER_CUTOFF)
RULE = REASON_RULES[Reason.TURNING_REVERSED]


class ReversalForbidden(ValueError):
    """The book says that nobody takes a fallback back (OPS-1.reversible_by)."""


class ReasonMissing(ValueError):
    """To take a decision back needs a reason."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """What became of one order: `reversed`, or `refused` with the reason and, where one decided, the line."""

    order_id: int
    outcome: str
    reason: str = ""
    line_no: int | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    order_id: int
    seller_id: int
    line_id: int
    line_no: int
    sku_id: int
    quantity: int
    warehouse_id: int | None
    state: str
    reason: str
    is_busy: bool  # pieces were sent, or its cancellation is asked for


_LINES = """
    SELECT o.id, o.seller_id, l.id, l.line_no, l.sku_id, l.quantity, b.warehouse_id, o.state, d.reason,
           EXISTS (SELECT 1 FROM orders_shipment h WHERE h.order_id = o.id AND h.replaced_at IS NULL)
           OR EXISTS (SELECT 1 FROM orders_cancelrequest c WHERE c.order_id = o.id AND c.answer = '')
    FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
    JOIN LATERAL (SELECT reason FROM orders_routingdecision WHERE order_id = o.id ORDER BY id DESC LIMIT 1) d
        ON TRUE
    LEFT JOIN parties_binding b ON b.seller_id = o.seller_id AND b.unbound_at IS NULL
    WHERE o.id = ANY(%s::bigint[]) ORDER BY o.id, l.line_no
"""


@transaction.atomic
def reverse_turning(
    order_ids: Sequence[int], *, reason: str, book: Book, day: OperatingDay, now: datetime, actor: str
) -> list[Reversal]:
    """Bring orders that came back at a cut-off under the programme again, each whole or not at all.

    Stock on hand is taken first, then what the seller's word still covers, stated today or not: an
    operator answers for it, and the order is released only once it is stated. A part that was split
    off stays a part. Refused per order: not turned at a cut-off, sent or asked to be cancelled, no
    warehouse, not enough stock. Raises ReasonMissing, ReversalForbidden.
    """
    if not reason.strip():
        raise ReasonMissing("to take a fallback back needs a reason")
    if book.amount(RULE, day.on) != "operator":
        raise ReversalForbidden(RULE)
    hold_day_open(day)
    lock_orders(order_ids)
    orders: dict[int, list[_Line]] = defaultdict(list)
    for row in fetch_rows(_LINES, [sorted(set(order_ids))]):
        orders[row[0]].append(_Line(*row))
    results = {order: Reversal(order, "refused", "not_known") for order in order_ids}
    able: dict[int, list[_Line]] = {}
    for order in dict.fromkeys(order_ids):
        if order not in orders:
            continue
        refusal = _refusal(orders[order][0])
        if refusal:
            results[order] = Reversal(order, "refused", refusal)
        else:
            able[order] = orders[order]
    results |= _reserve(able, day=day, reason=reason.strip(), version=book.version, now=now, actor=actor)
    return [results[order] for order in dict.fromkeys(order_ids)]


def _refusal(line: _Line) -> str:
    if line.reason not in REVERSIBLE:
        return "not_turned"
    if line.state != "to_ship" or line.is_busy:
        return "moved_on"
    return "" if line.warehouse_id else Reason.WAREHOUSE_NOT_BOUND.value


def _reserve(
    able: Mapping[int, Sequence[_Line]],
    *,
    day: OperatingDay,
    reason: str,
    version: str,
    now: datetime,
    actor: str,
) -> dict[int, Reversal]:
    keys = [
        (line.seller_id, line.sku_id, line.warehouse_id)
        for lines in able.values()
        for line in lines
        if line.warehouse_id
    ]
    if not keys:
        return {}
    balances, stock = lock_available(keys, day=day)
    results: dict[int, Reversal] = {}
    taken: list[tuple[_Line, int, str]] = []
    for order, lines in able.items():
        demands = [Demand(line.line_no, _balance(line, balances), line.quantity, True) for line in lines]
        choice = route_order(demands, stock, bound=True, cut=False)
        if choice.route != "semi":
            results[order] = Reversal(order, "refused", choice.reason.value, choice.line_no)
            continue
        results[order] = Reversal(order, "reversed")
        pools = zip(lines, demands, choice.pools, strict=True)
        taken += [(line, demand.balance, pool) for line, demand, pool in pools if demand.balance is not None]
    _write(taken, reason=reason, version=version, now=now, actor=actor)
    return results


def _balance(line: _Line, balances: Mapping[tuple[int, int, int], int]) -> int | None:
    return balances.get((line.seller_id, line.sku_id, line.warehouse_id or 0))


def _write(
    taken: Sequence[tuple[_Line, int, str]], *, reason: str, version: str, now: datetime, actor: str
) -> None:
    if not taken:
        return
    moves = [Move(b, pool, "reserve", 0, line.quantity, f"order:{line.order_id}") for line, b, pool in taken]
    move_stock(moves, at=now)
    run_statement(
        """
        UPDATE orders_orderline l SET pool = i.pool, reserved = TRUE
        FROM unnest(%s::bigint[], %s::text[]) AS i(id, pool) WHERE i.id = l.id
        """,
        columns_of([(line.line_id, pool) for line, _, pool in taken], 2),
    )
    orders = {line.order_id: line for line, _, _ in taken}
    columns = columns_of([(o, line.warehouse_id, line.seller_id) for o, line in sorted(orders.items())], 3)
    run_statement(
        """
        UPDATE orders_order o SET route = 'semi', state = 'reserved', warehouse_id = i.warehouse
        FROM unnest(%s::bigint[], %s::bigint[]) AS i(id, warehouse) WHERE i.id = o.id
        """,
        columns[:2],
    )
    run_statement(
        """
        INSERT INTO orders_routingdecision
            (seller_id, order_id, route, reason, rule, policy_version, detail, decided_at, actor)
        SELECT i.seller, i.id, 'semi', %s, %s, %s, jsonb_build_object('words', %s::text), %s, %s
        FROM unnest(%s::bigint[], %s::bigint[]) AS i(id, seller) ORDER BY i.id
        """,
        [Reason.TURNING_REVERSED, RULE, version, reason, now, actor, columns[0], columns[2]],
    )
    told = [(line.seller_id, order) for order, line in sorted(orders.items())]
    record_events([(s, o, "reserved", Reason.TURNING_REVERSED, now) for s, o in told], actor=actor)
    payload = {"reason": Reason.TURNING_REVERSED, "rule": RULE, "words": reason, "by": actor}
    emit_events("order.turning_reversed", [(s, f"order:{o}", payload) for s, o in told], at=now)


def turned_orders_of(seller_id: int, *, day: OperatingDay) -> list[int]:
    """The orders of a seller that came back at the day's cut-off, or after it, and still are the seller's."""
    rows = fetch_rows(
        """
        SELECT DISTINCT o.id FROM orders_routingdecision d JOIN orders_order o ON o.id = d.order_id
        WHERE d.seller_id = %s AND d.decided_at >= %s AND d.decided_at < %s AND d.reason = ANY(%s)
            AND o.state = 'to_ship' AND o.route = 'self' ORDER BY o.id
        """,
        [seller_id, day.cutoff_at, day.cutoff_at + timedelta(days=1), [str(reason) for reason in REVERSIBLE]],
    )
    return [r[0] for r in rows]
