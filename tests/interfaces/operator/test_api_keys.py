"""Marketplaces' keys: an administrator makes them, and with one orders are pushed for all sellers."""

from __future__ import annotations

import html
import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.integrations.models import ApiKey
from bantuo.interfaces.api.callers import forget_callers
from tests.apps import factories as make

pytestmark = pytest.mark.django_db
NEW = {"marketplace": make.MARKETPLACE, "title": "push", "kind": "key", "scopes": ["orders:intake"]}


def _operator(role: Role) -> Client:
    user = User.objects.create_user(f"{role}@example.org", "a-long-password", roles=[role], language="en")
    Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})
    client = Client()
    client.force_login(user)
    return client


def _ask(secret: str) -> int:
    forget_callers()
    return Client().get("/api/v3.2/stock", headers={"Authorization": f"Bearer {secret}"}).status_code


def test_an_administrator_makes_renews_and_revokes_a_marketplaces_key() -> None:
    make.make_sellers("S1")
    client = _operator(Role.ADMINISTRATOR)
    page = client.post("/operator/api-keys/create/", NEW, follow=True).content.decode()
    secret = html.unescape(re.findall(r'id="secret"[^>]*>(.*?)</code>', page)[0])
    key = ApiKey.objects.get()
    assert (key.seller_id, key.marketplace, key.scopes) == (None, make.MARKETPLACE, ["orders:intake"])
    assert _ask(secret) == 403, "known, but it may not read stock"
    client.post(f"/operator/api-keys/{key.pk}/rotate/")
    assert _ask(secret) == 401, "without an overlap the former secret ends at once"
    client.post(f"/operator/api-keys/{key.pk}/revoke/")
    assert ApiKey.objects.get().revoked_at is not None
    assert client.post(f"/operator/api-keys/{key.pk}/revoke/").status_code == 404
    assert client.get("/operator/api-keys/calls/").status_code == 200


def test_a_scope_of_sellers_or_another_market_is_refused() -> None:
    make.make_sellers("S1")
    client = _operator(Role.ADMINISTRATOR)
    for changed in ({"scopes": ["stock:write"]}, {"marketplace": "nowhere"}, {"title": " "}):
        assert client.post("/operator/api-keys/create/", {**NEW, **changed}).status_code == 422
    assert ApiKey.objects.count() == 0


def test_others_look_and_do_not_act() -> None:
    make.make_sellers("S1")
    client = _operator(Role.FINANCE)
    assert client.get("/operator/api-keys/").status_code == 200
    assert client.post("/operator/api-keys/create/", NEW).status_code == 403
