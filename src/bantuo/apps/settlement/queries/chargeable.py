"""The facts that an order's charge rests on, read in one statement for a whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bantuo.apps.sql import fetch_rows


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """One order that is due to be charged; what is None is missing and keeps it from being priced."""

    order_id: int
    seller_id: int
    rated_on: date
    state: str
    delivered_at: datetime | None
    handed_over_at: datetime | None
    closed_at: datetime | None
    receipts: dict[str, int]
    estimated: dict[str, int] | None
    services: dict[str, int]
    measured: dict[str, int] | None
    carton_pieces: int | None
    binding: dict[str, Any] | None


_CHARGEABLE = """
    SELECT o.id, o.seller_id, o.business_date, o.state, o.delivered_at, o.handed_over_at, o.closed_at,
           o.goods_fen, o.freight_fen, o.merchant_coupon_fen, COALESCE(a.refunds_fen, 0),
           l.weight_g, l.volume_mm3, l.items, l.label, l.photo_qc,
           p.weight_g, p.length_mm, p.width_mm, p.height_mm, p.carton_pieces,
           b.id, b.distance_m, b.distance_evidence
    FROM orders_order o
    LEFT JOIN (
        SELECT l.order_id, sum(k.weight_g::bigint * l.quantity)::bigint AS weight_g,
               sum(k.length_mm::bigint * k.width_mm * k.height_mm * l.quantity)::bigint AS volume_mm3,
               sum(l.quantity)::bigint AS items, max(k.label::int) AS label, max(k.photo_qc::int) AS photo_qc
        FROM orders_orderline l JOIN catalog_sku k ON k.id = l.sku_id
        WHERE l.order_id = ANY(%(ids)s) GROUP BY l.order_id
    ) l ON l.order_id = o.id
    LEFT JOIN (
        SELECT order_id, sum(refund_fen)::bigint AS refunds_fen FROM aftersales_aftersale
        WHERE order_id = ANY(%(ids)s) GROUP BY order_id
    ) a ON a.order_id = o.id
    LEFT JOIN warehouse_parcel p ON p.order_id = o.id
    LEFT JOIN LATERAL (
        SELECT b.id, b.distance_m, b.distance_evidence FROM parties_binding b
        WHERE b.seller_id = o.seller_id AND b.warehouse_id = o.warehouse_id
        ORDER BY b.bound_at > o.placed_at, CASE WHEN b.bound_at > o.placed_at THEN b.bound_at END,
                 b.bound_at DESC
        LIMIT 1
    ) b ON TRUE
    WHERE o.id = ANY(%(ids)s) AND o.route = 'semi' AND o.state = ANY(%(states)s)
        AND NOT EXISTS (SELECT 1 FROM settlement_charge c
                        WHERE c.seller_id = o.seller_id AND c.order_id = o.id AND c.kind = 'order')
    ORDER BY o.id
"""


def chargeable_orders(order_ids: Sequence[int], *, states: Sequence[str]) -> list[OrderFacts]:
    """The orders of the programme among these, in one of the states and without a charge.

    Distance: the binding to the order's warehouse that stood when the order was placed.
    Ticked services: as on any SKU of the order. Refunds: all decided so far.
    """
    rows = fetch_rows(_CHARGEABLE, {"ids": list(order_ids), "states": list(states)})
    return [_facts(row) for row in rows]


def _facts(row: tuple[Any, ...]) -> OrderFacts:
    order_id, seller_id, rated_on, state, delivered_at, handed_over_at, closed_at, *rest = row
    goods, freight, coupon, refunds, weight, volume, items, label, photo, *rest = rest
    parcel_weight, length, width, height, pieces, binding_id, distance, evidence = rest
    sides = {"length_mm": length, "width_mm": width, "height_mm": height}
    return OrderFacts(
        order_id=order_id,
        seller_id=seller_id,
        rated_on=rated_on,
        state=state,
        delivered_at=delivered_at,
        handed_over_at=handed_over_at,
        closed_at=closed_at,
        receipts={"goods": goods, "freight": freight, "merchant_coupon": coupon, "refunds": refunds},
        estimated=None if weight is None else {"weight_g": weight, "volume_mm3": volume},
        services={"label": label or 0, "photo_qc": photo or 0, "items": items or 0},
        measured=None if pieces is None else {"weight_g": parcel_weight, **sides},
        carton_pieces=pieces,
        binding=None
        if binding_id is None
        else {"binding_id": binding_id, "distance_m": distance, "evidence": evidence},
    )
