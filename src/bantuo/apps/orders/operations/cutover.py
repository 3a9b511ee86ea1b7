"""16:00: fence the day at once, then turn what was not stated in time over to the sellers, chunk by chunk.

The fence is one row, written while nobody is inside the day: from then on intake takes the day for
cut, whatever its own clock says, and the orders that were there before it are known by their ids.
Everything after it may be killed anywhere and run again: what is turned is no longer reserved, and
each chunk counts itself on the fence's row in its own transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.orders.operations.fallback import turn_lines
from bantuo.apps.orders.operations.turning import Turned, turn_whole_orders
from bantuo.apps.sql import fetch_rows, run_statement
from bantuo.apps.stock.queries import close_day
from bantuo.core.clock import OperatingDay
from bantuo.core.policy import Book
from bantuo.core.routing import Reason

CHUNK_ORDERS = 5_000


@dataclass(frozen=True, slots=True)
class CutOverReport:
    """What 16:00 changed; `orders_turned_wide` is what the wider reading (A-30) would have turned."""

    sellers_in_time: int
    sellers_late: int
    orders_turned: int
    orders_split: int
    lines_turned: int
    orders_turned_wide: int | None  # None: a cut-over that was closed before it had counted


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Reserved orders from before the fence: those that turn, and the lines of those that turn in part."""

    whole: Sequence[int]
    mixed: Sequence[tuple[int, Sequence[int]]]
    wide: int


class CutOffNotReached(ValueError):
    """A day's orders cannot be turned before its cut-off."""


class CutOffMissed(ValueError):
    """The day ended without its 16:00; its waiting orders are dealt with at the next one."""


def cut_over(
    *, book: Book, day: OperatingDay, now: datetime, actor: str, chunk_orders: int = CHUNK_ORDERS
) -> CutOverReport:
    """Apply OPS-1 to a business day; one that was begun is gone on with, a finished one answers alike.

    A seller is in time when every listed semi-managed SKU × bound warehouse was stated by the
    cut-off. Many transactions: the fence, then each chunk. Once the day has ended, a balance may hold
    the next day's word only: what is begun is closed as it is, and what still waits goes with the next
    16:00. Raises CutOffNotReached before the cut-off, CutOffMissed after the day.
    """
    if now >= day.ends_at:
        return _close_ended(day, now=now)
    fence = fence_day(book=book, day=day, now=now)
    if fence.finished:
        return _report(day)
    _count_sellers(day, now=now)
    waiting = _waiting_orders(day, until_id=fence.last_order_id)
    _keep_counts(day, waiting)
    reason = Reason.CUTOFF_FALLBACK if day.scope == "unsynced_lines" else Reason.CUTOFF_FALLBACK_WIDE
    for first in range(0, len(waiting.whole), chunk_orders):
        chunk = waiting.whole[first : first + chunk_orders]
        with transaction.atomic():
            _lock_fence(day)
            turned = turn_whole_orders(chunk, reason=reason, book=book, now=now, actor=actor)
            _count(day, turned)
    for first in range(0, len(waiting.mixed), chunk_orders):
        part = waiting.mixed[first : first + chunk_orders]
        with transaction.atomic():
            _lock_fence(day)
            ids, lines = [order for order, _ in part], [line for _, found in part for line in found]
            _count(day, turn_lines(ids, lines, reason=reason, book=book, now=now, actor=actor))
    return _finish(day, now=now)


def preview_cut_over(*, day: OperatingDay) -> CutOverReport:
    """What cutting the day at this moment would change; nothing is changed."""
    last = fetch_rows("SELECT COALESCE(max(id), 0) FROM orders_order")[0][0]
    waiting = _waiting_orders(day, until_id=last)
    in_time, late = fetch_rows(f"{_SELLER_DAYS} {_TALLY} FROM days", _facts(day))[0]
    lines = fetch_rows(
        "SELECT count(*) FROM orders_orderline WHERE order_id = ANY(%s::bigint[]) AND reserved",
        [list(waiting.whole)],
    )[0][0] + sum(len(found) for _, found in waiting.mixed)
    return CutOverReport(in_time, late, len(waiting.whole), len(waiting.mixed), lines, waiting.wide)


