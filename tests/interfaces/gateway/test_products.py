"""Stock, prices and listings changed through the gateway; the database is looked at afterwards."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bantuo.apps.catalog.models import PriceAlert, Sku
from bantuo.apps.open_platform.models import SignedWrite
from bantuo.apps.stock.models import Declaration
from bantuo.interfaces.gateway import views
from tests.apps.factories import make_categories
from tests.interfaces.gateway.conftest import Shop
from tests.interfaces.gateway.test_protocol import code_of, sub_code_of

LIST, QUERY = "aliexpress.pop.choice.products.list", "aliexpress.pop.choice.product.query"
STOCKS, EDIT = "aliexpress.pop.choice.product.stocks.update", "aliexpress.pop.choice.product.edit"
INVENTORY = "aliexpress.solution.batch.product.inventory.update"
PRICES = "aliexpress.solution.batch.product.price.update"
SINGLE = "aliexpress.postproduct.redefining.editsingleskustock"


def stocks(sku: Sku, quantity: Any, warehouse: str = "WH") -> list[dict[str, Any]]:
    rows = [{"warehouse_code": warehouse, "sellable_quantity": quantity}]
    return [{"sku_id": str(sku.pk), "pop_choice_sku_warehouse_stock_list": rows}]


def test_stock_is_stated_net_of_open_orders_and_other_rows_stay(shop: Shop) -> None:
    shop.world.state(shop.seller, "09:00", A=10, B=4)
    shop.world.order(shop.seller, "E1", "10:00", A=3)
    sku = shop.sku("A")
    told = shop.erp.call(STOCKS, product_id=sku.product_id, pop_choice_sku_stock_list=stocks(sku, 9))
    assert told["result"] == {"product_id": sku.product_id, "success": True}
    assert shop.stock("A") == (12, 3)
    assert shop.stock("B") == (4, 0)
    (listed,) = shop.erp.call(QUERY, product_id=sku.product_id)["result"]["pop_choice_product"][
        "product_sku_list"
    ]
    assert listed["pop_choice_sku_warehouse_stock_list"][0]["sellable_quantity"] == 9
    last = Declaration.objects.order_by("-id").first()
    assert last is not None
    assert (last.channel, last.basis, last.rows_stated) == ("gateway", "net", 1)


def test_stock_of_a_batch_by_code_tells_product_by_product(shop: Shop) -> None:
    a, b = shop.sku("A"), shop.sku("B")
    theirs = shop.world.sku(shop.world.seller("S2"), "X")
    updates = [
        {"product_id": a.product_id, "multiple_sku_update_list": [{"sku_code": "A", "inventory": 5}]},
        {"product_id": b.product_id, "multiple_sku_update_list": [{"sku_code": "?", "inventory": 5}]},
        {"product_id": theirs.product_id, "multiple_sku_update_list": [{"sku_code": "X", "inventory": 5}]},
    ]
    told = shop.erp.call(INVENTORY, mutiple_product_update_list=updates)
    refused = {"error_code": "isv.product-update-refused"}
    assert {
        name: told[name] for name in ("update_success", "update_successful_list", "update_failed_list")
    } == {
        "update_success": False,
        "update_successful_list": [{"product_id": a.product_id}],
        "update_failed_list": [
            {
                "product_id": b.product_id,
                **refused,
                "error_message": "sku_code: ?: is no SKU of this product",
            },
            {
                "product_id": theirs.product_id,
                **refused,
                "error_message": "sku_code: X: is no SKU of this product",
            },
        ],
    }
    assert told["update_error_code"] == "isv.product-update-refused"
    assert shop.stock("A") == (5, 0)
    again = shop.erp.call(INVENTORY, mutiple_product_update_list=updates[:1])
    assert (again["update_success"], again["update_failed_list"]) == (True, [])


def test_wrapped_lists_of_a_batch_are_called_as_published(shop: Shop) -> None:
    a = shop.sku("A")
    updates = [{"product_id": a.product_id, "multiple_sku_update_list": [{"sku_code": "A", "inventory": 5}]}]
    told = shop.erp.call(INVENTORY, family="classic", simplify="false", mutiple_product_update_list=updates)
    inner = told["aliexpress_solution_batch_product_inventory_update_response"]
    item = "synchronize_product_response_dto"
    assert inner["update_successful_list"] == {item: [{"product_id": a.product_id}]}
    assert inner["update_failed_list"] == {item: []}


@pytest.mark.parametrize("name", ["id", "code", "<none>"])
def test_a_single_sku_by_id_by_code_or_as_the_only_one(shop: Shop, name: str) -> None:
    sku = shop.sku("A")
    named = {"id": str(sku.pk), "code": "A"}.get(name, name)
    told = shop.erp.call(SINGLE, product_id=sku.product_id, sku_id=named, ipm_sku_stock=6)
    assert told["result"] == {"product_id": sku.product_id, "success": True, "modify_count": 1}
    assert shop.stock("A") == (6, 0)


def test_prices_are_ordinary_and_exclusive(shop: Shop) -> None:
    a, b = shop.sku("A"), shop.sku("B")
    updates = [
        {
            "product_id": a.product_id,
            "multiple_sku_update_list": [{"sku_code": "A", "price": "120.50", "discount_price": "119.99"}],
        },
        {"product_id": b.product_id, "multiple_sku_update_list": [{"sku_code": "B", "price": "0"}]},
    ]
    told = shop.erp.call(PRICES, mutiple_product_update_list=updates)
    assert told["update_successful_list"] == [{"product_id": a.product_id}]
    assert told["update_failed_list"][0]["error_message"].startswith("ordinary_fen: 0: ")
    assert (shop.sku("A").ordinary_fen, shop.sku("A").exclusive_fen) == (12_050, 11_999)
    assert (shop.sku("B").ordinary_fen, shop.sku("B").exclusive_fen) == (10_000, 9_000)
    assert PriceAlert.objects.get().sku_id == a.pk
    only = [{"product_id": a.product_id, "multiple_sku_update_list": [{"sku_code": "A", "price": "130"}]}]
    assert shop.erp.call(PRICES, mutiple_product_update_list=only)["update_success"] is True
    assert (shop.sku("A").ordinary_fen, shop.sku("A").exclusive_fen) == (13_000, 11_999)


def test_a_listing_is_edited_as_a_whole_or_not_at_all(shop: Shop) -> None:
    make_categories("home-lamps")
    sku = shop.sku("A")
    product = {
        "product_id": sku.product_id,
        "currency_code": "CNY",
        "joined_country_list": ["FR", "DE"],
        "product_sku_list": [
            {
                **stocks(sku, 8)[0],
                "base_price": "88.80",
                "package_weight": "0.75",
                "package_length": "10.5",
                "package_width": "10",
                "package_height": 9,
            }
        ],
    }
    told = shop.erp.call(EDIT, pop_choice_product=product)
    assert told["result"] == {"product_id": sku.product_id, "success": True}
    edited = shop.sku("A")
    assert (edited.exclusive_fen, edited.ordinary_fen, edited.weight_g) == (8_880, 10_000, 750)
    assert (edited.length_mm, edited.width_mm, edited.height_mm) == (105, 100, 90)
    assert edited.markets == ["FR", "DE"]
    assert shop.stock("A") == (8, 0)
    product["product_sku_list"] = [{**stocks(sku, 1)[0], "package_weight": "0"}]
    assert sub_code_of(shop.erp.call(EDIT, pop_choice_product=product)) == "isv.listing-refused"
    assert (shop.sku("A").weight_g, shop.stock("A")) == (750, (8, 0))


def test_a_call_sent_again_after_a_newer_one_undoes_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The protocol has no nonce: a signature that was seen is answered as before, and nothing is done."""
    sku = shop.sku("A")
    at = timezone.now() - timedelta(minutes=10)
    stamp = str(int(at.timestamp() * 1000))

    def state(quantity: int, **more: Any) -> Any:
        rows = stocks(sku, quantity)
        return shop.erp.call(STOCKS, product_id=sku.product_id, pop_choice_sku_stock_list=rows, **more)

    monkeypatch.setattr(views.timezone, "now", lambda: at)
    first = state(5, timestamp=stamp)
    monkeypatch.undo()
    state(7)
    replayed = state(5, timestamp=stamp)
    assert replayed["result"] == first["result"]
    assert (replayed["repeated"], "repeated" in first) == ("true", False)
    assert shop.stock("A") == (7, 0)
    assert SignedWrite.objects.count() == 2


