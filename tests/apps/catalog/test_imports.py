"""Sheets of listings from taking in to undoing: what is read, judged, listed, refused, put back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from bantuo.apps.catalog.models import ListingImport, PriceAlert, Product, SheetMapping, Sku
from bantuo.apps.catalog.operations import (
    ImportClosed,
    ImportUnknown,
    MappingUnusable,
    NewPrices,
    change_prices,
    check_import,
    drop_import,
    map_columns,
    run_batch,
    set_listing_defaults,
    start_import,
    start_undo,
    take_in_sheet,
)
from bantuo.engine.sheets import Sheet, SheetRow
from tests.apps import factories as make

pytestmark = pytest.mark.django_db

HEADINGS = (
    "*SKU(必填)", "识别码", "中文名称", "商品净重（g）", "采购参考价（RMB）", "长（cm）", "宽（cm）",
    "高（cm）", "中文报关名", "申报金额（USD）", "海关编码", "售价", "半托管价",
)  # fmt: skip
FIXED = {"category": make.CATEGORY, "markets": "ES, PL"}


def sheet_of(*rows: Sequence[str], headings: Sequence[str] = HEADINGS) -> Sheet:
    """A sheet whose rows begin in the second line, as a spreadsheet counts."""
    return Sheet(tuple(headings), 1, tuple(SheetRow(at, tuple(row)) for at, row in enumerate(rows, start=2)))


def lamp(code: str, *, price: str = "130.00", exclusive: str = "120.00", weight: str = "1200") -> list[str]:
    """A row as 店小秘 writes it, with the two prices behind."""
    return [
        code,
        "",
        f"台灯 {code}",
        weight,
        "40",
        "30",
        "25",
        "20",
        "台灯",
        "6",
        "9405210000",
        price,
        exclusive,
    ]


@pytest.fixture
def seller() -> int:
    make.make_categories()
    (seller,) = make.make_active_sellers("S1")
    return seller


def take_in(seller: int, sheet: Sheet, *, fixed: dict[str, str] | None = None) -> ListingImport:
    made = take_in_sheet(seller, sheet, file_name="goods.xlsx", now=make.NOW, actor=make.ACTOR)
    told = {"columns": made.columns, "fixed": {**made.fixed, **(FIXED if fixed is None else fixed)}}
    return map_columns(made.pk, seller_id=seller, now=make.NOW, **told)


def look(made: ListingImport) -> ListingImport:
    return check_import(made.pk, seller_id=made.seller_id, book=make.the_book(), on=make.DAY)


def carry_out(made: ListingImport, *, minutes: int = 1) -> ListingImport:
    """As the job does, each batch at a moment of its own."""
    start_import(made.pk, seller_id=made.seller_id, now=make.NOW, actor="user:7")
    return go_on(made, minutes=minutes)


def go_on(made: ListingImport, *, minutes: int = 1) -> ListingImport:
    while run_batch(
        made.pk,
        seller_id=made.seller_id,
        book=make.the_book(),
        on=make.DAY,
        now=make.NOW + timedelta(minutes=minutes),
    ):
        minutes += 1
    made.refresh_from_db()
    return made


def undo(made: ListingImport) -> ListingImport:
    start_undo(made.pk, seller_id=made.seller_id, now=make.NOW, actor="user:7")
    return go_on(made, minutes=60)


def rows_of(made: ListingImport) -> list[tuple[int, str, str]]:
    return list(made.rows.order_by("number").values_list("number", "state", "plan"))


def reasons_of(made: ListingImport) -> list[tuple[int, str, str]]:
    rows = made.rows.order_by("number").values_list("number", "problems")
    return [(number, p["field"], p["reason"]) for number, problems in rows for p in problems]


def test_a_sheet_of_dianxiaomi_is_recognised(seller: int) -> None:
    made = take_in_sheet(seller, sheet_of(lamp("A-1")), file_name="g.xlsx", now=make.NOW, actor=make.ACTOR)
    assert (made.origin, made.state) == ("dianxiaomi", "mapping")
    assert made.columns == {
        "sku_code": "*SKU(必填)",
        "title": "中文名称",
        "ordinary_fen": "售价",
        "exclusive_fen": "半托管价",
        "weight_g": "商品净重（g）",
        "length_mm": "长（cm）",
        "width_mm": "宽（cm）",
        "height_mm": "高（cm）",
        "hs_code": "海关编码",
        "customs_name": "中文报关名",
        "item_code": "识别码",
    }


def test_a_look_marks_the_prices_that_would_raise_an_alert(seller: int) -> None:
    make.make_skus(seller, "A-3")
    rows = [lamp("A-1", exclusive="123.50"), lamp("A-2", exclusive="123.51"), lamp("A-3", exclusive="129.00")]
    made = look(take_in(seller, sheet_of(*rows)))
    marked = list(made.rows.order_by("number").values_list("number", "alert_fen_max"))
    assert marked == [(2, None), (3, 12_350), (4, 12_350)]
    carry_out(made)
    raised = PriceAlert.objects.filter(cleared_at__isnull=True)
    assert sorted(raised.values_list("sku__code", "exclusive_fen_max")) == [("A-2", 12_350), ("A-3", 12_350)]
    again = look(take_in(seller, sheet_of(lamp("A-2", exclusive="123.51"), lamp("A-3", exclusive="120.00"))))
    assert list(again.rows.order_by("number").values_list("plan", "alert_fen_max")) == [
        ("same", None), ("change", None),
    ]  # fmt: skip


def test_a_look_says_what_would_change_and_changes_nothing(seller: int) -> None:
    make.make_skus(seller, "A-2")
    made = look(take_in(seller, sheet_of(lamp("A-1"), lamp("A-2"), lamp("A-3", weight="1e3"), lamp("A-1"))))
    assert rows_of(made) == [
        (2, "ready", "new"), (3, "ready", "change"), (4, "bad", ""), (5, "bad", ""),
    ]  # fmt: skip
    assert reasons_of(made) == [
        (4, "weight_g", "scientific notation has lost digits: format the cell as text"),
        (5, "sku_code", "stands twice in this batch"),
    ]
    changes = made.rows.get(number=2).changes
    assert changes["ordinary_fen"] == [None, 13000]
    assert changes["markets"] == [None, ["ES", "PL"]]
    assert Sku.objects.count() == 1


def test_good_rows_are_listed_and_bad_ones_are_not(seller: int) -> None:
    made = carry_out(
        look(take_in(seller, sheet_of(lamp("A-1"), lamp("A-2", exclusive="129"), lamp("A-3", price="x"))))
    )
    assert made.state == "done"
    assert rows_of(made) == [(2, "listed", "new"), (3, "listed", "new"), (4, "bad", "")]
    sku = Sku.objects.select_related("product").get(code="A-1")
    assert (sku.ordinary_fen, sku.exclusive_fen, sku.weight_g, sku.length_mm) == (13000, 12000, 1200, 300)
    assert (sku.product.title, sku.product.category, sku.hs_code) == ("台灯 A-1", make.CATEGORY, "9405210000")
    assert (sku.semi_managed, sku.markets, sku.customs_name) == (True, ["ES", "PL"], "台灯")
    assert list(PriceAlert.objects.values_list("sku__code", "exclusive_fen_max")) == [("A-2", 12350)]
    assert [payload["by"] for _, payload in make.outbox("catalog.sku_listed")] == ["user:7", "user:7"]
    assert make.outbox("catalog.import_done") == [
        (f"listing_import:{made.pk}", {"file": "goods.xlsx", "by": "user:7"})
    ]


def test_the_mapping_of_such_headings_is_remembered(seller: int) -> None:
    take_in(seller, sheet_of(lamp("A-1")))
    again = take_in_sheet(
        seller, sheet_of(lamp("A-2"), headings=HEADINGS), file_name="h.xlsx", now=make.NOW, actor=make.ACTOR
    )
    assert again.fixed == FIXED
    assert SheetMapping.objects.count() == 1
    (other,) = make.make_sellers("S2")
    fresh = take_in_sheet(other, sheet_of(lamp("B-1")), file_name="h.xlsx", now=make.NOW, actor=make.ACTOR)
    assert fresh.fixed == {}


def test_what_a_sheet_does_not_state_stays(seller: int) -> None:
    carry_out(look(take_in(seller, sheet_of(lamp("A-1")))))
    sheet = sheet_of(["A-1", "125"], headings=("SKU", "半托管价"))
    made = carry_out(look(take_in(seller, sheet, fixed={})), minutes=30)
    assert rows_of(made) == [(2, "listed", "change")]
    assert made.rows.get().changes == {"exclusive_fen": [12000, 12500]}
    sku = Sku.objects.select_related("product").get()
    assert (sku.exclusive_fen, sku.ordinary_fen, sku.product.title) == (12500, 13000, "台灯 A-1")


def test_the_ticks_of_the_seller_fill_what_is_not_said(seller: int) -> None:
    set_listing_defaults(seller, label=True, photo_qc=False, apply_to_listed=False, now=make.NOW)
    carry_out(look(take_in(seller, sheet_of(lamp("A-1")))))
    assert Sku.objects.values_list("label", "photo_qc").get() == (True, False)


def test_an_exclusive_price_may_be_a_share(seller: int) -> None:
    rows = sheet_of(lamp("A-1", price="99.99", exclusive="92%"))
    carry_out(look(take_in(seller, rows)))
    assert Sku.objects.values_list("ordinary_fen", "exclusive_fen").get() == (9999, 9199)


def test_a_run_that_is_killed_goes_on_where_it_was(seller: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bantuo.apps.catalog.operations.import_runs.BATCH_ROWS", 2)
    made = look(take_in(seller, sheet_of(*(lamp(f"A-{n}") for n in range(5)))))
    start_import(made.pk, seller_id=seller, now=make.NOW, actor="user:7")
    told: dict[str, Any] = {"seller_id": seller, "book": make.the_book(), "on": make.DAY, "now": make.NOW}
    assert run_batch(made.pk, **told)
    assert [state for _, state, _ in rows_of(made)] == ["listed", "listed", "ready", "ready", "ready"]
    assert go_on(made).state == "done"
    assert Sku.objects.count() == 5
    assert len(make.outbox("catalog.sku_listed")) == 5
    assert not run_batch(made.pk, **told)


def test_a_row_that_the_database_cannot_hold_sinks_no_other(
    seller: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were a check forgotten, the table's own constraint would still be met by one row alone."""
    made = look(take_in(seller, sheet_of(lamp("A-1"), lamp("A-2"), lamp("A-3"))))
    row = made.rows.get(number=3)
    row.cells[3] = "0"
    row.save()
    monkeypatch.setattr("bantuo.apps.catalog.operations.listing.listing_problems", lambda *_, **__: [])
    carry_out(made)
    assert [(n, state) for n, state, _ in rows_of(made)] == [(2, "listed"), (3, "refused"), (4, "listed")]
    assert "sku_measures_positive" in reasons_of(made)[0][2]


