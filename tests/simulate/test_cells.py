"""One cell at a time: what is read, and what is refused by which rule."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bantuo.simulate.cells import CellRefused, read_cell
from bantuo.simulate.layout import Layout, load_layout
from tests.simulate.sources import BEGINS, OLIST_LAYOUT, layout_of

LAYOUT = load_layout(OLIST_LAYOUT)
UNIT = {"weight": "g", "length": "cm", "money": "BRL"}


def read(value: Any, kind: str, *, layout: Layout = LAYOUT, unit: str = "") -> Any:
    spec = {"unit": unit or UNIT.get(kind, "time")}
    return read_cell(value, kind=kind, spec=spec, layout=layout, begins=BEGINS)


READ = [
    ("007", "id", "", "007"),
    (12, "id", "", "12"),
    ("义乌", "text", "", "义乌"),
    ("", "text?", "", None),
    (None, "time?", "", None),
    ("1E5x", "id", "", "1E5x"),
    ("12345e67890123456789", "id", "", "12345e67890123456789"),
    ("500", "weight", "g", 500),
    ("1.2", "weight", "kg", 1200),
    (0.001, "weight", "kg", 1),
    (300.0, "weight", "g", 300),
    ("16", "length", "cm", 160),
    ("0.5", "length", "m", 500),
    ("58.90", "money", "", 7657),
    (58.9, "money", "", 7657),
    ("0", "money", "", 0),
    (1, "count", "", 1),
    ("delivered", "status", "", "delivered"),
    ("BRL", "currency", "", "BRL"),
]


@pytest.mark.parametrize(("value", "kind", "unit", "expected"), READ)
def test_a_good_cell_is_read_exactly(value: Any, kind: str, unit: str, expected: Any) -> None:
    assert read(value, kind, unit=unit) == expected


REFUSED = [
    ("", "id", "must not be empty"),
    (None, "money", "must not be empty"),
    ("a\x00b", "id", "NUL"),
    ("a\x00b", "text", "NUL"),
    ("1.2E+15", "id", "scientific notation has lost its digits"),
    ("1,2E+15", "id", "scientific"),
    ("1E15", "id", "scientific"),
    (1.2e15, "id", "floating-point"),
    ("x" * 101, "id", "longer than 100"),
    ("x" * 201, "text", "longer than 200"),
    ("-1", "weight", "outside 1…1000000"),
    ("0", "weight", "outside 1…1000000"),
    (0, "weight", "outside"),
    ("1000001", "weight", "outside"),
    ("0.5", "weight", "finer than 1/1|whole number"),
    ("0.05", "length", "finer than 1/10"),
    ("1001", "length", "outside 1…10000"),
    ("-3", "length", "outside"),
    ("1.2E+15", "weight", "scientific notation: write the number out"),
    (float("nan"), "weight", "not a plain number"),
    (float("inf"), "money", "not a plain number"),
    ("sNaN", "money", "not a plain number"),
    ("1E+999999", "money", "not a plain number"),
    ("9" * 400, "money", "not a plain number"),
    ("1." + "0" * 30 + "1", "count", "not a plain number"),
    ("１２", "money", "not a plain number"),
    ("1_000", "money", "not a plain number"),
    (" 1", "money", "not a plain number"),
    ("1,50", "money", "not a plain"),
    ("R$ 5", "money", "not a plain number"),
    (True, "count", "not a plain number"),
    ("-0.01", "money", "outside 0…"),
    ("1.005", "money", "finer than 1/100"),
    ("9999999999.00", "money", "outside"),
    ("0", "count", "outside 1…"),
    ("1.5", "count", "whole number"),
    ("lost", "status", "one of delivered, shipped"),
    ("USD", "currency", "one of BRL"),
    ("brl", "currency", "one of BRL"),
    ("", "currency", "must not be empty"),
    ("义乌", "seller", "a seller's code"),
    ("../S", "seller", "a seller's code"),
    ("S" * 65, "seller", "a seller's code"),
    ("S-1\n", "seller", "a seller's code"),
    ("c" * 81, "category?", "longer than 80"),
]


@pytest.mark.parametrize(("value", "kind", "rule"), REFUSED)
def test_a_bad_cell_is_refused_by_its_rule(value: Any, kind: str, rule: str) -> None:
    with pytest.raises(CellRefused, match=rule):
        read(value, kind)


def test_times_in_their_forms(tmp_path: Path) -> None:
    demo = layout_of(tmp_path)
    at = datetime(2026, 7, 6, 2, tzinfo=UTC)
    shanghai = timezone(timedelta(hours=8))
    for value in ("2026-07-06 10:00:00", "2026-07-06T10:00", "2026-07-06T02:00:00Z", at.astimezone(shanghai)):
        assert read(value, "placed", layout=demo) == at
    assert read(date(2026, 7, 6), "time?", layout=demo) == at - timedelta(hours=10)


BAD_TIMES = [
    ("2023-10-31 23:59:59", "placed", r"before the programme opened \(2023-11-01\)"),
    ("yesterday", "placed", "not a date and time"),
    ("06/07/2026", "time?", "not a date and time"),
    ("2026-02-30", "placed", "not a date and time"),
    ("9998-01-01", "placed", "more than ten years"),
    ("9998-01-01", "time?", "more than ten years"),
    ("0001-01-01 00:00:00", "time?", "outside the calendar"),
    ("0001-01-01T00:00:00+14:00", "placed", "outside the calendar"),
    (20260706.5, "placed", "not a date and time"),
]


@pytest.mark.parametrize(("value", "kind", "rule"), BAD_TIMES)
def test_a_bad_time_is_refused_by_its_rule(tmp_path: Path, value: Any, kind: str, rule: str) -> None:
    with pytest.raises(CellRefused, match=rule):
        read(value, kind, layout=layout_of(tmp_path))


def test_the_first_moment_of_the_programme_is_in_time(tmp_path: Path) -> None:
    assert read("2023-11-01 00:00:00", "placed", layout=layout_of(tmp_path)) == BEGINS


@pytest.mark.parametrize(
    "kind", ["id", "text?", "placed", "time?", "money", "count", "weight", "length", "status"]
)
@given(
    value=st.one_of(
        st.text(), st.floats(), st.integers(), st.booleans(), st.none(), st.datetimes(), st.dates()
    )
)
def test_any_value_is_read_or_refused_and_nothing_else(kind: str, value: Any) -> None:
    with suppress(CellRefused):
        assert isinstance(read(value, kind), str | int | datetime | None)
