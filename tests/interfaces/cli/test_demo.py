"""`bantuo demo`: the story in figures, and the same again without harm."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest
from django.db import connection
from typer.testing import CliRunner

from bantuo.apps.accounts.models import OPERATOR_ROLES, User
from bantuo.apps.admission.models import Application, Finding
from bantuo.apps.documents.models import Document
from bantuo.interfaces.cli.demo_accounts import make_demo
from bantuo.interfaces.cli.main import app
from bantuo.simulate.models import Replay
from tests.processes import ROOT
from tests.simulate.sources import counts_of

pytestmark = pytest.mark.django_db
OPEN = ("fail", "not_evidenced")
# The tests themselves are often run by make, which hands its flags and level down.
_OUTSIDE_MAKE = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}


def accounts_are_made_once_and_stand_where_they_say() -> None:
    """Sellers at every stage, each of the refused for one reason; operators of every role, with a factor."""
    first = make_demo(active_seller="SIM-0008")
    people, documents = User.objects.count(), Document.objects.count()
    assert make_demo(active_seller="SIM-0008") == first
    assert (User.objects.count(), Document.objects.count()) == (people, documents)
    assert [account.email for account in first] == list(
        dict.fromkeys(account.email for account in first if User.objects.filter(email=account.email))
    )
    stands = {a.seller.code: a for a in Application.objects.filter(seller__code__startswith="DEMO-")}
    open_rules = {
        code: list(Finding.objects.filter(assessment__application=a, status__in=OPEN).values_list("rule"))
        for code, a in stands.items()
    }
    assert {code: (a.state, open_rules[code]) for code, a in stands.items()} == {
        "DEMO-PAPERS": ("assessed_fail", [("ELG-15",)]),
        "DEMO-DATA": ("assessed_fail", [("ELG-9",)]),
        "DEMO-TECHNICAL": ("assessed_fail", [("ELG-11",)]),
        "DEMO-REVIEW": ("in_review", []),
    }
    active = User.objects.get(email="seller-active@demo.example")
    assert active.seller is not None
    assert (active.seller.code, active.seller.programme_state) == ("SIM-0008", "active")
    operators = User.objects.filter(seller=None)
    assert {role for user in operators for role in user.roles} == OPERATOR_ROLES
    assert operators.filter(authenticator__type="totp").count() == operators.count()


def test_the_demonstration_tells_its_story_and_can_be_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANTUO_VAR", str(tmp_path))
    first = CliRunner().invoke(app, ["demo", "--json"], catch_exceptions=False)
    assert first.exit_code == 0, first.output
    summary = json.loads(first.stdout)
    assert {account["unaccounted"] for account in summary["rows"].values()} == {0}
    assert sum(summary["ledger"].values()) == 0
    for name in ("refused_by_rule", "routing_reasons", "charges", "payouts_fen", "health_reports"):
        assert summary[name], name
    assert summary["cut_over"]["orders_turned"] > 0
    counts = counts_of(connection)
    again = CliRunner().invoke(app, ["demo", "--json"], catch_exceptions=False)
    assert (again.exit_code, json.loads(again.stdout)) == (0, summary)
    story = CliRunner().invoke(app, ["demo"], catch_exceptions=False)
    assert story.exit_code == 0
    for said in (
        "Sellers",
        "16:00",
        "Charges",
        "Payouts",
        "ledger sound",
        "unaccounted for: 0",
        "bantuo explain",
    ):
        assert said in story.stdout, said
    assert counts_of(connection) == counts
    accounts_are_made_once_and_stand_where_they_say()
    Replay.objects.update(fingerprint="of another version")
    other = CliRunner().invoke(app, ["demo", "--json"], catch_exceptions=False)
    assert (other.exit_code, "another version" in json.loads(other.stdout)["error"]) == (2, True)


@pytest.mark.parametrize(("arguments", "serves"), [((), True), (("SERVE=1",), True), (("SERVE=0",), False)])
def test_make_demo_serves_unless_told_not_to(arguments: tuple[str, ...], serves: bool) -> None:
    done = subprocess.run(
        ["make", "--dry-run", "demo", *arguments],
        cwd=ROOT, env=_OUTSIDE_MAKE, capture_output=True, text=True, check=True,
    )  # fmt: skip
    command = done.stdout.strip().splitlines()[-1]
    assert command.split()[1:] == (["demo", "--serve"] if serves else ["demo"])


def test_a_taken_port_is_said_before_the_story_begins() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(app, ["demo", "--serve", "--port", port, "--json"], catch_exceptions=False)
    assert done.exit_code == 2
    assert f"127.0.0.1:{port} cannot be served" in json.loads(done.stdout)["error"]