def is_left_to_cut(day: OperatingDay, *, now: datetime) -> bool:
    """Whether there is something to do for a day's 16:00 at this moment."""
    found = fetch_rows("SELECT finished_at FROM orders_cutover WHERE business_date = %s", [day.on])
    if found:
        return found[0][0] is None
    return day.is_cut(now) and now < day.ends_at


def _close_ended(day: OperatingDay, *, now: datetime) -> CutOverReport:
    if not fetch_rows("SELECT 1 FROM orders_cutover WHERE business_date = %s", [day.on]):
        raise CutOffMissed(f"{day.on} ended without a cut-off; what waits goes with the next one")
    return _finish(day, now=now)


@dataclass(frozen=True, slots=True)
class Fence:
    """A day that is closed: the last order taken before, and whether all of its orders are dealt with."""

    last_order_id: int
    finished: bool


@transaction.atomic
def fence_day(*, book: Book, day: OperatingDay, now: datetime) -> Fence:
    """Close a day once: waits for all that began before, and holds for all that begins after.

    Raises CutOffNotReached before the cut-off.
    """
    if now < day.cutoff_at:
        raise CutOffNotReached(f"{day.on}: the cut-off is at {day.cutoff_at}, it is {now}")
    close_day(day)
    run_statement(
        """
        INSERT INTO orders_cutover (business_date, cut_at, last_order_id, sellers_in_time, sellers_late,
            orders_turned, orders_split, lines_turned, policy_version, scope)
        SELECT %s, %s, COALESCE(max(id), 0), 0, 0, 0, 0, 0, %s, %s FROM orders_order
        ON CONFLICT (business_date) DO NOTHING
        """,
        [day.on, now, book.version, day.scope],
    )
    return Fence(
        *fetch_rows(
            "SELECT last_order_id, finished_at IS NOT NULL FROM orders_cutover WHERE business_date = %s",
            [day.on],
        )[0]
    )


_SELLER_DAYS = """
    WITH concerned AS (
        SELECT seller_id FROM orders_order WHERE business_date = %(on)s
        UNION SELECT seller_id FROM stock_declaration WHERE business_date = %(on)s
    ), days AS (
        SELECT b.seller_id, count(*) AS listed,
               count(*) FILTER (WHERE b.stated_on = %(on)s AND b.stated_first_at <= %(in_time)s) AS stated
        FROM concerned c JOIN stock_balance b ON b.seller_id = c.seller_id
        JOIN catalog_sku k ON k.id = b.sku_id AND k.semi_managed AND k.delisted_at IS NULL
        JOIN parties_seller s ON s.id = b.seller_id AND s.programme_state = 'active'
        JOIN parties_binding n ON n.seller_id = b.seller_id AND n.warehouse_id = b.warehouse_id
            AND n.unbound_at IS NULL
        GROUP BY b.seller_id
    )
"""
_TALLY = """
    SELECT count(*) FILTER (WHERE listed = stated) AS in_time, count(*) FILTER (WHERE listed > stated) AS late
"""
_KEEP_DAYS = f"""
    {_SELLER_DAYS}, kept AS (
        INSERT INTO stock_sellerday (seller_id, business_date, listed, stated, in_time, cut_at)
        SELECT seller_id, %(on)s, listed, stated, listed = stated, %(now)s FROM days ORDER BY seller_id
        ON CONFLICT (seller_id, business_date) DO NOTHING RETURNING seller_id, listed, stated
    ), told AS (
        INSERT INTO events_outboxevent (topic, seller_id, key, payload, occurred_at)
        SELECT 'stock.day_late', seller_id, 'seller_day:' || %(on)s::date,
               jsonb_build_object('missing', listed - stated), %(now)s
        FROM kept WHERE listed > stated
    ), tally AS ({_TALLY} FROM kept)
    UPDATE orders_cutover SET sellers_in_time = sellers_in_time + tally.in_time,
        sellers_late = sellers_late + tally.late
    FROM tally WHERE business_date = %(on)s
"""


def _facts(day: OperatingDay) -> dict[str, object]:
    return {"on": day.on, "in_time": day.last_in_time, "wide": day.scope == "all_unreleased"}


@transaction.atomic
def _count_sellers(day: OperatingDay, *, now: datetime) -> None:
    """Write a seller's day once: how many SKU × warehouse were listed, and stated in time.

    A day without any order or statement of the seller is not written: nothing hangs on it.
    """
    _lock_fence(day)
    run_statement(_KEEP_DAYS, _facts(day) | {"now": now})


