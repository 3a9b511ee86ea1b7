"""Keys and tokens at the door of the API: who comes in, who does not, and what it costs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bantuo.apps.integrations.models import ApiCall, ApiKey
from bantuo.apps.integrations.operations import calls
from bantuo.apps.integrations.operations.keys import Owner, revoke_key, rotate_key
from bantuo.interfaces.api.callers import Caller, caller_of, forget_callers
from bantuo.interfaces.api.problems import Problem
from tests.apps import factories as make
from tests.interfaces.api.callers import ApiClient, marketplace_client, seller_client

pytestmark = pytest.mark.django_db


def _ask(secret: str, *, scope: str = "stock:read") -> Caller:
    return caller_of(RequestFactory().get("/", headers={"Authorization": f"Bearer {secret}"}), scope=scope)


def _refused(secret: str, *, scope: str = "stock:read") -> tuple[int, str]:
    with pytest.raises(Problem) as told:
        _ask(secret, scope=scope)
    return told.value.status, told.value.code


def test_a_caller_is_known_by_its_key_and_costs_no_query_the_second_time() -> None:
    (seller,) = make.make_sellers("S1")
    client = seller_client(seller, scopes=["stock:read"])
    with CaptureQueriesContext(connection) as first:
        caller = _ask(client.secret)
    with CaptureQueriesContext(connection) as second:
        assert _ask(client.secret) == caller
    assert (len(first), len(second)) == (1, 0)
    assert caller == Caller(client.key.pk, seller, make.MARKETPLACE, frozenset({"stock:read"}), 6000)
    assert caller.actor == f"key:{client.key.pk}"


def test_a_marketplaces_key_belongs_to_no_seller() -> None:
    caller = _ask(marketplace_client().secret, scope="orders:intake")
    assert (caller.seller_id, caller.marketplace) == (None, make.MARKETPLACE)
    with pytest.raises(Problem) as told:
        assert caller.seller
    assert (told.value.status, told.value.code) == (403, "seller-needed")


@pytest.mark.parametrize("said", ["", "Bearer", "Bearer ", "Basic abc", "Bearer nonsense", "Bearer \udc80x"])
def test_without_a_good_key_nobody_comes_in(said: str) -> None:
    request = RequestFactory().get("/")
    request.META["HTTP_AUTHORIZATION"] = said
    with pytest.raises(Problem) as told:
        caller_of(request, scope="stock:read")
    assert (told.value.status, told.value.headers) == (401, {"WWW-Authenticate": 'Bearer realm="bantuo"'})


def test_a_missing_scope_is_named() -> None:
    (seller,) = make.make_sellers("S1")
    client = seller_client(seller, scopes=["stock:read"])
    assert _refused(client.secret, scope="orders:read") == (403, "scope-missing")


def test_a_rotated_key_works_beside_the_new_one_until_its_time_is_over() -> None:
    client, owner = _client_and_owner()
    now = timezone.now()
    day = timedelta(days=1)
    given = rotate_key(client.key.pk, owner=owner, overlap=day, now=now, actor=make.ACTOR)
    assert _ask(client.secret) == _ask(given.secret)
    ApiKey.objects.update(former_until=now)
    forget_callers()
    assert _refused(client.secret) == (401, "unauthorised")
    assert _ask(given.secret).key_id == client.key.pk


def test_a_revoked_key_is_refused() -> None:
    client, owner = _client_and_owner()
    assert _ask(client.secret).key_id == client.key.pk
    revoke_key(client.key.pk, owner=owner, now=timezone.now(), actor=make.ACTOR)
    forget_callers()
    assert _refused(client.secret) == (401, "unauthorised")


def test_the_allowance_of_a_minute_is_kept() -> None:
    client, _ = _client_and_owner()
    ApiKey.objects.update(calls_per_minute=2)
    assert [_ask(client.secret).calls_per_minute for _ in range(2)] == [2, 2]
    assert _refused(client.secret) == (429, "too-many-calls")


def test_the_log_holds_each_call_and_last_use_is_written_once_a_minute() -> None:
    client, _ = _client_and_owner()
    assert client.call("GET", "/nowhere").status_code == 404
    assert ApiCall.objects.count() == 0, "an address that is none is nobody's call"
    answer = client.call("GET", "/stock", X_Request_ID="my-own-id-1")
    assert client.call("GET", "/stock?cursor=x").status_code == 400
    assert answer.headers["X-Request-ID"] == "my-own-id-1"
    lines = list(ApiCall.objects.order_by("id").values_list("key_id", "method", "path", "status"))
    key = client.key.pk
    assert lines == [(key, "GET", "/api/v3.2/stock", 200), (key, "GET", "/api/v3.2/stock", 400)]
    assert ApiCall.objects.order_by("id")[0].request_id == "my-own-id-1"
    used = ApiKey.objects.get().last_used_at
    assert used == ApiCall.objects.order_by("id")[0].called_at, "the second call is within the minute"
    ApiKey.objects.update(last_used_at=used - timedelta(minutes=2))
    client.call("GET", "/stock")
    assert ApiKey.objects.get().last_used_at == ApiCall.objects.order_by("-id")[0].called_at


def test_only_the_last_calls_of_a_key_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    client, _ = _client_and_owner()
    monkeypatch.setattr(calls, "CALLS_KEPT", 3)
    for _ in range(5):
        client.call("GET", "/stock")
    kept = list(ApiCall.objects.order_by("id").values_list("id", flat=True))[2:]
    assert calls.forget_calls() == 2
    assert list(ApiCall.objects.order_by("id").values_list("id", flat=True)) == kept


def _client_and_owner() -> tuple[ApiClient, Owner]:
    (seller,) = make.make_sellers("S1")
    return seller_client(seller), Owner(make.MARKETPLACE, seller)
