"""What the open-platform protocol calls the states of an order."""

from __future__ import annotations

from collections.abc import Mapping

WAITS, PARTLY, ASKED = "WAIT_SELLER_SEND_GOODS", "SELLER_PART_SEND_GOODS", "IN_CANCEL"
_SENT, _FUNDS, _DONE = "WAIT_BUYER_ACCEPT_GOODS", "FUND_PROCESSING", "FINISH"
SEMI_MANAGED = '{"orderBusinessModel":"SEMI_CHOICE_SELF"}'
BY_SELLER, BY_WAREHOUSE = "SELLER_SEND_GOODS", "WAREHOUSE_SEND_GOODS"
WINDOW_DAYS = 180  # older orders are not listed

STATUSES: Mapping[str, str] = {
    "reserved": WAITS,
    "released": WAITS,
    "picking": WAITS,
    "packed": WAITS,
    "to_ship": WAITS,
    "handed_over": _SENT,
    "export_cleared": _SENT,
    "departed": _SENT,
    "shipped": _SENT,
    "delivered": _FUNDS,
    "completed": _DONE,
    "cancelled": _DONE,
    "returned": _DONE,
}
# Known to the protocol, never true of an order that was placed here: it comes paid and checked.
OTHER_STATUSES = frozenset({
    "PLACE_ORDER_SUCCESS", "PAYMENT_PROCESSING", "RISK_CONTROL", "RISK_CONTROL_HOLD", "ARCHIVE",
    "WAIT_SELLER_EXAMINE_MONEY", "IN_ISSUE", "IN_FROZEN",
})  # fmt: skip
KNOWN_STATUSES = frozenset(STATUSES.values()) | {PARTLY, ASKED} | OTHER_STATUSES
FINISHED = _DONE
_LOGISTICS: Mapping[str, str] = {
    WAITS: "WAIT_SELLER_SEND_GOODS",
    PARTLY: "SELLER_SEND_PART_GOODS",
    _SENT: "SELLER_SEND_GOODS",
    _FUNDS: "BUYER_ACCEPT_GOODS",
    _DONE: "BUYER_ACCEPT_GOODS",
}
_END_REASONS: Mapping[str, str] = {
    "completed": "buyer_accept_goods",
    "cancelled": "cancel_order",
    "returned": "goods_returned",
}


def order_status(state: str, *, is_cancel_asked: bool = False, is_sent_in_part: bool = False) -> str:
    """The status of an order; an open request to cancel comes first."""
    if is_cancel_asked:
        return ASKED
    return PARTLY if state == "to_ship" and is_sent_in_part else STATUSES[state]


def logistics_status(state: str, *, is_sent_in_part: bool = False) -> str:
    """How far the goods are; those of a cancelled order go nowhere."""
    if state == "cancelled":
        return "NO_LOGISTICS"
    return _LOGISTICS[order_status(state, is_sent_in_part=is_sent_in_part)]


def states_of(status: str) -> tuple[str, ...]:
    """Our states that a status may stand for; none where no order here can have it."""
    if status == PARTLY:
        return ("to_ship",)
    return tuple(state for state, told in STATUSES.items() if told == status)


def end_reason(state: str) -> str:
    """Why an order is over; empty for one that is not."""
    return _END_REASONS.get(state, "")


def extend_map(route: str) -> str:
    """The mark of a line: of the programme's own, for as long as the programme fulfils it.

    An order that fell back to the seller is an ordinary one from then on, which the seller ships.
    """
    return SEMI_MANAGED if route == "semi" else "{}"


def send_goods_operator(route: str) -> str:
    """Who hands the goods to the carrier."""
    return BY_WAREHOUSE if route == "semi" else BY_SELLER
