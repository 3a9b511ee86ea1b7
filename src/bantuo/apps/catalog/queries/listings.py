"""What a seller has listed: SKUs and products page by page, prices over time, alerts and findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from bantuo.apps.catalog.models import (
    ListingChange,
    ListingDefaults,
    ListingRefusal,
    PriceAlert,
    PriceChange,
    Product,
    Sku,
)
from bantuo.apps.sql import fetch_rows

PAGE_MAX = 1_000
HISTORY_MAX = 200
_PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class ListedSku:
    """A SKU as those outside see it. `delisted_at` None: on sale; `has_alert`: PRC-1, now."""

    id: int
    code: str
    product_code: str
    title: str
    category: str
    semi_managed: bool
    fully_managed: bool
    ordinary_fen: int
    exclusive_fen: int | None
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    markets: tuple[str, ...]
    hs_code: str
    customs_name: str
    item_code: str
    label: bool
    photo_qc: bool
    listed_at: datetime
    delisted_at: datetime | None
    changed_at: datetime
    has_alert: bool

    @property
    def state(self) -> str:
        """On sale or not."""
        return "listed" if self.delisted_at is None else "delisted"


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A product as those outside see it. `skus`: the codes of all its SKUs, on sale or not."""

    id: int
    code: str
    title: str
    category: str
    apparel: bool
    fully_managed: bool
    attributes: dict[str, str]
    attributes_required: int
    attributes_missing: int
    images: tuple[str, ...]
    video: str
    size_chart: Any
    created_at: datetime
    changed_at: datetime
    skus: tuple[str, ...]


def skus_of(
    seller_id: int,
    *,
    after_id: int = 0,
    limit: int = 100,
    codes: Sequence[str] | None = None,
    changed_since: datetime | None = None,
) -> list[ListedSku]:
    """A page of a seller's SKUs, on sale or not, by id; two queries whatever the page holds."""
    found = Sku.objects.filter(seller_id=seller_id, pk__gt=after_id).select_related("product")
    if codes is not None:
        found = found.filter(code__in=list(codes))
    if changed_since is not None:
        found = found.filter(changed_at__gte=changed_since)
    page = list(found.order_by("id")[: min(limit, PAGE_MAX)])
    alerted = set(
        PriceAlert.objects.filter(
            seller_id=seller_id, sku_id__in=[sku.pk for sku in page], cleared_at__isnull=True
        ).values_list("sku_id", flat=True)
    )
    return [_listed_sku(sku, has_alert=sku.pk in alerted) for sku in page]


def _listed_sku(sku: Sku, *, has_alert: bool) -> ListedSku:
    product = sku.product
    return ListedSku(
        id=sku.pk,
        code=sku.code,
        product_code=product.code,
        title=product.title,
        category=product.category,
        semi_managed=sku.semi_managed,
        fully_managed=product.fully_managed,
        ordinary_fen=sku.ordinary_fen,
        exclusive_fen=sku.exclusive_fen,
        weight_g=sku.weight_g,
        length_mm=sku.length_mm,
        width_mm=sku.width_mm,
        height_mm=sku.height_mm,
        markets=tuple(sku.markets),
        hs_code=sku.hs_code,
        customs_name=sku.customs_name,
        item_code=sku.item_code,
        label=sku.label,
        photo_qc=sku.photo_qc,
        listed_at=sku.listed_at,
        delisted_at=sku.delisted_at,
        changed_at=sku.changed_at,
        has_alert=has_alert,
    )


def products_of(
    seller_id: int,
    *,
    after_id: int = 0,
    limit: int = 100,
    codes: Sequence[str] | None = None,
    changed_since: datetime | None = None,
) -> list[ListedProduct]:
    """A page of a seller's products by id, each with the codes of its SKUs; two queries."""
    found = Product.objects.filter(seller_id=seller_id, pk__gt=after_id)
    if codes is not None:
        found = found.filter(code__in=list(codes))
    if changed_since is not None:
        found = found.filter(changed_at__gte=changed_since)
    page = list(found.order_by("id")[: min(limit, PAGE_MAX)])
    skus: dict[int, list[str]] = {product.pk: [] for product in page}
    of_page = Sku.objects.filter(seller_id=seller_id, product_id__in=list(skus)).order_by("id")
    for product_id, code in of_page.values_list("product_id", "code"):
        skus[product_id].append(code)
    return [_listed_product(product, skus[product.pk]) for product in page]


