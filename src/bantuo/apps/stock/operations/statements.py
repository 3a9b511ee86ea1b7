"""State, move and reserve stock. Balances are locked in (seller, sku, warehouse) order, always."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.sql import columns_of, fetch_rows, int_array, run_statement
from bantuo.apps.stock.queries import hold_day_open, lock_sellers, lock_shortages
from bantuo.core.clock import OperatingDay

QUANTITY_MAX = 10_000_000
_LARGE_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class StatedRow:
    """One row of a statement, as the seller sent it; `row` is the caller's own name for it."""

    row: int
    sku: str
    warehouse: str
    quantity: int


@dataclass(frozen=True, slots=True)
class StockStatement:
    """A seller's absolute statement (申报). `basis`: gross of, or net of, open orders.

    `refused`: rows that the door could not read, kept with it as (row, field, value, rule).
    """

    seller_id: int
    sequence: int
    as_of: datetime
    basis: str
    channel: str
    rows: Sequence[StatedRow]
    refused: Sequence[tuple[StatedRow, str, str, str]] = ()


@dataclass(slots=True)
class StatementResult:
    """What became of one statement, row by row; a repeated one changes nothing."""

    seller_id: int
    repeated: bool = False
    stated: int = 0
    changed: int = 0
    refused: list[tuple[StatedRow, str, str, str]] = field(default_factory=list)  # row, field, value, rule


@dataclass(frozen=True, slots=True)
class Move:
    """A change of one pool of one balance."""

    balance_id: int
    pool: str
    code: str
    quantity: int
    reserved: int
    reference: str


@transaction.atomic
def open_balances(seller_ids: Sequence[int], *, now: datetime) -> int:
    """Give every semi-managed SKU of these sellers a balance at the warehouse they are bound to."""
    return run_statement(
        """
        INSERT INTO stock_balance (seller_id, sku_id, warehouse_id, declared, declared_reserved,
                                   on_hand, on_hand_reserved, safety, sequence)
        SELECT s.seller_id, s.id, b.warehouse_id, 0, 0, 0, 0, 0, 0
        FROM catalog_sku s JOIN parties_binding b ON b.seller_id = s.seller_id AND b.unbound_at IS NULL
        WHERE s.seller_id = ANY(%s::bigint[]) AND s.semi_managed AND s.delisted_at IS NULL
            AND b.bound_at <= %s
        ORDER BY s.seller_id, s.id
        ON CONFLICT DO NOTHING
        """,
        [list(seller_ids), now],
    )


class SellerStatedTwice(ValueError):
    """Two statements of one seller in one call have no order between them."""


@transaction.atomic
def declare_stock(
    statements: Sequence[StockStatement], *, day: OperatingDay, now: datetime, actor: str
) -> list[StatementResult]:
    """Take each seller's word for what is sellable; receipt time `now` decides the day.

    Always accepted: a number below what is reserved opens a shortage. Refused per row: an unknown
    SKU × warehouse, a quantity outside 0…10,000,000, a sequence not above the last one accepted, also
    where another channel has used it: only the same statement through the same door is a repetition.
    Raises SellerStatedTwice where one call holds two statements of a seller.
    """
    if len({s.seller_id for s in statements}) < len(statements):
        raise SellerStatedTwice("one call takes one statement of a seller, so that the last word is clear")
    hold_day_open(day)
    lock_sellers(s.seller_id for s in statements)
    results = {s.seller_id: StatementResult(s.seller_id, refused=list(s.refused)) for s in statements}
    fresh = _fresh(statements, results)
    rows = [(s, r) for s in fresh for r in _sane_rows(s.rows, results[s.seller_id])]
    for seller_id, stated, changed, unknown, stale in _merge(fresh, rows, day=day, now=now):
        result = results[seller_id]
        result.stated, result.changed = stated, changed
        for at in unknown or ():
            row = rows[at - 1][1]
            result.refused.append((row, "sku", f"{row.sku} × {row.warehouse}", "listed and bound"))
        for at in stale or ():
            statement, row = rows[at - 1]
            result.refused.append((row, "sequence", str(statement.sequence), "above the last accepted"))
    _record(fresh, results, day=day, now=now, actor=actor)
    return list(results.values())


