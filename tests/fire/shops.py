"""What the processes that are killed work on, and what they do until they are."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from bantuo.apps.catalog.models import ListingImport, Sku
from bantuo.apps.catalog.operations import (
    NewPrices,
    change_prices,
    check_import,
    import_runs,
    map_columns,
    run_batch,
    start_import,
    start_undo,
    take_in_sheet,
)
from bantuo.apps.orders.operations import imports
from bantuo.apps.orders.operations.incoming import Refusal
from bantuo.apps.stock.operations import StatedRow, StockStatement, declare_stock
from bantuo.core.clock import OperatingDay, operating_day
from bantuo.engine.sheets import Sheet, SheetRow
from bantuo.interfaces.web.programme import programme_now
from tests.apps import factories as make
from tests.interfaces.api.shop import make_shop

HEADINGS = ("*SKU(必填)", "中文名称", "商品净重（g）", "长（cm）", "宽（cm）", "高（cm）", "售价", "半托管价")
FIXED = {"category": make.CATEGORY, "markets": "ES, PL"}
SELLERS = ("S1", "S2")
BATCH_ROWS, CHUNK_ORDERS = 5, 5
_ACTOR = "user:7"


def lamp(at: int) -> tuple[str, ...]:
    """A row by its number: most are new, each third one changes a SKU, some are bad or come too late."""
    code = f"OLD-{at}" if at % 3 == 0 else f"NEW-{at}"
    weight = "1e3" if at % 11 == 5 else str(500 + at % 700)
    return (code, f"台灯 {at}", weight, "30", "25", "20", "130.00", f"{100 + at % 29}.00")


def sheet_shop(rows: int) -> dict[str, int]:
    """Two sellers with the same goods and the same sheet, looked at; the id of each one's import."""
    make.make_categories()
    sellers = make.make_active_sellers(*SELLERS)
    make.policy_version()
    made = {}
    for code, seller in zip(SELLERS, sellers, strict=True):
        make.make_skus(seller, *(f"OLD-{at}" for at in range(0, rows, 3)))
        sheet = Sheet(HEADINGS, 1, tuple(SheetRow(at + 2, lamp(at)) for at in range(rows)))
        kept = take_in_sheet(seller, sheet, file_name="goods.xlsx", now=make.NOW, actor=_ACTOR)
        map_columns(kept.pk, seller_id=seller, columns=kept.columns, fixed=FIXED, now=make.NOW)
        programme = programme_now()
        check_import(kept.pk, seller_id=seller, book=programme.book, on=programme.on)
        # The look took these for new ones.
        make.make_skus(seller, *(f"NEW-{at}" for at in range(1, rows, 39)), ordinary_fen=13500)
        made[code] = kept.pk
    return made


def carry_out(quiet: int, killed: int) -> None:
    """Carry one import out, and let the other begin."""
    for import_id in (quiet, killed):
        held = ListingImport.objects.get(pk=import_id)
        start_import(import_id, seller_id=held.seller_id, now=timezone.now(), actor=_ACTOR)
    list_on(quiet)


def take_back(quiet: int, killed: int) -> None:
    """After some changes by hand, take one import back, and let the other begin to be."""
    touch()
    for import_id in (quiet, killed):
        held = ListingImport.objects.get(pk=import_id)
        start_undo(import_id, seller_id=held.seller_id, now=timezone.now(), actor=_ACTOR)
    list_on(quiet)


def touch() -> None:
    """Other prices than the import's, of a few SKUs of both sellers: an undo leaves these alone."""
    chosen = Sku.objects.filter(code__endswith="4", delisted_at=None).order_by("seller_id", "code")
    rows = [
        NewPrices(row, sku.seller_id, sku.code, 14_000, 11_000) for row, sku in enumerate(chosen, start=1)
    ]
    programme = programme_now()
    told = change_prices(rows, book=programme.book, on=programme.on, now=timezone.now(), actor=_ACTOR)
    assert told.refused == []


