"""May this SKU be listed? Every reason against a row, with field, value and rule. Reads nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from bantuo.core.listing import is_price_alert, size_chart_problems
from bantuo.core.listing_attributes import attribute_problems
from bantuo.core.money import SCIENTIFIC_REFUSED
from bantuo.core.policy import Book
from bantuo.core.rate_card import INPUT_RANGES
from bantuo.engine.attributes import category_attributes

PRICE_FEN_MAX = 10_000_000_000
TEXT_MAX = 500
IMAGES_MAX = 12
LINK_MAX = 1_000
MEASURES = ("weight_g", "length_mm", "width_mm", "height_mm")
_SCIENTIFIC = re.compile(r"[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+")
_LINK = re.compile(r"https?://[^\s/?#\x00-\x1f<>\"']+[^\s\x00-\x1f<>\"']*", re.IGNORECASE)
_WHOLE_PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class NewSku:
    """A SKU as the seller lists it; `row` is the caller's own name for it. None: not stated.

    `attributes`, `images` and `video` left None stay as they are; stated attributes are counted
    against those of the category, whatever `attributes_required` and `attributes_missing` say.
    """

    row: int
    seller_id: int
    product_code: str
    sku_code: str
    category: str
    title: str
    apparel: bool
    ordinary_fen: int
    exclusive_fen: int | None
    semi_managed: bool
    weight_g: int | None
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    label: bool
    photo_qc: bool
    markets: tuple[str, ...]
    attributes_required: int
    attributes_missing: int
    size_chart: Mapping[str, Any] | None
    hs_code: str = ""
    customs_name: str = ""
    item_code: str = ""
    attributes: Mapping[str, str] | None = None
    images: tuple[str, ...] | None = None
    video: str | None = None
    fully_managed: bool = False


class RefusedRow(NamedTuple):
    """One reason why a row was not taken."""

    row: int
    field: str
    value: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class ListingTerms:
    """What the book says of a listing on one day."""

    categories: Collection[str]
    price_bp: int
    blocks_price: bool
    attribute_scope: str
    missing_ppm_max: int
    size_chart_schema: Mapping[str, Any]


def listing_terms(
    book: Book, *, on: date, categories: Collection[str], size_chart_schema: Mapping[str, Any]
) -> ListingTerms:
    """The terms of a day: PRC-1, PRC-1.mode, ELG-6, ELG-7, ELG-8; raises PolicyNotInForce."""
    return ListingTerms(
        categories=categories,
        price_bp=book.amount("PRC-1", on),
        blocks_price=book.amount("PRC-1.mode", on) == "block",
        attribute_scope=book.amount("ELG-8.scope", on),
        missing_ppm_max=book.amount("ELG-8", on),
        size_chart_schema=size_chart_schema,
    )


def listing_problems(sku: NewSku, *, terms: ListingTerms) -> Iterator[RefusedRow]:
    """Everything against listing one row; nothing when it can be listed."""
    yield from _text_problems(sku)
    yield from _measure_problems(sku)
    yield from price_problems(
        sku.row, sku.ordinary_fen, sku.exclusive_fen, semi_managed=sku.semi_managed, terms=terms
    )
    if sku.category not in terms.categories:
        yield RefusedRow(sku.row, "category", shown(sku.category), "ELG-6", "is not on the admission list")
    yield from _content_problems(sku, terms)


def _text_problems(sku: NewSku) -> Iterator[RefusedRow]:
    for field in ("product_code", "sku_code"):
        code: str = getattr(sku, field)
        if not code.strip() or "\x00" in code or len(code) > TEXT_MAX:
            yield RefusedRow(sku.row, field, shown(code), "STEP-5", f"1…{TEXT_MAX} characters, no NUL")
        elif _SCIENTIFIC.fullmatch(code):
            yield RefusedRow(sku.row, field, code, "STEP-5", SCIENTIFIC_REFUSED)
    for field in ("title", "category", "hs_code", "customs_name", "item_code"):
        text: str = getattr(sku, field)
        if "\x00" in text or len(text) > TEXT_MAX:
            yield RefusedRow(sku.row, field, shown(text), "STEP-5", f"at most {TEXT_MAX} characters, no NUL")


def shown(text: str) -> str:
    """Text as a refusal can keep it: no NUL, and not without end."""
    return text.replace("\x00", "\\0")[:80]


def _measure_problems(sku: NewSku) -> Iterator[RefusedRow]:
    """What could never be priced is not listed: the ranges are those of the rate card's inputs."""
    for field in MEASURES:
        value: int | None = getattr(sku, field)
        low, high = INPUT_RANGES[field]
        rule = "FEE-2" if field == "weight_g" else "FEE-3"
        if value is None:
            yield RefusedRow(sku.row, field, "", rule, "is missing")
        elif not low <= value <= high:
            yield RefusedRow(sku.row, field, str(value), rule, f"must be from {low} to {high}")