def _fresh(
    statements: Sequence[StockStatement], results: Mapping[int, StatementResult]
) -> list[StockStatement]:
    """Those whose sequence is free; of the others, a repetition is marked and a clash refused row by row."""
    taken = _taken(statements)
    for statement in statements:
        result, channel = results[statement.seller_id], taken.get((statement.seller_id, statement.sequence))
        result.repeated = channel == statement.channel
        if channel not in (None, statement.channel):
            clash = ("sequence", str(statement.sequence), "above the last accepted")
            result.refused.extend((row, *clash) for row in statement.rows)
    return [s for s in statements if (s.seller_id, s.sequence) not in taken]


def _taken(statements: Sequence[StockStatement]) -> dict[tuple[int, int], str]:
    """The channel of the statement that has the sequence already, by seller and sequence."""
    return {
        (seller, sequence): channel
        for seller, sequence, channel in fetch_rows(
            """
            SELECT d.seller_id, d.sequence, d.channel FROM stock_declaration d
            JOIN unnest(%s::bigint[], %s::bigint[]) AS i(seller_id, sequence) USING (seller_id, sequence)
            """,
            columns_of([(s.seller_id, s.sequence) for s in statements], 2),
        )
    }


def _sane_rows(rows: Sequence[StatedRow], result: StatementResult) -> Sequence[StatedRow]:
    """All rows where all are sane, which is told at a glance; else those that are."""
    texts = "".join([row.sku + row.warehouse for row in rows])
    quantities = [row.quantity for row in rows]
    if quantities and min(quantities) >= 0 and max(quantities) <= QUANTITY_MAX and "\x00" not in texts:
        return rows
    return [row for row in rows if _sane(row, result)]


def _sane(row: StatedRow, result: StatementResult) -> bool:
    if "\x00" in row.sku + row.warehouse:
        name = f"{row.sku} × {row.warehouse}".replace("\x00", "\\0")
        result.refused.append((row, "sku", name, "a text has no NUL character"))
        return False
    if 0 <= row.quantity <= QUANTITY_MAX:
        return True
    result.refused.append((row, "quantity", str(row.quantity), f"0…{QUANTITY_MAX}"))
    return False


# Resolve, lock in order, update, record movements, open shortages: one statement.
_MERGE = """
    WITH statement AS (
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bool[]) AS t(seller_id, sequence, net)
    ), inp AS (
        SELECT i.*, t.sequence, t.net
        FROM ROWS FROM (unnest(%s::bigint[]), jsonb_array_elements_text(%s::jsonb),
                        jsonb_array_elements_text(%s::jsonb), unnest(%s::int[]))
            WITH ORDINALITY AS i(seller_id, sku, warehouse, quantity, ord)
        JOIN statement t USING (seller_id)
    ), found AS (
        SELECT i.*, b.id AS balance_id
        FROM inp i
        LEFT JOIN catalog_sku s ON s.seller_id = i.seller_id AND s.code = i.sku
        LEFT JOIN parties_warehouse w ON w.code = i.warehouse
        LEFT JOIN stock_balance b
            ON b.seller_id = i.seller_id AND b.sku_id = s.id AND b.warehouse_id = w.id
    ), last AS (
        SELECT DISTINCT ON (balance_id) * FROM found
        WHERE balance_id IS NOT NULL ORDER BY balance_id, ord DESC
    ), locked AS (
        SELECT b.id, b.declared AS before, l.sequence,
               l.quantity + CASE WHEN l.net THEN b.declared_reserved ELSE 0 END AS after
        FROM stock_balance b JOIN last l ON l.balance_id = b.id
        ORDER BY b.seller_id, b.sku_id, b.warehouse_id FOR NO KEY UPDATE OF b
    ), stated AS (
        UPDATE stock_balance b
        SET declared = k.after, sequence = k.sequence, stated_on = %s,
            stated_first_at = CASE WHEN b.stated_on = %s THEN b.stated_first_at ELSE %s END
        FROM locked k WHERE k.id = b.id AND k.sequence > b.sequence
        RETURNING b.id, b.seller_id, b.declared_reserved, k.before, k.after, k.sequence
    ), moved AS (
        INSERT INTO stock_movement
            (seller_id, balance_id, pool, code, quantity_delta, reserved_delta, reference, moved_at)
        SELECT seller_id, id, 'declared', 'declare', after - before, 0, 'declaration:' || sequence, %s
        FROM stated WHERE after <> before
    ), short AS (
        INSERT INTO stock_shortage
            (seller_id, balance_id, quantity_short, quantity_returned, reason, opened_at, outcome)
        SELECT seller_id, id, declared_reserved - after, 0, 'stated ' || after || ', reserved '
               || declared_reserved, %s, ''
        FROM stated WHERE after < declared_reserved
        ON CONFLICT (seller_id, balance_id) WHERE closed_at IS NULL
        DO UPDATE SET quantity_short = excluded.quantity_short + stock_shortage.quantity_returned,
                      reason = excluded.reason
        RETURNING seller_id, balance_id, quantity_short
    ), told AS (
        INSERT INTO events_outboxevent (topic, seller_id, key, payload, occurred_at)
        SELECT 'stock.shortage_opened', seller_id, 'balance:' || balance_id,
               jsonb_build_object('quantity_short', quantity_short), %s
        FROM short
    )
    SELECT f.seller_id, count(s.id)::int, (count(s.id) FILTER (WHERE s.before <> s.after))::int,
           array_agg(f.ord ORDER BY f.ord) FILTER (WHERE f.balance_id IS NULL),
           array_agg(f.ord ORDER BY f.ord) FILTER (WHERE f.balance_id IS NOT NULL AND s.id IS NULL)
    FROM found f LEFT JOIN stated s ON s.id = f.balance_id GROUP BY f.seller_id ORDER BY f.seller_id
"""


