"""Files of marketplace orders: kept as read, looked at, then taken in chunk by chunk or all at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import transaction

from bantuo.apps.orders.models import OrderImport
from bantuo.apps.orders.operations.incoming import IntakeResult, NewLine, NewOrder, Refusal
from bantuo.apps.orders.operations.intake import place_orders
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.core.clock import OperatingDay
from bantuo.core.policy import Book

CHUNK_ORDERS = 500
ALL_ROWS_MAX = 5_000
UNREADABLE = -1


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row of a file: its number, its cells as they stand there, what was read of it, what cannot be."""

    row: int
    raw: Sequence[str]
    told: Mapping[str, Any]
    problems: Sequence[Refusal]


class TooManyRows(ValueError):
    """A file that is taken in as a whole has fewer rows."""


class ImportClosed(ValueError):
    """It was taken in or discarded already."""


@transaction.atomic
def draft_import(
    rows: Sequence[ImportRow],
    *,
    columns: Sequence[str],
    marketplace: str,
    mode: str,
    file_name: str,
    now: datetime,
    actor: str,
) -> OrderImport:
    """Keep a file's rows for a look; nothing is taken in. Raises TooManyRows."""
    if mode == "all" and len(rows) > ALL_ROWS_MAX:
        raise TooManyRows(str(ALL_ROWS_MAX))
    numbers: dict[tuple[str, str], int] = {}
    kept = []
    for row in rows:
        key = str(row.told.get("seller", "")), str(row.told.get("order", ""))
        number = UNREADABLE if row.problems else numbers.setdefault(key, len(numbers) + 1)
        cells = json.dumps({"raw": list(row.raw), "told": dict(row.told)}, ensure_ascii=False)
        kept.append((row.row, number, cells, _told(row.problems), "refused" if row.problems else ""))
    draft = OrderImport.objects.create(
        marketplace=marketplace,
        mode=mode,
        file_name=file_name[:200],
        columns=list(columns),
        orders=len(numbers),
        created_by=actor,
        created_at=now,
    )
    run_statement(
        """
        INSERT INTO orders_orderimportrow (order_import_id, row, order_no, cells, problems, outcome)
        SELECT %s, i.row, i.number, i.cells::jsonb, i.problems::jsonb, i.outcome
        FROM unnest(%s::int[], %s::int[], %s::text[], %s::text[], %s::text[])
            AS i(row, number, cells, problems, outcome)
        """,
        [draft.pk, *columns_of(kept, 5)],
    )
    return draft


def _told(problems: Sequence[Refusal]) -> str:
    named = [{"field": p.field, "value": p.value, "rule": p.rule, "reason": p.reason} for p in problems]
    return json.dumps(named, ensure_ascii=False)


@transaction.atomic
def start_import(import_id: int) -> OrderImport:
    """Let the rows be taken in from now on. Raises ImportClosed."""
    held = OrderImport.objects.select_for_update(no_key=True).get(pk=import_id)
    if held.state != "draft":
        raise ImportClosed(held.state)
    held.state = "running"
    held.save(update_fields=["state"])
    return held


@transaction.atomic
def discard_import(import_id: int, *, now: datetime) -> OrderImport:
    """Put a file aside that was only read. Raises ImportClosed."""
    held = OrderImport.objects.select_for_update(no_key=True).get(pk=import_id)
    if held.state != "draft":
        raise ImportClosed(held.state)
    held.state, held.finished_at = "discarded", now
    held.save(update_fields=["state", "finished_at"])
    return held


@transaction.atomic
def run_import(import_id: int, *, book: Book, day: OperatingDay, now: datetime, actor: str) -> bool:
    """Take the next orders in and mark their rows in the same transaction; whether there are more.

    Killed anywhere it goes on where it was. Of a file taken in as a whole, all rows or none.
    """
    held = OrderImport.objects.select_for_update(no_key=True).get(pk=import_id)
    if held.state != "running":
        return False
    limit = ALL_ROWS_MAX if held.mode == "all" else CHUNK_ORDERS
    orders = _next_orders(held, limit=limit)
    if held.mode == "all":
        _take_all(held, orders, book=book, day=day, now=now, actor=actor)
        return False
    if not orders:
        _finish(held, "done", now=now)
        return False
    results = place_orders(list(orders.values()), book=book, day=day, now=now, actor=actor)
    _mark(held.pk, list(orders), results)
    return True


