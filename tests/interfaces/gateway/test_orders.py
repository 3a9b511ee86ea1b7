"""Orders through the gateway: lists, details, addresses, shipments, cancellations."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bantuo.apps.aftersales.operations.cancelling import Cancelling
from bantuo.apps.aftersales.operations.requests import request_cancel
from bantuo.apps.documents.models import DocumentAccess
from bantuo.apps.open_platform.models import AccessGrant
from bantuo.apps.orders.models import Order, Shipment
from bantuo.apps.orders.operations.recipients import NewRecipient, keep_recipients
from bantuo.core.open_platform_times import pacific_text
from bantuo.interfaces.web.papers import vault
from tests.interfaces.gateway.conftest import Shop
from tests.interfaces.gateway.test_protocol import code_of, sub_code_of

LIST, GET = "aliexpress.trade.seller.orderlist.get", "aliexpress.solution.order.get"
INFO, FIND = "aliexpress.solution.order.info.get", "aliexpress.trade.new.redefining.findorderbyid"
RECEIPT, DECRYPT = "aliexpress.solution.order.receiptinfo.get", "aliexpress.trade.seller.order.decrypt"
FULFIL, SHIP = "aliexpress.solution.order.fulfill", "aliexpress.logistics.sellershipmentfortop"
BY_LINE = "aliexpress.logistics.order.shipment"
ACCEPT, REFUSE = "aliexpress.trade.seller.order.acceptcancel", "aliexpress.trade.seller.order.refusecancel"
SEMI = '{"orderBusinessModel":"SEMI_CHOICE_SELF"}'


def place_order(shop: Shop, external_id: str, **quantities: int) -> Order:
    """An order of the programme's where there is stock, else the seller's own."""
    shop.world.order(shop.seller, external_id, "10:00", **quantities)
    return Order.objects.get(external_id=external_id)


def rows_of(told: Any) -> list[int]:
    return [row["order_id"] for row in told["result"]["target_list"]]


def address(shop: Shop, order: Order) -> str:
    told = {
        "name": "Ana Prieto", "country": "ES", "province": "Madrid", "city": "Madrid", "mobile": "600123456",
        "address": "Calle Mayor 1", "zip": "28013", "phone_country": "34",
    }  # fmt: skip
    (kept,) = keep_recipients(
        [NewRecipient("1", order.pk, told)],
        seller_id=shop.seller.pk, vault=vault(), now=timezone.now(), actor="test",
    )  # fmt: skip
    return kept.oaid


def ask_to_cancel(shop: Shop, order: Order) -> None:
    (asked,) = request_cancel(
        [Cancelling("1", order.pk, "R1", "changed my mind", "buyer")],
        seller_id=None, book=shop.world.book, day=shop.world.day, now=timezone.now(), actor="test",
    )  # fmt: skip
    assert asked.outcome == "asked"


def test_a_row_of_the_list(shop: Shop) -> None:
    shop.world.state(shop.seller, "09:00", A=5)
    order = place_order(shop, "E1", A=2)
    (row,) = shop.erp.call(LIST, param_aeop_order_query={"page_size": 10})["result"]["target_list"]
    line = order.lines.get()
    placed, sku = pacific_text(order.placed_at), shop.sku("A")
    assert row == {
        "order_id": order.pk,
        "order_status": "WAIT_SELLER_SEND_GOODS",
        "logistics_status": "WAIT_SELLER_SEND_GOODS",
        "fund_status": "PAY_SUCCESS",
        "frozen_status": "NO_FROZEN",
        "issue_status": "NO_ISSUE",
        "biz_type": "AE_COMMON",
        "end_reason": "",
        "gmt_create": placed,
        "gmt_pay_time": placed,
        "gmt_update": placed,
        "gmt_send_goods_time": "",
        "pay_amount": {"amount": "120.00", "currency_code": "CNY"},
        "seller_login_id": "S1",
        "seller_operator_login_id": "S1",
        "seller_signer_fullname": "S1",
        "buyer_signer_fullname": "",
        "phone": False,
        "has_request_loan": False,
        "timeout_left_time": 0,
        "left_send_good_day": "0",
        "left_send_good_hour": "0",
        "left_send_good_min": "0",
        "external_order_id": "E1",
        "product_list": [
            {
                "child_id": line.pk,
                "order_id": order.pk,
                "product_id": sku.product_id,
                "sku_code": "A",
                "sku_id": str(sku.pk),
                "product_name": "A",
                "product_img_url": "",
                "product_count": 2,
                "product_unit": "piece",
                "product_unit_price": {"amount": "60.00", "currency_code": "CNY"},
                "total_product_amount": {"amount": "120.00", "currency_code": "CNY"},
                "logistics_amount": {"amount": "0.00", "currency_code": "CNY"},
                "son_order_status": "WAIT_SELLER_SEND_GOODS",
                "show_status": "WAIT_SELLER_SEND_GOODS",
                "fund_status": "PAY_SUCCESS",
                "issue_status": "NO_ISSUE",
                "send_goods_operator": "WAREHOUSE_SEND_GOODS",
                "send_goods_time": "",
                "can_submit_issue": False,
                "money_back3x": False,
                "extend_map": SEMI,
                "tags": [],
            }
        ],
    }


def test_only_what_the_programme_fulfils_carries_its_mark(shop: Shop) -> None:
    shop.world.state(shop.seller, "09:00", A=5)
    semi, own = place_order(shop, "E1", A=2), place_order(shop, "E2", B=1)
    lines = {row["order_id"]: row["product_list"][0] for row in shop.erp.call(GET)["result"]["target_list"]}
    assert (lines[semi.pk]["extend_map"], lines[semi.pk]["send_goods_operator"]) == (
        SEMI,
        "WAREHOUSE_SEND_GOODS",
    )
    assert (lines[own.pk]["extend_map"], lines[own.pk]["send_goods_operator"]) == ("{}", "SELLER_SEND_GOODS")
    assert json.loads(lines[own.pk]["extend_map"]) == {}


def test_what_is_the_sellers_to_ship_says_how_long_it_has(shop: Shop) -> None:
    order = place_order(shop, "E1", A=1)
    (row,) = shop.erp.call(GET)["result"]["target_list"]
    left_ms = row["timeout_left_time"]
    assert (row["order_id"], 0 < left_ms < 15 * 86_400_000) == (order.pk, True)
    assert row["left_send_good_day"] == str(left_ms // 86_400_000)
    assert row["left_send_good_hour"] == str(left_ms // 3_600_000)


def test_the_query_comes_wrapped_or_one_by_one_and_pages(shop: Shop) -> None:
    ids = [place_order(shop, f"E{n}", A=1).pk for n in range(5)][::-1]
    asked = {"current_page": 2, "page_size": 2}
    for told in (
        shop.erp.call(LIST, param_aeop_order_query=asked),
        shop.erp.call(GET, param0=asked),
        shop.erp.call(GET, current_page="2", page_size="2"),
        shop.erp.call(GET, how="GET", family="classic", param0=asked),
    ):
        result = told["result"]
        assert rows_of(told) == ids[2:4]
        heads = ("total_count", "total_page", "current_page", "page_size", "success")
        assert [result[name] for name in heads] == [5, 3, 2, 2, True]


def test_wrapped_lists_are_called_as_published(shop: Shop) -> None:
    order = place_order(shop, "E1", A=1)
    told = shop.erp.call(GET, family="classic", simplify="false", sign_method="md5")
    result = told["aliexpress_solution_order_get_response"]["result"]
    (row,) = result["target_list"]["order_dto"]
    assert (row["order_id"], row["product_list"]["order_product_dto"][0]["sku_code"]) == (order.pk, "A")


def test_orders_by_status(shop: Shop) -> None:
    shop.world.state(shop.seller, "09:00", A=50)
    waits, asked, sent, done, part = (place_order(shop, f"E{n}", A=2) for n in range(5))
    ask_to_cancel(shop, asked)
    now = timezone.now()
    Order.objects.filter(pk=sent.pk).update(state="departed", handed_over_at=now)
    Order.objects.filter(pk=done.pk).update(state="completed", closed_at=now)
    Order.objects.filter(pk=part.pk).update(state="to_ship", route="self")
    told = shop.erp.call(
        BY_LINE,
        param_aeop_seller_shipment_sub_trade_order_request={
            "trade_order_id": part.pk,
            "sub_trade_order_list": [
                {
                    "sub_trade_order_index": 1,
                    "send_type": "all",
                    "shipment_list": [{"logistics_no": "LX1234", "service_name": "Yanwen"}],
                }
            ],
        },
    )
    assert told["result"]["success"] is True

    def found(*statuses: str, **more: Any) -> list[int]:
        return rows_of(shop.erp.call(GET, param0={"order_status_list": list(statuses), **more}))

    assert found("WAIT_SELLER_SEND_GOODS") == [waits.pk]
    assert found("IN_CANCEL") == [asked.pk]
    assert found("WAIT_BUYER_ACCEPT_GOODS") == [part.pk, sent.pk]
    assert found("FINISH") == [done.pk]
    assert found("FINISH", "IN_CANCEL") == [done.pk, asked.pk]
    assert found("RISK_CONTROL") == []
    assert found("IN_CANCEL", order_status="FINISH") == [done.pk, asked.pk]
    assert done.pk not in found()  # what is over is told when it is asked for
    assert set(found()) == {waits.pk, asked.pk, sent.pk, part.pk}
    (row,) = shop.erp.call(GET, order_status="WAIT_BUYER_ACCEPT_GOODS", page_size="1")["result"][
        "target_list"
    ]
    assert row["gmt_send_goods_time"] != ""


def test_orders_by_time_in_us_pacific(shop: Shop) -> None:
    now = timezone.now().replace(microsecond=0)
    ids = {}
    for days in (1, 10, 179, 181):
        order = place_order(shop, f"D{days}", A=1)
        Order.objects.filter(pk=order.pk).update(placed_at=now - timedelta(days=days))
        ids[days] = order.pk

    def found(**asked: str) -> list[int]:
        return rows_of(shop.erp.call(LIST, param_aeop_order_query=asked))

    assert found() == [ids[179], ids[10], ids[1]]
    assert found(create_date_start="2020-01-01 00:00:00") == [ids[179], ids[10], ids[1]]
    ten = pacific_text(now - timedelta(days=10))
    assert found(create_date_start=ten) == [ids[10], ids[1]]
    assert found(create_date_end=ten) == [ids[179], ids[10]]
    assert found(create_date_start=ten, create_date_end=ten[:10]) == [ids[10]]


def test_orders_by_their_last_change(shop: Shop) -> None:
    place_order(shop, "E1", A=1)
    moved = place_order(shop, "E2", A=1)
    at = pacific_text(timezone.now() - timedelta(seconds=1))
    shop.erp.call(FULFIL, out_ref=str(moved.pk), service_name="Yanwen", logistics_no="LX1", send_type="all")
    before = rows_of(shop.erp.call(GET, modified_date_end="2000-01-01"))
    assert before == []
    told = shop.erp.call(FULFIL, out_ref=str(moved.pk), service_name="Yanwen", logistics_no="LX123")
    assert told["result"] == {"result_success": True}
    assert moved.pk in rows_of(shop.erp.call(GET, modified_date_start=at))


def test_one_order_as_both_methods_tell_it(shop: Shop) -> None:
    shop.world.state(shop.seller, "09:00", A=5)
    order = place_order(shop, "E1", A=2)
    oaid = address(shop, order)
    data = shop.erp.call(INFO, param1={"order_id": order.pk})["result"]["data"]
    target = shop.erp.call(FIND, param1={"order_id": str(order.pk), "show_id": "1"})["target"]
    for told in (data, target):
        assert (told["id"], told["order_status"]) == (order.pk, "WAIT_SELLER_SEND_GOODS")
        assert told["order_amount"] == {
            "amount": "120.00",
            "amount_str": "120.00",
            "cent": 12_000,
            "cent_factor": 100,
            "currency_code": "CNY",
            "currency": {
                "currency_code": "CNY",
                "symbol": "¥",
                "numeric_code": 156,
                "default_fraction_digits": 2,
                "display_name": "CNY",
            },
        }
        (child,) = told["child_order_list"]
        assert (child["order_sort_id"], child["sku_code"], child["product_count"]) == (1, "A", 2)
        assert (child["extend_map"], child["product_price"]["amount"]) == (SEMI, "60.00")
        assert told["receipt_address"] == {
            "country": "ES",
            "province": "Madrid",
            "contact_person": "A**",
            "mobile_no": "600****3456",
        }
        assert [log["action_type"] for log in told["opr_log_dto_list"]] == ["reserved"]
    assert target["oaid"] == oaid
    assert "Prieto" not in json.dumps([data, target])
    assert DocumentAccess.objects.count() == 0


def test_the_address_in_clear_is_logged_and_needs_leave_of_its_own(shop: Shop) -> None:
    order = place_order(shop, "E1", A=1)
    oaid = address(shop, order)
    told = shop.erp.call(RECEIPT, param1={"order_id": order.pk})["result"]
    assert told == {
        "contact_person": "Ana Prieto",
        "country": "ES",
        "province": "Madrid",
        "city": "Madrid",
        "detail_address": "Calle Mayor 1",
        "address": "Calle Mayor 1",
        "address2": "",
        "zip": "28013",
        "phone_country": "34",
        "phone_number": "",
        "mobile_no": "600123456",
    }
    told = shop.erp.call(DECRYPT, orderId=str(order.pk), oaid=oaid)
    assert (told["result_obj"]["contact_person"], told["result_code"]) == ("Ana Prieto", 0)
    looks = DocumentAccess.objects.order_by("id")
    assert [(look.action, look.actor, look.subject) for look in looks] == [
        ("unmask", f"app:{shop.erp.app_key}", f"recipient:{order.pk}")
    ] * 2
    assert looks[1].reason == f"{DECRYPT} by app {shop.erp.app_key} (own)"
    wrong = shop.erp.call(DECRYPT, orderId=str(order.pk), oaid="another")
    assert sub_code_of(wrong) == "isv.recipient-not-found"
    none = place_order(shop, "E2", A=1)
    assert sub_code_of(shop.erp.call(RECEIPT, param1={"order_id": none.pk})) == "isv.recipient-not-found"
    AccessGrant.objects.update(scopes=["orders"])
    assert code_of(shop.erp.call(RECEIPT, param1={"order_id": order.pk})) == "InsufficientPermission"
    assert DocumentAccess.objects.count() == 2


def test_another_sellers_order_is_none_of_ours(shop: Shop) -> None:
    other = shop.world.seller("S2", "X")
    shop.world.order(other, "E9", "10:00", X=1)
    theirs = Order.objects.get(external_id="E9")
    assert rows_of(shop.erp.call(GET)) == []
    for told in (
        shop.erp.call(INFO, param1={"order_id": theirs.pk}),
        shop.erp.call(FIND, param1={"order_id": theirs.pk}),
        shop.erp.call(RECEIPT, param1={"order_id": theirs.pk}),
        shop.erp.call(DECRYPT, orderId=str(theirs.pk), oaid="x"),
        shop.erp.call(ACCEPT, param_order_cancel_request={"order_id": theirs.pk}),
        shop.erp.call(REFUSE, param_order_cancel_request={"order_id": theirs.pk, "memo": "x"}),
    ):
        assert sub_code_of(told) == "isv.order-not-found"
    told = shop.erp.call(FULFIL, out_ref=str(theirs.pk), service_name="Y", logistics_no="LX1234")
    assert sub_code_of(told) == "isv.shipment-refused"
    assert Shipment.objects.count() == 0


BAD = [
    (GET, {"param0": "{"}, "InvalidParameter"),
    (GET, {"param0": "[]"}, "InvalidParameter"),
    (GET, {"page_size": "51"}, "InvalidParameter"),
    (GET, {"current_page": "2000"}, "InvalidParameter"),
    (GET, {"order_status": "SHIPPED"}, "InvalidParameter"),
    (GET, {"order_status_list": '["A"'}, "InvalidParameter"),
    (GET, {"create_date_start": "10/03/2026"}, "InvalidParameter"),
    (GET, {"buyer_login_id": "somebody"}, "InvalidParameter"),
    (INFO, {}, "MissingParameter"),
    (INFO, {"param1": {"order_id": "x"}}, "InvalidParameter"),
    (INFO, {"param1": {"order_id": 10**25}}, "InvalidParameter"),
    (DECRYPT, {"orderId": "1"}, "MissingParameter"),
    (FULFIL, {"out_ref": "1"}, "MissingParameter"),
    (FULFIL, {"out_ref": "E1", "service_name": "Y", "logistics_no": "L"}, "InvalidParameter"),
    (FULFIL, {"out_ref": "1", "send_type": "x"}, "InvalidParameter"),
    (FULFIL, {"out_ref": "ORDER", "service_name": "Y", "logistics_no": "1.2E+15"}, "15"),
    (FULFIL, {"out_ref": "ORDER", "service_name": "Y", "logistics_no": "!"}, "15"),
    (FULFIL, {"out_ref": "ORDER", "service_name": "Y" * 101, "logistics_no": "LX123"}, "15"),
    (BY_LINE, {"trade_order_id": "ORDER"}, "MissingParameter"),
    (BY_LINE, {"trade_order_id": "ORDER", "sub_trade_order_list": [9]}, "InvalidParameter"),
    (ACCEPT, {}, "MissingParameter"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "asked", "code"), BAD)
def test_bad_input_is_named_and_changes_nothing(
    shop: Shop, method: str, asked: dict[str, Any], code: str
) -> None:
    order = place_order(shop, "E1", A=1)
    told = {name: str(order.pk) if value == "ORDER" else value for name, value in asked.items()}
    answer = shop.erp.call(method, **told)
    assert code_of(answer) == code
    assert sub_code_of(answer).startswith("isv.")
    assert Shipment.objects.count() == 0


def test_a_list_takes_the_same_queries_for_one_row_and_for_three(shop: Shop) -> None:
    for number in range(3):
        place_order(shop, f"E{number}", A=1)
    shop.erp.call(GET)
    counts = []
    for size in (1, 3):
        with CaptureQueriesContext(connection) as seen:
            assert len(rows_of(shop.erp.call(GET, page_size=str(size)))) == size
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12
