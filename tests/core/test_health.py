"""Indicators of the health report: exact limits, dates of the report, one meaning everywhere."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bantuo.core.health import (
    first_report_on,
    is_report_due,
    kpi_results,
    kpi_rule,
    kpis_in_force,
    percentile_seconds,
    reported_period,
)  # fmt: skip
from bantuo.core.vocabulary import Ints
from bantuo.engine.books import load_book
from bantuo.engine.columns import apply_rule
from bantuo.engine.trace import compile_rule

KPIS = kpis_in_force(load_book(), on=date(2024, 8, 1))
COUNTS = ("inbound_on_time", "inbound_due", "mis_shipped", "shipped", "packing_seconds", "packed")


@pytest.mark.parametrize(
    ("counts", "value", "met"),
    [
        ({"inbound_on_time": 992, "inbound_due": 1000}, 992_000, True),
        ({"inbound_on_time": 991_999, "inbound_due": 1_000_000}, 991_999, False),
        ({"inbound_on_time": 9_919_999, "inbound_due": 10_000_000}, 992_000, False),  # rounds up, not met
        ({"inbound_on_time": 0, "inbound_due": 0}, None, None),
    ],
)
def test_inbound_timeliness(counts: dict[str, int], value: int | None, met: bool | None) -> None:
    result = kpi_results(KPIS, counts=counts)[0]
    assert (result.rule, result.value, result.met, result.accountable) == ("KPI-1", value, met, "merchant")


@pytest.mark.parametrize(("wrong", "met"), [(35, True), (36, False)])
def test_mis_ships_are_the_providers(wrong: int, met: bool) -> None:
    result = kpi_results(KPIS, counts={"mis_shipped": wrong, "shipped": 10_000})[1]
    assert (result.rule, result.value, result.met) == ("KPI-2", wrong * 100, met)
    assert result.accountable == "provider"


@pytest.mark.parametrize(("seconds", "value", "met"), [(870, 87, True), (871, 87, False), (875, 88, False)])
def test_packing_time_is_a_mean(seconds: int, value: int, met: bool) -> None:
    result = kpi_results(KPIS, counts={"packing_seconds": seconds, "packed": 10})[2]
    assert (result.rule, result.unit, result.value, result.met) == ("KPI-3", "seconds", value, met)


@given(st.lists(st.tuples(*[st.integers(0, 10**6)] * len(COUNTS)), min_size=1, max_size=20))
def test_ints_compiled_and_columns_agree(rows: list[tuple[int, ...]]) -> None:
    rule = kpi_rule(KPIS)
    plain = [tuple(rule(Ints(), dict(zip(COUNTS, row, strict=True)).__getitem__).values()) for row in rows]
    function, names = compile_rule(rule, COUNTS)
    assert [function(*row) for row in rows] == plain
    frame = pl.DataFrame(rows, schema=dict.fromkeys(COUNTS, pl.Int64), orient="row")
    assert apply_rule(frame.lazy(), rule).select(names).collect().rows() == plain


@given(st.dates(date(2023, 11, 1), date(2030, 1, 1)))
def test_first_report_is_the_monday_on_or_after_day_thirty(activated_on: date) -> None:
    first = first_report_on(activated_on, days=30)
    earliest = activated_on + timedelta(days=30)
    assert first.weekday() == 0
    assert earliest <= first < earliest + timedelta(days=7)
    assert reported_period(first) == (first - timedelta(days=7), first)
    assert is_report_due(activated_on, on=first, days=30)
    assert not is_report_due(activated_on, on=first - timedelta(days=7), days=30)


def test_day_thirty_on_a_monday_is_that_monday() -> None:
    assert first_report_on(date(2024, 7, 6), days=30) == date(2024, 8, 5)
    assert first_report_on(date(2024, 7, 7), days=30) == date(2024, 8, 12)


def test_report_is_not_due_on_other_days() -> None:
    assert not is_report_due(date(2024, 1, 1), on=date(2024, 8, 6), days=30)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=200), st.integers(1, 100))
def test_percentile_is_the_nearest_rank(seconds: list[int], percentile: int) -> None:
    histogram = {second: seconds.count(second) for second in seconds}
    rank = -(-len(seconds) * percentile // 100)
    assert percentile_seconds(histogram, percentile=percentile) == sorted(seconds)[rank - 1]


def test_percentile_of_nothing_is_not_known() -> None:
    assert percentile_seconds({}, percentile=90) is None
