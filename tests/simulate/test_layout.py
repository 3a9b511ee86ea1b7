"""Layouts: the shipped ones load, and every way to get one wrong is told by field, value and rule."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bantuo.engine.books import load_book
from bantuo.simulate.layout import LayoutProblems, load_layout
from bantuo.simulate.readiness import readiness_problems
from tests.simulate.sources import OLIST_LAYOUT, layout_file, layout_of, problems_of


def test_the_shipped_layouts_load_and_the_book_can_work_with_them(tmp_path: Path) -> None:
    olist, demo = load_layout(OLIST_LAYOUT), layout_of(tmp_path)
    assert (olist.name, olist.rate_e4, olist.shift.days) == ("olist", 13_000, 2_919)
    assert (demo.name, demo.rate_e4, demo.shift.days) == ("demo", 10_000, 0)
    assert readiness_problems(olist, load_book()) == []
    assert readiness_problems(demo, load_book()) == []


def test_money_and_times_are_moved_as_stated() -> None:
    olist = load_layout(OLIST_LAYOUT)
    assert [olist.to_fen(centavos) for centavos in (0, 1, 5, 5890)] == [0, 1, 7, 7657]
    moved = olist.moved(datetime(2017, 9, 13, 8, 59, 2))  # noqa: DTZ001 (the source's wall clock)
    assert moved == datetime(2025, 9, 10, 0, 59, 2, tzinfo=UTC)
    assert olist.instant(date(2025, 9, 10), "16:00") == datetime(2025, 9, 10, 8, tzinfo=UTC)
    assert datetime(2017, 9, 13).weekday() == date(2025, 9, 10).weekday()  # noqa: DTZ001


LATE = '[facts.late_day]\nkeys = ["seller", "date"]\nshare_bp = 800\nwords ='
WRONG = {
    "zone": ('"Asia/Shanghai"', '"Asia/Shangri-La"', "time.zone", "Asia/Shangri-La", "a known time zone"),
    "zone path": ('"Asia/Shanghai"', '"../etc/passwd"', "time.zone", "../etc/passwd", "a known time zone"),
    "shift": ("shift_days = 0", "shift_days = 9999999", "time.shift_days", "9999999", "at most 100000 days"),
    "rate form": ('"1.0000"', '"1.3"', "money.rate_to_cny", '"1.3"', "does not match"),
    "rate zero": ('"1.0000"', '"0.0000"', "money.rate_to_cny", "0.0000", "more than zero"),
    "missing column": (
        'columns.weight_g = { column = "weight_g", unit = "g" }',
        "",
        "tables.products.columns",
        "weight_g",
        "missing column",
    ),
    "unknown column": (
        "columns.ship_from",
        'columns.colour = { column = "c" }\ncolumns.ship_from',
        "tables.sellers.columns",
        "colour",
        "unknown column; known are seller, ship_from",
    ),
    "unit of weight": (
        'unit = "g"',
        'unit = "lb"',
        "tables.products.columns.weight_g.unit",
        "lb",
        "one of g, kg",
    ),
    "unit of length": (
        'unit = "mm"',
        'unit = "kg"',
        "tables.products.columns.length_mm.unit",
        "kg",
        "one of mm, cm, m",
    ),
    "unit missing": (', unit = "g"', "", "tables.products.columns.weight_g.unit", "(none)", "one of g, kg"),
    "unit of money": (
        'unit = "CNY"',
        'unit = "USD"',
        "tables.items.columns.goods_fen.unit",
        "USD",
        "one of CNY",
    ),
    "unit of time": (
        'unit = "time"',
        'unit = "s"',
        "tables.orders.columns.placed_at.unit",
        "s",
        "one of time",
    ),
    "file elsewhere": (
        '"sellers.parquet"',
        '"../sellers.parquet"',
        "tables.sellers.file",
        "../sellers",
        "does not match",
    ),
    "file kind": (
        '"sellers.parquet"',
        '"sellers.xls"',
        "tables.sellers.file",
        '"sellers.xls"',
        "does not match",
    ),
    "unknown fate": ('"departed"', '"lost"', "status.shipped", '"lost"', "is not one of"),
    "missing fact": (LATE, "[spare]\nwords =", "facts", "", "'late_day' is a required property"),
    "unknown fact": (
        LATE,
        f'[facts.weather]\nkeys = ["date"]\nshare_bp = 1\nwords = "-"\n{LATE}',
        "facts",
        "weather",
        "unknown fact",
    ),
    "fact of two kinds": (
        LATE,
        LATE.replace("words", "range = [1, 2, 1]\nwords"),
        "facts.late_day",
        "",
        "exactly one way: share_bp, range, pick",
    ),
    "fact of other keys": (
        LATE,
        LATE.replace('"seller", ', ""),
        "facts.late_day.keys",
        '["date"]',
        'must be ["seller", "date"]',
    ),
    "fact of the wrong kind": (
        LATE,
        LATE.replace("share_bp = 800", "pick = { a = 1 }"),
        "facts.late_day",
        '["pick"]',
        "share_bp or range",
    ),
    "range upside down": (
        "range = [2, 20, 1]",
        "range = [20, 2, 1]",
        "facts.stock.range",
        "[20, 2, 1]",
        "low ≤ high",
    ),
    "range below zero": (
        "range = [2, 20, 1]",
        "range = [-2, 20, 1]",
        "facts.stock.range",
        "[-2, 20, 1]",
        "0 ≤ low",
    ),
    "range without step": (
        "range = [2, 20, 1]",
        "range = [2, 20, 0]",
        "facts.stock.range",
        "[2, 20, 0]",
        "step ≥ 1",
    ),
    "share above all": ("share_bp = 800", "share_bp = 10001", "facts.late_day.share_bp", "10001", "maximum"),
    "unknown fault": (
        "low_score = 3,",
        "bad_luck = 3,",
        "facts.seller_fault",
        "bad_luck",
        "a name of admission.faults",
    ),
    "fault of nothing": (
        '"metrics.dsr"',
        '"metrics.drs"',
        "admission.faults.low_score",
        "metrics.drs",
        "a path of admission.profile",
    ),
    "unknown warehouse": (
        '{ "WH-BONDED" = 20',
        '{ "WH-MOON" = 20',
        "facts.warehouse",
        "WH-MOON",
        "a name of warehouses",
    ),
    "discount of all": (
        '"500" = 60',
        '"10000" = 60',
        "facts.discount",
        "10000",
        "a whole number from 0 to 9999",
    ),
    "margin in words": ('"25" = 10', '"wide" = 10', "facts.margin_mm", "wide", "a whole number"),
    "no date": ("apply_on = 2026-06-15", 'apply_on = "soon"', "admission.apply_on", "soon", "a date"),
    "dates crossed": (
        "active_on = 2026-06-22",
        "active_on = 2026-06-01",
        "admission.active_on",
        "2026-06-01",
        "no earlier than",
    ),
    "clock": ('state_at = "09:00"', 'state_at = "25:00"', "day.state_at", '"25:00"', "does not match"),
    "unknown section": (
        "[settlement]",
        "[weather]\nx = 1\n[settlement]",
        "(the layout)",
        "",
        "'weather' was unexpected",
    ),
}


@pytest.mark.parametrize(("old", "new", "field", "value", "rule"), WRONG.values(), ids=WRONG)
def test_a_wrong_layout_names_field_value_and_rule(
    tmp_path: Path, old: str, new: str, field: str, value: str, rule: str
) -> None:
    told = problems_of(tmp_path, (old, new))
    assert any(p["field"] == field and value in p["value"] and rule in p["rule"] for p in told), told


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    told = problems_of(tmp_path, ('unit = "g"', 'unit = "lb"'), ('"Asia/Shanghai"', '"Mars"'))
    assert [p["field"] for p in told] == ["time.zone", "tables.products.columns.weight_g.unit"]


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe", b"", b'name = "x"'])
def test_what_is_no_layout_is_said_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "layout.toml"
    path.write_bytes(content)
    with pytest.raises(LayoutProblems) as found:
        load_layout(path)
    assert all(p["field"] and p["rule"] for p in found.value.problems)


def test_a_layout_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LayoutProblems) as found:
        load_layout(tmp_path / "none.toml")
    assert found.value.problems[0]["field"].endswith("none.toml")


NOT_READY = {
    "before the programme": (
        "apply_on = 2026-06-15",
        "apply_on = 2023-10-31",
        "admission.apply_on",
        "2023-10-31",
        "PRG-1",
    ),
    "warehouse of no rule": (
        '"WHS-1"',
        '"WHS-9"',
        "warehouses.WH-BONDED",
        "WHS-9",
        "a warehouse rule of the book",
    ),
    "profile": ('dsr = "4.83"', 'dsr = "high"', "admission.profile.metrics.dsr (fault none)", "high", ""),
    "fault": (
        '"metrics.dsr" = "4.7799"',
        '"metrics.dsr" = "low"',
        "admission.profile.metrics.dsr (fault low_score)",
        "low",
        "",
    ),
}


@pytest.mark.parametrize(("old", "new", "field", "value", "rule"), NOT_READY.values(), ids=NOT_READY)
def test_what_the_book_cannot_work_with_is_named_before_any_write(
    tmp_path: Path, old: str, new: str, field: str, value: str, rule: str
) -> None:
    layout = load_layout(layout_file(tmp_path, (old, new)))
    told = readiness_problems(layout, load_book())
    assert any(p["field"] == field and p["value"] == value and rule in p["rule"] for p in told), told
