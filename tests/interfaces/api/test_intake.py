"""POST /orders and /orders/batch over a database whose rows are committed, as the queue's thread needs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from psycopg.conninfo import conninfo_to_dict
from pytest_django import DjangoDbBlocker

from bantuo.apps.orders.models import IntakeRefusal, Order, OrderRecipient
from bantuo.apps.stock.models import Balance
from bantuo.apps.stock.queries import movement_differences, oversold_balances
from bantuo.interfaces.api.intake import QUEUE
from bantuo.interfaces.api.intake_queue import IntakeQueue, QueueFull, WaitedTooLong, Waiting
from bantuo.interfaces.api.intake_shapes import read_order
from tests.interfaces.api.callers import ApiClient, marketplace_client, seller_client
from tests.interfaces.api.shop import ApiShop, make_shop

PLACED_AT = "2026-03-11T01:00:00Z"
RECIPIENT = {"name": "Ada Muster", "country": "DE", "address": "Weg 1", "phone": "+49 30 1234567"}


@pytest.fixture
def shop(scratch_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[ApiShop]:
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = conninfo_to_dict(scratch_database)["dbname"]
    try:
        with django_db_blocker.unblock():
            yield make_shop()
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


@pytest.fixture
def marketplace(shop: ApiShop) -> ApiClient:
    return marketplace_client()


def order(external_id: str, **changed: Any) -> dict[str, Any]:
    """Two pieces of A-1, of which seven are stated and one is reserved."""
    line = {"sku": "A-1", "quantity": 2, "goods_fen": 24_000, "freight_fen": 300}
    made = {
        "external_id": external_id, "seller": "S1", "placed_at": PLACED_AT, "destination": "DE",
        "lines": [line],
    }  # fmt: skip
    return {**made, **changed}


def reserved() -> int:
    return Balance.objects.get(sku__code="A-1").declared_reserved


def assert_sound() -> None:
    assert movement_differences() == []
    assert oversold_balances() == []


def test_an_order_is_placed_once_however_often_it_is_sent(marketplace: ApiClient) -> None:
    first = marketplace.call("post", "/orders", order("X1"))
    again = marketplace.call("post", "/orders", order("X1"))
    made = Order.objects.get(external_id="X1")
    told = {
        "external_id": "X1", "seller": "S1", "order_id": made.pk, "route": "semi", "reason": "reserved",
        "errors": [],
    }  # fmt: skip
    assert (first.status_code, first.json()) == (201, {**told, "outcome": "placed"})
    assert (again.status_code, again.json()) == (200, {**told, "outcome": "repeated"})
    assert (made.goods_fen, made.freight_fen, made.lines.get().quantity) == (24_000, 300, 2)
    assert reserved() == 3
    assert_sound()


def test_what_stock_does_not_cover_goes_to_the_seller_with_the_reason(marketplace: ApiClient) -> None:
    big = order("X1", lines=[{"sku": "A-1", "quantity": 8, "goods_fen": 1}])
    answer = marketplace.call("post", "/orders", big)
    assert (answer.status_code, answer.json()["route"], answer.json()["reason"]) == (
        201,
        "self",
        "stock_short",
    )
    assert reserved() == 1


@pytest.mark.parametrize(
    ("changed", "field", "value", "rule"),
    [
        ({"lines": [{"sku": "ZZ", "quantity": 1, "goods_fen": 1}]}, "lines[0].sku", "ZZ", "STEP-5"),
        ({"seller": "S9"}, "seller", "S9", "STEP-1"),
        ({"lines": [{"sku": "A-1", "quantity": -1, "goods_fen": 1}]}, "lines[0].quantity", "-1", "1…100000"),
        (
            {"lines": [{"sku": "A-1", "quantity": 10**18, "goods_fen": 1}]},
            "lines[0].quantity", str(10**18), "1…100000",
        ),
        ({"lines": [{"sku": "A-1", "quantity": "2", "goods_fen": 1}]}, "lines[0].quantity", "2", "OpenAPI"),
        ({"lines": []}, "lines", "", "OpenAPI"),
        ({"placed_at": "2026-03-11T01:00:00"}, "placed_at", "2026-03-11T01:00:00", "OpenAPI"),
        ({"colour": "red"}, "body", "", "OpenAPI"),
        ({"merchant_coupon_fen": 99_999_999}, "merchant_coupon_fen", "99999999", "0…24300"),
    ],
)  # fmt: skip
def test_an_order_that_cannot_be_taken_names_field_value_and_rule(
    marketplace: ApiClient, changed: dict[str, Any], field: str, value: str, rule: str
) -> None:
    answer = marketplace.call("post", "/orders", order("X1", **changed))
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["value"], fault["rule"]) == (field, value, rule)
    assert not Order.objects.filter(external_id="X1").exists()
    assert reserved() == 1


@pytest.mark.parametrize("text", ['{"external_id": "X1", ', "", "[]", '"\ud800"', "[" * 100_000])
def test_what_is_no_json_is_no_order(marketplace: ApiClient, text: str) -> None:
    answer = marketplace.call("post", "/orders", text.encode("utf-8", "surrogatepass"))
    assert answer.status_code in (400, 422)
    assert answer.json()["errors"][0]["reason"]


def test_only_a_marketplace_pushes_for_everybody(shop: ApiShop, marketplace: ApiClient) -> None:
    assert (
        seller_client(shop.seller, scopes=["orders:read"]).call("post", "/orders", order("X1")).status_code
        == 403
    )
    own = seller_client(shop.seller)
    assert own.call("post", "/orders", order("X2", seller="S9")).status_code == 403
    assert own.call("post", "/orders", order("X3", seller=None)).status_code == 201
    assert (
        Order.objects.filter(external_id__startswith="X").values_list("seller", flat=True).get()
        == shop.seller
    )


def test_the_recipient_is_sealed_with_the_order(marketplace: ApiClient) -> None:
    answer = marketplace.call("post", "/orders", order("X1", recipient=RECIPIENT))
    kept = OrderRecipient.objects.get(order=answer.json()["order_id"])
    assert (kept.name_masked, kept.country) == ("A**", "DE")
    assert b"Muster" not in bytes(kept.sealed or b"")
    odd = marketplace.call("post", "/orders", order("X2", recipient={**RECIPIENT, "country": "Germany"}))
    (fault,) = odd.json()["errors"]
    assert (odd.json()["outcome"], fault["field"], fault["value"]) == (
        "placed",
        "recipient.country",
        "Germany",
    )


def test_a_batch_answers_row_by_row(marketplace: ApiClient) -> None:
    rows = [order("B1"), {"external_id": "B2"}, order("B3", seller="S9"), order("B1")]
    answer = marketplace.call("post", "/orders/batch", {"orders": rows})
    told = answer.json()
    assert (told["placed"], told["repeated"], told["refused"]) == (1, 1, 2)
    assert [row["outcome"] for row in told["orders"]] == ["placed", "refused", "refused", "repeated"]
    assert [e["row"] for row in told["orders"] for e in row["errors"]] == [1, 2]
    assert told["orders"][1]["errors"][0]["reason"] == "Object missing required field `placed_at`"
    assert IntakeRefusal.objects.get().external_id == "B3"
    assert reserved() == 3
    assert_sound()


def test_all_or_nothing_keeps_everything_out_and_says_why(marketplace: ApiClient) -> None:
    rows = [order("B1"), order("B2", seller="S9")]
    answer = marketplace.call("post", "/orders/batch", {"orders": rows, "mode": "all"})
    assert answer.status_code == 422
    assert [(e["row"], e["field"]) for e in answer.json()["errors"]] == [(1, "seller")]
    assert not Order.objects.filter(external_id__startswith="B").exists()
    assert reserved() == 1
    good = marketplace.call("post", "/orders/batch", {"orders": rows[:1], "mode": "all"})
    assert (good.status_code, good.json()["placed"]) == (200, 1)


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_has_a_size(marketplace: ApiClient, count: int) -> None:
    answer = marketplace.call("post", "/orders/batch", {"orders": [order("B")] * count})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "orders"


def test_sixty_four_at_once_share_commits_and_never_oversell(marketplace: ApiClient) -> None:
    """Six pieces are left: thirty-two orders, each sent twice, get them and no more."""
    bodies = [order(f"C{at % 32}", lines=[{"sku": "A-1", "quantity": 1, "goods_fen": 5}]) for at in range(64)]

    def send(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        try:
            answer = marketplace.call("post", "/orders", json.dumps(body))
            return answer.status_code, answer.json()
        finally:
            connection.close()  # this thread's own

    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(send, bodies))
    assert sorted({status for status, _ in answers}) == [200, 201]
    assert sum(status == 201 for status, _ in answers) == 32
    by_order = {told["external_id"]: told["order_id"] for _, told in answers}
    assert len(set(by_order.values())) == 32
    assert Order.objects.filter(external_id__startswith="C", route="semi").count() == 6
    assert reserved() == 7
    assert_sound()


def test_one_poisoned_order_harms_no_other() -> None:
    """A batch that fails as a whole is written one by one."""
    turns: list[int] = []

    def write(batch: Any) -> Any:
        turns.append(len(batch))
        if any(item.order.external_id == "bad" for item in batch):
            raise ValueError("poison")
        return [item.order.external_id for item in batch]

    held = threading.Event()
    queue = IntakeQueue(lambda batch: held.wait(10) and write(batch))
    names = ["a", "bad", "b", "c"]
    answers = [queue.put(_waiting(name)) for name in names]
    held.set()
    queue.close()
    assert [answers[at].result(5) for at in (0, 2, 3)] == ["a", "b", "c"]
    with pytest.raises(ValueError, match="poison"):
        answers[1].result(5)
    assert turns[-4:] == [1, 1, 1, 1] or turns[-3:] == [1, 1, 1]


def test_a_full_queue_refuses_and_a_closing_one_writes_what_waits() -> None:
    held = threading.Event()
    queue = IntakeQueue(lambda batch: held.wait(10) and [i.order.external_id for i in batch], waiting_max=2)
    answers = [queue.put(_waiting("0"))]
    while queue._waiting:  # the writer has taken the first
        threading.Event().wait(0.01)
    answers += [queue.put(_waiting("1")), queue.put(_waiting("2"))]
    with pytest.raises(QueueFull):
        queue.put(_waiting("3"))
    held.set()
    queue.close()
    assert [f.result(5) for f in answers] == ["0", "1", "2"]
    with pytest.raises(QueueFull):
        queue.put(_waiting("4"))


def test_a_batch_waits_a_moment_for_as_many_as_the_last_one_had() -> None:
    sizes: list[int] = []
    held = threading.Event()

    def write(batch: Sequence[Waiting]) -> list[Any]:
        held.wait(10)
        sizes.append(len(batch))
        return [item.order.external_id for item in batch]

    queue = IntakeQueue(write, gather_seconds=60)
    first = queue.put(_waiting("0"))
    while queue._waiting:  # the writer has taken the first
        threading.Event().wait(0.01)
    pair = [queue.put(_waiting("1")), queue.put(_waiting("2"))]
    held.set()
    assert [item.result(10) for item in (first, *pair)] == ["0", "1", "2"]
    third = queue.put(_waiting("3"))
    with pytest.raises(WaitedTooLong):
        third.result(0.2)
    fourth = queue.put(_waiting("4"))
    assert [third.result(10), fourth.result(10)] == ["3", "4"]
    alone = queue.put(_waiting("5"))
    queue.close()  # waits for nobody any more
    assert alone.result(0) == "5"
    assert sizes == [1, 2, 2, 1]


def test_an_order_alone_does_not_wait_for_company_that_stays_away() -> None:
    sizes: list[int] = []
    queue = IntakeQueue(lambda batch: sizes.append(len(batch)) or ["kept"] * len(batch), gather_seconds=0.01)
    queue._last = 16
    assert queue.put(_waiting("1")).result(10) == "kept"
    assert queue.put(_waiting("2")).result(10) == "kept"
    queue.close()
    assert sizes == [1, 1]


def _waiting(name: str) -> Waiting:
    body = read_order(json.dumps(order(name)).encode())
    return Waiting(body.order(marketplace="m", seller="S1", row=""), None, "key:1")


def test_a_dead_connection_is_replaced_without_a_word(marketplace: ApiClient) -> None:
    assert marketplace.call("post", "/orders", order("D1")).status_code == 201
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert marketplace.call("post", "/orders", order("D2")).status_code == 201
    assert not QUEUE._waiting
