"""Stock, orders, quotes, diagnosis and policy over REST; methods, addresses, scopes and headers."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bantuo.apps.integrations.models import ApiToken, KeyKind
from bantuo.apps.integrations.operations.keys import Owner, create_key, revoke_key
from bantuo.interfaces.api.callers import forget_callers
from tests.apps import factories as make
from tests.apps.admission import steps
from tests.interfaces.api.callers import BASE, ApiClient, marketplace_client, seller_client

pytestmark = pytest.mark.django_db

PARCEL = {
    "receipts_fen": 12000, "length_mm": 300, "width_mm": 250, "height_mm": 200, "weight_g": 1200,
    "distance_m": 250_000, "label": True,
}  # fmt: skip


@pytest.fixture
def client() -> ApiClient:
    (seller,) = make.make_active_sellers("S1")
    make.policy_version()
    return seller_client(seller)


def test_the_golden_order_costs_what_it_costs(client: ApiClient) -> None:
    told = client.call("POST", "/quotes", PARCEL).json()
    assert told["total_fen"] == 1960
    fens = {line["code"]: line["fen"] for line in told["lines"] if line["fen"]}
    assert fens == {"base": 420, "fulfilment": 1100, "transfer": 240, "label": 200}
    assert told["inputs"]["granted_rate_bp"] == 0
    assert client.call("POST", "/quotes", {**PARCEL, "granted_rate_bp": 220}).json()["total_fen"] == 1804
    refused = client.call("POST", "/quotes", {**PARCEL, "granted_rate_bp": 100})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "granted_rate_bp")


def test_the_policy_is_that_of_the_day(client: ApiClient) -> None:
    told = client.call("GET", "/policy").json()
    rule = next(rule for rule in told["rules"] if rule["id"] == "PRC-1")
    assert rule["value"] == 9500
    assert client.call("GET", "/policy/PRC-1").json() == rule
    before = client.call("GET", "/policy?on=1999-01-01").json()
    assert len(before["rules"]) < len(told["rules"])
    assert client.call("GET", "/policy?on=nonsense").status_code == 422


def test_a_diagnosis_runs_over_the_application() -> None:
    (seller,) = steps.joined("A1")
    client = seller_client(seller)
    told = client.call("POST", "/diagnoses").json()
    assert told["purpose"] == "diagnostic"
    assert {finding["rule"] for finding in told["findings"]} >= {"ELG-1", "ELG-12"}
    assert client.call("GET", "/diagnoses/last").json() == told


def test_without_an_application_there_is_no_diagnosis(client: ApiClient) -> None:
    assert client.call("POST", "/diagnoses").status_code == 404
    assert client.call("GET", "/diagnoses/last").status_code == 404


def test_stock_and_the_day_are_shown(client: ApiClient) -> None:
    assert client.call("GET", "/stock").json() == {"items": [], "next": None}
    told = client.call("GET", "/stock/day").json()
    assert (told["listed"], told["stated"], told["missing"]) == (0, 0, 0)


def test_addresses_and_methods_that_are_none_are_problems(client: ApiClient) -> None:
    for method, path, status in (
        ("GET", "/nonsense", 404), ("DELETE", "/skus", 405), ("PUT", "/orders/1", 405),
        ("GET", "/prices", 405),
    ):  # fmt: skip
        answer = client.call(method, path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert client.call("DELETE", "/skus").headers["Allow"] == "GET, OPTIONS"
    assert client.call("OPTIONS", "/skus").status_code == 204


def test_every_answer_says_what_is_left_of_the_minute(client: ApiClient) -> None:
    first, second = (client.call("GET", "/stock").headers for _ in range(2))
    assert first["RateLimit-Limit"] == "6000"
    assert int(first["RateLimit-Remaining"]) - int(second["RateLimit-Remaining"]) == 1
    assert 0 < int(first["RateLimit-Reset"]) <= 60


def test_a_marketplaces_key_reads_no_sellers_things(client: ApiClient) -> None:
    market = marketplace_client()
    assert market.call("GET", "/stock").status_code == 403
    assert market.call("POST", "/quotes", PARCEL).json()["total_fen"] == 1960
    assert market.call("POST", "/diagnoses").json()["type"] == "urn:bantuo:problem:seller-needed"


class TestTokens:
    """OAuth2 client credentials."""

    @pytest.fixture
    def given(self, client: ApiClient) -> Any:
        owner = Owner(make.MARKETPLACE, client.key.seller_id)
        return create_key(
            owner, kind=KeyKind.CLIENT, title="ERP", scopes=["stock:read", "orders:read"],
            now=timezone.now(), actor=make.ACTOR,
        )  # fmt: skip

    def _ask(self, given: Any, *, secret: str = "", **form: str) -> Any:
        told = {"grant_type": "client_credentials", "client_id": given.key.name_shown,
                "client_secret": secret or given.secret, **form}  # fmt: skip
        return Client().post(f"{BASE}/oauth/token", told)

    def test_a_token_opens_what_the_client_may(self, given: Any) -> None:
        answer = self._ask(given)
        told = answer.json()
        assert (told["token_type"], told["expires_in"], told["scope"]) == (
            "Bearer", 3600, "orders:read stock:read",
        )  # fmt: skip
        assert answer.headers["Cache-Control"] == "no-store"
        caller = ApiClient(told["access_token"], given.key)
        assert caller.call("GET", "/stock").status_code == 200
        assert caller.call("GET", "/skus").status_code == 403
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        forget_callers()
        assert caller.call("GET", "/stock").status_code == 401

    def test_fewer_scopes_can_be_asked_for_and_no_others(self, given: Any) -> None:
        token = self._ask(given, scope="orders:read").json()["access_token"]
        assert ApiClient(token, given.key).call("GET", "/stock").status_code == 403
        refused = self._ask(given, scope="orders:read prices:write")
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")

    def test_refusals_are_those_of_oauth(self, given: Any) -> None:
        wrong = self._ask(given, secret="wrong")
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
        assert self._ask(given, client_id="\x00").status_code == 401
        assert self._ask(given, grant_type="password").json()["error"] == "unsupported_grant_type"
        as_key = ApiClient(given.secret, given.key).call("GET", "/stock")
        assert as_key.status_code == 401, "a client's secret is no key"

    def test_basic_authentication_and_revoking(self, given: Any) -> None:
        headers = {"Authorization": _basic(given.key.name_shown, given.secret)}
        asked = Client().post(f"{BASE}/oauth/token", {"grant_type": "client_credentials"}, headers=headers)
        caller = ApiClient(asked.json()["access_token"], given.key)
        assert caller.call("GET", "/stock").status_code == 200
        owner = Owner(make.MARKETPLACE, given.key.seller_id)
        revoke_key(given.key.pk, owner=owner, now=timezone.now(), actor=make.ACTOR)
        forget_callers()
        assert caller.call("GET", "/stock").status_code == 401


def _basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()
