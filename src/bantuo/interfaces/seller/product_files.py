"""Sheets of products and of shop metrics: XLSX, CSV or JSON, with every row that cannot be read named."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from bantuo.engine.files import FileUnusable, RaggedRow, read_table, write_table
from bantuo.engine.profiles import ProfileUnreadable, parse_profile, profile_problems
from bantuo.interfaces.seller.section_fields import CountField, CountriesField
from bantuo.interfaces.seller.section_forms import MetricsForm

ENDINGS = (".xlsx", ".csv", ".json")
BYTES_MAX = 8 * 1024 * 1024  # of a sheet as it arrives
UNPACKED_MAX = 128 * 1024 * 1024  # of a workbook when it is opened
ROWS_MAX = 5_000
COLUMNS = (
    "sku", "title", "category", "sites", "apparel", "electrical", "battery", "weight_g", "length_mm",
    "width_mm", "height_mm", "attributes_required", "attributes_missing", "listed_times",
)  # fmt: skip
_COUNTS = ("weight_g", "length_mm", "width_mm", "height_mm", "attributes_required", "attributes_missing",
           "listed_times")  # fmt: skip
_FLAGS = ("apparel", "electrical", "battery")
_YES = frozenset({"yes", "y", "true", "1", "是"})
_NO = frozenset({"no", "n", "false", "0", "否"})
_EXAMPLE = ("EXAMPLE-01", "台灯 / Desk lamp", "home-lamps", "DE, FR", "no", "yes", "no", "1200", "300", "250",
            "200", "20", "0", "1")  # fmt: skip


class SheetUnusable(ValueError):
    """A file of which nothing can be read: says why, in the reader's language."""


@dataclass(slots=True)
class ProductSheet:
    """The products of a sheet by SKU, and every problem: row, field, value, rule."""

    products: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, row: int, name: str, value: Any, rule: str) -> None:
        self.problems.append({"row": row, "field": name, "value": value, "rule": rule})


def read_products(file: UploadedFile[Any]) -> ProductSheet:
    """The products of an uploaded sheet. Raises SheetUnusable."""
    content, ending = _content(file)
    if ending == ".json":
        return _from_json(content)
    sheet, ragged = ProductSheet(), list[RaggedRow]()
    for number, row in enumerate(_rows(content, ending, ragged), start=2):
        _take_row(sheet, number, row)
    for line in ragged:
        told = _("the line has %(cells)s cells, the headings are %(headings)s")
        rule = told % {"cells": line.cells, "headings": line.headings}
        sheet.refuse(line.row + 1, "sku", "", rule)
    return sheet


def read_metrics(file: UploadedFile[Any]) -> dict[str, str]:
    """The metrics of an uploaded sheet as they are written, by name. Raises SheetUnusable."""
    content, ending = _content(file)
    if ending == ".json":
        told = _json_object(content)
        told = told.get("metrics", told)
        if not isinstance(told, Mapping):
            raise SheetUnusable(_("The file must hold one object of metrics."))
        form = MetricsForm.opened(told)
        return {name: str(form[name].value() or "") for name in form.fields if name in told}
    rows = list(_rows(content, ending))
    if not rows:
        raise SheetUnusable(_("The sheet has no row below its headings."))
    known = MetricsForm.base_fields
    found = {name: value for name, value in rows[0].items() if name in known and value}
    if not found:
        names = ", ".join(known)
        raise SheetUnusable(_("No column is known. The columns are: %(names)s.") % {"names": names})
    return found


def product_template() -> bytes:
    """An XLSX with the columns and one example row."""
    frame = pl.DataFrame([_EXAMPLE], schema=list(COLUMNS), orient="row")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "products.xlsx"
        write_table(frame, path)
        return path.read_bytes()


