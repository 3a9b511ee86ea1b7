"""`bantuo operator add`."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
import typer
from django.test import Client

from bantuo.apps.accounts.models import User
from bantuo.interfaces.cli.people import add_operator

pytestmark = pytest.mark.django_db


def test_an_operator_is_added_and_gets_a_link(capsys: pytest.CaptureFixture[str]) -> None:
    add_operator(email="boss@example.org", roles=["administrator"], name="Boss", as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["email"], told["roles"]) == ("boss@example.org", ["operator_administrator"])
    client = Client()
    form = client.get(urlsplit(told["link"]).path).url
    client.post(form, {"password1": "another-horse-8", "password2": "another-horse-8"})
    assert User.objects.get().state == "active"
    assert client.get("/styleguide/").url == "/accounts/2fa/totp/activate/"


@pytest.mark.parametrize(
    ("email", "roles", "said"),
    [
        ("nobody", ["administrator"], "not a mail address"),
        ("a@example.org", ["king"], "one or more of administrator, auditor"),
        ("a@example.org", [], "one or more of"),
        ("a@example.org", ["seller_owner"], "one or more of"),
        ("taken@example.org", ["auditor"], "has an account already"),
    ],
)
def test_a_wrong_operator_is_refused_with_why(
    email: str, roles: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    User.objects.create_user("taken@example.org")
    with pytest.raises(typer.Exit) as ended:
        add_operator(email=email, roles=roles, name="", as_json=True)
    assert ended.value.exit_code == 2
    assert said in json.loads(capsys.readouterr().out)["error"]
    assert User.objects.count() == 1
