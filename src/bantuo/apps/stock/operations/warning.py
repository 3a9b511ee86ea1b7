"""Before the cut-off: tell the sellers whose day is not complete, once a day, never after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from bantuo.apps.sql import fetch_rows
from bantuo.apps.stock.models import WarnedDay
from bantuo.apps.stock.queries.days import ASKED
from bantuo.core.clock import OperatingDay

BATCH = 2_000
_LOOK_AGAIN = timedelta(minutes=10)  # for those who list or join after the first look


@dataclass(frozen=True, slots=True)
class DayWarnings:
    """What a run came to: sellers warned by it, and whether the day's warnings are all out."""

    sellers_warned: int
    is_done: bool


def warn_sellers(
    *, day: OperatingDay, warning_at: datetime, now: datetime, batch: int = BATCH
) -> DayWarnings:
    """Warn every active seller with a SKU × warehouse that was not stated today (OPS-1.warning).

    Each warning is an outbox event `stock.day_warned` and a message to each of the seller's robots. Does
    nothing before `warning_at`, after the cut-off, or for some minutes after a whole look. Sellers go batch
    by batch, each a transaction of its own: killed anywhere, the next run goes on, and nobody is told twice.
    """
    if now < warning_at or day.is_cut(now):
        return DayWarnings(0, is_done=False)
    if WarnedDay.objects.filter(business_date=day.on, warned_at__gt=now - _LOOK_AGAIN).exists():
        return DayWarnings(0, is_done=True)
    warned = after = 0
    while sellers := _next_sellers(day, after=after, most=batch):
        warned, after = warned + _warn(sellers, day=day, now=now), sellers[-1]
    total = fetch_rows("SELECT count(*) FROM stock_daywarning WHERE business_date = %s", [day.on])[0][0]
    WarnedDay.objects.update_or_create(
        business_date=day.on, defaults={"sellers_warned": total, "warned_at": now}
    )
    return DayWarnings(warned, is_done=True)


def _next_sellers(day: OperatingDay, *, after: int, most: int) -> list[int]:
    """The next active sellers that nobody has warned today."""
    return [
        r[0]
        for r in fetch_rows(
            """
            SELECT s.id FROM parties_seller s
            WHERE s.id > %s AND s.programme_state = 'active' AND s.active_from <= %s AND NOT EXISTS (
                SELECT FROM stock_daywarning w WHERE w.seller_id = s.id AND w.business_date = %s)
            ORDER BY s.id LIMIT %s
            """,
            [after, day.on, day.on, most],
        )
    ]


@transaction.atomic
def _warn(sellers: list[int], *, day: OperatingDay, now: datetime) -> int:
    """Keep a warning for each that is not complete, with the event and the robots' messages it causes."""
    rows = fetch_rows(
        f"""
        WITH warned AS (
            INSERT INTO stock_daywarning (seller_id, business_date, listed, stated, warned_at)
            SELECT b.seller_id, %s, count(*), count(*) FILTER (WHERE b.stated_on = %s), %s
            {ASKED} WHERE b.seller_id = ANY(%s::bigint[])
            GROUP BY b.seller_id HAVING count(*) > count(*) FILTER (WHERE b.stated_on = %s)
            ORDER BY b.seller_id
            ON CONFLICT (seller_id, business_date) DO NOTHING RETURNING seller_id, listed, stated
        ), told AS (
            SELECT seller_id, jsonb_build_object('day', %s::text, 'listed', listed, 'stated', stated,
                'missing', listed - stated, 'cutoff_at', %s::text) AS payload FROM warned
        ), emitted AS (
            INSERT INTO events_outboxevent (topic, seller_id, key, payload, occurred_at)
            SELECT 'stock.day_warned', seller_id, 'seller_day:' || %s, payload, %s
            FROM told ORDER BY seller_id
        ), asked AS (
            INSERT INTO stock_robotmessage
                (seller_id, robot_id, topic, key, payload, asked_at, until, due_at, tries, state, detail)
            SELECT t.seller_id, r.id, 'day_warned', %s, t.payload, %s, %s, %s, 0, 'waiting', ''
            FROM told t JOIN stock_robot r ON r.seller_id = t.seller_id AND r.removed_at IS NULL
            ORDER BY t.seller_id, r.id
            ON CONFLICT (seller_id, robot_id, topic, key) DO NOTHING
        )
        SELECT count(*) FROM warned
        """,
        [day.on, day.on, now, sellers, day.on, str(day.on), day.cutoff_at.isoformat(), str(day.on), now,
         str(day.on), now, day.last_in_time, now],
    )  # fmt: skip
    return int(rows[0][0])
