"""Sheets of orders and of tracking numbers: read from XLSX or CSV by their headings, written as workbooks."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import xlsxwriter
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _

from bantuo.engine.files import FileUnusable, read_table

ENDINGS = (".xlsx", ".csv")
UNPACKED_MAX = 512 * 1024 * 1024
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd hh:mm"}  # fmt: skip


class SheetUnusable(ValueError):
    """A file of which nothing can be read: says why, in the reader's language."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The headings of a file, which column is which of ours, and its rows as text."""

    columns: list[str]
    found: Mapping[str, int]
    rows: list[list[str]]
    numbers: list[int]  # of each row as the spreadsheet counts; blank ones are left out

    def cell(self, row: Sequence[str], name: str) -> str:
        """What a row says in one of our columns; empty where the file has none."""
        at = self.found.get(name)
        return "" if at is None else row[at].strip().lstrip("'")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column: its headings as people write them, without blanks and case, and whether it must be there."""

    names: tuple[str, ...]
    needed: bool = False


def read_sheet(
    upload: UploadedFile[Any], *, wanted: Mapping[str, Wanted], rows_max: int, bytes_max: int
) -> Sheet:
    """The rows of an uploaded XLSX or CSV; raises SheetUnusable."""
    ending = PurePosixPath(upload.name or "").suffix.lower()
    if ending not in ENDINGS:
        raise SheetUnusable(_("Upload an XLSX or CSV file, not %(ending)s.") % {"ending": ending or "?"})
    if (upload.size or 0) > bytes_max:
        raise SheetUnusable(_("The file is larger than %(mib)s MB.") % {"mib": bytes_max >> 20})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"sheet{ending}"
        with path.open("wb") as written:
            for chunk in upload.chunks():
                written.write(chunk)
        _check_unpacked(path)
        try:
            frame = read_table(path)
        except FileUnusable as fault:
            told = _("The file cannot be read as a table: %(why)s") % {"why": fault.reason}
            raise SheetUnusable(told) from None
    if frame.height > rows_max:
        raise SheetUnusable(_("The file has more than %(rows)s rows.") % {"rows": f"{rows_max:,}"})
    columns = list(frame.columns)
    rows = [["" if cell is None else str(cell) for cell in row] for row in frame.iter_rows()]
    kept = [(at, row) for at, row in enumerate(rows, start=2) if any(cell.strip() for cell in row)]
    return Sheet(columns, _found(columns, wanted), [row for _at, row in kept], [at for at, _row in kept])


def _check_unpacked(path: Path) -> None:
    """A small workbook may unpack to gigabytes."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > UNPACKED_MAX:
                raise SheetUnusable(_("The file unpacks to far more than a sheet of rows."))


def _found(columns: Sequence[str], wanted: Mapping[str, Wanted]) -> dict[str, int]:
    plain = ["".join(column.split()).strip("\ufeff'*").casefold() for column in columns]
    found = {
        name: plain.index(heading)
        for name, column in wanted.items()
        for heading in (*column.names, name)[::-1]
        if heading in plain
    }
    missing = [column.names[0] for name, column in wanted.items() if column.needed and name not in found]
    if missing:
        told = {"missing": ", ".join(missing), "found": ", ".join(columns) or "–"}
        raise SheetUnusable(_("Columns missing: %(missing)s. Found: %(found)s") % told)
    return found


def workbook_response(title: str, rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """Rows as a workbook to download, the first of them its headings; text stays text."""
    name = f"{slugify(title, allow_unicode=True) or 'list'}-{timezone.localdate()}.xlsx"
    return xlsx_response(workbook(rows), name=name)


def xlsx_response(content: bytes, *, name: str) -> HttpResponse:
    """A workbook to download."""
    response = HttpResponse(content, content_type=_XLSX)
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    return response


def workbook(rows: Iterable[Sequence[Any]], *, bad: Mapping[tuple[int, int], str] | None = None) -> bytes:
    """Rows as XLSX; `bad` marks cells (row, column, from 0) and says beside each what is wrong with it."""
    buffer = io.BytesIO()
    options = {**_OPTIONS, "constant_memory": not bad}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet()
        bold, on_day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        red = book.add_format({"bg_color": "#fde2e1", "font_color": "#8f1d18"})
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                words = (bad or {}).get((number, column))
                style = bold if number == 0 else red if words else on_day if type(value) is date else None
                _write(sheet, number, column, value, style)
                if words:
                    sheet.write_comment(number, column, words)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 20, 18)
    return buffer.getvalue()


def _write(sheet: Any, row: int, column: int, value: Any, style: Any) -> None:
    if isinstance(value, datetime):
        sheet.write_datetime(row, column, value)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, style)
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15:
        sheet.write_number(row, column, value, style)
    else:
        sheet.write_string(row, column, str(value)[:32_767], style)
