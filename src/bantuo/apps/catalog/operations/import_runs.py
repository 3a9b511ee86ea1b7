"""Carry out an import batch by batch, and undo it: progress lives in the rows it stamps.

Each batch is one transaction with the stamps of its rows, so a run that is killed goes on where it
was, and nothing is listed twice. Who runs it is a job, or anybody who calls it again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import DataError, IntegrityError, transaction

from bantuo.apps.catalog.models import ListingImport, ListingImportRow
from bantuo.apps.catalog.operations.delisting import SkuToDelist, delist_skus
from bantuo.apps.catalog.operations.imports import (
    CHECKED,
    DONE,
    RUNNING,
    UNDOING,
    UNDONE,
    ImportClosed,
    lock_import,
    problem_of_refusal,
)
from bantuo.apps.catalog.operations.listing import list_skus
from bantuo.apps.catalog.operations.sheet_rows import ReadRow, read_rows
from bantuo.apps.catalog.operations.snapshots import row_of, snapshots
from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.operations import lock_sellers
from bantuo.core.policy import Book
from bantuo.engine.listing_cells import STEP

BATCH_ROWS = 250


@transaction.atomic
def start_import(import_id: int, *, seller_id: int, now: datetime, actor: str) -> ListingImport:
    """Let a sheet that was looked at be carried out; `actor` stands behind every change it makes.

    Starting twice is starting once. Raises ImportUnknown, ImportClosed.
    """
    made = lock_import(import_id, seller_id=seller_id)
    if made.state in (RUNNING, DONE):
        return made
    if made.state != CHECKED:
        raise ImportClosed(f"import {made.pk} is {made.state}")
    made.state, made.started_at, made.started_by = RUNNING, now, actor
    made.save(update_fields=["state", "started_at", "started_by"])
    return made


@transaction.atomic
def start_undo(import_id: int, *, seller_id: int, now: datetime, actor: str) -> ListingImport:
    """Let an import be taken back. Starting twice is starting once. Raises ImportUnknown, ImportClosed."""
    made = lock_import(import_id, seller_id=seller_id)
    if made.state in (UNDOING, UNDONE):
        return made
    if made.state != DONE:
        raise ImportClosed(f"import {made.pk} is {made.state}")
    made.state, made.undone_at, made.started_by = UNDOING, now, actor
    made.save(update_fields=["state", "undone_at", "started_by"])
    return made


def run_batch(import_id: int, *, seller_id: int, book: Book, on: date, now: datetime) -> bool:
    """Carry out the next rows of an import under way, or undo them; False when nothing is left.

    Safe to call again at any time and from several processes. Raises ImportUnknown.
    """
    try:
        return _run_batch(import_id, seller_id, book=book, on=on, now=now, rows_max=BATCH_ROWS)
    except (DataError, IntegrityError):  # one row that the database cannot hold: find it, keep the others
        going = True
        for _ in range(BATCH_ROWS):
            going = _run_single(import_id, seller_id, book=book, on=on, now=now)
            if not going:
                break
        return going


def _run_single(import_id: int, seller_id: int, *, book: Book, on: date, now: datetime) -> bool:
    try:
        return _run_batch(import_id, seller_id, book=book, on=on, now=now, rows_max=1)
    except (DataError, IntegrityError) as broken:
        return _refuse_next(import_id, seller_id, reason=str(broken).splitlines()[0], now=now)


@transaction.atomic
def _run_batch(import_id: int, seller_id: int, *, book: Book, on: date, now: datetime, rows_max: int) -> bool:
    lock_sellers([seller_id])
    made = lock_import(import_id, seller_id=seller_id)
    if made.state not in (RUNNING, UNDOING):
        return False
    rows = _next_rows(made, rows_max)
    if not rows:
        _finish(made, now=now)
        return False
    step: Callable[..., None] = _list_rows if made.state == RUNNING else _put_back
    step(made, rows, book=book, on=on, now=now)
    ListingImportRow.objects.bulk_update(rows, ["state", "problems", "before", "after", "done_at"])
    return True


def _next_rows(made: ListingImport, rows_max: int) -> list[ListingImportRow]:
    """Forwards from the top; undone from the bottom, never beyond one batch of the run.

    Within a batch the last row of a product spoke for it; taken backwards, the first one does again.
    """
    if made.state == RUNNING:
        return list(made.rows.filter(state="ready").order_by("number")[:rows_max])
    listed = made.rows.filter(state="listed").order_by("-number")
    last = listed.first()
    return list(listed.filter(done_at=last.done_at)[:rows_max]) if last else []


def _finish(made: ListingImport, *, now: datetime) -> None:
    is_undo = made.state == UNDOING
    made.state = UNDONE if is_undo else DONE
    if is_undo:
        made.undone_at = now
    else:
        made.ended_at = now
    made.save(update_fields=["state", "ended_at", "undone_at"])
    topic = "catalog.import_undone" if is_undo else "catalog.import_done"
    told = {"file": made.file_name, "by": made.started_by}
    emit_events(topic, [(made.seller_id, f"listing_import:{made.pk}", told)], at=now)


def _list_rows(
    made: ListingImport, rows: Sequence[ListingImportRow], *, book: Book, on: date, now: datetime
) -> None:
    """List what the rows say now: prices may have changed since the look."""
    read = read_rows(made, rows)
    new = [row.new for row in read if row.new is not None]
    told = list_skus(new, book=book, on=on, now=now, actor=made.started_by)
    reasons: dict[int, list[dict[str, Any]]] = {}
    for refused in told.refused:
        reasons.setdefault(refused.row, []).append(problem_of_refusal(refused))
    after = snapshots(made.seller_id, [row.sku_code for row in new])
    for row in read:
        _stamp(row, reasons.get(row.stored.number, []), after, now=now)


def _stamp(row: ReadRow, reasons: list[dict[str, Any]], after: dict[str, Any], *, now: datetime) -> None:
    stored = row.stored
    stored.done_at = now
    stored.problems = [*row.problems, *reasons]
    stored.before = row.before
    if stored.problems or row.new is None:
        stored.state = "refused"
    else:
        stored.state, stored.after = "listed", after.get(row.new.sku_code)


def _put_back(
    made: ListingImport, rows: Sequence[ListingImportRow], *, book: Book, on: date, now: datetime
) -> None:
    """What was before comes back; what has changed since the import stays, and says so."""
    held = snapshots(made.seller_id, [code_of(row) for row in rows])
    back = list[ListingImportRow]()
    for row in rows:
        row.done_at, row.state = now, "undone"
        if held.get(code_of(row)) != row.after:
            row.state = "kept"
            row.problems = [_reason(code_of(row), "has changed since the import and stays as it is")]
        elif row.before != row.after:
            back.append(row)
    _restore(made, back, book=book, on=on, now=now)


def _restore(
    made: ListingImport, rows: Sequence[ListingImportRow], *, book: Book, on: date, now: datetime
) -> None:
    """Old values by listing them again; what was not on sale before is taken off sale."""
    seller, actor = made.seller_id, made.started_by
    again = [
        row_of(row.before, row=row.number, seller_id=seller, sku_code=code_of(row))
        for row in rows
        if row.before is not None
    ]
    told = list_skus(again, book=book, on=on, now=now, actor=actor)
    refused: dict[int, list[dict[str, Any]]] = {}
    for problem in told.refused:
        refused.setdefault(problem.row, []).append(problem_of_refusal(problem))
    for row in rows:
        if row.number in refused:
            row.state, row.problems = "kept", refused[row.number]
    gone = [
        SkuToDelist(row.number, seller, code_of(row))
        for row in rows
        if row.state == "undone" and (row.before is None or not row.before["on_sale"])
    ]
    delist_skus(gone, reason=f"import {made.pk} undone", now=now, actor=actor)


def code_of(row: ListingImportRow) -> str:
    """The SKU that a listed row is about."""
    return str(row.after["sku_code"]) if row.after else ""


def _reason(code: str, text: str) -> dict[str, Any]:
    return {"field": "sku_code", "value": code, "rule": STEP, "reason": text}


@transaction.atomic
def _refuse_next(import_id: int, seller_id: int, *, reason: str, now: datetime) -> bool:
    """Stamp the row that the database would not hold, so that the run goes on without it."""
    lock_sellers([seller_id])
    made = lock_import(import_id, seller_id=seller_id)
    for row in _next_rows(made, 1):
        row.state = "refused" if made.state == RUNNING else "kept"
        row.problems, row.done_at = [_reason("", reason)], now
        row.save(update_fields=["state", "problems", "done_at"])
        return True
    return False


def imports_under_way() -> list[tuple[int, int]]:
    """Id and seller of every import that a job should be at."""
    found = ListingImport.objects.filter(state__in=(RUNNING, UNDOING)).order_by("id")
    return list(found.values_list("id", "seller_id"))
