"""`bantuo policy` says what is in force, what changed, and what is wrong, and ends with the right code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from bantuo.interfaces.cli.policy import add_commands
from tests.core.policy_files import small_files

app = typer.Typer()
add_commands(app)


def run(*args: str) -> Result:
    return CliRunner().invoke(app, args, env={"COLUMNS": "200"})


def told(*args: str, exit_code: int = 0) -> Any:
    result = run(*args, "--json")
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in small_files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_rule_on_a_day_opens_to_its_source() -> None:
    rule = told("show", "ELG-17", "--at", "2024-07-01")
    assert (rule["book"], rule["rule"], rule["unit"], rule["status"]) == (
        "aliexpress-semi",
        "ELG-17",
        "count",
        "seed",
    )
    assert rule["in_force"]["from"] == "2024-07-01"
    assert rule["in_force"]["source"]["id"] == "weee-and-detailed-rules"
    assert rule["in_force"]["quote"].startswith("所有申报商品必须完成EPR注册")
    assert [reading["id"] for reading in rule["readings"]] == ["A-32"]
    assert [part["rule"] for part in rule["parts"]] == ["ELG-17.sites", "ELG-17.streams"]


def test_a_seed_id_shows_all_its_parts() -> None:
    rule = told("show", "FEE-2", "--at", "2024-09-01")
    shown = {part["rule"]: part["in_force"]["shown"] for part in rule["parts"]}
    assert shown == {
        "FEE-2.first_weight": "1000 g",
        "FEE-2.first_fee": "CNY 5.00",
        "FEE-2.step_weight": "1000 g",
        "FEE-2.step_fee": "CNY 3.00",
    }


def test_a_rule_before_its_first_value_is_a_finding() -> None:
    rule = told("show", "ELG-17", "--at", "2024-06-30", exit_code=1)
    assert rule["in_force"] is None
    assert (
        "not in force on 2024-06-30 (from 2024-07-01)" in run("show", "ELG-17", "--at", "2024-06-30").stdout
    )


def test_the_text_names_value_quote_source_and_reading() -> None:
    text = run("show", "OPS-1.cutoff", "--at", "2024-09-01").stdout
    for words in ("16:00", "每日16:00前完成库存同步", "A-30b", "Asia/Shanghai", "assumed"):
        assert words in text


def test_a_table_is_shown_row_by_row() -> None:
    text = run("show", "CAT-1", "--at", "2024-09-01").stdout
    assert "其他（未列） / Other (not listed)" in text
    assert "share_ppm 170000" in text


def test_an_unknown_rule_is_bad_input() -> None:
    refused = told("show", "ELG-99", exit_code=2)
    assert refused["error"].startswith("ID: aliexpress-semi has no rule 'ELG-99'; near it: ELG-9")


@pytest.mark.parametrize("day", ["2024-13-01", "20240630", "yesterday", "2024-W01-1"])
def test_a_wrong_day_is_bad_input(day: str) -> None:
    assert told("list", "--at", day, exit_code=2)["error"] == f"--at: {day!r} is not a day (YYYY-MM-DD)"


def test_the_list_of_a_topic() -> None:
    listed = told("list", "--topic", "kpi", "--at", "2024-09-01")
    values = {rule["rule"]: rule["in_force"]["shown"] for rule in listed["rules"]}
    assert (values["KPI-1"], values["KPI-2"], values["KPI-3"]) == ("99.2 %", "0.35 %", "87 seconds")
    assert "KPI-1" in run("list", "--topic", "kpi").stdout
    assert "is not one of" in told("list", "--topic", "kpis", exit_code=2)["error"]


def test_what_changed_between_two_days() -> None:
    changes = told("diff", "2024-06-30", "2024-07-01")["changes"]
    assert {change["rule"] for change in changes} == {"ELG-17", "ELG-17.sites", "ELG-17.streams", "DOC-6"}
    assert {change["before"] for change in changes} == {None}
    assert told("diff", "2024-09-01", "2026-10-14")["changes"] == []
    assert "ELG-17" in run("diff", "2024-06-30", "2024-07-01").stdout


def test_the_change_of_a_value(folder: Path) -> None:
    (change,) = told("diff", "2024-06-30", "2024-07-01", "--book", str(folder))["changes"]
    assert (change["rule"], change["before"]["value"], change["after"]["value"]) == ("FEE-1", 350, 300)


def test_all_books_that_ship_are_sound() -> None:
    checked = told("check")
    assert [entry["book"] for entry in checked["books"]] == [
        "aliexpress-semi",
        "full-managed",
        "observed-practice",
        "self-operated",
    ]
    assert checked["problems"] == []
    assert "all sound" in run("check", "--book", "aliexpress-semi").stdout


def test_a_folder_with_problems_names_each(folder: Path) -> None:
    text = (folder / "rules.yaml").read_text(encoding="utf-8")
    broken = text.replace("until: 2024-07-01", "until: 2024-07-02").replace("unit: bp", "unit: percent")
    (folder / "rules.yaml").write_text(broken, encoding="utf-8")
    problems = told("check", str(folder), exit_code=2)["problems"]
    assert [(problem["file"], problem["line"]) for problem in problems] == [
        ("cards.yaml", 7),
        ("rules.yaml", 5),
        ("rules.yaml", 10),
    ]
    result = run("check", str(folder))
    assert result.exit_code == 2
    assert "overlap: from 2024-07-01, but the value of line 9 runs until 2024-07-02" in result.stderr
    assert told("list", "--book", str(folder), exit_code=2)["problems"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    missing = str(tmp_path / "nowhere")
    assert told("check", missing, exit_code=2)["problems"][0]["problem"] == "not a folder of policy files"
    assert told("list", "--book", missing, exit_code=2)["error"].startswith("--book: no book or folder")
    assert told("check", "--book", "nowhere", exit_code=2)["error"].startswith("--book: no book or folder")
