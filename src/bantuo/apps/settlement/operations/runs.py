"""Settle what has become payable: claim, state, post and pay, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.ledger.operations import NewEntry, post_entries
from bantuo.apps.orders.operations.advance import advance_orders
from bantuo.apps.settlement.queries.statements import SellerSums, seller_sums
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.core.policy import Book

# Column of a charge → account that its fees are income of, and the rule behind it.
FEE_ACCOUNTS = (
    ("base_service_fen", "fee_base_service", "FEE-1.rate"),
    ("fulfilment_fen", "fee_fulfilment", "FEE-2"),
    ("transfer_fen", "fee_transfer", "FEE-5"),
    ("packing_fen", "fee_packing", "FEE-6"),
    ("labelling_fen", "fee_labelling", "FEE-4.label"),
    ("photo_qc_fen", "fee_photo_qc", "FEE-4.photo_qc"),
    ("measured_difference_fen", "fee_measured_difference", "FEE-3"),
)
RECEIPTS_RULE, PAYABLE_RULE = "FEE-1.base", "SET-1"


class PayoutBank(Protocol):
    """Sends money to sellers. A transfer's key makes repeating it harmless.

    It is called before the run commits: a run that fails after it is repeated with the same keys.
    """

    @property
    def name(self) -> str: ...

    def pay(self, transfers: Sequence[tuple[str, str, int]]) -> list[str]:
        """Send each (key, payee, amount in fen); the bank's reference of each, in the order given."""


class RunDiffers(ValueError):
    """A run of this code settled another day."""


class NegativeBalanceUnsupported(LookupError):
    """The policy treats a negative balance in a way that is not provided for."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run settled, in figures."""

    run_id: int
    code: str
    run_on: date
    charges: int
    statements: int
    payouts: int
    receipts_fen: int
    fees_fen: int
    paid_fen: int
    carried_on_fen: int


@transaction.atomic
def run_settlement(
    run_on: date,
    *,
    code: str,
    book: Book,
    policy_version_id: int,
    bank: PayoutBank,
    now: datetime,
    actor: str,
) -> RunResult:
    """Settle every unclaimed charge payable by `run_on` and pay each seller what is left.

    A negative balance is carried into the seller's next statement (SET-1.negative_balance). Once per
    code: called again, it answers with the stored result. Runs wait for each other. Raises RunDiffers.
    """
    stored = _stored_run(code, run_on=run_on)
    if stored is not None:
        return stored
    if book.amount("SET-1.negative_balance", run_on) != "carry_over":
        raise NegativeBalanceUnsupported("SET-1.negative_balance: only carry_over is provided for")
    run_id = _open_run(code, run_on=run_on, now=now, policy_version_id=policy_version_id)
    orders = _claim_charges(run_id, run_on=run_on)
    _keep_statements(run_id)
    sums = seller_sums(run_id)
    entries = [entry for s in sums for entry in _entries_of(s, code=code, run_on=run_on)]
    post_entries(entries, now=now, policy_version_id=policy_version_id)
    _pay([s for s in sums if s.payout_fen], run_id=run_id, code=code, bank=bank, now=now)
    advance_orders(
        [(order, now) for order in orders], to="completed", reason=f"settled in {code}", actor=actor
    )
    result = _result_of(run_id)
    _tell(result, sums, now=now, actor=actor)
    return result


def _stored_run(code: str, *, run_on: date) -> RunResult | None:
    """The run of this code, holding a lock so that two runs never claim side by side."""
    run_statement("SELECT pg_advisory_xact_lock(hashtext('bantuo.run_settlement'))")
    rows = fetch_rows("SELECT id FROM settlement_run WHERE code = %s", [code])
    result = _result_of(rows[0][0]) if rows else None
    if result is not None and result.run_on != run_on:
        raise RunDiffers(f"run {code} settled {result.run_on}, not {run_on}")
    return result


def _open_run(code: str, *, run_on: date, now: datetime, policy_version_id: int) -> int:
    ((run_id,),) = fetch_rows(
        """
        INSERT INTO settlement_run (code, run_on, ran_at, policy_version_id) VALUES (%s, %s, %s, %s)
        RETURNING id
        """,
        [code, run_on, now, policy_version_id],
    )
    return int(run_id)


def _claim_charges(run_id: int, *, run_on: date) -> list[int]:
    """Stamp the run on every charge that is due; returns the orders whose own charge was claimed."""
    rows = fetch_rows(
        """
        WITH due AS (
            SELECT id FROM settlement_charge WHERE run_id IS NULL AND payable_on <= %s ORDER BY id FOR UPDATE
        )
        UPDATE settlement_charge c SET run_id = %s FROM due WHERE c.id = due.id RETURNING c.order_id, c.kind
        """,
        [run_on, run_id],
    )
    return sorted(order for order, kind in rows if kind == "order")


