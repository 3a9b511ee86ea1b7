"""One order: as `solution` and as `trade` tell it, and to whom it goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bantuo.apps.documents.operations.recipients import RecipientUnknown, reveal_recipient
from bantuo.apps.open_platform.queries import LineProduct, line_products
from bantuo.apps.orders.order_rows import ListedLine, ListedOrder, OrderDetail, order_detail
from bantuo.core.money import format_fen
from bantuo.core.open_platform_faults import Fault
from bantuo.core.open_platform_orders import end_reason, extend_map, send_goods_operator
from bantuo.core.open_platform_times import pacific_text
from bantuo.interfaces.gateway.arguments import fields_of, text_of, whole
from bantuo.interfaces.gateway.calls import Call
from bantuo.interfaces.gateway.order_times import seconds_to_ship
from bantuo.interfaces.gateway.orders import common_fields, status_of_line, unit_price_fen
from bantuo.interfaces.web.papers import vault

_CURRENCY = {
    "currency_code": "CNY",
    "symbol": "¥",
    "numeric_code": 156,
    "default_fraction_digits": 2,
    "display_name": "CNY",
}


def order_info(call: Call) -> Mapping[str, Any]:
    """`aliexpress.solution.order.info.get`."""
    found = own_order(call, whole(fields_of(call.params, "param1"), "order_id", least=1))
    told = _detail(call, found)
    return {"result": {"data": told, "time_stamp": pacific_text(call.programme.now)}}


def find_order(call: Call) -> Mapping[str, Any]:
    """`aliexpress.trade.new.redefining.findorderbyid`: with the name of the address to ask it by."""
    found = own_order(call, whole(fields_of(call.params, "param1"), "order_id", least=1))
    asked = next((one for one in found.cancels if not one.answer), None)
    target = {
        **_detail(call, found),
        "oaid": found.order.oaid,
        "is_phone": False,
        "cancel_request_reason": asked.reason if asked else "",
        "new_order_amount": {"amount": format_fen(found.order.receipts_fen), "currency_code": "CNY"},
    }
    return {"target": target, "time_stamp": pacific_text(call.programme.now)}


def receipt_info(call: Call) -> Mapping[str, Any]:
    """`aliexpress.solution.order.receiptinfo.get`: the address in clear; the look is logged."""
    order_id = whole(fields_of(call.params, "param1"), "order_id", least=1)
    told = _revealed(call, own_order(call, order_id).order, why="aliexpress.solution.order.receiptinfo.get")
    return {"result": _address(told)}


def decrypt(call: Call) -> Mapping[str, Any]:
    """`aliexpress.trade.seller.order.decrypt`: the address by its name; the look is logged."""
    order_id, oaid = whole(call.params, "orderId", least=1), text_of(call.params, "oaid", most=300)
    order = own_order(call, order_id).order
    told = _address(_revealed(call, order, why="aliexpress.trade.seller.order.decrypt", oaid=oaid))
    shown = ("phone_number", "address2", "contact_person", "detail_address", "mobile_no")
    result = {
        **{name: told[name] for name in shown},
        "buyer_signer_fullname": told["contact_person"],
        "first_name": told["contact_person"].partition(" ")[0],
    }
    return {"result_obj": result, "result_code": 0, "result_info": "success"}


def own_order(call: Call, order_id: int) -> OrderDetail:
    """An order of the caller's seller. Raises Fault."""
    found = order_detail(call.seller_id, order_id)
    if found is None:
        told = f"order_id: {order_id}: is no order of this seller"
        raise Fault("business", told, sub_code="isv.order-not-found")
    return found


def _revealed(call: Call, order: ListedOrder, *, why: str, oaid: str = "") -> Mapping[str, str]:
    try:
        return reveal_recipient(
            order.id,
            seller_id=call.seller_id,
            reason=f"{why} by app {call.app.app_key} ({call.app.name})",
            vault=vault(),
            now=call.programme.now,
            actor=call.actor,
            address=call.address,
            oaid=oaid,
        )
    except RecipientUnknown as unknown:
        told = f"order_id: {order.id}: {'no such oaid' if oaid else 'no address is kept'}"
        raise Fault("business", told, sub_code="isv.recipient-not-found") from unknown


