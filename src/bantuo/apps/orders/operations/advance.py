"""Move orders along their states: one set-based step, each with event and outbox row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from bantuo.apps.sql import columns_of, fetch_rows
from bantuo.core.clock import OperatingDay

# From which states a state may be reached, and the instant it stamps.
STEPS: Mapping[str, tuple[tuple[str, ...], str | None]] = {
    "released": (("reserved",), "released_at"),
    "picking": (("released",), None),
    "packed": (("picking",), "packed_at"),
    "handed_over": (("packed",), "handed_over_at"),
    "export_cleared": (("handed_over",), None),
    "departed": (("export_cleared",), None),
    "delivered": (("departed", "shipped"), "delivered_at"),
    "completed": (("delivered",), "closed_at"),
    "shipped": (("to_ship",), "handed_over_at"),
    "cancelled": (("reserved", "released", "picking", "packed", "to_ship"), "closed_at"),
    "returned": (
        ("handed_over", "export_cleared", "departed", "delivered", "completed", "shipped"),
        "closed_at",
    ),
}


@transaction.atomic
def advance_orders(moves: Iterable[tuple[int, datetime]], *, to: str, reason: str, actor: str) -> list[int]:
    """Bring each order (id, instant) to state `to`; those not in a state that leads there stay.

    Returns the ids that moved, so a repeated call returns none. Orders are locked by id.
    """
    allowed, stamp = STEPS[to]
    columns = columns_of(moves, 2)
    if not columns[0]:
        return []
    stamped = f", {stamp} = k.at" if stamp else ""
    return [
        r[0]
        for r in fetch_rows(
            f"""
            WITH locked AS (
                SELECT o.id, m.at FROM orders_order o
                JOIN unnest(%s::bigint[], %s::timestamptz[]) AS m(id, at) ON m.id = o.id
                WHERE o.state = ANY(%s) ORDER BY o.id FOR NO KEY UPDATE OF o
            ), moved AS (
                UPDATE orders_order o SET state = %s{stamped} FROM locked k WHERE k.id = o.id
                RETURNING o.id, o.seller_id, k.at
            ), noted AS (
                INSERT INTO orders_orderevent (seller_id, order_id, state, reason, happened_at, actor)
                SELECT seller_id, id, %s, %s, at, %s FROM moved
            ), told AS (
                INSERT INTO events_outboxevent (topic, seller_id, key, payload, occurred_at)
                SELECT 'order.' || %s, seller_id, 'order:' || id, '{{}}'::jsonb, at FROM moved
            )
            SELECT id FROM moved ORDER BY id
            """,
            [*columns, list(allowed), to, to, reason, actor, to],
        )
    ]


@transaction.atomic
def release_orders(*, day: OperatingDay, now: datetime, actor: str) -> list[int]:
    """Release to the warehouse every reserved order whose declared lines were all stated in time today.

    Lines served from stock on hand wait for nothing. An order whose SKU has an open shortage waits, and
    one whose buyer asked to cancel it; while 16:00 is being dealt with, so does what it will turn.
    """
    ready = fetch_rows(
        """
        SELECT o.id FROM orders_order o
        WHERE o.state = 'reserved' AND NOT EXISTS (
            SELECT 1 FROM orders_orderline l
            JOIN stock_balance b ON b.seller_id = l.seller_id AND b.sku_id = l.sku_id
                AND b.warehouse_id = o.warehouse_id
            WHERE l.order_id = o.id AND l.pool = 'declared' AND (
                b.stated_on IS DISTINCT FROM %(on)s
                OR b.stated_first_at > CASE WHEN o.id <= %(fenced)s THEN %(in_time)s ELSE %(until)s END
                OR b.declared < b.declared_reserved))
            AND NOT EXISTS (SELECT 1 FROM orders_cancelrequest c WHERE c.order_id = o.id AND c.answer = '')
        ORDER BY o.id
        """,
        {
            "on": day.on,
            "fenced": _fenced_until(day),
            "in_time": day.last_in_time,
            "until": day.stated_until,
        },
    )
    return advance_orders([(r[0], now) for r in ready], to="released", reason="stated", actor=actor)


def _fenced_until(day: OperatingDay) -> int:
    """The last order that a cut-over under way still has to look at: a late statement frees none of these."""
    rows = fetch_rows(
        "SELECT last_order_id FROM orders_cutover WHERE business_date = %s AND finished_at IS NULL", [day.on]
    )
    return int(rows[0][0]) if rows else 0
