"""Consent on the page, and tokens for it: by path, and as the first generation asked for them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.open_platform.models import AccessGrant, AuthCode, OpenApp
from bantuo.apps.open_platform.operations import (
    REPEAT_LIFE,
    RedirectUnfit,
    check_redirect,
    close_app,
    refresh_tokens,
    register_app,
    revoke_app,
)
from bantuo.interfaces.web.papers import vault
from tests.apps.factories import outbox
from tests.interfaces.gateway.conftest import Shop
from tests.interfaces.gateway.erps import Erp
from tests.interfaces.gateway.test_protocol import RELATION, code_of, sub_code_of

HOME = "https://erp.example.com/callback?tenant=7"
CREATE, REFRESH = "/auth/token/create", "/auth/token/refresh"


@dataclass(frozen=True)
class Vendor:
    """A vendor's app and the browser of the shop's owner."""

    app: OpenApp
    erp: Erp
    owner: Client
    user: User

    def asked(self, **changed: str) -> dict[str, str]:
        told = {
            "response_type": "code",
            "force_auth": "true",
            "client_id": self.app.app_key,
            "redirect_uri": HOME,
            "state": "s/1 &2",
        }
        return told | changed

    def allow(self, **changed: str) -> HttpResponse:
        return self.owner.post("/oauth/authorize", self.asked(decision="allow", **changed))

    def code(self) -> str:
        return parse_qs(urlsplit(self.allow().headers["Location"]).query)["code"][0]

    def ask(self, path: str, **business: str) -> Any:
        return self.erp.call(path, family="rest", dropped=("session", "simplify", "format"), **business)


@pytest.fixture
def vendor(shop: Shop) -> Vendor:
    now = timezone.now()
    issued = register_app(
        "Cloud ERP", redirect_uris=[HOME, "https://erp.example.com/other"], scopes=["listings", "stock"],
        vault=vault(), now=now, actor="user:9",
    )  # fmt: skip
    user = User.objects.create_user("owner@example.com", seller=shop.seller, roles=[Role.SELLER_OWNER])
    owner = Client()
    owner.force_login(user)
    erp = Erp(issued.app_key, issued.secret, "")
    return Vendor(OpenApp.objects.get(pk=issued.app_id), erp, owner, user)


def test_the_owner_is_told_what_the_app_may_do_and_where_it_returns_to(vendor: Vendor) -> None:
    answer = vendor.owner.get("/oauth/authorize", vendor.asked())
    page = answer.content.decode()
    assert answer.status_code == 200
    for words in ("Cloud ERP", vendor.app.app_key, "erp.example.com", 'value="s/1 &amp;2"'):
        assert words in page
    policy = answer.headers["Content-Security-Policy"]
    assert "form-action 'self' https://erp.example.com;" in policy
    assert "form-action 'self';" in vendor.owner.get("/seller/erp-apps/").headers["Content-Security-Policy"]


def test_consent_sends_the_app_home_with_a_code_and_its_own_state(vendor: Vendor) -> None:
    answer = vendor.allow()
    assert answer.status_code == 302
    home = urlsplit(answer.headers["Location"])
    told = parse_qs(home.query)
    assert (home.scheme, home.netloc, home.path) == ("https", "erp.example.com", "/callback")
    assert (told["tenant"], told["state"]) == (["7"], ["s/1 &2"])
    held = AuthCode.objects.get()
    assert told["code"][0] not in (held.code_hash,)
    assert told["code"][0].startswith(f"3_{vendor.app.app_key}_")
    assert (held.seller_id, held.app_id) == (vendor.user.seller_id, vendor.app.pk)


def test_who_is_refused_goes_home_with_the_reason(vendor: Vendor) -> None:
    denied = vendor.owner.post("/oauth/authorize", vendor.asked(decision="deny"))
    assert parse_qs(urlsplit(denied.headers["Location"]).query)["error"] == ["access_denied"]
    odd = vendor.owner.get("/oauth/authorize", vendor.asked(response_type="token"))
    assert parse_qs(urlsplit(odd.headers["Location"]).query)["error"] == ["unsupported_response_type"]
    assert AuthCode.objects.count() == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://erp.example.com/callback"},
        {"redirect_uri": HOME + "&x=1"},
        {"redirect_uri": HOME.upper()},
        {"redirect_uri": "https://evil.example.com/"},
        {"redirect_uri": ""},
        {"client_id": "123"},
        {"client_id": ""},
        {"client_id": "50000000'; --"},
        {"client_id": "a\x00b"},
    ],
)
def test_nothing_is_sent_to_an_address_that_was_not_registered(
    vendor: Vendor, changed: dict[str, str]
) -> None:
    for answer in (vendor.owner.get("/oauth/authorize", vendor.asked(**changed)), vendor.allow(**changed)):
        assert answer.status_code == 400
        assert "Location" not in answer.headers
    assert AuthCode.objects.count() == 0


def test_only_an_owner_lets_an_app_in(vendor: Vendor) -> None:
    for role in (Role.SELLER_STOCK, Role.SELLER_LISTING):
        person = User.objects.create_user(f"{role}@example.com", seller=vendor.user.seller, roles=[role])
        browser = Client()
        browser.force_login(person)
        assert 'name="decision"' not in browser.get("/oauth/authorize", vendor.asked()).content.decode()
        assert browser.post("/oauth/authorize", vendor.asked(decision="allow")).status_code == 403
    stranger = Client().get("/oauth/authorize", vendor.asked())
    assert stranger.headers["Location"].startswith("/accounts/login/?next=/oauth/authorize%3Fresponse_type")
    assert AuthCode.objects.count() == 0


def test_a_private_app_asks_nobody_else(vendor: Vendor, shop: Shop) -> None:
    OpenApp.objects.filter(pk=vendor.app.pk).update(private_to=shop.world.seller("S2"))
    assert vendor.allow().status_code == 400


def test_a_code_becomes_tokens_that_work(vendor: Vendor, shop: Shop) -> None:
    told = vendor.ask(CREATE, code=vendor.code(), uuid="x")
    grant = AccessGrant.objects.get(app=vendor.app)
    assert {name: told[name] for name in sorted(told) if not name.endswith("token")} == {
        "account": "owner@example.com",
        "account_id": None,
        "account_platform": "seller_center",
        "code": "0",
        "expire_time": milliseconds(grant.access_expires_at),
        "expires_in": 30 * 86_400,
        "havana_id": str(shop.seller.pk),
        "locale": "zh_CN",
        "refresh_expires_in": 180 * 86_400,
        "refresh_token_valid_time": milliseconds(grant.refresh_expires_at),
        "request_id": told["request_id"],
        "seller_id": str(shop.seller.pk),
        "sp": "ae",
        "user_id": str(shop.seller.pk),
        "user_nick": "S1",
    }
    assert told["access_token"] not in (grant.access_hash, grant.refresh_hash)
    acting = vendor.erp.with_(session=told["access_token"])
    assert acting.call(RELATION)["seller_relation_list"][0]["seller_id"] == shop.seller.pk
    assert code_of(acting.call("aliexpress.solution.order.get")) == "InsufficientPermission"
    by = {"app_key": vendor.app.app_key, "app": "Cloud ERP", "by": vendor.user.actor}
    given = [payload for key, payload in outbox("open_platform.consent_given") if payload["app"] != "own"]
    assert given == [by]


def milliseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1000 + at.microsecond // 1000


def test_a_code_works_once_and_a_second_time_ends_what_it_gave(vendor: Vendor) -> None:
    code = vendor.code()
    first = vendor.ask(CREATE, code=code)
    again = vendor.ask(CREATE, code=code)
    assert (code_of(again), sub_code_of(again)) == ("InvalidCode", "isv.code-invalid")
    assert code_of(vendor.erp.with_(session=first["access_token"]).call(RELATION)) == "IllegalAccessToken"
    assert code_of(vendor.ask(REFRESH, refresh_token=first["refresh_token"])) == "IllegalRefreshToken"


def test_a_code_of_another_app_or_an_old_one_is_none(vendor: Vendor, shop: Shop) -> None:
    code = vendor.code()
    other = shop.erp.call(CREATE, family="rest", code=code)
    assert code_of(other) == "InvalidCode"
    AuthCode.objects.update(expires_at=timezone.now())
    assert code_of(vendor.ask(CREATE, code=code)) == "InvalidCode"
    assert code_of(vendor.ask(CREATE, code="3_nothing")) == "InvalidCode"
    assert code_of(vendor.ask(CREATE)) == "MissingParameter"


def test_a_refresh_replaces_both_tokens(vendor: Vendor) -> None:
    first = vendor.ask(CREATE, code=vendor.code())
    second = vendor.ask(REFRESH, refresh_token=first["refresh_token"])
    assert {first["access_token"], first["refresh_token"]}.isdisjoint(
        {second["access_token"], second["refresh_token"]}
    )
    assert code_of(vendor.erp.with_(session=first["access_token"]).call(RELATION)) == "IllegalAccessToken"
    assert vendor.erp.with_(session=second["access_token"]).call(RELATION)["success"] is True


def test_who_lost_the_answer_may_refresh_once_more_and_whoever_comes_later_ends_it(vendor: Vendor) -> None:
    first = vendor.ask(CREATE, code=vendor.code())
    vendor.ask(REFRESH, refresh_token=first["refresh_token"])
    second = vendor.ask(REFRESH, refresh_token=first["refresh_token"])
    assert vendor.erp.with_(session=second["access_token"]).call(RELATION)["success"] is True
    AccessGrant.objects.filter(app=vendor.app).update(
        refreshed_at=timezone.now() - REPEAT_LIFE - timedelta(seconds=1)
    )
    assert code_of(vendor.ask(REFRESH, refresh_token=first["refresh_token"])) == "IllegalRefreshToken"
    assert code_of(vendor.erp.with_(session=second["access_token"]).call(RELATION)) == "IllegalAccessToken"
    assert code_of(vendor.ask(REFRESH, refresh_token=second["refresh_token"])) == "IllegalRefreshToken"


def test_an_expired_refresh_token_is_none(vendor: Vendor) -> None:
    first = vendor.ask(CREATE, code=vendor.code())
    AccessGrant.objects.update(refresh_expires_at=timezone.now())
    assert code_of(vendor.ask(REFRESH, refresh_token=first["refresh_token"])) == "IllegalRefreshToken"


def test_the_security_answers_name_no_person(vendor: Vendor) -> None:
    first = vendor.ask("/auth/token/security/create", code=vendor.code())
    second = vendor.ask("/auth/token/security/refresh", refresh_token=first["refresh_token"])
    for told in (first, second):
        assert {"account", "account_platform", "havana_id", "user_nick"}.isdisjoint(told)
        assert told["expires_in"] == 30 * 86_400


def test_the_first_generation_gets_tokens_as_one_text(vendor: Vendor) -> None:
    created = vendor.erp.call(
        "taobao.top.auth.token.create", family="classic", simplify="false", dropped=("session",),
        code=vendor.code(),
    )  # fmt: skip
    told = json.loads(created["top_auth_token_create_response"]["token_result"])
    refreshed = vendor.erp.call(
        "taobao.top.auth.token.refresh", family="classic", simplify="false", dropped=("session",),
        sign_method="md5", refresh_token=told["refresh_token"],
    )  # fmt: skip
    renewed = json.loads(refreshed["top_auth_token_refresh_response"]["token_result"])
    assert (renewed["token_type"], renewed["user_nick"]) == ("Bearer", "S1")
    acting = vendor.erp.with_(session=renewed["access_token"])
    assert acting.call(RELATION, family="classic")["success"] is True
    refused = vendor.erp.call(
        "taobao.top.auth.token.refresh", family="classic", dropped=("session",), refresh_token="x"
    )
    assert code_of(refused) == 27


def test_tokens_cannot_be_had_without_the_secret(vendor: Vendor) -> None:
    code = vendor.code()
    assert code_of(vendor.erp.with_(secret="guess").call(CREATE, family="rest", code=code)) == (
        "IncompleteSignature"
    )
    assert "access_token" in vendor.ask(CREATE, code=code)


def test_what_a_seller_revokes_ends_at_once_also_a_code_under_way(vendor: Vendor, shop: Shop) -> None:
    first, code = vendor.ask(CREATE, code=vendor.code()), vendor.code()
    now = timezone.now()
    assert revoke_app(shop.seller.pk, app_id=vendor.app.pk, now=now, actor="user:1") == 1
    assert revoke_app(shop.seller.pk, app_id=vendor.app.pk, now=now, actor="user:1") == 0
    assert code_of(vendor.erp.with_(session=first["access_token"]).call(RELATION)) == "IllegalAccessToken"
    assert code_of(vendor.ask(REFRESH, refresh_token=first["refresh_token"])) == "IllegalRefreshToken"
    assert code_of(vendor.ask(CREATE, code=code)) == "InvalidCode"
    assert len(outbox("open_platform.consent_revoked")) == 1


def test_a_closed_app_is_nobody(vendor: Vendor) -> None:
    first = vendor.ask(CREATE, code=vendor.code())
    close_app(vendor.app.pk, now=timezone.now(), actor="user:9")
    assert code_of(vendor.ask(REFRESH, refresh_token=first["refresh_token"])) == "InvalidAppKey"
    assert vendor.allow().status_code == 400


@pytest.mark.parametrize(
    "uri",
    [
        "http://erp.example.com/", "ftp://erp.example.com/", "https:///x", "javascript:alert(1)", "erp", "",
        "https://a;b/", "https://user@erp.example.com/", "https://erp.example.com/#x", "https://e.com/a b",
        "https://e.com:99999999/", "https://e.com/\n", "https://" + "e" * 600 + ".com/", "https://[::1",
        "https://例子.com/",
    ],
)  # fmt: skip
def test_addresses_that_no_browser_is_sent_to(uri: str) -> None:
    with pytest.raises(RedirectUnfit):
        check_redirect(uri)


def test_addresses_that_an_app_may_return_to() -> None:
    for uri in (HOME, "http://127.0.0.1:8080/cb", "http://localhost/cb", "https://erp.example.com:8443/cb"):
        assert check_redirect(uri) == uri


def test_refreshing_is_one_after_the_other(vendor: Vendor) -> None:
    """Whoever comes second with the same token gets tokens of its own, and the first ones are replaced."""
    first = vendor.ask(CREATE, code=vendor.code())
    now = timezone.now()
    tokens = [refresh_tokens(vendor.app, first["refresh_token"], now=now) for _ in range(2)]
    assert tokens[0].access_token != tokens[1].access_token
    assert AccessGrant.objects.filter(app=vendor.app, revoked_at__isnull=True).count() == 1
