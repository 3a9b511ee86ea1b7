"""What 16:00 of a day did: for one seller by SKU, for operators by seller, and the days there were.

A day's cut-off reaches until the next one's: what a late run turns in the morning belongs to the day before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bantuo.apps.sql import fetch_rows
from bantuo.core.clock import OperatingDay
from bantuo.core.routing import Reason

TURNED = (Reason.CUTOFF_FALLBACK.value, Reason.CUTOFF_FALLBACK_WIDE.value)
AFTER = Reason.AFTER_CUTOFF.value
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CutDay:
    """The report of one day's 16:00; `finished_at` None: orders are still being turned."""

    on: date
    cut_at: datetime
    finished_at: datetime | None
    sellers_in_time: int
    sellers_late: int
    orders_turned: int
    orders_split: int
    lines_turned: int
    orders_turned_wide: int | None
    orders_to_turn: int | None  # None: not counted yet
    policy_version: str
    scope: str

    @property
    def orders_done(self) -> int:
        return self.orders_turned + self.orders_split

    @property
    def orders_left(self) -> int | None:
        """How many are still to be dealt with; None: not counted yet. Some may go away by themselves."""
        return None if self.orders_to_turn is None else max(0, self.orders_to_turn - self.orders_done)


_DAYS = """
    SELECT business_date, cut_at, finished_at, sellers_in_time, sellers_late, orders_turned, orders_split,
           lines_turned, orders_turned_wide, orders_to_turn, policy_version, scope FROM orders_cutover
"""


def cut_days(*, limit: int, before: date | None = None) -> list[CutDay]:
    """The days that were cut, the latest first."""
    query = f"{_DAYS} WHERE %s::date IS NULL OR business_date < %s ORDER BY business_date DESC LIMIT %s"
    return [CutDay(*r) for r in fetch_rows(query, [before, before, limit])]


def cut_day(on: date) -> CutDay | None:
    """The report of a day; None while it is not cut."""
    rows = fetch_rows(f"{_DAYS} WHERE business_date = %s", [on])
    return CutDay(*rows[0]) if rows else None


@dataclass(frozen=True, slots=True)
class CameBackSku:
    """A SKU of which orders came back on a day, or went straight to the seller after it."""

    sku: str
    title: str
    reason: str
    orders: int
    pieces: int
    goods_fen: int
    stated_on: date | None
    stated_first_at: datetime | None


@dataclass(frozen=True, slots=True)
class SellerCut:
    """A seller's day at its cut-off: how many SKUs were listed and stated; None: nothing hung on it."""

    listed: int
    stated: int
    in_time: bool
    cut_at: datetime

    @property
    def missing(self) -> int:
        return self.listed - self.stated


def seller_cut(seller_id: int, on: date) -> SellerCut | None:
    """How a seller's day stood."""
    rows = fetch_rows(
        "SELECT listed, stated, in_time, cut_at FROM stock_sellerday"
        " WHERE seller_id = %s AND business_date = %s",
        [seller_id, on],
    )
    return SellerCut(*rows[0]) if rows else None


_CAME_BACK = """
    SELECT DISTINCT d.order_id, d.reason FROM orders_routingdecision d
    WHERE d.seller_id = %(seller)s AND d.decided_at >= %(start)s AND d.decided_at < %(end)s
        AND d.reason = ANY(%(reasons)s)
"""


def _window(seller_id: int, day: OperatingDay, reasons: Sequence[str]) -> dict[str, object]:
    end = day.cutoff_at + _DAY
    return {"seller": seller_id, "start": day.cutoff_at, "end": end, "reasons": list(reasons)}


def came_back_skus(seller_id: int, *, day: OperatingDay) -> list[CameBackSku]:
    """By SKU what came back at the day's cut-off, or went straight to the seller after it, most orders first.

    An order that goes straight to the seller does so for one of its SKUs, which alone is named.
    `stated_on` and `stated_first_at` are the SKU's last statement day as it stands now.
    """
    return [
        CameBackSku(*r)
        for r in fetch_rows(
            f"""
            WITH back AS ({_CAME_BACK})
            SELECT k.code, p.title, back.reason, count(DISTINCT l.order_id), sum(l.quantity)::bigint,
                   sum(l.goods_fen)::bigint, max(b.stated_on), max(b.stated_first_at)
            FROM back JOIN orders_orderline l ON l.order_id = back.order_id
                AND (back.reason <> %(after)s OR EXISTS (
                    SELECT FROM orders_routingdecision d WHERE d.order_id = back.order_id
                        AND d.reason = back.reason AND d.line_no = l.line_no))
            JOIN catalog_sku k ON k.id = l.sku_id JOIN catalog_product p ON p.id = k.product_id
            LEFT JOIN parties_binding n ON n.seller_id = l.seller_id AND n.unbound_at IS NULL
            LEFT JOIN stock_balance b ON b.seller_id = l.seller_id AND b.sku_id = l.sku_id
                AND b.warehouse_id = n.warehouse_id
            GROUP BY k.id, p.title, back.reason ORDER BY 4 DESC, k.code, back.reason LIMIT 500
            """,
            _window(seller_id, day, (*TURNED, AFTER)) | {"after": AFTER},
        )
    ]


@dataclass(frozen=True, slots=True)
class CameBackCounts:
    """How many orders came back at the cut-off, how many went straight after it, how many were taken back."""

    turned: int
    straight: int
    reversed: int


