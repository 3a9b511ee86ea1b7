"""`bantuo replay` at the terminal: bad input ends with 2 before any write, a good one can be asked again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from typer.testing import CliRunner, Result

from bantuo.interfaces.cli.main import app
from tests.simulate.sources import ITEMS, changed, counts_of, layout_file, write_source

pytestmark = pytest.mark.django_db


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["replay", *map(str, arguments)], catch_exceptions=False)


def refused(*arguments: str | Path) -> list[dict[str, Any]]:
    """The problems told; nothing may have been written."""
    before = counts_of(connection)
    done = run(*arguments, "--json")
    assert done.exit_code == 2, done.output
    assert counts_of(connection) == before
    problems: list[dict[str, Any]] = json.loads(done.stdout)["problems"]
    return problems


def test_a_replay_reports_its_stages_and_can_be_asked_again(tmp_path: Path) -> None:
    source, layout, out = write_source(tmp_path / "source"), layout_file(tmp_path), tmp_path / "deep" / "out"
    first = run(source, "--layout", layout, "--out", out, "--json")
    assert first.exit_code == 0, first.output
    stages = [line.removeprefix("stage ") for line in first.stderr.splitlines()]
    assert (stages[:4], stages[-1]) == (["prepare", "stage", "plan", "admission"], "outputs")
    assert json.loads(first.stdout) == json.loads((out / "summary.json").read_text("utf-8"))
    counts, written = counts_of(connection), (out / "summary.json").read_bytes()
    again = run(source, "--layout", layout, "--out", out)
    assert (again.exit_code, again.stderr.splitlines()[0]) == (0, "stage outputs")
    assert "unaccounted" in again.stdout
    assert (counts_of(connection), (out / "summary.json").read_bytes()) == (counts, written)


def test_bad_rows_do_not_sink_a_replay(tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", items=changed(ITEMS, 2, price="-1"))
    done = run(source, "--layout", layout_file(tmp_path), "--out", tmp_path / "out", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["rows"]["items"]["unaccounted"] == 0


def test_a_bad_layout_or_source_writes_nothing(tmp_path: Path) -> None:
    source, out = write_source(tmp_path / "source"), tmp_path / "out"
    good = layout_file(tmp_path)
    (told,) = refused(tmp_path / "none", "--layout", good, "--out", out)[:1]
    assert (told["field"], told["rule"]) == ("tables.sellers.file", "no such file")
    (tmp_path / "bad").mkdir()
    bad = layout_file(tmp_path / "bad", ('unit = "g"', 'unit = "lb"'))
    assert refused(source, "--layout", bad, "--out", out) == [
        {"field": "tables.products.columns.weight_g.unit", "value": "lb", "rule": "one of g, kg"}
    ]
    assert refused(source, "--layout", tmp_path / "none.toml", "--out", out)[0]["field"].endswith("none.toml")
    assert not out.exists()


def test_a_name_that_cannot_be_written_to_is_told_first(tmp_path: Path) -> None:
    source = write_source(tmp_path / "source")
    taken = tmp_path / "taken"
    taken.write_text("a file")
    (told,) = refused(source, "--layout", layout_file(tmp_path), "--out", taken / "deeper")
    assert (told["field"], told["value"]) == ("--out", str(taken / "deeper"))


def test_other_arguments_on_the_same_database_are_refused(tmp_path: Path) -> None:
    source, layout, out = write_source(tmp_path / "source"), layout_file(tmp_path), tmp_path / "out"
    assert run(source, "--layout", layout, "--out", out).exit_code == 0
    done = run(source, "--layout", layout, "--out", out, "--limit", "1")
    assert done.exit_code == 2
    assert "'demo'" in done.stderr
    assert run(source, "--layout", layout, "--out", out, "--limit", "0").exit_code == 2
