"""Amounts are read exactly or refused, and written back the same."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bantuo.core import money
from bantuo.core.money import AmountUnreadable

READ: list[tuple[Callable[..., Any], str, Any]] = [
    (money.parse_fen, "120.00", 12_000),
    (money.parse_fen, "¥1,234.5", 123_450),
    (money.parse_fen, "￥ 7", 700),
    (money.parse_fen, "12.30 元", 1_230),
    (money.parse_fen, "CNY 5", 500),
    (money.parse_fen, "-0.01", -1),
    (money.parse_fen, "1.500", 150),
    (money.parse_grams, "1.2", 1_200),
    (money.parse_grams, "1200g", 1_200),
    (money.parse_grams, "1.001 KG", 1_001),
    (money.parse_millimetres, "30.5", 305),
    (money.parse_millimetres, "305 mm", 305),
    (money.parse_metres, "250", 250_000),
    (money.parse_metres, "200001m", 200_001),
    (money.parse_size, "30x25x20", (300, 250, 200)),
    (money.parse_size, "30.5 × 25 * 0.1 cm", (305, 250, 1)),
    (money.parse_size, "300X250X200mm", (300, 250, 200)),
    (money.parse_basis_points, "2.2%", 220),
    (money.parse_basis_points, "3.50 ％", 350),
    (money.parse_ratio, "0.8%", (8, 1_000)),
    (money.parse_ratio, "0.8001%", (8_001, 1_000_000)),
    (money.parse_ratio, "65%", (65, 100)),
    (money.parse_score, "4.78", 47_800),
    (money.parse_whole, "14.0", 14),
]

REFUSED: list[tuple[Callable[..., Any], str, str]] = [
    (money.parse_fen, "1.2E+15", money.SCIENTIFIC_REFUSED),
    (money.parse_fen, "1.005", "must be an amount in yuan with at most 2 decimals"),
    (money.parse_fen, "$12.00", "amounts are in CNY, not $"),
    (money.parse_fen, "12.00 USD", "amounts are in CNY, not USD"),
    (money.parse_fen, "12,00", "must be an amount in yuan"),
    (money.parse_fen, "1,2345", "must be an amount in yuan"),
    (money.parse_fen, "", "must be an amount in yuan"),
    (money.parse_fen, "1\x002", "must be an amount in yuan"),
    (money.parse_fen, "١٢", "must be an amount in yuan"),
    (money.parse_grams, "1.0005", "must be a weight in kg with at most 3 decimals"),
    (money.parse_grams, "2 lb", "must be a weight in kg"),
    (money.parse_grams, "nan", "must be a weight in kg"),
    (money.parse_millimetres, "16.45", "must be a length in cm with at most 1 decimals"),
    (money.parse_size, "30x25", "must be three lengths, as in 30x25x20"),
    (money.parse_basis_points, "2.2", "must be a percentage with its sign, as in 2.2%"),
    (money.parse_basis_points, "2.205%", "must be a percentage with at most 2 decimals"),
    (money.parse_whole, "14.5", "must be a whole number with at most 0 decimals"),
]


@pytest.mark.parametrize(("parse", "text", "amount"), READ)
def test_amounts_are_read_exactly(parse: Callable[..., Any], text: str, amount: Any) -> None:
    assert parse(text) == amount


@pytest.mark.parametrize(("parse", "text", "rule"), REFUSED)
def test_what_is_no_amount_is_refused_with_the_reason(
    parse: Callable[..., Any], text: str, rule: str
) -> None:
    with pytest.raises(AmountUnreadable) as refused:
        parse(text, field="x")
    assert refused.value.rule == rule
    assert refused.value.field == "x"


def test_a_refusal_names_field_and_value() -> None:
    with pytest.raises(AmountUnreadable, match=r"receipts: 'abc': must be an amount in yuan"):
        money.parse_fen("abc", field="receipts")


@given(st.integers(-(10**14), 10**14))
def test_what_is_written_is_read_back(fen: int) -> None:
    assert money.parse_fen(money.format_fen(fen)) == fen
    assert Decimal(money.format_fen(fen)) * 100 == fen


@given(st.integers(0, 10**9))
def test_every_unit_is_read_back(amount: int) -> None:
    assert money.parse_grams(money.format_kilograms(amount)) == amount
    assert money.parse_metres(money.format_kilometres(amount)) == amount
    assert money.parse_millimetres(money.format_centimetres(amount)) == amount
    assert money.parse_basis_points(money.format_percent(amount)) == amount


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4))
def test_a_decimal_is_read_exactly_or_refused(amount: Decimal) -> None:
    text = f"{amount:f}"
    if amount * 100 == int(amount * 100):
        assert money.parse_fen(text) == int(amount * 100)
    else:
        with pytest.raises(AmountUnreadable):
            money.parse_fen(text)


def test_fractions_say_when_they_are_not_exact() -> None:
    assert money.format_fraction(64_000_000, 6_000_000, places=3) == "≈10.667"
    assert money.format_fraction(30_000_000, 6_000_000, places=3) == "5"
    assert money.format_fraction(-1, 4, places=2) == "-0.25"
