"""What intake and the desks must know of sellers, SKUs and orders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bantuo.apps.sql import columns_of, fetch_rows


@dataclass(frozen=True, slots=True)
class IntakeSeller:
    """A seller as intake sees it; `warehouse_id` is where it is bound today, if anywhere."""

    id: int
    state: str
    warehouse_id: int | None


@dataclass(frozen=True, slots=True)
class IntakeNames:
    """What the names in orders stand for; a name that is missing here stands for nothing.

    `sellers` by (marketplace, code): two marketplaces may use the same code. `skus`: id and whether
    semi-managed of a listed SKU, by (seller id, code).
    """

    sellers: dict[tuple[str, str], IntakeSeller]
    skus: dict[tuple[int, str], tuple[int, bool]]


def intake_names(lines: Iterable[tuple[str, str, str]]) -> IntakeNames:
    """Look up the sellers and SKUs of order lines, named by (marketplace, seller code, SKU code)."""
    names = IntakeNames({}, {})
    for mkt, code, seller, state, warehouse, sku, sku_id, is_semi in fetch_rows(
        """
        SELECT k.mkt, k.code, s.id, s.programme_state, b.warehouse_id, k.sku, g.id, g.semi_managed
        FROM unnest(%s::text[], %s::text[], %s::text[]) AS k(mkt, code, sku)
        JOIN parties_seller s ON s.marketplace = k.mkt AND s.code = k.code
        LEFT JOIN parties_binding b ON b.seller_id = s.id AND b.unbound_at IS NULL
        LEFT JOIN catalog_sku g ON g.seller_id = s.id AND g.code = k.sku AND g.delisted_at IS NULL
        """,
        columns_of(sorted(set(lines)), 3),
    ):
        names.sellers[mkt, code] = IntakeSeller(seller, state, warehouse)
        if sku_id is not None:
            names.skus[seller, sku] = sku_id, is_semi
    return names


def known_orders(keys: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], tuple[int, str, str]]:
    """Stored orders by (seller code, marketplace, external id): id, route and current reason."""
    asked = sorted(keys)
    if not asked:
        return {}
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
            columns_of(asked, 3),
        )
    }


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
