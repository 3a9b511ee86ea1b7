"""`bantuo diagnose` and `bantuo schema`: JSON, exit codes, and files of many sellers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from bantuo.interfaces.cli.diagnose import diagnose, schema

EXAMPLES = Path(__file__).parents[3] / "examples"
READY, NOT_READY = str(EXAMPLES / "seller_ready.json"), str(EXAMPLES / "seller_not_ready.json")

app = typer.Typer()
app.command()(diagnose)
app.command()(schema)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_ready_seller_exits_with_zero() -> None:
    result = run("diagnose", READY, "--at", "2024-08-01", "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["passed"], answer["findings"]) == (0, True, [])
    assert (answer["at"], answer["book"]) == ("2024-08-01", "aliexpress-semi")


def test_findings_exit_with_one_and_name_what_to_mend() -> None:
    result = run("diagnose", NOT_READY, "--at", "2024-08-01", "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["passed"]) == (1, False)
    by_rule = {finding["rule"]: finding for finding in answer["findings"]}
    assert set(by_rule) == {
        "DOC-0", "ELG-1", "ELG-3", "ELG-6", "ELG-7", "ELG-8", "ELG-9", "ELG-10", "ELG-11", "ELG-12",
        "ELG-15", "ELG-16", "ELG-17",
    }  # fmt: skip
    assert by_rule["ELG-3"]["status"] == "not_evidenced"
    assert by_rule["ELG-16"]["class"] == "F1"
    assert by_rule["ELG-11"]["class"] == "F3"


def test_people_get_the_same_in_words() -> None:
    result = run("diagnose", NOT_READY, "--at", "2024-08-01")
    assert "ELG-9 [F2]" in result.stdout
    assert "observed 0.8001% (8001/1000000), required ≤ 0.8%" in result.stdout
    assert "DOC-5: missing" in result.stdout


def bare_profile(folder: Path) -> str:
    profile = json.loads(Path(READY).read_text(encoding="utf-8"))
    for product in profile["products"]:
        product.pop("epr", None)
    path = folder / "bare.json"
    path.write_text(json.dumps(profile), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(("at", "code"), [("2024-06-30", 0), ("2024-07-01", 1)])
def test_epr_begins_on_the_first_of_july(tmp_path: Path, at: str, code: int) -> None:
    result = run("diagnose", bare_profile(tmp_path), "--at", at, "--json")
    assert result.exit_code == code
    assert ("ELG-17" in {f["rule"] for f in json.loads(result.stdout)["findings"]}) is bool(code)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"code": "a", "metrics": {"dsr": "nine"}}', "metrics.dsr"),
        ('{"name": "a"}', "code"),
        ("{", "line 1"),
    ],
)
def test_bad_profile_exits_with_two(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "seller.json"
    path.write_text(text, encoding="utf-8")
    result = run("diagnose", str(path), "--json")
    assert result.exit_code == 2
    assert told in json.dumps(json.loads(result.stdout))


@pytest.mark.parametrize(
    "arguments",
    [
        ("diagnose", "nowhere.json"),
        ("diagnose", READY, "--at", "2024-13-01"),
        ("diagnose", READY, "--at", "2023-10-31"),
        ("diagnose", READY, "--book", "nobody"),
        ("diagnose", "many.csv"),
        ("diagnose", READY, "--categories", "nowhere.csv"),
        ("schema", "order"),
    ],
)
def test_bad_arguments_exit_with_two(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


PASSING: dict[str, Any] = {
    "sell_through_num": 65, "sell_through_den": 100, "dsr": 47_800, "serious_complaints": 0,
    "brand_failed": 0, "licence_age_days": 180, "category_admitted": 1, "apparel": 0,
    "size_chart_missing": 0, "attributes_missing_num": 0, "attributes_missing_den": 10, "disputes_num": 8,
    "disputes_den": 1000, "listed_times_max": 5, "erp_api_version": 30_002, "sync_p95_ms": 3000,
    "probe_calls": 100, "scope_contains": 1, "turnover_fen": 50_000_000, "cross_border_seen": 1,
    "address_matches": 1, "epr_missing": 0, "documents_missing": 0,
}  # fmt: skip


@pytest.mark.parametrize("ending", ["parquet", "csv", "xlsx", "json"])
def test_many_sellers_are_screened_whatever_the_file(tmp_path: Path, ending: str) -> None:
    source, target = tmp_path / f"sellers.{ending}", tmp_path / "out.parquet"
    rows = [
        {"code": "SIM-1", **PASSING},
        {"code": "SIM-2", **PASSING, "dsr": 47_799, "disputes_num": None},
        {"code": "SIM-3", **PASSING, "dsr": 60_000},
    ]
    frame = pl.DataFrame(rows)
    {
        "parquet": frame.write_parquet, "csv": frame.write_csv, "xlsx": frame.write_excel,
        "json": frame.write_json,
    }[ending](source)  # fmt: skip
    result = run("diagnose", str(source), "-o", str(target), "--at", "2024-08-01", "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["screened"], answer["passed"], answer["set_aside"]) == (1, 2, 1, 1)
    assert [(p["row"], p["field"], p["value"]) for p in answer["problems"]] == [(3, "dsr", "60000")]
    screened = pl.read_parquet(target).select("code", "passed", "failed", "not_evidenced").rows()
    assert screened == [("SIM-1", True, "", ""), ("SIM-2", False, "ELG-2", "ELG-9")]


def test_all_passing_exits_with_zero(tmp_path: Path) -> None:
    source = tmp_path / "sellers.parquet"
    pl.DataFrame([{"code": "SIM-1", **PASSING}]).write_parquet(source)
    result = run("diagnose", str(source), "-o", str(tmp_path / "out.csv"), "--at", "2024-08-01")
    assert result.exit_code == 0
    assert (tmp_path / "out.csv").read_text(encoding="utf-8-sig").startswith("code,passed,failed,")


def test_file_with_an_unknown_column_writes_nothing(tmp_path: Path) -> None:
    source, target = tmp_path / "sellers.parquet", tmp_path / "out.parquet"
    pl.DataFrame({"code": ["a"], "dsrr": [1]}).write_parquet(source)
    result = run("diagnose", str(source), "-o", str(target), "--json")
    assert (result.exit_code, target.exists()) == (2, False)
    assert json.loads(result.stdout)["problems"][0]["rule"] == "unknown column; did you mean dsr?"


@pytest.mark.parametrize("name", ["seller", "size_chart"])
def test_schema_is_json_schema(name: str) -> None:
    assert json.loads(run("schema", name).stdout)["$schema"].endswith("2020-12/schema")


def test_columns_of_a_file_of_sellers() -> None:
    assert {entry["column"] for entry in json.loads(run("schema", "sellers").stdout)} >= {"code", *PASSING}
