"""Take a seller's word for what is sellable, row by row, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.apps.stock.operations.merging import merge_statements
from bantuo.apps.stock.queries import has_unopened_skus, hold_day_open, lock_sellers
from bantuo.core.clock import OperatingDay

QUANTITY_MAX = 10_000_000


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


def open_own_balances(seller_id: int, *, now: datetime) -> None:
    """Give what a seller has listed since its last statement a balance, so that its word for it is taken."""
    if has_unopened_skus(seller_id):
        open_balances([seller_id], now=now)


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
    parts = [(s, _sane_rows(s.rows, results[s.seller_id])) for s in fresh]
    merged = merge_statements([(s.seller_id, s.sequence, s.basis == "net") for s in fresh],
                              [[(r.sku, r.warehouse, r.quantity) for r in rows] for _, rows in parts],
                              day=day, now=now)  # fmt: skip
    for (statement, rows), found in zip(parts, merged, strict=True):
        result = results[statement.seller_id]
        result.stated, result.changed = found.stated, found.changed
        for row in rows if found.unknown else ():
            if (row.sku, row.warehouse) in found.unknown:
                result.refused.append((row, "sku", f"{row.sku} × {row.warehouse}", "listed and bound"))
        for row in rows if found.stale else ():
            if (row.sku, row.warehouse) in found.stale:
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
