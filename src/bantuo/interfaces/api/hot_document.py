"""What the OpenAPI document says of the plain views: their shapes are those that msgspec reads by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from bantuo.apps.integrations.scopes import Scope
from bantuo.interfaces.api.intake_shapes import Answer, BatchAnswer, BatchBody, OrderBody
from bantuo.interfaces.api.stock_sync import StatedOut, StockBody

_, SCHEMAS = msgspec.json.schema_components(
    [OrderBody, BatchBody, Answer, BatchAnswer, StockBody, StatedOut],
    ref_template="#/components/schemas/{name}",
)
# A batch reads its orders one by one, so that its own shape says nothing of them.
SCHEMAS["BatchBody"]["properties"]["orders"]["items"] = {"$ref": "#/components/schemas/OrderBody"}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _operation(
    name: str, words: str, *, tag: str, scope: Scope, body: str, answers: Mapping[str, tuple[str, str]]
) -> dict[str, Any]:
    return {
        "operationId": name,
        "description": words,
        "tags": [tag],
        "x-scope": scope.value,
        "requestBody": {"required": True, "content": _json(body)},
        "responses": {
            status: {"description": told, "content": _json(shape)}
            for status, (told, shape) in answers.items()
        },
    }


_PLACE_ORDER = _operation(
    "placeOrder",
    "Push one order. It is reserved and routed, and answered after the commit that holds it. An order is"
    " taken once, however often it is sent.",
    tag="orders",
    scope=Scope.ORDERS_INTAKE,
    body="OrderBody",
    answers={"201": ("Placed.", "Answer"), "200": ("Known already; nothing changed.", "Answer")},
)
_PLACE_ORDERS = _operation(
    "placeOrders",
    "Push up to a thousand orders. In mode `each` every order is placed, repeated or refused by itself; in"
    " mode `all` one refused order keeps all of them out.",
    tag="orders",
    scope=Scope.ORDERS_INTAKE,
    body="BatchBody",
    answers={"200": ("What became of each, in the order given.", "BatchAnswer")},
)
_STATE_STOCK = _operation(
    "stateStock",
    "State what is sellable, up to 200,000 rows. Every row is stated or refused by itself; receipt time"
    " decides the day. Rows with an unchanged quantity count as stated.",
    tag="stock",
    scope=Scope.STOCK_WRITE,
    body="StockBody",
    answers={"200": ("What became of the rows.", "StatedOut")},
)
FRAGMENTS: Mapping[str, Mapping[str, Any]] = {
    "/orders": {"post": _PLACE_ORDER},
    "/orders/batch": {"post": _PLACE_ORDERS},
    "/stock": {"put": _STATE_STOCK},
}
