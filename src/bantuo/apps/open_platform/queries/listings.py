"""A seller's listings page by page, as the protocol asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bantuo.apps.sql import fetch_rows

# What the seller's word still covers, and what was counted and is free.
_DECLARED = "GREATEST(b.declared - b.declared_reserved - b.safety, 0)"
_ON_HAND = "b.on_hand - b.on_hand_reserved"


@dataclass(frozen=True, slots=True)
class ProductQuery:
    """Which products are asked for; None asks for all."""

    product_id: int | None = None
    category: str | None = None
    changed_from: datetime | None = None
    changed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One product with its semi-managed SKUs taken together; prices are the exclusive ones."""

    product_id: int
    title: str
    image: str
    is_listed: bool
    price_fen_min: int
    price_fen_max: int
    sellable: int
    created_at: datetime
    changed_at: datetime


_FOUND = """
    FROM catalog_product p
    JOIN LATERAL (
        SELECT min(s.exclusive_fen) AS lowest, max(s.exclusive_fen) AS highest, max(s.changed_at) AS changed,
               bool_or(s.delisted_at IS NULL) AS listed
        FROM catalog_sku s WHERE s.product_id = p.id AND s.seller_id = p.seller_id AND s.semi_managed
    ) k ON k.lowest IS NOT NULL
    WHERE p.seller_id = %s AND (%s::bigint IS NULL OR p.id = %s) AND (%s::text IS NULL OR p.category = %s)
        AND (%s::timestamptz IS NULL OR GREATEST(p.changed_at, k.changed) >= %s)
        AND (%s::timestamptz IS NULL OR GREATEST(p.changed_at, k.changed) <= %s)
"""


def semi_managed_products(
    seller_id: int, asked: ProductQuery, *, page: int, size: int
) -> tuple[int, list[ProductRow]]:
    """How many products with semi-managed SKUs a seller has, and one page of them by id."""
    params: list[Any] = [seller_id]
    for value in (asked.product_id, asked.category, asked.changed_from, asked.changed_until):
        params += [value, value]
    total = fetch_rows(f"SELECT count(*) {_FOUND}", params)[0][0]
    rows = fetch_rows(
        f"""
        SELECT f.id, f.title, f.image, f.listed, f.lowest, f.highest,
               COALESCE((SELECT sum({_DECLARED} + {_ON_HAND})::bigint FROM stock_balance b
                         JOIN catalog_sku s ON s.id = b.sku_id AND s.seller_id = b.seller_id
                         WHERE s.product_id = f.id AND b.seller_id = f.seller_id), 0),
               f.created_at, f.changed
        FROM (SELECT p.id, p.seller_id, p.title, COALESCE(p.images[1], '') AS image, k.listed, k.lowest,
                     k.highest, p.created_at, GREATEST(p.changed_at, k.changed) AS changed
              {_FOUND} ORDER BY p.id LIMIT %s OFFSET %s) f
        ORDER BY f.id
        """,
        [*params, size, (page - 1) * size],
    )
    return total, [ProductRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class WarehouseStock:
    """What of a SKU can be sold from one warehouse: by the seller's word, and counted on the shelf."""

    code: str
    name: str
    kind: str
    sellable: int
    on_hand: int


@dataclass(slots=True)
class ListedSku:
    """A semi-managed SKU on sale with both prices and its measures."""

    sku_id: int
    code: str
    product_id: int
    ordinary_fen: int
    exclusive_fen: int
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    markets: list[str]
    stock: list[WarehouseStock] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A product with its semi-managed SKUs on sale."""

    product_id: int
    category: str
    title: str
    skus: list[ListedSku]


def listed_product(seller_id: int, product_id: int) -> ListedProduct | None:
    """One product of a seller; None where it is not the seller's, or nothing of it is semi-managed."""
    found = fetch_rows(
        "SELECT id, category, title FROM catalog_product WHERE seller_id = %s AND id = %s",
        [seller_id, product_id],
    )
    skus = _skus("s.product_id = %s", seller_id, product_id)
    if not found or not skus:
        return None
    by_id = {sku.sku_id: sku for sku in skus}
    for sku_id, *stock in fetch_rows(
        f"""
        SELECT b.sku_id, w.code, w.name_en, w.kind, {_DECLARED}, {_ON_HAND}
        FROM stock_balance b JOIN parties_warehouse w ON w.id = b.warehouse_id
        WHERE b.seller_id = %s AND b.sku_id = ANY(%s::bigint[]) ORDER BY b.sku_id, w.code
        """,
        [seller_id, list(by_id)],
    ):
        by_id[sku_id].stock.append(WarehouseStock(*stock))
    (row,) = found
    return ListedProduct(row[0], row[1], row[2], skus)


def listed_skus_of(seller_id: int, product_ids: Sequence[int]) -> list[ListedSku]:
    """The semi-managed SKUs on sale of these products, so far as they are the seller's."""
    return _skus("s.product_id = ANY(%s::bigint[])", seller_id, list(product_ids))


def _skus(condition: str, seller_id: int, value: object) -> list[ListedSku]:
    rows = fetch_rows(
        f"""
        SELECT s.id, s.code, s.product_id, s.ordinary_fen, s.exclusive_fen, s.weight_g, s.length_mm,
               s.width_mm, s.height_mm, s.markets
        FROM catalog_sku s
        WHERE s.seller_id = %s AND {condition} AND s.semi_managed AND s.delisted_at IS NULL ORDER BY s.id
        """,
        [seller_id, value],
    )
    return [ListedSku(*row) for row in rows]


def markets_of(seller_id: int) -> list[str]:
    """The countries that a seller's semi-managed SKUs are sold to."""
    rows = fetch_rows(
        """
        SELECT DISTINCT unnest(markets) FROM catalog_sku
        WHERE seller_id = %s AND semi_managed AND delisted_at IS NULL ORDER BY 1
        """,
        [seller_id],
    )
    return [row[0] for row in rows]
