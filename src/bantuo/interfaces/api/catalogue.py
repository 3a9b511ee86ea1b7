"""Products, SKUs and prices: read, listed, delisted, changed."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from ninja import Path, Query, Router

from bantuo.apps.catalog.operations import (
    NewPrices,
    NewSku,
    SkuToDelist,
    change_prices,
    delist_skus,
    list_skus,
)
from bantuo.apps.catalog.queries import ListedProduct, ListedSku, products_of, skus_of
from bantuo.apps.integrations.scopes import Scope
from bantuo.apps.parties.operations import lock_sellers
from bantuo.interfaces.api.application import CallerRequest, NeedsScope
from bantuo.interfaces.api.cursors import page_of
from bantuo.interfaces.api.etags import check_if_match, etag_of
from bantuo.interfaces.api.problems import field_error, invalid, not_found, shown
from bantuo.interfaces.api.schemas import (
    Code,
    Cursor,
    DelistingIn,
    DelistingOut,
    Instant,
    Limit,
    ListingIn,
    ListingOut,
    PricesIn,
    PricesOut,
    ProductOut,
    ProductPage,
    SkuIn,
    SkuOut,
    SkuPage,
    SkuPatch,
)
from bantuo.interfaces.web.programme import programme_now

router = Router(tags=["products"])
_READS = NeedsScope(Scope.PRODUCTS_READ)
_WRITES = NeedsScope(Scope.PRODUCTS_WRITE)
_PRICES = NeedsScope(Scope.PRICES_WRITE)


@router.get("/products", response=ProductPage, auth=_READS, operation_id="listProducts")
def list_products(
    request: CallerRequest,
    *,
    code: Query[list[Code] | None] = None,
    changed_since: Instant | None = None,
    cursor: Cursor | None = None,
    limit: Limit = 100,
) -> Any:
    """Products with their attributes, pictures and SKU codes."""
    seller = request.auth.seller

    def read(after: int, most: int) -> list[ListedProduct]:
        return products_of(seller, after_id=after, limit=most, codes=code, changed_since=changed_since)

    return page_of(read, cursor=cursor, limit=limit, of="products", key=lambda row: row.id)


@router.get("/products/{path:product}", response=ProductOut, auth=_READS, operation_id="getProduct")
def show_product(request: CallerRequest, product: Path[Code]) -> Any:
    """One product by its code."""
    found = products_of(request.auth.seller, codes=[product], limit=1)
    if not found:
        raise not_found(f"product {shown(product)}")
    return found[0]


@router.get("/skus", response=SkuPage, auth=_READS, operation_id="listSkus")
def list_of_skus(
    request: CallerRequest,
    *,
    code: Query[list[Code] | None] = None,
    changed_since: Instant | None = None,
    cursor: Cursor | None = None,
    limit: Limit = 100,
) -> Any:
    """SKUs with both prices, weight, size and markets; delisted ones as well."""
    seller = request.auth.seller

    def read(after: int, most: int) -> list[ListedSku]:
        return skus_of(seller, after_id=after, limit=most, codes=code, changed_since=changed_since)

    return page_of(read, cursor=cursor, limit=limit, of="skus", key=lambda row: row.id)


@router.get("/skus/{path:sku}", response=SkuOut, auth=_READS, operation_id="getSku")
def show_sku(request: CallerRequest, response: HttpResponse, sku: Path[Code]) -> Any:
    """One SKU by its code, with the ETag that changing it asks for."""
    found = _sku(request.auth.seller, sku)
    response.headers["ETag"] = _etag(found)
    return found


@router.patch("/skus/{path:sku}", response=SkuOut, auth=_PRICES, operation_id="changeSku")
def change_sku(request: CallerRequest, response: HttpResponse, sku: Path[Code], body: SkuPatch) -> Any:
    """New prices of one SKU, if it still stands as the ETag in If-Match says."""
    caller, programme = request.auth, programme_now()
    with transaction.atomic():
        lock_sellers([caller.seller])
        check_if_match(request, _etag(_sku(caller.seller, sku)))
        row = NewPrices(0, caller.seller, sku, body.ordinary_fen, body.exclusive_fen)
        result = change_prices(
            [row], book=programme.book, on=programme.on, now=programme.now, actor=caller.actor
        )
        if result.refused:
            raise invalid([field_error(refused) for refused in result.refused])
    found = _sku(caller.seller, sku)
    response.headers["ETag"] = _etag(found)
    return found


@router.post("/listings", response=ListingOut, auth=_WRITES, operation_id="listSkusForSale")
def list_for_sale(request: CallerRequest, body: ListingIn) -> Any:
    """Put SKUs on sale or change them; every row is listed, left as it was, or refused by name."""
    caller, programme = request.auth, programme_now()
    rows = [_new_sku(at, row, seller=caller.seller) for at, row in enumerate(body.rows)]
    result = list_skus(rows, book=programme.book, on=programme.on, now=programme.now, actor=caller.actor)
    refused = [field_error(row) for row in result.refused]
    return {"listed": result.listed, "changed": result.changed, "alerts": result.alerts, "refused": refused}


@router.post("/delistings", response=DelistingOut, auth=_WRITES, operation_id="delistSkus")
def delist(request: CallerRequest, body: DelistingIn) -> Any:
    """Take SKUs off sale: no order is taken for them any more, open ones go on."""
    caller, programme = request.auth, programme_now()
    rows = [SkuToDelist(at, caller.seller, code) for at, code in enumerate(body.sku_codes)]
    result = delist_skus(rows, reason=body.reason, now=programme.now, actor=caller.actor)
    return {"delisted": result.delisted, "refused": [field_error(row) for row in result.refused]}


@router.post("/prices", response=PricesOut, auth=_PRICES, operation_id="changePrices")
def change_many_prices(request: CallerRequest, body: PricesIn) -> Any:
    """Change prices of many SKUs; the alert of PRC-1 is judged again for each."""
    caller, programme = request.auth, programme_now()
    rows = [
        NewPrices(at, caller.seller, row.sku_code, row.ordinary_fen, row.exclusive_fen)
        for at, row in enumerate(body.rows)
    ]
    result = change_prices(rows, book=programme.book, on=programme.on, now=programme.now, actor=caller.actor)
    refused = [field_error(row) for row in result.refused]
    return {"changed": result.changed, "alerts": result.alerts, "refused": refused}


def _new_sku(at: int, row: SkuIn, *, seller: int) -> NewSku:
    told = row.model_dump()
    told["markets"] = tuple(told["markets"])
    told["images"] = None if told["images"] is None else tuple(told["images"])
    return NewSku(row=at, seller_id=seller, attributes_required=0, attributes_missing=0, **told)


def _sku(seller: int, code: str) -> ListedSku:
    found = skus_of(seller, codes=[code], limit=1)
    if not found:
        raise not_found(f"SKU {shown(code)}")
    return found[0]


def _etag(sku: ListedSku) -> str:
    return etag_of(sku.id, sku.ordinary_fen, sku.exclusive_fen, sku.state, sku.changed_at.isoformat())
