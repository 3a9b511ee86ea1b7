"""Sheets as people send them, with everything that spreadsheets do to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from bantuo.engine.files import FileUnusable
from bantuo.engine.sheets import Sheet, read_sheet

KNOWN = {"SKU", "title", "名称"}


def read(path: Path, *, rows_max: int = 100) -> Sheet:
    return read_sheet(path, is_known=KNOWN.__contains__, rows_max=rows_max)


def csv(tmp_path: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    return path


def workbook(tmp_path: Path, write: Any) -> Path:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        write(book.add_worksheet())
    return path


def test_a_bom_and_gbk_are_read_alike(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-8", "gbk"):
        sheet = read(csv(tmp_path, "SKU,名称\r\nA-1,台灯\r\n", encoding=encoding))
        assert sheet.headings == ("SKU", "名称")
        assert [row.cells for row in sheet.rows] == [("A-1", "台灯")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    sheet = read(csv(tmp_path, f"SKU{delimiter}title\nA{delimiter}Lamp\n"))
    assert sheet.rows[0].cells == ("A", "Lamp")


def test_a_ragged_line_is_refused_alone(tmp_path: Path) -> None:
    sheet = read(csv(tmp_path, "SKU,title\nA,x\nB\nC,y,z\n\nD,w\n"))
    assert [(row.number, row.cells, row.fault) for row in sheet.rows] == [
        (2, ("A", "x"), ""),
        (3, ("B", ""), "has 1 cells, the headings are 2"),
        (4, ("C", "y"), "has 3 cells, the headings are 2"),
        (6, ("D", "w"), ""),
    ]


def test_a_quotation_mark_left_open_does_not_swallow_the_rest(tmp_path: Path) -> None:
    sheet = read(csv(tmp_path, 'SKU,title\nA,"x\nB,y\nC,"z"\n'))
    faults = [(row.cells[0], bool(row.fault)) for row in sheet.rows]
    assert faults == [("A", True), ("B", False), ("C", False)]


def test_a_cell_of_several_lines_is_one_cell(tmp_path: Path) -> None:
    sheet = read(csv(tmp_path, 'SKU,title\nA,"two\nlines"\nB,y\n'))
    assert [(row.number, row.cells) for row in sheet.rows] == [(2, ("A", "two\nlines")), (4, ("B", "y"))]


def test_headings_may_stand_lower_and_twice(tmp_path: Path) -> None:
    sheet = read(csv(tmp_path, "Goods of today,,\n,,\nSKU,title,title\nA,x,y\n"))
    assert (sheet.heading_row, sheet.headings) == (3, ("SKU", "title", "title (2)"))
    assert [(row.number, row.cells) for row in sheet.rows] == [(4, ("A", "x", "y"))]


def test_apostrophes_blanks_and_invisible_marks_go(tmp_path: Path) -> None:
    sheet = read(csv(tmp_path, "SKU,title\n'007,\u200b Lamp\u3000\n"))
    assert sheet.rows[0].cells == ("007", "Lamp")


def test_numbers_that_lost_digits_are_shown_so(tmp_path: Path) -> None:
    def write(sheet: Any) -> None:
        sheet.write_row(0, 0, ["SKU", "title"])
        sheet.write_row(1, 0, ["A", 123456789012345678])
        sheet.write_row(2, 0, ["B", 12])
        sheet.write_string(3, 0, "C")
        sheet.write_string(3, 1, "123456789012345678")

    assert [row.cells for row in read(workbook(tmp_path, write)).rows] == [
        ("A", "1.23456E+17"), ("B", "12"), ("C", "123456789012345678"),
    ]  # fmt: skip


def test_a_merged_cell_counts_for_each_of_its_rows(tmp_path: Path) -> None:
    def write(sheet: Any) -> None:
        sheet.write_row(1, 1, ["title", "SKU"])
        sheet.merge_range(2, 1, 3, 1, "Lamp")
        sheet.write_string(2, 2, "A-1")
        sheet.write_string(3, 2, "A-2")

    sheet = read(workbook(tmp_path, write))
    assert [(row.number, row.cells) for row in sheet.rows] == [(3, ("Lamp", "A-1")), (4, ("Lamp", "A-2"))]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\n\n", "has no headings"),
        ("a.csv", b"SKU,title\nA,\x00\n", "a NUL byte in line 2"),
        ("a.xlsx", b"no workbook", "is not a readable workbook"),
        ("a.xlsx", b"PK\x03\x04rest", "is not a readable workbook"),
    ],
)
def test_what_cannot_be_read_at_all_says_why(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FileUnusable) as refused:
        read(path)
    assert refused.value.reason.startswith(reason)


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileUnusable, match="3 rows are more than 2"):
        read(csv(tmp_path, "SKU,title\nA,\nB,\nC,\n"), rows_max=2)
