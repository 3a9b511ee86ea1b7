"""The second factor: who needs one, codes that work once, resetting it."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.accounts.operations import (
    reset_second_factor,
)
from bantuo.interfaces.web.signin import SecondFactorAdapter
from tests.apps.factories import ACTOR, NOW
from tests.interfaces.web.people import (
    PASSWORD,
    current_code,
    errors,
    give_second_factor,
    operator,
    owner,
    reader,
    sign_in,
)

pytestmark = pytest.mark.django_db


def test_an_operator_without_a_second_factor_reaches_only_its_set_up() -> None:
    operator()
    client = reader()
    sign_in(client, "op@example.org")
    for path in ("/landing/", "/styleguide/", "/inbox/", "/operator/people/", "/accounts/password/change/"):
        answer = client.get(path)
        assert (answer.status_code, answer.url) == (302, "/accounts/2fa/totp/activate/"), path
    assert client.post("/inbox/read/").url == "/accounts/2fa/totp/activate/"
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200


def test_setting_up_a_second_factor_opens_the_rest_and_ends_other_sessions() -> None:
    user = operator()
    client, other = reader(), reader()
    sign_in(other, "op@example.org")
    sign_in(client, "op@example.org")
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    assert "data:image/svg+xml;base64," in page
    secret = re.search(r'<code id="secret">(\w+)</code>', page).group(1)
    answer = client.post("/accounts/2fa/totp/activate/", {"code": current_code(secret)})
    assert answer.url == "/accounts/2fa/recovery-codes/"
    assert client.get("/styleguide/").status_code == 200
    assert other.get("/styleguide/").url == "/accounts/login/?next=/styleguide/"
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert (secret in stored, SecondFactorAdapter().decrypt(stored)) == (False, secret)
    codes = client.get("/accounts/2fa/recovery-codes/download/").content.decode().split()
    assert len(codes) == 10
    fresh = reader()
    assert sign_in(fresh, user.email).url == "/accounts/2fa/authenticate/"
    assert fresh.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 302
    assert fresh.get("/styleguide/").status_code == 200


def test_a_password_alone_does_not_sign_in_where_there_is_a_second_factor() -> None:
    secret = give_second_factor(operator())
    client = reader()
    assert sign_in(client, "op@example.org").url == "/accounts/2fa/authenticate/"
    assert client.get("/styleguide/").url == "/accounts/login/?next=/styleguide/"
    assert client.post("/accounts/2fa/authenticate/", {"code": current_code(secret)}).url == "/landing/"
    assert client.get("/styleguide/").status_code == 200


def test_a_code_works_once() -> None:
    secret = give_second_factor(operator())
    code = current_code(secret)
    for client, status in ((reader(), 302), (reader(), 200)):
        sign_in(client, "op@example.org")
        assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == status


def test_after_five_wrong_codes_even_the_right_one_must_wait() -> None:
    secret = give_second_factor(operator())
    client = reader()
    sign_in(client, "op@example.org")
    for _ in range(5):
        assert "The code is wrong" in errors(client.post("/accounts/2fa/authenticate/", {"code": "000000"}))
    said = errors(client.post("/accounts/2fa/authenticate/", {"code": current_code(secret)}))
    assert "Too many wrong attempts. Try again at" in said


def test_an_operator_keeps_the_second_factor_and_a_seller_may_do_without() -> None:
    for user, gone in ((operator(), False), (owner(), True)):
        secret = give_second_factor(user)
        client = reader()
        sign_in(client, user.email)
        client.post("/accounts/2fa/authenticate/", {"code": current_code(secret)})
        client.post("/accounts/2fa/totp/deactivate/")
        assert Authenticator.objects.filter(user=user).exists() is not gone


def test_resetting_the_second_factor_signs_out_everywhere() -> None:
    user = operator()
    secret = give_second_factor(user)
    client = reader()
    sign_in(client, user.email)
    client.post("/accounts/2fa/authenticate/", {"code": current_code(secret)})
    reset_second_factor(user.pk, reason="lost", now=NOW, actor=ACTOR)
    assert client.get("/styleguide/").url == "/accounts/login/?next=/styleguide/"
    sign_in(client, user.email)
    assert client.get("/styleguide/").url == "/accounts/2fa/totp/activate/"


def test_djangos_admin_is_for_superusers_with_a_second_factor() -> None:
    boss = User.objects.create_superuser("root@example.org", PASSWORD)
    secret = give_second_factor(operator("op@example.org", Role.ADMINISTRATOR))
    assert reader().get("/admin/").url == "/accounts/login/?next=/admin/"
    assert (
        reader()
        .post("/admin/login/", {"username": boss.email, "password": PASSWORD})
        .url.startswith("/accounts/login/")
    )
    client = reader()
    sign_in(client, boss.email)
    assert client.get("/admin/").url == "/accounts/2fa/totp/activate/"
    other = reader()
    sign_in(other, "op@example.org")
    other.post("/accounts/2fa/authenticate/", {"code": current_code(secret)})
    assert other.get("/admin/").status_code == 403
    secret = give_second_factor(boss)
    client = reader()
    sign_in(client, boss.email)
    client.post("/accounts/2fa/authenticate/", {"code": current_code(secret)})
    assert client.get("/admin/").status_code == 200
