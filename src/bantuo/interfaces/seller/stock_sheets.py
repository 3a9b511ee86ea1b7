"""A sheet of stock as people send it: XLSX or CSV, their own headings, every unreadable cell named."""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

import polars as pl
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from bantuo.apps.stock.models import StockFile
from bantuo.apps.stock.operations import QUANTITY_MAX, SheetRow
from bantuo.channels.upload_papers import check_workbook
from bantuo.channels.upload_refused import UploadRefused
from bantuo.engine.files import FileUnusable, read_table, write_table
from bantuo.interfaces.seller.section_fields import plain_text
from bantuo.interfaces.web.papers import refused_words
from bantuo.interfaces.web.stock_words import field_words, refusal_words

BYTES_MAX = 16 * 1024 * 1024
ROWS_MAX = 100_000
_ENDINGS = (".xlsx", ".csv")
_CODE_LENGTH_MAX = 200
# What people and their ERPs call the columns; compared without blanks, signs and case.
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "sku": (
        "sku", "skucode", "sellersku", "msku", "skuid", "商品sku", "平台sku", "商家编码",
        "商品编码", "sku编码",
    ),
    "warehouse": ("warehouse", "warehousecode", "仓库", "仓库编码", "仓库代码", "仓库code"),
    "quantity": (
        "quantity", "qty", "stock", "available", "sellable", "declared", "sellablequantity", "库存", "数量",
        "可售库存", "可用库存", "可售数量", "可用量", "库存数量",
    ),
}  # fmt: skip
_WHOLE = re.compile(r"([0-9]{1,18})(\.0{1,6})?")
_SCIENTIFIC = re.compile(r"[0-9.]+[eE][+-]?[0-9]+")
_EXAMPLE = ("EXAMPLE-01", "", "120")


class SheetUnusable(ValueError):
    """A file of which nothing can be taken: says why, in the reader's language."""


def read_sheet(upload: UploadedFile[Any], *, warehouse: str) -> list[SheetRow]:
    """The rows of an uploaded sheet; an empty warehouse means the one given. Raises SheetUnusable."""
    frame = _frame(upload)
    found = {column: _column_of(frame.columns, names) for column, names in _HEADINGS.items()}
    missing = [column for column in ("sku", "quantity") if found[column] is None]
    if missing:
        told = {"missing": ", ".join(missing), "found": ", ".join(frame.columns)[:200] or "–"}
        raise SheetUnusable(_("Columns missing: %(missing)s. Found: %(found)s") % told)
    if frame.height > ROWS_MAX:
        told = {"rows": f"{ROWS_MAX:,}", "found": f"{frame.height:,}"}
        raise SheetUnusable(_("The sheet has %(found)s rows; at most %(rows)s go into one.") % told)
    rows = [row for row in _rows(frame, found, warehouse=warehouse) if row is not None]
    if not rows:
        raise SheetUnusable(_("The sheet has no row below its headings."))
    return rows


def _frame(upload: UploadedFile[Any]) -> pl.DataFrame:
    ending = PurePosixPath(upload.name or "").suffix.lower()
    if ending not in _ENDINGS:
        raise SheetUnusable(_("Upload an XLSX or CSV file, not %(ending)s.") % {"ending": ending[:12] or "?"})
    if (upload.size or 0) > BYTES_MAX:
        raise SheetUnusable(_("The file is larger than %(size)s MB.") % {"size": BYTES_MAX >> 20})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"stock{ending}"
        try:
            if ending == ".xlsx" and zipfile.is_zipfile(cast("BinaryIO", upload.file)):
                check_workbook(cast("BinaryIO", upload.file))
            upload.seek(0)
            path.write_bytes(upload.read())
            return read_table(path)
        except UploadRefused as refused:
            raise SheetUnusable(refused_words(refused)) from None
        except FileUnusable as fault:
            told = _("The file cannot be read as a table: %(why)s") % {"why": fault.reason}
            raise SheetUnusable(told) from None


def _column_of(columns: Sequence[str], names: Sequence[str]) -> str | None:
    for column in columns:
        if re.sub(r"[\s'\ufeff_*()（）-]", "", column).casefold() in names:
            return column
    return None


def _rows(
    frame: pl.DataFrame, found: Mapping[str, str | None], *, warehouse: str
) -> Iterable[SheetRow | None]:
    """Row numbers are the sheet's own: the first below the headings is 2. Empty rows say nothing."""
    texts = frame.select(
        (pl.col(name).cast(pl.String).fill_null("") if name else pl.lit("")).alias(column)
        for column, name in found.items()
    )
    for number, row in enumerate(texts.iter_rows(named=True), start=2):
        sku, place, written = (plain_text(row[column]) for column in ("sku", "warehouse", "quantity"))
        yield _row(number, sku, place or warehouse, written) if sku or written else None


def _row(number: int, sku: str, warehouse: str, written: str) -> SheetRow:
    for name, value in (("sku", sku), ("warehouse", warehouse)):
        if not value:
            return SheetRow(number, sku, warehouse, "", None, name, "not empty")
    if _SCIENTIFIC.fullmatch(sku):
        return SheetRow(number, sku, warehouse, sku, None, "sku", "lost digits")
    plain = written.replace(",", "")
    whole = _WHOLE.fullmatch(plain)
    if whole is None:
        rule = (
            "not empty" if not written else "lost digits" if _SCIENTIFIC.fullmatch(plain) else "whole number"
        )
        return SheetRow(number, sku[:_CODE_LENGTH_MAX], warehouse[:_CODE_LENGTH_MAX], written[:100], None,
                        "quantity", rule)  # fmt: skip
    quantity = int(whole[1])
    if quantity > QUANTITY_MAX:
        return SheetRow(number, sku, warehouse, written, None, "quantity", f"0…{QUANTITY_MAX}")
    return SheetRow(number, sku[:_CODE_LENGTH_MAX], warehouse[:_CODE_LENGTH_MAX], written, quantity)


def sheet_template(rows: Sequence[tuple[str, str, int]]) -> bytes:
    """The seller's own SKUs with the quantities as they stand, to be filled in and sent back."""
    shown = [(sku, warehouse, str(quantity)) for sku, warehouse, quantity in rows] or [_EXAMPLE]
    return _workbook(pl.DataFrame(shown, schema=list(_HEADINGS), orient="row"))


def result_workbook(file: StockFile) -> bytes:
    """The sheet as it was read, with what became of each row beside it; mended, it can be sent again."""
    rows = [
        (
            sku, warehouse, written,
            _("refused") if rule else _("stated"),
            f"{field_words(name)}: {refusal_words(rule)}" if rule else "",
            number,
        )
        for number, sku, warehouse, written, name, _value, rule in file.rows
    ]  # fmt: skip
    schema = {
        **dict.fromkeys(_HEADINGS, pl.String),
        _("Result"): pl.String, _("Why"): pl.String, _("Row of the sheet"): pl.Int64,
    }  # fmt: skip
    return _workbook(pl.DataFrame(rows, schema=schema, orient="row"))


def refusal_counts(file: StockFile) -> list[tuple[str, int]]:
    """Why rows were refused, the most frequent reason first."""
    counted = Counter(f"{field_words(row[4])}: {refusal_words(row[6])}" for row in file.rows if row[6])
    return counted.most_common()


def _workbook(frame: pl.DataFrame) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stock.xlsx"
        write_table(frame, path)
        return path.read_bytes()
