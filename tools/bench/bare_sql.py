"""The bare SQL of a replay's stages: the same rows in the same batches with commits, and no rules.

It runs on the database of a finished replay, on empty copies of its tables (their indexes and checks
kept, no foreign keys, no triggers), and takes the rows and the batches from what the replay wrote.
"""

from __future__ import annotations

from dataclasses import dataclass

_EVENTS_OF_A_DAY = """
    SELECT array_agg(id) AS events, array_agg(order_id) AS orders FROM orders_orderevent
    WHERE state = ANY('{states}'::text[])
    GROUP BY (happened_at AT TIME ZONE 'Asia/Shanghai')::date
    ORDER BY (happened_at AT TIME ZONE 'Asia/Shanghai')::date
"""
_INSERT_EVENTS = "INSERT INTO bare_orderevent SELECT * FROM orders_orderevent WHERE id = ANY(%(events)s)"
_OPEN_ORDERS = (
    "INSERT INTO bare_order SELECT * FROM orders_order",
    "UPDATE bare_order SET state = 'picking'",
)


@dataclass(frozen=True, slots=True)
class Bare:
    """A stage's limit: `copies` of tables, filled by `before`; then `statements` for each batch."""

    stage: str
    words: str
    copies: dict[str, str]
    batches: str
    statements: tuple[str, ...]
    before: tuple[str, ...] = ()


def _step(stage: str, states: str, change: str) -> Bare:
    return Bare(
        stage=stage,
        words="UPDATE of the orders + INSERT of their events, one commit a day",
        copies={"bare_order": "orders_order", "bare_orderevent": "orders_orderevent"},
        batches=_EVENTS_OF_A_DAY.format(states=states),
        before=_OPEN_ORDERS,
        statements=(f"UPDATE bare_order SET {change} WHERE id = ANY(%(orders)s)", _INSERT_EVENTS),
    )


BARE = (
    Bare(
        stage="intake",
        words="INSERT … SELECT of the orders and of their lines, one commit per intake step",
        copies={"bare_order": "orders_order", "bare_orderline": "orders_orderline"},
        batches="""
            SELECT array_agg(o.id) AS ids FROM orders_order o
            JOIN LATERAL (SELECT min(decided_at) AS at FROM orders_routingdecision WHERE order_id = o.id) d
                ON TRUE
            WHERE o.part = 0 GROUP BY d.at ORDER BY d.at
        """,
        statements=(
            "INSERT INTO bare_order SELECT * FROM orders_order WHERE id = ANY(%(ids)s)",
            "INSERT INTO bare_orderline SELECT * FROM orders_orderline WHERE order_id = ANY(%(ids)s)",
        ),
    ),
    Bare(
        stage="statements",
        words="UPDATE of the sellers' balances from unnest, one commit per time of statement",
        copies={"bare_balance": "stock_balance"},
        batches="""
            SELECT d.business_date AS day, array_agg(b.id ORDER BY b.id) AS ids,
                   array_agg(((b.id + d.id) % 50 + 1)::int ORDER BY b.id) AS quantities
            FROM stock_declaration d JOIN stock_balance b ON b.seller_id = d.seller_id
            GROUP BY d.business_date, d.received_at ORDER BY d.received_at
        """,
        before=("INSERT INTO bare_balance SELECT * FROM stock_balance",),
        statements=(
            """
            UPDATE bare_balance b SET declared = u.quantity, stated_on = %(day)s
            FROM unnest(%(ids)s::bigint[], %(quantities)s::int[]) AS u(id, quantity) WHERE b.id = u.id
            """,
        ),
    ),
    _step("packing", "{packed}", "state = 'packed', packed_at = now()"),
    _step("handover", "{handed_over}", "state = 'handed_over', handed_over_at = now()"),
    _step("delivery", "{delivered,shipped}", "state = 'delivered', delivered_at = now()"),
    Bare(
        stage="charges",
        words="INSERT … SELECT of the wide charge rows, one commit a day",
        copies={"bare_charge": "settlement_charge"},
        batches="SELECT array_agg(id) AS ids FROM settlement_charge GROUP BY charged_at ORDER BY charged_at",
        statements=("INSERT INTO bare_charge SELECT * FROM settlement_charge WHERE id = ANY(%(ids)s)",),
    ),
    Bare(
        stage="settlement",
        words="UPDATE of run_id + one GROUP BY seller, one commit a run",
        copies={"bare_charge": "settlement_charge"},
        batches="""
            SELECT run_id AS run, array_agg(id) AS ids FROM settlement_charge
            WHERE run_id IS NOT NULL GROUP BY run_id ORDER BY run_id
        """,
        before=(
            "INSERT INTO bare_charge SELECT * FROM settlement_charge",
            "UPDATE bare_charge SET run_id = NULL",
        ),
        statements=(
            "UPDATE bare_charge SET run_id = %(run)s WHERE id = ANY(%(ids)s)",
            """
            SELECT seller_id, sum(receipts_fen), sum(total_fen) FROM bare_charge
            WHERE run_id = %(run)s GROUP BY seller_id
            """,
        ),
    ),
)
STAGED = ("simulate_stagedseller", "simulate_stagedproduct", "simulate_stagedorder", "simulate_stageditem")
