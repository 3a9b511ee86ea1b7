"""Bare and wrapped answers, and refusals in both languages of the protocol."""

from __future__ import annotations

import pytest

from bantuo.core.open_platform_faults import KINDS, Fault
from bantuo.core.open_platform_shapes import amount, bare_answer, response_name, wrapped_answer

CONTENT = {
    "result": {
        "total_count": 1,
        "target_list": [{"order_id": 7, "product_list": [{"child_id": 8, "tags": ["a", "b"]}]}],
        "numbers": [1, 2],
        "pop_choice_product_list": [],
    }
}


def test_a_bare_answer_keeps_plain_lists_and_says_the_code_as_a_text() -> None:
    assert bare_answer(CONTENT, request_id="r") == {**CONTENT, "code": "0", "request_id": "r"}


def test_a_wrapped_answer_wraps_every_list_in_the_name_of_its_items() -> None:
    told = wrapped_answer(CONTENT, method="aliexpress.trade.seller.orderlist.get", request_id="r")
    assert told == {
        "aliexpress_trade_seller_orderlist_get_response": {
            "result": {
                "total_count": 1,
                "target_list": {
                    "order_dto": [
                        {
                            "order_id": 7,
                            "product_list": {
                                "order_product_dto": [{"child_id": 8, "tags": {"string": ["a", "b"]}}]
                            },
                        }
                    ]
                },
                "numbers": {"number": [1, 2]},
                "pop_choice_product_list": {"pop_choice_product_lis": []},
            },
            "request_id": "r",
        }
    }


def test_the_vendor_is_not_said_again_in_the_name_of_an_answer() -> None:
    assert response_name("taobao.top.auth.token.create") == "top_auth_token_create_response"
    assert response_name("global.seller.relation.query") == "global_seller_relation_query_response"


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "0.00"), (5, "0.05"), (1960, "19.60"), (-105, "-1.05"), (10**13, "100000000000.00")]
)
def test_money_is_a_text_with_two_decimals(fen: int, text: str) -> None:
    assert amount(fen) == {"amount": text, "currency_code": "CNY"}
    assert amount(fen) == {"amount": text, "currency_code": "CNY"}


def test_a_refusal_in_the_three_families() -> None:
    fault = Fault("business", "product_id: 9: not yours", sub_code="isv.product-not-found")
    sub = {"sub_code": "isv.product-not-found", "sub_msg": "product_id: 9: not yours"}
    assert fault.classic("r") == {
        "error_response": {"code": 15, "msg": "Remote service error", **sub, "request_id": "r"}
    }
    assert fault.named("r") == {
        "error_response": {
            "type": "ISP",
            "code": "15",
            "msg": "Remote service error",
            **sub,
            "request_id": "r",
        }
    }
    assert fault.bare("r") == {
        "type": "ISP",
        "code": "15",
        "message": "Remote service error: product_id: 9: not yours",
        **sub,
        "request_id": "r",
    }


def test_the_signature_refusal_is_the_one_that_was_seen_in_the_field() -> None:
    assert Fault("signature_wrong").named("210101cd17036054742456317") == {
        "error_response": {
            "type": "ISV",
            "code": "IncompleteSignature",
            "msg": "The request signature does not conform to platform standards",
            "request_id": "210101cd17036054742456317",
        }
    }


def test_every_kind_has_a_text_and_a_number() -> None:
    assert {type(kind.code) for kind in KINDS.values()} == {str}
    assert {kind.number for kind in KINDS.values()} >= {
        7,
        11,
        15,
        21,
        22,
        24,
        25,
        26,
        27,
        28,
        29,
        30,
        31,
        40,
        41,
    }
    assert {kind.whose for kind in KINDS.values()} == {"ISV", "ISP", "SYSTEM"}
