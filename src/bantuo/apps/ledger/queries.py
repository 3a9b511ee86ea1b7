"""What the books say: balances, stored entries, and whether everything still balances."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bantuo.apps.sql import columns_of, fetch_rows


@dataclass(frozen=True, slots=True)
class BrokenEntry:
    """An entry that the books should never hold, and what is wrong with it."""

    entry_id: int
    total_fen: int
    reason: str  # unbalanced | no postings | postings of another seller


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """All books in figures; `unbalanced` is empty when the ledger is sound."""

    accounts: dict[str, int]
    entries: int
    postings: int
    unbalanced: list[BrokenEntry]

    @property
    def is_sound(self) -> bool:
        """Whether no entry is broken and all accounts together sum to zero."""
        return not self.unbalanced and sum(self.accounts.values()) == 0


def account_balances() -> dict[str, int]:
    """Fen per account over all sellers, every account of the chart (debit positive)."""
    return dict(
        fetch_rows(
            """
            SELECT a.code, COALESCE(sum(p.amount_fen), 0)::bigint
            FROM ledger_account a LEFT JOIN ledger_posting p ON p.account_id = a.code
            GROUP BY a.code ORDER BY a.code
            """
        )
    )


def seller_balances(seller_ids: Iterable[int]) -> dict[tuple[int, str], int]:
    """Fen per (seller, account) that was ever posted to, for these sellers (debit positive)."""
    return {
        (r[0], r[1]): r[2]
        for r in fetch_rows(
            """
            SELECT seller_id, account_id, sum(amount_fen)::bigint FROM ledger_posting
            WHERE seller_id = ANY(%s) GROUP BY 1, 2 ORDER BY 1, 2
            """,
            [sorted(set(seller_ids))],
        )
    }


def stored_entries(keys: Iterable[tuple[int, str, str]]) -> dict[tuple[int, str, str], int]:
    """Ids of stored entries by (seller, kind, reference)."""
    return {
        (r[0], r[1], r[2]): r[3]
        for r in fetch_rows(
            """
            SELECT e.seller_id, e.kind, e.reference, e.id
            FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS k(seller_id, kind, reference)
            JOIN ledger_entry e USING (seller_id, kind, reference)
            """,
            columns_of(sorted(keys), 3),
        )
    }


def stored_amounts(entry_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Fen per account of each entry."""
    found: dict[int, dict[str, int]] = {entry_id: {} for entry_id in entry_ids}
    for entry_id, account, fen in fetch_rows(
        "SELECT entry_id, account_id, amount_fen FROM ledger_posting WHERE entry_id = ANY(%s) ORDER BY id",
        [sorted(found)],
    ):
        found[entry_id][account] = fen
    return found


def check_ledger() -> LedgerCheck:
    """Add up all the books again, independently of the constraints that guard them."""
    ((entries, postings),) = fetch_rows(
        "SELECT (SELECT count(*) FROM ledger_entry), (SELECT count(*) FROM ledger_posting)"
    )
    return LedgerCheck(
        accounts=account_balances(), entries=entries, postings=postings, unbalanced=_broken_entries()
    )


def _broken_entries() -> list[BrokenEntry]:
    return [
        BrokenEntry(*row)
        for row in fetch_rows(
            """
            SELECT e.id, COALESCE(sum(p.amount_fen), 0)::bigint AS total,
                   CASE WHEN count(p.id) = 0 THEN 'no postings'
                        WHEN sum(p.amount_fen) <> 0 THEN 'unbalanced'
                        ELSE 'postings of another seller' END
            FROM ledger_entry e LEFT JOIN ledger_posting p ON p.entry_id = e.id
            GROUP BY e.id
            HAVING count(p.id) = 0 OR sum(p.amount_fen) <> 0 OR NOT bool_and(p.seller_id = e.seller_id)
            ORDER BY e.id
            """
        )
    ]
