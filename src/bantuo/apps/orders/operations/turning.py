"""Turn whole orders over to their sellers by the thousand: one statement behind the locks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bantuo.apps.orders.queries import lock_orders
from bantuo.apps.sql import fetch_rows
from bantuo.core.policy import Book
from bantuo.core.routing import REASON_RULES, Reason


@dataclass(frozen=True, slots=True)
class Turned:
    """What a fallback changed."""

    orders: int
    split: int
    lines: int
    returned: dict[int, int] = field(default_factory=dict)  # units given back per balance


# The lines are read after the orders were locked, the balances locked in order before they change.
# A SKU has one seller: naming the seller in the join as well would make the planner expect one row,
# and compare every line with every other.
TURN = """
    WITH line AS (
        SELECT l.id, l.seller_id, l.order_id, l.line_no, l.pool, l.quantity, b.id AS balance_id
        FROM orders_order o
        JOIN orders_orderline l ON l.order_id = o.id AND l.reserved
        JOIN stock_balance b ON b.sku_id = l.sku_id AND b.warehouse_id = o.warehouse_id
        WHERE o.id = ANY(%(ids)s::bigint[])
    ), locked AS (
        SELECT id FROM stock_balance WHERE id IN (SELECT balance_id FROM line)
        ORDER BY seller_id, sku_id, warehouse_id FOR NO KEY UPDATE
    ), back AS (
        SELECT k.id, COALESCE(sum(l.quantity) FILTER (WHERE l.pool = 'declared'), 0) AS declared,
               COALESCE(sum(l.quantity) FILTER (WHERE l.pool = 'on_hand'), 0) AS on_hand
        FROM locked k JOIN line l ON l.balance_id = k.id GROUP BY k.id
    ), returned AS (
        UPDATE stock_balance b SET declared_reserved = b.declared_reserved - back.declared,
            on_hand_reserved = b.on_hand_reserved - back.on_hand
        FROM back WHERE back.id = b.id RETURNING b.id
    ), moved AS (
        INSERT INTO stock_movement
            (seller_id, balance_id, pool, code, quantity_delta, reserved_delta, reference, moved_at)
        SELECT seller_id, balance_id, pool, 'release', 0, -quantity, 'order:' || order_id, %(now)s FROM line
    ), freed AS (
        UPDATE orders_orderline l SET reserved = FALSE, pool = NULL FROM line WHERE line.id = l.id
    ), turned AS (
        UPDATE orders_order SET route = 'self', state = 'to_ship', warehouse_id = NULL
        WHERE id = ANY(%(ids)s::bigint[])
    ), told AS (
        SELECT seller_id, order_id, min(line_no) AS line_no FROM line GROUP BY seller_id, order_id
    ), decided AS (
        INSERT INTO orders_routingdecision
            (seller_id, order_id, route, reason, rule, line_no, policy_version, detail, decided_at, actor)
        SELECT seller_id, order_id, 'self', %(reason)s, %(rule)s, line_no, %(version)s, '{}', %(now)s,
               %(actor)s
        FROM told
    ), noted AS (
        INSERT INTO orders_orderevent (seller_id, order_id, state, reason, happened_at, actor)
        SELECT seller_id, order_id, 'to_ship', %(reason)s, %(now)s, %(actor)s FROM told
    ), heard AS (
        INSERT INTO events_outboxevent (topic, seller_id, key, payload, occurred_at)
        SELECT 'order.turned_to_seller', seller_id, 'order:' || order_id,
               jsonb_build_object('reason', %(reason)s::text, 'rule', %(rule)s::text), %(now)s FROM told
    )
    SELECT (SELECT count(*) FROM told), (SELECT count(*) FROM line)
"""


def turn_whole_orders(
    order_ids: Sequence[int], *, reason: Reason, book: Book, now: datetime, actor: str
) -> Turned:
    """Give these orders, all their lines, to their sellers, inside the caller's transaction.

    Those no longer reserved are left alone, so a repeated call changes nothing.
    """
    held = [order for order, state in lock_orders(order_ids).items() if state == "reserved"]
    told = {
        "ids": held,
        "now": now,
        "reason": reason.value,
        "rule": REASON_RULES[reason],
        "version": book.version,
        "actor": actor,
    }
    orders, lines = fetch_rows(TURN, told)[0] if held else (0, 0)
    return Turned(orders=orders, split=0, lines=lines)
