"""Products asked for: where a seller sells, page by page, one whole, by category and by time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bantuo.apps.catalog.models import Product, Sku
from bantuo.core.open_platform_times import pacific_text
from tests.interfaces.gateway.conftest import Shop
from tests.interfaces.gateway.test_protocol import sub_code_of

LIST, QUERY = "aliexpress.pop.choice.products.list", "aliexpress.pop.choice.product.query"
INFO = "aliexpress.pop.choice.info.query"


def ids_of(told: Any) -> list[int]:
    return [row["product_id"] for row in told["result"]["pop_choice_product_list"]]


def test_where_the_seller_sells_and_stocks(shop: Shop) -> None:
    Sku.objects.filter(code="A").update(markets=["US", "ES", "XX"])
    assert shop.erp.call(INFO)["result"] == {
        "success": True,
        "pop_choice_country_list": [
            {"country_code": "ES", "cn_name": "西班牙", "en_name": "Spain"},
            {"country_code": "US", "cn_name": "美国", "en_name": "United States"},
            {"country_code": "XX", "cn_name": "XX", "en_name": "XX"},
        ],
        "pop_choice_warehouse_list": [{"warehouse_code": "WH", "warehouse_name": "义乌集货仓"}],
    }


def test_products_page_by_page(shop: Shop) -> None:
    shop.world.seller("S2", "X", "Y")
    everything = list(Product.objects.filter(seller=shop.seller).order_by("id").values_list("pk", flat=True))
    first = shop.erp.call(LIST, param={"current_page": 1, "page_size": 2})
    second = shop.erp.call(LIST, how="GET", param={"current_page": "2", "page_size": "2"})
    assert (ids_of(first), ids_of(second)) == (everything[:2], everything[2:])
    heads = [
        {name: told["result"][name] for name in ("total_item", "total_page", "current_page")}
        for told in (first, second)
    ]
    assert heads == [{"total_item": 3, "total_page": 2, "current_page": page} for page in (1, 2)]
    assert ids_of(shop.erp.call(LIST)) == everything
    assert ids_of(shop.erp.call(LIST, current_page="1", page_size="1")) == everything[:1]  # one by one
    assert ids_of(shop.erp.call(LIST, param={"current_page": 9})) == []


def test_a_product_row_holds_prices_stock_and_times_as_texts(shop: Shop) -> None:
    shop.world.state(shop.seller, "09:00", A=7)
    shop.world.put_on_hand(shop.seller, "A", 5)
    product = Product.objects.get(code="A")
    (row,) = shop.erp.call(LIST, param={"product_id": product.pk})["result"]["pop_choice_product_list"]
    changed = max(product.changed_at, shop.sku("A").changed_at)
    assert row == {
        "product_id": product.pk,
        "title": "A",
        "product_image": "",
        "product_status": "onSelling",
        "currency_code": "CNY",
        "min_sku_price": "90.00",
        "max_sku_price": "90.00",
        "total_stocks": "12",
        "create_time": pacific_text(product.created_at),
        "modified_time": pacific_text(changed),
    }


def test_products_by_category_and_by_the_time_they_changed(shop: Shop) -> None:
    now = timezone.now()
    Sku.objects.all().update(changed_at=now - timedelta(days=9))
    Product.objects.all().update(changed_at=now - timedelta(days=9))
    Product.objects.filter(code="B").update(category="200135143")
    Sku.objects.filter(code="C").update(changed_at=now)
    b, c = (Product.objects.get(code=code).pk for code in "BC")
    assert ids_of(shop.erp.call(LIST, param={"leaf_category": 200135143})) == [b]
    since = pacific_text(now - timedelta(days=1))
    assert ids_of(shop.erp.call(LIST, param={"gmt_modified_start": since})) == [c]
    assert c not in ids_of(shop.erp.call(LIST, param={"gmt_modified_end": since}))
    assert shop.erp.call(QUERY, product_id=b)["result"]["pop_choice_product"]["category_id"] == 200135143


def test_what_is_not_semi_managed_is_not_there_and_what_is_off_sale_is_offline(shop: Shop) -> None:
    Sku.objects.filter(code="A").update(semi_managed=False)
    Sku.objects.filter(code="B").update(delisted_at=timezone.now())
    rows = shop.erp.call(LIST)["result"]["pop_choice_product_list"]
    assert [(row["title"], row["product_status"]) for row in rows] == [("B", "offline"), ("C", "onSelling")]
    for code in "AB":
        told = shop.erp.call(QUERY, product_id=Product.objects.get(code=code).pk)
        assert sub_code_of(told) == "isv.product-not-found"


def test_one_product_with_prices_measures_and_stock(shop: Shop) -> None:
    sku = shop.sku("A")
    Sku.objects.filter(pk=sku.pk).update(markets=["US", "ES"], length_mm=305)
    shop.world.state(shop.seller, "09:00", A=7)
    shop.world.put_on_hand(shop.seller, "A", 5)
    told = shop.erp.call(QUERY, product_id=sku.product_id, language="en")
    assert told["result"] == {
        "success": True,
        "pop_choice_product": {
            "product_id": sku.product_id,
            "currency_code": "CNY",
            "joined_country_list": ["ES", "US"],
            "product_sku_list": [
                {
                    "sku_id": str(sku.pk),
                    "sku_code": "A",
                    "base_price": "90.00",
                    "package_weight": "1.2",
                    "package_length": "30.5",
                    "package_width": "25",
                    "package_height": "20",
                    "choice_sku_price_list": [
                        {"nation_code": "US", "nation_name": "United States", "price": "90.00"},
                        {"nation_code": "ES", "nation_name": "Spain", "price": "90.00"},
                    ],
                    "freight_fee_list": [],
                    "pop_choice_sku_warehouse_stock_list": [
                        {
                            "warehouse_code": "WH",
                            "warehouse_name": "Yiwu",
                            "warehouse_type": "consolidation",
                            "sellable_quantity": 7,
                            "on_hand_quantity": 5,
                        }
                    ],
                    "pop_choice_product_sku_sc_item_info": {
                        "sc_item_id": sku.pk,
                        "sc_item_code": "A",
                        "sc_item_bar_code": "",
                        "original_box": "0",
                        "special_product_type_list": [],
                    },
                    "sku_property_list": [],
                }
            ],
        },
    }


def test_a_list_takes_the_same_queries_for_one_row_and_for_three(shop: Shop) -> None:
    shop.erp.call(LIST)
    counts = []
    for size in (1, 3):
        with CaptureQueriesContext(connection) as seen:
            shop.erp.call(LIST, param={"page_size": size})
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12
