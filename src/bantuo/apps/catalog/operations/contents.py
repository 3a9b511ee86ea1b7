"""Attributes, pictures and film of a product: what is written, what is asked of an operator (CAP-1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from bantuo.apps.catalog.models import Product
from bantuo.apps.catalog.operations.capabilities import freedom, mode_named
from bantuo.apps.catalog.operations.checks import NewSku, RefusedRow, shown
from bantuo.core.listing_attributes import attribute_counts
from bantuo.core.policy import Book
from bantuo.engine.attributes import category_attributes

CONTENT_FIELDS = ("attributes", "images", "video", "fully_managed")
MAIN_IMAGE, VIDEO = "main_image", "video"


@dataclass(frozen=True, slots=True)
class Asked:
    """A change that an operator has to decide."""

    kind: str
    old: str
    new: str


def counted(row: NewSku) -> NewSku:
    """The row with its attributes counted against those of its category, where it states any (ELG-8)."""
    if row.attributes is None:
        return row
    given = {name: value.strip() for name, value in row.attributes.items() if value.strip()}
    required, missing = attribute_counts(category_attributes(row.category), given=given)
    return replace(row, attributes=given, attributes_required=required, attributes_missing=missing)


@dataclass(frozen=True, slots=True)
class Contents:
    """What the book of a day lets a seller change of a product by himself."""

    book: Book
    on: date

    def problems(self, row: NewSku, product: Product, *, mode: str) -> Iterator[RefusedRow]:
        """Changes of content that the mode refuses, and a change of the contract itself."""
        if row.fully_managed != product.fully_managed:
            reason = "the contract of a product is not the seller's to change"
            yield RefusedRow(row.row, "fully_managed", str(row.fully_managed), "CAP-1", reason)
        for asked in _wanted(row, product):
            answer = freedom(self.book, on=self.on, mode=mode, capability=asked.kind)
            if answer == "refused":
                yield RefusedRow(row.row, asked.kind, shown(asked.new), "CAP-1", f"changing it is: {answer}")

    def values(self, row: NewSku, product: Product | None) -> tuple[dict[str, Any], list[Asked]]:
        """The content to write, and what is asked of an operator instead; a first picture is free."""
        stated: dict[str, Any] = {"attributes": row.attributes, "video": row.video}
        stated["images"] = None if row.images is None else list(row.images)
        held = {name: getattr(product, name) for name in stated} if product else _NOTHING
        values = {name: held[name] if value is None else value for name, value in stated.items()}
        values["fully_managed"] = row.fully_managed
        asked = [a for a in _wanted(row, product) if self._is_asked(a, row)] if product else []
        for change in asked:
            if change.kind == VIDEO:
                values["video"] = change.old
            else:
                others = [link for link in values["images"] if link not in (change.old, change.new)]
                values["images"] = [change.old, *others]
        return values, asked

    def _is_asked(self, asked: Asked, row: NewSku) -> bool:
        mode = mode_named(fully_managed=row.fully_managed, semi_managed=row.semi_managed)
        return freedom(self.book, on=self.on, mode=mode, capability=asked.kind) == "request"


_NOTHING: dict[str, Any] = {"attributes": {}, "images": [], "video": ""}


def _wanted(row: NewSku, product: Product) -> Iterator[Asked]:
    """Changes of a main image or film that is there already."""
    old = product.images[0] if product.images else ""
    new = row.images[0] if row.images else ""
    if row.images is not None and old and new != old:
        yield Asked(MAIN_IMAGE, old, new)
    if row.video is not None and product.video and row.video != product.video:
        yield Asked(VIDEO, product.video, row.video)