def list_on(import_id: int) -> None:
    """Batch after batch, as the job does."""
    import_runs.BATCH_ROWS = BATCH_ROWS
    seller = ListingImport.objects.get(pk=import_id).seller_id
    print("ready", flush=True)
    programme = programme_now()
    while run_batch(import_id, seller_id=seller, book=programme.book, on=programme.on, now=timezone.now()):
        pass


def order_row(at: int, row: int, sku: str, *, line: int) -> imports.ImportRow:
    """A line of an order of the file, as the reader of files hands it on."""
    told = {
        "seller": "S1", "order": f"F{at}", "placed_at": "2026-03-11T01:00:00+00:00", "destination": "DE",
        "line": line, "sku": sku, "quantity": 1 + at % 3, "goods": 1000 + at, "freight": at % 7,
    }  # fmt: skip
    if at % 17 == 3:
        problem = Refusal(str(row), "destination", "?", "ORD-1", "not a country")
        return imports.ImportRow(row, ["?"], {"seller": "S1", "order": f"F{at}"}, [problem])
    return imports.ImportRow(row, [sku], told, [])


def lines_of(at: int) -> tuple[str, ...]:
    """The SKUs of an order of the file: one line or two, in either order, some not listed."""
    if at % 13 == 7:
        return ("A-1", "NO-SUCH-SKU")
    return (("A-1",), ("A-2", "A-1"), ("A-1", "A-2"), ("A-3",))[at % 4]


def file_shop(orders: int, mode: str) -> dict[str, int]:
    """The shop of the API tests and a file of orders that may be taken in; every fifth is here already."""
    shop, (day, now) = make_shop(), _today()
    stated = [StatedRow(1, "A-1", "YIWU", orders), StatedRow(2, "A-2", "YIWU", orders // 3)]
    statement = StockStatement(shop.seller, 2, now, "gross", "rest", stated)
    declare_stock([statement], day=day, now=now, actor=make.ACTOR)
    numbered = [(at, sku, line) for at in range(orders) for line, sku in enumerate(lines_of(at), start=1)]
    if mode == "all":
        numbered = [item for item in numbered if is_placed(item[0])]
    rows = [order_row(at, row, sku, line=line) for row, (at, sku, line) in enumerate(numbered, start=2)]
    columns = ["seller", "order", "sku"]
    told: dict[str, Any] = {"columns": columns, "marketplace": make.MARKETPLACE, "actor": _ACTOR}
    early = [row for row in rows if not row.problems and int(row.told["order"][1:]) % 5 == 0]
    before = imports.draft_import(early, mode="each", file_name="early.csv", now=now, **told)
    imports.start_import(before.pk)
    take_on(before.pk)
    draft = imports.draft_import(rows, mode=mode, file_name="orders.csv", now=now, **told)
    imports.start_import(draft.pk)
    return {"early": before.pk, "import": draft.pk}


def is_placed(at: int) -> bool:
    """Whether an order of the file can be taken in at all."""
    return at % 17 != 3 and at % 13 != 7


def _today() -> tuple[OperatingDay, datetime]:
    programme = programme_now()
    day = operating_day(programme.book, programme.on)
    return day, day.starts_at + timedelta(minutes=2)


def take_on(import_id: int) -> None:
    """Chunk after chunk, as the job does."""
    imports.CHUNK_ORDERS = CHUNK_ORDERS
    day, now = _today()
    print("ready", flush=True)
    book = programme_now().book
    while imports.run_import(import_id, book=book, day=day, now=now, actor="system:test"):
        pass


def main() -> None:
    """What the command line says."""
    act, *told = sys.argv[1:]
    if act == "sheet":
        print(json.dumps(sheet_shop(int(told[0]))))
    elif act == "file":
        print(json.dumps(file_shop(int(told[0]), told[1])))
    else:
        acts = {"carry_out": carry_out, "take_back": take_back, "list_on": list_on, "take_on": take_on}
        acts[act](*map(int, told))
