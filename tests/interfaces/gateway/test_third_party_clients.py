"""Unmodified third-party clients against `bantuo serve`: what they read, and what the database holds then.

Only the address, the key and the secret are ours. Each client runs in a process of its own.
"""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from bantuo.core.open_platform_orders import SEMI_MANAGED
from tests.interfaces.gateway.seed_clients import HOME, PASSWORD
from tests.interfaces.gateway.served import CLIENTS, Place, node_binary

pytestmark = pytest.mark.processes
STOCKS = "aliexpress.pop.choice.product.stocks.update"
LIST = "aliexpress.pop.choice.products.list"
ORDERS = "aliexpress.solution.order.get"
FULFIL = "aliexpress.solution.order.fulfill"


class StopAtHome(urllib.request.HTTPRedirectHandler):
    """Follows everything but the way home to the app, which no test can reach."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        return (
            None if newurl.startswith(HOME) else super().redirect_request(req, fp, code, msg, headers, newurl)
        )


def consent(place: Place) -> str:
    """The owner signs in with a browser, says yes on the page, and is sent home with this code."""
    browser = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(CookieJar()), StopAtHome(), urllib.request.ProxyHandler({})
    )
    asked = {
        "response_type": "code", "force_auth": "true", "client_id": place.told["vendor"]["key"],
        "redirect_uri": HOME, "state": "s1",
    }  # fmt: skip
    address = f"{place.base}/oauth/authorize?{urlencode(asked)}"
    page = read(browser, address)
    signing_in = {**hidden(page), "login": place.told["email"], "password": PASSWORD}
    target = f"{place.base}/accounts/login/?{urlencode({'next': address.removeprefix(place.base)})}"
    page = read(browser, target, signing_in)
    assert "Cloud ERP" in page
    with pytest.raises(urllib.error.HTTPError, match="302") as sent:
        read(browser, address, {**hidden(page), "decision": "allow"})
    told = parse_qs(urlsplit(sent.value.headers["Location"]).query)
    sent.value.close()
    assert told["state"] == ["s1"]
    return told["code"][0]


def read(browser: urllib.request.OpenerDirector, address: str, form: dict[str, str] | None = None) -> str:
    """A page, or what a form leads to."""
    with browser.open(address, urlencode(form).encode() if form else None) as answer:
        return str(answer.read().decode())


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def test_npm_lists_states_reads_and_ships(place: Place) -> None:
    skus, orders = place.told["skus"], place.told["orders"]
    stocks = [
        {
            "sku_id": str(skus["A"]["id"]),
            "pop_choice_sku_warehouse_stock_list": [{"warehouse_code": "WH", "sellable_quantity": 40}],
        }
    ]
    listed, wrapped, info, stated, one, found, shipped, refused, forged = place.npm(
        {"method": LIST, "how": "GET", "simplify": True, "params": {"param": '{"page_size":3}'}},
        {"method": LIST, "params": {"param": '{"current_page":2,"page_size":3}'}},
        {"method": "aliexpress.pop.choice.info.query", "how": "GET", "simplify": True},
        {
            "method": STOCKS,
            "simplify": True,
            "params": {
                "product_id": skus["A"]["product"],
                "pop_choice_sku_stock_list": json.dumps(stocks),
                "title": "马克杯 mug",
            },
        },
        {
            "method": "aliexpress.pop.choice.product.query",
            "simplify": True,
            "params": {"product_id": skus["A"]["product"], "language": "en"},
        },
        {"method": ORDERS, "simplify": True, "params": {"page_size": 10}},
        {
            "method": FULFIL,
            "simplify": True,
            "params": {
                "out_ref": orders["E2"], "service_name": "YANWEN_AM", "logistics_no": "LX000000002CN",
                "send_type": "all",
            },
        },
        {"method": LIST, "session": "5000nothing"},
        {"method": LIST, "secret": "another"},
    )  # fmt: skip
    products = listed["body"]["result"]["pop_choice_product_list"]
    assert [p["product_id"] for p in products] == [skus[code]["product"] for code in "ABC"]
    assert (listed["code"], listed["body"]["result"]["total_item"], products[0]["total_stocks"]) == (
        "0",
        4,
        "7",
    )
    inner = wrapped["body"]["aliexpress_pop_choice_products_list_response"]["result"]
    assert [p["title"] for p in inner["pop_choice_product_list"]["pop_choice_product_lis"]] == ["D"]
    assert info["body"]["result"]["pop_choice_warehouse_list"][0]["warehouse_code"] == "WH"
    assert stated["body"]["result"] == {"product_id": skus["A"]["product"], "success": True}
    sku = one["body"]["result"]["pop_choice_product"]["product_sku_list"][0]
    assert sku["pop_choice_sku_warehouse_stock_list"][0]["sellable_quantity"] == 40
    assert place.declared("A") == (43, 3)
    rows = {row["order_id"]: row["product_list"][0] for row in found["body"]["result"]["target_list"]}
    assert set(rows) == set(orders.values())
    assert rows[orders["E1"]]["extend_map"] == SEMI_MANAGED
    assert rows[orders["E2"]]["extend_map"] == "{}"
    assert shipped["body"]["result"]["result_success"] is True
    assert place.sent("E2") == [("YANWEN_AM", "LX000000002CN", "shipped")]
    assert refused["body"]["error_response"]["code"] == "IllegalAccessToken"
    assert forged["body"]["error_response"]["code"] == "IncompleteSignature"


def test_pypi_aliexpress_sdk_lists_states_reads_and_ships(place: Place) -> None:
    skus, orders = place.told["skus"], place.told["orders"]
    updates = [
        {
            "product_id": skus[code]["product"],
            "multiple_sku_update_list": [{"sku_code": code, "inventory": 25}],
        }
        for code in "AB"
    ]
    single = {"product_id": skus["C"]["product"], "sku_id": "C", "ipm_sku_stock": 6}
    shipment = {
        "service_name": "CAINIAO", "logistics_no": "LX000000003CN", "send_type": "all",
        "out_ref": orders["E3"], "description": "两件", "tracking_website": "https://track.example.com/",
    }  # fmt: skip
    listed, batch, one, found, seller, shipped, theirs, unknown = place.classic(
        {"method": LIST, "params": {"param": '{"current_page":1,"page_size":20}'}},
        {
            "class": "AliexpressSolutionBatchProductInventoryUpdateRequest",
            "params": {"mutiple_product_update_list": json.dumps(updates)},
        },
        {"class": "AliexpressPostproductRedefiningEditsingleskustockRequest", "params": single},
        {
            "class": "AliexpressSolutionOrderGetRequest",
            "params": {"param0": '{"current_page":1,"page_size":20,"order_status":"WAIT_SELLER_SEND_GOODS"}'},
        },
        {
            "class": "AliexpressTradeSellerOrderlistGetRequest",
            "params": {"param_aeop_order_query": '{"current_page":1,"page_size":1}'},
        },
        {"class": "AliexpressSolutionOrderFulfillRequest", "params": shipment},
        {"class": "AliexpressSolutionOrderFulfillRequest", "params": {**shipment, "out_ref": orders["E1"]}},
        {"class": "AliexpressSolutionProductListGetRequest"},
    )
    inner = listed["aliexpress_pop_choice_products_list_response"]["result"]
    assert inner["total_item"] == 4
    told = batch["aliexpress_solution_batch_product_inventory_update_response"]
    assert told["update_success"] is True
    assert told["update_successful_list"]["synchronize_product_response_dto"] == [
        {"product_id": skus[code]["product"]} for code in "AB"
    ]
    assert one["aliexpress_postproduct_redefining_editsingleskustock_response"]["result"]["modify_count"] == 1
    assert (place.declared("A"), place.declared("B"), place.declared("C")) == ((28, 3), (25, 0), (6, 0))
    rows = found["aliexpress_solution_order_get_response"]["result"]["target_list"]["order_dto"]
    assert {row["order_id"] for row in rows} == set(orders.values())
    amounts = {row["order_id"]: row["pay_amount"] for row in rows}
    assert amounts[orders["E1"]] == {"amount": "180.00", "currency_code": "CNY"}
    page = seller["aliexpress_trade_seller_orderlist_get_response"]["result"]
    assert (page["total_count"], page["total_page"]) == (4, 4)
    assert [row["order_id"] for row in page["target_list"]["order_dto"]] == [orders["E4"]]
    assert shipped["aliexpress_solution_order_fulfill_response"]["result"] == {"result_success": True}
    assert place.sent("E3") == [("CAINIAO", "LX000000003CN", "shipped")]
    assert (theirs["refused"], theirs["sub_code"]) == (15, "isv.warehouse-ships")
    assert place.sent("E1") == []
    assert unknown["refused"] == 22


def test_pypi_lazop_sdk_exchanges_refreshes_and_works_by_path(place: Place) -> None:
    code, skus, orders = consent(place), place.told["skus"], place.told["orders"]
    created, again = place.rest(
        {"path": "/auth/token/create", "params": {"code": code, "uuid": "u1"}, "session": None},
        {"path": "/relation/no/such", "session": None},
        vendor=True,
    )
    assert (created["code"], created["body"]["user_nick"]) == ("0", "rest")
    assert (created["body"]["account"], created["body"]["expires_in"]) == ("rest@example.com", 2_592_000)
    assert (again["code"], again["type"]) == ("InvalidApiPath", "ISV")
    (refreshed,) = place.rest(
        {
            "path": "/auth/token/refresh",
            "params": {"refresh_token": created["body"]["refresh_token"]},
            "session": None,
        },
        vendor=True,
    )
    token = refreshed["body"]["access_token"]
    assert token != created["body"]["access_token"]
    updates = [
        {"product_id": skus["A"]["product"], "multiple_sku_update_list": [{"sku_code": "A", "inventory": 9}]}
    ]
    stale, relation, listed, stated, found, shipped, hidden_from_it = place.rest(
        {"path": "/global.seller.relation.query", "session": created["body"]["access_token"]},
        {"path": "/global.seller.relation.query", "how": "GET", "session": token},
        {"path": f"/{LIST}", "params": {"param": "{}"}, "session": token},
        {
            "path": "/aliexpress/solution/batch/product/inventory/update",
            "params": {"mutiple_product_update_list": json.dumps(updates)},
            "session": token,
        },
        {"path": f"/{ORDERS}", "params": {"page_size": "2"}, "session": token},
        {
            "path": f"/{FULFIL}",
            "params": {"out_ref": orders["E4"], "service_name": "Y", "logistics_no": "LX000000004CN"},
            "session": token,
        },
        {
            "path": "/aliexpress.solution.order.receiptinfo.get",
            "params": {"param1": json.dumps({"order_id": orders["E1"]})},
            "session": token,
        },
        vendor=True,
    )
    assert stale["code"] == "IllegalAccessToken"
    assert relation["body"]["seller_relation_list"][0]["seller_id"] == place.told["seller"]
    assert [p["title"] for p in listed["body"]["result"]["pop_choice_product_list"]] == list("ABCD")
    assert (stated["code"], stated["body"]["update_success"]) == ("0", True)
    assert place.declared("A") == (12, 3)
    assert [row["order_id"] for row in found["body"]["result"]["target_list"]] == [orders["E4"], orders["E3"]]
    assert shipped["body"]["result"] == {"result_success": True}
    assert place.sent("E4") == [("Y", "LX000000004CN", "shipped")]
    assert hidden_from_it["code"] == "InsufficientPermission"
    query = """
        SELECT refreshed_at IS NOT NULL, revoked_at IS NULL
        FROM open_platform_accessgrant WHERE seller_id = %s
    """
    grants = place.rows(query, place.told["seller"])
    assert sorted(grants) == [(False, True), (True, True)]


def test_tokens_through_the_other_two_clients(place: Place) -> None:
    (created,) = place.classic(
        {"class": "TopAuthTokenCreateRequest", "params": {"code": consent(place)}, "session": None},
        vendor=True,
    )
    tokens = json.loads(created["top_auth_token_create_response"]["token_result"])
    (refreshed,) = place.npm(
        {
            "method": "/auth/token/refresh",
            "params": {"refresh_token": tokens["refresh_token"]},
            "session": None,
        },
        vendor=True,
    )
    assert refreshed["code"] == "0"
    again, listed = place.classic(
        {
            "class": "TopAuthTokenRefreshRequest",
            "params": {"refresh_token": refreshed["body"]["refresh_token"]},
            "session": None,
        },
        {"method": LIST, "session": refreshed["body"]["access_token"]},
        vendor=True,
    )
    renewed = json.loads(again["top_auth_token_refresh_response"]["token_result"])
    assert listed["refused"] == 27  # replaced by the call before
    (listed,) = place.npm(
        {"method": LIST, "how": "GET", "simplify": True, "session": renewed["access_token"]}, vendor=True
    )
    assert listed["body"]["result"]["total_item"] == 4


def test_the_samples_on_the_page_run_as_they_stand(place: Place) -> None:
    """With the seller's own key in them; secret and token come from the environment."""
    browser = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(CookieJar()), urllib.request.ProxyHandler({})
    )
    page = read(browser, f"{place.base}/seller/erp-apps/")
    signing_in = {**hidden(page), "login": place.told["email"], "password": PASSWORD}
    target = f"{place.base}/accounts/login/?{urlencode({'next': '/seller/erp-apps/'})}"
    page = read(browser, target, signing_in)

    def run(element: str, *command: str) -> Any:
        found = re.search(rf'id="{element}"[^>]*>(.*?)</code>', page, re.DOTALL)
        assert found is not None
        env = {
            "HOME": str(place.home), "PATH": os.environ["PATH"], "APP_SECRET": place.told["secret"],
            "SESSION": place.told["session"], "NODE_PATH": str(CLIENTS / "node_modules"),
        }  # fmt: skip
        done = subprocess.run(
            [*command, html.unescape(found[1])],
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return json.loads(done.stdout)

    assert run("sample-npm", node_binary(), "-e")["result"]["total_item"] == 4
    classic = run("sample-classic", sys.executable, "-c")
    assert classic["aliexpress_solution_order_get_response"]["result"]["total_count"] == 4
    assert (
        run("sample-rest", sys.executable, "-c")["seller_relation_list"][0]["channel_shop_name"] == "samples"
    )
