"""Turn reserved lines over to the seller: stock returns, mixed orders split, the reason is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.orders.operations.history import record_decisions, record_events
from bantuo.apps.orders.operations.splitting import split_orders
from bantuo.apps.orders.operations.turning import Turned
from bantuo.apps.orders.queries import lock_orders
from bantuo.apps.sql import fetch_rows, run_statement
from bantuo.apps.stock.operations import Move, close_shortages, move_stock, return_to_shortages
from bantuo.apps.stock.queries import lock_shortages
from bantuo.core.policy import Book
from bantuo.core.routing import REASON_RULES, Reason


@dataclass(frozen=True, slots=True)
class ReservedLine:
    """A reserved line of an unreleased order and whether it must go back to the seller."""

    seller_id: int
    order_id: int
    line_id: int
    line_no: int
    balance_id: int
    pool: str
    quantity: int
    turns: bool


_LINES = """
    SELECT l.seller_id, l.order_id, l.id, l.line_no, b.id, l.pool, l.quantity, l.id = ANY(%s::bigint[])
    FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id AND l.reserved
    JOIN stock_balance b ON b.seller_id = l.seller_id AND b.sku_id = l.sku_id
        AND b.warehouse_id = o.warehouse_id
    WHERE o.id = ANY(%s::bigint[]) ORDER BY l.order_id, l.line_no
"""


def turn_lines(
    order_ids: Sequence[int],
    line_ids: Sequence[int],
    *,
    reason: Reason,
    book: Book,
    now: datetime,
    actor: str,
) -> Turned:
    """Give the named lines of these unreleased orders to their seller, inside the caller's transaction.

    An order all of whose lines turn becomes self-fulfilled; a mixed one is split: the turned lines
    move to a new part, which the seller ships, and the rest stays reserved.
    """
    held = [order for order, state in lock_orders(order_ids).items() if state == "reserved"]
    lines = [ReservedLine(*r) for r in fetch_rows(_LINES, [list(line_ids), held])]
    groups = [list(group) for _, group in groupby(lines, key=lambda line: line.order_id)]
    whole = [g for g in groups if all(line.turns for line in g)]
    mixed = [g for g in groups if any(line.turns for line in g) and not all(line.turns for line in g)]
    turned = [line for group in (*whole, *mixed) for line in group if line.turns]
    if not turned:
        return Turned(orders=0, split=0, lines=0)
    _return_reservations(turned, at=now)
    run_statement(
        "UPDATE orders_order SET route = 'self', state = 'to_ship', warehouse_id = NULL"
        " WHERE id = ANY(%s::bigint[])",
        [[g[0].order_id for g in whole]],
    )
    new_parts = split_orders({g[0].order_id: [line.line_id for line in g if line.turns] for g in mixed})
    parts = [(g[0].seller_id, g[0].order_id, new_parts[g[0].order_id]) for g in mixed]
    _explain(whole, parts, reason=reason, book=book, now=now, actor=actor)
    back: dict[int, int] = defaultdict(int)
    for line in turned:
        back[line.balance_id] += line.quantity
    return Turned(orders=len(whole), split=len(mixed), lines=len(turned), returned=back)


def _return_reservations(turned: Sequence[ReservedLine], *, at: datetime) -> None:
    move_stock(
        [Move(t.balance_id, t.pool, "release", 0, -t.quantity, f"order:{t.order_id}") for t in turned], at=at
    )
    run_statement(
        "UPDATE orders_orderline SET reserved = FALSE, pool = NULL WHERE id = ANY(%s::bigint[])",
        [[t.line_id for t in turned]],
    )


def _explain(
    whole: Sequence[Sequence[ReservedLine]],
    parts: Sequence[tuple[int, int, int]],
    *,
    reason: Reason,
    book: Book,
    now: datetime,
    actor: str,
) -> None:
    rule = REASON_RULES[reason]
    to_seller: list[tuple[int, int, int | None]] = [
        (g[0].seller_id, g[0].order_id, g[0].line_no) for g in whole
    ]
    to_seller += [(seller, new_id, None) for seller, _, new_id in parts]
    record_decisions(
        [(seller, order, "self", reason, rule, line) for seller, order, line in to_seller]
        + [
            (seller, kept, "semi", Reason.KEPT_AFTER_SPLIT, REASON_RULES[Reason.KEPT_AFTER_SPLIT], None)
            for seller, kept, _ in parts
        ],
        version=book.version,
        at=now,
        actor=actor,
    )
    record_events([(seller, order, "to_ship", reason, now) for seller, order, _ in to_seller], actor=actor)
    emit_events(
        "order.turned_to_seller",
        [(seller, f"order:{order}", {"reason": reason, "rule": rule}) for seller, order, _ in to_seller],
        at=now,
    )


@transaction.atomic
def resolve_shortages(*, book: Book, now: datetime, actor: str) -> Turned:
    """Give the youngest unreleased lines of every open shortage back until the stated stock suffices.

    Lines that are already with the warehouse cannot be taken back: such a shortage stays open.
    """
    held = set(lock_orders(order for order, _ in _lines_short()))
    lock_shortages()
    # Asked again under the locks: a statement or a cancellation may have come in between.
    chosen = [(order, line) for order, line in _lines_short() if order in held]
    turned = turn_lines(
        sorted({order for order, _ in chosen}),
        [line for _, line in chosen],
        reason=Reason.SHORTAGE,
        book=book,
        now=now,
        actor=actor,
    )
    return_to_shortages(turned.returned)
    close_shortages(now=now)
    return turned


def _lines_short() -> list[tuple[int, int]]:
    """(order, line) to give back: per short balance the youngest first, until it is covered."""
    return [
        (r[0], r[1])
        for r in fetch_rows(
            """
            SELECT order_id, line_id FROM (
                SELECT o.id AS order_id, l.id AS line_id, b.declared_reserved - b.declared AS short,
                       sum(l.quantity) OVER (
                           PARTITION BY b.id ORDER BY o.placed_at DESC, o.id DESC, l.line_no DESC
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
                FROM stock_shortage s
                JOIN stock_balance b ON b.id = s.balance_id AND b.declared < b.declared_reserved
                JOIN orders_orderline l ON l.seller_id = b.seller_id AND l.sku_id = b.sku_id
                    AND l.reserved AND l.pool = 'declared'
                JOIN orders_order o ON o.id = l.order_id AND o.state = 'reserved'
                    AND o.warehouse_id = b.warehouse_id
                WHERE s.closed_at IS NULL) due
            WHERE COALESCE(before, 0) < short ORDER BY order_id, line_id
            """
        )
    ]
