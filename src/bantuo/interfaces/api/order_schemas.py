"""Orders and shipments as they go in and out."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field, StringConstraints

from bantuo.apps.orders.models import OrderState, Route
from bantuo.apps.orders.operations.recipients import TEXT_MAX
from bantuo.interfaces.api.schemas import ROWS_MAX, Code, FieldErrorOut, Id, Taken, Words

StateIn = StrEnum("StateIn", {state.name: state.value for state in OrderState})  # type: ignore[misc]
RouteIn = StrEnum("RouteIn", {route.name: route.value for route in Route})  # type: ignore[misc]


class LineOut(Schema):
    """One SKU of an order; `shipped` counts what the seller has sent."""

    line_no: int
    sku: str
    product: str
    title: str
    quantity: int
    goods_fen: int
    freight_fen: int
    pool: str | None
    reserved: bool
    shipped: int


class TrackingOut(Schema):
    """What a seller sent; `replaced_at` when a corrected number stands in its place."""

    id: int
    carrier: str
    number: str
    url: str
    shipped_at: datetime
    replaced_at: datetime | None


class OrderOut(Schema):
    """One seller's part of a buyer's order. `reason` and `rule`: why it takes its route."""

    id: int
    marketplace: str
    external_id: str
    part: int
    placed_at: datetime
    business_date: date
    destination: str
    goods_fen: int
    freight_fen: int
    merchant_coupon_fen: int
    route: str
    state: str
    reason: str
    rule: str
    warehouse: str | None
    released_at: datetime | None
    packed_at: datetime | None
    handed_over_at: datetime | None
    delivered_at: datetime | None
    closed_at: datetime | None
    changed_at: datetime
    cancel_by: datetime | None
    oaid: str
    lines: list[LineOut]
    shipments: list[TrackingOut]


class OrderPage(Schema):
    """Orders in the order of their receipt."""

    items: list[OrderOut]
    next: str | None


class DecisionOut(Schema):
    """Why an order took a route, as it was decided."""

    at: datetime
    route: str
    reason: str
    rule: str
    policy: str
    line_no: int | None


class EventOut(Schema):
    """What happened to an order."""

    at: datetime
    state: str
    reason: str


class CancelAskedOut(Schema):
    """A request to cancel, and what was answered."""

    id: int
    reference: str
    asked_at: datetime
    answer_by: datetime | None
    answer: str
    answered_at: datetime | None


class OrderDetailOut(Schema):
    """An order with everything that was decided and that happened, oldest first."""

    order: OrderOut
    decisions: list[DecisionOut]
    events: list[EventOut]
    cancels: list[CancelAskedOut]


class TrackingIn(Taken):
    """What was sent of one self-fulfilled order; `lines` by line number, left out: all that is left."""

    order: Id
    carrier: Code
    number: Code
    url: Words = ""
    lines: dict[Annotated[int, Field(ge=0, le=10_000)], Annotated[int, Field(ge=1, le=1_000_000)]] = {}


class TrackingsIn(Taken):
    """What was sent, order by order; bad rows are refused, the others are recorded."""

    rows: Annotated[list[TrackingIn], Field(min_length=1, max_length=ROWS_MAX)]


class RowOut(Schema):
    """What became of one row."""

    row: int
    outcome: str
    order: int | None
    refusal: FieldErrorOut | None


class RowsOut(Schema):
    """What became of the rows, in their order."""

    rows: list[RowOut]


Pieces = dict[Annotated[int, Field(ge=0, le=10_000)], Annotated[int, Field(ge=1, le=1_000_000)]]


class CancelIn(Taken):
    """An order, or pieces of it by line number; `reference` makes it happen once."""

    order: Id
    reference: Code
    reason: Annotated[Words, Field(min_length=1)]
    lines: Pieces = {}


class CancelsIn(Taken):
    """What is cancelled; bad rows are refused, the others are cancelled."""

    rows: Annotated[list[CancelIn], Field(min_length=1, max_length=ROWS_MAX)]


class CancelRequestIn(CancelIn):
    """What a marketplace asks for, and who is responsible."""

    responsible: Literal["buyer", "seller", "provider", "platform"] = "buyer"


class CancelRequestsIn(Taken):
    """What sellers are asked to cancel."""

    rows: Annotated[list[CancelRequestIn], Field(min_length=1, max_length=ROWS_MAX)]


class CancelAnswerIn(Taken):
    """The answer to the open request of an order; a refusal says why."""

    order: Id
    accept: bool
    reason: Words = ""


class CancelAnswersIn(Taken):
    """Answers to requests to cancel."""

    rows: Annotated[list[CancelAnswerIn], Field(min_length=1, max_length=100)]


_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
_SAYS_SOMETHING = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f\s][^\x00-\x1f\x7f]*$"
Said = Annotated[str, StringConstraints(max_length=TEXT_MAX, pattern=_PRINTABLE)]
Needed = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX, pattern=_SAYS_SOMETHING)]


class RecipientIn(Taken):
    """Who the goods go to, all of it; sealed before it is stored. `oaid`: the marketplace's name for it."""

    name: Needed
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    address: Needed
    phone: Said = ""
    mobile: Said = ""
    phone_country: Said = ""
    province: Said = ""
    city: Said = ""
    address2: Said = ""
    zip: Said = ""
    tax_number: Said = ""
    email: Said = ""
    oaid: Said = ""


class RecipientOut(Schema):
    """Who an order goes to, as shown by default."""

    order: int
    oaid: str
    country: str
    region: str
    name_masked: str
    phone_masked: str


class InboundOut(Schema):
    """What the seller sends to a warehouse (发货单)."""

    id: int
    code: str
    kind: str
    warehouse: str
    notified_at: datetime
    due_at: datetime
    received_at: datetime | None
    in_time: bool | None
    cartons: int
    pieces: int


class InboundPage(Schema):
    """Shipments to warehouses in the order they were announced."""

    items: list[InboundOut]
    next: str | None
