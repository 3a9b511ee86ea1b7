"""What is in the cartons, what differed when counted, and what is on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bantuo.apps.sql import fetch_rows
from bantuo.apps.warehouse.models import CartonLine, Discrepancy


def expected_lines(shipment_ids: Sequence[int]) -> list[CartonLine]:
    """What the dock is to count of these shipments: carton lines with carton and SKU, in order."""
    lines = CartonLine.objects.filter(carton__shipment_id__in=shipment_ids)
    return list(lines.select_related("carton", "sku").order_by("carton__shipment_id", "carton_id", "id"))


def discrepancies(seller_id: int) -> list[Discrepancy]:
    """Where counts of a seller's shipments differed from what was announced, latest first."""
    found = Discrepancy.objects.filter(seller_id=seller_id)
    return list(
        found.select_related("carton_line__sku", "carton_line__carton__shipment").order_by("-found_at", "-id")
    )


@dataclass(frozen=True, slots=True)
class InboundPosition:
    """One SKU × warehouse: pieces on the shelf, and announced pieces not yet counted in."""

    sku: str
    warehouse: str
    on_hand: int
    on_hand_reserved: int
    jit_pieces: int
    stock_up_pieces: int


def on_the_way(seller_id: int) -> list[InboundPosition]:
    """A seller's stock on hand and on the way, by SKU and warehouse."""
    return [
        InboundPosition(*r)
        for r in fetch_rows(
            """
            SELECT k.code, w.code, b.on_hand, b.on_hand_reserved, COALESCE(c.jit, 0), COALESCE(c.stock_up, 0)
            FROM stock_balance b JOIN catalog_sku k ON k.id = b.sku_id
            JOIN parties_warehouse w ON w.id = b.warehouse_id
            LEFT JOIN (
                SELECT c.sku_id, s.warehouse_id,
                       sum(c.expected) FILTER (WHERE c.kind = 'jit')::int AS jit,
                       sum(c.expected) FILTER (WHERE c.kind = 'stock_up')::int AS stock_up
                FROM warehouse_shipment s JOIN warehouse_carton k ON k.shipment_id = s.id
                JOIN warehouse_cartonline c ON c.carton_id = k.id
                WHERE s.seller_id = %s AND s.received_at IS NULL
                GROUP BY c.sku_id, s.warehouse_id
            ) c ON c.sku_id = b.sku_id AND c.warehouse_id = b.warehouse_id
            WHERE b.seller_id = %s ORDER BY k.code, w.code
            """,
            [seller_id, seller_id],
        )
    ]


@dataclass(frozen=True, slots=True)
class InboundShipment:
    """A shipment of a seller to a warehouse, with how much it holds."""

    id: int
    code: str
    kind: str
    warehouse: str
    notified_at: datetime
    due_at: datetime
    received_at: datetime | None
    in_time: bool | None
    cartons: int
    pieces: int


def shipments_of(
    seller_id: int, *, after_id: int = 0, limit: int = 100, open_only: bool = False
) -> list[InboundShipment]:
    """A page of a seller's shipments to warehouses by id; only those on the way, if asked."""
    return [
        InboundShipment(*r)
        for r in fetch_rows(
            """
            SELECT s.id, s.code, s.kind, w.code, s.notified_at, s.due_at, s.received_at, s.in_time,
                   c.cartons, c.pieces
            FROM warehouse_shipment s JOIN parties_warehouse w ON w.id = s.warehouse_id
            CROSS JOIN LATERAL (SELECT count(*)::int AS cartons, COALESCE(sum(pieces), 0)::int AS pieces
                                FROM warehouse_carton WHERE shipment_id = s.id) c
            WHERE s.seller_id = %s AND s.id > %s AND (NOT %s OR s.received_at IS NULL)
            ORDER BY s.id LIMIT %s
            """,
            [seller_id, after_id, open_only, limit],
        )
    ]