def _address(told: Mapping[str, str]) -> dict[str, str]:
    return {
        "contact_person": told.get("name", ""),
        "country": told.get("country", ""),
        "province": told.get("province", ""),
        "city": told.get("city", ""),
        "detail_address": told.get("address", ""),
        "address": told.get("address", ""),
        "address2": told.get("address2", ""),
        "zip": told.get("zip", ""),
        "phone_country": told.get("phone_country", ""),
        "phone_number": told.get("phone", ""),
        "mobile_no": told.get("mobile", ""),
    }


def _detail(call: Call, found: OrderDetail) -> dict[str, Any]:
    order = found.order
    products = line_products([order.id])
    return {
        "id": order.id,
        **common_fields(order),
        "gmt_modified": pacific_text(order.changed_at),
        "gmt_pay_success": pacific_text(order.placed_at),
        "gmt_trade_end": pacific_text(order.closed_at) if order.closed_at else "",
        "order_end_reason": end_reason(order.state),
        "over_time_left": str(seconds_to_ship(call, order) * 1000),
        "order_amount": _amount(order.receipts_fen),
        "init_oder_amount": _amount(order.goods_fen + order.freight_fen),
        "order_discount_info": _amount(order.merchant_coupon_fen),
        "logistics_amount": _amount(order.freight_fen),
        "pay_amount_by_settlement_cur": format_fen(order.receipts_fen),
        "settlement_currency": "CNY",
        "buyer_signer_fullname": order.name_masked,
        "buyer_info": {"country": order.country or order.destination, "first_name": order.name_masked},
        "receipt_address": {
            "country": order.country or order.destination,
            "province": order.region,
            "contact_person": order.name_masked,
            "mobile_no": order.phone_masked,
        },
        "external_order_id": order.external_id,
        "logistic_info_list": _logistics(order),
        "child_order_list": [_child(order, line, products[line.id]) for line in order.lines],
        "child_order_ext_info_list": [_extended(line, products[line.id]) for line in order.lines],
        "opr_log_dto_list": [
            {
                "id": at,
                "order_id": order.id,
                "action_type": event.state,
                "memo": event.reason,
                "gmt_create": pacific_text(event.at),
                "operator": event.by.partition(":")[0],
            }
            for at, event in enumerate(found.events, start=1)
        ],
    }


def _logistics(order: ListedOrder) -> list[dict[str, Any]]:
    arrived = pacific_text(order.delivered_at) if order.delivered_at else ""
    return [
        {
            "ship_order_id": shipment.id,
            "logistics_no": shipment.number,
            "logistics_service_name": shipment.carrier,
            "logistics_type_code": shipment.carrier,
            "gmt_send": pacific_text(shipment.shipped_at),
            "gmt_received": arrived,
            "have_tracking_info": bool(shipment.url),
            "receive_status": "received" if arrived else "wait",
        }
        for shipment in order.shipments
        if shipment.replaced_at is None
    ]


def _child(order: ListedOrder, line: ListedLine, product: LineProduct) -> dict[str, Any]:
    return {
        "id": line.id,
        "child_order_id": str(line.id),
        "order_sort_id": line.line_no,
        "order_status": status_of_line(order, line),
        "product_id": product.product_id,
        "product_name": line.title,
        "product_img_url": product.image,
        "product_count": line.quantity,
        "product_unit": "piece",
        "product_price": _amount(unit_price_fen(line)),
        "init_order_amt": _amount(line.goods_fen),
        "logistics_amount": _amount(line.freight_fen),
        "sku_code": line.sku,
        "lot_num": 1,
        "fund_status": "PAY_SUCCESS",
        "frozen_status": "NO_FROZEN",
        "issue_status": "END_ISSUE" if order.state == "returned" else "NO_ISSUE",
        "send_goods_operator": send_goods_operator(order.route),
        "extend_map": extend_map(order.route),
        "tags": [],
    }


def _extended(line: ListedLine, product: LineProduct) -> dict[str, Any]:
    return {
        "product_id": product.product_id,
        "product_name": line.title,
        "quantity": line.quantity,
        "sku": line.sku,
        "unit_price": _amount(unit_price_fen(line)),
        "category_id": product.category,
    }


def _amount(fen: int) -> dict[str, Any]:
    return {
        "amount": format_fen(fen),
        "amount_str": format_fen(fen),
        "cent": fen,
        "cent_factor": 100,
        "currency_code": "CNY",
        "currency": _CURRENCY,
    }
