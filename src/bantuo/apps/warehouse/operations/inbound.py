"""Inbound: what sellers send for released orders, its cartons, and receiving with counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.orders.operations.advance import advance_orders
from bantuo.apps.orders.queries import lock_orders
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.apps.stock.operations import QUANTITY_MAX, Move, move_stock
from bantuo.apps.stock.queries import lock_declared
from bantuo.apps.warehouse.operations.labels import sscc_of
from bantuo.core.clock import OperatingDay


class _DueLine(NamedTuple):
    """An order line with pieces that no carton brings yet."""

    order_id: int
    seller_id: int
    warehouse_id: int
    line_id: int
    sku_id: int
    missing: int


@transaction.atomic
def notify_jit_shipments(
    *, day: OperatingDay, arrive_within: timedelta, now: datetime, actor: str
) -> list[int]:
    """One shipment notice per seller × warehouse for all that released declared lines still lack.

    That is a line in no carton yet, and what an earlier carton was short of. One carton holds them;
    `due_at` is `now` + `arrive_within`. The day's second notice of a seller and warehouse is numbered.
    Returns the new shipments.
    """
    lock_orders(line.order_id for line in _lines_due())
    due: dict[tuple[int, int], list[_DueLine]] = defaultdict(list)
    for line in _lines_due():  # asked again: another notice or a cancellation may have come in between
        due[line.seller_id, line.warehouse_id].append(line)
    if not due:
        return []
    made = _open_shipments(sorted(due), day=day, due_at=now + arrive_within, now=now)
    cartons = [(seller, shipment, sscc_of(shipment)) for shipment, seller, _ in made]
    _fill_cartons(cartons, [line for _, seller, warehouse in made for line in due[seller, warehouse]])
    emit_events(
        "warehouse.shipment_notified",
        [(seller, f"shipment:{shipment}", {"sscc": sscc, "by": actor}) for seller, shipment, sscc in cartons],
        at=now,
    )
    return [r[0] for r in made]


def _lines_due() -> list[_DueLine]:
    return [
        _DueLine(*r)
        for r in fetch_rows(
            """
            SELECT o.id, o.seller_id, o.warehouse_id, l.id, l.sku_id, l.quantity - COALESCE(c.pieces, 0)
            FROM orders_order o
            JOIN orders_orderline l ON l.order_id = o.id AND l.pool = 'declared' AND l.reserved
            LEFT JOIN LATERAL (
                SELECT sum(LEAST(COALESCE(received, expected), expected))::int AS pieces
                FROM warehouse_cartonline WHERE order_line_id = l.id) c ON TRUE
            WHERE o.state = 'released' AND l.quantity > COALESCE(c.pieces, 0)
            ORDER BY l.id
            """
        )
    ]


def _open_shipments(
    keys: Sequence[tuple[int, int]], *, day: OperatingDay, due_at: datetime, now: datetime
) -> list[tuple[int, int, int]]:
    """Shipment, seller and warehouse of each new notice."""
    return [
        (r[0], r[1], r[2])
        for r in fetch_rows(
            """
            INSERT INTO warehouse_shipment (seller_id, warehouse_id, code, kind, notified_at, due_at)
            SELECT d.seller_id, d.warehouse_id, d.code || COALESCE('/' || NULLIF(n.before, 0) + 1, ''), 'jit',
                   %s::timestamptz, %s::timestamptz
            FROM (SELECT k.*, 'JIT-' || %s || '-' || w.code AS code
                  FROM unnest(%s::bigint[], %s::bigint[]) AS k(seller_id, warehouse_id)
                  JOIN parties_warehouse w ON w.id = k.warehouse_id) d
            CROSS JOIN LATERAL (
                SELECT count(*) AS before FROM warehouse_shipment s WHERE s.seller_id = d.seller_id
                    AND s.warehouse_id = d.warehouse_id
                    AND (s.code = d.code OR starts_with(s.code, d.code || '/'))) n
            ORDER BY d.seller_id, d.warehouse_id
            ON CONFLICT (seller_id, code) DO NOTHING
            RETURNING id, seller_id, warehouse_id
            """,
            [now, due_at, day.on.strftime("%Y%m%d"), *columns_of(keys, 2)],
        )
    ]


def _fill_cartons(cartons: Sequence[tuple[int, int, str]], lines: Sequence[_DueLine]) -> None:
    run_statement(
        """
        WITH due AS (
            SELECT n.seller_id, n.shipment_id, n.sscc, l.line_id, l.sku_id, l.missing
            FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS n(seller_id, shipment_id, sscc)
            JOIN warehouse_shipment s ON s.id = n.shipment_id
            JOIN unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::int[])
                AS l(seller_id, warehouse_id, line_id, sku_id, missing)
                ON l.seller_id = n.seller_id AND l.warehouse_id = s.warehouse_id
        ), carton AS (
            INSERT INTO warehouse_carton (seller_id, shipment_id, sscc, pieces)
            SELECT seller_id, shipment_id, sscc, sum(missing) FROM due GROUP BY 1, 2, 3
            RETURNING id, seller_id, shipment_id
        )
        INSERT INTO warehouse_cartonline (seller_id, carton_id, kind, sku_id, order_line_id, expected)
        SELECT c.seller_id, c.id, 'jit', d.sku_id, d.line_id, d.missing
        FROM carton c JOIN due d ON d.seller_id = c.seller_id AND d.shipment_id = c.shipment_id
        """,
        [*columns_of(cartons, 3), *columns_of([line[1:] for line in lines], 5)],
    )


@dataclass(frozen=True, slots=True)
class Arrival:
    """A shipment at the dock. `counted`: carton line → pieces, where it is not what was announced."""

    shipment_id: int
    at: datetime
    counted: Mapping[int, int] = field(default_factory=dict)


class CountRefused(ValueError):
    """A count that cannot be: names shipment, carton line, value and rule."""


class _Counted(NamedTuple):
    """A carton line as counted, with the order line (JIT) or none (stock-up) that it serves."""

    carton_line: int
    seller_id: int
    shipment_id: int
    balance_id: int
    expected: int
    received: int
    at: datetime
    order_line: int | None
    order_id: int | None
    reserved: bool
    state: str

    @property
    def served(self) -> int:
        """Pieces for the order line: what is more than announced is nobody's yet."""
        return min(self.received, self.expected)


