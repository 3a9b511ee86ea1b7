"""Inbound: what sellers send for released orders, its cartons, and receiving."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from stdnum import ean

from bantuo.apps.events.operations import emit_events
from bantuo.apps.orders.operations.advance import advance_orders
from bantuo.apps.orders.queries import lock_orders
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.apps.stock.operations import Move, move_stock
from bantuo.apps.stock.queries import lock_declared
from bantuo.core.clock import OperatingDay

# GS1 prefix 0000000 is never allocated to a company: these labels cannot be taken for real ones.
_SSCC_PREFIX = "00000000"


@transaction.atomic
def notify_jit_shipments(
    *, day: OperatingDay, arrive_within: timedelta, now: datetime, actor: str
) -> list[int]:
    """One shipment notice per seller × warehouse for all released declared lines not yet in a carton.

    Its one carton holds those lines; `due_at` is `now` + `arrive_within`. The day's second notice of a
    seller and warehouse is numbered. Returns the new shipments.
    """
    made = fetch_rows(
        """
        INSERT INTO warehouse_shipment (seller_id, warehouse_id, code, kind, notified_at, due_at)
        SELECT d.seller_id, d.warehouse_id, d.code || COALESCE('/' || NULLIF(n.before, 0) + 1, ''), 'jit',
               %s::timestamptz, %s::timestamptz
        FROM (SELECT DISTINCT o.seller_id, o.warehouse_id, 'JIT-' || %s || '-' || w.code AS code
              FROM orders_order o JOIN parties_warehouse w ON w.id = o.warehouse_id
              JOIN orders_orderline l ON l.order_id = o.id AND l.pool = 'declared' AND l.reserved
              WHERE o.state = 'released' AND NOT EXISTS (
                  SELECT 1 FROM warehouse_cartonline c WHERE c.order_line_id = l.id)) d
        CROSS JOIN LATERAL (
            SELECT count(*) AS before FROM warehouse_shipment s WHERE s.seller_id = d.seller_id
                AND s.warehouse_id = d.warehouse_id
                AND (s.code = d.code OR starts_with(s.code, d.code || '/'))) n
        ORDER BY d.seller_id, d.warehouse_id
        ON CONFLICT (seller_id, code) DO NOTHING
        RETURNING id, seller_id
        """,
        [now, now + arrive_within, day.on.strftime("%Y%m%d")],
    )
    cartons = [(seller, shipment, _sscc(shipment)) for shipment, seller in made]
    if cartons:
        _fill_cartons(cartons)
        emit_events(
            "warehouse.shipment_notified",
            [
                (seller, f"shipment:{shipment}", {"sscc": sscc, "by": actor})
                for seller, shipment, sscc in cartons
            ],
            at=now,
        )
    return [r[0] for r in made]


def _sscc(serial: int) -> str:
    """An SSCC-18: extension and prefix, the serial, the GS1 check digit."""
    body = f"{_SSCC_PREFIX}{serial:09d}"
    return body + str(ean.calc_check_digit(body))


def _fill_cartons(cartons: list[tuple[int, int, str]]) -> None:
    run_statement(
        """
        WITH new AS (
            SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS n(seller_id, shipment_id, sscc)
        ), due AS (
            SELECT n.seller_id, n.shipment_id, n.sscc, l.id AS line_id, l.quantity
            FROM new n JOIN warehouse_shipment s ON s.id = n.shipment_id
            JOIN orders_order o ON o.seller_id = n.seller_id AND o.warehouse_id = s.warehouse_id
                AND o.state = 'released'
            JOIN orders_orderline l ON l.order_id = o.id AND l.pool = 'declared' AND l.reserved
            WHERE NOT EXISTS (SELECT 1 FROM warehouse_cartonline c WHERE c.order_line_id = l.id)
        ), carton AS (
            INSERT INTO warehouse_carton (seller_id, shipment_id, sscc, pieces)
            SELECT seller_id, shipment_id, sscc, sum(quantity) FROM due GROUP BY 1, 2, 3
            RETURNING id, seller_id, shipment_id
        )
        INSERT INTO warehouse_cartonline (seller_id, carton_id, order_line_id, expected)
        SELECT c.seller_id, c.id, d.line_id, d.quantity
        FROM carton c JOIN due d ON d.seller_id = c.seller_id AND d.shipment_id = c.shipment_id
        """,
        columns_of(cartons, 3),
    )


@dataclass(frozen=True, slots=True)
class Arrival:
    """A shipment at the dock."""

    shipment_id: int
    at: datetime


@transaction.atomic
def receive_shipments(arrivals: Iterable[Arrival], *, actor: str) -> list[int]:
    """Count each arrived shipment in: in time or late, its goods leave the declared pool.

    Orders whose goods are all here go to picking. Goods of an order cancelled on the way left the
    declared pool then, and become the seller's stock on hand. A shipment already received is left
    alone. Returns the orders moved.
    """
    columns = columns_of([(a.shipment_id, a.at) for a in arrivals], 2)
    _lock_orders_of(columns[0])
    received = fetch_rows(
        """
        WITH locked AS (
            SELECT s.id, a.at FROM warehouse_shipment s
            JOIN unnest(%s::bigint[], %s::timestamptz[]) AS a(id, at) ON a.id = s.id
            WHERE s.received_at IS NULL ORDER BY s.id FOR NO KEY UPDATE OF s
        ), done AS (
            UPDATE warehouse_shipment s SET received_at = k.at, in_time = k.at <= s.due_at
            FROM locked k WHERE k.id = s.id RETURNING s.id, s.seller_id, k.at, s.in_time
        ), told AS (
            INSERT INTO events_outboxevent (topic, seller_id, key, payload, occurred_at)
            SELECT 'warehouse.shipment_received', seller_id, 'shipment:' || id,
                   jsonb_build_object('in_time', in_time), at FROM done
        ), counted AS (
            UPDATE warehouse_cartonline c SET received = c.expected
            FROM warehouse_carton k JOIN done d ON d.id = k.shipment_id
            WHERE c.carton_id = k.id RETURNING c.order_line_id, d.at
        )
        SELECT l.id, l.order_id, b.id, l.quantity, l.reserved, o.state, n.at
        FROM counted n JOIN orders_orderline l ON l.id = n.order_line_id
        JOIN orders_order o ON o.id = l.order_id
        JOIN warehouse_cartonline c ON c.order_line_id = l.id
        JOIN warehouse_carton k ON k.id = c.carton_id JOIN warehouse_shipment s ON s.id = k.shipment_id
        JOIN stock_balance b ON b.seller_id = l.seller_id AND b.sku_id = l.sku_id
            AND b.warehouse_id = s.warehouse_id
        ORDER BY l.id
        """,
        columns,
    )
    if not received:
        return []
    at = max(r[6] for r in received)
    move_stock(_receiving_moves(received), at=at)
    run_statement(
        "UPDATE orders_orderline SET reserved = FALSE WHERE id = ANY(%s::bigint[]) AND reserved",
        [[r[0] for r in received]],
    )
    return _pick_complete_orders({r[1]: r[6] for r in received if r[5] == "released"}, actor=actor)


def _lock_orders_of(shipments: list[int]) -> None:
    """Lock the orders whose goods are in these shipments, before anything is read of them."""
    rows = fetch_rows(
        """
        SELECT DISTINCT l.order_id FROM warehouse_carton k
        JOIN warehouse_cartonline c ON c.carton_id = k.id
        JOIN orders_orderline l ON l.id = c.order_line_id WHERE k.shipment_id = ANY(%s::bigint[])
        """,
        [shipments],
    )
    lock_orders(r[0] for r in rows)


def _receiving_moves(received: list[tuple[int, int, int, int, bool, str, datetime]]) -> list[Move]:
    left = lock_declared(r[2] for r in received if r[4])
    moves = []
    for _, order_id, balance, quantity, reserved, _, _ in received:
        if not reserved:
            moves.append(Move(balance, "on_hand", "return", quantity, 0, f"order:{order_id}"))
            continue
        taken = min(left[balance], quantity)
        left[balance] -= taken
        moves.append(Move(balance, "declared", "receive", -taken, -quantity, f"order:{order_id}"))
    return moves


def _pick_complete_orders(arrived: dict[int, datetime], *, actor: str) -> list[int]:
    waiting = {
        r[0]
        for r in fetch_rows(
            "SELECT DISTINCT order_id FROM orders_orderline"
            " WHERE order_id = ANY(%s::bigint[]) AND pool = 'declared' AND reserved",
            [list(arrived)],
        )
    }
    ready = [(order, at) for order, at in arrived.items() if order not in waiting]
    return advance_orders(ready, to="picking", reason="received", actor=actor)


@transaction.atomic
def pick_from_stock(*, now: datetime, actor: str) -> list[int]:
    """Send released orders that are served wholly from stock on hand to picking."""
    ready = fetch_rows(
        """
        SELECT o.id FROM orders_order o WHERE o.state = 'released' AND NOT EXISTS (
            SELECT 1 FROM orders_orderline l WHERE l.order_id = o.id AND l.pool = 'declared')
        ORDER BY o.id
        """
    )
    return advance_orders([(r[0], now) for r in ready], to="picking", reason="on_hand", actor=actor)
