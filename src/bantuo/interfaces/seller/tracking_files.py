"""Tracking numbers as people type and send them: rows of the list, rows of a sheet, the sheet sent back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from bantuo.apps.orders.operations.incoming import Refusal
from bantuo.apps.orders.operations.shipping import NewShipment, ShipResult
from bantuo.apps.orders.order_rows import ListedOrder, own_orders_named
from bantuo.interfaces.web.order_sheets import Sheet, Wanted, read_sheet
from bantuo.interfaces.web.order_words import refusal_text
from bantuo.interfaces.web.words import word_of

ROWS_MAX = 5_000
BYTES_MAX = 8 * 1024 * 1024
_RULE = "ORD-1"
WANTED: Mapping[str, Wanted] = {
    "order": Wanted(("订单号", "订单编号", "平台订单号", "交易编号", "ordernumber", "orderid"), needed=True),
    "part": Wanted(("分单", "part", "拆单号")),
    "carrier": Wanted(
        ("物流公司", "物流商", "承运商", "物流方式", "carrier", "shippingcarrier"), needed=True
    ),
    "number": Wanted(("运单号", "物流单号", "跟踪号", "追踪号", "trackingnumber", "number"), needed=True),
    "url": Wanted(("查询网址", "跟踪网址", "trackingurl", "url")),
    "line": Wanted(("行号", "line")),
    "pieces": Wanted(("件数", "发货数量", "pieces", "quantity")),
}
_COLUMN_OF = {"pieces": "pieces", "line": "line", "carrier": "carrier", "number": "number", "url": "url"}


@dataclass(frozen=True, slots=True)
class TrackingRow:
    """A row of a sheet: its number as the spreadsheet counts, what it says, the shipment or the refusal."""

    number: int
    told: Mapping[str, str]
    shipment: NewShipment | None
    refusal: Refusal | None


def typed_rows(sent: Mapping[str, Any]) -> list[NewShipment]:
    """Rows of the list in which a number was typed: fields `carrier-<order>`, `number-<order>`."""
    ids = [name.partition("-")[2] for name in sent if name.startswith("number-")]
    rows = []
    for order in ids:
        if not (order.isascii() and order.isdecimal() and len(order) < 18):
            continue
        carrier, number = (str(sent.get(f"{name}-{order}", "")).strip() for name in ("carrier", "number"))
        if number:
            rows.append(NewShipment(order, int(order), carrier, number))
    return rows


def read_tracking(upload: UploadedFile[Any], *, seller_id: int) -> tuple[Sheet, list[TrackingRow]]:
    """The rows of an uploaded sheet, each with the order it names; raises SheetUnusable."""
    sheet = read_sheet(upload, wanted=WANTED, rows_max=ROWS_MAX, bytes_max=BYTES_MAX)
    told = [{name: sheet.cell(row, name) for name in WANTED} for row in sheet.rows]
    known = own_orders_named(seller_id, {row["order"] for row in told})
    rows = zip(sheet.numbers, told, strict=True)
    return sheet, [_row(at, row, known.get(row["order"], [])) for at, row in rows]


def _row(at: int, told: Mapping[str, str], parts: Sequence[tuple[int, int, str]]) -> TrackingRow:
    """Of several parts of an order, the one named, or the only one that waits."""
    name = str(at)
    waiting = [order for order, _, state in parts if state == "to_ship"]
    if told["part"]:
        found = [order for order, part, _ in parts if str(part) == told["part"].removesuffix(".0")]
    else:
        found = waiting if len(waiting) > 0 else [order for order, _, _ in parts][-1:]
    refusal = None
    if not told["order"]:
        refusal = Refusal(name, "order", "", _RULE, "the cell is empty")
    elif not found:
        refusal = Refusal(name, "order", told["order"], _RULE, "the order is not known")
    elif len(found) > 1:
        refusal = Refusal(name, "order", told["order"], _RULE, "several orders have this number")
    pieces, wrong = _pieces(name, told)
    refusal = refusal or wrong
    if refusal is not None:
        return TrackingRow(at, told, None, refusal)
    shipment = NewShipment(name, found[0], told["carrier"], told["number"], told["url"], pieces)
    return TrackingRow(at, told, shipment, None)


def _pieces(name: str, told: Mapping[str, str]) -> tuple[dict[int, int], Refusal | None]:
    line, pieces = told["line"].removesuffix(".0"), told["pieces"].removesuffix(".0")
    if not line:
        return {}, None
    for column, text in (("line", line), ("pieces", pieces)):
        if not (text.isascii() and text.isdecimal() and len(text) < 10):
            return {}, Refusal(name, column, text[:60], _RULE, "not a quantity")
    return {int(line): int(pieces)}, None


def template_rows(orders: Iterable[ListedOrder]) -> Iterator[list[Any]]:
    """The sheet to fill in: one row per order that waits, its goods beside it."""
    yield [_("Order number"), _("Part"), _("Carrier"), _("Tracking number"), _("Link"), _("Goods")]
    for order in orders:
        goods = ", ".join(f"{line.sku} × {line.quantity - line.shipped}" for line in order.lines)
        yield [order.external_id, str(order.part), "", "", "", goods]


def result_rows(
    sheet: Sheet, told: Sequence[tuple[TrackingRow, ShipResult]]
) -> tuple[list[list[str]], dict[tuple[int, int], str]]:
    """The sheet as it came with two columns more, and the cells that are wrong."""
    rows = [[*sheet.columns, _("Result"), _("What is wrong")]]
    bad: dict[tuple[int, int], str] = {}
    for at, (row, (_told, result)) in enumerate(zip(sheet.rows, told, strict=True), start=1):
        words = refusal_text(result.refusal) if result.refusal else ""
        rows.append([*row, str(word_of("row_outcome", result.outcome).label), words])
        if result.refusal:
            column = sheet.found.get(_COLUMN_OF.get(result.refusal.field, "order"), 0)
            bad[at, column] = words
    return rows, bad
