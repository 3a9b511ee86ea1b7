"""Part lines, or pieces of them, off an order: a new part in the same state, with its share of the money.

What was placed stays whole over the parts of an order: pieces, goods, freight and coupon add up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.core.shares import share_out


@dataclass(frozen=True, slots=True)
class _Piece:
    """What leaves a line; a line that leaves whole keeps its row, its cartons and its history."""

    order_id: int
    line_id: int
    quantity: int
    goods_fen: int
    freight_fen: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class _Head:
    """An order that is parted: what leaves it, and its new part's number."""

    order_id: int
    part: int
    goods_fen: int
    freight_fen: int
    coupon_fen: int


def part_orders(taking: Mapping[int, Mapping[int, int]], *, actor: str) -> dict[int, int]:
    """Move pieces (order → line id → pieces) of locked orders to a new part of each; order → new part.

    The part has the order's route, state, warehouse and current decision. Inside the caller's
    transaction, who has made sure that no order gives everything away and nothing that was sent.
    """
    if not taking:
        return {}
    pieces = _pieces(taking)
    heads = _heads(pieces)
    made = _open_parts(heads)
    _move_pieces(pieces, made)
    run_statement(
        """
        UPDATE orders_order o SET goods_fen = o.goods_fen - m.goods, freight_fen = o.freight_fen - m.freight,
            merchant_coupon_fen = o.merchant_coupon_fen - m.coupon
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
            AS m(order_id, goods, freight, coupon) WHERE m.order_id = o.id
        """,
        columns_of([(h.order_id, h.goods_fen, h.freight_fen, h.coupon_fen) for h in heads], 4),
    )
    _explain(made, actor=actor)
    return made


def _pieces(taking: Mapping[int, Mapping[int, int]]) -> list[_Piece]:
    wanted = {line: pieces for lines in taking.values() for line, pieces in lines.items()}
    rows = fetch_rows(
        "SELECT id, order_id, quantity, goods_fen, freight_fen FROM orders_orderline"
        " WHERE id = ANY(%s::bigint[]) ORDER BY order_id, line_no",
        [sorted(wanted)],
    )
    found = []
    for line, order, quantity, goods, freight in rows:
        taken = wanted[line]
        weights = [taken, quantity - taken]
        share = share_out(goods, weights)[0], share_out(freight, weights)[0]
        found.append(_Piece(order, line, taken, *share, is_whole=taken == quantity))
    return found


def _heads(pieces: list[_Piece]) -> list[_Head]:
    """The coupon follows what was paid, so that no part is refunded less than nothing."""
    numbers = {
        r[0]: r[1:]
        for r in fetch_rows(
            """
            SELECT o.id, (SELECT max(p.part) + 1 FROM orders_order p WHERE p.seller_id = o.seller_id
                          AND p.marketplace = o.marketplace AND p.external_id = o.external_id),
                   o.goods_fen + o.freight_fen, o.merchant_coupon_fen
            FROM orders_order o WHERE o.id = ANY(%s::bigint[])
            """,
            [sorted({p.order_id for p in pieces})],
        )
    }
    heads = []
    for order, group in groupby(pieces, key=lambda p: p.order_id):
        leaving = list(group)
        goods, freight = sum(p.goods_fen for p in leaving), sum(p.freight_fen for p in leaving)
        part, receipts, coupon = numbers[order]
        moved = share_out(coupon, [goods + freight, receipts - goods - freight])[0]
        heads.append(_Head(order, part, goods, freight, moved))
    return heads


