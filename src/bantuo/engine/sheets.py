"""Sheets as people send them: every row with its number and its cells as text, a broken one named.

Unlike `engine.files` nothing is refused whole that can be read in part: a ragged line of a CSV is a
row with a fault, a merged cell counts for each of its rows, a heading may stand twice, and the
headings need not stand in the first row. CSV may be UTF-8 (with BOM) or GBK, divided by commas,
semicolons or tabs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bantuo.engine.files import FileUnusable, text_encoding
from bantuo.engine.workbooks import read_workbook

ENDINGS = (".xlsx", ".csv")
HEADING_ROWS_MAX = 10
COLUMNS_MAX = 300
CELL_MAX = 4_000
_BLANK = "\ufeff\u200b\u00a0\u3000 \t\r\n"
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row below the headings; `number` as the spreadsheet counts it. `fault`: why it is none."""

    number: int
    cells: tuple[str, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Headings, each different from the others, and the rows below them; blank rows are left out."""

    headings: tuple[str, ...]
    heading_row: int
    rows: tuple[SheetRow, ...]


def read_sheet(path: Path, *, is_known: Callable[[str], bool], rows_max: int) -> Sheet:
    """The first sheet of a workbook, or a CSV. Raises FileUnusable.

    The headings are the first of the first ten rows in which `is_known` knows two cells at least,
    else the first row that is not blank.
    """
    found = _workbook_lines(path) if path.suffix.lower() == ".xlsx" else _csv_lines(path)
    lines = [(number, tuple(map(_tidied, cells)), fault) for number, cells, fault in found]
    at = _heading_index(path, lines, is_known)
    number, cells, _ = lines[at]
    headings = _distinct(cells)
    if len(headings) > COLUMNS_MAX:
        raise FileUnusable(path, f"{len(headings)} columns are more than {COLUMNS_MAX}")
    rows = tuple(_rows(lines[at + 1 :], len(headings), ragged=path.suffix.lower() == ".csv"))
    if len(rows) > rows_max:
        raise FileUnusable(path, f"{len(rows)} rows are more than {rows_max}")
    return Sheet(headings, number, rows)


Line = tuple[int, Sequence[str], str]  # its number, its cells, what is wrong with it


def _tidied(cell: str) -> str:
    """A cell without the blanks, invisible marks and leading apostrophe that spreadsheets leave."""
    return cell.strip(_BLANK).removeprefix("'").strip(_BLANK)


def _heading_index(path: Path, lines: Sequence[Line], is_known: Callable[[str], bool]) -> int:
    filled = [at for at, (_, cells, _) in enumerate(lines[:HEADING_ROWS_MAX]) if any(cells)]
    if not filled:
        raise FileUnusable(path, "has no headings in its first rows")
    known = [at for at in filled if sum(map(is_known, lines[at][1])) > 1]
    return known[0] if known else filled[0]


def _distinct(cells: Sequence[str]) -> tuple[str, ...]:
    """The headings without the empty ones at the end; a repeated or empty one gets a number."""
    kept = list(cells)
    while kept and not kept[-1]:
        kept.pop()
    seen: dict[str, int] = {}
    headings = []
    for at, cell in enumerate(kept, start=1):
        name = " ".join(cell.split()) or f"#{at}"
        seen[name] = seen.get(name, 0) + 1
        headings.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(headings)


def _rows(lines: Sequence[Line], width: int, *, ragged: bool) -> Iterator[SheetRow]:
    for number, cells, found in lines:
        if not any(cells) and not found:
            continue
        beyond = any(cells[width:])
        fault = found
        if not fault and ragged and (len(cells) < width or beyond):
            fault = f"has {len(cells)} cells, the headings are {width}"
        long = next((cell for cell in cells if len(cell) > CELL_MAX or "\x00" in cell), None)
        if not fault and long is not None:
            fault = f"a cell holds more than {CELL_MAX} characters, or a NUL"
        kept = [cell.replace("\x00", "")[:CELL_MAX] for cell in cells[:width]]
        yield SheetRow(number, (*kept, *[""] * (width - len(kept))), fault)


def _csv_lines(path: Path) -> Iterator[Line]:
    text = path.read_bytes().decode(_encoding(path)).lstrip("\ufeff")
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        before, found = 1, list[Line]()
        for cells in reader:
            found.append((before, cells, ""))
            before = reader.line_num + 1
    except csv.Error:
        found = list(_line_by_line(text, delimiter))
    yield from found


def _encoding(path: Path) -> str:
    with path.open("rb") as opened:
        if not opened.read(1):
            raise FileUnusable(path, "is empty")
        return text_encoding(path, opened)


def _line_by_line(text: str, delimiter: str) -> Iterator[Line]:
    """A quotation mark that is never closed would swallow the rest: it is the fault of its line only."""
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            cells = next(csv.reader([line], delimiter=delimiter, strict=True), [])
        except csv.Error as broken:
            yield number, line.split(delimiter), f"is no line of a CSV: {broken}"
        else:
            yield number, cells, ""


def _workbook_lines(path: Path) -> Iterator[Line]:
    return ((number, cells, "") for number, cells in enumerate(read_workbook(path), start=1))
