"""A column of text is read exactly as one amount is."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bantuo.core import money
from bantuo.core.money import AmountUnreadable
from bantuo.engine.amount_columns import percent_column, scaled_column, tick_column, yuan_column

AMOUNT = st.from_regex(r"\A[+-]?[0-9]{1,9}(\.[0-9]{1,5})?\Z") | st.text("0123456789.,+-%¥元 eE", max_size=12)


def read_one(parse: Callable[[str], int], text: str) -> int | None:
    try:
        return parse(text)
    except AmountUnreadable:
        return None


def read_column(parse: Callable[[pl.Expr], pl.Expr], text: str) -> int | None:
    made: int | None = pl.DataFrame({"x": [text]}).select(parse(pl.col("x"))).item()
    return made


@pytest.mark.parametrize("places", [0, 1, 2, 3, 4])
@settings(max_examples=150, deadline=None)
@example("1.").via("a point without decimals")
@example(".5").via("no whole part")
@example("1.2500").via("zeros behind")
@example("1,234,567.8").via("thousands")
@example("12,34").via("grouped wrongly")
@example(" 7 ").via("spaces around")
@given(AMOUNT)
def test_plain_numbers_agree(places: int, text: str) -> None:
    one = read_one(lambda t: money.scaled_integer(t, places=places), text)
    assert read_column(lambda x: scaled_column(x, places=places), text) == one


@settings(max_examples=200, deadline=None)
@example("¥1,234.50").via("yuan sign and thousands")
@example("12 元").via("yuan behind")
@example("$12").via("dollars")
@example("12USD").via("dollars by code")
@given(AMOUNT)
def test_yuan_agree(text: str) -> None:
    assert read_column(yuan_column, text) == read_one(money.parse_fen, text)


@settings(max_examples=200, deadline=None)
@example("2.2%").via("the floor")
@example("2.2").via("no sign")
@given(AMOUNT | AMOUNT.map(lambda text: f"{text}%"))
def test_percentages_agree(text: str) -> None:
    assert read_column(percent_column, text) == read_one(money.parse_basis_points, text)


@pytest.mark.parametrize(
    ("text", "tick"),
    [("1", 1), ("TRUE", 1), (" yes", 1), ("是", 1), ("0", 0), ("No", 0), ("否", 0), ("", None), ("2", None)],
)
def test_ticks(text: str, tick: int | None) -> None:
    assert read_column(tick_column, text) == tick
