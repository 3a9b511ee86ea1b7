"""Signing in: sessions, lock-out, where one is sent, the demonstration."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bantuo.apps.accounts.models import User
from bantuo.apps.accounts.operations import (
    DEMO_PASSWORD,
    make_demo_accounts,
)
from tests.apps.factories import ACTOR, NOW
from tests.interfaces.web.people import (
    PASSWORD,
    errors,
    is_signed_in,
    owner,
    reader,
    sign_in,
)

pytestmark = pytest.mark.django_db


def test_signing_in_gives_a_fresh_session() -> None:
    owner()
    client = reader()
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = "yes"
    session.save()
    client.cookies["sessionid"] = before = session.session_key
    sign_in(client, "owner@example.org")
    assert is_signed_in(client)
    assert client.cookies["sessionid"].value != before
    planted = Client()
    planted.cookies["sessionid"] = before
    assert not is_signed_in(planted)


def test_a_wrong_password_and_a_strange_address_say_the_same() -> None:
    owner()
    said = {
        errors(sign_in(reader(), email, "wrong-password")).replace(email, "")
        for email in ("owner@example.org", "nobody@example.org")
    }
    assert len(said) == 1
    assert "The mail address or the password is wrong." in said.pop()


def test_a_very_long_password_is_just_wrong() -> None:
    owner()
    answer = sign_in(reader(), "owner@example.org", "x" * 10_000)
    assert (answer.status_code, "is wrong" in errors(answer)) == (200, True)


def test_after_five_failures_the_address_is_locked_and_the_page_says_until_when() -> None:
    owner()
    client = reader()
    for _ in range(5):
        assert "is wrong" in errors(sign_in(client, "owner@example.org", "wrong"))
    answer = errors(sign_in(reader(), "owner@example.org"))  # the right one, elsewhere
    told = re.search(r"Try again at (\d\d:\d\d:\d\d) \(Beijing time\), in (\d) min", answer)
    assert told
    at = datetime.combine(timezone.localdate(), datetime.strptime(told.group(1), "%H:%M:%S").time())  # noqa: DTZ007
    wait = (at - timezone.localtime().replace(tzinfo=None)) % timedelta(days=1)
    assert timedelta(minutes=4) < wait <= timedelta(minutes=5)
    assert told.group(2) == "5"
    assert sign_in(reader(), "other@example.org").status_code == 200  # other addresses are not locked


def test_the_lock_ends_by_itself(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "2/2s/key"}
    owner()
    for _ in range(2):
        sign_in(reader(), "owner@example.org", "wrong")
    assert sign_in(reader(), "owner@example.org").status_code == 200
    time.sleep(2.1)
    assert sign_in(reader(), "owner@example.org").status_code == 302


def test_who_was_sent_to_sign_in_comes_back_and_nowhere_else() -> None:
    owner()
    there = reader().post(
        "/accounts/login/", {"login": "owner@example.org", "password": PASSWORD, "next": "/seller/people/"}
    )
    away = reader().post(
        "/accounts/login/", {"login": "owner@example.org", "password": PASSWORD, "next": "//evil.example/"}
    )
    assert (there.url, away.url) == ("/seller/people/", "/landing/")


def test_a_demonstration_signs_in_by_one_click_and_shows_the_code(settings: Any) -> None:
    settings.DEMO = True
    made = make_demo_accounts(now=NOW, actor=ACTOR)
    page = reader().get("/accounts/login/").content.decode()
    assert page.count(f'name="password" value="{DEMO_PASSWORD}"') == len(made)
    assert "Only on a demonstration" in page
    for _ in range(2):  # twice within half a minute: the next unused code is shown
        client = reader()
        sign_in(client, made[0].email, DEMO_PASSWORD)
        shown = re.search(
            r'<code id="demo-code">(\d{6})</code>', client.get("/accounts/2fa/authenticate/").content.decode()
        )
        assert shown
        client.post("/accounts/2fa/authenticate/", {"code": shown.group(1)})
        assert client.get("/styleguide/").status_code == 200
    assert User.objects.get(pk=made[0].pk).language == "en"  # as the visitor reads


def test_the_demonstrations_accounts_open_nothing_elsewhere() -> None:
    made = make_demo_accounts(now=NOW, actor=ACTOR)
    assert "demo" not in reader().get("/accounts/login/").content.decode()
    assert "is wrong" in errors(sign_in(reader(), made[0].email, DEMO_PASSWORD))
