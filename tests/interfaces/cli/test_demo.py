"""`bantuo demo`: the story in figures, and the same again without harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.db import connection
from typer.testing import CliRunner

from bantuo.interfaces.cli.main import app
from bantuo.simulate.models import Replay
from tests.simulate.sources import counts_of

pytestmark = pytest.mark.django_db


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
    Replay.objects.update(fingerprint="of another version")
    other = CliRunner().invoke(app, ["demo", "--json"], catch_exceptions=False)
    assert (other.exit_code, "another version" in json.loads(other.stdout)["error"]) == (2, True)
