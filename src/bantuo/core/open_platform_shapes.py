"""Answers of the open-platform protocol in its shapes: bare, or wrapped in the method's name with every
list wrapped once more in the name of its items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bantuo.core.money import format_fen

# As published; of a list that stands here nowhere, clients take its own name without the last letter.
ITEM_NAMES: Mapping[str, str] = {
    "update_successful_list": "synchronize_product_response_dto",
    "update_failed_list": "synchronize_product_response_dto",
    "target_list": "order_dto",
    "product_list": "order_product_dto",
    "child_order_list": "global_aeop_tp_child_order_dto",
    "aeop_a_e_product_display_d_t_o_list": "item_display_dto",
}


def bare_answer(content: Mapping[str, Any], *, request_id: str) -> dict[str, Any]:
    """What `simplify=true` and `/rest` give: the content itself, and the code as a text."""
    return {**content, "code": "0", "request_id": request_id}


def wrapped_answer(content: Mapping[str, Any], *, method: str, request_id: str) -> dict[str, Any]:
    """What everybody else gets: `{"<method>_response": {...}}`."""
    inner = {name: wrap_lists(value, name) for name, value in content.items()}
    return {response_name(method): {**inner, "request_id": request_id}}


def response_name(method: str) -> str:
    """`taobao.top.auth.token.create` → `top_auth_token_create_response`: its vendor is not said again."""
    return method.removeprefix("taobao.").replace(".", "_") + "_response"


def wrap_lists(value: Any, name: str) -> Any:
    """A value in which every list stands inside an object, under the name of its items."""
    if isinstance(value, Mapping):
        return {key: wrap_lists(inner, key) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return {item_name(name, value): [wrap_lists(inner, "") for inner in value]}
    return value


def item_name(name: str, items: Sequence[Any]) -> str:
    """What the items of a list are called; texts and numbers are called what they are."""
    if items and isinstance(items[0], str):
        return "string"
    if items and isinstance(items[0], int):
        return "number"
    return ITEM_NAMES.get(name) or name[:-1]


def amount(fen: int, *, currency: str = "CNY") -> dict[str, str]:
    """Money as the protocol writes it: a text with two decimals, and the currency."""
    return {"amount": format_fen(fen), "currency_code": currency}
