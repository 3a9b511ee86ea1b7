"""Sheets of listings as they arrive, and the template that goes out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from bantuo.apps.catalog.models import ListingImport
from bantuo.apps.catalog.operations.imports import ROWS_MAX
from bantuo.engine.attributes import attribute_sheet
from bantuo.engine.files import FileUnusable
from bantuo.engine.listing_books import faulty_sheet, listing_template
from bantuo.engine.listing_columns import is_known_heading
from bantuo.engine.sheets import ENDINGS, Sheet, read_sheet
from bantuo.interfaces.seller.categories import Category
from bantuo.interfaces.seller.listing_words import problem_words
from bantuo.interfaces.web.templatetags.ui import tr

BYTES_MAX = 16 * 1024 * 1024
_EXAMPLE = {
    "sku_code": "EXAMPLE-01",
    "product_code": "EXAMPLE",
    "title": "台灯 / Desk lamp",
    "category": "home-lamps",
    "ordinary_fen": "130.00",
    "exclusive_fen": "120.00",
    "semi_managed": "yes",
    "weight_g": "1200",
    "length_mm": "30",
    "width_mm": "25",
    "height_mm": "20",
    "markets": "ES, PL",
    "label": "yes",
    "photo_qc": "no",
}
_GENERAL = "*"


class SheetUnusable(ValueError):
    """A file of which nothing can be read: says why, in the reader's language."""


def read_upload(file: UploadedFile[Any]) -> Sheet:
    """The rows of an uploaded XLSX or CSV. Raises SheetUnusable."""
    ending = Path(file.name or "").suffix.lower()
    if ending not in ENDINGS:
        raise SheetUnusable(_("A sheet is an XLSX or CSV file, this is “%(name)s”.") % {"name": file.name})
    if (file.size or 0) > BYTES_MAX:
        raise SheetUnusable(_("The sheet is larger than %(mib)s MB.") % {"mib": BYTES_MAX // 1024 // 1024})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"sheet{ending}"
        path.write_bytes(file.read())
        try:
            sheet = read_sheet(path, is_known=is_known_heading, rows_max=ROWS_MAX)
        except FileUnusable as unusable:
            raise SheetUnusable(_("The sheet cannot be read: %(why)s.") % {"why": unusable.reason}) from None
    if not sheet.rows:
        raise SheetUnusable(_("The sheet has no row below its headings."))
    return sheet


def template_workbook(categories: list[Category]) -> bytes:
    """The template with drop-downs; attributes that only some categories ask for are left to be added."""
    names = [(c.code, tr({"zh": c.name_zh, "en": c.name_en})) for c in categories]
    general = [attribute for attribute in attribute_sheet() if attribute.scope == _GENERAL]
    return listing_template(categories=names, attributes=general, example=_EXAMPLE)


def faults_workbook(made: ListingImport) -> bytes:
    """The sheet as it came, every fault beside its cell."""
    places = {heading: at for at, heading in enumerate(made.headings)}
    rows = []
    for number, cells, problems in made.rows.order_by("number").values_list("number", "cells", "problems"):
        faults: dict[int, str] = {}
        for problem in problems:
            heading = made.columns.get(problem["field"])
            if heading in places:
                faults[places[heading]] = problem_words(problem)
        rows.append((number, cells, faults, "; ".join(map(problem_words, problems))))
    return faulty_sheet(made.headings, rows)
