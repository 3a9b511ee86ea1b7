"""A seller's stock by SKU × warehouse, page by page, for every door that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bantuo.apps.sql import fetch_rows


@dataclass(frozen=True, slots=True)
class StockPosition:
    """One SKU × warehouse. `id` is the place to go on from; `sellable` counts both pools.

    `on_the_way`: announced by the seller and not yet counted in at the warehouse.
    """

    id: int
    sku: str
    warehouse: str
    declared: int
    declared_reserved: int
    on_hand: int
    on_hand_reserved: int
    safety: int
    sequence: int
    stated_on: date | None
    stated_first_at: datetime | None
    on_the_way: int

    @property
    def sellable(self) -> int:
        """What can still be promised: what is free on the shelf and of the seller's word above the safety."""
        declared = max(self.declared - self.declared_reserved - self.safety, 0)
        return self.on_hand - self.on_hand_reserved + declared


def stock_of(
    seller_id: int, *, after_id: int = 0, limit: int = 100, skus: Sequence[str] | None = None
) -> list[StockPosition]:
    """The next positions of a seller after one, in the order of their ids; of some SKU codes only, or of all.

    Announced shipments are looked up for the rows of the page alone.
    """
    rows = fetch_rows(
        """
        WITH page AS MATERIALIZED (
            SELECT b.*, k.code AS sku, w.code AS warehouse
            FROM stock_balance b JOIN catalog_sku k ON k.id = b.sku_id
            JOIN parties_warehouse w ON w.id = b.warehouse_id
            WHERE b.seller_id = %s AND b.id > %s AND (%s::text[] IS NULL OR k.code = ANY(%s::text[]))
            ORDER BY b.id LIMIT %s
        ), coming AS (
            SELECT c.sku_id, s.warehouse_id, sum(c.expected)::int AS pieces
            FROM warehouse_shipment s JOIN warehouse_carton t ON t.shipment_id = s.id
            JOIN warehouse_cartonline c ON c.carton_id = t.id
            WHERE s.seller_id = %s AND s.received_at IS NULL
            GROUP BY c.sku_id, s.warehouse_id
        )
        SELECT p.id, p.sku, p.warehouse, p.declared, p.declared_reserved, p.on_hand, p.on_hand_reserved,
               p.safety, p.sequence, p.stated_on, p.stated_first_at, COALESCE(c.pieces, 0)
        FROM page p LEFT JOIN coming c ON c.sku_id = p.sku_id AND c.warehouse_id = p.warehouse_id
        ORDER BY p.id
        """,
        [seller_id, after_id, *[None if skus is None else list(skus)] * 2, limit, seller_id],
    )
    return [StockPosition(*row) for row in rows]
