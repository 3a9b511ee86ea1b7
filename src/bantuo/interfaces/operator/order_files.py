"""Files of marketplace orders as people send them: read to rows, given back with what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from bantuo.apps.orders.models import OrderImport, OrderImportRow
from bantuo.apps.orders.operations.imports import ImportRow
from bantuo.apps.orders.operations.incoming import MONEY_FEN_MAX, Refusal
from bantuo.core.money import parse_fen
from bantuo.interfaces.web.order_sheets import Sheet, Wanted, read_sheet, workbook
from bantuo.interfaces.web.order_words import refusal_text
from bantuo.interfaces.web.words import word_of

ROWS_MAX = 200_000
BYTES_MAX = 64 * 1024 * 1024
_RULE = "RSP-1"
_ZONE = ZoneInfo("Asia/Shanghai")
WANTED: Mapping[str, Wanted] = {
    "seller": Wanted(("卖家编码", "店铺编码", "卖家", "sellercode", "seller"), needed=True),
    "order": Wanted(("订单号", "订单编号", "ordernumber", "orderid"), needed=True),
    "placed_at": Wanted(("下单时间", "订单时间", "placedat", "ordertime"), needed=True),
    "destination": Wanted(("目的国", "国家", "收货国家", "destination", "country"), needed=True),
    "line": Wanted(("行号", "line")),
    "sku": Wanted(("sku", "sku编码", "商品编码", "商家编码"), needed=True),
    "quantity": Wanted(("数量", "件数", "quantity"), needed=True),
    "goods": Wanted(("商品金额", "商品金额（元）", "商品金额(元)", "goods", "goodsamount"), needed=True),
    "freight": Wanted(("运费", "运费（元）", "运费(元)", "freight")),
    "coupon": Wanted(("商家优惠券", "商家优惠", "优惠券", "coupon")),
}
_SAMPLE = (
    "S-0001",
    "8190000000000001",
    "2026-03-10 09:30",
    "ES",
    "1",
    "LAMP-01",
    "2",
    "120.00",
    "0.00",
    "0.00",
)
_SAME = ("placed_at", "destination", "coupon")


def read_orders(upload: UploadedFile[Any]) -> tuple[Sheet, list[ImportRow]]:
    """The rows of an uploaded file, each read or with what cannot be; raises SheetUnusable."""
    sheet = read_sheet(upload, wanted=WANTED, rows_max=ROWS_MAX, bytes_max=BYTES_MAX)
    first: dict[tuple[str, str], Mapping[str, Any]] = {}
    rows = []
    for number, cells in zip(sheet.numbers, sheet.rows, strict=True):
        told, problems = _row(str(number), {name: sheet.cell(cells, name) for name in WANTED})
        if not problems:
            head = first.setdefault((told["seller"], told["order"]), told)
            differing = [name for name in _SAME if head.get(name) != told.get(name)]
            problems = [
                Refusal(str(number), name, str(told.get(name)), _RULE, "differs from the row before")
                for name in differing
            ]
        rows.append(ImportRow(number, cells, told, problems))
    return sheet, rows


def _row(row: str, cells: Mapping[str, str]) -> tuple[dict[str, Any], list[Refusal]]:
    told: dict[str, Any] = {}
    problems: list[Refusal] = []
    for name in ("seller", "order", "destination", "sku"):
        told[name] = cells[name]
        if not cells[name]:
            problems.append(Refusal(row, name, "", _RULE, "the cell is empty"))
    if "e+" in cells["order"].casefold():
        problems.append(
            Refusal(row, "order", cells["order"], _RULE, "a spreadsheet has shortened this number")
        )
    for name, reason in (("quantity", "not a quantity"), ("line", "not a line number")):
        number = _whole(cells[name])
        told[name] = number
        if number is None and (cells[name] or name == "quantity"):
            problems.append(Refusal(row, name, cells[name][:60], _RULE, reason))
    for name in ("goods", "freight", "coupon"):
        fen = _fen(cells[name])
        told[name] = fen
        if fen is None and (cells[name] or name == "goods"):
            problems.append(Refusal(row, name, cells[name][:60], _RULE, "not an amount of money"))
    told["placed_at"] = _instant(cells["placed_at"])
    if told["placed_at"] is None:
        problems.append(Refusal(row, "placed_at", cells["placed_at"][:60], _RULE, "not a time"))
    return told, problems


def _whole(text: str) -> int | None:
    text = text.removesuffix(".0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _fen(text: str) -> int | None:
    try:
        fen = parse_fen(text.replace(",", "").lstrip("¥￥"))
    except ValueError:
        return None
    return fen if 0 <= fen <= MONEY_FEN_MAX else None


def _instant(text: str) -> str | None:
    """A time as written; without a zone it is Beijing's."""
    try:
        at = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=_ZONE)).isoformat()


def orders_template() -> bytes:
    """A workbook with the columns and one row to show how."""
    return workbook([[column.names[0] for column in WANTED.values()], list(_SAMPLE)])


def results_workbook(held: OrderImport, rows: Iterable[OrderImportRow]) -> bytes:
    """The file as it came, with the result of each row and what is wrong beside each cell."""
    found = _columns(held.columns)
    table: list[Sequence[Any]] = [[*held.columns, _("Result"), _("What is wrong")]]
    bad: dict[tuple[int, int], str] = {}
    for at, row in enumerate(rows, start=1):
        words = [_problem_words(problem) for problem in row.problems]
        outcome = str(word_of("row_outcome", row.outcome).label)
        table.append([*row.cells["raw"], outcome, "; ".join(words)])
        for problem, told in zip(row.problems, words, strict=True):
            bad[at, found.get(_field(problem["field"]), 0)] = told
    return workbook(table, bad=bad)


def _columns(columns: Sequence[str]) -> dict[str, int]:
    plain = ["".join(column.split()).strip("\ufeff'*").casefold() for column in columns]
    return {
        name: plain.index(heading)
        for name, column in WANTED.items()
        for heading in (*column.names, name)[::-1]
        if heading in plain
    }


def _field(field: str) -> str:
    """The column of ours that a field of an order stands in."""
    return {
        "external_id": "order", "lines": "order", "goods_fen": "goods", "freight_fen": "freight",
        "merchant_coupon_fen": "coupon", "line_no": "line",
    }.get(field, field)  # fmt: skip


def _problem_words(problem: Mapping[str, Any]) -> str:
    return refusal_text(Refusal("", problem["field"], problem["value"], problem["rule"], problem["reason"]))


def problems_of(rows: Iterable[OrderImportRow]) -> Iterator[dict[str, Any]]:
    """Each thing that is wrong, as the page shows it."""
    for row in rows:
        for problem in row.problems:
            yield {**problem, "row": row.row, "words": _problem_words(problem)}
