"""A rule over columns is the rule over each row."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from bantuo.core.vocabulary import Ints
from bantuo.engine.columns import apply_rule
from tests.engine.rules import INPUTS, every_operation

ROW = st.tuples(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9), st.integers(0, 10**9))
EDGES = [
    (a, b, c) for a in (-(10**9), -5_000, -1, 0, 1, 5_000) for b in (-1, 0, 1, 7) for c in (0, 7, 10, 50)
]
LARGE = [
    (2**31 - 1, 2**31 - 1, 2**53 + 1),
    (1 - 2**31, 2**31 - 1, 2**60),
    (2 * 10**9 + 1, 2 * 10**9 - 1, 9_007_199_254_740_993),
]


def frame_of(rows: list[tuple[int, int, int]]) -> pl.LazyFrame:
    return pl.LazyFrame(rows, schema=dict.fromkeys(INPUTS, pl.Int64), orient="row")


def by_row(rows: list[tuple[int, int, int]]) -> list[dict[str, int]]:
    plain = [dict(zip(INPUTS, row, strict=True)) for row in rows]
    return [row | dict(every_operation(Ints(), row.__getitem__)) for row in plain]


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, max_size=40))
def test_columns_equal_the_plain_meaning_row_by_row(rows: list[tuple[int, int, int]]) -> None:
    assert apply_rule(frame_of(rows), every_operation).collect().to_dicts() == by_row(rows)


def test_edges_and_amounts_beyond_the_exact_range_of_a_double() -> None:
    rows = EDGES + LARGE
    assert apply_rule(frame_of(rows), every_operation).collect().to_dicts() == by_row(rows)


def test_streaming_gives_the_same() -> None:
    made = apply_rule(frame_of(EDGES), every_operation)
    assert made.collect(engine="streaming").equals(made.collect())


@settings(max_examples=20, deadline=None)
@given(st.permutations(EDGES[:24]))
def test_row_order_does_not_matter(rows: list[tuple[int, int, int]]) -> None:
    made = apply_rule(frame_of(rows), every_operation).collect().to_dicts()
    assert sorted(made, key=str) == sorted(by_row(EDGES[:24]), key=str)


def test_no_temporary_column_is_left_and_outputs_are_int64() -> None:
    schema = apply_rule(frame_of(EDGES), every_operation).collect_schema()
    assert set(schema) == {*INPUTS, *every_operation(Ints(), {"a": 1, "b": 1, "c": 1}.__getitem__)}
    assert set(schema.dtypes()) == {pl.Int64()}


def test_an_output_that_replaces_an_input_is_computed_from_the_old_one() -> None:
    made = apply_rule(frame_of([(1, 2, 3)]), lambda k, r: {"a": r("b") + 1, "z": r("a") + 1})
    assert made.collect().to_dicts() == [{"a": 3, "b": 2, "c": 3, "z": 2}]