def _lock_fence(day: OperatingDay) -> None:
    """One chunk of a day after the other, also when two processes are at it."""
    fetch_rows("SELECT id FROM orders_cutover WHERE business_date = %s FOR NO KEY UPDATE", [day.on])


_WAITING = """
    WITH line AS (
        SELECT l.order_id, l.pool = 'declared' AS waits,
               l.pool = 'declared' AND (%(wide)s OR b.stated_on IS DISTINCT FROM %(on)s
                                        OR b.stated_first_at > %(in_time)s) AS turns
        FROM orders_order o
        JOIN orders_orderline l ON l.order_id = o.id AND l.reserved
        JOIN stock_balance b ON b.seller_id = l.seller_id AND b.sku_id = l.sku_id
            AND b.warehouse_id = o.warehouse_id
        WHERE o.state = 'reserved' AND o.business_date <= %(on)s AND o.id <= %(until)s
    ), waiting AS MATERIALIZED (
        SELECT order_id, bool_or(waits) AS waits, bool_or(turns) AS in_part, bool_and(turns) AS whole
        FROM line GROUP BY order_id
    )
    SELECT NULL, NULL, count(*) FROM waiting WHERE waits
    UNION ALL SELECT order_id, whole, NULL FROM waiting WHERE in_part
"""
_TURNING_LINES = """
    SELECT l.order_id, l.id FROM orders_order o
    JOIN orders_orderline l ON l.order_id = o.id AND l.reserved AND l.pool = 'declared'
    JOIN stock_balance b ON b.seller_id = l.seller_id AND b.sku_id = l.sku_id
        AND b.warehouse_id = o.warehouse_id
    WHERE o.id = ANY(%(orders)s::bigint[]) AND (%(wide)s OR b.stated_on IS DISTINCT FROM %(on)s
                                                OR b.stated_first_at > %(in_time)s)
    ORDER BY l.order_id, l.line_no
"""


def _waiting_orders(day: OperatingDay, *, until_id: int) -> _Waiting:
    """Reserved orders from before the fence: which turn whole, which in part, how many wait at all."""
    (_, _, wide), *found = fetch_rows(_WAITING, _facts(day) | {"until": until_id})
    mixed = [order for order, every, _ in found if not every]
    turning: dict[int, list[int]] = {}
    for order, line in fetch_rows(_TURNING_LINES, _facts(day) | {"orders": mixed}) if mixed else ():
        turning.setdefault(order, []).append(line)
    whole = sorted(order for order, every, _ in found if every)
    return _Waiting(whole=whole, mixed=sorted(turning.items()), wide=wide)


def _keep_counts(day: OperatingDay, waiting: _Waiting) -> None:
    """What is to turn, and what the wider reading would turn: counted once, before anything was turned."""
    run_statement(
        "UPDATE orders_cutover SET orders_turned_wide = %s, orders_to_turn = %s"
        " WHERE business_date = %s AND orders_turned_wide IS NULL",
        [waiting.wide, len(waiting.whole) + len(waiting.mixed), day.on],
    )


def _count(day: OperatingDay, turned: Turned) -> None:
    run_statement(
        """
        UPDATE orders_cutover SET orders_turned = orders_turned + %s, orders_split = orders_split + %s,
            lines_turned = lines_turned + %s
        WHERE business_date = %s
        """,
        [turned.orders, turned.split, turned.lines, day.on],
    )


@transaction.atomic
def _finish(day: OperatingDay, *, now: datetime) -> CutOverReport:
    """Close the report, and tell of it once."""
    ended = run_statement(
        "UPDATE orders_cutover SET finished_at = %s WHERE business_date = %s AND finished_at IS NULL",
        [now, day.on],
    )
    report = _report(day)
    if ended:
        told = {"turned": report.orders_turned, "late": report.sellers_late}
        emit_events("orders.cut_over", [(None, f"cut_over:{day.on}", told)], at=now)
    return report


def _report(day: OperatingDay) -> CutOverReport:
    names = ", ".join(column.name for column in fields(CutOverReport))
    return CutOverReport(
        *fetch_rows(f"SELECT {names} FROM orders_cutover WHERE business_date = %s", [day.on])[0]
    )
