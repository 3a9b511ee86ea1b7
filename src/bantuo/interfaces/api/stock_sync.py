"""PUT /stock: what a seller says is sellable, row by row, up to a whole catalogue in one call."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from bantuo.apps.integrations.scopes import Scope
from bantuo.apps.parties.models import Binding
from bantuo.apps.stock.operations import (
    StatedRow,
    StatementResult,
    StockStatement,
    declare_stock,
    open_own_balances,
    record_stock_call,
    state_stock,
)
from bantuo.core.clock import business_date, operating_day
from bantuo.interfaces.api.callers import Caller, caller_of
from bantuo.interfaces.api.doors import too_large
from bantuo.interfaces.api.intake import book_in_force, json_answer
from bantuo.interfaces.api.intake_shapes import Instant, Name, Unreadable, read_json
from bantuo.interfaces.api.problems import FieldError, Problem, invalid, shown
from bantuo.interfaces.web.clock import moment

ROWS_MAX = 200_000
_BODY_MAX = 32 * 1024 * 1024
_SEQUENCE = Annotated[int, msgspec.Meta(ge=1, le=2**62)]
_CHANNEL = "api"
Refused = tuple[StatedRow, str, str, str]


class StockRow(msgspec.Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """How much of a SKU is sellable at a warehouse; without one, at the warehouse the seller is bound to."""

    sku: Name
    quantity: int
    warehouse: Name | None = None


class StockBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A statement; SKUs not named stay as stated. `sequence` rises; left out, the server numbers it."""

    rows: list[StockRow]
    sequence: _SEQUENCE | None = None
    as_of: Instant | None = None
    basis: Literal["gross", "net"] = "gross"


class _RawBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    rows: list[msgspec.Raw]
    sequence: _SEQUENCE | None = None
    as_of: Instant | None = None
    basis: Literal["gross", "net"] = "gross"


class RefusedOut(msgspec.Struct, frozen=True):
    """A row that was not taken: its number from 0, the field, its value and the rule."""

    row: int
    sku: str
    field: str
    value: str
    rule: str


class StatedOut(msgspec.Struct, frozen=True):
    """What became of a statement; a repeated one changed nothing."""

    sequence: int
    repeated: bool
    stated: int
    changed: int
    refused: Sequence[RefusedOut]


_WHOLE = msgspec.json.Decoder(StockBody)
_BY_ROW = msgspec.json.Decoder(_RawBody)
_ROW = msgspec.json.Decoder(StockRow)


def put_stock(request: HttpRequest) -> HttpResponse:
    """Take a statement; every row is stated or refused by itself. Receipt time decides the day."""
    caller = caller_of(request, scope=Scope.STOCK_WRITE)
    seller, now, began_ns = caller.seller, moment(), time.monotonic_ns()
    if int(request.META.get("CONTENT_LENGTH") or 0) > _BODY_MAX:
        raise too_large(f"at most {_BODY_MAX} bytes")
    try:
        body, rows, refused = _read(bytes(request.read()), bound=_warehouse_of(seller))
    except Unreadable as fault:
        if fault.error.rule == "OpenAPI":
            raise invalid([fault.error]) from fault
        raise Problem(400, "json-unreadable", title="The body is not JSON", detail=fault.error.reason,
                      errors=[fault.error]) from fault  # fmt: skip
    try:
        sequence, result = _state(caller, body, rows, refused)
    except (OperationalError, InterfaceError) as fault:
        raise Problem(503, "busy", title="Stock cannot be stated just now", headers={"Retry-After": "1"},
                      detail="send it again: a statement is taken once") from fault  # fmt: skip
    took_ms = (time.monotonic_ns() - began_ns) // 1_000_000
    record_stock_call(
        seller, channel=_CHANNEL, rows=len(rows) + len(refused), took_ms=took_ms, succeeded=True, at=now
    )
    return json_answer(_told(sequence, result))


def _state(
    caller: Caller, body: StockBody | _RawBody, rows: Sequence[StatedRow], refused: Sequence[Refused]
) -> tuple[int, StatementResult]:
    """State the rows under the caller's sequence, or under the next one."""
    now, book = moment(), book_in_force()
    day = operating_day(book, business_date(now, zone=book.zone))
    if body.sequence is None:
        told = state_stock(
            caller.seller, rows, basis=body.basis, channel=_CHANNEL, day=day, now=now, actor=caller.actor,
            refused=refused,
        )  # fmt: skip
        return told.sequence, told.result
    open_own_balances(caller.seller, now=now)
    statement = StockStatement(
        caller.seller, body.sequence, body.as_of or now, body.basis, _CHANNEL, rows, refused
    )
    (result,) = declare_stock([statement], day=day, now=now, actor=caller.actor)
    return body.sequence, result


def _read(raw: bytes, *, bound: str | None) -> tuple[StockBody | _RawBody, list[StatedRow], list[Refused]]:
    """The statement with its rows; those that cannot be read are refused and keep no other out."""
    try:
        body = _WHOLE.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _read_by_row(raw, bound=bound)
    _check_size(body.rows)
    rows = [
        StatedRow(at, row.sku, row.warehouse or bound or "", row.quantity) for at, row in enumerate(body.rows)
    ]
    return body, rows, []


def _read_by_row(raw: bytes, *, bound: str | None) -> tuple[_RawBody, list[StatedRow], list[Refused]]:
    body: _RawBody = read_json(_BY_ROW, raw)
    _check_size(body.rows)
    rows: list[StatedRow] = []
    refused: list[Refused] = []
    for at, part in enumerate(body.rows):
        try:
            row: StockRow = read_json(_ROW, part, row=at)
        except Unreadable as fault:
            error = fault.error
            refused.append((StatedRow(at, "", "", 0), error.field, error.value, error.reason))
        else:
            rows.append(StatedRow(at, row.sku, row.warehouse or bound or "", row.quantity))
    return body, rows, refused


def _check_size(rows: Sequence[object]) -> None:
    if len(rows) > ROWS_MAX:
        fault = FieldError(
            "rows", str(len(rows)), f"1…{ROWS_MAX}", "too many rows for one call; send several"
        )
        raise invalid([fault])
    if not rows:
        raise invalid([FieldError("rows", "0", f"1…{ROWS_MAX}", "a statement has at least one row")])


def _warehouse_of(seller_id: int) -> str | None:
    """Where the seller is bound now."""
    bound = Binding.objects.filter(seller_id=seller_id, unbound_at__isnull=True)
    return bound.values_list("warehouse__code", flat=True).first()


def _told(sequence: int, result: StatementResult) -> StatedOut:
    refused = [
        RefusedOut(row.row, row.sku, name, shown(value), rule) for row, name, value, rule in result.refused
    ]
    return StatedOut(sequence, result.repeated, result.stated, result.changed, refused)
