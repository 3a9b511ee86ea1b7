"""Split mixed orders: lines that turn move to a new part, which the seller ships, with their money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.core.shares import share_out


@dataclass(frozen=True, slots=True)
class _Head:
    """A mixed order, the part that leaves it, and the money on both sides."""

    order_id: int
    part: int
    goods_fen: int
    freight_fen: int
    receipts_fen: int
    coupon_fen: int

    @property
    def coupon_moved_fen(self) -> int:
        """The coupon follows what was paid, so that no part is refunded less than nothing."""
        moved = self.goods_fen + self.freight_fen
        return share_out(self.coupon_fen, [moved, self.receipts_fen - moved])[0]


def split_orders(moving: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """Move these lines of each locked order to a new part of it; old order id → new order id."""
    heads = _heads_of(moving)
    if not heads:
        return {}
    columns = columns_of(
        [(h.order_id, h.part, h.goods_fen, h.freight_fen, h.coupon_moved_fen) for h in heads], 5
    )
    made = _open_parts(columns)
    run_statement(
        """
        UPDATE orders_orderline l SET order_id = m.new_id
        FROM unnest(%s::bigint[], %s::bigint[]) AS m(line_id, new_id) WHERE m.line_id = l.id
        """,
        columns_of([(line, made[order]) for order, lines in moving.items() for line in lines], 2),
    )
    run_statement(
        """
        UPDATE orders_order o SET goods_fen = o.goods_fen - m.goods, freight_fen = o.freight_fen - m.freight,
            merchant_coupon_fen = o.merchant_coupon_fen - m.coupon
        FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[])
            AS m(order_id, part, goods, freight, coupon) WHERE m.order_id = o.id
        """,
        columns,
    )
    return made


def _heads_of(moving: Mapping[int, Sequence[int]]) -> list[_Head]:
    lines = [line for group in moving.values() for line in group]
    return [
        _Head(*(int(value) for value in r))
        for r in fetch_rows(
            """
            WITH moving AS (
                SELECT order_id, sum(goods_fen) AS goods, sum(freight_fen) AS freight
                FROM orders_orderline WHERE id = ANY(%s::bigint[]) GROUP BY order_id
            )
            SELECT o.id, (SELECT max(p.part) + 1 FROM orders_order p WHERE p.seller_id = o.seller_id
                          AND p.marketplace = o.marketplace AND p.external_id = o.external_id),
                   m.goods, m.freight, o.goods_fen + o.freight_fen, o.merchant_coupon_fen
            FROM moving m JOIN orders_order o ON o.id = m.order_id ORDER BY o.id
            """,
            [lines],
        )
    ]


def _open_parts(columns: Sequence[Sequence[int]]) -> dict[int, int]:
    return {
        r[0]: r[1]
        for r in fetch_rows(
            """
            WITH m AS (
                SELECT * FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[])
                    AS m(order_id, part, goods, freight, coupon)
            ), made AS (
                INSERT INTO orders_order (seller_id, marketplace, external_id, part, placed_at, business_date,
                    destination, goods_fen, freight_fen, merchant_coupon_fen, route, state)
                SELECT o.seller_id, o.marketplace, o.external_id, m.part, o.placed_at, o.business_date,
                       o.destination, m.goods, m.freight, m.coupon, 'self', 'to_ship'
                FROM m JOIN orders_order o ON o.id = m.order_id ORDER BY o.id
                RETURNING id, seller_id, marketplace, external_id, part
            )
            SELECT m.order_id, made.id FROM m JOIN orders_order o ON o.id = m.order_id
            JOIN made ON made.seller_id = o.seller_id AND made.marketplace = o.marketplace
                AND made.external_id = o.external_id AND made.part = m.part
            """,
            columns,
        )
    }
