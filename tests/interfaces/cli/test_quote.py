"""`bantuo quote`: the exact forms of the command, one parcel and whole files, good and bad."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer
from typer.testing import CliRunner, Result

from bantuo.engine.files import read_table, write_table
from bantuo.interfaces.cli.quote import quote

APP = typer.Typer()
APP.command()(quote)

GOLDEN = [
    *("--receipts", "120.00", "--size", "30x25x20", "--weight", "1.2"),
    *("--distance", "250", "--label", "--at", "2024-07-01"),
]
HEADER = "order_id,receipts_yuan,weight_kg,length_cm,width_cm,height_cm,distance_km,label"
GOOD = "A1,120.00,1.2,30,25,20,250,1"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(APP, [str(a) for a in arguments], catch_exceptions=False)


def answer(*arguments: str | Path, code: int = 0) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def file_of(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "parcels.csv"
    path.write_text("\n".join([header, *rows, ""]), "utf-8")
    return path


def test_the_golden_parcel() -> None:
    found = answer(*GOLDEN)
    assert found["total_fen"] == 1_960
    assert {line["code"]: line["fen"] for line in found["lines"]} == {
        "base": 420,
        "fulfilment": 1_100,
        "transfer": 240,
        "packing": 0,
        "label": 200,
        "photo_qc": 0,
    }
    assert found["policy"]["book"] == "aliexpress-semi"


def test_the_golden_parcel_at_a_granted_rate() -> None:
    assert answer(*GOLDEN, "--granted-rate", "2.2%")["total_fen"] == 1_804


def test_every_line_opens_to_formula_rule_and_source() -> None:
    for line in answer(*GOLDEN)["lines"]:
        assert line["formula"]
        assert line["formula_zh"]
        assert line["rule"].startswith("FEE-")
        assert line["source"]
        for cited in line["cites"]:
            assert cited["source"]["zh"]
            assert cited["date_status"] in ("stated", "assumed")


def test_the_table_shows_both_languages_and_the_total() -> None:
    shown = run(*GOLDEN).stdout
    for text in ("CNY 19.60", "订单实收 120.00 元", "receipts ¥120.00", "FEE-2.first_fee"):
        assert text in shown


BAD_PARCELS = [
    (["--receipts", "12USD"], "--receipts", "amounts are in CNY, not USD"),
    (["--receipts", "1.2E+15"], "--receipts", "scientific notation has lost digits: format the cell as text"),
    (["--size", "30x25"], "--size", "must be three lengths, as in 30x25x20"),
    (["--size", "30x25x20000"], "--size", "height_mm must be an integer from 1 to 10000"),
    (["--weight", "-1.2"], "--weight", "weight_g must be an integer from 1 to 1000000"),
    (["--granted-rate", "2.19%"], "--granted-rate", "FEE-7.rate_min: a granted rate is from 2.2% to 3.5%"),
    (
        ["--granted-rate", "2.2"],
        "--granted-rate",
        "must be a percentage with its sign, as in 2.2%",
    ),
]


@pytest.mark.parametrize(("change", "field", "rule"), BAD_PARCELS)
def test_a_bad_parcel_is_refused_by_field_value_and_rule(change: list[str], field: str, rule: str) -> None:
    found = answer(*GOLDEN, *change, code=2)
    assert found["problems"] == [{"field": field, "value": change[1], "rule": rule}]


def test_what_is_missing_is_named() -> None:
    found = answer("--receipts", "120", "--weight", "1.2", code=2)
    assert {p["field"] for p in found["problems"]} == {"--size", "--distance"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--at", "2020-01-01"], "is in force on 2020-01-01"),
        (["--book", "nowhere"], "nowhere"),
        (["--card", "none"], "no such card"),
        (["-o", "x.csv"], "--out goes with a file"),
    ],
)
def test_wrong_books_cards_and_days_are_bad_input(arguments: list[str], said: str) -> None:
    assert said in answer(*GOLDEN, *arguments, code=2)["error"]


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".json"])
def test_a_file_is_priced_in_every_format(tmp_path: Path, ending: str) -> None:
    source, out = tmp_path / f"in{ending}", tmp_path / f"out{ending}"
    write_table(read_table(file_of(tmp_path, GOOD, GOOD.replace("A1", "A2"))), source)
    found = answer(source, "-o", out)
    assert (found["rows"], found["priced"], found["refused"], found["total_fen"]) == (2, 2, 0, 3_920)
    priced = read_table(out)
    assert priced["order_id"].to_list() == ["A1", "A2"]
    assert [int(fen) for fen in priced["total_fen"]] == [1_960, 1_960]
    assert not list(tmp_path.glob("*problems*"))


def test_integer_columns_of_parquet_are_priced(tmp_path: Path) -> None:
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    names = ("receipts_fen", "weight_g", "volume_mm3", "distance_m", "label", "granted_rate_bp")
    rows = [(12_000, 1_200, 15_000_000, 250_000, True, 220), (12_000, 1_200, None, 250_000, False, 219)]
    write_table(pl.DataFrame(rows, schema=names, orient="row"), source)
    found = answer(source, "-o", out, code=1)
    assert pl.read_parquet(out)["total_fen"].to_list() == [1_804]
    assert found["problems"] == [
        {"row": 2, "field": "volume_mm3", "value": None, "rule": "is missing"},
        {
            "row": 2,
            "field": "granted_rate_bp",
            "value": "219",
            "rule": "FEE-7.rate_min: a granted rate is from 2.2% to 3.5%",
        },
    ]


def test_chinese_headers_are_read(tmp_path: Path) -> None:
    header = "订单号,订单实收（元）,实重(kg),长(cm),宽(cm),高(cm),距离(km),贴标"
    source = file_of(
        tmp_path, GOOD.replace(",1", ",是").replace(",是20.00,是.2", ",120.00,1.2"), header=header
    )
    assert answer(source, "-o", tmp_path / "out.csv")["total_fen"] == 1_960


BAD_CELLS = [
    ("order_id", "1.2E+15", "scientific notation has lost digits: format the cell as text"),
    ("receipts_yuan", "$120", "must be an amount in yuan (CNY) with at most 2 decimals"),
    ("receipts_yuan", "", "is missing"),
    ("receipts_yuan", "1.2E+15", "scientific notation has lost digits: format the cell as text"),
    ("weight_kg", "-1", "weight_g must be an integer from 1 to 1000000"),
    ("weight_kg", "1.2345", "must be a number of kilograms with at most 3 decimals"),
    ("length_cm", "0", "length_mm must be an integer from 1 to 10000"),
    ("height_cm", "99999", "height_mm must be an integer from 1 to 10000"),
    ("distance_km", "far", "must be a number of kilometres with at most 3 decimals"),
    ("label", "2", "must be 0 or 1 (or yes / no, 是 / 否)"),
]


@pytest.mark.parametrize(("field", "value", "rule"), BAD_CELLS)
def test_a_bad_row_is_reported_and_the_rest_is_priced(
    tmp_path: Path, field: str, value: str, rule: str
) -> None:
    bad = ",".join(
        value if name == field else cell
        for name, cell in zip(HEADER.split(","), GOOD.split(","), strict=True)
    )
    out = tmp_path / "out.csv"
    found = answer(file_of(tmp_path, GOOD, bad, GOOD), "-o", out, code=1)
    assert (found["rows"], found["priced"], found["refused"]) == (3, 2, 1)
    expected = {"row": 2, "field": field, "value": value or None, "rule": rule}
    assert found["problems"] == [expected]
    assert read_table(tmp_path / "out.problems.csv").to_dicts() == [expected | {"row": "2"}]
    assert read_table(out)["row"].to_list() == ["1", "3"]


def test_rows_in_another_currency_are_refused(tmp_path: Path) -> None:
    source = file_of(tmp_path, f"{GOOD},CNY", f"{GOOD},USD", header=f"{HEADER},currency")
    found = answer(source, "-o", tmp_path / "out.csv", code=1)
    assert found["problems"] == [
        {"row": 2, "field": "currency", "value": "USD", "rule": "amounts are in CNY only"}
    ]


def test_when_no_row_can_be_priced_nothing_is_written(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    found = answer(file_of(tmp_path, GOOD.replace("1.2", "-1.2")), "-o", out, code=2)
    assert found["out"] is None
    assert not out.exists()


UNUSABLE = [
    (HEADER.replace("label", "colour"), GOOD, "unknown column 'colour'"),
    (HEADER.replace("weight_kg", "note"), GOOD, "missing column 'weight_g' (or weight_kg)"),
    (f"{HEADER},weight_g", f"{GOOD},1200", "columns 'weight_kg' and 'weight_g' both give weight_g"),
    (HEADER, GOOD.replace("1.2", "1\x00"), "a NUL byte in line 2"),
]


@pytest.mark.parametrize(("header", "row", "said"), UNUSABLE)
def test_an_unusable_file_is_bad_input(tmp_path: Path, header: str, row: str, said: str) -> None:
    source = file_of(tmp_path, row, header=header)
    found = answer(source, "-o", tmp_path / "out.csv", code=2)
    assert said in found["error"]
    assert ("Accepted columns" in found["error"]) == ("column" in said)
    assert list(tmp_path.iterdir()) == [source]


def test_a_file_needs_an_out_and_no_parcel_beside_it(tmp_path: Path) -> None:
    source = file_of(tmp_path, GOOD)
    assert "--out FILE" in answer(source, code=2)["error"]
    assert "--label cannot be given together" in answer(source, "--label", "-o", "x.csv", code=2)["error"]
    assert "is the file that is read" in answer(source, "-o", source, code=2)["error"]


def test_problems_of_an_earlier_run_do_not_stay(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    answer(file_of(tmp_path, GOOD, GOOD.replace("1.2", "0")), "-o", out, code=1)
    assert (tmp_path / "out.problems.csv").exists()
    answer(file_of(tmp_path, GOOD), "-o", out)
    assert not (tmp_path / "out.problems.csv").exists()


def test_a_file_shows_its_problems_in_words(tmp_path: Path) -> None:
    result = run(file_of(tmp_path, GOOD, GOOD.replace("1.2", "0")), "-o", tmp_path / "out.csv")
    assert result.exit_code == 1
    assert "row 2, weight_kg = '0'" in result.stderr
