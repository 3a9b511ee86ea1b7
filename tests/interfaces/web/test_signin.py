"""Signing up, in and out: second factors, lock-out, invitations, ended access; and what must not work."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.messages import get_messages
from django.core import mail
from django.test import Client
from django.utils import timezone
from django.utils.http import int_to_base36

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.accounts.operations import (
    DEMO_PASSWORD,
    create_operator,
    create_seller_user,
    deactivate_user,
    make_demo_accounts,
    renew_invitation,
    reset_second_factor,
    withdraw_invitation,
)
from bantuo.apps.parties.models import Seller
from bantuo.interfaces.web.signin import SecondFactorAdapter
from bantuo.interfaces.web.signin_tokens import LinkTokens, invitation_url
from tests.apps.factories import ACTOR, NOW, make_sellers

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-7"
SMTP = "django.core.mail.backends.smtp.EmailBackend"
SHOP = {
    "shop_name": "明亮灯具", "marketplace": "aliexpress", "shop_code": "CN-77",
    "ship_from": "浙江省金华市义乌市", "name": "陈", "email": "owner@example.org", "password1": PASSWORD,
}  # fmt: skip


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Hashing that takes no time; how passwords are kept is Django's."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


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


# --- Signing up


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


# --- Signing in


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


# --- The second factor


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


# --- Access ends


def test_who_is_deactivated_is_out_at_the_next_page() -> None:
    user = operator()
    operator("other@example.org", Role.ADMINISTRATOR)
    give_second_factor(user)
    client = reader()
    client.force_login(user)
    assert client.get("/styleguide/").status_code == 200
    deactivate_user(user.pk, reason="left", now=NOW, actor=ACTOR)
    assert client.get("/styleguide/").url == "/accounts/login/?next=/styleguide/"
    assert client.post("/inbox/read/").url.startswith("/accounts/login/")
    assert sign_in(client, user.email).url == "/accounts/inactive/"
    assert "This account is closed" in errors(client.get("/accounts/inactive/"))


def test_a_form_under_way_when_the_session_ends_is_told_so_and_kept() -> None:
    answer = reader().post("/inbox/read/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (401, "session-ended")
    answer = reader().get("/inbox/", headers={"HX-Request": "true", "HX-Current-URL": "http://h/a?b=1&c=2"})
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=http%3A%2F%2Fh%2Fa%3Fb%3D1%26c%3D2"


def test_a_changed_password_ends_the_other_sessions() -> None:
    owner()
    here, there = reader(), reader()
    sign_in(here, "owner@example.org")
    sign_in(there, "owner@example.org")
    change = {"oldpassword": PASSWORD, "password1": "another-horse-8", "password2": "another-horse-8"}
    here.post("/accounts/password/change/", change)
    assert (is_signed_in(here), is_signed_in(there)) == (True, False)
    wrong = here.post("/accounts/password/change/", change)
    assert "This is not your current password." in errors(wrong)


def test_signing_out_everywhere_else() -> None:
    owner()
    here, there = reader(), reader()
    sign_in(here, "owner@example.org")
    sign_in(there, "owner@example.org")
    assert errors(here.get("/accounts/sessions/")).count("127.0.0.1") == 2
    here.post("/accounts/sessions/")
    assert (is_signed_in(here), is_signed_in(there)) == (True, False)
    assert "You are signed in nowhere else." in errors(here.get("/accounts/sessions/"))


def test_signing_out_needs_a_post() -> None:
    owner()
    client = reader()
    sign_in(client, "owner@example.org")
    assert "Sign out on this device?" in errors(client.get("/accounts/logout/"))
    assert is_signed_in(client)
    client.post("/accounts/logout/")
    assert not is_signed_in(client)


# --- Links by mail


def test_a_forgotten_password_is_mended_by_mail_once() -> None:
    owner()
    reader().post("/accounts/password/reset/", {"email": "owner@example.org"})
    path = urlsplit(re.search(r"http://\S+", mail.outbox[0].body).group()).path
    chosen = {"password1": "another-horse-8", "password2": "another-horse-8"}
    client = reader()
    client.post(client.get(path).url, chosen)
    assert is_signed_in(client)
    assert "This link no longer works" in errors(reader().get(path))
    assert sign_in(reader(), "owner@example.org", "another-horse-8").status_code == 302


def test_nobody_learns_who_has_an_account_by_resetting() -> None:
    owner()
    said = {
        errors(reader().post("/accounts/password/reset/", {"email": email}, follow=True))
        for email in ("owner@example.org", "nobody@example.org")
    }
    assert len(said) == 1
    assert [sent.to for sent in mail.outbox] == [["owner@example.org"]]


def _path(user: User) -> str:
    return urlsplit(invitation_url(user)).path


CHOSEN = {"password1": "another-horse-8", "password2": "another-horse-8"}


def test_an_invitation_is_accepted_by_choosing_a_password() -> None:
    user = owner(password=None)
    assert sign_in(reader(), user.email).status_code == 200  # nobody yet
    reader().post("/accounts/password/reset/", {"email": user.email})
    assert mail.outbox == []  # and nothing to reset
    client = reader()
    form = client.get(_path(user)).url
    assert "You were invited to work for Shop S1." in errors(client.get(form))
    assert client.post(form, CHOSEN).url == "/landing/"
    assert is_signed_in(client)
    assert EmailAddress.objects.get().verified


def test_an_invitation_works_once() -> None:
    user = owner(password=None)
    path = _path(user)
    client, late = reader(), reader()
    form, late_form = client.get(path).url, late.get(path).url
    client.post(form, CHOSEN)
    other = {"password1": "stolen-horse-9", "password2": "stolen-horse-9"}
    assert "This link no longer works" in errors(late.post(late_form, other))
    assert "This link no longer works" in errors(reader().get(path))
    assert User.objects.get().check_password("another-horse-8")


def test_an_invitation_expires(settings: Any) -> None:
    path = _path(owner(password=None))
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert "This link no longer works" in errors(reader().get(path))


def test_a_later_invitation_or_a_withdrawal_ends_the_link() -> None:
    user = owner(password=None)
    first = _path(user)
    second = _path(renew_invitation(user.pk, now=NOW + timedelta(hours=1), actor=ACTOR))
    assert "This link no longer works" in errors(reader().get(first))
    assert reader().get(second).status_code == 302
    withdraw_invitation(user.pk, now=NOW, actor=ACTOR)
    assert "This link no longer works" in errors(reader().get(second))


def test_ended_access_ends_a_reset_link_too() -> None:
    user = operator()
    operator("other@example.org", Role.ADMINISTRATOR)
    path = f"/accounts/password/reset/key/{int_to_base36(user.pk)}-{LinkTokens().make_token(user)}/"
    deactivate_user(user.pk, reason="left", now=NOW, actor=ACTOR)
    assert "This link no longer works" in errors(reader().get(path))


# --- The demonstration


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
