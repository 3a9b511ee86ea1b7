"""Orders as they are shown: head, lines, current reason, shipments; and one order with its whole history."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bantuo.apps.sql import fetch_rows


@dataclass(frozen=True, slots=True)
class ListedLine:
    """One line; `shipped` counts the pieces that the seller has sent.

    `stated_on`: of what waits for the seller's word, the day it was last given for enough, as 2024-03-21.
    """

    id: int
    line_no: int
    sku: str
    product: str
    title: str
    quantity: int
    goods_fen: int
    freight_fen: int
    pool: str | None
    reserved: bool
    shipped: int
    stated_on: str | None


@dataclass(frozen=True, slots=True)
class ListedShipment:
    """What a seller sent: carrier, number, and pieces by line number."""

    id: int
    carrier: str
    number: str
    url: str
    shipped_at: datetime
    actor: str
    replaced_at: datetime | None
    pieces: dict[int, int]


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """An order as a list shows it.

    `to_ship_since`: since when the seller has it to ship; `changed_at`: its last event.
    `cancel_by`: an open cancel request is to be answered by then.
    """

    id: int
    seller_id: int
    seller: str
    seller_name: str
    marketplace: str
    external_id: str
    part: int
    placed_at: datetime
    business_date: date
    destination: str
    goods_fen: int
    freight_fen: int
    merchant_coupon_fen: int
    route: str
    state: str
    warehouse: str | None
    released_at: datetime | None
    packed_at: datetime | None
    handed_over_at: datetime | None
    delivered_at: datetime | None
    closed_at: datetime | None
    reason: str
    rule: str
    decided_at: datetime
    changed_at: datetime
    to_ship_since: datetime | None
    cancel_id: int | None
    cancel_by: datetime | None
    oaid: str
    country: str
    region: str
    name_masked: str
    phone_masked: str
    lines: list[ListedLine] = field(default_factory=list)
    shipments: list[ListedShipment] = field(default_factory=list)

    @property
    def receipts_fen(self) -> int:
        return self.goods_fen + self.freight_fen - self.merchant_coupon_fen

    @property
    def pieces(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def is_shipped_in_part(self) -> bool:
        return self.state == "to_ship" and any(line.shipped for line in self.lines)


_ROWS = """
    SELECT o.id, o.seller_id, s.code, s.name, o.marketplace, o.external_id, o.part, o.placed_at,
           o.business_date, o.destination, o.goods_fen, o.freight_fen, o.merchant_coupon_fen, o.route,
           o.state, w.code, o.released_at, o.packed_at, o.handed_over_at, o.delivered_at, o.closed_at,
           COALESCE(d.reason, ''), COALESCE(d.rule, ''), COALESCE(d.decided_at, o.placed_at),
           COALESCE(e.changed_at, o.placed_at), e.to_ship_since, c.id, c.answer_by, COALESCE(r.oaid, ''),
           COALESCE(r.country, ''), COALESCE(r.region, ''), COALESCE(r.name_masked, ''),
           COALESCE(r.phone_masked, ''), l.lines::text, h.shipments::text
    FROM orders_order o
    JOIN parties_seller s ON s.id = o.seller_id
    LEFT JOIN parties_warehouse w ON w.id = o.warehouse_id
    LEFT JOIN LATERAL (SELECT reason, rule, decided_at FROM orders_routingdecision
                       WHERE order_id = o.id ORDER BY id DESC LIMIT 1) d ON TRUE
    LEFT JOIN LATERAL (SELECT max(happened_at) AS changed_at,
                              max(happened_at) FILTER (WHERE state = 'to_ship') AS to_ship_since
                       FROM orders_orderevent WHERE order_id = o.id) e ON TRUE
    LEFT JOIN orders_cancelrequest c ON c.order_id = o.id AND c.answer = ''
    LEFT JOIN orders_order f ON f.seller_id = o.seller_id AND f.marketplace = o.marketplace
        AND f.external_id = o.external_id AND f.part = 0
    LEFT JOIN orders_orderrecipient r ON r.seller_id = o.seller_id AND r.order_id = f.id
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_array(
            l.id, l.line_no, k.code, p.code, p.title, l.quantity, l.goods_fen, l.freight_fen, l.pool,
            l.reserved,
            COALESCE((SELECT sum(i.quantity) FROM orders_shipmentline i
                      JOIN orders_shipment h ON h.id = i.shipment_id AND h.replaced_at IS NULL
                      WHERE i.order_line_id = l.id), 0),
            CASE WHEN o.state = 'reserved' AND l.pool = 'declared' THEN (
                SELECT b.stated_on FROM stock_balance b WHERE b.seller_id = l.seller_id
                    AND b.sku_id = l.sku_id AND b.warehouse_id = o.warehouse_id
                    AND b.declared >= b.declared_reserved) END
            ) ORDER BY l.line_no) AS lines
        FROM orders_orderline l JOIN catalog_sku k ON k.id = l.sku_id
        JOIN catalog_product p ON p.id = k.product_id WHERE l.order_id = o.id) l ON TRUE
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_array(
            h.id, h.carrier, h.number, h.url, h.shipped_at, h.actor, h.replaced_at,
            (SELECT jsonb_object_agg(n.line_no, i.quantity) FROM orders_shipmentline i
             JOIN orders_orderline n ON n.id = i.order_line_id WHERE i.shipment_id = h.id))
            ORDER BY h.id) AS shipments
        FROM orders_shipment h WHERE h.order_id = o.id AND o.route = 'self') h ON TRUE
    WHERE o.id = ANY(%s::bigint[])
