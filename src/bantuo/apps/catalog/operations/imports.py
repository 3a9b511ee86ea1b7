"""Sheets of listings: taken in, matched to our columns, looked at before anything changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from bantuo.apps.catalog.models import ListingImport, ListingImportRow, SheetMapping
from bantuo.apps.catalog.operations.checks import ListingTerms, NewSku, RefusedRow
from bantuo.apps.catalog.operations.listing import judge_rows
from bantuo.apps.catalog.operations.prices import alert_fen_max
from bantuo.apps.catalog.operations.sheet_rows import Problem, ReadRow, read_rows
from bantuo.apps.catalog.operations.snapshots import FIELDS
from bantuo.apps.parties.operations import lock_sellers
from bantuo.core.policy import Book
from bantuo.engine.listing_columns import ATTRIBUTE, BY_NAME, headings_key, origin_of, recognised_columns
from bantuo.engine.sheets import Sheet

ROWS_MAX = 20_000
MAPPING, CHECKED, RUNNING, DONE = "mapping", "checked", "running", "done"
UNDOING, UNDONE, DROPPED = "undoing", "undone", "dropped"
_BATCH = 2_000
_FIXED_MAX = 500
_PRICING = frozenset({"ordinary_fen", "exclusive_fen", "semi_managed"})


class ImportUnknown(LookupError):
    """The seller has no such import."""


class ImportClosed(ValueError):
    """The import has gone on: what was asked does not fit where it stands."""


class MappingUnusable(ValueError):
    """A column of ours that does not exist, or a heading that the sheet has not."""


@transaction.atomic
def take_in_sheet(
    seller_id: int, sheet: Sheet, *, file_name: str, now: datetime, actor: str
) -> ListingImport:
    """Keep a sheet for a look. Its columns are those that the seller chose for such headings before,
    else the ones we recognise. Nothing is listed. Raises SellerUnknown.
    """
    lock_sellers([seller_id])
    headings = list(sheet.headings)
    remembered = SheetMapping.objects.filter(seller_id=seller_id, headings_key=headings_key(headings)).first()
    columns = dict(remembered.columns) if remembered else recognised_columns(headings)
    made = ListingImport.objects.create(
        seller_id=seller_id,
        file_name=file_name[:200],
        origin=origin_of(headings),
        headings=headings,
        columns={name: heading for name, heading in columns.items() if heading in headings},
        fixed=dict(remembered.fixed) if remembered else {},
        created_at=now,
        created_by=actor,
    )
    ListingImportRow.objects.bulk_create(
        [
            ListingImportRow(
                seller_id=seller_id,
                sheet=made,
                number=row.number,
                cells=list(row.cells),
                changes={"fault": row.fault} if row.fault else {},
            )
            for row in sheet.rows
        ],
        batch_size=_BATCH,
    )
    return made


@transaction.atomic
def map_columns(
    import_id: int,
    *,
    seller_id: int,
    columns: Mapping[str, str],
    fixed: Mapping[str, str],
    now: datetime,
) -> ListingImport:
    """Say which heading is which column of ours, and what stands in every row; remembered for the next
    sheet with such headings. Raises ImportUnknown, ImportClosed, MappingUnusable.
    """
    made = lock_import(import_id, seller_id=seller_id)
    _check_state(made, MAPPING, CHECKED)
    columns = {name: heading for name, heading in columns.items() if heading}
    fixed = {name: text.strip()[:_FIXED_MAX] for name, text in fixed.items() if text.strip()}
    for name in (*columns, *fixed):
        if name not in BY_NAME and not name.startswith(ATTRIBUTE):
            raise MappingUnusable(f"{name!r} is no column of a listing")
    for heading in columns.values():
        if heading not in made.headings:
            raise MappingUnusable(f"the sheet has no column {heading!r}")
    made.columns, made.fixed, made.state = columns, fixed, MAPPING
    made.save(update_fields=["columns", "fixed", "state"])
    SheetMapping.objects.update_or_create(
        seller_id=seller_id,
        headings_key=headings_key(made.headings),
        defaults={"columns": columns, "fixed": fixed, "used_at": now},
    )
    return made


@transaction.atomic
def check_import(import_id: int, *, seller_id: int, book: Book, on: date) -> ListingImport:
    """Judge every row as listing would, and keep what it would change; the catalogue stays as it is.

    A row is new, a change, the same, or bad with its reasons; a price that would raise an alert (PRC-1)
    is marked. Raises ImportUnknown, ImportClosed.
    """
    sellers = lock_sellers([seller_id])
    made = lock_import(import_id, seller_id=seller_id)
    _check_state(made, MAPPING, CHECKED)
    rows = list(made.rows.order_by("number"))
    read = read_rows(made, rows)
    good = [row.new for row in read if row.new is not None]
    judged = judge_rows(good, book=book, on=on, sellers=sellers)
    reasons: dict[int, list[Problem]] = {}
    for new, problem in judged.refused:
        reasons.setdefault(new.row, []).append(problem_of_refusal(problem))
    counted = {new.row: new for new in judged.good}
    for row in read:
        _settle(row, counted.get(row.stored.number), reasons.get(row.stored.number, []), judged.terms)
    ListingImportRow.objects.bulk_update(
        rows, ["state", "plan", "problems", "changes", "before", "alert_fen_max"], batch_size=500
    )
    made.state = CHECKED
    made.save(update_fields=["state"])
    return made


def _settle(row: ReadRow, new: NewSku | None, reasons: list[Problem], terms: ListingTerms) -> None:
    stored = row.stored
    stored.alert_fen_max = None
    stored.problems = [*row.problems, *reasons]
    stored.before = row.before
    if stored.problems or new is None:
        stored.state, stored.plan = "bad", ""
        stored.changes = {"fault": stored.changes["fault"]} if "fault" in stored.changes else {}
        return
    stored.state = "ready"
    stored.changes = dict(_changes(row.before, new))
    back = row.before is not None and not row.before["on_sale"]
    stored.plan = "new" if row.before is None else "change" if stored.changes or back else "same"
    if back or not _PRICING.isdisjoint(stored.changes):
        stored.alert_fen_max = alert_fen_max(
            new.ordinary_fen, new.exclusive_fen, semi_managed=new.semi_managed, terms=terms
        )


def _changes(before: Mapping[str, Any] | None, new: NewSku) -> Iterator[tuple[str, Any]]:
    """By field, what it is and what it would be; None: there is nothing yet."""
    for name in FIELDS:
        value = getattr(new, name)
        value = list(value) if isinstance(value, tuple) else value
        old = None if before is None else before[name]
        if value is not None and value != old and not (before is None and value in ("", [], {}, False, 0)):
            yield name, [old, value]


def problem_of_refusal(refused: RefusedRow) -> Problem:
    """A refusal of the catalogue as the row of a sheet keeps it."""
    return {"field": refused.field, "value": refused.value, "rule": refused.rule, "reason": refused.reason}


@transaction.atomic
def drop_import(import_id: int, *, seller_id: int, now: datetime) -> ListingImport:
    """Put a sheet aside that has changed nothing. Raises ImportUnknown, ImportClosed."""
    made = lock_import(import_id, seller_id=seller_id)
    if made.state == DROPPED:
        return made
    _check_state(made, MAPPING, CHECKED)
    made.state, made.ended_at = DROPPED, now
    made.save(update_fields=["state", "ended_at"])
    return made


def lock_import(import_id: int, *, seller_id: int) -> ListingImport:
    """A seller's own import, held until the transaction ends; raises ImportUnknown."""
    found = ListingImport.objects.select_for_update().filter(pk=import_id, seller_id=seller_id).first()
    if found is None:
        raise ImportUnknown(f"import {import_id}")
    return found


def _check_state(made: ListingImport, *states: str) -> None:
    if made.state not in states:
        raise ImportClosed(f"import {made.pk} is {made.state}")
