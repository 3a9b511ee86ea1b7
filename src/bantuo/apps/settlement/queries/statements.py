"""Statements: a seller's part of a run, and the charges it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from bantuo.apps.settlement.rating import FEE_COLUMNS
from bantuo.apps.sql import fetch_rows


@dataclass(frozen=True, slots=True)
class SellerSums:
    """One seller's claimed charges of a run, summed per column, and what was paid out."""

    seller_id: int
    seller: str  # marketplace:code
    charges: int
    receipts_fen: int
    fees: dict[str, int]  # fee column → fen
    carried_in_fen: int
    payout_fen: int
    carried_on_fen: int


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One charge on a statement."""

    charge_id: int
    order_id: int
    marketplace: str
    external_id: str
    part: int
    kind: str
    cause: str
    rated_on: date
    payable_on: date
    receipts_fen: int
    total_fen: int
    net_fen: int
    reason: str
    fees: dict[str, int]  # fee column → fen


_SUMS = f"""
    SELECT s.seller_id, p.marketplace || ':' || p.code, s.charges, s.receipts_fen, s.carried_in_fen,
           s.payout_fen, s.carried_on_fen, {", ".join(f"sum(c.{name})::bigint" for name in FEE_COLUMNS)}
    FROM settlement_statement s
    JOIN parties_seller p ON p.id = s.seller_id
    JOIN settlement_charge c ON c.run_id = s.run_id AND c.seller_id = s.seller_id
    WHERE s.run_id = %s GROUP BY s.id, p.id ORDER BY s.seller_id
"""


def seller_sums(run_id: int) -> list[SellerSums]:
    """Every seller of a run with the sum of each fee column."""
    return [_sums(row) for row in fetch_rows(_SUMS, [run_id])]


def statements_of_run(code: str) -> list[SellerSums]:
    """Every statement of the run with this code; none if there is no such run."""
    rows = fetch_rows("SELECT id FROM settlement_run WHERE code = %s", [code])
    return seller_sums(rows[0][0]) if rows else []


@dataclass(frozen=True, slots=True)
class SellerStatement:
    """One of a seller's statements: carried in, settled, paid out, carried on."""

    run: str
    run_on: date
    charges: int
    carried_in_fen: int
    receipts_fen: int
    fees_fen: int
    payout_fen: int
    carried_on_fen: int


def statements_of_seller(seller_id: int) -> list[SellerStatement]:
    """All statements of one seller, oldest first."""
    rows = fetch_rows(
        """
        SELECT r.code, r.run_on, s.charges, s.carried_in_fen, s.receipts_fen, s.fees_fen, s.payout_fen,
               s.carried_on_fen
        FROM settlement_statement s JOIN settlement_run r ON r.id = s.run_id
        WHERE s.seller_id = %s ORDER BY r.run_on, r.id
        """,
        [seller_id],
    )
    return [SellerStatement(*row) for row in rows]


def statement_lines(seller_id: int, *, run_code: str) -> list[StatementLine]:
    """The charges of one seller's statement, oldest order first."""
    rows = fetch_rows(
        f"""
        SELECT c.id, c.order_id, o.marketplace, o.external_id, o.part, c.kind, c.cause, c.rated_on,
               c.payable_on, c.receipts_fen, c.total_fen, c.net_fen, c.reason,
               {", ".join(f"c.{name}" for name in FEE_COLUMNS)}
        FROM settlement_charge c JOIN settlement_run r ON r.id = c.run_id
        JOIN orders_order o ON o.id = c.order_id
        WHERE c.seller_id = %s AND r.code = %s ORDER BY c.rated_on, c.order_id, c.id
        """,
        [seller_id, run_code],
    )
    return [_line(row) for row in rows]


def _sums(row: tuple[Any, ...]) -> SellerSums:
    seller_id, seller, charges, receipts, carried_in, payout, carried_on, *fees = row
    by_column = dict(zip(FEE_COLUMNS, fees, strict=True))
    return SellerSums(seller_id, seller, charges, receipts, by_column, carried_in, payout, carried_on)


def _line(row: tuple[Any, ...]) -> StatementLine:
    fees = dict(zip(FEE_COLUMNS, row[13:], strict=True))
    values: list[Any] = [*row[:13], fees]
    return StatementLine(*values)
