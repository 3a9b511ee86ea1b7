"""Every state of ours has a status of the protocol's, and the other way round."""

from __future__ import annotations

import pytest

from bantuo.apps.orders.models import OrderState
from bantuo.core.open_platform_orders import (
    ASKED,
    KNOWN_STATUSES,
    OTHER_STATUSES,
    PARTLY,
    STATUSES,
    end_reason,
    extend_map,
    logistics_status,
    order_status,
    send_goods_operator,
    states_of,
)

STATES = {
    "reserved": ("WAIT_SELLER_SEND_GOODS", "WAIT_SELLER_SEND_GOODS", ""),
    "released": ("WAIT_SELLER_SEND_GOODS", "WAIT_SELLER_SEND_GOODS", ""),
    "picking": ("WAIT_SELLER_SEND_GOODS", "WAIT_SELLER_SEND_GOODS", ""),
    "packed": ("WAIT_SELLER_SEND_GOODS", "WAIT_SELLER_SEND_GOODS", ""),
    "handed_over": ("WAIT_BUYER_ACCEPT_GOODS", "SELLER_SEND_GOODS", ""),
    "export_cleared": ("WAIT_BUYER_ACCEPT_GOODS", "SELLER_SEND_GOODS", ""),
    "departed": ("WAIT_BUYER_ACCEPT_GOODS", "SELLER_SEND_GOODS", ""),
    "delivered": ("FUND_PROCESSING", "BUYER_ACCEPT_GOODS", ""),
    "completed": ("FINISH", "BUYER_ACCEPT_GOODS", "buyer_accept_goods"),
    "to_ship": ("WAIT_SELLER_SEND_GOODS", "WAIT_SELLER_SEND_GOODS", ""),
    "shipped": ("WAIT_BUYER_ACCEPT_GOODS", "SELLER_SEND_GOODS", ""),
    "cancelled": ("FINISH", "NO_LOGISTICS", "cancel_order"),
    "returned": ("FINISH", "BUYER_ACCEPT_GOODS", "goods_returned"),
}


@pytest.mark.parametrize("state", STATES)
def test_a_state_in_the_protocols_words(state: str) -> None:
    status, logistics, ended = STATES[state]
    assert (order_status(state), logistics_status(state), end_reason(state)) == (status, logistics, ended)
    assert state in states_of(status)
    assert order_status(state, is_cancel_asked=True) == ASKED


def test_every_state_of_ours_is_told() -> None:
    assert set(STATES) == set(STATUSES) == set(OrderState.values)


def test_a_part_that_was_sent_shows() -> None:
    assert order_status("to_ship", is_sent_in_part=True) == PARTLY
    assert logistics_status("to_ship", is_sent_in_part=True) == "SELLER_SEND_PART_GOODS"
    assert order_status("shipped", is_sent_in_part=True) == "WAIT_BUYER_ACCEPT_GOODS"
    assert states_of(PARTLY) == ("to_ship",)


def test_statuses_that_no_order_here_can_have_stand_for_none() -> None:
    assert {status for status in KNOWN_STATUSES if not states_of(status)} == OTHER_STATUSES | {ASKED}


def test_the_mark_of_a_line_is_there_while_the_programme_fulfils_it() -> None:
    assert extend_map("semi") == '{"orderBusinessModel":"SEMI_CHOICE_SELF"}'
    assert extend_map("self") == "{}"
    assert (send_goods_operator("semi"), send_goods_operator("self")) == (
        "WAREHOUSE_SEND_GOODS",
        "SELLER_SEND_GOODS",
    )
