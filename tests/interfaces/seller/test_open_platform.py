"""The seller's ERP apps: who may act, an app of one's own, secrets and tokens shown once."""

from __future__ import annotations

import base64
import html
import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.open_platform.models import AccessGrant, OpenApp
from bantuo.apps.open_platform.operations import give_consent, open_app_secret, redeem_code, register_app
from bantuo.apps.open_platform.queries import live_grant, token_hash
from bantuo.interfaces.web.papers import vault
from tests.apps.factories import make_sellers

pytestmark = pytest.mark.django_db
PAGE = "/seller/erp-apps/"
HOME = "https://erp.example.com/callback"


def signed_in(seller_id: int, role: Role, *, language: str = "en") -> Client:
    user = User.objects.create_user(
        f"{role}-{seller_id}@example.com", seller_id=seller_id, roles=[role], language=language
    )
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def seller() -> int:
    (made,) = make_sellers("S1")
    return made


@pytest.fixture
def owner(seller: int) -> Client:
    return signed_in(seller, Role.SELLER_OWNER)


def text_of(answer: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def shown(answer: Any, element: str) -> str | None:
    found = re.search(rf'id="{element}"[^>]*>(.*?)</code>', answer.content.decode(), re.DOTALL)
    return html.unescape(found[1]) if found else None


def let_in(seller: int) -> OpenApp:
    """A vendor's app that may act for the seller."""
    now = timezone.now()
    issued = register_app(
        "Cloud ERP", redirect_uris=[HOME], scopes=["stock"], vault=vault(), now=now, actor="user:9"
    )
    app = OpenApp.objects.get(pk=issued.app_id)
    code = give_consent(app, seller, redirect_uri=HOME, account="o@example.com", now=now, actor="user:1")
    redeem_code(app, code, now=now)
    return app


def test_a_newcomer_sees_that_nobody_may_act_and_what_to_do(owner: Client) -> None:
    told = text_of(owner.get(PAGE))
    for words in (
        "No app may act for you",
        "Make an app",
        "/router/rest",
        "/oauth/authorize",
        "buyers' addresses",
    ):
        assert words in told


def test_an_own_app_shows_its_secret_once(owner: Client, seller: int) -> None:
    answer = owner.post(f"{PAGE}own/", follow=True)
    app = OpenApp.objects.get()
    assert (app.private_to_id, app.app_key.isdecimal(), len(app.app_key)) == (seller, True, 8)
    assert shown(answer, "secret") == open_app_secret(app, vault=vault())
    assert shown(owner.get(PAGE), "secret") is None
    assert shown(answer, "own-key") == app.app_key
    assert f'"{app.app_key}"' in (shown(answer, "sample-npm") or "")
    owner.post(f"{PAGE}own/", follow=True)
    assert OpenApp.objects.count() == 1


def test_a_token_is_shown_once_and_never_kept_in_clear(owner: Client, seller: int) -> None:
    owner.post(f"{PAGE}own/", follow=True)
    app = OpenApp.objects.get()
    owner.post(f"{PAGE}own/token/")
    told = str([session.get_decoded() for session in Session.objects.all()])
    answer = owner.get(PAGE)
    token, refresh = shown(answer, "token"), shown(answer, "refresh")
    assert token is not None
    assert refresh is not None
    assert token not in told
    grant = AccessGrant.objects.get()
    assert (grant.access_hash, grant.refresh_hash) == (token_hash(token), token_hash(refresh))
    assert live_grant(app, token, now=timezone.now()) == grant
    assert shown(owner.get(PAGE), "token") is None
    assert "(your own)" in re.sub(r"\s+\)", ")", re.sub(r"\(\s+", "(", text_of(owner.get(PAGE))))


def test_a_new_secret_replaces_the_old_one(owner: Client) -> None:
    first = shown(owner.post(f"{PAGE}own/", follow=True), "secret")
    second = shown(owner.post(f"{PAGE}own/secret/", follow=True), "secret")
    assert second not in (first, None)
    assert open_app_secret(OpenApp.objects.get(), vault=vault()) == second


def test_a_closed_app_ends_its_tokens_and_makes_room_for_another(owner: Client) -> None:
    owner.post(f"{PAGE}own/")
    owner.post(f"{PAGE}own/token/")
    assert "The app is closed" in text_of(owner.post(f"{PAGE}own/close/", follow=True))
    assert AccessGrant.objects.get().revoked_at is not None
    for address in ("secret", "token", "close"):
        assert "There is no app of your own" in text_of(owner.post(f"{PAGE}own/{address}/", follow=True))
    owner.post(f"{PAGE}own/")
    assert OpenApp.objects.filter(closed_at__isnull=True).count() == 1


def test_leave_is_taken_back(owner: Client, seller: int) -> None:
    app = let_in(seller)
    told = text_of(owner.get(PAGE))
    assert "Cloud ERP" in told
    assert "not yet" in told
    answer = owner.post(f"{PAGE}{app.pk}/revoke/", follow=True)
    assert "may not act for you any more" in text_of(answer)
    assert AccessGrant.objects.get().revoked_by == User.objects.get().actor
    assert "Cloud ERP" not in text_of(owner.get(PAGE))
    assert "already" in text_of(owner.post(f"{PAGE}{app.pk}/revoke/", follow=True))


def test_another_seller_takes_nothing_back(seller: int) -> None:
    app = let_in(seller)
    (other,) = make_sellers("S2")
    stranger = signed_in(other, Role.SELLER_OWNER)
    assert stranger.post(f"{PAGE}{app.pk}/revoke/").status_code == 404
    assert "Cloud ERP" not in text_of(stranger.get(PAGE))
    assert AccessGrant.objects.get().revoked_at is None


def test_staff_looks_and_does_nothing(seller: int) -> None:
    let_in(seller)
    staff = signed_in(seller, Role.SELLER_STOCK)
    page = staff.get(PAGE)
    assert "Only an owner of the shop" in text_of(page)
    assert "<form" not in page.content.decode().split("<main", 1)[1].split("</main>")[0]
    for address in ("own/", "own/secret/", "own/token/", "own/close/"):
        assert staff.post(f"{PAGE}{address}").status_code == 403


def test_the_page_in_chinese(seller: int) -> None:
    told = text_of(signed_in(seller, Role.SELLER_OWNER, language="zh-hans").get(PAGE))
    for words in ("ERP 应用", "尚未授权任何应用", "创建应用", "把客户端指向本平台"):
        assert words in told


def test_tokens_sealed_under_a_key_that_is_gone_are_forgotten(owner: Client) -> None:
    session = owner.session
    session["open_app_token_shown"] = base64.b64encode(b"sealed under another master key").decode()
    session.save()
    assert owner.get(PAGE).status_code == 200
    assert "open_app_token_shown" not in owner.session
