"""Outbound: packing with scans and measures, and the handover to the first-leg carrier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from bantuo.apps.orders.operations.advance import advance_orders
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.apps.stock.operations import Move, move_stock


@dataclass(frozen=True, slots=True)
class Packing:
    """One order at a bench: seconds, refused scans, and the parcel as measured."""

    order_id: int
    started_at: datetime
    seconds: int
    wrong_scans: int
    mis_shipped: bool
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    station: str

    @property
    def packed_at(self) -> datetime:
        return self.started_at + timedelta(seconds=self.seconds)


@transaction.atomic
def pack_orders(packings: Sequence[Packing], *, actor: str) -> list[int]:
    """Pack each order that is being picked: scans, parcel, stock on hand leaves. Returns those packed."""
    first = {p.order_id: p for p in reversed(packings)}
    moves = [(p.order_id, p.packed_at) for p in first.values()]
    packed = set(advance_orders(moves, to="packed", reason="packed", actor=actor))
    done = sorted((p for p in first.values() if p.order_id in packed), key=lambda p: p.order_id)
    if not done:
        return []
    _keep_parcels(done, actor=actor)
    _keep_scans(done, actor=actor)
    _take_from_stock(done)
    return sorted(packed)


def _keep_parcels(done: Sequence[Packing], *, actor: str) -> None:
    rows = [
        (
            p.order_id, p.started_at, p.packed_at, p.seconds, p.wrong_scans, p.mis_shipped,
            p.weight_g, p.length_mm, p.width_mm, p.height_mm, p.station,
        )
        for p in done
    ]  # fmt: skip
    run_statement(
        """
        INSERT INTO warehouse_parcel (seller_id, order_id, warehouse_id, started_at, packed_at, seconds,
            wrong_scans, mis_shipped, weight_g, length_mm, width_mm, height_mm, carton_pieces, station, actor)
        SELECT o.seller_id, o.id, o.warehouse_id, i.started, i.packed, i.seconds, i.wrong, i.mis,
               i.weight, i.length, i.width, i.height,
               COALESCE((SELECT max(k.pieces) FROM orders_orderline l
                         JOIN warehouse_cartonline c ON c.order_line_id = l.id
                         JOIN warehouse_carton k ON k.id = c.carton_id WHERE l.order_id = o.id),
                        (SELECT sum(quantity) FROM orders_orderline l WHERE l.order_id = o.id)),
               i.station, %s
        FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::int[], %s::int[], %s::bool[],
                    %s::int[], %s::int[], %s::int[], %s::int[], %s::text[])
            AS i(order_id, started, packed, seconds, wrong, mis, weight, length, width, height, station)
        JOIN orders_order o ON o.id = i.order_id ORDER BY o.id
        """,
        [actor, *columns_of(rows, 11)],
    )


def _keep_scans(done: Sequence[Packing], *, actor: str) -> None:
    """One accepted scan per line, and the wrong ones the bench refused before them."""
    run_statement(
        """
        INSERT INTO warehouse_scan (seller_id, order_id, kind, code, accepted, scanned_at, station, actor)
        SELECT o.seller_id, o.id, 'pack', s.code, s.accepted, i.started, i.station, %s
        FROM unnest(%s::bigint[], %s::timestamptz[], %s::int[], %s::text[])
            AS i(order_id, started, wrong, station)
        JOIN orders_order o ON o.id = i.order_id
        CROSS JOIN LATERAL (
            SELECT 'not of this order' AS code, FALSE AS accepted FROM generate_series(1, i.wrong)
            UNION ALL
            SELECT k.code, TRUE FROM orders_orderline l JOIN catalog_sku k ON k.id = l.sku_id
            WHERE l.order_id = o.id) s
        """,
        [actor, *columns_of([(p.order_id, p.started_at, p.wrong_scans, p.station) for p in done], 4)],
    )


def _take_from_stock(done: Sequence[Packing]) -> None:
    lines = fetch_rows(
        """
        SELECT l.id, b.id, l.quantity, l.order_id FROM orders_orderline l
        JOIN orders_order o ON o.id = l.order_id
        JOIN stock_balance b ON b.seller_id = l.seller_id AND b.sku_id = l.sku_id
            AND b.warehouse_id = o.warehouse_id
        WHERE l.order_id = ANY(%s::bigint[]) AND l.reserved AND l.pool = 'on_hand' ORDER BY l.id
        """,
        [[p.order_id for p in done]],
    )
    move_stock(
        [Move(balance, "on_hand", "sale", -qty, -qty, f"order:{order}") for _, balance, qty, order in lines],
        at=max(p.packed_at for p in done),
    )
    run_statement(
        "UPDATE orders_orderline SET reserved = FALSE WHERE id = ANY(%s::bigint[])", [[r[0] for r in lines]]
    )


@transaction.atomic
def hand_over_orders(moves: Sequence[tuple[int, datetime]], *, code: str, actor: str) -> list[int]:
    """Give packed orders (id, instant) to the carrier on one manifest per warehouse, `code`-<warehouse>."""
    moved = advance_orders(moves, to="handed_over", reason="handed over", actor=actor)
    if not moved:
        return []
    run_statement(
        """
        WITH parcel AS (
            SELECT p.id, p.seller_id, p.warehouse_id, w.code, o.handed_over_at
            FROM warehouse_parcel p JOIN orders_order o ON o.id = p.order_id
            JOIN parties_warehouse w ON w.id = p.warehouse_id
            WHERE p.order_id = ANY(%s::bigint[])
        ), manifest AS (
            INSERT INTO warehouse_handover (warehouse_id, code, handed_over_at)
            SELECT warehouse_id, %s || '-' || code, max(handed_over_at) FROM parcel GROUP BY 1, 2 ORDER BY 2
            ON CONFLICT (code) DO UPDATE
                SET handed_over_at = GREATEST(warehouse_handover.handed_over_at, excluded.handed_over_at)
            RETURNING id, warehouse_id
        )
        INSERT INTO warehouse_handoverparcel (seller_id, handover_id, parcel_id)
        SELECT p.seller_id, m.id, p.id FROM parcel p JOIN manifest m USING (warehouse_id)
        """,
        [moved, code],
    )
    return moved
