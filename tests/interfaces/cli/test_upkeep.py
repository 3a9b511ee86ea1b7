"""`bantuo migrate` and `bantuo ledger check`: sound books pass, a tampered statement is found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from typer.testing import CliRunner

from bantuo.engine.books import load_book
from bantuo.interfaces.cli.main import app
from tests.simulate.sources import FAULTLESS, layout_of, replayed, write_source

pytestmark = pytest.mark.django_db


def check(code: int) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["ledger", "check", "--json"], catch_exceptions=False)
    assert done.exit_code == code, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def tamper(statement: str) -> None:
    """Write past the guards, as only somebody with the keys of the server could."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_a_migrated_database_has_nothing_to_migrate() -> None:
    done = CliRunner().invoke(app, ["migrate", "--json"], catch_exceptions=False)
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"applied": []})


def test_empty_books_are_sound() -> None:
    assert check(0)["sound"] is True


def test_sound_books_pass_and_tampered_ones_are_found(tmp_path: Path) -> None:
    replayed(write_source(tmp_path / "source"), layout_of(tmp_path, FAULTLESS), load_book())
    told = check(0)
    assert (told["sum_fen"], told["unbalanced"], told["statements_that_disagree"]) == (0, [], [])
    assert told["entries"] > 0
    tamper("UPDATE settlement_statement SET receipts_fen = receipts_fen + 1, payout_fen = payout_fen + 1")
    told = check(1)
    assert (told["sound"], told["sum_fen"]) == (False, 0)
    assert told["statements_that_disagree"]
    tamper("UPDATE settlement_statement SET receipts_fen = receipts_fen - 1, payout_fen = payout_fen - 1")
    assert check(0)["sound"] is True
    tamper("UPDATE ledger_posting SET amount_fen = amount_fen + 1 WHERE account_id = 'bank'")
    assert check(1)["unbalanced"]
    done = CliRunner().invoke(app, ["ledger", "check"])
    assert (done.exit_code, "NOT SOUND" in done.stdout) == (1, True)
