"""Move and reserve stock, and close the shortages that are covered again. Balances are locked in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bantuo.apps.sql import columns_of, run_statement
from bantuo.apps.stock.queries import lock_shortages


@dataclass(frozen=True, slots=True)
class Move:
    """A change of one pool of one balance."""

    balance_id: int
    pool: str
    code: str
    quantity: int
    reserved: int
    reference: str


def move_stock(moves: Iterable[Move], *, at: datetime) -> int:
    """Apply moves to their balances, locked in order, and record each. Inside the caller's transaction.

    The balance's constraints refuse a move that would oversell stock on hand or go below zero.
    """
    rows = [(m.balance_id, m.pool, m.code, m.quantity, m.reserved, m.reference) for m in moves]
    if not rows:
        return 0
    return run_statement(
        """
        WITH inp AS (
            SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::int[], %s::int[], %s::text[])
                AS i(balance_id, pool, code, quantity, reserved, reference)
        ), locked AS (
            SELECT id FROM stock_balance WHERE id IN (SELECT balance_id FROM inp)
            ORDER BY seller_id, sku_id, warehouse_id FOR NO KEY UPDATE
        ), summed AS (
            SELECT balance_id,
                   COALESCE(sum(quantity) FILTER (WHERE pool = 'declared'), 0) AS declared,
                   COALESCE(sum(reserved) FILTER (WHERE pool = 'declared'), 0) AS declared_reserved,
                   COALESCE(sum(quantity) FILTER (WHERE pool = 'on_hand'), 0) AS on_hand,
                   COALESCE(sum(reserved) FILTER (WHERE pool = 'on_hand'), 0) AS on_hand_reserved
            FROM inp JOIN locked ON locked.id = inp.balance_id GROUP BY balance_id
        ), changed AS (
            UPDATE stock_balance b
            SET declared = b.declared + s.declared,
                declared_reserved = b.declared_reserved + s.declared_reserved,
                on_hand = b.on_hand + s.on_hand,
                on_hand_reserved = b.on_hand_reserved + s.on_hand_reserved
            FROM summed s WHERE s.balance_id = b.id RETURNING b.id, b.seller_id
        )
        INSERT INTO stock_movement
            (seller_id, balance_id, pool, code, quantity_delta, reserved_delta, reference, moved_at)
        SELECT c.seller_id, i.balance_id, i.pool, i.code, i.quantity, i.reserved, i.reference, %s
        FROM inp i JOIN changed c ON c.id = i.balance_id WHERE i.quantity <> 0 OR i.reserved <> 0
        """,
        [*columns_of(rows, 6), at],
    )


def return_to_shortages(returned: Mapping[int, int]) -> int:
    """Note how much of each balance's open shortage was given back by lines that turned to the seller."""
    return run_statement(
        """
        UPDATE stock_shortage s SET quantity_returned = s.quantity_returned + r.quantity
        FROM unnest(%s::bigint[], %s::int[]) AS r(balance_id, quantity)
        WHERE r.balance_id = s.balance_id AND s.closed_at IS NULL
        """,
        columns_of(sorted(returned.items()), 2),
    )


def close_shortages(*, now: datetime) -> int:
    """Close shortages whose balance now covers what is reserved; keep the others open."""
    return run_statement(
        """
        WITH closed AS (
            UPDATE stock_shortage s
            SET closed_at = %s, outcome = CASE WHEN s.quantity_returned = 0 THEN 'covered'
                WHEN s.quantity_returned < s.quantity_short THEN 'returned in part' ELSE 'returned' END
            FROM stock_balance b
            WHERE b.id = s.balance_id AND b.id = ANY(%s::bigint[]) AND s.closed_at IS NULL
                AND b.declared >= b.declared_reserved
            RETURNING s.seller_id, s.balance_id, s.outcome
        )
        INSERT INTO events_outboxevent (topic, seller_id, key, payload, occurred_at)
        SELECT 'stock.shortage_closed', seller_id, 'balance:' || balance_id,
               jsonb_build_object('outcome', outcome), %s FROM closed
        """,
        [now, lock_shortages(), now],
    )
