"""Listings: the exclusive price to the fen, size charts, attributes, duplicates."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bantuo.core.listing import (
    attributes_missing,
    exclusive_fen_max,
    is_price_alert,
    listed_too_often,
    price_alert,
    size_chart_problems,
)  # fmt: skip
from bantuo.core.vocabulary import Ints
from bantuo.engine.columns import apply_rule
from bantuo.engine.terms import load_schema
from bantuo.engine.trace import compile_rule

SHARE = 9_500
CHART: dict[str, Any] = {
    "unit": "mm", "columns": ["chest", "length"],
    "rows": [{"size": "M", "values": [960, 680]}, {"size": "L", "values": [1000, 700]}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("ordinary", "exclusive", "alert"),
    [
        (10_000, 9_500, False),
        (10_000, 9_501, True),
        (1, 0, False),
        (1, 1, True),
        (999, 949, False),
        (999, 950, True),
    ],
)
def test_price_alert_on_both_sides_of_the_limit(ordinary: int, exclusive: int, alert: bool) -> None:
    assert is_price_alert(ordinary, exclusive_fen=exclusive, threshold_bp=SHARE) is alert


prices = st.tuples(st.integers(0, 10**11), st.integers(0, 10**11))


@given(st.lists(prices, min_size=1, max_size=20))
def test_ints_compiled_and_columns_agree(rows: list[tuple[int, int]]) -> None:
    rule, names = price_alert(threshold_bp=SHARE), ("ordinary_fen", "exclusive_fen")
    plain = [tuple(rule(Ints(), dict(zip(names, row, strict=True)).__getitem__).values()) for row in rows]
    function, outputs = compile_rule(rule, names)
    assert [function(*row) for row in rows] == plain
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Int64), orient="row")
    assert apply_rule(frame.lazy(), rule).select(outputs).collect().rows() == plain


@given(st.integers(0, 10**11))
def test_highest_price_is_the_last_without_an_alert(ordinary: int) -> None:
    highest = exclusive_fen_max(ordinary, threshold_bp=SHARE)
    assert not is_price_alert(ordinary, exclusive_fen=highest, threshold_bp=SHARE)
    assert is_price_alert(ordinary, exclusive_fen=highest + 1, threshold_bp=SHARE)


def test_sound_size_chart() -> None:
    assert size_chart_problems(CHART, schema=load_schema("size_chart")) == ()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"unit": "cm"}, "size_chart.unit"),
        ({"columns": []}, "size_chart.columns"),
        ({"columns": ["chest"]}, "size_chart.rows[0].values: 2 values for 1 columns"),
        ({"rows": CHART["rows"] + CHART["rows"][:1]}, "size M stands 2 times"),
        ({"rows": [{"size": "M", "values": [96.5, 680]}]}, "size_chart.rows[0].values[0]"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_unsound_size_chart_names_the_place(change: dict[str, Any], place: str) -> None:
    problems = size_chart_problems(CHART | change, schema=load_schema("size_chart"))
    assert any(place in problem for problem in problems)


@pytest.mark.parametrize("chart", [None, "尺码表.png", [], 3])
def test_what_is_no_chart_at_all(chart: object) -> None:
    assert size_chart_problems(chart, schema=load_schema("size_chart"))


def test_empty_attributes_are_missing_and_zero_is_not() -> None:
    given = {"colour": "red", "power_w": 0, "material": "", "plug": None}
    assert attributes_missing(["colour", "power_w", "material", "plug", "brand"], given=given) == (
        "material", "plug", "brand",
    )  # fmt: skip


def test_five_listings_are_allowed_six_are_not() -> None:
    assert listed_too_often(["a"] * 5 + ["b"] * 6, times_max=5) == {"b": 6}
