"""Cancel before shipping, take back after it: stock, refund and who is responsible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.orders.operations.advance import advance_orders
from bantuo.apps.orders.queries import lock_orders
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.apps.stock.operations import Move, move_stock


@dataclass(frozen=True, slots=True)
class Case:
    """One after-sales decision on a whole order; its refund is all that the buyer paid."""

    order_id: int
    at: datetime
    responsible: str
    reason: str
    rule: str


@transaction.atomic
def cancel_orders(cases: Sequence[Case], *, actor: str) -> list[int]:
    """Cancel orders that have not left the warehouse (or the seller), refund them in full.

    A reservation returns to its pool; goods that are already at the warehouse become stock on hand.
    Orders that have left are not touched. Returns the ids cancelled.
    """
    lock_orders(c.order_id for c in cases)
    held = fetch_rows(
        """
        SELECT l.order_id, l.id, b.id, l.pool, l.quantity, l.reserved, o.state
        FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
        LEFT JOIN stock_balance b ON b.seller_id = l.seller_id AND b.sku_id = l.sku_id
            AND b.warehouse_id = o.warehouse_id
        WHERE o.id = ANY(%s) ORDER BY l.id
        """,
        [[c.order_id for c in cases]],
    )
    done = set(_close(cases, to="cancelled", kind="cancellation", actor=actor))
    if not done:
        return []
    moves = []
    for order_id, _, balance, pool, quantity, reserved, state in held:
        if order_id not in done or balance is None or pool is None:
            continue
        if reserved:
            moves.append(Move(balance, pool, "release", 0, -quantity, f"order:{order_id}"))
        elif state in ("released", "picking", "packed"):
            moves.append(Move(balance, "on_hand", "return", quantity, 0, f"order:{order_id}"))
    move_stock(moves, at=max(c.at for c in cases if c.order_id in done))
    run_statement(
        "UPDATE orders_orderline SET reserved = FALSE WHERE order_id = ANY(%s) AND reserved", [sorted(done)]
    )
    return sorted(done)


@transaction.atomic
def return_orders(cases: Sequence[Case], *, actor: str) -> list[int]:
    """Take back orders that had left, and refund them in full. Returns the ids returned."""
    return sorted(_close(cases, to="returned", kind="return", actor=actor))


def _close(cases: Sequence[Case], *, to: str, kind: str, actor: str) -> list[int]:
    moved: list[int] = []
    for reason in sorted({c.reason for c in cases}):
        moves = [(c.order_id, c.at) for c in cases if c.reason == reason]
        moved += advance_orders(moves, to=to, reason=reason, actor=actor)
    done = [c for c in cases if c.order_id in set(moved)]
    if done:
        _keep_cases(done, kind=kind, actor=actor)
    return moved


def _keep_cases(done: Sequence[Case], *, kind: str, actor: str) -> None:
    rows = [
        (c.order_id, c.at, c.responsible, c.reason, c.rule) for c in sorted(done, key=lambda c: c.order_id)
    ]
    made = fetch_rows(
        """
        WITH opened AS (
            INSERT INTO aftersales_aftersale (seller_id, order_id, kind, responsible, reason, rule, refund_fen,
                                              opened_at, decided_at, actor)
            SELECT o.seller_id, o.id, %s, i.responsible, i.reason, i.rule,
                   o.goods_fen + o.freight_fen - o.merchant_coupon_fen, i.at, i.at, %s
            FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::text[])
                AS i(order_id, at, responsible, reason, rule)
            JOIN orders_order o ON o.id = i.order_id ORDER BY o.id
            RETURNING id, seller_id, order_id, refund_fen
        ), lines AS (
            INSERT INTO aftersales_refundline (seller_id, aftersale_id, line_no, quantity, refund_fen)
            SELECT a.seller_id, a.id, l.line_no, l.quantity, l.goods_fen + l.freight_fen
            FROM opened a JOIN orders_orderline l ON l.order_id = a.order_id ORDER BY a.id, l.line_no
        )
        SELECT seller_id, order_id, refund_fen FROM opened ORDER BY order_id
        """,
        [kind, actor, *columns_of(rows, 5)],
    )
    emit_events(
        f"aftersales.{kind}",
        [(seller, f"order:{order}", {"refund_fen": refund}) for seller, order, refund in made],
        at=max(c.at for c in done),
    )
