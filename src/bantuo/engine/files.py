"""Tables in and out of CSV, XLSX, Parquet and JSON: as text where the file is text.

A file is read whole or not at all, but for a ragged line of a CSV: a caller who asks for them gets
such lines beside the others. CSV, XLSX and JSON cells arrive as text exactly as written (no number
is guessed, so `007` and `120.00` survive); Parquet keeps its types. Writing goes to a temporary name
first.
"""

from __future__ import annotations

import codecs
import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import fastexcel
import polars as pl
import xlsxwriter

ENDINGS = (".csv", ".xlsx", ".parquet", ".json")
XLSX_ROWS_MAX = 1_048_575
_EXACT_IN_EXCEL = 10**15
_CHUNK = 1 << 20
_MAGIC = {
    b"PK\x03\x04": "an XLSX (or ZIP) file",
    b"PAR1": "a Parquet file",
    b"\xd0\xcf\x11\xe0": "an old XLS file",
}
_EXPECTED = {".xlsx": b"PK\x03\x04", ".parquet": b"PAR1"}


class FileUnusable(ValueError):
    """A file that cannot be read or written as a table at all: names the file and what was found."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path.name}: {reason}")
        self.path, self.reason = path, reason


class RaggedRow(NamedTuple):
    """A line of a CSV with more cells than headings; `row` counts from 1 below the headings."""

    row: int
    cells: int
    headings: int

    @property
    def rule(self) -> str:
        """Why it is refused."""
        return f"has {self.cells} cells, the headings are {self.headings}"


def read_table(path: Path, *, ragged: list[RaggedRow] | None = None) -> pl.DataFrame:
    """The whole table in memory; raises FileUnusable."""
    return scan_table(path, ragged=ragged).collect(engine="streaming")


def scan_table(path: Path, *, ragged: list[RaggedRow] | None = None) -> pl.LazyFrame:
    """The table lazily: Parquet and UTF-8 CSV stream, the others are read now. Raises FileUnusable.

    Into `ragged` go the lines of a CSV that have more cells than headings; a blank row keeps the
    place of each. Without it such a line makes the file unusable.
    """
    ending = _ending(path)
    _check_beginning(path, ending)
    frame = _scan_csv(path, ragged) if ending == ".csv" else _SCANS[ending](path)
    _check_header(path, frame.collect_schema().names())
    return frame


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Write the frame by the ending of the name; the old file stays until the new one is whole."""
    sink_table(frame.lazy(), path)


def sink_table(frame: pl.LazyFrame, path: Path) -> None:
    """As `write_table`, streaming to Parquet and CSV."""
    ending = check_writable(path)
    with _replacing(path) as temporary:
        _SINKS[ending](frame, temporary)


def check_writable(path: Path) -> str:
    """The ending, after making sure before any work that the name can be written to."""
    ending = _ending(path)
    if not path.parent.is_dir():
        raise FileUnusable(path, f"the folder {path.parent} does not exist")
    if path.is_dir():
        raise FileUnusable(path, "is a folder")
    return ending


def _ending(path: Path) -> str:
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise FileUnusable(path, f"unknown ending {ending or '(none)'!r}; known are {', '.join(ENDINGS)}")
    return ending


def _check_beginning(path: Path, ending: str) -> None:
    try:
        with path.open("rb") as opened:
            start = opened.read(4)
    except OSError as fault:
        raise FileUnusable(path, fault.strerror or str(fault)) from None
    if not start:
        raise FileUnusable(path, "is empty")
    expected = _EXPECTED.get(ending)
    found = _MAGIC.get(start, "something else")
    if start != expected and (expected or start in _MAGIC):
        raise FileUnusable(path, f"the name says {ending} but the content is {found}")


def _check_header(path: Path, names: list[str]) -> None:
    twice = [name.rpartition("_duplicated_")[0] for name in names if "_duplicated_" in name]
    if twice:
        raise FileUnusable(path, f"column {twice[0]!r} appears twice")
    broken = [name for name in names if "\0" in name]
    if broken:
        raise FileUnusable(path, f"a NUL character in the column name {broken[0]!r}")


def _scan_csv(path: Path, ragged: list[RaggedRow] | None = None) -> pl.LazyFrame:
    with path.open("rb") as opened:
        encoding = text_encoding(path, opened)
    source: Any = path
    if encoding != "utf-8":
        source = path.read_bytes().decode(encoding).encode()
    try:
        frame = pl.scan_csv(source, infer_schema=False, truncate_ragged_lines=False)
        frame.collect_schema()
        if source is path:
            _read_through(frame)
        else:
            frame = frame.collect().lazy()
    except pl.exceptions.PolarsError as fault:
        if ragged is None:
            raise FileUnusable(path, f"is not a regular CSV: {str(fault).splitlines()[0]}") from None
        frame = _set_ragged_apart(path, encoding, ragged)
    return frame.with_columns(pl.col(pl.String).str.strip_prefix("'"))


def _set_ragged_apart(path: Path, encoding: str, ragged: list[RaggedRow]) -> pl.LazyFrame:
    """The lines that fit; one that does not is named and leaves a blank row."""
    with path.open(encoding=encoding, newline="") as opened:
        reader = csv.reader(opened, strict=True)
        try:
            headings = [cell.removeprefix("\ufeff") for cell in next(reader)]
            rows = list(_fitting(reader, len(headings), ragged))
        except csv.Error as fault:
            reason = f"is not a regular CSV: line {reader.line_num}: {fault}"
            raise FileUnusable(path, reason) from None
    twice = next((name for name in headings if headings.count(name) > 1), None)
    if twice is not None:
        raise FileUnusable(path, f"column {twice!r} appears twice")
    return pl.LazyFrame(rows, schema=dict.fromkeys(headings, pl.String), orient="row")


