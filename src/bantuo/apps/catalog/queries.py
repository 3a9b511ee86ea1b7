"""What may be listed and what is: the admission list, the SKUs, open price alerts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from bantuo.apps.catalog.models import AdmittedCategory, CategoryList, ListingRefusal, PriceAlert
from bantuo.apps.sql import fetch_rows


def admitted_categories(on: date) -> frozenset[str]:
    """The categories of the list in force on a day (ELG-6); none before the first import."""
    in_force = CategoryList.objects.filter(valid_from__lte=on).order_by("-valid_from").first()
    found = AdmittedCategory.objects.filter(category_list=in_force) if in_force else ()
    return frozenset(entry.code for entry in found)


def listed_skus(seller_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """The id of every SKU that is listed, by seller and code."""
    return {
        (seller, code): sku
        for seller, code, sku in fetch_rows(
            """
            SELECT seller_id, code, id FROM catalog_sku
            WHERE seller_id = ANY(%s) AND delisted_at IS NULL ORDER BY seller_id, code
            """,
            [list(seller_ids)],
        )
    }


def open_price_alerts(seller_id: int) -> list[PriceAlert]:
    """SKUs of a seller whose exclusive price is above its share now (PRC-1), latest first."""
    alerts = PriceAlert.objects.filter(seller_id=seller_id, cleared_at__isnull=True)
    return list(alerts.select_related("sku").order_by("-raised_at", "-id"))


def price_history(sku_id: int) -> list[dict[str, Any]]:
    """Both prices of a SKU over time, first to last: kind, old and new fen, when and by whom."""
    rows = fetch_rows(
        """
        SELECT kind, old_fen, new_fen, changed_at, actor FROM catalog_pricechange
        WHERE sku_id = %s ORDER BY changed_at, id
        """,
        [sku_id],
    )
    return [
        dict(zip(("kind", "old_fen", "new_fen", "changed_at", "actor"), row, strict=True)) for row in rows
    ]


def listing_refusals(seller_id: int) -> list[ListingRefusal]:
    """What of a seller's goods was not listed, and why, by SKU."""
    return list(ListingRefusal.objects.filter(seller_id=seller_id).order_by("code", "id"))