@transaction.atomic
def receive_shipments(arrivals: Iterable[Arrival], *, actor: str) -> list[int]:
    """Count each arrived shipment in: in time or late, and what differs is kept as a discrepancy.

    JIT: the pieces counted leave the declared pool. Orders whose goods are all here go to picking; one
    that lacks pieces stays released and keeps its reservation for them, and the next JIT notice asks
    for them again. Pieces above what was announced are put aside for their seller and enter no pool.
    Goods of an order cancelled on the way left the declared pool then, and become stock on hand.
    Stock-up: all pieces counted become stock on hand.

    A shipment already received is left alone. Returns the orders moved. Raises CountRefused before
    anything is written, for a count below nothing or of a line that is not in its shipment.
    """
    first = {a.shipment_id: a for a in reversed(list(arrivals))}
    _check_counts(first)
    _lock_orders_of(sorted(first))
    counted = _count(sorted(first.values(), key=lambda a: a.shipment_id))
    if not counted:
        return []
    _keep_discrepancies(counted, actor=actor)
    move_stock(_receiving_moves(counted), at=max(c.at for c in counted))
    run_statement(
        """
        UPDATE orders_orderline l SET reserved = FALSE
        WHERE l.id = ANY(%s::bigint[]) AND l.reserved AND l.quantity <= (
            SELECT sum(LEAST(c.received, c.expected)) FROM warehouse_cartonline c
            WHERE c.order_line_id = l.id AND c.received IS NOT NULL)
        """,
        [[c.order_line for c in counted if c.reserved]],
    )
    waiting = {c.order_id: c.at for c in counted if c.order_id is not None and c.state == "released"}
    return _pick_complete_orders(waiting, actor=actor)


def _check_counts(arrivals: Mapping[int, Arrival]) -> None:
    if not any(a.counted for a in arrivals.values()):
        return
    held = set(
        fetch_rows(
            """
            SELECT k.shipment_id, c.id
            FROM warehouse_carton k JOIN warehouse_cartonline c ON c.carton_id = k.id
            WHERE k.shipment_id = ANY(%s::bigint[])
            """,
            [sorted(arrivals)],
        )
    )
    for arrival in arrivals.values():
        for line, pieces in sorted(arrival.counted.items()):
            where = f"shipment {arrival.shipment_id}: carton line {line}"
            if (arrival.shipment_id, line) not in held:
                raise CountRefused(f"{where}: is not in this shipment")
            if not 0 <= pieces <= QUANTITY_MAX:
                raise CountRefused(f"{where}: counted {pieces}: 0…{QUANTITY_MAX}")


