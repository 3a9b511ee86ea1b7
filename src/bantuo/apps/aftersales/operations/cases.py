"""Cancel before shipping, take back after it: stock, refund and who is responsible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.orders.operations.advance import advance_orders
from bantuo.apps.orders.queries import lock_orders
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.apps.stock.operations import Move, move_stock
from bantuo.apps.stock.queries import lock_declared
from bantuo.core.shares import share_out


@dataclass(frozen=True, slots=True)
class Case:
    """One after-sales decision on a whole order; its refund is all that the buyer paid."""

    order_id: int
    at: datetime
    responsible: str
    reason: str
    rule: str


@dataclass(frozen=True, slots=True)
class _HeldLine:
    """A line of an order to cancel and where its goods are: pieces on the way, pieces counted in."""

    order_id: int
    balance_id: int
    pool: str
    quantity: int
    reserved: bool
    on_the_way: int
    arrived: int


@transaction.atomic
def cancel_orders(cases: Sequence[Case], *, actor: str) -> list[int]:
    """Cancel orders that have not left the warehouse (or the seller), refund them in full.

    A reservation returns to its pool; goods that are already at the warehouse become stock on hand.
    Goods on the way there leave the declared pool and become stock on hand when they arrive, so that
    they are never promised twice. Orders that have left are not touched. Returns the ids cancelled.
    """
    lock_orders(c.order_id for c in cases)
    held = _lines_held([c.order_id for c in cases])
    done = set(_close(cases, to="cancelled", kind="cancellation", actor=actor))
    if not done:
        return []
    moves = _returning_moves([line for line in held if line.order_id in done])
    move_stock(moves, at=max(c.at for c in cases if c.order_id in done))
    run_statement(
        "UPDATE orders_orderline SET reserved = FALSE WHERE order_id = ANY(%s::bigint[]) AND reserved",
        [sorted(done)],
    )
    return sorted(done)


def _lines_held(order_ids: Sequence[int]) -> list[_HeldLine]:
    return [
        _HeldLine(*r)
        for r in fetch_rows(
            """
            SELECT l.order_id, b.id, l.pool, l.quantity, l.reserved,
                   COALESCE(c.on_the_way, 0), COALESCE(c.arrived, 0)
            FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id AND l.pool IS NOT NULL
            JOIN stock_balance b ON b.seller_id = l.seller_id AND b.sku_id = l.sku_id
                AND b.warehouse_id = o.warehouse_id
            LEFT JOIN LATERAL (
                SELECT sum(expected) FILTER (WHERE received IS NULL)::int AS on_the_way,
                       sum(LEAST(received, expected)) FILTER (WHERE received IS NOT NULL)::int AS arrived
                FROM warehouse_cartonline WHERE order_line_id = l.id) c ON TRUE
            WHERE o.id = ANY(%s::bigint[]) ORDER BY l.id
            """,
            [list(order_ids)],
        )
    ]


def _returning_moves(lines: Sequence[_HeldLine]) -> list[Move]:
    left = lock_declared(line.balance_id for line in lines)
    moves = []
    for line in lines:
        reference = f"order:{line.order_id}"
        if not line.reserved:
            moves.append(Move(line.balance_id, "on_hand", "return", line.quantity, 0, reference))
            continue
        gone = min(left[line.balance_id], line.on_the_way)
        left[line.balance_id] -= gone
        moves.append(Move(line.balance_id, "on_hand", "return", line.arrived, 0, reference))
        moves.append(
            Move(line.balance_id, line.pool, "release", -gone, line.arrived - line.quantity, reference)
        )
    return moves


@transaction.atomic
def return_orders(cases: Sequence[Case], *, actor: str) -> list[int]:
    """Take back orders that had left, and refund them in full. Returns the ids returned."""
    lock_orders(c.order_id for c in cases)
    return sorted(_close(cases, to="returned", kind="return", actor=actor))


def _close(cases: Sequence[Case], *, to: str, kind: str, actor: str) -> list[int]:
    """Of several cases on one order the first decides."""
    first = {c.order_id: c for c in reversed(cases)}
    moved: set[int] = set()
    for reason in sorted({c.reason for c in first.values()}):
        moves = [(c.order_id, c.at) for c in first.values() if c.reason == reason]
        moved.update(advance_orders(moves, to=to, reason=reason, actor=actor))
    done = [c for c in first.values() if c.order_id in moved]
    if done:
        _keep_cases(done, kind=kind, actor=actor)
    return sorted(moved)


def _keep_cases(done: Sequence[Case], *, kind: str, actor: str) -> None:
    rows = [
        (c.order_id, c.at, c.responsible, c.reason, c.rule) for c in sorted(done, key=lambda c: c.order_id)
    ]
    made = fetch_rows(
        """
        INSERT INTO aftersales_aftersale (seller_id, order_id, kind, responsible, reason, rule, refund_fen,
                                          opened_at, decided_at, actor)
        SELECT o.seller_id, o.id, %s, i.responsible, i.reason, i.rule,
               o.goods_fen + o.freight_fen - o.merchant_coupon_fen, i.at, i.at, %s
        FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::text[])
            AS i(order_id, at, responsible, reason, rule)
        JOIN orders_order o ON o.id = i.order_id ORDER BY o.id
        RETURNING seller_id, order_id, id, refund_fen
        """,
        [kind, actor, *columns_of(rows, 5)],
    )
    _keep_refund_lines({order: (case, refund) for _, order, case, refund in made})
    emit_events(
        f"aftersales.{kind}",
        [(seller, f"order:{order}", {"refund_fen": refund}) for seller, order, _, refund in sorted(made)],
        at=max(c.at for c in done),
    )


def _keep_refund_lines(cases: Mapping[int, tuple[int, int]]) -> None:
    """Share each case's refund (order → case, fen) over the order's lines; the parts add up to it."""
    lines = fetch_rows(
        """
        SELECT seller_id, order_id, line_no, quantity, goods_fen + freight_fen FROM orders_orderline
        WHERE order_id = ANY(%s::bigint[]) ORDER BY order_id, line_no
        """,
        [sorted(cases)],
    )
    rows = []
    for order, group in groupby(lines, key=lambda line: line[1]):
        (case, refund), of_order = cases[order], list(group)
        shares = share_out(refund, [line[4] for line in of_order])
        rows += [
            (seller, case, line_no, quantity, share)
            for (seller, _, line_no, quantity, _), share in zip(of_order, shares, strict=True)
        ]
    run_statement(
        """
        INSERT INTO aftersales_refundline (seller_id, aftersale_id, line_no, quantity, refund_fen)
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::int[], %s::bigint[])
        """,
        columns_of(rows, 5),
    )