def test_undoing_restores_what_was_and_keeps_what_changed_since(seller: int) -> None:
    first = carry_out(look(take_in(seller, sheet_of(lamp("A-1"), lamp("A-2"), lamp("A-3")))))
    second = sheet_of(
        lamp("A-1", exclusive="110"), lamp("A-2", exclusive="111"), lamp("B-1"), lamp("A-3"),
    )  # fmt: skip
    made = carry_out(look(take_in(seller, second)), minutes=30)
    assert [plan for _, _, plan in rows_of(made)] == ["change", "change", "new", "same"]
    later = NewPrices(1, seller, "A-2", None, 11500)
    change_prices([later], book=make.the_book(), on=make.DAY, now=make.NOW, actor=make.ACTOR)
    assert undo(made).state == "undone"
    assert [state for _, state, _ in rows_of(made)] == ["undone", "kept", "undone", "undone"]
    assert reasons_of(made) == [(3, "sku_code", "has changed since the import and stays as it is")]
    prices = dict(Sku.objects.filter(delisted_at__isnull=True).values_list("code", "exclusive_fen"))
    assert prices == {"A-1": 12000, "A-2": 11500, "A-3": 12000}
    assert undo(first).state == "undone"
    assert [state for _, state, _ in rows_of(first)] == ["undone", "kept", "undone"]
    assert list(Sku.objects.filter(delisted_at__isnull=True).values_list("code", flat=True)) == ["A-2"]


