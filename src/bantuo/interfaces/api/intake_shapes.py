"""Orders as a marketplace sends them: read and checked by msgspec, named by path where they do not fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, cast

import msgspec

from bantuo.apps.orders.operations.incoming import IntakeResult, NewLine, NewOrder
from bantuo.interfaces.api.problems import FieldError, shown

LINES_MAX, ORDERS_MAX = 200, 1_000
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_PATH = re.compile(r"^(?P<what>.*?) - at `\$\.?(?P<path>.*)`$", re.DOTALL)


class LineBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One line: money in fen of the whole line, not of a piece."""

    sku: Name
    quantity: int
    goods_fen: int
    freight_fen: int = 0
    line_no: int | None = None


class RecipientBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Who the goods go to. It is sealed before it is stored."""

    name: str
    country: str
    address: str
    phone: str = ""
    mobile: str = ""
    phone_country: str = ""
    province: str = ""
    city: str = ""
    address2: str = ""
    zip: str = ""
    tax_number: str = ""
    email: str = ""
    oaid: str = ""

    def told(self) -> dict[str, str]:
        """The fields that say something, without the marketplace's own name for the address."""
        return {name: text for name, text in msgspec.structs.asdict(self).items() if text and name != "oaid"}


class OrderBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One seller's part of a buyer's order. A marketplace names the seller, a seller's own key need not."""

    external_id: Name
    placed_at: Instant
    destination: Annotated[str, msgspec.Meta(min_length=2, max_length=40)]
    lines: Annotated[list[LineBody], msgspec.Meta(min_length=1, max_length=LINES_MAX)]
    seller: Name | None = None
    merchant_coupon_fen: int = 0
    recipient: RecipientBody | None = None

    def order(self, *, marketplace: str, seller: str, row: str) -> NewOrder:
        """As the operation takes it; lines without a number are numbered in turn."""
        lines = tuple(
            NewLine(
                f"{row}/{at}", at if line.line_no is None else line.line_no, line.sku, line.quantity,
                line.goods_fen, line.freight_fen,
            )
            for at, line in enumerate(self.lines, start=1)
        )  # fmt: skip
        return NewOrder(
            marketplace, seller, self.external_id, self.placed_at, self.destination, lines,
            self.merchant_coupon_fen,
        )  # fmt: skip


class BatchBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Many orders; each stays unread until its turn, so that one that does not fit keeps no other out."""

    orders: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1, max_length=ORDERS_MAX)]
    mode: Literal["each", "all"] = "each"


_ORDER = msgspec.json.Decoder(OrderBody)
_BATCH = msgspec.json.Decoder(BatchBody)


class Unreadable(ValueError):
    """What was sent is no JSON, or not of the shape; `error` names the place."""

    def __init__(self, error: FieldError) -> None:
        super().__init__(error.reason)
        self.error = error


def read_order(raw: bytes | msgspec.Raw, *, row: int | None = None) -> OrderBody:
    """One order. Raises Unreadable."""
    order: OrderBody = read_json(_ORDER, raw, row=row)
    return order


def read_batch(raw: bytes) -> BatchBody:
    """A batch, its orders still unread. Raises Unreadable."""
    batch: BatchBody = read_json(_BATCH, raw)
    return batch


def read_json(decoder: msgspec.json.Decoder[Any], raw: bytes | msgspec.Raw, *, row: int | None = None) -> Any:
    """What a decoder makes of a text. Raises Unreadable, which names the place."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as fault:
        found = _PATH.match(str(fault))
        what, path = (found["what"], found["path"]) if found else (str(fault), "")
        raise Unreadable(FieldError(path or "body", _value_at(raw, path), "OpenAPI", what, row)) from fault
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise Unreadable(FieldError("body", shown(bytes(raw)[:40]), "RFC 8259", str(fault), row)) from fault


def _value_at(raw: bytes | msgspec.Raw, path: str) -> str:
    """What stands at a path such as `lines[0].quantity`; empty where nothing does that can be shown."""
    if not path:
        return ""
    try:
        found = msgspec.json.decode(raw)
        for name in re.findall(r"\w+", path):
            found = found[int(name)] if isinstance(found, list) else found[name]
    except (msgspec.DecodeError, LookupError, TypeError, ValueError, RecursionError):
        return ""
    return shown(found) if not isinstance(found, dict | list) else ""


class Answer(msgspec.Struct, frozen=True):
    """What became of one order."""

    external_id: str
    seller: str
    outcome: Literal["placed", "repeated", "refused"]
    order_id: int | None = None
    route: Literal["semi", "self"] | None = None
    reason: str | None = None
    errors: Sequence[FieldError] = ()


class BatchAnswer(msgspec.Struct, frozen=True):
    """What became of a batch, counted and one by one."""

    placed: int
    repeated: int
    refused: int
    orders: Sequence[Answer]


def answer_of(result: IntakeResult, *, row: int | None = None) -> Answer:
    """As the caller is told. A refusal names the line that it is about."""
    return Answer(
        result.order.external_id,
        result.order.seller,
        cast(Any, result.outcome),
        result.order_id,
        cast(Any, result.route),
        str(result.reason) if result.reason else None,
        [FieldError(_field(r.row, r.field), shown(r.value), r.rule, r.reason, row) for r in result.refusals],
    )


def _field(row: str, name: str) -> str:
    """`lines[1].sku` where a line is at fault."""
    line = row.rpartition("/")[2]
    is_of_line = name in {"sku", "quantity", "line_no", "goods_fen", "freight_fen"} and line.isdecimal()
    return f"lines[{int(line) - 1}].{name}" if is_of_line else name
