"""Read who the seller is, where it stocks, and what it lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bantuo.apps.open_platform.queries import (
    ListedProduct,
    ListedSku,
    ProductQuery,
    ProductRow,
    WarehouseStock,
    listed_product,
    markets_of,
    semi_managed_products,
)
from bantuo.apps.parties.models import ProgrammeState
from bantuo.apps.parties.queries import current_binding
from bantuo.core.money import format_fen, format_kilograms, scaled_integer
from bantuo.core.open_platform_countries import country
from bantuo.core.open_platform_faults import Fault
from bantuo.core.open_platform_times import pacific_text
from bantuo.interfaces.gateway.arguments import (
    ID_MAX,
    PAGE_MAX,
    fields_of,
    pacific_or_none,
    refuse,
    text_or,
    whole,
    whole_or,
)
from bantuo.interfaces.gateway.calls import Call

PAGE_SIZE, PAGE_SIZE_MAX = 20, 100
CURRENCY = "CNY"


def seller_relation(call: Call) -> Mapping[str, Any]:
    """`global.seller.relation.query`: the shop, and whether the programme serves it."""
    seller = call.leave.seller
    is_served = seller.programme_state in (ProgrammeState.ACTIVE, ProgrammeState.EXITING)
    relation = {
        "seller_id": seller.pk,
        "channel_seller_id": seller.pk,
        "channel": "AE_GLOBAL",
        "channel_currency": CURRENCY,
        "channel_shop_name": seller.name,
        "business_type": "POP_CHOICE" if is_served else "POP",
    }
    return {"seller_relation_list": [relation], "global_currency": CURRENCY, "success": True}


def choice_info(call: Call) -> Mapping[str, Any]:
    """`aliexpress.pop.choice.info.query`: countries sold to, and the warehouse the seller is bound to."""
    binding = current_binding(call.seller_id)
    warehouses = [] if binding is None else [binding.warehouse]
    names = ((code, country(code)) for code in markets_of(call.seller_id))
    result = {
        "pop_choice_country_list": [
            {"country_code": code, "cn_name": name.zh, "en_name": name.en} for code, name in names
        ],
        "pop_choice_warehouse_list": [
            {"warehouse_code": w.code, "warehouse_name": w.name_zh} for w in warehouses
        ],
    }
    return {"result": {"success": True, **result}}


def products(call: Call) -> Mapping[str, Any]:
    """`aliexpress.pop.choice.products.list`: the semi-managed listings, page by page."""
    fields = fields_of(call.params, "param")
    page = whole_or(fields, "current_page", 1, most=PAGE_MAX)
    size = whole_or(fields, "page_size", PAGE_SIZE, most=PAGE_SIZE_MAX)
    if text_or(fields, "joined_product_tab", "joined") != "joined":
        refuse(
            "joined_product_tab", fields["joined_product_tab"], "joined: goods of the programme are listed"
        )
    asked = ProductQuery(
        product_id=whole_or(fields, "product_id", 0, most=ID_MAX) or None,
        category=text_or(fields, "leaf_category") or None,
        changed_from=pacific_or_none(fields, "gmt_modified_start"),
        changed_until=pacific_or_none(fields, "gmt_modified_end", is_end=True),
    )
    total, rows = semi_managed_products(call.seller_id, asked, page=page, size=size)
    result = {
        "total_item": total,
        "total_page": -(-total // size),
        "current_page": page,
        "pop_choice_product_list": [_row(row) for row in rows],
    }
    return {"result": {"success": True, **result}}


def _row(row: ProductRow) -> dict[str, Any]:
    return {
        "product_id": row.product_id,
        "title": row.title,
        "product_image": row.image,
        "product_status": "onSelling" if row.is_listed else "offline",
        "currency_code": CURRENCY,
        "min_sku_price": format_fen(row.price_fen_min),
        "max_sku_price": format_fen(row.price_fen_max),
        "total_stocks": str(row.sellable),
        "create_time": pacific_text(row.created_at),
        "modified_time": pacific_text(row.changed_at),
    }


def product(call: Call) -> Mapping[str, Any]:
    """`aliexpress.pop.choice.product.query`: one listing with prices, measures and stock of each SKU."""
    found = own_product(call, whole(call.params, "product_id", least=1))
    told: dict[str, Any] = {
        "product_id": found.product_id,
        "currency_code": CURRENCY,
        "joined_country_list": sorted({market for sku in found.skus for market in sku.markets}),
        "product_sku_list": [_sku(sku) for sku in found.skus],
    }
    if found.category.isascii() and found.category.isdecimal():
        told["category_id"] = scaled_integer(found.category, places=0)
    return {"result": {"success": True, "pop_choice_product": told}}


def own_product(call: Call, product_id: int) -> ListedProduct:
    """A product of the caller's seller with semi-managed SKUs on sale. Raises Fault."""
    found = listed_product(call.seller_id, product_id)
    if found is None:
        told = f"product_id: {product_id}: is no semi-managed listing of this seller"
        raise Fault("business", told, sub_code="isv.product-not-found")
    return found


def _sku(sku: ListedSku) -> dict[str, Any]:
    return {
        "sku_id": str(sku.sku_id),
        "sku_code": sku.code,
        "base_price": format_fen(sku.exclusive_fen),
        "package_weight": format_kilograms(sku.weight_g),
        "package_length": _centimetres(sku.length_mm),
        "package_width": _centimetres(sku.width_mm),
        "package_height": _centimetres(sku.height_mm),
        "choice_sku_price_list": [
            {
                "nation_code": market,
                "nation_name": country(market).en,
                "price": format_fen(sku.exclusive_fen),
            }
            for market in sku.markets
        ],
        "freight_fee_list": [],
        "pop_choice_sku_warehouse_stock_list": [_stock(stock) for stock in sku.stock],
        "pop_choice_product_sku_sc_item_info": {
            "sc_item_id": sku.sku_id,
            "sc_item_code": sku.code,
            "sc_item_bar_code": "",
            "original_box": "0",
            "special_product_type_list": [],
        },
        "sku_property_list": [],
    }


def _stock(stock: WarehouseStock) -> dict[str, Any]:
    return {
        "warehouse_code": stock.code,
        "warehouse_name": stock.name,
        "warehouse_type": stock.kind,
        "sellable_quantity": stock.sellable,
        "on_hand_quantity": stock.on_hand,
    }


def _centimetres(millimetres: int) -> str:
    whole_cm, rest = divmod(millimetres, 10)
    return f"{whole_cm}.{rest}" if rest else str(whole_cm)
