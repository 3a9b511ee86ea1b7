"""Developer pages: keys shown once, renewed and revoked; endpoints tested; nothing of another seller."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import fastexcel
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bantuo.apps.accounts.models import Role
from bantuo.apps.integrations.models import ApiKey, WebhookEndpoint, WebhookMessage
from bantuo.apps.parties.models import Seller
from bantuo.interfaces.api.callers import forget_callers
from tests.apps.integrations.receivers import Receiver, receiving
from tests.interfaces.seller.shop import open_shop, sign_in

pytestmark = pytest.mark.django_db
NEW = {"title": "ERP", "kind": "key", "scopes": ["stock:read", "orders:read"]}


@pytest.fixture
def seller() -> Seller:
    forget_callers()
    return open_shop()


@pytest.fixture
def client(seller: Seller) -> Client:
    return sign_in(seller)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("BANTUO_PROBE_ALLOW_LOOPBACK", "1")
    with receiving() as started:
        yield started


def _shown(page: str) -> str:
    found = re.search(r'id="secret"[^>]*>(.*?)</code>', page)
    return html.unescape(found[1]) if found else ""


def _make(client: Client, **changed: object) -> str:
    return client.post("/seller/developers/keys/", {**NEW, **changed}, follow=True).content.decode()


def _ask(secret: str) -> int:
    forget_callers()
    return Client().get("/api/v3.2/stock", headers={"Authorization": f"Bearer {secret}"}).status_code


def test_a_key_is_shown_once_and_works(client: Client) -> None:
    secret = _shown(_make(client))
    assert _ask(secret) == 200
    again = client.get("/seller/developers/").content.decode()
    assert (_shown(again), secret in again) == ("", False)
    key = ApiKey.objects.get()
    assert secret.startswith(f"{key.name_shown}_")
    assert secret.encode() not in bytes(key.secret_sha256)
    log = client.get("/seller/developers/calls/").content.decode()
    assert "/api/v3.2/stock" in log


def test_a_new_secret_overlaps_and_a_revoked_key_ends(client: Client) -> None:
    first = _shown(_make(client))
    pk = ApiKey.objects.get().pk
    page = client.post(f"/seller/developers/keys/{pk}/rotate/", {"overlap": "day"}, follow=True)
    second = _shown(page.content.decode())
    assert (_ask(first), _ask(second), first == second) == (200, 200, False)
    client.post(f"/seller/developers/keys/{pk}/revoke/")
    assert (_ask(first), _ask(second)) == (401, 401)


@pytest.mark.parametrize("changed", [{"title": ""}, {"scopes": []}, {"scopes": ["all"]}, {"kind": "x"}])
def test_a_faulty_form_says_so_and_makes_nothing(client: Client, changed: dict[str, object]) -> None:
    assert client.post("/seller/developers/keys/", {**NEW, **changed}).status_code == 422
    assert ApiKey.objects.count() == 0


def test_only_the_owner_makes_keys(seller: Seller) -> None:
    stock = sign_in(seller, Role.SELLER_STOCK)
    assert stock.get("/seller/developers/").status_code == 200
    assert stock.post("/seller/developers/keys/", NEW).status_code == 403


def test_an_endpoint_is_registered_tested_and_its_messages_seen(client: Client, receiver: Receiver) -> None:
    told = {"url": receiver.url, "title": "ERP", "kinds": ["order.*", "stock.*"]}
    page = client.post("/seller/developers/webhooks/", told, follow=True).content.decode()
    assert _shown(page).startswith("whsec_")
    endpoint = WebhookEndpoint.objects.get()
    here = f"/seller/developers/webhooks/{endpoint.pk}/"
    assert _shown(client.get(here).content.decode()) == ""
    tested = client.post(f"{here}test/").content.decode()
    assert "The test event arrived." in tested
    assert [told["type"] for told in receiver.bodies] == ["webhook.test"]
    message = WebhookMessage.objects.get()
    seen = html.unescape(client.get(f"{here}messages/{message.pk}/").content.decode())
    assert receiver.got[0][1].decode() in seen
    rows = fastexcel.read_excel(client.get(f"{here}?export=xlsx").content).load_sheet(0).to_polars().rows()
    assert [row[2:4] for row in rows] == [("webhook.test", "delivered")]


def test_an_endpoint_is_disabled_used_again_and_removed(client: Client, receiver: Receiver) -> None:
    told = {"url": receiver.url, "kinds": ["order.*"]}
    client.post("/seller/developers/webhooks/", told)
    here = f"/seller/developers/webhooks/{WebhookEndpoint.objects.get().pk}/"
    client.post(f"{here}kinds/", {"kinds": ["price_alert.*"]})
    assert WebhookEndpoint.objects.get().kinds == ["price_alert.*"]
    assert client.post(f"{here}kinds/", {"kinds": ["nonsense"]}).status_code == 422
    client.post(f"{here}disable/")
    assert WebhookEndpoint.objects.get().disabled_why == "by_hand"
    client.post(f"{here}enable/")
    assert WebhookEndpoint.objects.get().disabled_at is None
    client.post(f"{here}rotate/")
    assert WebhookEndpoint.objects.get().former_until is not None
    assert client.post(f"{here}redeliver/", {"message": "nonsense"}).status_code == 404
    assert client.post(f"{here}remove/").headers["Location"] == "/seller/developers/webhooks/"
    assert client.get(here).status_code == 404


@pytest.mark.parametrize(
    "url",
    ["http://erp.example/x", "https://10.0.0.1/x", "https://u:p@erp.example/", "ftp://x", "https://[", ""],
)
def test_an_address_that_may_not_be_called_is_refused(client: Client, url: str) -> None:
    page = client.post("/seller/developers/webhooks/", {"url": url, "kinds": ["order.*"]})
    assert (page.status_code, WebhookEndpoint.objects.count()) == (422, 0)


def test_another_sellers_keys_and_endpoints_are_not_there(client: Client, receiver: Receiver) -> None:
    _make(client)
    client.post("/seller/developers/webhooks/", {"url": receiver.url, "kinds": ["order.*"]})
    stranger = sign_in(open_shop("S2"))
    key, endpoint = ApiKey.objects.get().pk, WebhookEndpoint.objects.get().pk
    for act in ("rotate", "revoke"):
        assert stranger.post(f"/seller/developers/keys/{key}/{act}/").status_code == 404
    assert stranger.get(f"/seller/developers/webhooks/{endpoint}/").status_code == 404
    for act in ("test", "rotate", "redeliver", "disable", "enable", "remove", "kinds"):
        assert stranger.post(f"/seller/developers/webhooks/{endpoint}/{act}/").status_code == 404
    assert receiver.got == []
    assert "ERP" not in stranger.get("/seller/developers/webhooks/").content.decode().partition("<main")[2]


def test_a_list_of_keys_costs_the_same_for_many(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get("/seller/developers/")
        return len(seen)

    _make(client)
    client.get("/seller/developers/")
    one = queries()
    _make(client)
    _make(client)
    client.get("/seller/developers/")
    assert queries() == one