def price_problems(
    row: int, ordinary_fen: int, exclusive_fen: int | None, *, semi_managed: bool, terms: ListingTerms
) -> Iterator[RefusedRow]:
    """Prices out of range, a missing exclusive price, and PRC-1 where the book makes it a block."""
    for field, fen in (("ordinary_fen", ordinary_fen), ("exclusive_fen", exclusive_fen)):
        if fen is not None and not 1 <= fen <= PRICE_FEN_MAX:
            yield RefusedRow(row, field, str(fen), "STEP-5", f"must be from 1 to {PRICE_FEN_MAX}")
    if exclusive_fen is None:
        if semi_managed:
            yield RefusedRow(row, "exclusive_fen", "", "STEP-5", "a semi-managed SKU has an exclusive price")
    elif (
        semi_managed
        and terms.blocks_price
        and is_price_alert(ordinary_fen, exclusive_fen=exclusive_fen, threshold_bp=terms.price_bp)
    ):
        reason = f"is above {terms.price_bp} bp of the ordinary price {ordinary_fen}"
        yield RefusedRow(row, "exclusive_fen", str(exclusive_fen), "PRC-1", reason)


def _content_problems(sku: NewSku, terms: ListingTerms) -> Iterator[RefusedRow]:
    yield from _stated_content_problems(sku)
    if sku.apparel:
        for problem in size_chart_problems(sku.size_chart, schema=terms.size_chart_schema):
            field, _, reason = problem.partition(": ")
            yield RefusedRow(sku.row, field, "", "ELG-7", reason)
    missing, required = sku.attributes_missing, sku.attributes_required
    counted = f"{missing}/{required}"
    if not 0 <= missing <= required:
        yield RefusedRow(sku.row, "attributes_missing", counted, "ELG-8", "missing is a part of required")
    elif (sku.apparel or terms.attribute_scope == "all") and (
        missing * _WHOLE_PPM > required * terms.missing_ppm_max
    ):
        reason = f"more than {terms.missing_ppm_max} ppm of the attributes are missing"
        yield RefusedRow(sku.row, "attributes_missing", counted, "ELG-8", reason)


def _stated_content_problems(sku: NewSku) -> Iterator[RefusedRow]:
    """Attributes of the wrong kind, links that are none, a mode that cannot be."""
    asked = category_attributes(sku.category)
    for name, reason in attribute_problems(asked, given=sku.attributes or {}).items():
        value = shown((sku.attributes or {})[name])
        yield RefusedRow(sku.row, f"attributes.{name}", value, "ELG-8", reason)
    images = sku.images or ()
    if len(images) > IMAGES_MAX:
        yield RefusedRow(sku.row, "images", str(len(images)), "STEP-5", f"at most {IMAGES_MAX} pictures")
    for field, link in [*(("images", link) for link in images), ("video", sku.video or "")]:
        if link and not is_link(link):
            yield RefusedRow(
                sku.row, field, shown(link), "STEP-5", "a link that begins with http:// or https://"
            )
    if sku.fully_managed and sku.semi_managed:
        reason = "a product under a fully managed contract is not semi-managed"
        yield RefusedRow(sku.row, "semi_managed", "yes", "CAP-1", reason)


def is_link(text: str) -> bool:
    """Whether a text can stand as the address of a picture or a film; nothing is fetched."""
    return len(text) <= LINK_MAX and _LINK.fullmatch(text) is not None
