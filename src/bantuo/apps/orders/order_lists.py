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
_SHORT_DAYS = 31


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
        ("o.id IN (SELECT l.order_id FROM orders_orderline l WHERE l.sku_id = ANY(%s))", _skus(asked)),
    )
    yield from ((condition, [value]) for condition, value in plain if value is not None)
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


def _skus(asked: OrderFilter) -> list[int] | None:
    """The SKUs of a code, found first: so the planner knows how many orders they may have."""
    if not asked.sku:
        return None
    query = "SELECT id FROM catalog_sku WHERE code = %s AND (%s::bigint IS NULL OR seller_id = %s)"
    return [r[0] for r in fetch_rows(query, [asked.sku, asked.seller_id, asked.seller_id])]


def _days(asked: OrderFilter) -> Iterator[tuple[str, Sequence[Any]]]:
    """Days of receipt. A short while is found by its days and then put in order; a long one is filtered."""
    since, until = asked.received_from, asked.received_until
    if since and until and (until - since).days < _SHORT_DAYS:
        seller = "" if asked.seller_id is None else " AND d.seller_id = %s"
        yield (
            "o.id IN (SELECT d.id FROM orders_order d"
            f" WHERE d.business_date BETWEEN %s AND %s{seller} OFFSET 0)",
            [since, until, *([] if asked.seller_id is None else [asked.seller_id])],
        )
        return
    for condition, day in (("o.business_date >= %s", since), ("o.business_date <= %s", until)):
        if day is not None:
            yield condition, [day]


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
