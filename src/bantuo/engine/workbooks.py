"""The first sheet of a workbook cell by cell: merged cells filled, numbers that lost digits shown so."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import fastexcel
import polars as pl

from bantuo.engine.files import FileUnusable

UNPACKED_MAX = 256 * 1024 * 1024
MERGES_MAX = 20_000
MERGED_CELLS_MAX = 50_000
_MERGE = re.compile(rb'<mergeCell ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')
_DIMENSION = re.compile(rb'<dimension ref="([A-Z]{1,3})[0-9]')
_FIRST_CELL = re.compile(rb'<c r="([A-Z]{1,3})[0-9]')
# A number (no type) of more than 15 digits: what was typed is not what is kept.
_LONG = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"(?: s="[0-9]+")?><v>([0-9]{16,}|[0-9.]+E\+?[0-9]+)</v>')
_SHEET = re.compile(rb"<sheet [^>]*r:id=\"([^\"]+)\"")
_RELATION = re.compile(rb"<Relationship [^>]*>")
_EXACT_DIGITS = 15


def read_workbook(path: Path) -> list[list[str]]:
    """Every row of the first sheet from the top, blank ones too. Raises FileUnusable."""
    markup = _markup(path)
    try:
        book = fastexcel.read_excel(path)
        frame = book.load_sheet(0, header_row=None, skip_rows=0, dtypes="string").to_polars()
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError) as fault:
        raise FileUnusable(path, f"is not a readable workbook: {str(fault).splitlines()[0]}") from None
    rows = [["" if cell is None else cell for cell in row] for row in frame.iter_rows()]
    left = _first_column(markup)
    for row, column, shown in _lost_digits(markup):
        _put(rows, row, column - left, shown)
    for top, first, bottom, last in _merges(path, markup):
        _fill(rows, top, first - left, bottom, last - left)
    return rows


def _put(rows: list[list[str]], row: int, column: int, text: str) -> None:
    if 0 <= row < len(rows) and 0 <= column < len(rows[row]):
        rows[row][column] = text


def _fill(rows: list[list[str]], top: int, first: int, bottom: int, last: int) -> None:
    """A merged cell says the same for each of its cells."""
    if not (0 <= top < len(rows) and 0 <= first < len(rows[top])):
        return
    text = rows[top][first]
    for row in range(top, min(bottom + 1, len(rows))):
        for column in range(first, last + 1):
            _put(rows, row, column, text)


def _markup(path: Path) -> bytes:
    """The first sheet as it is written down; a workbook that unpacks without end is refused."""
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > UNPACKED_MAX:
                raise FileUnusable(path, "unpacks to far more than a sheet can need")
            return packed.read(_first_sheet(packed))
    except (zipfile.BadZipFile, KeyError, OSError, NotImplementedError, RuntimeError) as broken:
        raise FileUnusable(path, f"is not a readable workbook: {broken}") from None


def _first_sheet(packed: zipfile.ZipFile) -> str:
    """The part that holds the first sheet, by the workbook's own table of contents."""
    names = packed.namelist()
    sheet = _SHEET.search(packed.read("xl/workbook.xml"))
    if sheet is not None and "xl/_rels/workbook.xml.rels" in names:
        for relation in _RELATION.findall(packed.read("xl/_rels/workbook.xml.rels")):
            if b'Id="' + sheet[1] + b'"' in relation:
                target = relation.partition(b'Target="')[2].partition(b'"')[0].decode()
                name = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
                return name if name in names else "xl/worksheets/sheet1.xml"
    return "xl/worksheets/sheet1.xml"


def _first_column(markup: bytes) -> int:
    """The column that the reader calls its first: the leftmost with anything in it."""
    found = _DIMENSION.search(markup) or _FIRST_CELL.search(markup)
    cells = {_number(c[1]) for c in _FIRST_CELL.finditer(markup)}
    return min(cells) if cells else (_number(found[1]) if found else 0)


def _lost_digits(markup: bytes) -> Iterator[tuple[int, int, str]]:
    for cell in _LONG.finditer(markup):
        digits = cell[3].decode()
        value = int(digits) if digits.isdecimal() else int(Decimal(digits))
        if len(str(value)) > _EXACT_DIGITS:
            text = str(value)
            yield int(cell[2]) - 1, _number(cell[1]), f"{text[0]}.{text[1:6]}E+{len(text) - 1}"


def _merges(path: Path, markup: bytes) -> Iterator[tuple[int, int, int, int]]:
    cells = 0
    for count, merge in enumerate(_MERGE.finditer(markup), start=1):
        top, bottom = int(merge[2]) - 1, int(merge[4]) - 1
        first, last = _number(merge[1]), _number(merge[3])
        cells += (bottom - top + 1) * (last - first + 1)
        if count > MERGES_MAX or cells > MERGED_CELLS_MAX:
            raise FileUnusable(path, "has far more merged cells than a sheet can need")
        yield top, first, bottom, last


def _number(letters: bytes) -> int:
    """`A` → 0, `AA` → 26."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