"""


def orders_by_id(ids: Sequence[int]) -> list[ListedOrder]:
    """These orders with lines and shipments, in the order of the ids; one statement."""
    if not ids:
        return []
    found = {r[0]: _row(*r) for r in fetch_rows(_ROWS, [list(ids)])}
    return [found[order] for order in ids if order in found]


def _row(*row: Any) -> ListedOrder:
    *head, lines, shipments = row
    shown = [ListedLine(*line) for line in json.loads(lines or "[]")]
    return ListedOrder(*(*head, shown, [_shipment(*told) for told in json.loads(shipments or "[]")]))


def _shipment(*told: Any) -> ListedShipment:
    number, carrier, code, url, shipped_at, actor, replaced_at, pieces = told
    return ListedShipment(
        number, carrier, code, url, datetime.fromisoformat(shipped_at), actor,
        datetime.fromisoformat(replaced_at) if replaced_at else None,
        {int(no): count for no, count in sorted((pieces or {}).items())},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """Why an order took a route, as it was decided."""

    at: datetime
    route: str
    reason: str
    rule: str
    policy: str
    line_no: int | None
    by: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of an order's timeline."""

    at: datetime
    state: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """A request to cancel and what was answered; `lines` empty: all of it."""

    id: int
    reference: str
    lines: dict[str, int]
    responsible: str
    reason: str
    asked_by: str
    asked_at: datetime
    answer_by: datetime | None
    answer: str
    answer_reason: str
    answered_by: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """One order with everything that was decided and that happened, oldest first; `parts`: all its parts."""

    order: ListedOrder
    decisions: list[Decision]
    events: list[Happened]
    cancels: list[CancelAsked]
    parts: list[ListedOrder]


def order_detail(seller_id: int | None, order_id: int) -> OrderDetail | None:
    """One order of a seller (None: of any); None where that seller has no such order."""
    found = orders_by_id([order_id])
    if not found or (seller_id is not None and found[0].seller_id != seller_id):
        return None
    order = found[0]
    return OrderDetail(
        order, _decisions(order_id), _events(order_id), _cancels(order_id), orders_by_id(_parts(order))
    )


def order_named(seller_id: int, external_id: str, *, part: int = 0) -> int | None:
    """The id of a seller's order by its marketplace id."""
    if "\x00" in external_id:
        return None
    rows = fetch_rows(
        """
        SELECT o.id FROM parties_seller s JOIN orders_order o ON o.seller_id = s.id
            AND o.marketplace = s.marketplace
        WHERE s.id = %s AND o.external_id = %s AND o.part = %s
        """,
        [seller_id, external_id, part],
    )
    return rows[0][0] if rows else None


def _parts(order: ListedOrder) -> list[int]:
    rows = fetch_rows(
        "SELECT id FROM orders_order WHERE seller_id = %s AND marketplace = %s AND external_id = %s"
        " ORDER BY part",
        [order.seller_id, order.marketplace, order.external_id],
    )
    return [r[0] for r in rows]


def _decisions(order_id: int) -> list[Decision]:
    return [
        Decision(*(*r[:-1], json.loads(r[-1])))
        for r in fetch_rows(
            """
            SELECT decided_at, route, reason, rule, policy_version, line_no, actor, detail::text
            FROM orders_routingdecision WHERE order_id = %s ORDER BY id
            """,
            [order_id],
        )
    ]


def _events(order_id: int) -> list[Happened]:
    query = "SELECT happened_at, state, reason, actor FROM orders_orderevent WHERE order_id = %s ORDER BY id"
    return [Happened(*r) for r in fetch_rows(query, [order_id])]


def _cancels(order_id: int) -> list[CancelAsked]:
    return [
        CancelAsked(r[0], r[1], json.loads(r[2]), *r[3:])
        for r in fetch_rows(
            """
            SELECT id, reference, lines::text, responsible, reason, asked_by, asked_at, answer_by, answer,
                   answer_reason, answered_by, answered_at
            FROM orders_cancelrequest WHERE order_id = %s ORDER BY id
            """,
            [order_id],
        )
    ]


def own_orders_named(seller_id: int, names: Iterable[str]) -> dict[str, list[tuple[int, int, str]]]:
    """Orders that the seller ships itself, by marketplace id: (id, part, state) of each part."""
    found: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for name, order, part, state in fetch_rows(
        """
        SELECT o.external_id, o.id, o.part, o.state FROM orders_order o
        JOIN parties_seller s ON s.id = o.seller_id AND s.marketplace = o.marketplace
        WHERE o.seller_id = %s AND o.external_id = ANY(%s) AND o.route = 'self' ORDER BY o.external_id, o.part
        """,
        [seller_id, sorted(name for name in set(names) if "\x00" not in name)],
    ):
        found[name].append((order, part, state))
    return dict(found)
