"""Whether charges, statements, ledger postings and payouts tell the same story."""

from __future__ import annotations

from dataclasses import dataclass

from bantuo.apps.settlement.rating import FEE_COLUMNS
from bantuo.apps.sql import fetch_rows


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One figure of one seller and run that two places state differently."""

    run: str
    seller_id: int
    what: str
    charged_fen: int
    stated_fen: int


_FIGURES = f"""
    WITH charged AS (
        SELECT run_id, seller_id, count(*) AS charges, sum(receipts_fen) AS receipts, sum(total_fen) AS fees,
               sum(net_fen) AS net, sum({" + ".join(FEE_COLUMNS)}) AS columns
        FROM settlement_charge WHERE run_id IS NOT NULL GROUP BY 1, 2
    ), booked AS (
        SELECT p.seller_id, p.account_id, p.amount_fen, COALESCE(o.kind, e.kind) AS kind,
               COALESCE(o.reference, e.reference) AS code
        FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id
        LEFT JOIN ledger_entry o ON o.id = e.reverses_id
    ), posted AS (
        SELECT code, seller_id,
               COALESCE(sum(amount_fen) FILTER (WHERE kind = 'receipts' AND account_id = 'bank'), 0)
                   AS receipts,
               COALESCE(-sum(amount_fen) FILTER (WHERE kind = 'settlement' AND account_id LIKE 'fee\\_%%'), 0)
                   AS fees,
               COALESCE(-sum(amount_fen) FILTER (WHERE kind = 'settlement'
                   AND account_id = 'seller_payable'), 0) AS net,
               COALESCE(-sum(amount_fen) FILTER (WHERE kind = 'payout' AND account_id = 'bank'), 0)
                   AS payout
        FROM booked WHERE kind IN ('settlement', 'receipts', 'payout') GROUP BY 1, 2
    ), figures AS (
        SELECT r.code, k.seller_id, s.id AS stated,
               COALESCE(c.charges, 0) AS charges, COALESCE(c.receipts, 0) AS receipts,
               COALESCE(c.fees, 0) AS fees, COALESCE(c.net, 0) AS net, COALESCE(c.columns, 0) AS columns,
               COALESCE(s.charges, 0) AS s_charges, COALESCE(s.receipts_fen, 0) AS s_receipts,
               COALESCE(s.fees_fen, 0) AS s_fees, COALESCE(s.payout_fen, 0) AS s_payout,
               COALESCE(p.receipts, 0) AS p_receipts, COALESCE(p.fees, 0) AS p_fees,
               COALESCE(p.net, 0) AS p_net, COALESCE(p.payout, 0) AS p_payout,
               COALESCE(o.amount_fen, 0) AS paid
        FROM (SELECT run_id, seller_id FROM charged UNION SELECT run_id, seller_id FROM settlement_statement
              UNION SELECT run_id, seller_id FROM settlement_payout) k
        JOIN settlement_run r ON r.id = k.run_id
        LEFT JOIN charged c ON c.run_id = k.run_id AND c.seller_id = k.seller_id
        LEFT JOIN settlement_statement s ON s.run_id = k.run_id AND s.seller_id = k.seller_id
        LEFT JOIN posted p ON p.code = r.code AND p.seller_id = k.seller_id
        LEFT JOIN settlement_payout o ON o.run_id = k.run_id AND o.seller_id = k.seller_id
    )
    SELECT f.code, f.seller_id, v.what, v.left_fen::bigint, v.right_fen::bigint
    FROM figures f CROSS JOIN LATERAL (VALUES
        ('charges on the statement', f.charges, f.s_charges),
        ('receipts on the statement', f.receipts, f.s_receipts),
        ('fees on the statement', f.fees, f.s_fees),
        ('fee columns of the charges', f.fees, f.columns),
        ('receipts in the ledger', f.receipts, f.p_receipts),
        ('fees in the ledger', f.fees, f.p_fees),
        ('payable in the ledger', f.net, f.p_net),
        ('payout in the ledger', f.s_payout, f.p_payout),
        ('payout sent', f.s_payout, f.paid)
    ) v(what, left_fen, right_fen)
    WHERE v.left_fen <> v.right_fen ORDER BY f.code, f.seller_id, v.what
"""

_CARRIED = """
    SELECT r.code, s.seller_id, 'carried in', s.before, s.carried_in_fen FROM (
        SELECT seller_id, run_id, carried_in_fen,
               COALESCE(lag(carried_on_fen) OVER (PARTITION BY seller_id ORDER BY run_id), 0) AS before
        FROM settlement_statement
    ) s JOIN settlement_run r ON r.id = s.run_id
    WHERE s.before <> s.carried_in_fen ORDER BY s.run_id, s.seller_id
"""

_PAYABLE = """
    SELECT 'all runs', s.seller_id, 'balance carried on', s.carried_on_fen, COALESCE(-p.fen, 0)::bigint FROM (
        SELECT DISTINCT ON (seller_id) seller_id, carried_on_fen FROM settlement_statement
        ORDER BY seller_id, run_id DESC
    ) s LEFT JOIN (
        SELECT p.seller_id, sum(p.amount_fen) AS fen FROM ledger_posting p
        JOIN ledger_entry e ON e.id = p.entry_id LEFT JOIN ledger_entry o ON o.id = e.reverses_id
        WHERE p.account_id = 'seller_payable' AND COALESCE(o.kind, e.kind) IN ('settlement', 'payout')
        GROUP BY 1
    ) p USING (seller_id)
    WHERE s.carried_on_fen <> COALESCE(-p.fen, 0) ORDER BY s.seller_id
"""


def reconcile_statements() -> list[Disagreement]:
    """Every figure that differs between charges, statements, ledger and payouts; empty when all agree.

    A reversal counts with the entry that it reverses.
    """
    return [Disagreement(*row) for query in (_FIGURES, _CARRIED, _PAYABLE) for row in fetch_rows(query)]
