"""An active shop with listings, on the business date of today, as the pages see it."""

from __future__ import annotations

from typing import Any

from bantuo.apps.catalog.models import Sku
from bantuo.apps.catalog.operations import NewSku, list_skus
from bantuo.apps.parties.models import Seller
from bantuo.interfaces.web.programme import programme_now
from tests.apps import factories as make


def open_active_shop(code: str = "S1") -> Seller:
    """A seller whom the programme serves, bound to the Yiwu warehouse 250 km away."""
    make.make_categories()
    (seller,) = make.make_active_sellers(code)
    return Seller.objects.get(pk=seller)


def list_lamps(seller: Seller, *codes: str, **changed: Any) -> list[Sku]:
    """Lamps on sale, each a product of its own."""
    rows = [make.new_sku(seller.pk, code, row=at, **changed) for at, code in enumerate(codes, start=1)]
    return list_rows(seller, *rows)


def list_rows(seller: Seller, *rows: NewSku) -> list[Sku]:
    """These rows on sale."""
    programme = programme_now()
    done = list_skus(rows, book=programme.book, on=programme.on, now=programme.now, actor="user:1")
    assert done.refused == []
    found = {sku.code: sku for sku in Sku.objects.filter(seller=seller).select_related("product")}
    return [found[row.sku_code] for row in rows]
