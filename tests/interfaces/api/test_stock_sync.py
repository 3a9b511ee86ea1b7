"""PUT /stock: every row by itself, whatever else is wrong in the call."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bantuo.apps.stock.models import Balance, Declaration, StockCall
from bantuo.apps.stock.queries import movement_differences
from bantuo.interfaces.api.stock_sync import ROWS_MAX
from tests.apps import factories as make
from tests.interfaces.api.callers import marketplace_client, seller_client
from tests.interfaces.api.shop import ApiShop, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> ApiShop:
    return make_shop()


def put(shop: ApiShop, *rows: Any, **told: Any) -> Any:
    return shop.client.call("put", "/stock", {"rows": list(rows), **told})


def declared(code: str) -> int:
    return Balance.objects.get(sku__code=code).declared


def test_rows_are_stated_and_unchanged_ones_count(shop: ApiShop) -> None:
    answer = put(
        shop, {"sku": "A-1", "quantity": 40, "warehouse": "YIWU"}, {"sku": "A-2", "quantity": 3}, sequence=5
    )
    assert answer.status_code == 200
    assert answer.json() == {"sequence": 5, "repeated": False, "stated": 2, "changed": 1, "refused": []}
    assert (declared("A-1"), declared("A-2")) == (40, 3)
    assert Declaration.objects.get(sequence=5).channel == "api"
    assert StockCall.objects.get().rows == 2
    assert movement_differences() == []


def test_the_same_statement_twice_changes_nothing_and_an_older_one_is_refused_by_row(shop: ApiShop) -> None:
    put(shop, {"sku": "A-1", "quantity": 40}, sequence=5)
    again = put(shop, {"sku": "A-1", "quantity": 40}, sequence=5).json()
    assert (again["repeated"], again["stated"], again["refused"]) == (True, 0, [])
    old = put(shop, {"sku": "A-1", "quantity": 1}, sequence=4).json()
    (fault,) = old["refused"]
    assert (fault["row"], fault["field"], fault["value"]) == (0, "sequence", "4")
    assert declared("A-1") == 40


def test_without_a_sequence_the_server_numbers_it(shop: ApiShop) -> None:
    first = put(shop, {"sku": "A-1", "quantity": 9}).json()["sequence"]
    second = put(shop, {"sku": "A-1", "quantity": 8}).json()["sequence"]
    assert second > first > 1
    assert declared("A-1") == 8


def test_a_row_that_cannot_be_taken_keeps_no_other_out(shop: ApiShop) -> None:
    rows = [
        {"sku": "A-1", "quantity": 40},
        {"sku": "A-2", "quantity": "many"},
        {"sku": "ZZ", "quantity": 1},
        {"sku": "A-2", "quantity": -1},
        {"sku": "A-2", "quantity": 10**18},
        {"sku": "A-2"},
        "A-2",
    ]
    told = put(shop, *rows, sequence=7).json()
    assert (told["stated"], declared("A-1"), declared("A-2")) == (1, 40, 3)
    found = sorted((r["row"], r["field"], r["value"]) for r in told["refused"])
    assert found == [
        (1, "quantity", "many"), (2, "sku", "ZZ × YIWU"), (3, "quantity", "-1"),
        (4, "quantity", "1000000000000000000"), (5, "body", ""), (6, "body", ""),
    ]  # fmt: skip


def test_another_sellers_sku_is_unknown(shop: ApiShop) -> None:
    (other,) = make.make_active_sellers("S2")
    answer = seller_client(other).call("put", "/stock", {"rows": [{"sku": "A-1", "quantity": 1}]})
    assert [r["field"] for r in answer.json()["refused"]] == ["sku"]
    assert declared("A-1") == 7


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"rows": []}, 422, "rows"),
        ({"rows": [{"sku": "A-1", "quantity": 1}], "sequence": 0}, 422, "sequence"),
        ({"rows": [{"sku": "A-1", "quantity": 1}], "basis": "guess"}, 422, "basis"),
        ({"rows": "all"}, 422, "rows"),
        ('{"rows": [{"sku": "A-1", "quan', 400, "body"),
    ],
)
def test_what_cannot_be_read_is_named(shop: ApiShop, body: Any, status: int, field: str) -> None:
    answer = shop.client.call("put", "/stock", body)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["field"] == field
    assert declared("A-1") == 7


def test_a_million_rows_are_too_many_and_said_so(shop: ApiShop) -> None:
    row = '{"sku":"A","quantity":1}'
    body = '{"rows":[' + ",".join([row] * 1_000_000) + "]}"
    answer = shop.client.call("put", "/stock", body)
    assert (answer.status_code, answer.json()["errors"][0]["value"]) == (422, "1000000")
    assert answer.json()["errors"][0]["rule"] == f"1…{ROWS_MAX}"


def test_a_marketplace_states_no_stock(shop: ApiShop) -> None:
    answer = marketplace_client().call("put", "/stock", json.dumps({"rows": [{"sku": "A-1", "quantity": 1}]}))
    assert answer.status_code == 403
