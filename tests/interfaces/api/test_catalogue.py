"""Products, SKUs and prices over REST: the same operations as the pages, with ETags where two may edit."""

from __future__ import annotations

from typing import Any

import pytest

from bantuo.apps.catalog.models import PriceChange, Sku
from tests.apps import factories as make
from tests.interfaces.api.callers import ApiClient, seller_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller() -> int:
    (made,) = make.make_active_sellers("S1")
    make.policy_version()
    return made


@pytest.fixture
def client(seller: int) -> ApiClient:
    return seller_client(seller)


def _row(code: str, **changed: Any) -> dict[str, Any]:
    return {
        "product_code": f"P-{code}", "sku_code": code, "category": make.CATEGORY, "title": "Lamp",
        "ordinary_fen": 13000, "exclusive_fen": 12000, "semi_managed": True, "weight_g": 1200,
        "length_mm": 300, "width_mm": 250, "height_mm": 200, "markets": ["US"], **changed,
    }  # fmt: skip


def test_rows_are_listed_or_refused_by_name(client: ApiClient) -> None:
    make.make_categories()
    body = {"rows": [_row("A-1"), _row("A-2", category="nonsense"), _row("A-3")]}
    answer = client.call("POST", "/listings", body)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["listed"], told["changed"], told["alerts"]) == (2, 2, 0)
    assert [(e["row"], e["field"], e["value"], e["rule"]) for e in told["refused"]] == [
        (1, "category", "nonsense", "ELG-6")
    ]
    assert client.call("POST", "/listings", body).json()["changed"] == 0
    listed = client.call("GET", "/skus").json()
    assert [sku["code"] for sku in listed["items"]] == ["A-1", "A-3"]
    assert client.call("GET", "/products/P-A-1").json()["skus"] == ["A-1"]


def test_a_page_follows_the_other_and_nonsense_is_named(client: ApiClient, seller: int) -> None:
    make.make_skus(seller, "A-1", "A-2", "A-3")
    codes, cursor = [], ""
    while cursor is not None:
        page = client.call("GET", f"/skus?limit=2{cursor and f'&cursor={cursor}'}").json()
        codes.append([sku["code"] for sku in page["items"]])
        cursor = page["next"]
    assert codes == [["A-1", "A-2"], ["A-3"]]
    products = client.call("GET", "/products?limit=1").json()["next"]
    for nonsense in ("x", "%00", products, "c2t1czo5OTk5OTk5OTk5OTk5OTk5OTk5OQ", "c2t1czotMQ"):
        answer = client.call("GET", f"/skus?cursor={nonsense}")
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:bantuo:problem:cursor-unreadable")


def test_faults_name_row_field_value_and_rule(client: ApiClient) -> None:
    body = {"rows": [_row("A-1"), _row("A-2", weight_g=10**18, ordinary_fen=-1)]}
    answer = client.call("POST", "/listings", body)
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert (answer.status_code, told["title"]) == (422, "What was sent cannot be taken")
    assert [(e["row"], e["field"], e["value"], e["rule"]) for e in told["errors"]] == [
        (1, "rows.ordinary_fen", "-1", "greater_than_equal ge=0"),
        (1, "rows.weight_g", "1000000000000000000", "less_than_equal le=1000000"),
    ]
    assert told["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize("body", ['{"rows": [{"sku_code": "A', "[", '{"rows": NaN}', '"\\ud800"', "[" * 5000])
def test_broken_json_is_a_problem(client: ApiClient, body: str) -> None:
    answer = client.call("POST", "/prices", body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")


def test_a_sku_is_changed_only_as_it_was_seen(client: ApiClient, seller: int) -> None:
    make.make_skus(seller, "A-1")
    seen = client.call("GET", "/skus/A-1").headers["ETag"]
    assert client.call("PATCH", "/skus/A-1", {"exclusive_fen": 11000}).status_code == 428
    changed = client.call("PATCH", "/skus/A-1", {"exclusive_fen": 11000}, If_Match=seen)
    assert (changed.status_code, changed.json()["exclusive_fen"]) == (200, 11000)
    late = client.call("PATCH", "/skus/A-1", {"exclusive_fen": 10000}, If_Match=seen)
    assert (late.status_code, late.headers["ETag"]) == (412, changed.headers["ETag"])
    assert client.call("PATCH", "/skus/A-1", {"exclusive_fen": 0}, If_Match="*").status_code == 422
    assert Sku.objects.get().exclusive_fen == 11000
    actors = set(PriceChange.objects.filter(new_fen=11000).values_list("actor", flat=True))
    assert actors == {f"key:{client.key.pk}"}


def test_prices_change_in_a_batch_and_raise_alerts(client: ApiClient, seller: int) -> None:
    make.make_skus(seller, "A-1", "A-2")
    rows = [{"sku_code": "A-1", "exclusive_fen": 12900}, {"sku_code": "B-9", "ordinary_fen": 1}]
    told = client.call("POST", "/prices", {"rows": rows}).json()
    assert (told["changed"], told["alerts"]) == (1, 1)
    assert [(e["row"], e["value"], e["rule"]) for e in told["refused"]] == [(1, "B-9", "STEP-5")]
    assert client.call("GET", "/skus/A-1").json()["has_alert"] is True


def test_skus_are_taken_off_sale(client: ApiClient, seller: int) -> None:
    make.make_skus(seller, "A-1")
    told = client.call("POST", "/delistings", {"sku_codes": ["A-1", "A-1x"], "reason": "season over"}).json()
    assert (told["delisted"], [e["value"] for e in told["refused"]]) == (1, ["A-1x"])
    assert client.call("GET", "/skus/A-1").json()["state"] == "delisted"


def test_another_sellers_things_are_not_there(client: ApiClient) -> None:
    (other,) = make.make_active_sellers("S2")
    make.make_skus(other, "B-1")
    assert client.call("GET", "/skus").json()["items"] == []
    for path in ("/skus/B-1", "/products/P-B-1", "/orders/1", "/shipments/1", "/policy/NONE"):
        answer = client.call("GET", path)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:bantuo:problem:not-found")
    answer = client.call("PATCH", "/skus/B-1", {"exclusive_fen": 1}, If_Match="*")
    assert answer.status_code == 404
    assert (
        client.call("POST", "/prices", {"rows": [{"sku_code": "B-1", "exclusive_fen": 1}]}).json()["changed"]
        == 0
    )
    assert Sku.objects.get().exclusive_fen == 12000


def test_codes_with_odd_characters_are_found_or_refused(client: ApiClient, seller: int) -> None:
    make.make_skus(seller, "A/1 灯?")
    assert client.call("GET", "/skus/A%2F1%20%E7%81%AF%3F").json()["code"] == "A/1 灯?"
    assert client.call("GET", "/skus/%00").status_code == 422
    assert client.call("POST", "/prices", {"rows": [{"sku_code": "A\x00"}]}).status_code == 422