def _lock_orders_of(shipments: Sequence[int]) -> None:
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


_COUNT = """
    WITH locked AS (
        SELECT s.id, a.at FROM warehouse_shipment s
        JOIN unnest(%s::bigint[], %s::timestamptz[]) AS a(id, at) ON a.id = s.id
        WHERE s.received_at IS NULL ORDER BY s.id FOR NO KEY UPDATE OF s
    ), done AS (
        UPDATE warehouse_shipment s SET received_at = k.at, in_time = k.at <= s.due_at
        FROM locked k WHERE k.id = s.id RETURNING s.id, s.seller_id, s.warehouse_id, k.at, s.in_time
    ), told AS (
        INSERT INTO events_outboxevent (topic, seller_id, key, payload, occurred_at)
        SELECT 'warehouse.shipment_received', seller_id, 'shipment:' || id,
               jsonb_build_object('in_time', in_time), at FROM done
    ), differing AS (
        SELECT * FROM unnest(%s::bigint[], %s::int[]) AS i(carton_line_id, pieces)
    ), counted AS (
        UPDATE warehouse_cartonline c
        SET received = COALESCE((SELECT i.pieces FROM differing i WHERE i.carton_line_id = c.id), c.expected)
        FROM warehouse_carton k JOIN done d ON d.id = k.shipment_id
        WHERE c.carton_id = k.id
        RETURNING c.id, c.seller_id, d.id AS shipment_id, d.warehouse_id, c.sku_id, c.order_line_id,
                  c.expected, c.received, d.at
    )
    SELECT n.id, n.seller_id, n.shipment_id, b.id, n.expected, n.received, n.at,
           l.id, l.order_id, COALESCE(l.reserved, FALSE), COALESCE(o.state, '')
    FROM counted n
    LEFT JOIN orders_orderline l ON l.id = n.order_line_id
    LEFT JOIN orders_order o ON o.id = l.order_id
    JOIN stock_balance b ON b.seller_id = n.seller_id AND b.sku_id = n.sku_id
        AND b.warehouse_id = n.warehouse_id
    ORDER BY l.id, n.id
"""


def _count(arrivals: Sequence[Arrival]) -> list[_Counted]:
    differing = [pair for a in arrivals for pair in sorted(a.counted.items())]
    columns = columns_of([(a.shipment_id, a.at) for a in arrivals], 2)
    return [_Counted(*r) for r in fetch_rows(_COUNT, [*columns, *columns_of(differing, 2)])]


def _keep_discrepancies(counted: Sequence[_Counted], *, actor: str) -> None:
    found = [
        (c, "short" if c.received < c.expected else "surplus") for c in counted if c.received != c.expected
    ]
    if not found:
        return
    run_statement(
        """
        INSERT INTO warehouse_discrepancy
            (seller_id, carton_line_id, expected, received, found_at, reason, actor)
        SELECT i.*, %s
        FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::int[], %s::timestamptz[], %s::text[]) AS i
        """,
        [
            actor,
            *columns_of(
                [(c.seller_id, c.carton_line, c.expected, c.received, c.at, reason) for c, reason in found], 6
            ),
        ],
    )
    emit_events(
        "warehouse.discrepancy",
        [
            (
                c.seller_id,
                f"carton_line:{c.carton_line}",
                {"expected": c.expected, "received": c.received, "reason": reason, "by": actor},
            )
            for c, reason in found
        ],
        at=max(c.at for c, _ in found),
    )


def _receiving_moves(counted: Sequence[_Counted]) -> list[Move]:
    left = lock_declared(c.balance_id for c in counted)
    moves = []
    for c in counted:
        if c.order_line is None:
            moves.append(
                Move(c.balance_id, "on_hand", "purchase", c.received, 0, f"shipment:{c.shipment_id}")
            )
        elif not c.reserved:
            moves.append(Move(c.balance_id, "on_hand", "return", c.served, 0, f"order:{c.order_id}"))
        else:
            taken = min(left[c.balance_id], c.served)
            left[c.balance_id] -= taken
            moves.append(Move(c.balance_id, "declared", "receive", -taken, -c.served, f"order:{c.order_id}"))
    return moves


def _pick_complete_orders(arrived: Mapping[int, datetime], *, actor: str) -> list[int]:
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