def came_back_counts(seller_id: int, *, day: OperatingDay) -> CameBackCounts:
    """A seller's day in three numbers."""
    told = _window(seller_id, day, (*TURNED, AFTER, Reason.TURNING_REVERSED.value))
    query = f"SELECT reason, count(*) FROM ({_CAME_BACK}) AS back GROUP BY reason"
    counts = dict(fetch_rows(query, told))
    turned = sum(counts.get(reason, 0) for reason in TURNED)
    return CameBackCounts(turned, counts.get(AFTER, 0), counts.get(Reason.TURNING_REVERSED.value, 0))


def came_back_orders(
    seller_id: int, *, day: OperatingDay, limit: int, before_id: int | None = None
) -> list[int]:
    """The orders of that day, newest first."""
    told = _window(seller_id, day, (*TURNED, AFTER)) | {"before": before_id, "limit": limit}
    return [
        r[0]
        for r in fetch_rows(
            f"""
            SELECT order_id FROM ({_CAME_BACK}) AS back
            WHERE %(before)s::bigint IS NULL OR order_id < %(before)s
            GROUP BY order_id ORDER BY order_id DESC LIMIT %(limit)s
            """,
            told,
        )
    ]


@dataclass(frozen=True, slots=True)
class LateSeller:
    """A seller whose day was not complete at its cut-off, and what came back to it."""

    seller_id: int
    code: str
    name: str
    listed: int
    stated: int
    orders_turned: int

    @property
    def missing(self) -> int:
        return self.listed - self.stated


def late_sellers(day: OperatingDay, *, limit: int, after: str = "") -> list[LateSeller]:
    """Sellers who were late at a day's cut-off, by code; of a day that is cut."""
    return [
        LateSeller(*r)
        for r in fetch_rows(
            """
            WITH late AS (
                SELECT s.id, s.code, s.name, y.listed, y.stated FROM stock_sellerday y
                JOIN parties_seller s ON s.id = y.seller_id
                WHERE y.business_date = %s AND NOT y.in_time AND s.code > %s ORDER BY s.code LIMIT %s
            )
            SELECT late.*, (SELECT count(DISTINCT d.order_id) FROM orders_routingdecision d
                            WHERE d.seller_id = late.id AND d.decided_at >= %s AND d.decided_at < %s
                                AND d.reason IN ('cutoff_fallback', 'cutoff_fallback_wide'))
            FROM late ORDER BY code
            """,
            [day.on, after, limit, day.cutoff_at, day.cutoff_at + _DAY],
        )
    ]


@dataclass(frozen=True, slots=True)
class MissingSku:
    """A listed SKU that its seller has not stated today."""

    sku: str
    title: str
    reserved: int
    stated_on: date | None


def missing_skus(seller_id: int, *, day: OperatingDay, limit: int) -> list[MissingSku]:
    """What a seller has not stated in time today, most reserved pieces first."""
    return [
        MissingSku(*r)
        for r in fetch_rows(
            """
            SELECT k.code, p.title, b.declared_reserved, b.stated_on FROM stock_balance b
            JOIN parties_binding n ON n.seller_id = b.seller_id AND n.warehouse_id = b.warehouse_id
                AND n.unbound_at IS NULL
            JOIN catalog_sku k ON k.id = b.sku_id AND k.semi_managed AND k.delisted_at IS NULL
            JOIN catalog_product p ON p.id = k.product_id
            WHERE b.seller_id = %s AND (b.stated_on IS DISTINCT FROM %s OR b.stated_first_at > %s)
            ORDER BY b.declared_reserved DESC, k.code LIMIT %s
            """,
            [seller_id, day.on, day.last_in_time, limit],
        )
    ]


@dataclass(frozen=True, slots=True)
class WaitingSeller:
    """A seller with listed SKUs not yet stated today."""

    seller_id: int
    code: str
    name: str
    listed: int
    missing: int
    reserved: int


def waiting_sellers(day: OperatingDay, *, limit: int) -> list[WaitingSeller]:
    """Sellers with orders or statements of the day who have not stated everything, most reserved first."""
    return [
        WaitingSeller(*r)
        for r in fetch_rows(
            """
            WITH concerned AS (
                SELECT a.id AS seller_id FROM parties_seller a WHERE a.programme_state = 'active' AND (
                    EXISTS (SELECT 1 FROM orders_order o
                            WHERE o.seller_id = a.id AND o.business_date = %(on)s)
                    OR EXISTS (SELECT 1 FROM stock_declaration d
                               WHERE d.seller_id = a.id AND d.business_date = %(on)s))
            )
            SELECT s.id, s.code, s.name, count(*), count(*) FILTER (WHERE late.it),
                   COALESCE(sum(b.declared_reserved) FILTER (WHERE late.it), 0)::bigint
            FROM concerned c JOIN stock_balance b ON b.seller_id = c.seller_id
            JOIN catalog_sku k ON k.id = b.sku_id AND k.semi_managed AND k.delisted_at IS NULL
            JOIN parties_seller s ON s.id = b.seller_id AND s.programme_state = 'active'
            JOIN parties_binding n ON n.seller_id = b.seller_id AND n.warehouse_id = b.warehouse_id
                AND n.unbound_at IS NULL
            CROSS JOIN LATERAL (SELECT b.stated_on IS DISTINCT FROM %(on)s
                                    OR b.stated_first_at > %(in_time)s AS it) late
            GROUP BY s.id HAVING bool_or(late.it) ORDER BY 6 DESC, s.code LIMIT %(limit)s
            """,
            {"on": day.on, "in_time": day.last_in_time, "limit": limit},
        )
    ]
