"""Orders and shipments over REST: read page by page, shipped row by row, and only one's own."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bantuo.apps.orders.models import Order
from tests.apps import factories as make
from tests.interfaces.api.callers import marketplace_client, seller_client
from tests.interfaces.api.shop import ApiShop, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> ApiShop:
    return make_shop()


def test_orders_are_read_page_by_page_and_filtered(shop: ApiShop) -> None:
    first = shop.client.call("GET", "/orders?limit=1").json()
    second = shop.client.call("GET", f"/orders?limit=1&cursor={first['next']}").json()
    assert [order["id"] for order in first["items"] + second["items"]] == shop.orders
    assert second["next"] is None
    ours = shop.client.call("GET", "/orders?route=self&state=to_ship").json()["items"]
    assert [(order["external_id"], order["reason"]) for order in ours] == [("M-A-3", "sku_not_semi_managed")]
    assert shop.client.call("GET", "/orders?state=nonsense").status_code == 422
    assert shop.client.call("GET", "/orders?placed_from=2026-01-01T00:00:00").status_code == 422
    late = shop.client.call("GET", "/orders?placed_from=2099-01-01T00:00:00Z").json()
    assert late == {"items": [], "next": None}


def test_a_list_costs_as_many_queries_for_many_orders_as_for_one(shop: ApiShop) -> None:
    def queries(limit: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert len(shop.client.call("GET", f"/orders?limit={limit}").json()["items"]) == limit
        return len(seen)

    shop.client.call("GET", "/orders")
    assert queries(1) == queries(2)
    assert queries(2) <= 12


def test_one_order_tells_why_and_what_happened(shop: ApiShop) -> None:
    told = shop.client.call("GET", f"/orders/{shop.orders[0]}").json()
    assert told["order"]["state"] == "reserved"
    assert [line["sku"] for line in told["order"]["lines"]] == ["A-1"]
    assert [decision["route"] for decision in told["decisions"]] == ["semi"]
    assert [event["state"] for event in told["events"]][-1] == "reserved"


def test_self_fulfilled_orders_are_shipped_row_by_row(shop: ApiShop) -> None:
    semi, ours = shop.orders
    rows = [
        {"order": ours, "carrier": "YunExpress", "number": "YT0001"},
        {"order": semi, "carrier": "YunExpress", "number": "YT0002"},
        {"order": 10**15, "carrier": "YunExpress", "number": "YT0003"},
    ]
    told = shop.client.call("POST", "/trackings", {"rows": rows}).json()["rows"]
    assert [(row["row"], row["outcome"]) for row in told] == [(0, "shipped"), (1, "refused"), (2, "refused")]
    assert told[1]["refusal"]["rule"] == "RSP-2"
    assert Order.objects.get(pk=ours).state == "shipped"
    again = shop.client.call("POST", "/trackings", {"rows": rows[:1]}).json()["rows"]
    assert again[0]["outcome"] == "repeated"
    sent = shop.client.call("GET", f"/orders/{ours}").json()["order"]["shipments"]
    assert [(parcel["carrier"], parcel["number"]) for parcel in sent] == [("YunExpress", "YT0001")]


def test_stock_and_shipments_are_read(shop: ApiShop) -> None:
    stock = {row["sku"]: row for row in shop.client.call("GET", "/stock").json()["items"]}
    assert (stock["A-1"]["declared"], stock["A-1"]["declared_reserved"], stock["A-1"]["sellable"]) == (
        7,
        1,
        6,
    )
    assert [row["sku"] for row in shop.client.call("GET", "/stock?sku=A-2&sku=Z").json()["items"]] == ["A-2"]
    shipment = shop.client.call("GET", f"/shipments/{shop.shipment}").json()
    assert (shipment["code"], shipment["warehouse"], shipment["pieces"]) == ("SH-1", "YIWU", 12)
    assert shop.client.call("GET", "/shipments?open_only=true").json()["items"] == [shipment]


def test_another_sellers_orders_are_not_there(shop: ApiShop) -> None:
    (other,) = make.make_sellers("S2")
    stranger = seller_client(other)
    for path in (f"/orders/{shop.orders[0]}", f"/shipments/{shop.shipment}", "/skus/A-1", "/products/P-A-1"):
        assert stranger.call("GET", path).status_code == 404
    for path in ("/orders", "/shipments", "/stock", "/skus", "/products"):
        assert stranger.call("GET", path).json()["items"] == []
    row = {"order": shop.orders[1], "carrier": "YunExpress", "number": "YT0001"}
    told = stranger.call("POST", "/trackings", {"rows": [row]}).json()["rows"]
    assert (told[0]["outcome"], told[0]["refusal"]["reason"]) == ("refused", "the order is not known")
    assert Order.objects.get(pk=shop.orders[1]).state == "to_ship"


def test_sellers_cancel_and_the_marketplace_asks(shop: ApiShop) -> None:
    semi, ours = shop.orders
    market = marketplace_client()
    asked = {"rows": [{"order": semi, "reference": "C-1", "reason": "changed their mind"}]}
    assert _outcomes(market.call("POST", "/cancel-requests", asked)) == ["asked"]
    assert _outcomes(market.call("POST", "/cancel-requests", asked)) == ["repeated"]
    row = {"order": semi, "reference": "C-2", "reason": "out of stock"}
    both = {"rows": [row, {**row, "order": ours}]}
    told = shop.client.call("POST", "/cancellations", both)
    assert _outcomes(told) == ["refused", "cancelled"]
    assert told.json()["rows"][0]["refusal"]["rule"] == "ORD-2"
    answers = {"rows": [{"order": semi, "accept": True}, {"order": ours, "accept": False, "reason": "no"}]}
    assert _outcomes(shop.client.call("POST", "/cancel-answers", answers)) == ["answered", "refused"]
    assert set(Order.objects.values_list("state", flat=True)) == {"cancelled"}
    cancels = shop.client.call("GET", f"/orders/{semi}").json()["cancels"]
    assert [(told["reference"], told["answer"]) for told in cancels] == [("C-1", "accepted")]


def test_nobody_cancels_what_is_anothers(shop: ApiShop) -> None:
    (other,) = make.make_sellers("S2")
    stranger, market = seller_client(other), marketplace_client("another-market")
    row = {"order": shop.orders[0], "reference": "C-1", "reason": "x"}
    for client, path in (
        (stranger, "/cancellations"), (stranger, "/cancel-requests"), (market, "/cancel-requests"),
    ):  # fmt: skip
        told = client.call("POST", path, {"rows": [row]})
        assert (_outcomes(told), told.json()["rows"][0]["refusal"]["reason"]) == (
            ["refused"], "the order is not known",
        )  # fmt: skip
    refused = stranger.call("POST", "/cancel-answers", {"rows": [{"order": shop.orders[0], "accept": True}]})
    assert _outcomes(refused) == ["refused"]
    assert market.call("POST", "/cancellations", {"rows": [row]}).status_code == 403
    assert set(Order.objects.values_list("state", flat=True)) == {"reserved", "to_ship"}


def _outcomes(answer: Any) -> list[str]:
    return [row["outcome"] for row in answer.json()["rows"]]
