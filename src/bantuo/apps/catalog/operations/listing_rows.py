"""Write products and SKUs as the rows state them, and keep what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bantuo.apps.catalog.models import ListingChange, Product, Sku
from bantuo.apps.catalog.operations.checks import NewSku
from bantuo.apps.catalog.operations.contents import CONTENT_FIELDS, Asked, Contents
from bantuo.apps.catalog.operations.prices import Priced
from bantuo.apps.catalog.operations.requests import ask_operator
from bantuo.apps.events.operations import emit_events

Key = tuple[int, str]  # seller id and code

PRODUCT_FIELDS = ("category", "title", "apparel", "size_chart", "attributes_required", "attributes_missing")
SKU_FIELDS = (
    "semi_managed",
    "ordinary_fen",
    "exclusive_fen",
    "weight_g",
    "length_mm",
    "width_mm",
    "height_mm",
    "hs_code",
    "customs_name",
    "markets",
    "label",
    "photo_qc",
    "item_code",
)
BATCH = 2_000
_SHOWN_MAX = 2_000


def write_products(
    rows: Sequence[NewSku], *, contents: Contents, now: datetime, actor: str
) -> dict[Key, int]:
    """New and changed products written; the id of each. The last row of a product speaks for it."""
    wanted = {(row.seller_id, row.product_code): row for row in rows}
    held = _held_products(wanted)
    fresh, asked = list[Product](), list[tuple[Product, Asked]]()
    changes = list[ListingChange]()
    for key, row in sorted(wanted.items()):
        before = held.get(key)
        values, of_operator = contents.values(row, before)
        values |= {name: getattr(row, name) for name in PRODUCT_FIELDS}
        asked.extend((before, change) for change in of_operator if before is not None)
        if before is None or _differs(values, before):
            fresh.append(Product(seller_id=key[0], code=key[1], created_at=now, changed_at=now, **values))
        if before is not None:
            changes.extend(_changes(values, before, product=before, sku=None, now=now, actor=actor))
    Product.objects.bulk_create(
        fresh,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["seller", "code"],
        update_fields=(*PRODUCT_FIELDS, *CONTENT_FIELDS, "changed_at"),
    )
    ListingChange.objects.bulk_create(changes, batch_size=BATCH)
    ask_operator(asked, now=now, actor=actor)
    return {key: product.pk for key, product in held.items()} | {
        (product.seller_id, product.code): product.pk for product in fresh
    }


def _held_products(wanted: Mapping[Key, NewSku]) -> dict[Key, Product]:
    found = Product.objects.filter(
        seller_id__in={seller for seller, _ in wanted}, code__in={code for _, code in wanted}
    )
    return {(product.seller_id, product.code): product for product in found}


def write_skus(
    rows: Sequence[NewSku],
    products: Mapping[Key, int],
    *,
    held: Mapping[Key, Sku],
    now: datetime,
    actor: str,
) -> list[Priced]:
    """New and changed SKUs written; each with its prices now and before."""
    fresh, changes = list[Sku](), list[ListingChange]()
    for row in sorted(rows, key=lambda row: (row.seller_id, row.sku_code)):
        before = held.get((row.seller_id, row.sku_code))
        values = {name: sku_value(row, name) for name in SKU_FIELDS}
        if before is not None and before.delisted_at is None and not _differs(values, before):
            continue
        product = products[row.seller_id, row.product_code]
        fresh.append(
            Sku(
                seller_id=row.seller_id,
                product_id=product,
                code=row.sku_code,
                listed_at=now,
                delisted_at=None,
                changed_at=now,
                **values,
            )
        )
        if before is not None:
            changes.extend(_changes(values, before, product=before.product, sku=before, now=now, actor=actor))
    Sku.objects.bulk_create(
        fresh,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["seller", "code"],
        update_fields=(*SKU_FIELDS, "delisted_at", "changed_at"),
    )
    ListingChange.objects.bulk_create(changes, batch_size=BATCH)
    emit_events(
        "catalog.sku_listed",
        [(sku.seller_id, f"sku:{sku.pk}", {"code": sku.code, "by": actor}) for sku in fresh],
        at=now,
    )
    return [_priced(sku, held.get((sku.seller_id, sku.code))) for sku in fresh]


def sku_value(row: NewSku, name: str) -> object:
    """A field of the row as the table keeps it."""
    return list(row.markets) if name == "markets" else getattr(row, name)


def _differs(values: Mapping[str, Any], held: Product | Sku) -> bool:
    return any(value != getattr(held, name) for name, value in values.items())


def _changes(
    values: Mapping[str, Any],
    before: Product | Sku,
    *,
    product: Product,
    sku: Sku | None,
    now: datetime,
    actor: str,
) -> Iterator[ListingChange]:
    """What is another now, prices apart: they have a history of their own."""
    for name, value in values.items():
        old = getattr(before, name)
        if name.endswith("_fen") or value == old:
            continue
        yield ListingChange(
            seller_id=before.seller_id,
            product=product,
            sku=sku,
            field=name,
            old=_told(old),
            new=_told(value),
            changed_at=now,
            actor=actor,
        )


def _told(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text[:_SHOWN_MAX]


def _priced(sku: Sku, before: Sku | None) -> Priced:
    return Priced(
        seller_id=sku.seller_id,
        sku_id=sku.pk,
        ordinary_fen=sku.ordinary_fen,
        exclusive_fen=sku.exclusive_fen,
        old_ordinary_fen=before.ordinary_fen if before else None,
        old_exclusive_fen=before.exclusive_fen if before else None,
        semi_managed=sku.semi_managed,
    )