def _finish(held: OrderImport, state: str, *, now: datetime) -> None:
    held.state, held.finished_at = state, now
    held.save(update_fields=["state", "finished_at"])


def _take_all(
    held: OrderImport,
    orders: Mapping[int, NewOrder],
    *,
    book: Book,
    day: OperatingDay,
    now: datetime,
    actor: str,
) -> None:
    """Everything, or nothing with every reason."""
    if fetch_rows(
        "SELECT 1 FROM orders_orderimportrow WHERE order_import_id = %s AND outcome = 'refused' LIMIT 1",
        [held.pk],
    ):
        _finish(held, "refused", now=now)
        return
    point = transaction.savepoint()
    results = place_orders(list(orders.values()), book=book, day=day, now=now, actor=actor)
    refused = any(result.outcome == "refused" for result in results)
    if refused:
        transaction.savepoint_rollback(point)
        pairs = [(no, r) for no, r in zip(orders, results, strict=True) if r.outcome == "refused"]
        _mark(held.pk, [no for no, _ in pairs], [r for _, r in pairs])
    else:
        transaction.savepoint_commit(point)
        _mark(held.pk, list(orders), results)
    _finish(held, "refused" if refused else "done", now=now)


def _next_orders(held: OrderImport, *, limit: int) -> dict[int, NewOrder]:
    """The next orders of the file, by their number in it."""
    rows = fetch_rows(
        """
        SELECT r.order_no, r.row, (r.cells -> 'told')::text FROM orders_orderimportrow r
        WHERE r.order_import_id = %s AND r.outcome = '' AND r.order_no IN (
            SELECT DISTINCT order_no FROM orders_orderimportrow
            WHERE order_import_id = %s AND outcome = '' ORDER BY order_no LIMIT %s)
        ORDER BY r.order_no, r.row
        """,
        [held.pk, held.pk, limit],
    )
    return {
        number: _order(held.marketplace, [(row, json.loads(told)) for _, row, told in group])
        for number, group in groupby(rows, key=lambda r: r[0])
    }


def _order(marketplace: str, rows: Sequence[tuple[int, Mapping[str, Any]]]) -> NewOrder:
    _, first = rows[0]
    return NewOrder(
        marketplace=marketplace,
        seller=first["seller"],
        external_id=first["order"],
        placed_at=datetime.fromisoformat(first["placed_at"]),
        destination=first["destination"],
        lines=[
            NewLine(
                row=str(row),
                line_no=told.get("line") or at,
                sku=told["sku"],
                quantity=told["quantity"],
                goods_fen=told["goods"],
                freight_fen=told.get("freight") or 0,
            )
            for at, (row, told) in enumerate(rows, start=1)
        ],
        merchant_coupon_fen=first.get("coupon") or 0,
    )


def _mark(import_id: int, numbers: Sequence[int], results: Sequence[IntakeResult]) -> None:
    """What became of each order, on all its rows; the reasons on the rows that they name."""
    done = [(no, r.outcome, r.order_id) for no, r in zip(numbers, results, strict=True)]
    run_statement(
        """
        UPDATE orders_orderimportrow r SET outcome = i.outcome, order_id = i.order_id
        FROM unnest(%s::int[], %s::text[], %s::bigint[]) AS i(number, outcome, order_id)
        WHERE r.order_import_id = %s AND r.order_no = i.number
        """,
        [*columns_of(done, 3), import_id],
    )
    named: dict[int, list[Refusal]] = {}
    for result in results:
        for refusal in result.refusals:
            if refusal.row.isdecimal():
                named.setdefault(int(refusal.row), []).append(refusal)
    problems = [(row, _told(found)) for row, found in sorted(named.items())]
    run_statement(
        """
        UPDATE orders_orderimportrow r SET problems = i.problems::jsonb
        FROM unnest(%s::int[], %s::text[]) AS i(row, problems)
        WHERE r.order_import_id = %s AND r.row = i.row
        """,
        [*columns_of(problems, 2), import_id],
    )