def _keep_statements(run_id: int) -> None:
    """One statement per seller with a claimed charge, opening with what the last one carried on."""
    run_statement(
        """
        WITH charged AS (
            SELECT seller_id, count(*) AS charges, sum(receipts_fen)::bigint AS receipts,
                   sum(total_fen)::bigint AS fees
            FROM settlement_charge WHERE run_id = %s GROUP BY seller_id
        ), carried AS (
            SELECT DISTINCT ON (seller_id) seller_id, carried_on_fen AS fen
            FROM settlement_statement ORDER BY seller_id, run_id DESC
        ), balanced AS (
            SELECT c.*, COALESCE(k.fen, 0) AS carried_in, COALESCE(k.fen, 0) + c.receipts - c.fees AS balance
            FROM charged c LEFT JOIN carried k USING (seller_id)
        )
        INSERT INTO settlement_statement (seller_id, run_id, charges, receipts_fen, fees_fen, carried_in_fen,
                                          payout_fen, carried_on_fen)
        SELECT seller_id, %s, charges, receipts, fees, carried_in, greatest(balance, 0), least(balance, 0)
        FROM balanced ORDER BY seller_id
        """,
        [run_id, run_id],
    )


def _entries_of(sums: SellerSums, *, code: str, run_on: date) -> list[NewEntry]:
    """The aggregated postings of one seller and run; signs follow the sums, refunds may turn them."""
    fees = [(account, -sums.fees[column], rule) for column, account, rule in FEE_ACCOUNTS]
    net = sums.receipts_fen - sum(sums.fees.values())
    facts = {
        "settlement": (
            ("buyer_funds", sums.receipts_fen, RECEIPTS_RULE),
            *fees,
            ("seller_payable", -net, PAYABLE_RULE),
        ),
        "receipts": (
            ("bank", sums.receipts_fen, RECEIPTS_RULE),
            ("buyer_funds", -sums.receipts_fen, RECEIPTS_RULE),
        ),
        "payout": (
            ("seller_payable", sums.payout_fen, PAYABLE_RULE),
            ("bank", -sums.payout_fen, PAYABLE_RULE),
        ),
    }
    return [
        NewEntry(seller_id=sums.seller_id, kind=kind, reference=code, business_date=run_on, postings=postings)
        for kind, postings in facts.items()
        if any(fen for _, fen, _ in postings)
    ]


def _pay(sums: Sequence[SellerSums], *, run_id: int, code: str, bank: PayoutBank, now: datetime) -> None:
    references = bank.pay([(f"{code}/{s.seller}", s.seller, s.payout_fen) for s in sums])
    rows = [(s.seller_id, s.payout_fen, ref) for s, ref in zip(sums, references, strict=True)]
    run_statement(
        """
        INSERT INTO settlement_payout (seller_id, run_id, amount_fen, bank, reference, paid_at)
        SELECT i.seller, %s, i.fen, %s, i.reference, %s
        FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS i(seller, fen, reference)
        """,
        [run_id, bank.name, now, *columns_of(rows, 3)],
    )


def _result_of(run_id: int) -> RunResult:
    ((code, run_on, *figures),) = fetch_rows(
        """
        SELECT r.code, r.run_on, COALESCE(sum(s.charges), 0)::bigint, count(s.id),
               count(s.id) FILTER (WHERE s.payout_fen > 0), COALESCE(sum(s.receipts_fen), 0)::bigint,
               COALESCE(sum(s.fees_fen), 0)::bigint, COALESCE(sum(s.payout_fen), 0)::bigint,
               COALESCE(sum(s.carried_on_fen), 0)::bigint
        FROM settlement_run r LEFT JOIN settlement_statement s ON s.run_id = r.id
        WHERE r.id = %s GROUP BY r.id
        """,
        [run_id],
    )
    return RunResult(run_id, code, run_on, *figures)


def _tell(result: RunResult, sums: Sequence[SellerSums], *, now: datetime, actor: str) -> None:
    run = {"run": result.code, "actor": actor}
    emit_events(
        "settlement.statement",
        [
            (s.seller_id, f"statement:{result.code}/{s.seller}", {**run, "payout_fen": s.payout_fen})
            for s in sums
        ],
        at=now,
    )
    emit_events(
        "settlement.paid",
        [
            (s.seller_id, f"payout:{result.code}/{s.seller}", {**run, "amount_fen": s.payout_fen})
            for s in sums
            if s.payout_fen
        ],
        at=now,
    )
    emit_events(
        "settlement.run",
        [
            (
                None,
                f"run:{result.code}",
                {"charges": result.charges, "paid_fen": result.paid_fen, "actor": actor},
            )
        ],
        at=now,
    )
