"""Write what sellers state into their balances: resolved, locked in order, moved and compared in one go."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bantuo.apps.sql import Column, fetch_rows, run_statement
from bantuo.core.clock import OperatingDay

_LARGE_ROWS = 2_000
_FEW_ROWS, _PART = 500, 8
_Row = tuple[str, str, int]  # SKU, warehouse, quantity


@dataclass(slots=True)
class Merged:
    """What became of a seller's rows; `unknown` and `stale` by (SKU, warehouse)."""

    stated: int = 0
    changed: int = 0
    unknown: set[tuple[str, str]] = field(default_factory=set)
    stale: set[tuple[str, str]] = field(default_factory=set)


_MERGE = """
    WITH locked AS (
        SELECT b.id, i.seller_id, i.ord, i.sequence, b.declared AS before, i.sequence > b.sequence AS is_new,
               i.quantity + CASE WHEN i.net THEN b.declared_reserved ELSE 0 END AS after
        FROM ({given}) i
        {sku}
        JOIN stock_balance b
            ON b.seller_id = i.seller_id AND b.sku_id = s.id AND b.warehouse_id = i.warehouse_id
        ORDER BY b.seller_id, b.sku_id, b.warehouse_id FOR NO KEY UPDATE OF b
    ), stated AS (
        UPDATE stock_balance b
        SET declared = k.after, sequence = k.sequence, stated_on = %(on)s,
            stated_first_at = CASE WHEN b.stated_on = %(on)s THEN b.stated_first_at ELSE %(now)s END
        FROM locked k WHERE k.id = b.id AND k.is_new AND b.seller_id = ANY(%(sellers)s::bigint[])
        RETURNING b.id, b.seller_id, b.declared_reserved, k.before, k.after, k.sequence
    ), moved AS (
        INSERT INTO stock_movement
            (seller_id, balance_id, pool, code, quantity_delta, reserved_delta, reference, moved_at)
        SELECT seller_id, id, 'declared', 'declare', after - before, 0, 'declaration:' || sequence, %(now)s
        FROM stated WHERE after <> before
    ), short AS (
        INSERT INTO stock_shortage
            (seller_id, balance_id, quantity_short, quantity_returned, reason, opened_at, outcome)
        SELECT seller_id, id, declared_reserved - after, 0, 'stated ' || after || ', reserved '
               || declared_reserved, %(now)s, ''
        FROM stated WHERE after < declared_reserved
        ON CONFLICT (seller_id, balance_id) WHERE closed_at IS NULL
        DO UPDATE SET quantity_short = excluded.quantity_short + stock_shortage.quantity_returned,
                      reason = excluded.reason
        RETURNING seller_id, balance_id, quantity_short
    ), told AS (
        INSERT INTO events_outboxevent (topic, seller_id, key, payload, occurred_at)
        SELECT 'stock.shortage_opened', seller_id, 'balance:' || balance_id,
               jsonb_build_object('quantity_short', quantity_short), %(now)s
        FROM short
    )
    SELECT k.seller_id, k.found, k.stated, COALESCE(s.changed, 0)::int, k.stale
    FROM (SELECT seller_id, count(*)::int AS found, (count(*) FILTER (WHERE is_new))::int AS stated,
                 array_agg(ord) FILTER (WHERE NOT is_new) AS stale
          FROM locked GROUP BY seller_id) k
    LEFT JOIN (SELECT seller_id, count(*) AS changed FROM stated WHERE before <> after GROUP BY seller_id) s
        USING (seller_id)
"""

# The database takes a code that many sellers use for many SKUs of this one; so it is told which way is short.
_ALL_SKUS = "JOIN catalog_sku s ON s.seller_id = i.seller_id AND s.code = i.sku"
_SKU_BY_SKU = """JOIN LATERAL (
            SELECT id FROM catalog_sku WHERE seller_id = i.seller_id AND code = i.sku LIMIT 1) s ON TRUE"""

