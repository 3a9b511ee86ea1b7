"""Access that ends or is given by mail: deactivated people, signing out, resets, invitations."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.utils.http import int_to_base36

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.accounts.operations import (
    deactivate_user,
    renew_invitation,
    withdraw_invitation,
)
from bantuo.interfaces.web.signin_tokens import LinkTokens, invitation_url
from tests.apps.factories import ACTOR, NOW
from tests.interfaces.web.people import (
    PASSWORD,
    errors,
    give_second_factor,
    is_signed_in,
    operator,
    owner,
    reader,
    sign_in,
)

pytestmark = pytest.mark.django_db


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
