"""What stock there is to promise, and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from bantuo.apps.sql import ask_rows, columns_of, fetch_rows, run_statement
from bantuo.core.clock import OperatingDay
from bantuo.core.routing import Available

BalanceKey = tuple[int, int, int]  # seller, sku, warehouse
Promises = tuple[dict[BalanceKey, int], dict[int, Available]]


def lock_available(keys: Sequence[BalanceKey], *, day: OperatingDay) -> Promises:
    """Lock the balances of these keys in order; their ids and what they can promise.

    `declared` is what is left of the seller's word after reservations and the safety threshold.
    """
    return ask_available(keys, day=day)()


def ask_available(keys: Sequence[BalanceKey], *, day: OperatingDay) -> Callable[[], Promises]:
    """`lock_available` asked for; what is returned reads the answer, once."""
    rows = ask_rows(
        """
        SELECT b.seller_id, b.sku_id, b.warehouse_id, b.id, b.on_hand - b.on_hand_reserved,
               GREATEST(b.declared - b.declared_reserved - b.safety, 0),
               COALESCE(b.stated_on = %s AND b.stated_first_at <= %s, FALSE)
        FROM stock_balance b
        JOIN (SELECT DISTINCT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])
              AS k(seller_id, sku_id, warehouse_id)) k USING (seller_id, sku_id, warehouse_id)
        ORDER BY b.seller_id, b.sku_id, b.warehouse_id FOR NO KEY UPDATE OF b
        """,
        [day.on, day.stated_until, *columns_of(sorted(set(keys)), 3)],
    )

    def promises() -> Promises:
        ids: dict[BalanceKey, int] = {}
        stock: dict[int, Available] = {}
        for seller, sku, warehouse, balance, on_hand, declared, in_time in rows():
            ids[seller, sku, warehouse] = balance
            stock[balance] = Available(on_hand=on_hand, declared=declared, stated_in_time=in_time)
        return ids, stock

    return promises


def has_unopened_skus(seller_id: int) -> bool:
    """Whether a semi-managed SKU of the seller has no balance yet where the seller is bound."""
    # Of 100,000 SKUs only indexes are read: the few that need no balance are told apart by one of their own.
    rows = fetch_rows(
        """
        SELECT EXISTS (
            SELECT FROM catalog_sku s WHERE s.seller_id = n.seller_id
                AND NOT EXISTS (SELECT FROM stock_balance b WHERE b.seller_id = s.seller_id
                    AND b.sku_id = s.id AND b.warehouse_id = n.warehouse_id)
                AND s.id NOT IN (SELECT k.id FROM catalog_sku k WHERE k.seller_id = n.seller_id
                    AND (NOT k.semi_managed OR k.delisted_at IS NOT NULL)))
        FROM parties_binding n WHERE n.seller_id = %s AND n.unbound_at IS NULL
        """,
        [seller_id],
    )
    return any(found for (found,) in rows)


def lock_declared(balance_ids: Iterable[int]) -> dict[int, int]:
    """Lock balances in order; what each seller's word still covers, until the transaction ends."""
    return dict(
        fetch_rows(
            """
            SELECT id, declared FROM stock_balance WHERE id = ANY(%s::bigint[])
            ORDER BY seller_id, sku_id, warehouse_id FOR NO KEY UPDATE
            """,
            [sorted(set(balance_ids))],
        )
    )


def lock_shortages() -> list[int]:
    """Lock the balances of all open shortages in order; their ids. Shortages change only under this lock."""
    return [
        r[0]
        for r in fetch_rows(
            """
            SELECT b.id FROM stock_balance b
            WHERE b.id IN (SELECT balance_id FROM stock_shortage WHERE closed_at IS NULL)
            ORDER BY b.seller_id, b.sku_id, b.warehouse_id FOR NO KEY UPDATE
            """
        )
    ]


def lock_sellers(seller_ids: Iterable[int]) -> None:
    """Let one statement of a seller after the other in, before any balance is looked at."""
    fetch_rows(
        "SELECT id FROM parties_seller WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
        [sorted(set(seller_ids))],
    )


def hold_day_open(day: OperatingDay) -> None:
    """Keep the cut-off of a business day waiting until this transaction ends; taken before all locks."""
    run_statement("SELECT pg_advisory_xact_lock_shared(hashtext('bantuo.day'), %s)", [day.on.toordinal()])


def close_day(day: OperatingDay) -> None:
    """Wait for all that hold the day open, and let nobody else in until this transaction ends."""
    run_statement("SELECT pg_advisory_xact_lock(hashtext('bantuo.day'), %s)", [day.on.toordinal()])


def movement_differences() -> list[tuple[int, str, int, int]]:
    """Balances that their movements do not sum to: (balance, pool, balance's figure, movements' sum)."""
    return [
        (r[0], r[1], r[2], r[3])
        for r in fetch_rows(
            """
            SELECT b.id, p.pool, p.figure, COALESCE(m.total, 0)
            FROM stock_balance b
            CROSS JOIN LATERAL (VALUES ('declared', 'quantity', b.declared),
                ('declared', 'reserved', b.declared_reserved), ('on_hand', 'quantity', b.on_hand),
                ('on_hand', 'reserved', b.on_hand_reserved)) AS p(pool, kind, figure)
            LEFT JOIN LATERAL (
                SELECT sum(CASE p.kind WHEN 'quantity' THEN quantity_delta ELSE reserved_delta END) AS total
                FROM stock_movement m WHERE m.balance_id = b.id AND m.pool = p.pool) m ON TRUE
            WHERE p.figure <> COALESCE(m.total, 0)
            """
        )
    ]


def oversold_balances() -> list[tuple[int, int]]:
    """Balances with more reserved on hand than there is, or a reservation without any stock or shortage."""
    return [
        (r[0], r[1])
        for r in fetch_rows(
            """
            SELECT b.id, b.seller_id FROM stock_balance b
            WHERE b.on_hand_reserved > b.on_hand
               OR (b.declared_reserved > b.declared AND NOT EXISTS (
                   SELECT 1 FROM stock_shortage s WHERE s.balance_id = b.id AND s.closed_at IS NULL))
            """
        )
    ]