def _open_parts(heads: list[_Head]) -> dict[int, int]:
    return dict(
        fetch_rows(
            """
            WITH m AS (
                SELECT * FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[])
                    AS m(order_id, part, goods, freight, coupon)
            ), made AS (
                INSERT INTO orders_order (seller_id, marketplace, external_id, part, placed_at, business_date,
                    destination, goods_fen, freight_fen, merchant_coupon_fen, route, state, warehouse_id,
                    released_at)
                SELECT o.seller_id, o.marketplace, o.external_id, m.part, o.placed_at, o.business_date,
                       o.destination, m.goods, m.freight, m.coupon, o.route, o.state, o.warehouse_id,
                       o.released_at
                FROM m JOIN orders_order o ON o.id = m.order_id ORDER BY o.id
                RETURNING id, seller_id, marketplace, external_id, part
            )
            SELECT m.order_id, made.id FROM m JOIN orders_order o ON o.id = m.order_id
            JOIN made ON made.seller_id = o.seller_id AND made.marketplace = o.marketplace
                AND made.external_id = o.external_id AND made.part = m.part
            """,
            columns_of([(h.order_id, h.part, h.goods_fen, h.freight_fen, h.coupon_fen) for h in heads], 5),
        )
    )


def _move_pieces(pieces: list[_Piece], made: Mapping[int, int]) -> None:
    run_statement(
        """
        UPDATE orders_orderline l SET order_id = m.part_id
        FROM unnest(%s::bigint[], %s::bigint[]) AS m(line_id, part_id) WHERE m.line_id = l.id
        """,
        columns_of([(p.line_id, made[p.order_id]) for p in pieces if p.is_whole], 2),
    )
    split = columns_of(
        [
            (p.line_id, made[p.order_id], p.quantity, p.goods_fen, p.freight_fen)
            for p in pieces
            if not p.is_whole
        ],
        5,
    )
    if not split[0]:
        return
    taken = "unnest(%s::bigint[], %s::bigint[], %s::int[], %s::bigint[], %s::bigint[])"
    run_statement(
        f"""
        INSERT INTO orders_orderline (seller_id, order_id, line_no, sku_id, quantity, goods_fen, freight_fen,
                                      pool, reserved)
        SELECT l.seller_id, m.part_id, l.line_no, l.sku_id, m.pieces, m.goods, m.freight, l.pool, l.reserved
        FROM {taken} AS m(line_id, part_id, pieces, goods, freight)
        JOIN orders_orderline l ON l.id = m.line_id ORDER BY l.id
        """,
        split,
    )
    run_statement(
        f"""
        UPDATE orders_orderline l SET quantity = l.quantity - m.pieces, goods_fen = l.goods_fen - m.goods,
            freight_fen = l.freight_fen - m.freight
        FROM {taken} AS m(line_id, part_id, pieces, goods, freight) WHERE m.line_id = l.id
        """,
        split,
    )


def _explain(made: Mapping[int, int], *, actor: str) -> None:
    """The part takes its route for the reason that the order did; its timeline begins where that stood."""
    columns = columns_of(sorted(made.items()), 2)
    run_statement(
        """
        INSERT INTO orders_routingdecision
            (seller_id, order_id, route, reason, rule, line_no, policy_version, detail, decided_at, actor)
        SELECT d.seller_id, m.part_id, d.route, d.reason, d.rule, d.line_no, d.policy_version,
               jsonb_build_object('parted_from', m.order_id), d.decided_at, %s
        FROM unnest(%s::bigint[], %s::bigint[]) AS m(order_id, part_id)
        JOIN LATERAL (SELECT * FROM orders_routingdecision WHERE order_id = m.order_id
                      ORDER BY id DESC LIMIT 1) d ON TRUE ORDER BY m.part_id
        """,
        [actor, *columns],
    )
    run_statement(
        """
        INSERT INTO orders_orderevent (seller_id, order_id, state, reason, happened_at, actor)
        SELECT e.seller_id, m.part_id, e.state, 'parted', e.happened_at, %s
        FROM unnest(%s::bigint[], %s::bigint[]) AS m(order_id, part_id)
        JOIN orders_order o ON o.id = m.order_id
        JOIN LATERAL (SELECT * FROM orders_orderevent WHERE order_id = m.order_id AND state = o.state
                      ORDER BY id DESC LIMIT 1) e ON TRUE ORDER BY m.part_id
        """,
        [actor, *columns],
    )
