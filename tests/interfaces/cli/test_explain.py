"""`bantuo explain` and `bantuo statement`: any fen of a statement, down to its rule and source."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bantuo.engine.books import load_book
from bantuo.interfaces.cli.main import app
from tests.simulate.sources import FAULTLESS, ITEMS, ORDERS, Rows, layout_of, replayed, write_source

pytestmark = pytest.mark.django_db
TWO_SELLERS: Rows = [*ITEMS[:1], {**ITEMS[0], "line": "2", "seller": "S-2"}, ITEMS[2]]


@pytest.fixture(autouse=True)
def told_from_the_database_alone(tmp_path: Path) -> None:
    """An order of two sellers and one more, replayed; then source and layout are gone."""
    orders = [ORDERS[0], {**ORDERS[0], "order": "O-2"}]
    source = write_source(tmp_path / "source", items=TWO_SELLERS, orders=orders)
    replayed(source, layout_of(tmp_path, FAULTLESS), load_book())
    rmtree(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, catch_exceptions=False, env={"COLUMNS": "250"})


def told(*arguments: str) -> Any:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_every_fen_of_a_statement_leads_to_rules_and_sources() -> None:
    (statement,) = told("statement", "S-1")
    lines = told("statement", "S-1", "--run", statement["run"])
    assert sum(line["net_fen"] for line in lines) == statement["payout_fen"]
    assert {line["external_id"] for line in lines} == {"O-1", "O-2"}
    for line in lines:
        order = told("explain", line["external_id"], "--seller", "S-1")
        (charge,) = order["charges"]
        assert (charge["net_fen"], charge["total_fen"]) == (line["net_fen"], line["total_fen"])
        assert sum(column["fen"] for column in charge["columns"]) == charge["total_fen"]
        assert charge["receipts_fen"] - charge["total_fen"] == charge["net_fen"]
        assert (charge["reproduced"], charge["run"]) == (True, statement["run"])
        assert charge["entries"]
        for column in charge["columns"]:
            assert column["formula"]
            assert column["formula_zh"]
            assert all(cite["source"] and cite["rule"] for cite in column["cites"])
            assert column["cites"] or not column["fen"]


def test_an_order_tells_its_decisions_and_events() -> None:
    order = told("explain", "O-2")
    assert (order["seller"], order["route"], order["state"]) == ("S-1", "semi", "completed")
    assert order["decisions"][0]["reason"] == "reserved"
    assert [event["state"] for event in order["events"]][-1] == "completed"


def test_the_tables_for_people_say_the_same() -> None:
    shown = run("explain", "O-2")
    assert shown.exit_code == 0
    for said in ("FEE-1", "FEE-2", "the frozen inputs give the same amounts again", "合计"):
        assert said in shown.stdout
    assert "O-1" in run("statement", "S-1", "--run", told("statement", "S-1")[0]["run"]).stdout


def test_what_is_not_one_order_or_seller_ends_with_2() -> None:
    assert run("explain", "NO-SUCH-ORDER").exit_code == 2
    assert run("statement", "NOBODY").exit_code == 2
    shared = run("explain", "O-1", "--json")
    assert shared.exit_code == 2
    assert {p["seller"] for p in json.loads(shared.stdout)["problems"]} == {"S-1", "S-2"}
