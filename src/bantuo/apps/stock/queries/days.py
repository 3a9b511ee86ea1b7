"""How a seller's day of stock stands: what is listed, what was stated, and how earlier days ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.core.cache import caches

from bantuo.apps.sql import fetch_rows
from bantuo.apps.stock.models import Declaration, DeclarationRefusal, SellerDay, StockCall
from bantuo.core.clock import OperatingDay
from bantuo.core.response_times import nearest_rank

# What a day asks for: every listed semi-managed SKU at the warehouse its seller is bound to.
ASKED = """
    FROM stock_balance b
    JOIN catalog_sku k ON k.id = b.sku_id AND k.semi_managed AND k.delisted_at IS NULL
    JOIN parties_binding n ON n.seller_id = b.seller_id AND n.warehouse_id = b.warehouse_id
        AND n.unbound_at IS NULL
"""


_LARGE, _KEPT_SECONDS = 10_000, 60
_LAST = "(SELECT d.id FROM stock_declaration d WHERE d.seller_id = s ORDER BY d.id DESC LIMIT 1)"


@dataclass(frozen=True, slots=True)
class SyncState:
    """A seller's day: of `listed` SKU × warehouse, how many were `stated` by the cut-off.

    `late`: stated today, after the cut-off. `in_time`: None while the day is open and not complete.
    """

    on: date
    listed: int
    stated: int
    late: int
    in_time: bool | None
    syncs: list[Declaration]

    @property
    def missing(self) -> int:
        """How many have not been stated today, or not in time."""
        return self.listed - self.stated

    @property
    def is_complete(self) -> bool:
        """All that the day asks for was stated in time; a seller with nothing listed has nothing to state."""
        return self.listed == self.stated


def sync_state(seller_id: int, day: OperatingDay, *, now: datetime, syncs: int = 10) -> SyncState:
    """How the seller's day stands at `now`, with its last `syncs` statements, latest first."""
    listed, stated, today = day_counts([seller_id], day)[seller_id]
    in_time: bool | None = listed == stated
    if day.is_cut(now):
        fence = SellerDay.objects.filter(seller_id=seller_id, business_date=day.on).first()
        in_time = in_time if fence is None else fence.in_time
    elif listed != stated:
        in_time = None
    return SyncState(day.on, listed, stated, today - stated, in_time, last_syncs(seller_id, syncs))


class DayCounts(NamedTuple):
    """What a day asks of a seller, what of it was stated in time, and what was stated on the day at all."""

    listed: int
    stated: int
    today: int


def day_counts(sellers: Sequence[int], day: OperatingDay) -> dict[int, DayCounts]:
    """How the day of each of these sellers stands.

    To count 10,000 rows takes its time: this process keeps such figures for a minute, or until the
    seller states something. In that minute they miss only what was listed, delisted or bound.
    """
    kept = _kept_counts(sellers, day)
    counts = {seller: kept.get(seller, DayCounts(0, 0, 0)) for seller in sellers}
    asked = [seller for seller in sellers if seller not in kept]
    for seller, last, *found in _counted(asked, day) if asked else ():
        counts[seller] = DayCounts(*found)
        if counts[seller].listed >= _LARGE:
            caches["process"].set(_key(seller, day), (last, counts[seller]), _KEPT_SECONDS)
    return counts


def _key(seller: int, day: OperatingDay) -> str:
    return f"stock.day_counts:{seller}:{day.on}"


def _kept_counts(sellers: Sequence[int], day: OperatingDay) -> dict[int, DayCounts]:
    """The figures counted within the last minute, of those who have stated nothing since."""
    keys = {_key(seller, day): seller for seller in sellers}
    kept = {keys[key]: found for key, found in caches["process"].get_many(keys).items()}
    if not kept:
        return {}
    last = dict(fetch_rows(f"SELECT s, {_LAST} FROM unnest(%s::bigint[]) s", [list(kept)]))
    return {seller: counts for seller, (at, counts) in kept.items() if last[seller] == at}


