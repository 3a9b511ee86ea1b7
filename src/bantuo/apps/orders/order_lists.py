"""Lists of orders for pages, files, REST and the gateway: filtered, read in keyset order, never counted out.

Newest first or oldest first by id, which is the order of receipt. A count is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from bantuo.apps.orders.order_rows import ListedOrder, orders_by_id
from bantuo.apps.sql import fetch_rows

COUNT_MAX = 1_000
_READ_ROWS = 500
_FEW_SKUS = 50


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders; None and empty ask for nothing. `seller_id` None: of all sellers.

    `received_*` are business dates, both included; `placed_*` and `changed_since` instants, half open.
    `text` begins a marketplace id, or is a whole tracking number.
    """

    seller_id: int | None
    states: tuple[str, ...] = ()
    route: str | None = None
    reason: str | None = None
    sku: str | None = None
    text: str = ""
    received_from: date | None = None
    received_until: date | None = None
    placed_from: datetime | None = None
    placed_until: datetime | None = None
    changed_since: datetime | None = None
    cancel_asked: bool = False
    after_id: int | None = None
    before_id: int | None = None


def _like(text: str) -> str:
    """A pattern of what begins with this text."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"


def _conditions(asked: OrderFilter) -> Iterator[tuple[str, Sequence[Any]]]:
    """Each condition that is asked for, and its parameters."""
    plain: tuple[tuple[str, Any], ...] = (
        ("o.seller_id = %s", asked.seller_id),
        ("o.state = ANY(%s)", list(asked.states) or None),
        ("o.route = %s", asked.route or None),
        ("o.placed_at >= %s", asked.placed_from),
        ("o.placed_at < %s", asked.placed_until),
        ("o.id > %s", asked.after_id),
        ("o.id < %s", asked.before_id),
        (
            "o.id IN (SELECT d.order_id FROM orders_routingdecision d WHERE d.reason = %s AND NOT EXISTS ("
            "SELECT 1 FROM orders_routingdecision n WHERE n.order_id = d.order_id AND n.id > d.id))",
            asked.reason or None,
        ),
    )
    yield from ((condition, [value]) for condition, value in plain if value is not None)
    yield from _sku(asked)
    yield from _days(asked)
    if asked.changed_since is not None:
        yield (
            "o.id IN (SELECT e.order_id FROM orders_orderevent e"
            " WHERE e.seller_id = o.seller_id AND e.happened_at >= %s)",
            [asked.changed_since],
        )
    if asked.cancel_asked:
        yield "o.id IN (SELECT c.order_id FROM orders_cancelrequest c WHERE c.answer = '')", []
    if text := asked.text.replace("\x00", "").strip():
        yield (
            "o.id IN (SELECT x.id FROM orders_order x WHERE x.external_id LIKE %s"
            " UNION ALL SELECT s.order_id FROM orders_shipment s WHERE s.number = %s)",
            [_like(text), text],
        )


def _sku(asked: OrderFilter) -> Iterator[tuple[str, Sequence[Any]]]:
    """Orders with a SKU of this code. The SKUs are found first, so that the planner knows how many there are;
    where very many sellers have such a code, their orders are gathered before they are put in order.
    """
    if not asked.sku:
        return
    query = "SELECT id FROM catalog_sku WHERE code = %s AND (%s::bigint IS NULL OR seller_id = %s) LIMIT %s"
    skus = [r[0] for r in fetch_rows(query, [asked.sku, asked.seller_id, asked.seller_id, _FEW_SKUS + 1])]
    if len(skus) <= _FEW_SKUS:
        yield "o.id IN (SELECT l.order_id FROM orders_orderline l WHERE l.sku_id = ANY(%s))", [skus]
        return
    yield (
        "o.id IN (SELECT l.order_id FROM orders_orderline l JOIN catalog_sku k ON k.id = l.sku_id"
        " WHERE k.code = %s OFFSET 0)",
        [asked.sku],
    )


def _days(asked: OrderFilter) -> Iterator[tuple[str, Sequence[Any]]]:
    """Days of receipt, and with them the ids between which such orders lie: ids are in order of receipt.

    The 16:00 of the day before and of the day after tell the last order that was there by then, so that a
    list in order of ids need not walk through all that was received since. A part that was split off later
    keeps its order's day under a higher id, which then is the bound.
    """
    since, until = asked.received_from, asked.received_until
    if since is not None:
        yield "o.business_date >= %s", [since]
        yield (
            "o.id > COALESCE((SELECT c.last_order_id FROM orders_cutover c WHERE c.business_date < %s"
            " ORDER BY c.business_date DESC LIMIT 1), 0)",
            [since],
        )
    if until is not None:
        yield "o.business_date <= %s", [until]
        yield (
            "o.id <= GREATEST(COALESCE((SELECT c.last_order_id FROM orders_cutover c"
            " WHERE c.business_date > %s ORDER BY c.business_date LIMIT 1), 9223372036854775807),"
            " (SELECT max(p.id) FROM orders_order p WHERE p.part > 0 AND p.business_date <= %s"
            " AND p.business_date >= COALESCE(%s::date, '-infinity')))",
            [until, until, since],
        )


def _where(asked: OrderFilter) -> tuple[str, list[Any]]:
    parts = list(_conditions(asked))
    where = " AND ".join(condition for condition, _ in parts) or "TRUE"
    return where, [value for _, values in parts for value in values]


def order_ids(asked: OrderFilter, *, limit: int, newest_first: bool) -> list[int]:
    """The first ids that fit, by id up or down."""
    where, params = _where(asked)
    direction = "DESC" if newest_first else "ASC"
    query = f"SELECT o.id FROM orders_order o WHERE {where} ORDER BY o.id {direction} LIMIT %s"
    return [r[0] for r in fetch_rows(query, [*params, limit])]


def count_orders(asked: OrderFilter) -> tuple[int, bool]:
    """How many fit, up to COUNT_MAX, and whether there are more."""
    where, params = _where(replace(asked, after_id=None, before_id=None))
    query = f"SELECT count(*) FROM (SELECT 1 FROM orders_order o WHERE {where} LIMIT %s) AS found"
    ((found,),) = fetch_rows(query, [*params, COUNT_MAX + 1])
    return min(found, COUNT_MAX), found > COUNT_MAX


def listed_orders(asked: OrderFilter, *, limit: int, newest_first: bool = True) -> list[ListedOrder]:
    """One page of orders with their lines, in the order asked for."""
    ids = order_ids(asked, limit=limit, newest_first=newest_first)
    return orders_by_id(ids)


def every_order(asked: OrderFilter, *, most: int) -> Iterator[ListedOrder]:
    """All that fit up to `most`, newest first, read some at a time: for files."""
    told, before = 0, asked.before_id
    while told < most:
        asked = replace(asked, before_id=before)
        page = listed_orders(asked, limit=min(_READ_ROWS, most - told))
        yield from page
        told += len(page)
        if len(page) < min(_READ_ROWS, most):
            return
        before = page[-1].id


def orders_of(
    seller_id: int,
    *,
    after_id: int | None = None,
    limit: int,
    state: str | None = None,
    route: str | None = None,
    placed_from: datetime | None = None,
    placed_until: datetime | None = None,
    changed_since: datetime | None = None,
    states: Sequence[str] = (),
) -> list[ListedOrder]:
    """A seller's orders after an id, oldest first: what a client reads page by page with a cursor."""
    asked = OrderFilter(
        seller_id,
        states=(state,) if state else tuple(states),
        route=route,
        placed_from=placed_from,
        placed_until=placed_until,
        changed_since=changed_since,
        after_id=after_id,
    )
    return listed_orders(asked, limit=limit, newest_first=False)
