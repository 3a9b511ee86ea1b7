"""Orders as they arrive, what is checked before one is taken, and the refusals that are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bantuo.apps.events.operations import emit_events
from bantuo.apps.orders.queries import IntakeSeller
from bantuo.apps.sql import columns_of, fetch_rows

MONEY_FEN_MAX = 10**12
QUANTITY_MAX = 100_000
LINE_NO_MAX = 100_000

OrderId = tuple[str, str, str]  # seller code, marketplace, external id


@dataclass(frozen=True, slots=True)
class NewLine:
    """One line of a new order; `row` is the caller's own name of its source row."""

    row: str
    line_no: int
    sku: str
    quantity: int
    goods_fen: int
    freight_fen: int


@dataclass(frozen=True, slots=True)
class NewOrder:
    """One seller's part of a buyer's order, money in fen."""

    marketplace: str
    seller: str
    external_id: str
    placed_at: datetime
    destination: str
    lines: Sequence[NewLine]
    merchant_coupon_fen: int = 0

    @property
    def key(self) -> OrderId:
        return self.seller, self.marketplace, self.external_id


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row was not taken: the field, its value and the rule."""

    row: str
    field: str
    value: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """What became of one order: `placed`, `repeated` (already here, nothing changed) or `refused`."""

    order: NewOrder
    outcome: str
    order_id: int | None = None
    route: str | None = None
    reason: str | None = None
    refusals: tuple[Refusal, ...] = ()


def unreadable_text(order: NewOrder) -> tuple[Refusal, ...]:
    """Refusals of an order that cannot even be looked up: an empty id, or NUL in a text."""
    row = _printable(order.lines[0].row if order.lines else order.external_id)
    if not order.external_id:
        return (Refusal(row, "external_id", "", "RSP-1", "an order has an id"),)
    texts = [
        ("marketplace", order.marketplace),
        ("seller", order.seller),
        ("external_id", order.external_id),
        ("destination", order.destination),
        *(pair for line in order.lines for pair in (("row", line.row), ("sku", line.sku))),
    ]
    return tuple(
        Refusal(row, name, _printable(value), "RSP-1", "a text has no NUL character")
        for name, value in texts
        if "\x00" in value
    )[:1]


def _printable(text: str) -> str:
    return text.replace("\x00", "\\0")


def refusals_of(
    order: NewOrder, seller: IntakeSeller | None, skus: Mapping[tuple[int, str], tuple[int, bool]]
) -> tuple[Refusal, ...]:
    """Everything that keeps an order out, row by row; empty where it may come in."""
    row = order.lines[0].row if order.lines else order.external_id
    if not order.lines:
        return (Refusal(row, "lines", "0", "RSP-1", "an order has at least one line"),)
    if seller is None:
        return (Refusal(row, "seller", order.seller, "STEP-1", "the seller is not known"),)
    if seller.state != "active":
        return tuple(
            Refusal(
                line.row, "seller", f"{order.seller} ({seller.state})", "STEP-4", "the seller is not active"
            )
            for line in order.lines
        )
    found = [r for line in order.lines for r in _line_refusals(line, seller.id, skus)]
    found = found or _order_refusals(order)
    bad = {r.row for r in found}
    rest = [
        Refusal(line.row, "order", order.external_id, found[0].rule, f"line {found[0].row} was refused")
        for line in order.lines
        if found and line.row not in bad
    ]
    return (*found, *rest)


def _line_refusals(
    line: NewLine, seller_id: int, skus: Mapping[tuple[int, str], tuple[int, bool]]
) -> list[Refusal]:
    if (seller_id, line.sku) not in skus:
        return [Refusal(line.row, "sku", line.sku, "STEP-5", "the SKU is not listed")]
    if not 0 < line.quantity <= QUANTITY_MAX:
        return [Refusal(line.row, "quantity", str(line.quantity), f"1…{QUANTITY_MAX}", "not a quantity")]
    if not 0 <= line.line_no <= LINE_NO_MAX:
        return [Refusal(line.row, "line_no", str(line.line_no), f"0…{LINE_NO_MAX}", "not a line number")]
    for name, value in (("goods_fen", line.goods_fen), ("freight_fen", line.freight_fen)):
        if not 0 <= value <= MONEY_FEN_MAX:
            return [Refusal(line.row, name, str(value), f"0…{MONEY_FEN_MAX}", "not an amount of money")]
    return []


def _order_refusals(order: NewOrder) -> list[Refusal]:
    """What no single line shows: a line number given twice, a coupon above what it is taken off."""
    used: set[int] = set()
    for line in order.lines:
        if line.line_no in used:
            return [Refusal(line.row, "line_no", str(line.line_no), "RSP-1", "the line number is taken")]
        used.add(line.line_no)
    receipts = sum(line.goods_fen + line.freight_fen for line in order.lines)
    if not 0 <= order.merchant_coupon_fen <= receipts:
        value = str(order.merchant_coupon_fen)
        return [
            Refusal(order.lines[0].row, "merchant_coupon_fen", value, f"0…{receipts}", "above what is paid")
        ]
    return []


def keep_refusals(refused: Sequence[IntakeResult], *, now: datetime) -> None:
    """Keep each refused row once, in key order, and tell the outbox of those that are new."""
    rows = sorted(
        (
            *map(_printable, (r.order.marketplace, r.order.seller, r.order.external_id, f.row)),
            *(f.field, f.value, f.rule, f.reason),
        )
        for r in refused
        for f in r.refusals
    )
    if not rows:
        return
    added = fetch_rows(
        """
        INSERT INTO orders_intakerefusal
            (marketplace, seller_code, external_id, row, field, value, rule, reason, refused_at)
        SELECT i.*, %s FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                                   %s::text[], %s::text[]) AS i(a, b, c, d, e, f, g, h)
        ON CONFLICT DO NOTHING RETURNING marketplace, external_id, row, rule
        """,
        [now, *columns_of(rows, 8)],
    )
    emit_events(
        "order.refused",
        [(None, f"refused:{mkt}:{ext}", {"row": row, "rule": rule}) for mkt, ext, row, rule in added],
        at=now,
    )
