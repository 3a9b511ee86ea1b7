"""The attributes that categories ask for: a starter sheet, ours, as the starter list of categories is."""

from __future__ import annotations

import csv
import io
from functools import cache
from importlib.resources import files

from bantuo.core.listing_attributes import Attribute, attributes_of


@cache
def attribute_sheet() -> tuple[Attribute, ...]:
    """The starter sheet, row by row."""
    path = files("bantuo").joinpath("policybook").joinpath("starter").joinpath("attributes.csv")
    rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    return tuple(_attribute(row) for row in rows)


@cache
def category_attributes(category: str) -> tuple[Attribute, ...]:
    """What a category asks for; the same answer for every product of it."""
    return attributes_of(attribute_sheet(), category=category)


def _attribute(row: dict[str, str]) -> Attribute:
    return Attribute(
        scope=row["scope"],
        name=row["name"],
        label_zh=row["label_zh"],
        label_en=row["label_en"],
        kind=row["kind"],
        is_required=row["required"] == "1",
        choices=tuple(choice for choice in row["choices"].split(";") if choice),
    )