def _counted(sellers: Sequence[int], day: OperatingDay) -> list[tuple[Any, ...]]:
    """Seller, last statement, listed, stated and today. The few SKUs not asked for are what is looked up."""
    return fetch_rows(
        f"""
        SELECT s, {_LAST}, n.listed, n.stated, n.today
        FROM (
            SELECT b.seller_id AS s, count(*)::int AS listed,
                   (count(*) FILTER (WHERE b.stated_on = %(on)s))::int AS today,
                   (count(*) FILTER (WHERE b.stated_on = %(on)s
                       AND b.stated_first_at <= %(end)s))::int AS stated
            FROM stock_balance b
            JOIN parties_binding n ON n.seller_id = b.seller_id AND n.warehouse_id = b.warehouse_id
                AND n.unbound_at IS NULL
            WHERE b.seller_id = ANY(%(sellers)s::bigint[]) AND b.sku_id NOT IN (
                SELECT k.id FROM catalog_sku k WHERE k.seller_id = ANY(%(sellers)s::bigint[])
                    AND (NOT k.semi_managed OR k.delisted_at IS NOT NULL))
            GROUP BY b.seller_id) n
        """,
        {"on": day.on, "end": day.last_in_time, "sellers": list(sellers)},
    )


def missing_rows(seller_id: int, day: OperatingDay) -> list[tuple[str, str, int]]:
    """SKU, warehouse and declared quantity of all that was not stated today."""
    rows = fetch_rows(
        f"""
        SELECT k.code, w.code, b.declared
        {ASKED} JOIN parties_warehouse w ON w.id = b.warehouse_id
        WHERE b.seller_id = %s AND b.stated_on IS DISTINCT FROM %s ORDER BY k.code, w.code
        """,
        [seller_id, day.on],
    )
    return [(r[0], r[1], r[2]) for r in rows]


def last_syncs(seller_id: int, most: int) -> list[Declaration]:
    """The latest statements of a seller, whatever became of them."""
    return list(Declaration.objects.filter(seller_id=seller_id).order_by("-id")[:most])


def refused_rows(declaration_id: int, *, seller_id: int, most: int) -> list[DeclarationRefusal]:
    """The rows of a statement that were not taken, in order."""
    found = DeclarationRefusal.objects.filter(seller_id=seller_id, declaration_id=declaration_id)
    return list(found.order_by("row", "id")[:most])


class LateDays(NamedTuple):
    """Of the days fenced since a day: how many there are, how many were late, which was the last."""

    days: int
    late: int
    last_late_on: date | None


def late_days(seller_id: int, *, since: date) -> LateDays:
    """How often a seller was late at the cut-off since a day."""
    ((days, late, last),) = fetch_rows(
        """
        SELECT count(*)::int, (count(*) FILTER (WHERE NOT in_time))::int,
               max(business_date) FILTER (WHERE NOT in_time)
        FROM stock_sellerday WHERE seller_id = %s AND business_date >= %s
        """,
        [seller_id, since],
    )
    return LateDays(days, late, last)


class CallTimes(NamedTuple):
    """How fast the last calls of a seller's stock interface were answered on our side."""

    calls: int
    p50_ms: int | None
    p95_ms: int | None
    failed: int


def call_times(seller_id: int, *, calls: int) -> CallTimes:
    """How soon half, and nineteen in twenty, of the last `calls` calls were answered (nearest rank)."""
    last = StockCall.objects.filter(seller_id=seller_id).order_by("-id").values_list("took_ms", "succeeded")
    found = list(last[:calls])
    took = sorted(ms for ms, _ in found)
    p50, p95 = (nearest_rank(took, share) if took else None for share in (50, 95))
    return CallTimes(len(took), p50, p95, sum(not done for _, done in found))


class DaySums(NamedTuple):
    """The day over all sellers that have anything to state."""

    sellers: int
    complete: int
    listed: int
    stated: int


def day_sums(day: OperatingDay) -> DaySums:
    """How many active sellers have stated everything by the cut-off. Reads every balance: keep it a while."""
    ((sellers, complete, listed, stated),) = fetch_rows(
        f"""
        SELECT count(*)::int, (count(*) FILTER (WHERE listed = stated))::int,
               COALESCE(sum(listed), 0)::int, COALESCE(sum(stated), 0)::int
        FROM (
            SELECT b.seller_id, count(*) AS listed,
                   count(*) FILTER (WHERE b.stated_on = %s AND b.stated_first_at <= %s) AS stated
            {ASKED} JOIN parties_seller s ON s.id = b.seller_id AND s.programme_state = 'active'
            GROUP BY b.seller_id) days
        """,
        [day.on, day.last_in_time],
    )
    return DaySums(sellers, complete, listed, stated)