def _listed_product(product: Product, skus: Sequence[str]) -> ListedProduct:
    return ListedProduct(
        id=product.pk,
        code=product.code,
        title=product.title,
        category=product.category,
        apparel=product.apparel,
        fully_managed=product.fully_managed,
        attributes=dict(product.attributes),
        attributes_required=product.attributes_required,
        attributes_missing=product.attributes_missing,
        images=tuple(product.images),
        video=product.video,
        size_chart=product.size_chart,
        created_at=product.created_at,
        changed_at=product.changed_at,
        skus=tuple(skus),
    )


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


def listing_history(seller_id: int, product_id: int) -> list[ListingChange | PriceChange]:
    """What changed of a product and its SKUs, prices included, latest first; the last two hundred."""
    of_product = ListingChange.objects.filter(seller_id=seller_id, product_id=product_id)
    of_prices = PriceChange.objects.filter(seller_id=seller_id, sku__product_id=product_id)
    changes: list[ListingChange | PriceChange] = [
        *of_product.select_related("sku").order_by("-id")[:HISTORY_MAX],
        *of_prices.select_related("sku").order_by("-id")[:HISTORY_MAX],
    ]
    return sorted(changes, key=lambda change: (change.changed_at, change.pk), reverse=True)[:HISTORY_MAX]


def incomplete_products(seller_id: int, *, missing_ppm_max: int = 0) -> QuerySet[Product]:
    """Products on sale that miss more of their required attributes than that (ELG-8, A-06: warn for all)."""
    return (
        Product.objects.filter(seller_id=seller_id, attributes_missing__gt=0)
        .filter(skus__delisted_at__isnull=True, skus__isnull=False)
        .annotate(missing_ppm=F("attributes_missing") * _PPM)
        .filter(missing_ppm__gt=F("attributes_required") * missing_ppm_max)
        .distinct()
        .order_by("-attributes_missing", "code")
    )


@dataclass(frozen=True, slots=True)
class RepeatedListing:
    """Goods that stand in the shop more often than ELG-10 allows."""

    key: str
    by: str  # item_code, title
    times: int
    codes: tuple[str, ...]


def repeated_listings(seller_id: int, *, times_max: int) -> list[RepeatedListing]:
    """Goods listed more often than allowed, a sign of brushing (ELG-10), the most repeated first.

    SKUs on sale of one item code are one thing listed so many times; without an item code, products
    of one category and title (whatever its case and blanks) are.
    """
    rows = fetch_rows(
        r"""
        SELECT s.item_code, 'item_code', count(*), array_agg(s.code ORDER BY s.code)
        FROM catalog_sku s
        WHERE s.seller_id = %s AND s.delisted_at IS NULL AND s.item_code <> ''
        GROUP BY s.item_code HAVING count(*) > %s
        UNION ALL
        SELECT min(p.title), 'title', count(*), array_agg(p.code ORDER BY p.code)
        FROM catalog_product p
        WHERE p.seller_id = %s AND p.title <> '' AND EXISTS (
            SELECT 1 FROM catalog_sku s
            WHERE s.product_id = p.id AND s.delisted_at IS NULL AND s.item_code = ''
        )
        GROUP BY p.category, lower(regexp_replace(p.title, '\s+', ' ', 'g')) HAVING count(*) > %s
        ORDER BY 3 DESC, 1
        """,
        [seller_id, times_max, seller_id, times_max],
    )
    return [RepeatedListing(key, by, times, tuple(codes)) for key, by, times, codes in rows]


@dataclass(frozen=True, slots=True)
class ListingCounts:
    """How a shop's listings stand, in figures."""

    listed: int
    semi_managed: int
    alerts: int
    delisted: int


def listing_counts(seller_id: int) -> ListingCounts:
    """SKUs on sale, those semi-managed, those with an open price alert, those off sale."""
    on_sale = Q(delisted_at__isnull=True)
    told = Sku.objects.filter(seller_id=seller_id).aggregate(
        listed=Count("pk", filter=on_sale),
        semi=Count("pk", filter=on_sale & Q(semi_managed=True)),
        delisted=Count("pk", filter=~on_sale),
    )
    alerts = PriceAlert.objects.filter(seller_id=seller_id, cleared_at__isnull=True).count()
    return ListingCounts(told["listed"], told["semi"], alerts, told["delisted"])


def listing_defaults(seller_id: int) -> tuple[bool, bool]:
    """Labelling and photo check as a seller ticks them for a SKU that does not say: neither at first."""
    held = ListingDefaults.objects.filter(seller_id=seller_id).first()
    return (held.label, held.photo_qc) if held else (False, False)