_UNKNOWN = """
    SELECT i.ord FROM ({given}) i WHERE NOT EXISTS (
        SELECT FROM catalog_sku s JOIN stock_balance b ON b.seller_id = s.seller_id AND b.sku_id = s.id
        WHERE s.seller_id = i.seller_id AND s.code = i.sku AND b.warehouse_id = i.warehouse_id)
"""


def merge_statements(
    heads: Sequence[tuple[int, int, bool]],
    rows: Sequence[Sequence[_Row]],
    *,
    day: OperatingDay,
    now: datetime,
) -> list[Merged]:
    """What became of each statement, (seller, sequence, is net), and its rows. Inside a transaction.

    Of a SKU × warehouse that a statement names twice, the last row counts.
    """
    # A dictionary keeps the last of what it is given twice.
    last = [{(sku, warehouse): quantity for sku, warehouse, quantity in found} for found in rows]
    names = [key for found in last for key in found]
    merged = [Merged() for _ in heads]
    if not names:
        return merged
    if len(names) > _LARGE_ROWS:  # sorted and joined in memory; until the transaction ends
        run_statement("SET LOCAL work_mem = '64MB'")
    places = [at for at, found in enumerate(last) for _ in found]
    given, told = _given(heads, places, names, [quantity for found in last for quantity in found.values()])
    sellers = [seller for seller, _, _ in heads]
    merge = _MERGE.format(given=given, sku=_ALL_SKUS if _are_most(len(names), sellers) else _SKU_BY_SKU)
    counts = fetch_rows(merge, {**told, "sellers": sellers, "on": day.on, "now": now})
    at_seller = {seller: at for at, (seller, _, _) in enumerate(heads)}
    for seller, _, stated, changed, stale in counts:
        found = merged[at_seller[seller]]
        found.stated, found.changed, found.stale = stated, changed, {names[ord - 1] for ord in stale or ()}
    if sum(found for _, found, *_ in counts) < len(names):
        for (ord,) in fetch_rows(_UNKNOWN.format(given=given), told):
            merged[places[ord - 1]].unknown.add(names[ord - 1])
    return merged


def _are_most(rows: int, sellers: Sequence[int]) -> bool:
    """Whether these are so many of what the sellers list that it is quicker to read all of it."""
    if rows <= _FEW_ROWS:
        return False
    ((listed,),) = fetch_rows(
        "SELECT count(*) FROM (SELECT FROM catalog_sku WHERE seller_id = ANY(%s::bigint[]) LIMIT %s) k",
        [list(sellers), rows * _PART],
    )
    return bool(listed < rows * _PART)


def _given(
    heads: Sequence[tuple[int, int, bool]],
    places: Sequence[int],
    names: Sequence[tuple[str, str]],
    quantities: Sequence[int],
) -> tuple[str, dict[str, Any]]:
    """The rows as a numbered table, and its parameters.

    What all rows share is said once. That leaves the database's guess of how many rows it will find true,
    and with it the choice between asking row by row and reading all that a seller has in one pass.
    """
    warehouses = dict(fetch_rows("SELECT code, id FROM parties_warehouse"))
    shared, told = [], dict[str, Any]()
    of_rows = {"sku": "jsonb_array_elements_text(%(sku)s::jsonb)", "quantity": "unnest(%(quantity)s::int[])"}
    for name, kind, column in (
        ("seller_id", "bigint", [seller for seller, _, _ in heads]),
        ("sequence", "bigint", [sequence for _, sequence, _ in heads]),
        ("net", "bool", [net for _, _, net in heads]),
        ("warehouse_id", "bigint", None),
    ):
        values = [warehouses.get(w) for _, w in names] if column is None else column
        if len(set(values)) == 1:
            shared.append(f"%({name})s::{kind} AS {name}")
            told[name] = values[0]
        else:
            of_rows[name] = f"unnest(%({name})s::{kind}[])"
            told[name] = Column(values if column is None else [values[at] for at in places])
    told |= {"sku": json.dumps([sku for sku, _ in names]), "quantity": Column(quantities)}
    table = f"""SELECT {", ".join(["i.*", *shared])} FROM ROWS FROM ({", ".join(of_rows.values())})
        WITH ORDINALITY AS i({", ".join(of_rows)}, ord)"""
    return table, told
