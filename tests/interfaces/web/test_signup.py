"""Signing up: a shop and its owner, and what must not work."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.contrib.messages import get_messages
from django.core import mail

from bantuo.apps.accounts.models import User
from bantuo.apps.parties.models import Seller
from tests.interfaces.web.people import (
    SHOP,
    SMTP,
    errors,
    is_signed_in,
    reader,
)

pytestmark = pytest.mark.django_db


def test_a_shop_signs_up_and_its_owner_is_in() -> None:
    client = reader("zh-hans")
    answer = client.post("/accounts/signup/", SHOP)
    assert (answer.status_code, answer.url) == (302, "/landing/")
    user, seller = User.objects.get(), Seller.objects.get()
    assert (user.email, user.name, user.seller, user.roles, user.language) == (
        "owner@example.org", "陈", seller, ["seller_owner"], "zh-hans",
    )  # fmt: skip
    assert (seller.marketplace, seller.code, seller.name, seller.ship_from_code) == (
        "aliexpress", "CN-77", "明亮灯具", "330782",
    )  # fmt: skip
    assert is_signed_in(client)
    assert [sent.to for sent in mail.outbox] == [["owner@example.org"]]
    assert "确认邮箱" in mail.outbox[0].subject
    assert "您的邮箱尚未确认" in client.get("/accounts/2fa/").content.decode()


def test_the_link_of_the_mail_confirms_the_address() -> None:
    client = reader()
    client.post("/accounts/signup/", SHOP)
    link = re.search(r"http://\S+/accounts/confirm-email/\S+", mail.outbox[0].body)
    assert link
    path = urlsplit(link.group()).path
    assert "Is owner@example.org your address?" in errors(client.get(path))
    client.post(path)
    assert EmailAddress.objects.get().verified
    assert "not confirmed" not in errors(client.get("/accounts/2fa/"))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"shop_code": "a b"}, "Letters, digits and"),
        ({"shop_code": ""}, "This field is required"),
        ({"email": "nobody"}, "valid email"),
        ({"password1": "short"}, "at least 10 characters"),
        ({"password1": "x1" * 5000}, "at most 128 characters"),
        ({"password1": "owner@example.org"}, "too similar"),
        ({"marketplace": "elsewhere"}, "not one of the available choices"),
        ({"shop_name": "\x00"}, "Null characters"),
        ({"name": "x" * 101}, "at most 100 characters"),
    ],
)
def test_a_sign_up_that_cannot_be_says_why(changed: dict[str, str], said: str) -> None:
    answer = reader().post("/accounts/signup/", {**SHOP, **changed})
    assert answer.status_code == 200
    assert said in errors(answer)
    assert not User.objects.exists()
    assert not Seller.objects.exists()


def test_a_shop_that_has_joined_is_told_to_ask_its_owner() -> None:
    reader().post("/accounts/signup/", SHOP)
    answer = reader().post("/accounts/signup/", {**SHOP, "email": "other@example.org"})
    assert "This shop has joined already. Ask its owner to invite you" in errors(answer)
    assert User.objects.count() == Seller.objects.count() == 1


def test_an_address_that_is_taken_is_told_to_sign_in() -> None:
    reader().post("/accounts/signup/", SHOP)
    answer = reader().post("/accounts/signup/", {**SHOP, "shop_code": "CN-78", "email": "OWNER@example.org"})
    assert "There is an account with this address" in errors(answer)
    assert User.objects.count() == Seller.objects.count() == 1


def test_script_in_a_name_is_only_text() -> None:
    client = reader()
    client.post(
        "/accounts/signup/", {**SHOP, "name": "<script>alert(1)</script>", "shop_name": "<img src=x>"}
    )
    page = client.get("/seller/people/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;img src=x&gt;" in page
    assert "<script>alert" not in page
    assert "<img src=x>" not in page


def test_a_mail_that_cannot_be_sent_does_not_undo_the_sign_up(settings: Any) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", 1
    client = reader()
    answer = client.post("/accounts/signup/", SHOP)
    assert (answer.status_code, is_signed_in(client)) == (302, True)
    told = [str(said) for said in get_messages(answer.wsgi_request)]
    assert "The mail could not be sent just now. Ask for it again in a few minutes." in told
