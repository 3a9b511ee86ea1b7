"""Report what was sent, and answer requests to cancel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bantuo.apps.aftersales.operations.requests import CancelAnswer, accept_cancel, refuse_cancel
from bantuo.apps.orders.operations.incoming import Refusal
from bantuo.apps.orders.operations.shipping import NewShipment, ShipResult, ship_orders
from bantuo.core.open_platform_faults import Fault
from bantuo.interfaces.gateway.arguments import (
    ID_MAX,
    fields_of,
    json_of,
    missing,
    objects_of,
    refuse,
    text_of,
    text_or,
    whole,
)
from bantuo.interfaces.gateway.calls import Call
from bantuo.interfaces.gateway.order_details import own_order

_LINES_MAX = 500
_PARAM = "param_aeop_seller_shipment_sub_trade_order_request"
_CANCEL = "param_order_cancel_request"


def fulfil(call: Call) -> Mapping[str, Any]:
    """`aliexpress.solution.order.fulfill`: carrier and number of everything that is left of an order."""
    _ship(call)
    return {"result": {"result_success": True}}


def seller_shipment(call: Call) -> Mapping[str, Any]:
    """`aliexpress.logistics.sellershipmentfortop`: the same; what is wrong stands in the answer itself."""
    try:
        _ship(call)
    except Fault as fault:
        if fault.sub_code not in _REFUSED.values():
            raise
        told = {"result_error_code": fault.sub_code, "result_error_desc": fault.sub_msg}
        return {"result_success": False, **told}
    return {"result_success": True, "result_error_code": "", "result_error_desc": ""}


def _ship(call: Call) -> None:
    fields = call.params
    order_id = whole(fields, "out_ref", least=1)
    send_type = text_or(fields, "send_type", "all").lower()
    if send_type not in ("all", "part"):
        refuse("send_type", send_type, "all or part")
    if send_type == "part" and _pieces_left(call, order_id) > 1:
        told = (
            "send_type: part: does not say which lines were sent; aliexpress.logistics.order.shipment does, "
            "and `all` reports all that is left"
        )
        raise Fault("business", told, sub_code="isv.part-names-no-lines")
    carrier = text_or(fields, "actual_carrier") or text_of(fields, "service_name")
    shipment = NewShipment(
        row="out_ref",
        order_id=order_id,
        carrier=carrier,
        number=text_of(fields, "logistics_no"),
        url=text_or(fields, "tracking_website"),
    )
    _report(call, [shipment])


def _pieces_left(call: Call, order_id: int) -> int:
    return sum(line.quantity - line.shipped for line in own_order(call, order_id).order.lines)


def shipment_by_line(call: Call) -> Mapping[str, Any]:
    """`aliexpress.logistics.order.shipment`: shipments of single lines, by their place in the order."""
    fields = fields_of(call.params, _PARAM)
    order_id = whole(fields, "trade_order_id", least=1)
    lines = {line.line_no: line.quantity - line.shipped for line in own_order(call, order_id).order.lines}
    shipments = []
    given = objects_of(fields, "sub_trade_order_list", most=_LINES_MAX)
    for told in given:
        line_no = whole(told, "sub_trade_order_index", least=1, most=ID_MAX)
        if line_no not in lines:
            refuse("sub_trade_order_index", line_no, f"the order has the lines {sorted(lines)}")
        sent = objects_of(told, "shipment_list", most=_LINES_MAX)
        if len(sent) > 1:
            refuse("shipment_list", len(sent), "one shipment of a line in a call")
        shipments.append(
            NewShipment(
                row=f"line {line_no}",
                order_id=order_id,
                carrier=text_or(sent[0], "actual_carrier") or text_of(sent[0], "service_name"),
                number=text_of(sent[0], "logistics_no"),
                url=text_or(sent[0], "tracking_web_site"),
                pieces={line_no: lines[line_no]},
            )
        )
    _report(call, shipments)
    told_again = json_of(fields, "sub_trade_order_list")
    return {"result": {"success": True, "trade_order_id": order_id, "sub_trade_order_list": told_again}}


def _report(call: Call, shipments: Sequence[NewShipment]) -> list[ShipResult]:
    """Ship; the first refusal refuses the call, and nothing of it is kept."""
    results = ship_orders(shipments, seller_id=call.seller_id, now=call.programme.now, actor=call.actor)
    for result in results:
        if result.refusal is not None:
            raise _fault(result.refusal)
    return results


def accept(call: Call) -> Mapping[str, Any]:
    """`aliexpress.trade.seller.order.acceptcancel`."""
    order_id = _order_to_cancel(call)
    answer = CancelAnswer("order_id", order_id)
    (result,) = accept_cancel([answer], seller_id=call.seller_id, now=call.programme.now, actor=call.actor)
    return _answered(result.refusal)


def refuse_request(call: Call) -> Mapping[str, Any]:
    """`aliexpress.trade.seller.order.refusecancel`: with the reason in `memo`."""
    order_id = _order_to_cancel(call)
    memo = text_of(fields_of(call.params, _CANCEL), "memo", most=500)
    answer = CancelAnswer("order_id", order_id, memo)
    (result,) = refuse_cancel([answer], seller_id=call.seller_id, now=call.programme.now, actor=call.actor)
    return _answered(result.refusal)


def _order_to_cancel(call: Call) -> int:
    if not call.params.get(_CANCEL) and not call.params.get("order_id"):
        missing(_CANCEL)
    order_id = whole(fields_of(call.params, _CANCEL), "order_id", least=1)
    return own_order(call, order_id).order.id


def _answered(refusal: Refusal | None) -> Mapping[str, Any]:
    if refusal is not None:
        raise _fault(refusal)
    return {"result": {"success": True, "target": True}}


# By the rule that refuses: what ERPs act upon.
_REFUSED = {
    "RSP-2": "isv.warehouse-ships",
    "ORD-1": "isv.shipment-refused",
    "ORD-2": "isv.cancel-request",
}


def _fault(refusal: Refusal) -> Fault:
    told = f"{refusal.field}: {refusal.value}: {refusal.reason} ({refusal.rule})"
    return Fault("business", told, sub_code=_REFUSED.get(refusal.rule, "isv.shipment-refused"))