def _content(file: UploadedFile[Any]) -> tuple[bytes, str]:
    ending = Path(file.name or "").suffix.lower()
    if ending not in ENDINGS:
        raise SheetUnusable(
            _("A sheet is an XLSX, CSV or JSON file, this is “%(name)s”.") % {"name": file.name}
        )
    if (file.size or 0) > BYTES_MAX:
        raise SheetUnusable(_("The sheet is larger than %(mib)s MB.") % {"mib": BYTES_MAX // 1024 // 1024})
    return file.read(), ending


def _rows(content: bytes, ending: str, ragged: list[RaggedRow] | None = None) -> Iterator[dict[str, str]]:
    """The rows by heading; into `ragged` go the lines with more cells than headings, if it is given."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"sheet{ending}"
        path.write_bytes(content)
        _check_unpacked(path, ending)
        try:
            frame = read_table(path, ragged=ragged)
        except FileUnusable as unusable:
            raise SheetUnusable(
                _("The sheet cannot be read: %(why)s.") % {"why": unusable.reason}
            ) from unusable
    if frame.height > ROWS_MAX:
        raise SheetUnusable(_("The sheet has more than %(rows)s rows.") % {"rows": f"{ROWS_MAX:,}"})
    for row in frame.iter_rows(named=True):
        yield {name.strip().lower(): str(value or "").strip() for name, value in row.items()}


def _check_unpacked(path: Path, ending: str) -> None:
    """A few kilobytes of ZIP may unpack to gigabytes."""
    if ending != ".xlsx":
        return
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile as broken:
        raise SheetUnusable(_("The name says XLSX, but the content is something else.")) from broken
    if size > UNPACKED_MAX:
        raise SheetUnusable(_("The workbook unpacks to far more than a sheet of products can need."))


def _take_row(sheet: ProductSheet, number: int, row: Mapping[str, str]) -> None:
    if not any(row.values()):
        return
    before = len(sheet.problems)
    sku = row.get("sku", "")
    if not sku:
        sheet.refuse(number, "sku", "", _("must not be empty"))
    elif sku in sheet.products:
        sheet.refuse(number, "sku", sku, _("stands in more than one row"))
    product = {name: value for name, value in _cells(sheet, number, row) if value is not None}
    for problem in profile_problems({"code": "S", "products": [{"sku": sku or "-", **product}]}):
        name = str(problem["path"]).removeprefix("products[0].") or "sku"
        sheet.refuse(number, name, problem["value"], problem["rule"])
    if len(sheet.problems) == before:
        sheet.products[sku] = product


def _cells(sheet: ProductSheet, number: int, row: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for name in ("title", "category"):
        yield name, row.get(name) or None
    for name in _FLAGS:
        yield name, _flag(sheet, number, name, row.get(name, ""))
    for name in _COUNTS:
        yield name, _read(sheet, number, name, row.get(name, ""), CountField())
    yield "sites", _read(sheet, number, "sites", row.get("sites", ""), CountriesField()) or None


def _flag(sheet: ProductSheet, number: int, name: str, text: str) -> bool | None:
    word = text.casefold()
    if word in _YES or word in _NO:
        return word in _YES
    if word:
        sheet.refuse(number, name, text, _("must be yes or no"))
    return None


def _read(sheet: ProductSheet, number: int, name: str, text: str, reader: Any) -> Any:
    """A spreadsheet writes 5 as 5.0; anything else that is not the field's is named."""
    try:
        return reader.clean(text.removesuffix(".0"))
    except ValidationError as wrong:
        sheet.refuse(number, name, text, " ".join(wrong.messages))
        return None


def _from_json(content: bytes) -> ProductSheet:
    """A list of products, or a whole profile with one, by the seller schema."""
    told = _json_list(content)
    sheet = ProductSheet()
    for number, product in enumerate(told[:ROWS_MAX], start=1):
        problems = profile_problems({"code": "S", "products": [product]})
        sku = product.get("sku") if isinstance(product, Mapping) else None
        if not problems and sku in sheet.products:
            problems = [{"path": "sku", "value": sku, "rule": _("stands in more than one row")}]
        for problem in problems:
            name = str(problem["path"]).removeprefix("products[0].")
            sheet.refuse(number, name, problem["value"], problem["rule"])
        if not problems:
            others = ("sku", "epr", "size_chart")
            sheet.products[str(sku)] = {key: product[key] for key in product if key not in others}
    return sheet


def _json_list(content: bytes) -> list[Any]:
    try:
        text = content.decode("utf-8-sig")
        told = json.loads(text, parse_float=str) if text.lstrip().startswith("[") else _json_object(content)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as broken:
        raise SheetUnusable(_("The file is no JSON: %(why)s.") % {"why": broken}) from broken
    told = told.get("products", ()) if isinstance(told, Mapping) else told
    if not isinstance(told, list) or not told:
        raise SheetUnusable(_("The file must hold a list of products."))
    return told


def _json_object(content: bytes) -> dict[str, Any]:
    try:
        return parse_profile(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ProfileUnreadable) as broken:
        raise SheetUnusable(_("The file is no JSON: %(why)s.") % {"why": broken}) from broken
