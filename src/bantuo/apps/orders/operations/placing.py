"""Write routed orders: the rows, their lines, what they reserve, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bantuo.apps.events.operations import emit_events
from bantuo.apps.orders.operations.history import record_decisions, record_events
from bantuo.apps.orders.operations.incoming import NewLine, NewOrder
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.apps.stock.operations import Move, move_stock
from bantuo.core.clock import OperatingDay
from bantuo.core.policy import Book
from bantuo.core.routing import Choice

BalanceKey = tuple[int, int, int]  # seller, sku, warehouse


@dataclass(frozen=True, slots=True)
class ResolvedOrder:
    """An order whose seller and SKUs are known; `balances` names each line's stock, None where none."""

    order: NewOrder
    seller_id: int
    warehouse_id: int | None
    skus: tuple[tuple[int, bool], ...]  # (sku id, semi-managed) per line

    @property
    def balance_keys(self) -> list[BalanceKey]:
        if self.warehouse_id is None:
            return []
        return [(self.seller_id, sku, self.warehouse_id) for sku, _ in self.skus]


@dataclass(frozen=True, slots=True)
class RoutedOrder:
    """A resolved order with its route and, for `semi`, the balance of each line."""

    resolved: ResolvedOrder
    choice: Choice
    balances: tuple[int | None, ...]

    @property
    def state(self) -> str:
        return "reserved" if self.choice.route == "semi" else "to_ship"

    def lines(self) -> list[tuple[NewLine, int, str | None, int | None]]:
        """(line, sku, pool, balance) of each line; no pool where the seller fulfils it."""
        order = self.resolved.order
        pools = self.choice.pools or [None] * len(order.lines)
        return [
            (line, sku, pool, balance)
            for line, (sku, _), pool, balance in zip(
                order.lines, self.resolved.skus, pools, self.balances, strict=True
            )
        ]


def keep_orders(
    routed: Sequence[RoutedOrder], *, book: Book, day: OperatingDay, now: datetime, actor: str
) -> list[int]:
    """Store routed orders with lines, reservations, decisions, events and outbox rows; their ids in order."""
    if not routed:
        return []
    ids = _insert_orders(routed, day=day)
    made = list(zip(routed, ids, strict=True))
    _insert_lines(made)
    move_stock(
        [
            Move(balance, pool, "reserve", 0, line.quantity, f"order:{order_id}")
            for item, order_id in made
            for line, _, pool, balance in item.lines()
            if pool is not None and balance is not None
        ],
        at=now,
    )
    _tell(made, version=book.version, now=now, actor=actor)
    return ids


def _insert_orders(routed: Sequence[RoutedOrder], *, day: OperatingDay) -> list[int]:
    rows = []
    for item in routed:
        found, order = item.resolved, item.resolved.order
        goods = sum(line.goods_fen for line in order.lines)
        freight = sum(line.freight_fen for line in order.lines)
        warehouse = found.warehouse_id if item.choice.route == "semi" else None
        rows.append(
            (
                found.seller_id, order.marketplace, order.external_id, order.placed_at, order.destination,
                goods, freight, order.merchant_coupon_fen, item.choice.route, item.state, warehouse,
            )
        )  # fmt: skip
    made = {
        (r[0], r[1], r[2]): int(r[3])
        for r in fetch_rows(
            """
            INSERT INTO orders_order (seller_id, marketplace, external_id, part, placed_at, business_date,
                destination, goods_fen, freight_fen, merchant_coupon_fen, route, state, warehouse_id)
            SELECT seller_id, mkt, ext, 0, placed_at, %s, dest, goods, freight, coupon, route, state, wh
            FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::bigint[],
                        %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::bigint[]) WITH ORDINALITY
                AS i(seller_id, mkt, ext, placed_at, dest, goods, freight, coupon, route, state, wh, ord)
            ORDER BY ord RETURNING seller_id, marketplace, external_id, id
            """,
            [day.on, *columns_of(rows, 11)],
        )
    }
    return [made[r[0], r[1], r[2]] for r in rows]


def _insert_lines(made: Sequence[tuple[RoutedOrder, int]]) -> None:
    rows = [
        (
            item.resolved.seller_id, order_id, line.line_no, sku, line.quantity, line.goods_fen,
            line.freight_fen, pool,
        )
        for item, order_id in made
        for line, sku, pool, _ in item.lines()
    ]  # fmt: skip
    run_statement(
        """
        INSERT INTO orders_orderline
            (seller_id, order_id, line_no, sku_id, quantity, goods_fen, freight_fen, pool, reserved)
        SELECT seller_id, order_id, line_no, sku_id, quantity, goods, freight, pool, pool IS NOT NULL
        FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::bigint[], %s::int[], %s::bigint[],
                    %s::bigint[], %s::text[])
            AS i(seller_id, order_id, line_no, sku_id, quantity, goods, freight, pool)
        """,
        columns_of(rows, 8),
    )


def _tell(made: Sequence[tuple[RoutedOrder, int]], *, version: str, now: datetime, actor: str) -> None:
    chosen = [(item.resolved.seller_id, order_id, item.choice, item.state) for item, order_id in made]
    record_decisions(
        [(seller, order_id, c.route, c.reason, c.rule, c.line_no) for seller, order_id, c, _ in chosen],
        version=version,
        at=now,
        actor=actor,
    )
    record_events(
        [(seller, order_id, state, c.reason, now) for seller, order_id, c, state in chosen], actor=actor
    )
    emit_events(
        "order.placed",
        [
            (seller, f"order:{order_id}", {"route": c.route, "reason": c.reason})
            for seller, order_id, c, _ in chosen
        ],
        at=now,
    )
