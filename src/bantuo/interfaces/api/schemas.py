"""What goes in and out, checked at the door: money in fen, weights in grams, sides in millimetres."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, StringConstraints

ROWS_MAX = 1_000
_ID_MAX = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=_ID_MAX)]
Fen = Annotated[int, Field(ge=0, le=10_000_000_000)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Words = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]
Cursor = Annotated[str, StringConstraints(max_length=200)]
Limit = Annotated[int, Field(ge=1, le=200)]
_YEARS = range(1970, 3000)  # beyond them a zone's offset may leave what a calendar can say


def _sane(at: datetime) -> datetime:
    if at.year not in _YEARS:
        raise ValueError(f"a year from {_YEARS.start} to {_YEARS.stop - 1}")
    return at


def _sane_day(on: date) -> date:
    if on.year not in _YEARS:
        raise ValueError(f"a year from {_YEARS.start} to {_YEARS.stop - 1}")
    return on


Instant = Annotated[AwareDatetime, AfterValidator(_sane)]
Day = Annotated[date, AfterValidator(_sane_day)]
Measure = Annotated[int, Field(ge=1, le=1_000_000)]


class Taken(Schema):
    """What is sent to us: a field that is not known is a mistake, not a wish to be ignored."""

    model_config = ConfigDict(extra="forbid")


class FieldErrorOut(Schema):
    """One fault: where it is, what stands there, which rule it breaks and why."""

    row: int | None = None
    field: str
    value: str
    rule: str
    reason: str


class StockOut(Schema):
    """A SKU in a warehouse. `sellable` is what can still be promised."""

    sku: str
    warehouse: str
    declared: int
    declared_reserved: int
    on_hand: int
    on_hand_reserved: int
    on_the_way: int
    safety: int
    sellable: int
    sequence: int
    stated_on: date | None
    stated_first_at: datetime | None


class StockPage(Schema):
    """Stock by SKU and warehouse."""

    items: list[StockOut]
    next: str | None


class SyncStateOut(Schema):
    """How far the seller's day has come: every listed SKU is to be stated before the cut-off.

    `in_time` is null while it is open.
    """

    day: date
    cut_at: datetime
    listed: int
    stated: int
    missing: int
    in_time: bool | None


class ProductOut(Schema):
    """A listing as buyers see it."""

    id: int
    code: str
    title: str
    category: str
    apparel: bool
    fully_managed: bool
    attributes: dict[str, str]
    attributes_required: int
    attributes_missing: int
    images: list[str]
    video: str
    size_chart: Any
    skus: list[str]
    changed_at: datetime


class ProductPage(Schema):
    """Products in the order they were made."""

    items: list[ProductOut]
    next: str | None


class SkuOut(Schema):
    """A sellable unit with both prices. `has_alert`: the exclusive price is above its share (PRC-1)."""

    id: int
    code: str
    product_code: str
    title: str
    category: str
    state: str
    semi_managed: bool
    fully_managed: bool
    ordinary_fen: int
    exclusive_fen: int | None
    has_alert: bool
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    markets: list[str]
    hs_code: str
    customs_name: str
    item_code: str
    label: bool
    photo_qc: bool
    changed_at: datetime


class SkuPage(Schema):
    """SKUs in the order they were listed first."""

    items: list[SkuOut]
    next: str | None


class SkuIn(Taken):
    """A SKU to be listed, or to be changed: all of it is stated, but for what has a default."""

    product_code: Code
    sku_code: Code
    category: Code
    title: Words
    ordinary_fen: Fen
    exclusive_fen: Fen | None = None
    semi_managed: bool = False
    fully_managed: bool = False
    apparel: bool = False
    weight_g: Measure
    length_mm: Measure
    width_mm: Measure
    height_mm: Measure
    label: bool = False
    photo_qc: bool = False
    markets: Annotated[
        list[Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]], Field(max_length=60)
    ] = []
    hs_code: Words = ""
    customs_name: Words = ""
    item_code: Words = ""
    attributes: dict[Words, Words] | None = None
    images: Annotated[list[Words], Field(max_length=20)] | None = None
    video: Words | None = None
    size_chart: dict[str, Any] | None = None


class ListingIn(Taken):
    """SKUs to be listed; bad rows are refused, the others are listed."""

    rows: Annotated[list[SkuIn], Field(min_length=1, max_length=ROWS_MAX)]


class ListingOut(Schema):
    """What became of the rows. `listed` counts those that stand in the catalogue now."""

    listed: int
    changed: int
    alerts: int
    refused: list[FieldErrorOut]


class DelistingIn(Taken):
    """SKUs to be taken off sale, and why."""

    sku_codes: Annotated[list[Code], Field(min_length=1, max_length=ROWS_MAX)]
    reason: Words = ""


class DelistingOut(Schema):
    """How many were taken off sale."""

    delisted: int
    refused: list[FieldErrorOut]


class PriceIn(Taken):
    """New prices of a SKU; one left out stays as it is."""

    sku_code: Code
    ordinary_fen: Fen | None = None
    exclusive_fen: Fen | None = None


class PricesIn(Taken):
    """Price changes; bad rows are refused, the others are made."""

    rows: Annotated[list[PriceIn], Field(min_length=1, max_length=ROWS_MAX)]


class PricesOut(Schema):
    """What became of the rows; unchanged ones count nowhere."""

    changed: int
    alerts: int
    refused: list[FieldErrorOut]


class SkuPatch(Taken):
    """New prices of the SKU that the address names."""

    ordinary_fen: Fen | None = None
    exclusive_fen: Fen | None = None


class QuoteIn(Taken):
    """A parcel. The seller's granted rate is used where it has one and none is stated."""

    receipts_fen: Annotated[int, Field(ge=0, le=1_000_000_000_000)]
    length_mm: Annotated[int, Field(ge=1, le=10_000)]
    width_mm: Annotated[int, Field(ge=1, le=10_000)]
    height_mm: Annotated[int, Field(ge=1, le=10_000)]
    weight_g: Annotated[int, Field(ge=1, le=1_000_000)]
    distance_m: Annotated[int, Field(ge=0, le=40_000_000)]
    label: bool = False
    photo_qc: bool = False
    carton_pieces: Annotated[int, Field(ge=0, le=100_000)] = 0
    granted_rate_bp: Annotated[int, Field(ge=0, le=10_000)] | None = None


class TextOut(Schema):
    """Words in both languages."""

    zh: str
    en: str


class QuoteLineOut(Schema):
    """One charge, how it was worked out, and the rules it rests on."""

    code: str
    label: TextOut
    fen: int
    formula: TextOut
    rules: list[str]


class QuoteOut(Schema):
    """A priced parcel."""

    card: str
    currency: str
    book: str
    version: str
    on: date
    inputs: dict[str, int]
    lines: list[QuoteLineOut]
    total_fen: int


class FindingOut(Schema):
    """What one gate found."""

    rule: str
    failure_class: str | None
    status: Literal["pass", "fail", "not_evidenced", "not_applicable"]
    observed: str
    required: str
    evidence: TextOut
    fix: TextOut
    fixable_now: bool


class DiagnosisOut(Schema):
    """The last run of the diagnostic tool."""

    id: int
    rated_on: date
    purpose: str
    passed: bool
    findings: list[FindingOut]


class RuleOut(Schema):
    """A rule as it stands on the day."""

    id: str
    topic: str
    label: TextOut
    unit: str
    status: str
    value: Any
    since: date | None
    until: date | None
    source: TextOut


class PolicyOut(Schema):
    """Every rule in force on a day, and the version that decisions of the day cite."""

    book: str
    version: str
    on: date
    rules: list[RuleOut]
