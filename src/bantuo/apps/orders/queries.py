"""What intake and the desks must know of sellers, SKUs and orders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bantuo.apps.sql import columns_of, fetch_rows
from bantuo.core.clock import OperatingDay


@dataclass(frozen=True, slots=True)
class IntakeSeller:
    """A seller as intake sees it; `warehouse_id` is where it is bound today, if anywhere."""

    id: int
    state: str
    warehouse_id: int | None


def intake_sellers(marketplace: str, codes: Iterable[str]) -> dict[str, IntakeSeller]:
    """Sellers of a marketplace by code."""
    return {
        r[0]: IntakeSeller(id=r[1], state=r[2], warehouse_id=r[3])
        for r in fetch_rows(
            """
            SELECT s.code, s.id, s.programme_state, b.warehouse_id
            FROM parties_seller s
            LEFT JOIN parties_binding b ON b.seller_id = s.id AND b.unbound_at IS NULL
            WHERE s.marketplace = %s AND s.code = ANY(%s)
            """,
            [marketplace, sorted(codes)],
        )
    }


def intake_skus(keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], tuple[int, bool]]:
    """Listed SKUs by (seller, code): id and whether semi-managed."""
    return {
        (r[0], r[1]): (r[2], r[3])
        for r in fetch_rows(
            """
            SELECT s.seller_id, s.code, s.id, s.semi_managed FROM catalog_sku s
            JOIN unnest(%s::bigint[], %s::text[]) AS k(seller_id, code)
                ON k.seller_id = s.seller_id AND k.code = s.code
            WHERE s.delisted_at IS NULL
            """,
            columns_of(sorted(keys), 2),
        )
    }


def known_orders(keys: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], tuple[int, str, str]]:
    """Stored orders by (seller code, marketplace, external id): id, route and current reason."""
    return {
        (r[0], r[1], r[2]): (r[3], r[4], r[5])
        for r in fetch_rows(
            """
            SELECT k.code, k.mkt, k.ext, o.id, o.route, d.reason
            FROM unnest(%s::text[], %s::text[], %s::text[]) AS k(code, mkt, ext)
            JOIN parties_seller s ON s.marketplace = k.mkt AND s.code = k.code
            JOIN LATERAL (SELECT id, route FROM orders_order WHERE seller_id = s.id AND marketplace = k.mkt
                          AND external_id = k.ext AND part = 0 LIMIT 1) o ON TRUE
            JOIN LATERAL (SELECT reason FROM orders_routingdecision
                          WHERE order_id = o.id ORDER BY id DESC LIMIT 1) d ON TRUE
            """,
            columns_of(sorted(keys), 3),
        )
    }


def is_day_cut(day: OperatingDay) -> bool:
    """Whether 16:00 of the day has been dealt with. Asked while the day is held open, the answer stays."""
    return bool(fetch_rows("SELECT 1 FROM orders_cutover WHERE business_date = %s", [day.on]))


def lock_orders(ids: Iterable[int]) -> dict[int, str]:
    """Lock these orders by id and return their states as they are once locked.

    What is read of an order after this call, in statements of their own, cannot change any more.
    """
    return dict(
        fetch_rows(
            "SELECT id, state FROM orders_order WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
            [sorted(set(ids))],
        )
    )


@dataclass(frozen=True, slots=True)
class NamedOrder:
    """One order found by its marketplace id."""

    id: int
    external_id: str
    part: int
    seller: str
    route: str
    state: str


def orders_named(external_id: str, *, seller: str | None = None) -> list[NamedOrder]:
    """Orders whose marketplace id begins with these characters, of one seller where given."""
    return [
        NamedOrder(*r)
        for r in fetch_rows(
            """
            SELECT o.id, o.external_id, o.part, s.code, o.route, o.state
            FROM orders_order o JOIN parties_seller s ON s.id = o.seller_id
            WHERE starts_with(o.external_id, %s) AND (%s::text IS NULL OR s.code = %s)
            ORDER BY o.external_id, s.code, o.part LIMIT 50
            """,
            [external_id, seller, seller],
        )
    ]


@dataclass(frozen=True, slots=True)
class OrderHistory:
    """Why an order took its route and what happened to it, oldest first."""

    decisions: list[dict[str, Any]]
    events: list[dict[str, Any]]


def order_history(order_id: int) -> OrderHistory:
    """The append-only side of one order."""
    decisions = fetch_rows(
        """
        SELECT decided_at, route, reason, rule, policy_version, line_no, actor
        FROM orders_routingdecision WHERE order_id = %s ORDER BY id
        """,
        [order_id],
    )
    events = fetch_rows(
        "SELECT happened_at, state, reason, actor FROM orders_orderevent WHERE order_id = %s ORDER BY id",
        [order_id],
    )
    named = ("at", "route", "reason", "rule", "policy", "line", "by")
    return OrderHistory(
        [dict(zip(named, r, strict=True)) for r in decisions],
        [dict(zip(("at", "state", "reason", "by"), r, strict=True)) for r in events],
    )
