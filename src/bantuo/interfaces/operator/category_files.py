"""The category list as a file: a template to fill in, and what people send back."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from bantuo.apps.catalog.operations.categories import COLUMNS
from bantuo.engine.files import FileUnusable, read_table, write_table

BYTES_MAX = 5 * 1024 * 1024
UNPACKED_MAX = 100 * 1024 * 1024
_ENDINGS = (".xlsx", ".csv")
# What people call the columns; compared without blanks and case.
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "code": ("code", "编码", "类目编码", "类目代码", "类目id", "categoryid"),
    "group": ("group", "分组", "类目分组", "大类", "一级类目"),
    "name_zh": ("name_zh", "中文名", "中文名称", "类目名称", "二级类目", "类目名"),
    "name_en": ("name_en", "英文名", "英文名称", "englishname"),
}
_SAMPLE = ("home-lamps", "home_garden", "灯具照明", "Lamps and lighting")


class CategoryFileUnusable(ValueError):
    """The file is no list of categories: says why, in the reader's language."""


def read_categories(upload: UploadedFile[bytes]) -> list[dict[str, str | None]]:
    """The rows of an uploaded XLSX or CSV with our four columns; raises CategoryFileUnusable."""
    ending = PurePosixPath(upload.name or "").suffix.lower()
    if ending not in _ENDINGS:
        raise CategoryFileUnusable(
            _("Upload an XLSX or CSV file, not %(ending)s.") % {"ending": ending or "?"}
        )
    if (upload.size or 0) > BYTES_MAX:
        raise CategoryFileUnusable(_("The file is larger than %(size)s MB.") % {"size": BYTES_MAX >> 20})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"list{ending}"
        path.write_bytes(upload.read())
        _check_unpacked(path)
        try:
            frame = read_table(path)
        except FileUnusable as fault:
            told = _("The file cannot be read as a table: %(why)s") % {"why": fault.reason}
            raise CategoryFileUnusable(told) from None
    return _named(frame)


def _check_unpacked(path: Path) -> None:
    """A small workbook may unpack to gigabytes."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as packed:
        unpacked = sum(entry.file_size for entry in packed.infolist())
    if unpacked > UNPACKED_MAX:
        raise CategoryFileUnusable(_("The file unpacks to far more than a list of categories."))


def _named(frame: pl.DataFrame) -> list[dict[str, str | None]]:
    found = {column: _column_of(frame.columns, names) for column, names in _HEADINGS.items()}
    missing = [column for column, name in found.items() if name is None]
    if missing:
        told = {"missing": ", ".join(missing), "found": ", ".join(frame.columns) or "–"}
        raise CategoryFileUnusable(_("Columns missing: %(missing)s. Found: %(found)s") % told)
    chosen = frame.select(
        pl.col(name).cast(pl.String).alias(column) for column, name in found.items() if name
    )
    return chosen.to_dicts()


def _column_of(columns: Sequence[str], names: Sequence[str]) -> str | None:
    for column in columns:
        if "".join(column.split()).strip("\ufeff'").casefold() in names:
            return column
    return None


def category_template() -> bytes:
    """An XLSX with the four columns and one row to show how."""
    return _workbook(pl.DataFrame([dict(zip(COLUMNS, _SAMPLE, strict=True))]))


def categories_workbook(rows: Sequence[Sequence[Any]]) -> bytes:
    """A list as XLSX, in the form that can be uploaded again."""
    return _workbook(pl.DataFrame(list(rows), schema=list(COLUMNS), orient="row"))


def _workbook(frame: pl.DataFrame) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "categories.xlsx"
        write_table(frame, path)
        return path.read_bytes()
