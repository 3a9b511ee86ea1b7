"""Bring each parcel's export list from draft to cleared; the order follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from bantuo.apps.orders.operations.advance import advance_orders
from bantuo.apps.orders.queries import lock_orders
from bantuo.apps.sql import columns_of, fetch_rows, run_statement

# The states a list passes on its way out; receipts of the port decide each in production.
_WAY_OUT = ("draft", "sent", "accepted", "released")


@transaction.atomic
def draft_lists(order_ids: Sequence[int], *, now: datetime, actor: str) -> int:
    """Draft the export list of each handed-over order under its warehouse's supervision code."""
    return run_statement(
        """
        WITH drafted AS (
            INSERT INTO customs_exportlist (seller_id, parcel_id, supervision_code, state, drafted_at)
            SELECT p.seller_id, p.id, w.supervision_code, 'draft', COALESCE(o.handed_over_at, %s)
            FROM warehouse_parcel p JOIN orders_order o ON o.id = p.order_id
            JOIN parties_warehouse w ON w.id = p.warehouse_id
            WHERE p.order_id = ANY(%s::bigint[]) AND o.state = 'handed_over' ORDER BY p.id
            ON CONFLICT DO NOTHING RETURNING id, seller_id, drafted_at
        ), noted AS (
            INSERT INTO customs_exportlistevent (seller_id, export_list_id, state, reason, happened_at, actor)
            SELECT seller_id, id, 'draft', 'handed over', drafted_at, %s FROM drafted
        )
        INSERT INTO events_outboxevent (topic, seller_id, key, payload, occurred_at)
        SELECT 'customs.list_drafted', seller_id, 'export_list:' || id, '{}'::jsonb, drafted_at FROM drafted
        """,
        [now, list(order_ids), actor],
    )


@transaction.atomic
def clear_lists(moves: Sequence[tuple[int, datetime]], *, actor: str) -> list[int]:
    """Record the port's release and clearance of each order's list (order id, instant).

    Every state on the way is kept as an event; the order becomes `export_cleared`.
    """
    columns = columns_of(moves, 2)
    lock_orders(columns[0])
    cleared = fetch_rows(
        """
        WITH locked AS (
            SELECT e.id, e.seller_id, p.order_id, m.at FROM customs_exportlist e
            JOIN warehouse_parcel p ON p.id = e.parcel_id
            JOIN unnest(%s::bigint[], %s::timestamptz[]) AS m(order_id, at) ON m.order_id = p.order_id
            WHERE e.state = ANY(%s) ORDER BY e.id FOR NO KEY UPDATE OF e
        ), done AS (
            UPDATE customs_exportlist e SET state = 'cleared', cleared_at = k.at
            FROM locked k WHERE k.id = e.id
        ), noted AS (
            INSERT INTO customs_exportlistevent (seller_id, export_list_id, state, reason, happened_at, actor)
            SELECT k.seller_id, k.id, s.state, 'receipt', k.at, %s
            FROM locked k CROSS JOIN unnest(ARRAY['sent', 'accepted', 'released', 'cleared'])
                WITH ORDINALITY AS s(state, ord) ORDER BY k.id, s.ord
        ), told AS (
            INSERT INTO events_outboxevent (topic, seller_id, key, payload, occurred_at)
            SELECT 'customs.list_cleared', seller_id, 'export_list:' || id, '{}'::jsonb, at FROM locked
        )
        SELECT order_id, at FROM locked ORDER BY order_id
        """,
        [*columns, list(_WAY_OUT), actor],
    )
    return advance_orders([(r[0], r[1]) for r in cleared], to="export_cleared", reason="cleared", actor=actor)