def test_what_was_refused_may_be_sent_again(shop: Shop) -> None:
    sku = shop.sku("A")
    refused = shop.erp.call(STOCKS, product_id=sku.product_id, pop_choice_sku_stock_list=stocks(sku, -1))
    assert code_of(refused) == "InvalidParameter"
    assert SignedWrite.objects.count() == 0


def test_rows_that_cannot_be_stated_are_named(shop: Shop) -> None:
    sku = shop.sku("A")
    told = shop.erp.call(
        STOCKS, product_id=sku.product_id, pop_choice_sku_stock_list=stocks(sku, 3, "NOWHERE")
    )
    assert told["result"] == {
        "product_id": sku.product_id,
        "success": False,
        "error_code": "isv.stock-row-refused",
        "error_message": "A: sku: A × NOWHERE: listed and bound",
        "refused_list": [
            {
                "sku": "A",
                "warehouse_code": "NOWHERE",
                "field": "sku",
                "value": "A × NOWHERE",
                "rule": "listed and bound",
            }
        ],
    }


BAD = [
    (STOCKS, {}, "MissingParameter"),
    (STOCKS, {"product_id": "x", "pop_choice_sku_stock_list": "[]"}, "InvalidParameter"),
    (STOCKS, {"pop_choice_sku_stock_list": "[]"}, "InvalidParameter"),
    (STOCKS, {"pop_choice_sku_stock_list": '[{"sku_id":'}, "InvalidParameter"),
    (STOCKS, {"pop_choice_sku_stock_list": "[" * 100_000}, "InvalidParameter"),
    (STOCKS, {"pop_choice_sku_stock_list": "9" * 5_000}, "InvalidParameter"),
    (STOCKS, {"pop_choice_sku_stock_list": "[1]"}, "InvalidParameter"),
    (STOCKS, {"pop_choice_sku_stock_list": "[{}]"}, "InvalidParameter"),
    (STOCKS, {"quantity": 10**18}, "InvalidParameter"),
    (STOCKS, {"quantity": 1.5}, "InvalidParameter"),
    (STOCKS, {"quantity": True}, "InvalidParameter"),
    (STOCKS, {"quantity": None}, "MissingParameter"),
    (STOCKS, {"sku_id": "no-such-sku"}, "15"),
    (STOCKS, {"sku_id": "a\x00b"}, "InvalidParameter"),
    (STOCKS, {"sku_id": "\ud800"}, "InvalidParameter"),
    (QUERY, {"product_id": 10**30}, "InvalidParameter"),
    (QUERY, {"product_id": 2**63 - 1}, "15"),
    (LIST, {"param": "nothing"}, "InvalidParameter"),
    (LIST, {"param": {"page_size": 1000}}, "InvalidParameter"),
    (LIST, {"param": {"current_page": 0}}, "InvalidParameter"),
    (LIST, {"param": {"gmt_modified_start": "yesterday"}}, "InvalidParameter"),
    (LIST, {"param": {"joined_product_tab": "other"}}, "InvalidParameter"),
    (INVENTORY, {"mutiple_product_update_list": [{"product_id": 1}] * 21}, "InvalidParameter"),
    (PRICES, {"mutiple_product_update_list": "{}"}, "InvalidParameter"),
    (EDIT, {}, "MissingParameter"),
    (EDIT, {"pop_choice_product": {"product_id": 1, "currency_code": "USD"}}, "InvalidParameter"),
    (SINGLE, {"sku_id": "14:771", "ipm_sku_stock": 1}, "15"),
]


