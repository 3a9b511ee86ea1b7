"""16:00: fence the day, then turn what was not stated in time over to the sellers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.orders.operations.fallback import turn_lines
from bantuo.apps.sql import fetch_rows, run_statement
from bantuo.apps.stock.queries import close_day
from bantuo.core.clock import OperatingDay
from bantuo.core.policy import Book
from bantuo.core.routing import Reason


@dataclass(frozen=True, slots=True)
class CutOverReport:
    """What 16:00 changed; `orders_turned_wide` is what the wider reading (A-30) would have turned."""

    sellers_in_time: int
    sellers_late: int
    orders_turned: int
    orders_split: int
    lines_turned: int
    orders_turned_wide: int


class CutOffNotReached(ValueError):
    """A day's orders cannot be turned before its cut-off."""


@transaction.atomic
def cut_over(*, book: Book, day: OperatingDay, now: datetime, actor: str) -> CutOverReport:
    """Apply OPS-1 to a business day once; asked again, it answers with the stored report.

    A seller is in time when every listed semi-managed SKU × bound warehouse was stated by the
    cut-off. Raises CutOffNotReached before it.
    """
    if now < day.cutoff_at:
        raise CutOffNotReached(f"{day.on}: the cut-off is at {day.cutoff_at}, it is {now}")
    close_day(day)
    stored = _stored_report(day)
    if stored is not None:
        return stored
    in_time, late = _fence(day, now=now)
    waiting = _waiting_lines(day)
    wide = {order for order, _, _ in waiting}
    turning = [(order, line) for order, line, turns in waiting if turns]
    orders, lines = sorted({order for order, _ in turning}), [line for _, line in turning]
    reason = Reason.CUTOFF_FALLBACK if day.scope == "unsynced_lines" else Reason.CUTOFF_FALLBACK_WIDE
    turned = turn_lines(orders, lines, reason=reason, book=book, now=now, actor=actor)
    report = CutOverReport(in_time, late, turned.orders, turned.split, turned.lines, len(wide))
    _keep_report(report, book=book, day=day, now=now)
    return report


def _stored_report(day: OperatingDay) -> CutOverReport | None:
    rows = fetch_rows(
        """
        SELECT sellers_in_time, sellers_late, orders_turned, orders_split, lines_turned, orders_turned_wide
        FROM orders_cutover WHERE business_date = %s
        """,
        [day.on],
    )
    return CutOverReport(*rows[0]) if rows else None


def _fence(day: OperatingDay, *, now: datetime) -> tuple[int, int]:
    """Write a seller's day once: how many SKU × warehouse were listed, and stated in time.

    A day without any order or statement of the seller is not written: nothing hangs on it.
    """
    rows = fetch_rows(
        """
        WITH concerned AS (
            SELECT seller_id FROM orders_order WHERE business_date = %s
            UNION SELECT seller_id FROM stock_declaration WHERE business_date = %s
        ), days AS (
            SELECT b.seller_id, count(*) AS listed,
                   count(*) FILTER (WHERE b.stated_on = %s AND b.stated_first_at <= %s) AS stated
            FROM concerned c JOIN stock_balance b ON b.seller_id = c.seller_id
            JOIN catalog_sku k ON k.id = b.sku_id AND k.semi_managed AND k.delisted_at IS NULL
            JOIN parties_seller s ON s.id = b.seller_id AND s.programme_state = 'active'
            JOIN parties_binding n ON n.seller_id = b.seller_id AND n.warehouse_id = b.warehouse_id
                AND n.unbound_at IS NULL
            GROUP BY b.seller_id
        ), kept AS (
            INSERT INTO stock_sellerday (seller_id, business_date, listed, stated, in_time, cut_at)
            SELECT seller_id, %s, listed, stated, listed = stated, %s FROM days ORDER BY seller_id
            ON CONFLICT (seller_id, business_date) DO NOTHING RETURNING seller_id, in_time
        ), told AS (
            INSERT INTO events_outboxevent (topic, seller_id, key, payload, occurred_at)
            SELECT 'stock.day_late', seller_id, 'seller_day:' || %s, '{}'::jsonb, %s
            FROM kept WHERE NOT in_time
        )
        SELECT count(*) FILTER (WHERE in_time), count(*) FILTER (WHERE NOT in_time) FROM kept
        """,
        [day.on, day.on, day.on, day.last_in_time, day.on, now, str(day.on), now],
    )
    return int(rows[0][0]), int(rows[0][1])


def _waiting_lines(day: OperatingDay) -> list[tuple[int, int, bool]]:
    """Unreleased (order, line) served from the declared pool, and whether it turns in the scope in force."""
    rows = fetch_rows(
        """
        SELECT l.order_id, l.id, %s OR b.stated_on IS DISTINCT FROM %s OR b.stated_first_at > %s
        FROM orders_order o
        JOIN orders_orderline l ON l.order_id = o.id AND l.reserved
        JOIN stock_balance b ON b.seller_id = l.seller_id AND b.sku_id = l.sku_id
            AND b.warehouse_id = o.warehouse_id
        WHERE o.state = 'reserved' AND o.business_date <= %s AND l.pool = 'declared'
        ORDER BY l.order_id, l.line_no
        """,
        [day.scope == "all_unreleased", day.on, day.last_in_time, day.on],
    )
    return [(r[0], r[1], r[2]) for r in rows]


def _keep_report(report: CutOverReport, *, book: Book, day: OperatingDay, now: datetime) -> None:
    run_statement(
        """
        INSERT INTO orders_cutover (business_date, cut_at, sellers_in_time, sellers_late, orders_turned,
            orders_split, lines_turned, orders_turned_wide, policy_version, scope)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            day.on,
            now,
            report.sellers_in_time,
            report.sellers_late,
            report.orders_turned,
            report.orders_split,
            report.lines_turned,
            report.orders_turned_wide,
            book.version,
            day.scope,
        ],
    )
    emit_events(
        "orders.cut_over",
        [(None, f"cut_over:{day.on}", {"turned": report.orders_turned, "late": report.sellers_late})],
        at=now,
    )