def _fitting(lines: Iterable[list[str]], width: int, ragged: list[RaggedRow]) -> Iterator[list[str | None]]:
    for row, cells in enumerate(lines, start=1):
        if len(cells) > width:
            ragged.append(RaggedRow(row, len(cells), width))
            yield [None] * width
        else:
            yield [*(cell or None for cell in cells), *[None] * (width - len(cells))]


def _read_through(frame: pl.LazyFrame) -> None:
    """Meet a ragged line now, before anything is written."""
    frame.select(pl.len(), pl.all().null_count()).collect(engine="streaming")


def text_encoding(path: Path, opened: BinaryIO) -> str:
    """UTF-8, else GB18030 (which contains GBK); NUL is refused with its place."""
    for encoding in ("utf-8", "gb18030"):
        if _decodes(path, opened, encoding):
            return encoding
    raise FileUnusable(path, "is neither UTF-8 nor GBK / GB18030 text")


def _decodes(path: Path, opened: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    opened.seek(0)
    line = 1
    while True:
        chunk = opened.read(_CHUNK)
        if b"\0" in chunk:
            raise FileUnusable(path, f"a NUL byte in line {line + chunk[: chunk.index(0)].count(10)}")
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError:
            return False
        if not chunk:
            return True
        line += chunk.count(10)


def _scan_xlsx(path: Path) -> pl.LazyFrame:
    try:
        book = fastexcel.read_excel(path)
        texts = book.load_sheet(0, dtypes="string").to_polars()
        guessed = book.load_sheet(0).to_polars()
    except fastexcel.FastExcelError as fault:
        raise FileUnusable(path, f"is not a readable workbook: {str(fault).splitlines()[0]}") from None
    texts = texts.with_columns(_lost_digits(texts, guessed))
    return texts.lazy().with_columns(pl.col(pl.String).str.strip_prefix("'"))


def _lost_digits(texts: pl.DataFrame, guessed: pl.DataFrame) -> Iterator[pl.Series]:
    """Numeric cells of more than 15 digits, put back as the `1.2E+17` that Excel shows: digits are lost."""
    for name in texts.columns:
        numbers = guessed[name]
        if numbers.dtype.is_numeric() and (numbers.abs() >= _EXACT_IN_EXCEL).any():
            yield pl.Series(name, [_as_shown(t, n) for t, n in zip(texts[name], numbers, strict=True)])


def _as_shown(text: str | None, number: float | None) -> str | None:
    return text if number is None or abs(number) < _EXACT_IN_EXCEL else f"{number:.5E}"


def _scan_parquet(path: Path) -> pl.LazyFrame:
    try:
        frame = pl.scan_parquet(path)
        frame.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as fault:
        raise FileUnusable(path, f"is not a readable Parquet file: {str(fault).splitlines()[0]}") from None
    return frame


def _scan_json(path: Path) -> pl.LazyFrame:
    content = path.read_bytes()
    if b"\0" in content or b"\\u0000" in content:
        raise FileUnusable(path, "contains a NUL character")
    try:
        rows = json.loads(content.decode("utf-8-sig"), parse_float=str, parse_int=str, parse_constant=str)
    except (UnicodeDecodeError, json.JSONDecodeError) as fault:
        raise FileUnusable(path, f"is not JSON: {fault}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FileUnusable(path, "must be a list of objects, one per row")
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [_json_text(path, name, row.get(name)) for row in rows] for name in names}
    return pl.LazyFrame(columns, schema=dict.fromkeys(names, pl.String))


def _json_text(path: Path, name: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    raise FileUnusable(
        path, f"{name} must be a text, number, true, false or null, got a {type(value).__name__}"
    )


def _sink_csv(frame: pl.LazyFrame, path: Path) -> None:
    frame.sink_csv(path)


def _sink_parquet(frame: pl.LazyFrame, path: Path) -> None:
    frame.sink_parquet(path, compression="zstd", compression_level=1)


def _sink_xlsx(frame: pl.LazyFrame, path: Path) -> None:
    made = frame.collect(engine="streaming")
    if made.height > XLSX_ROWS_MAX:
        raise FileUnusable(path, f"{made.height} rows are more than a sheet holds; write .parquet or .csv")
    beyond = [c.name for c in made.iter_columns() if c.dtype.is_integer() and _exceeds_excel(c)]
    made = made.with_columns(pl.col(beyond).cast(pl.String))
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        made.write_excel(book, autofit=True, dtype_formats={pl.Int64: "0"})


def _exceeds_excel(column: pl.Series) -> bool:
    """A spreadsheet keeps 15 digits; longer numbers are written as text."""
    return bool((column.abs() >= _EXACT_IN_EXCEL).any())


def _sink_json(frame: pl.LazyFrame, path: Path) -> None:
    rows = frame.collect(engine="streaming").to_dicts()
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1, default=str) + "\n", "utf-8")


_SCANS: Mapping[str, Callable[[Path], pl.LazyFrame]] = {
    ".csv": _scan_csv,
    ".xlsx": _scan_xlsx,
    ".parquet": _scan_parquet,
    ".json": _scan_json,
}
_SINKS: Mapping[str, Callable[[pl.LazyFrame, Path], None]] = {
    ".csv": _sink_csv,
    ".xlsx": _sink_xlsx,
    ".parquet": _sink_parquet,
    ".json": _sink_json,
}


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
