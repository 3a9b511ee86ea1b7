"""A SKU with its product as plain values: what an import found, what it left, and how to put it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bantuo.apps.catalog.models import Sku
from bantuo.apps.catalog.operations.checks import NewSku
from bantuo.apps.catalog.operations.listing_rows import PRODUCT_FIELDS, SKU_FIELDS

_CONTENT = ("attributes", "images", "video", "fully_managed")
FIELDS = (*PRODUCT_FIELDS, *_CONTENT, *SKU_FIELDS)
Snapshot = dict[str, Any]


def snapshots(seller_id: int, codes: Iterable[str]) -> dict[str, Snapshot]:
    """By code, the SKUs that are known, on sale or not (`on_sale`)."""
    found = Sku.objects.filter(seller_id=seller_id, code__in=list(codes)).select_related("product")
    return {sku.code: snapshot(sku) for sku in found}


def snapshot(sku: Sku) -> Snapshot:
    """A SKU as JSON can keep it."""
    product = sku.product
    kept: Snapshot = {name: getattr(product, name) for name in (*PRODUCT_FIELDS, *_CONTENT)}
    kept |= {name: getattr(sku, name) for name in SKU_FIELDS}
    told = {"sku_code": sku.code, "product_code": product.code, "on_sale": sku.delisted_at is None}
    return kept | told


def row_of(kept: Mapping[str, Any], *, row: int, seller_id: int, sku_code: str) -> NewSku:
    """The values as a row to list."""
    values = {name: kept[name] for name in FIELDS}
    values["markets"] = tuple(values["markets"])
    values["images"] = None if values["images"] is None else tuple(values["images"])
    return NewSku(
        row=row, seller_id=seller_id, sku_code=sku_code, product_code=kept["product_code"], **values
    )
