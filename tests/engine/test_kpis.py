"""Counts of events: the same whatever the shards and their order."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from bantuo.core.health import kpi_results, kpis_in_force, percentile_seconds
from bantuo.engine.books import load_book
from bantuo.engine.kpis import (
    COUNTS,
    KEYS,
    merge_counts,
    packing_histogram,
    packing_percentiles,
    weekly_counts,
    weekly_kpis,
)  # fmt: skip

KPIS = kpis_in_force(load_book(), on=date(2024, 8, 1))
SCHEMA = {"seller_id": pl.Int64, "day": pl.Date} | dict.fromkeys(COUNTS, pl.Int64)

days = st.integers(0, 20).map(lambda offset: date(2024, 8, 1) + timedelta(days=offset))
flag = st.none() | st.integers(0, 1)
event = st.tuples(st.integers(1, 3), days, flag, flag, flag, flag, flag, st.none() | st.integers(0, 600))
events = st.lists(event, min_size=1, max_size=60)


def table(rows: list[tuple[object, ...]]) -> pl.LazyFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").lazy()


@settings(max_examples=50)
@given(events, st.integers(1, 5), st.randoms())
def test_shards_merge_in_any_order(rows: list[tuple[object, ...]], parts: int, shuffled: object) -> None:
    whole = weekly_counts(table(rows)).sort(KEYS).collect()
    shards = [weekly_counts(table(rows[part::parts])) for part in range(parts)]
    shuffled.shuffle(shards)
    assert_frame_equal(merge_counts(shards).sort(KEYS).collect(), whole)
    twice = merge_counts([merge_counts(shards[:1]), *shards[1:]]).sort(KEYS).collect()
    assert_frame_equal(twice, whole)


@settings(max_examples=50)
@given(events)
def test_columns_equal_one_seller_at_a_time(rows: list[tuple[object, ...]]) -> None:
    answered = weekly_kpis(weekly_counts(table(rows)), kpis=KPIS).collect()
    for row in answered.iter_rows(named=True):
        results = kpi_results(KPIS, counts={name: row[name] for name in COUNTS})
        for kpi, result in zip(KPIS, results, strict=True):
            assert (row[f"{kpi.key}_value"], row[f"{kpi.key}_met"]) == (result.value, result.met)


@settings(max_examples=50)
@given(events)
def test_percentile_of_packing_equals_the_plain_one(rows: list[tuple[object, ...]]) -> None:
    histogram = packing_histogram(table(rows))
    answered = packing_percentiles(histogram, percentile=90).collect()
    for seller, week, high in answered.iter_rows():
        own = histogram.filter(seller_id=seller, week=week).collect()
        plain = dict(own.select("packing_seconds", "orders").iter_rows())
        assert high == percentile_seconds(plain, percentile=90)


def test_counts_that_a_file_lacks_are_zero() -> None:
    few = table([(1, date(2024, 8, 1), 1, 1, None, None, None, None)]).select(
        "seller_id", "day", "inbound_due"
    )
    counted = weekly_counts(few).collect()
    assert counted.row(0, named=True) == dict.fromkeys(COUNTS, 0) | {
        "seller_id": 1, "week": date(2024, 7, 29), "inbound_due": 1,
    }  # fmt: skip
