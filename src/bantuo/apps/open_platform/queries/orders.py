"""A seller's orders page by page, the newest first, as the protocol asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bantuo.apps.sql import fetch_rows
from bantuo.core.open_platform_orders import ASKED, PARTLY, states_of

COUNT_MAX = 10_000

# Of the seller's orders those with an open cancel request: few, and looked up in memory for each order.
_WITH_ASKED = """
    WITH asked AS MATERIALIZED (
        SELECT order_id FROM orders_cancelrequest WHERE seller_id = %s AND answer = ''
    )
"""
_ASKED = "o.id IN (SELECT order_id FROM asked)"
_PARTLY = (
    "o.state = 'to_ship' AND EXISTS (SELECT 1 FROM orders_shipment h"
    " WHERE h.order_id = o.id AND h.replaced_at IS NULL)"
)


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """Which orders are asked for: by status (of the protocol), when placed, when last changed."""

    statuses: Sequence[str]
    placed_from: datetime
    placed_until: datetime | None = None
    changed_from: datetime | None = None
    changed_until: datetime | None = None


def order_page(seller_id: int, asked: OrderQuery, *, page: int, size: int) -> tuple[int, list[int]]:
    """How many orders fit, counted to COUNT_MAX, and the ids of one page of them."""
    conditions = list(_conditions(seller_id, asked))
    where = " AND ".join(["o.seller_id = %s", *(text for text, _ in conditions)])
    params = [seller_id, seller_id, *(value for _, values in conditions for value in values)]
    found = f"FROM orders_order o WHERE {where}"
    counted = f"{_WITH_ASKED} SELECT count(*) FROM (SELECT 1 {found} LIMIT %s) f"
    total = fetch_rows(counted, [*params, COUNT_MAX])[0][0]
    rows = fetch_rows(
        f"{_WITH_ASKED} SELECT o.id {found} ORDER BY o.id DESC LIMIT %s OFFSET %s",
        [*params, size, (page - 1) * size],
    )
    return total, [row[0] for row in rows]


def _conditions(seller_id: int, asked: OrderQuery) -> Iterator[tuple[str, list[Any]]]:
    yield "o.placed_at >= %s", [asked.placed_from]
    if asked.placed_until is not None:
        yield "o.placed_at <= %s", [asked.placed_until]
    if asked.changed_from is not None:
        yield (
            "o.id IN (SELECT order_id FROM orders_orderevent WHERE seller_id = %s AND happened_at >= %s)",
            [seller_id, asked.changed_from],
        )
    if asked.changed_until is not None:
        yield (
            "NOT EXISTS (SELECT 1 FROM orders_orderevent e WHERE e.order_id = o.id AND e.happened_at > %s)",
            [asked.changed_until],
        )
    yield _status_condition(asked.statuses)


def _status_condition(statuses: Sequence[str]) -> tuple[str, list[Any]]:
    """Orders of these statuses: an open cancel request, a part that was sent, or else the state."""
    plain = sorted({state for status in statuses if status != PARTLY for state in states_of(status)})
    parts = [f"(o.state = ANY(%s) AND NOT {_ASKED} AND NOT ({_PARTLY}))"] if plain else []
    if PARTLY in statuses:
        parts.append(f"({_PARTLY} AND NOT {_ASKED})")
    if ASKED in statuses:
        parts.append(_ASKED)
    return f"({' OR '.join(parts) or 'FALSE'})", [plain] if plain else []


@dataclass(frozen=True, slots=True)
class LineProduct:
    """What a line's goods are called in listings."""

    product_id: int
    sku_id: int
    image: str
    category: str


def line_products(order_ids: Sequence[int]) -> dict[int, LineProduct]:
    """The product and SKU of every line of these orders, by the line's id."""
    rows = fetch_rows(
        """
        SELECT l.id, k.product_id, k.id, COALESCE(p.images[1], ''), p.category
        FROM orders_orderline l JOIN catalog_sku k ON k.id = l.sku_id
        JOIN catalog_product p ON p.id = k.product_id
        WHERE l.order_id = ANY(%s::bigint[])
        """,
        [list(order_ids)],
    )
    return {row[0]: LineProduct(*row[1:]) for row in rows}