@pytest.mark.parametrize(("method", "asked", "code"), BAD)
def test_bad_input_is_named_and_changes_nothing(
    shop: Shop, method: str, asked: dict[str, Any], code: str
) -> None:
    sku = shop.sku("A")
    told: dict[str, Any] = {"product_id": sku.product_id, **asked} if asked else {}
    if method == STOCKS and asked and "pop_choice_sku_stock_list" not in asked:
        (row,) = stocks(sku, asked.get("quantity", 3))
        rows = json.dumps([{**row, "sku_id": asked.get("sku_id", row["sku_id"])}])
        told = {"product_id": sku.product_id, "pop_choice_sku_stock_list": rows}
    answer = shop.erp.call(method, **told)
    assert code_of(answer) == code
    assert sub_code_of(answer).startswith("isv.")
    assert Declaration.objects.count() == 0


def test_another_sellers_product_is_none_of_ours(shop: Shop) -> None:
    other = shop.world.seller("S2", "X")
    theirs = Sku.objects.get(seller=other)
    for method in (QUERY, STOCKS, SINGLE):
        told = shop.erp.call(
            method, product_id=theirs.product_id, pop_choice_sku_stock_list=stocks(theirs, 5),
            sku_id="X", ipm_sku_stock=5,
        )  # fmt: skip
        assert sub_code_of(told) == "isv.product-not-found"
    assert shop.world.balance(other, "X") == (0, 0, 0, 0)
    mine = shop.sku("A")
    told = shop.erp.call(STOCKS, product_id=mine.product_id, pop_choice_sku_stock_list=stocks(theirs, 5))
    assert sub_code_of(told) == "isv.sku-not-found"
    assert shop.world.balance(other, "X") == (0, 0, 0, 0)
