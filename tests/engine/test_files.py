"""Tables read as they are written, or refused by name; written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from bantuo.engine.files import FileUnusable, RaggedRow, read_table, scan_table, write_table

ROWS = [
    {"order_id": "007", "name": "灯具", "fen": "120.00"},
    {"order_id": "12345678901234567", "name": None, "fen": "1"},
]


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def workbook(path: Path, *rows: list[Any]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet", ".json"])
def test_text_comes_back_as_it_was_written(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"table{ending}"
    write_table(pl.DataFrame(ROWS), path)
    assert read_table(path).to_dicts() == ROWS
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_csv_is_read_in_the_encodings_people_use(tmp_path: Path, encoding: str) -> None:
    path = put(tmp_path / "a.csv", "订单号,备注\n'0012,单箱\n".encode(encoding))
    assert read_table(path).to_dicts() == [{"订单号": "0012", "备注": "单箱"}]


def test_json_numbers_keep_every_digit(tmp_path: Path) -> None:
    path = put(tmp_path / "a.json", b'[{"yuan": 120.00, "id": 12345678901234567890}, {"label": true}]')
    assert read_table(path).to_dicts() == [
        {"yuan": "120.00", "id": "12345678901234567890", "label": None},
        {"yuan": None, "id": None, "label": "true"},
    ]


def test_xlsx_numbers_are_read_as_they_are_shown(tmp_path: Path) -> None:
    rows = (["id", "yuan", "kg"], [1234, 120.1, 0.3], [5, 0.1 + 0.2, 1.005])
    assert read_table(workbook(tmp_path / "a.xlsx", *rows)).to_dicts() == [
        {"id": "1234", "yuan": "120.1", "kg": "0.3"},
        {"id": "5", "yuan": "0.3", "kg": "1.005"},
    ]


def test_xlsx_ids_that_lost_digits_are_shown_as_such(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["id"], [123456789012345678], [42])
    assert read_table(path)["id"].to_list() == ["1.23457E+17", "42"]


def test_formulas_are_text_in_what_we_write(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_table(pl.DataFrame({"note": ["=1+1", "https://x.example"], "fen": [10**17, 5]}), path)
    assert read_table(path).rows() == [("=1+1", "100000000000000000"), ("https://x.example", "5")]


UNUSABLE = [
    ("a.csv", b"a,b\n1,\x002\n", "a NUL byte in line 2"),
    ("a.csv", b"", "is empty"),
    ("a.csv", b"PK\x03\x04rest", "the name says .csv but the content is an XLSX (or ZIP) file"),
    ("a.xlsx", b"a,b\n1,2\n", "the name says .xlsx but the content is something else"),
    ("a.parquet", b"PK\x03\x04", "the name says .parquet but the content is an XLSX (or ZIP) file"),
    ("a.csv", b"a,a\n1,2\n", "column 'a' appears twice"),
    ("a.csv", b"a,b\n1,2,3\n", "is not a regular CSV"),
    ("a.csv", b"a\n\xff\xff\xff\n", "is neither UTF-8 nor GBK / GB18030 text"),
    ("a.json", b'{"a": 1}', "must be a list of objects, one per row"),
    ("a.json", b'[{"a": [1]}]', "a must be a text, number, true, false or null, got a list"),
    ("a.json", b"[", "is not JSON"),
    ("a.json", b'[{"a": "x\\u0000"}]', "contains a NUL character"),
    ("a.txt", b"a", "unknown ending '.txt'; known are .csv, .xlsx, .parquet, .json"),
    ("a", b"a", "unknown ending '(none)'"),
]


@pytest.mark.parametrize(("name", "content", "reason"), UNUSABLE)
def test_unusable_files_say_what_was_found(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    with pytest.raises(FileUnusable) as refused:
        scan_table(put(tmp_path / name, content))
    assert refused.value.reason.startswith(reason)
    assert str(refused.value).startswith(f"{name}: ")


def test_a_ragged_line_is_set_apart_for_those_who_ask(tmp_path: Path) -> None:
    path = put(tmp_path / "a.csv", b"a,b\n1,2\n3,4,5\n\n6\n'7,8\n")
    ragged = list[RaggedRow]()
    blank = (None, None)
    assert read_table(path, ragged=ragged).rows() == [("1", "2"), blank, blank, ("6", None), ("7", "8")]
    assert ragged == [RaggedRow(2, 3, 2)]
    assert ragged[0].rule == "has 3 cells, the headings are 2"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnusable, match=r"none\.csv: No such file"):
        read_table(tmp_path / "none.csv")


def test_nothing_is_left_when_writing_fails(tmp_path: Path) -> None:
    path = put(tmp_path / "a.parquet", b"old")
    broken = pl.DataFrame({"a": ["x"]}).lazy().with_columns(pl.col("a").cast(pl.Int64)).collect
    with pytest.raises(pl.exceptions.PolarsError):
        write_table(broken(), path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a.doc", "missing/a.csv"])
def test_names_that_cannot_be_written_are_refused_first(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileUnusable):
        write_table(pl.DataFrame(ROWS), tmp_path / name)


def test_an_empty_frame_is_written(tmp_path: Path) -> None:
    for ending in (".csv", ".xlsx", ".parquet", ".json"):
        write_table(pl.DataFrame(schema={"a": pl.Int64, "b": pl.String}), tmp_path / f"a{ending}")
    assert json.loads((tmp_path / "a.json").read_text()) == []
    assert read_table(tmp_path / "a.csv").columns == ["a", "b"]
