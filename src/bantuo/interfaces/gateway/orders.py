"""Lists of orders: the same query, wrapped or one field by one, and the same rows by two methods."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bantuo.apps.open_platform.queries import COUNT_MAX, LineProduct, OrderQuery, line_products, order_page
from bantuo.apps.orders.order_rows import ListedLine, ListedOrder, orders_by_id
from bantuo.core.open_platform_orders import (
    FINISHED,
    KNOWN_STATUSES,
    WINDOW_DAYS,
    end_reason,
    extend_map,
    logistics_status,
    order_status,
    send_goods_operator,
)
from bantuo.core.open_platform_shapes import amount
from bantuo.core.open_platform_times import pacific_text
from bantuo.interfaces.gateway.arguments import (
    PAGE_MAX,
    fields_of,
    pacific_or_none,
    refuse,
    text_or,
    texts_of,
    whole_or,
)
from bantuo.interfaces.gateway.calls import Call
from bantuo.interfaces.gateway.order_times import seconds_to_ship

PAGE_SIZE, PAGE_SIZE_MAX = 20, 50
_PAID, _FREE, _NO_ISSUE = "PAY_SUCCESS", "NO_FROZEN", "NO_ISSUE"


def seller_orders(call: Call) -> Mapping[str, Any]:
    """`aliexpress.trade.seller.orderlist.get`."""
    return _list(call, "param_aeop_order_query")


def solution_orders(call: Call) -> Mapping[str, Any]:
    """`aliexpress.solution.order.get`: its fields in `param0`, or one by one."""
    return _list(call, "param0")


def _list(call: Call, param: str) -> Mapping[str, Any]:
    fields = fields_of(call.params, param)
    page = whole_or(fields, "current_page", 1, most=PAGE_MAX)
    size = whole_or(fields, "page_size", PAGE_SIZE, most=PAGE_SIZE_MAX)
    if page * size > COUNT_MAX + size:
        refuse("current_page", page, f"{COUNT_MAX} orders are listed at most: narrow the dates")
    total, ids = order_page(call.seller_id, _asked(call, fields), page=page, size=size)
    products = line_products(ids)
    result = {
        "success": True,
        "total_count": total,
        "total_page": -(-total // size),
        "current_page": page,
        "page_size": size,
        "time_stamp": pacific_text(call.programme.now),
        "target_list": [_order(call, order, products) for order in orders_by_id(ids)],
    }
    return {"result": result}


def _asked(call: Call, fields: Mapping[str, Any]) -> OrderQuery:
    """What is asked; without a status, everything that is not over."""
    statuses = [*texts_of(fields, "order_status_list"), *filter(None, [text_or(fields, "order_status")])]
    unknown = next((status for status in statuses if status not in KNOWN_STATUSES), None)
    if unknown is not None:
        refuse("order_status", unknown, f"one of {', '.join(sorted(KNOWN_STATUSES))}")
    if buyer := text_or(fields, "buyer_login_id"):
        refuse("buyer_login_id", buyer, "buyers' logins are not kept here: leave it out")
    window = call.programme.now - timedelta(days=WINDOW_DAYS)
    placed_from = pacific_or_none(fields, "create_date_start") or window
    return OrderQuery(
        statuses=statuses or sorted(KNOWN_STATUSES - {FINISHED}),
        placed_from=max(placed_from, window),
        placed_until=pacific_or_none(fields, "create_date_end", is_end=True),
        changed_from=pacific_or_none(fields, "modified_date_start"),
        changed_until=pacific_or_none(fields, "modified_date_end", is_end=True),
    )


def status_of(order: ListedOrder) -> str:
    """The order's status in the protocol's words."""
    is_asked = order.cancel_id is not None
    return order_status(order.state, is_cancel_asked=is_asked, is_sent_in_part=order.is_shipped_in_part)


def status_of_line(order: ListedOrder, line: ListedLine) -> str:
    """A line's own: of an order sent in part, some lines are on their way."""
    if order.is_shipped_in_part and order.cancel_id is None:
        return order_status("shipped" if line.shipped == line.quantity else "to_ship")
    return status_of(order)


def common_fields(order: ListedOrder) -> dict[str, Any]:
    """What lists and details alike say of an order."""
    return {
        "order_status": status_of(order),
        "logistics_status": logistics_status(order.state, is_sent_in_part=order.is_shipped_in_part),
        "fund_status": _PAID,
        "frozen_status": _FREE,
        "issue_status": "END_ISSUE" if order.state == "returned" else _NO_ISSUE,
        "gmt_create": pacific_text(order.placed_at),
        "seller_operator_login_id": order.seller,
        "seller_signer_fullname": order.seller_name,
    }


def sent_at(order: ListedOrder) -> str:
    """When the goods left: from the warehouse, or as the seller first told."""
    times = [shipment.shipped_at for shipment in order.shipments if shipment.replaced_at is None]
    at = order.handed_over_at or min(times, default=None)
    return pacific_text(at) if at else ""


def _order(call: Call, order: ListedOrder, products: Mapping[int, LineProduct]) -> dict[str, Any]:
    left_s = seconds_to_ship(call, order)
    return {
        "order_id": order.id,
        **common_fields(order),
        "biz_type": "AE_COMMON",
        "end_reason": end_reason(order.state),
        "gmt_pay_time": pacific_text(order.placed_at),
        "gmt_update": pacific_text(order.changed_at),
        "gmt_send_goods_time": sent_at(order),
        "pay_amount": amount(order.receipts_fen),
        "seller_login_id": order.seller,
        "buyer_signer_fullname": order.name_masked,
        "phone": False,
        "has_request_loan": False,
        "timeout_left_time": left_s * 1000,
        "left_send_good_day": str(left_s // 86_400),
        "left_send_good_hour": str(left_s // 3_600),
        "left_send_good_min": str(left_s // 60),
        "external_order_id": order.external_id,  # the protocol has no field for it: clients pass it over
        "product_list": [_line(order, line, products[line.id]) for line in order.lines],
    }


def _line(order: ListedOrder, line: ListedLine, product: LineProduct) -> dict[str, Any]:
    return {
        "child_id": line.id,
        "order_id": order.id,
        "product_id": product.product_id,
        "sku_code": line.sku,
        "sku_id": str(product.sku_id),
        "product_name": line.title,
        "product_img_url": product.image,
        "product_count": line.quantity,
        "product_unit": "piece",
        "product_unit_price": amount(unit_price_fen(line)),
        "total_product_amount": amount(line.goods_fen),
        "logistics_amount": amount(line.freight_fen),
        "son_order_status": status_of_line(order, line),
        "show_status": status_of_line(order, line),
        "fund_status": _PAID,
        "issue_status": "END_ISSUE" if order.state == "returned" else _NO_ISSUE,
        "send_goods_operator": send_goods_operator(order.route),
        "send_goods_time": sent_at(order),
        "can_submit_issue": False,
        "money_back3x": False,
        "extend_map": extend_map(order.route),
        "tags": [],
    }


def unit_price_fen(line: ListedLine) -> int:
    """What one piece costs, half a fen rounded up; the sum is told beside it."""
    return (2 * line.goods_fen + line.quantity) // (2 * line.quantity)
