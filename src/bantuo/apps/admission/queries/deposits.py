"""What the ledger holds of each deposit, and what keeps it from being released."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from bantuo.apps.admission.models import ApplicationEvent
from bantuo.apps.sql import columns_of, fetch_rows


def deposits_held_fen(deposit_ids: Sequence[int]) -> dict[int, int]:
    """The fen that the ledger holds for each deposit; a deposit without postings is left out."""
    return dict(
        fetch_rows(
            """
            SELECT split_part(e.reference, ':', 2)::bigint, -sum(p.amount_fen)::bigint
            FROM admission_deposit d
            JOIN ledger_entry e ON e.seller_id = d.seller_id AND e.kind IN
                ('deposit_held', 'deposit_topped_up', 'deposit_deducted', 'deposit_refunded')
            JOIN ledger_posting p
                ON p.seller_id = e.seller_id AND p.entry_id = e.id AND p.account_id = 'seller_deposit'
            WHERE d.id = ANY(%s) AND split_part(e.reference, ':', 2)::bigint = d.id
            GROUP BY 1
            """,
            [list(deposit_ids)],
        )
    )


def deductions_posted(keys: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    """Which (seller, reference) deductions of the seller's latest deposit stand in the ledger."""
    return {
        (seller, reference)
        for seller, reference in fetch_rows(
            """
            SELECT i.seller_id, i.reference
            FROM unnest(%s::bigint[], %s::text[]) AS i(seller_id, reference)
            JOIN (SELECT DISTINCT ON (seller_id) id, seller_id FROM admission_deposit
                  ORDER BY seller_id, id DESC) d USING (seller_id)
            JOIN ledger_entry e ON e.seller_id = i.seller_id AND e.kind = 'deposit_deducted'
                AND e.reference = 'deposit:' || d.id || ':' || i.reference
            """,
            columns_of(keys, 2),
        )
    }


def top_ups_demanded(application_ids: Sequence[int]) -> dict[int, int]:
    """By seller, the step that asked last for a top-up: what the payment that answers it refers to."""
    asked = ApplicationEvent.objects.filter(application_id__in=application_ids, state="deposit:top_up_due")
    return dict(asked.order_by("id").values_list("seller_id", "id"))


_OBLIGATIONS: dict[str, tuple[str, str]] = {
    "no_open_order": (
        "open orders",
        """
        SELECT seller_id, count(*) FROM orders_order
        WHERE seller_id = ANY(%(sellers)s) AND state NOT IN ('completed', 'cancelled', 'returned')
        GROUP BY seller_id
        """,
    ),
    "no_open_dispute": (
        "undecided after-sales cases",
        """
        SELECT seller_id, count(*) FROM aftersales_aftersale
        WHERE seller_id = ANY(%(sellers)s) AND opened_at <= %(now)s AND decided_at > %(now)s
        GROUP BY seller_id
        """,
    ),
    "no_open_claim": (
        "fen owed by the seller",
        """
        SELECT seller_id, sum(amount_fen)::bigint FROM ledger_posting
        WHERE seller_id = ANY(%(sellers)s) AND account_id = 'seller_payable'
        GROUP BY seller_id HAVING sum(amount_fen) > 0
        """,
    ),
}


def open_obligations(
    seller_ids: Sequence[int], *, conditions: Iterable[str], now: datetime
) -> dict[int, list[str]]:
    """What keeps each seller's deposit, in words with its count; sellers with nothing open are left out.

    A condition of the book that no record here can answer (violations) is open for everybody: a
    deposit is not released on what nobody looked at.
    """
    found: dict[int, list[str]] = {}
    params: dict[str, Any] = {"sellers": list(seller_ids), "now": now}
    for condition in conditions:
        if condition not in _OBLIGATIONS:
            rows = [(seller, 0) for seller in seller_ids]
            told = f"{condition} cannot be answered"
        else:
            told, query = _OBLIGATIONS[condition]
            rows = [(row[0], row[1]) for row in fetch_rows(query, params)]
        for seller, count in rows:
            found.setdefault(seller, []).append(f"{condition}: {count} {told}" if count else told)
    return dict(sorted(found.items()))
