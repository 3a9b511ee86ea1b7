"""Shipments reported and cancellations answered through the gateway; the database afterwards."""

from __future__ import annotations

import pytest

from bantuo.apps.orders.models import CancelRequest, Shipment
from tests.interfaces.gateway.conftest import Shop
from tests.interfaces.gateway.test_orders import (
    ACCEPT,
    BY_LINE,
    FIND,
    FULFIL,
    GET,
    INFO,
    REFUSE,
    SHIP,
    ask_to_cancel,
    place_order,
    rows_of,
)
from tests.interfaces.gateway.test_protocol import code_of, sub_code_of


@pytest.mark.parametrize("method", [FULFIL, SHIP])
def test_a_shipment_is_reported_once(shop: Shop, method: str) -> None:
    order = place_order(shop, "E1", A=2)
    asked = {
        "out_ref": str(order.pk), "service_name": "YANWEN_AM", "logistics_no": "LX123456789CN",
        "send_type": "all", "tracking_website": "https://track.example.com/LX1",
    }  # fmt: skip
    for _ in range(2):
        told = shop.erp.call(method, **asked)
        assert told.get("result", told)["result_success"] is True
    sent = Shipment.objects.get()
    assert (sent.order_id, sent.carrier, sent.number, sent.url, sent.actor) == (
        order.pk, "YANWEN_AM", "LX123456789CN", "https://track.example.com/LX1", f"app:{shop.erp.app_key}",
    )  # fmt: skip
    order.refresh_from_db()
    assert order.state == "shipped"
    data = shop.erp.call(INFO, param1={"order_id": order.pk})["result"]["data"]
    assert data["logistic_info_list"][0]["logistics_no"] == "LX123456789CN"
    assert data["order_status"] == "WAIT_BUYER_ACCEPT_GOODS"


def test_what_the_warehouse_ships_is_not_the_sellers_to_report(shop: Shop) -> None:
    shop.world.state(shop.seller, "09:00", A=5)
    order = place_order(shop, "E1", A=2)
    asked = {"out_ref": str(order.pk), "service_name": "Y", "logistics_no": "LX1234", "send_type": "all"}
    told = shop.erp.call(FULFIL, **asked)
    assert (code_of(told), sub_code_of(told)) == ("15", "isv.warehouse-ships")
    told = shop.erp.call(SHIP, **asked)
    assert told["result_success"] is False
    assert told["result_error_code"] == "isv.warehouse-ships"
    assert Shipment.objects.count() == 0


def test_a_part_must_name_its_lines(shop: Shop) -> None:
    order = place_order(shop, "E1", A=1, B=1)
    part = {"out_ref": str(order.pk), "service_name": "Y", "logistics_no": "LX1234", "send_type": "part"}
    assert sub_code_of(shop.erp.call(FULFIL, **part)) == "isv.part-names-no-lines"
    lines = [
        {"sub_trade_order_index": 2, "shipment_list": [{"logistics_no": "LX1234", "service_name": "Yanwen"}]}
    ]
    shop.erp.call(BY_LINE, trade_order_id=str(order.pk), sub_trade_order_list=lines)
    (row,) = shop.erp.call(GET)["result"]["target_list"]
    assert row["order_status"] == "SELLER_PART_SEND_GOODS"
    assert row["logistics_status"] == "SELLER_SEND_PART_GOODS"
    assert {line["sku_code"]: line["son_order_status"] for line in row["product_list"]} == {
        "A": "WAIT_SELLER_SEND_GOODS",
        "B": "WAIT_BUYER_ACCEPT_GOODS",
    }
    found = shop.erp.call(GET, order_status="SELLER_PART_SEND_GOODS")
    assert rows_of(found) == [order.pk]
    told = shop.erp.call(FULFIL, **{**part, "logistics_no": "LX5678"})  # the last piece is all that is left
    assert told["result"]["result_success"] is True
    order.refresh_from_db()
    assert order.state == "shipped"


def test_a_cancel_request_is_accepted(shop: Shop) -> None:
    shop.world.state(shop.seller, "09:00", A=5)
    order = place_order(shop, "E1", A=2)
    ask_to_cancel(shop, order)
    assert shop.erp.call(FIND, param1={"order_id": order.pk})["target"]["cancel_request_reason"] == (
        "changed my mind"
    )
    told = shop.erp.call(ACCEPT, param_order_cancel_request={"order_id": order.pk, "buyer_login_id": "x"})
    assert told["result"] == {"success": True, "target": True}
    order.refresh_from_db()
    assert (order.state, shop.stock("A")) == ("cancelled", (5, 0))
    again = shop.erp.call(ACCEPT, param_order_cancel_request={"order_id": order.pk})
    assert sub_code_of(again) == "isv.cancel-request"


def test_a_cancel_request_is_refused_with_the_reason(shop: Shop) -> None:
    order = place_order(shop, "E1", A=2)
    ask_to_cancel(shop, order)
    asked = {"order_id": order.pk}
    assert code_of(shop.erp.call(REFUSE, param_order_cancel_request=asked)) == "MissingParameter"
    told = shop.erp.call(REFUSE, param_order_cancel_request={**asked, "memo": "already packed"})
    assert told["result"] == {"success": True, "target": True}
    kept = CancelRequest.objects.get()
    assert (kept.answer, kept.answer_reason) == ("refused", "already packed")
    order.refresh_from_db()
    assert order.state == "to_ship"
