"""Tell sellers once a day of what came back to them, and of deadlines that are near."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.sql import columns_of, fetch_rows
from bantuo.core.calendar import CalendarYearUnknown, add_working_days
from bantuo.core.clock import OperatingDay, operating_day
from bantuo.core.policy import Book
from bantuo.core.review_time import overdue_from

CAME_BACK, SHIP_DUE = "came_back", "ship_due"


@transaction.atomic
def tell_came_back(*, day: OperatingDay, now: datetime) -> int:
    """One notice per seller whose orders came back at the day's cut-off, with how many; returns how many.

    To be called once the day is cut; called again it tells those it has not told.
    """
    found = fetch_rows(
        """
        SELECT d.seller_id, count(DISTINCT d.order_id) FROM orders_routingdecision d
        WHERE d.decided_at >= %s AND d.decided_at < %s
            AND d.reason IN ('cutoff_fallback', 'cutoff_fallback_wide')
        GROUP BY d.seller_id ORDER BY d.seller_id
        """,
        [day.cutoff_at, day.cutoff_at + timedelta(days=1)],
    )
    return _tell(CAME_BACK, found, day=day, now=now)


@transaction.atomic
def tell_ship_due(*, book: Book, day: OperatingDay, now: datetime) -> int:
    """One notice a day per seller with orders of its own that are to be shipped today or soon, or are late.

    Soon: ORD-1.warn working days before ORD-1 runs out. Where the calendar is unknown, nothing is told.
    """
    last = _due_since(book=book, day=day)
    if last is None:
        return 0
    found = fetch_rows(
        """
        SELECT o.seller_id, count(*) FROM orders_order o
        JOIN LATERAL (SELECT max(happened_at) AS at FROM orders_orderevent
                      WHERE order_id = o.id AND state = 'to_ship') e ON TRUE
        WHERE o.state = 'to_ship' AND o.route = 'self' AND e.at < %s
        GROUP BY o.seller_id ORDER BY o.seller_id
        """,
        [operating_day(book, last).ends_at],
    )
    return _tell(SHIP_DUE, found, day=day, now=now)


def _due_since(*, book: Book, day: OperatingDay) -> date | None:
    """What has been the seller's to ship since this day or longer is due within the days of the warning."""
    try:
        until = add_working_days(day.on, days=int(book.amount("ORD-1.warn", day.on)))
    except CalendarYearUnknown:
        return None
    return overdue_from(until + timedelta(days=1), days=int(book.amount("ORD-1", day.on)))


def _tell(kind: str, found: Sequence[tuple[int, int]], *, day: OperatingDay, now: datetime) -> int:
    counts = dict(found)
    fresh = fetch_rows(
        """
        INSERT INTO orders_orderreminder (seller_id, kind, business_date, told_at)
        SELECT i.seller, %s, %s, %s FROM unnest(%s::bigint[]) AS i(seller) ORDER BY i.seller
        ON CONFLICT DO NOTHING RETURNING seller_id
        """,
        [kind, day.on, now, columns_of(found, 2)[0]],
    )
    payload = {"day": day.on.isoformat()}
    emit_events(
        f"orders.{kind}",
        [(r[0], f"{kind}:{day.on}", {**payload, "orders": counts[r[0]]}) for r in fresh],
        at=now,
    )
    return len(fresh)