def test_a_product_of_several_rows_gets_its_first_values_back(seller: int) -> None:
    headings = ("SKU", "商品编码", "商品标题", *HEADINGS[3:])
    rows = [[code, "P-1", title, *lamp(code)[3:]] for code, title in (("A-1", "old"), ("A-2", "old"))]
    carry_out(look(take_in(seller, sheet_of(*rows, headings=headings))))
    rows[0][2], rows[1][2] = "newer", "newest"
    made = carry_out(look(take_in(seller, sheet_of(*rows, headings=headings))), minutes=30)
    assert Product.objects.get().title == "newest"
    undo(made)
    assert Product.objects.get().title == "old"


def test_an_import_goes_its_way_only_forwards(seller: int) -> None:
    made = take_in(seller, sheet_of(lamp("A-1")))
    with pytest.raises(ImportClosed):
        start_import(made.pk, seller_id=seller, now=make.NOW, actor="user:7")
    look(made)
    carry_out(made)
    for late in (lambda: look(made), lambda: drop_import(made.pk, seller_id=seller, now=make.NOW)):
        with pytest.raises(ImportClosed):
            late()
    (other,) = make.make_sellers("S2")
    with pytest.raises(ImportUnknown):
        start_undo(made.pk, seller_id=other, now=make.NOW, actor="user:8")


def test_a_column_that_does_not_exist_is_no_mapping(seller: int) -> None:
    made = take_in(seller, sheet_of(lamp("A-1")))
    for columns in ({"sku_code": "none such"}, {"colour": "中文名称"}):
        with pytest.raises(MappingUnusable):
            map_columns(made.pk, seller_id=seller, columns=columns, fixed={}, now=make.NOW)
