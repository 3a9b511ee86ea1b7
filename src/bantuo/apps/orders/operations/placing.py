"""Write routed orders: the rows, their lines, what they reserve, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bantuo.apps.orders.operations.incoming import NewLine, NewOrder
from bantuo.apps.sql import Column, columns_of, run_statement
from bantuo.apps.stock.operations import Move, move_stock
from bantuo.apps.stock.queries import BalanceKey
from bantuo.core.clock import OperatingDay
from bantuo.core.policy import Book
from bantuo.core.routing import Choice


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
    routed: Sequence[RoutedOrder],
    ids: Sequence[int],
    *,
    book: Book,
    day: OperatingDay,
    now: datetime,
    actor: str,
) -> None:
    """Store routed orders under these ids with lines, reservations, decisions, events and outbox rows."""
    if not routed:
        return
    told = {"on": day.on, "now": now, "version": book.version, "actor": actor, "id": Column(ids)}
    heads = zip(_HEAD, columns_of(map(_head, routed), len(_HEAD)), strict=True)
    lines = zip(_LINE, columns_of(_lines(routed), len(_LINE)), strict=True)
    run_statement(_KEEP, {**told, **dict(heads), **dict(lines)})
    move_stock(
        [
            Move(balance, pool, "reserve", 0, line.quantity, f"order:{order_id}")
            for item, order_id in zip(routed, ids, strict=True)
            for line, _, pool, balance in item.lines()
            if pool is not None and balance is not None
        ],
        at=now,
    )


_HEAD = (
    "seller_id", "mkt", "ext", "placed_at", "dest", "goods", "freight", "coupon", "route", "state", "wh",
    "reason", "rule", "deciding_line",
)  # fmt: skip
_LINE = ("place", "line_no", "sku_id", "quantity", "line_goods", "line_freight", "pool")


def _head(item: RoutedOrder) -> tuple[object, ...]:
    found, order, choice = item.resolved, item.resolved.order, item.choice
    return (
        found.seller_id, order.marketplace, order.external_id, order.placed_at, order.destination,
        sum(line.goods_fen for line in order.lines), sum(line.freight_fen for line in order.lines),
        order.merchant_coupon_fen, choice.route, item.state,
        found.warehouse_id if choice.route == "semi" else None, choice.reason, choice.rule, choice.line_no,
    )  # fmt: skip


def _lines(routed: Sequence[RoutedOrder]) -> Iterator[tuple[object, ...]]:
    """The lines of all, each with the place of its order among them, counted from 1."""
    for place, item in enumerate(routed, start=1):
        for line, sku, pool, _ in item.lines():
            yield place, line.line_no, sku, line.quantity, line.goods_fen, line.freight_fen, pool


# One statement: each of its own would be read and planned anew for every batch, which for the small batches
# of single orders costs as much as the writing.
_KEEP = """
    WITH head AS MATERIALIZED (
        SELECT *
        FROM unnest(%(id)s::bigint[], %(seller_id)s::bigint[], %(mkt)s::text[], %(ext)s::text[],
                    %(placed_at)s::timestamptz[], %(dest)s::text[], %(goods)s::bigint[],
                    %(freight)s::bigint[], %(coupon)s::bigint[], %(route)s::text[], %(state)s::text[],
                    %(wh)s::bigint[], %(reason)s::text[], %(rule)s::text[],
                    %(deciding_line)s::int[]) WITH ORDINALITY
            AS i(id, seller_id, mkt, ext, placed_at, dest, goods, freight, coupon, route, state, wh, reason,
                 rule, deciding_line, place)
    ), made AS (
        INSERT INTO orders_order (id, seller_id, marketplace, external_id, part, placed_at, business_date,
            destination, goods_fen, freight_fen, merchant_coupon_fen, route, state, warehouse_id)
        SELECT id, seller_id, mkt, ext, 0, placed_at, %(on)s, dest, goods, freight, coupon, route, state, wh
        FROM head
    ), lined AS (
        INSERT INTO orders_orderline
            (seller_id, order_id, line_no, sku_id, quantity, goods_fen, freight_fen, pool, reserved)
        SELECT h.seller_id, h.id, l.line_no, l.sku_id, l.quantity, l.goods, l.freight, l.pool,
               l.pool IS NOT NULL
        FROM unnest(%(place)s::bigint[], %(line_no)s::int[], %(sku_id)s::bigint[], %(quantity)s::int[],
                    %(line_goods)s::bigint[], %(line_freight)s::bigint[], %(pool)s::text[])
            AS l(place, line_no, sku_id, quantity, goods, freight, pool)
        JOIN head h USING (place)
    ), decided AS (
        INSERT INTO orders_routingdecision
            (seller_id, order_id, route, reason, rule, line_no, policy_version, detail, decided_at, actor)
        SELECT seller_id, id, route, reason, rule, deciding_line, %(version)s, '{}'::jsonb, %(now)s, %(actor)s
        FROM head
    ), noted AS (
        INSERT INTO orders_orderevent (seller_id, order_id, state, reason, happened_at, actor)
        SELECT seller_id, id, state, reason, %(now)s, %(actor)s FROM head
    ), told AS (
        INSERT INTO events_outboxevent (topic, seller_id, key, payload, occurred_at)
        SELECT 'order.placed', seller_id, 'order:' || id,
               jsonb_build_object('route', route, 'reason', reason), %(now)s
        FROM head
    )
    SELECT 1
"""
