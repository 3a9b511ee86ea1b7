"""Open a charge: every column to its formula, inputs, rules, sources and the books it went into."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bantuo.apps.settlement.rating import (
    BY_WEIGHT,
    FEE_COLUMNS,
    LINE_COLUMNS,
    estimated_inputs,
    fee_columns,
    measured_inputs,
)
from bantuo.apps.sql import fetch_rows
from bantuo.core.money import format_fen
from bantuo.core.policy import Book, InForce, Text
from bantuo.engine.quotes import Quote, QuoteLine, quoter_for


@dataclass(frozen=True, slots=True)
class ColumnExplanation:
    """One amount of a charge and what it rests on."""

    column: str
    label: Text
    fen: int
    formula: Text
    inputs: Mapping[str, Any]
    citations: tuple[InForce, ...]


@dataclass(frozen=True, slots=True)
class ChargeExplanation:
    """One charge row of an order, opened. `again` holds the columns rated anew from the frozen inputs."""

    charge_id: int
    order_id: int
    seller_id: int
    kind: str
    cause: str
    receipts_fen: int
    total_fen: int
    net_fen: int
    reason: str
    rated_on: date
    payable_on: date
    book: str
    version: str  # of the policy that decided, as published
    inputs: Mapping[str, Any]
    columns: tuple[ColumnExplanation, ...]
    again: Mapping[str, int]
    run: str | None
    statement_id: int | None
    entry_ids: tuple[int, ...]

    @property
    def is_reproduced(self) -> bool:
        """Whether rating the frozen inputs by the given book gives the stored columns to the fen."""
        return all(self.again[column.column] == column.fen for column in self.columns)


_CHARGES = f"""
    SELECT c.id, c.order_id, c.seller_id, c.kind, c.cause, c.receipts_fen, c.total_fen, c.net_fen, c.reason,
           c.rated_on, c.payable_on, v.book, v.version, r.code, s.id,
           ARRAY(SELECT e.id FROM ledger_entry e WHERE e.seller_id = c.seller_id AND e.reference = r.code
                 AND e.kind IN ('settlement', 'receipts', 'payout') ORDER BY e.id),
           c.card, c.inputs::text, {", ".join(f"c.{name}" for name in FEE_COLUMNS)}
    FROM settlement_charge c
    JOIN policies_policyversion v ON v.id = c.policy_version_id
    LEFT JOIN settlement_run r ON r.id = c.run_id
    LEFT JOIN settlement_statement s ON s.run_id = c.run_id AND s.seller_id = c.seller_id
    WHERE c.order_id = %s ORDER BY c.id
"""
_DIFFERENCE = Text("实测差额", "Difference found by measuring")
_SAME = Text("实测与预估计费相同", "measuring the parcel changed no amount")
_REVERSED = Text("基础服务费冲回", "Base service fee given back")


def explain_charge(order_id: int, *, book: Book) -> list[ChargeExplanation]:
    """Every charge row of an order (its own, then refunds) with each fen followed to its rule.

    The frozen inputs are rated again by `book` on the charge's own day; a book of another version
    than the stored one may give other amounts, which `is_reproduced` tells.
    """
    return [_explained(row, book=book) for row in fetch_rows(_CHARGES, [order_id])]


def _explained(row: tuple[Any, ...], *, book: Book) -> ChargeExplanation:
    (
        charge_id, order_id, seller_id, kind, cause, receipts, total, net, reason, rated_on, payable_on,
        book_id, version, run, statement_id, entries, card, inputs_text, *amounts,
    ) = row  # fmt: skip
    inputs = json.loads(inputs_text)
    fees = dict(zip(FEE_COLUMNS, amounts, strict=True))
    if kind == "order":
        columns, again = _order_columns(fees, inputs, book=book, card=card, on=rated_on)
    else:
        columns, again = _refund_columns(fees, inputs, book=book, on=rated_on), fees
    return ChargeExplanation(
        charge_id=charge_id,
        order_id=order_id,
        seller_id=seller_id,
        kind=kind,
        cause=cause,
        receipts_fen=receipts,
        total_fen=total,
        net_fen=net,
        reason=reason,
        rated_on=rated_on,
        payable_on=payable_on,
        book=book_id,
        version=version,
        inputs=inputs,
        columns=columns,
        again=again,
        run=run,
        statement_id=statement_id,
        entry_ids=tuple(entries) if run else (),
    )


def _order_columns(
    fees: Mapping[str, int], inputs: Mapping[str, Any], *, book: Book, card: str, on: date
) -> tuple[tuple[ColumnExplanation, ...], dict[str, int]]:
    quoter = quoter_for(book, card, on=on)
    estimated = quoter.quote(estimated_inputs(inputs))
    measured = quoter.quote(measured_inputs(inputs))
    columns = [
        _line_column(line, quote=quote, fen=fees[LINE_COLUMNS[line.code]])
        for quote, by_weight in ((estimated, True), (measured, False))
        for line in quote.lines
        if (line.code in BY_WEIGHT) == by_weight
    ]
    columns.append(_difference(fees["measured_difference_fen"], estimated, measured))
    columns.sort(key=lambda column: FEE_COLUMNS.index(column.column))
    return tuple(columns), fee_columns(inputs, quoter=quoter)


def _line_column(line: QuoteLine, *, quote: Quote, fen: int) -> ColumnExplanation:
    return ColumnExplanation(
        LINE_COLUMNS[line.code], line.label, fen, line.formula, quote.inputs, line.citations
    )


def _difference(fen: int, estimated: Quote, measured: Quote) -> ColumnExplanation:
    """What measuring changed: both formulas side by side, per line that it gave another amount."""
    both = zip(estimated.lines, measured.lines, strict=True)
    pairs = [
        (before, after) for before, after in both if before.code in BY_WEIGHT and before.fen != after.fen
    ]
    return ColumnExplanation(
        column="measured_difference_fen",
        label=_DIFFERENCE,
        fen=fen,
        formula=Text(
            "；".join(f"{b.label.zh}：实测 {a.formula.zh}，预估 {b.formula.zh}" for b, a in pairs),
            "; ".join(f"{b.label.en}: measured {a.formula.en}, estimated {b.formula.en}" for b, a in pairs),
        )
        if pairs
        else _SAME,
        inputs={"estimated": dict(estimated.inputs), "measured": dict(measured.inputs)},
        citations=tuple({c.rule.id: c for _, after in pairs for c in after.citations}.values()),
    )


def _refund_columns(
    fees: Mapping[str, int], inputs: Mapping[str, Any], *, book: Book, on: date
) -> tuple[ColumnExplanation, ...]:
    base, whole, refund = (
        format_fen(inputs[name])
        for name in ("charged_base_service_fen", "charged_receipts_fen", "refund_fen")
    )
    back, before = format_fen(-fees["base_service_fen"]), format_fen(inputs["refunded_before_fen"])
    formula = Text(
        f"原基础服务费 {base} × 退款 {refund} ÷ 原实收 {whole}（此前已退 {before}）= 冲回 {back}",
        f"base fee charged {base} × refund {refund} ÷ receipts {whole} ({before} before) = {back} back",
    )
    cites = tuple(
        found
        for rule in ("FEE-1.rate", "FEE-1.base", "FEE-1.base_less")
        if (found := book.find(rule, on)) is not None
    )
    return (
        ColumnExplanation("base_service_fen", _REVERSED, fees["base_service_fen"], formula, inputs, cites),
    )
