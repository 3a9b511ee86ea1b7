"""Write the append-only side of orders: routing decisions and the timeline."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bantuo.apps.sql import columns_of, run_statement

DecisionRow = tuple[int, int, str, str, str, int | None]
EventRow = tuple[int, int, str, str, datetime]


def record_decisions(rows: Iterable[DecisionRow], *, version: str, at: datetime, actor: str) -> int:
    """One row per (seller, order, route, reason, rule, deciding line)."""
    columns = columns_of(rows, 6)
    if not columns[0]:
        return 0
    return run_statement(
        """
        INSERT INTO orders_routingdecision
            (seller_id, order_id, route, reason, rule, line_no, policy_version, detail, decided_at, actor)
        SELECT i.*, %s, '{}'::jsonb, %s, %s
        FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::int[])
            AS i(seller_id, order_id, route, reason, rule, line_no)
        """,
        [version, at, actor, *columns],
    )


def record_events(rows: Iterable[EventRow], *, actor: str) -> int:
    """One row per (seller, order, state reached, reason, instant)."""
    columns = columns_of(rows, 5)
    if not columns[0]:
        return 0
    return run_statement(
        """
        INSERT INTO orders_orderevent (seller_id, order_id, state, reason, happened_at, actor)
        SELECT i.*, %s
        FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::timestamptz[])
            AS i(seller_id, order_id, state, reason, happened_at)
        """,
        [actor, *columns],
    )
