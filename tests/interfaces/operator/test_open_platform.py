"""ERP apps for operators: registered, their secrets replaced, closed; listed with who lets them."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.open_platform.models import OpenApp
from bantuo.apps.open_platform.operations import (
    grant_private,
    open_app_secret,
    register_app,
    register_private_app,
)
from bantuo.interfaces.web.papers import vault
from tests.apps.factories import make_sellers

pytestmark = pytest.mark.django_db
PAGE = "/operator/erp-apps/"
FORM = {
    "name": "Cloud ERP",
    "redirect_uris": "https://erp.example.com/callback\nhttps://erp.example.com/other",
    "scopes": ["listings", "stock"],
}


def signed_in(role: Role) -> Client:
    user = User.objects.create_user(f"{role}@example.org", roles=[role], language="en")
    Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def administrator() -> Client:
    return signed_in(Role.ADMINISTRATOR)


def text_of(answer: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def vendors(*names: str) -> None:
    for name in names:
        register_app(
            name, redirect_uris=["https://e.com/"], scopes=["stock"], vault=vault(), now=timezone.now(),
            actor="user:1",
        )  # fmt: skip


def test_an_app_is_registered_and_its_secret_shown_once(administrator: Client) -> None:
    assert "No app is registered yet" in text_of(administrator.get(PAGE))
    answer = administrator.post(f"{PAGE}new/", FORM, follow=True)
    app = OpenApp.objects.get()
    assert (app.name, app.redirect_uris, app.scopes, app.private_to_id) == (
        "Cloud ERP",
        ["https://erp.example.com/callback", "https://erp.example.com/other"],
        ["listings", "stock"],
        None,
    )
    secret = open_app_secret(app, vault=vault())
    assert secret in answer.content.decode()
    assert secret not in administrator.get(f"{PAGE}{app.pk}/").content.decode()
    again = administrator.post(f"{PAGE}{app.pk}/secret/", follow=True)
    app.refresh_from_db()
    assert open_app_secret(app, vault=vault()) in again.content.decode()
    assert open_app_secret(app, vault=vault()) != secret


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"redirect_uris": "http://erp.example.com/"}, "cannot be used"),
        ({"redirect_uris": " "}, "required"),
        ({"scopes": []}, "required"),
        ({"scopes": ["everything"]}, "valid choice"),
        ({"name": ""}, "required"),
        ({"name": "x" * 101}, "at most 100"),
    ],
)
def test_what_cannot_be_registered_says_why(
    administrator: Client, changed: dict[str, Any], told: str
) -> None:
    answer = administrator.post(f"{PAGE}new/", FORM | changed)
    assert answer.status_code == 422
    assert told in text_of(answer)
    assert OpenApp.objects.count() == 0


def test_an_app_is_closed_for_good(administrator: Client) -> None:
    vendors("Cloud ERP")
    app = OpenApp.objects.get()
    assert "The app is closed" in text_of(administrator.post(f"{PAGE}{app.pk}/close/", follow=True))
    app.refresh_from_db()
    assert app.closed_at is not None
    for address in ("close", "secret"):
        assert administrator.post(f"{PAGE}{app.pk}/{address}/").status_code == 302
    app.refresh_from_db()
    assert app.rotated_at is None
    assert "Replace the secret" not in text_of(administrator.get(f"{PAGE}{app.pk}/"))


def test_a_sellers_own_app_is_seen_and_closed_but_its_secret_is_the_sellers(administrator: Client) -> None:
    (seller,) = make_sellers("S1")
    now = timezone.now()
    issued = register_private_app(seller, "own", vault=vault(), now=now, actor="user:1")
    app = OpenApp.objects.get(pk=issued.app_id)
    grant_private(app, account="o@example.com", now=now, actor="user:1")
    page = text_of(administrator.get(f"{PAGE}{app.pk}/"))
    assert "Shop S1" in page
    assert "Shops that allow it 1" in page
    assert administrator.post(f"{PAGE}{app.pk}/secret/").status_code == 404
    administrator.post(f"{PAGE}{app.pk}/close/")
    app.refresh_from_db()
    assert app.closed_at is not None


def test_the_list_is_filtered_and_exported(administrator: Client) -> None:
    vendors("Cloud ERP", "Other")
    assert "Other" not in text_of(administrator.get(PAGE, {"q": "cloud"})).split("Shops that allow it", 1)[1]
    assert "Cloud ERP" not in text_of(administrator.get(PAGE, {"kind": "own"}))
    assert "Cloud ERP" in text_of(administrator.get(PAGE, {"kind": "vendor", "state": "open"}))
    exported = administrator.get(PAGE, {"export": "xlsx"})
    assert exported.headers["Content-Type"].startswith("application/vnd.openxmlformats")


def test_the_list_takes_the_same_queries_for_one_row_and_for_three(administrator: Client) -> None:
    counts = []
    for names in (("A",), ("B", "C")):
        vendors(*names)
        administrator.get(PAGE)
        with CaptureQueriesContext(connection) as seen:
            administrator.get(PAGE)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12


def test_others_look_and_do_nothing() -> None:
    vendors("Cloud ERP")
    reviewer = signed_in(Role.REVIEWER)
    assert "Register an app" not in text_of(reviewer.get(PAGE))
    assert reviewer.get(f"{PAGE}new/").status_code == 403
    assert reviewer.post(f"{PAGE}{OpenApp.objects.get().pk}/close/").status_code == 403
