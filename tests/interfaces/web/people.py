"""People who sign in, and what the tests of signing in have in common."""

from __future__ import annotations

import re
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.accounts.operations import (
    create_operator,
    create_seller_user,
)
from bantuo.interfaces.web.signin import SecondFactorAdapter
from tests.apps.factories import ACTOR, NOW, make_sellers

PASSWORD = "correct-horse-7"
SMTP = "django.core.mail.backends.smtp.EmailBackend"
SHOP = {
    "shop_name": "明亮灯具", "marketplace": "aliexpress", "shop_code": "CN-77",
    "ship_from": "浙江省金华市义乌市", "name": "陈", "email": "owner@example.org", "password1": PASSWORD,
}  # fmt: skip


def reader(language: str = "en") -> Client:
    """A browser of somebody who reads a language."""
    client = Client()
    client.cookies["language"] = language
    return client


def operator(email: str = "op@example.org", *roles: str) -> User:
    return create_operator(
        email, name="Op", roles=roles or [Role.REVIEWER], password=PASSWORD, now=NOW, actor=ACTOR
    )


def owner(code: str = "S1", email: str = "owner@example.org", password: str | None = PASSWORD) -> User:
    [seller] = make_sellers(code)
    return create_seller_user(
        email, seller_id=seller, name="Ow", roles=[Role.SELLER_OWNER], password=password, language="en",
        now=NOW, actor=ACTOR,
    )  # fmt: skip


def sign_in(client: Client, email: str, password: str = PASSWORD):
    return client.post("/accounts/login/", {"login": email, "password": password})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session and client.get("/accounts/password/change/").status_code == 200


def current_code(secret: str, *, ago: int = 0) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 - ago))


def give_second_factor(user: User) -> str:
    secret = totp.generate_totp_secret()
    data = {"secret": SecondFactorAdapter().encrypt(secret)}
    Authenticator.objects.create(user=user, type="totp", data=data)
    return secret


def errors(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())
