"""The address of an order over REST: changed until release, by whom it concerns, each fault named."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from bantuo.apps.documents.operations import reveal_recipient
from bantuo.apps.events.models import OutboxEvent
from bantuo.apps.integrations.scopes import Scope
from bantuo.apps.orders.models import Order, OrderEvent, OrderRecipient
from bantuo.apps.orders.operations.recipients import NewRecipient, keep_recipients
from bantuo.interfaces.web.clock import moment
from bantuo.interfaces.web.papers import vault
from tests.apps import factories as make
from tests.interfaces.api.callers import marketplace_client, seller_client
from tests.interfaces.api.shop import ApiShop, make_shop

pytestmark = pytest.mark.django_db
TOLD = {"name": "María García", "country": "ES", "address": "Calle Mayor 1", "mobile": "+34612345678"}
NEW = {**TOLD, "address": "Gran Vía 2", "province": "Madrid"}


@pytest.fixture
def shop() -> ApiShop:
    made = make_shop()
    for order in made.orders:
        row = NewRecipient("1", order, TOLD, f"OA-{order}")
        keep_recipients([row], seller_id=None, vault=vault(), now=moment(), actor=make.ACTOR)
    return made


def path(order: int) -> str:
    return f"/orders/{order}/recipient"


def in_clear(order: int) -> dict[str, str]:
    return reveal_recipient(
        order, seller_id=None, reason="test", vault=vault(), now=moment(), actor=make.ACTOR, address=""
    )


def faults(answer: Any) -> list[tuple[str, str, str]]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return [(error["field"], error["rule"], error["reason"]) for error in answer.json()["errors"]]


def test_a_seller_sends_an_order_elsewhere_and_sees_it_masked(shop: ApiShop) -> None:
    order = shop.orders[0]
    answer = shop.client.call("PUT", path(order), NEW)
    assert (answer.status_code, answer.json()) == (200, {
        "order": order, "oaid": f"OA-{order}", "country": "ES", "region": "Madrid", "name_masked": "M**",
        "phone_masked": "+34****5678",
    })  # fmt: skip
    assert in_clear(order) == NEW
    assert in_clear(shop.orders[1]) == TOLD
    event = OrderEvent.objects.get(state="address_changed")
    assert (event.order_id, event.actor) == (order, f"key:{shop.client.key.pk}")
    told = OutboxEvent.objects.get(topic="order.address_changed").payload
    assert told == {"oaid": f"OA-{order}", "by": f"key:{shop.client.key.pk}"}


def test_the_marketplace_tells_another_address_of_its_own_orders_only(shop: ApiShop) -> None:
    order = shop.orders[0]
    answer = marketplace_client().call("PUT", path(order), {**NEW, "oaid": "OA-new"})
    assert (answer.status_code, answer.json()["oaid"]) == (200, "OA-new")
    assert marketplace_client("another-market").call("PUT", path(order), TOLD).status_code == 404
    (other,) = make.make_sellers("S2")
    assert seller_client(other).call("PUT", path(order), TOLD).status_code == 404
    assert shop.client.call("PUT", path(10**15), TOLD).status_code == 404
    assert in_clear(order) == NEW


def test_a_key_needs_the_scope(shop: ApiShop) -> None:
    scopes = [scope.value for scope in Scope if scope is not Scope.ORDERS_WRITE]
    answer = seller_client(shop.seller, scopes=scopes).call("PUT", path(shop.orders[0]), NEW)
    assert (answer.status_code, "orders:write" in answer.json()["detail"]) == (403, True)
    only = seller_client(shop.seller, scopes=[Scope.ORDERS_WRITE.value])
    assert only.call("PUT", path(shop.orders[0]), NEW).status_code == 200


def test_the_same_call_again_under_its_key_is_done_once(shop: ApiShop) -> None:
    order = shop.orders[0]
    first, again = (shop.client.call("PUT", path(order), NEW, Idempotency_Key="address-1") for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert OrderEvent.objects.filter(state="address_changed").count() == 1
    other = shop.client.call("PUT", path(order), TOLD, Idempotency_Key="address-1")
    assert (other.status_code, in_clear(order)) == (422, NEW)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("released", "the order is released or sent"), ("handed_over", "the order is released or sent"),
        ("shipped", "the order is released or sent"), ("cancelled", "the order is cancelled"),
    ],
)  # fmt: skip
def test_once_it_has_gone_on_the_address_stays_and_the_answer_says_why(
    shop: ApiShop, state: str, reason: str
) -> None:
    order = shop.orders[0]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orders_order SET state = %s WHERE id = %s", [state, order])
    answer = shop.client.call("PUT", path(order), NEW)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:bantuo:problem:address-fixed")
    assert faults(answer) == [("order", "ORD-3", reason)]
    assert answer.json()["errors"][0]["value"] == str(order)
    assert in_clear(order) == TOLD
    assert not OrderEvent.objects.filter(state="address_changed").exists()


def test_what_is_sent_in_part_goes_where_the_first_part_went(shop: ApiShop) -> None:
    order = shop.orders[1]
    Order.objects.get(pk=order).lines.update(quantity=2)
    row = {"order": order, "carrier": "YunExpress", "number": "YT0001", "lines": {"1": 1}}
    told = shop.client.call("POST", "/trackings", {"rows": [row]}).json()["rows"][0]
    assert told["outcome"] == "shipped_in_part"
    assert Order.objects.get(pk=order).state == "to_ship"
    answer = shop.client.call("PUT", path(order), NEW)
    assert (answer.status_code, faults(answer)[0][2]) == (409, "the order is released or sent")


@pytest.mark.parametrize(
    ("changed", "field", "rule"),
    [
        ({"country": "FR"}, "country", "ORD-3"),
        ({"country": "Spain"}, "country", "string_pattern_mismatch pattern=^[A-Z]{2}$"),
        ({"address": ""}, "address", "string_too_short min_length=1"),
        ({"zip": "x" * 301}, "zip", "string_too_long max_length=300"),
        ({"planet": "Mars"}, "planet", "extra_forbidden"),
    ],
)
def test_what_is_wrong_is_named(shop: ApiShop, changed: dict[str, str], field: str, rule: str) -> None:
    answer = shop.client.call("PUT", path(shop.orders[0]), {**NEW, **changed})
    assert (answer.status_code, [told[:2] for told in faults(answer)]) == (422, [(field, rule)])
    assert in_clear(shop.orders[0]) == TOLD


def test_a_blank_is_no_name_and_a_broken_body_no_address(shop: ApiShop) -> None:
    blank = shop.client.call("PUT", path(shop.orders[0]), {**NEW, "name": "  "})
    assert (blank.status_code, faults(blank)[0][0]) == (422, "name")
    missing = shop.client.call("PUT", path(shop.orders[0]), {"name": "A"})
    assert {told[0] for told in faults(missing)} == {"country", "address"}


def test_an_oaid_belongs_to_one_order(shop: ApiShop) -> None:
    first, second = shop.orders
    answer = shop.client.call("PUT", path(first), {**NEW, "oaid": f"OA-{second}"})
    assert answer.status_code == 422
    assert faults(answer) == [("oaid", "ORD-3", "it is the name of another order's address")]
    assert in_clear(first) == TOLD
    assert sorted(OrderRecipient.objects.values_list("oaid", flat=True)) == sorted(
        f"OA-{order}" for order in shop.orders
    )