def _merge(
    statements: Sequence[StockStatement],
    rows: Sequence[tuple[StockStatement, StatedRow]],
    *,
    day: OperatingDay,
    now: datetime,
) -> list[tuple[int, int, int, list[int] | None, list[int] | None]]:
    """Per seller: rows stated and changed, and the numbers of rows without a balance or out of date."""
    if not rows:
        return []
    sellers = columns_of([(s.seller_id, s.sequence, s.basis == "net") for s in statements], 3)
    columns = (
        int_array(s.seller_id for s, _ in rows),
        json.dumps([r.sku for _, r in rows]),
        json.dumps([r.warehouse for _, r in rows]),
        int_array(r.quantity for _, r in rows),
    )
    if len(rows) > _LARGE_ROWS:  # sorted and joined in memory; until the transaction ends
        run_statement("SET LOCAL work_mem = '64MB'")
    return fetch_rows(_MERGE, [*sellers, *columns, day.on, day.on, now, now, now, now])


_KEEP_DECLARATIONS = """
    INSERT INTO stock_declaration (seller_id, sequence, as_of, basis, channel, business_date,
                                   received_at, rows_stated, rows_changed, rows_refused)
    SELECT i.seller_id, i.sequence, i.as_of, i.basis, i.channel, %s, %s, i.stated, i.changed, i.refused
    FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::text[], %s::text[],
                %s::int[], %s::int[], %s::int[])
        AS i(seller_id, sequence, as_of, basis, channel, stated, changed, refused)
    ORDER BY i.seller_id
    ON CONFLICT (seller_id, sequence) DO NOTHING RETURNING seller_id, id
"""


def _record(
    statements: Sequence[StockStatement],
    results: dict[int, StatementResult],
    *,
    day: OperatingDay,
    now: datetime,
    actor: str,
) -> None:
    """Keep each statement and its refused rows; tell the outbox."""
    columns = columns_of(
        [
            (s.seller_id, s.sequence, s.as_of, s.basis, s.channel, r.stated, r.changed, len(r.refused))
            for s in statements
            for r in [results[s.seller_id]]
        ],
        8,
    )
    made = dict(fetch_rows(_KEEP_DECLARATIONS, [day.on, now, *columns]))
    refused = [
        (seller, made[seller], row.row, name, value, rule)
        for seller, result in results.items()
        if seller in made
        for row, name, value, rule in result.refused
    ]
    if refused:
        run_statement(
            """
            INSERT INTO stock_declarationrefusal (seller_id, declaration_id, row, field, value, rule)
            SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::text[], %s::text[], %s::text[])
            """,
            columns_of(refused, 6),
        )
    emit_events(
        "stock.declared",
        [
            (
                s.seller_id,
                f"declaration:{made[s.seller_id]}",
                {"changed": results[s.seller_id].changed, "by": actor},
            )
            for s in statements
            if s.seller_id in made
        ],
        at=now,
    )


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
