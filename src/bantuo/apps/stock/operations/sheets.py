"""A sheet of stock, uploaded: one statement, and what became of each of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from bantuo.apps.stock.models import StockFile
from bantuo.apps.stock.operations.statements import StatedRow
from bantuo.apps.stock.operations.stating import Refused, Stated, state_stock
from bantuo.apps.stock.queries import hold_day_open, lock_sellers
from bantuo.core.clock import OperatingDay


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row as written; `quantity` is None where it cannot be read, and `field` and `rule` say why."""

    row: int
    sku: str
    warehouse: str
    written: str
    quantity: int | None
    field: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class StockSheet:
    """The rows of an uploaded sheet; `token` is its form's, so that a second sending is known as one."""

    token: UUID
    file_name: str
    basis: str
    rows: Sequence[SheetRow]


@transaction.atomic
def take_stock_sheet(
    seller_id: int, sheet: StockSheet, *, day: OperatingDay, now: datetime, actor: str
) -> StockFile:
    """State what the sheet says and keep what became of each row; sent again, it answers as before."""
    hold_day_open(day)
    lock_sellers([seller_id])
    held = StockFile.objects.filter(seller_id=seller_id, token=sheet.token).first()
    if held is not None:
        return held
    good = [StatedRow(r.row, r.sku, r.warehouse, r.quantity) for r in sheet.rows if r.quantity is not None]
    bad: list[Refused] = [
        (StatedRow(r.row, r.sku, r.warehouse, 0), r.field, r.written, r.rule)
        for r in sheet.rows
        if r.quantity is None
    ]
    stated = state_stock(
        seller_id, good, basis=sheet.basis, channel="file", day=day, now=now, actor=actor, refused=bad
    )
    return _keep(seller_id, sheet, stated, now=now, actor=actor)


def _keep(seller_id: int, sheet: StockSheet, stated: Stated, *, now: datetime, actor: str) -> StockFile:
    told = {row.row: (name, value, rule) for row, name, value, rule in stated.result.refused}
    nothing = ("", "", "")
    return StockFile.objects.create(
        seller_id=seller_id,
        token=sheet.token,
        file_name=sheet.file_name,
        sequence=stated.sequence,
        rows=[(r.row, r.sku, r.warehouse, r.written, *told.get(r.row, nothing)) for r in sheet.rows],
        rows_stated=len(sheet.rows) - len(told),
        rows_changed=stated.result.changed,
        rows_refused=len(told),
        uploaded_by=actor,
        uploaded_at=now,
    )
