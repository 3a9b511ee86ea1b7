"""The one rounding, the one ceiling and steps, against exact fractions."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bantuo.core.vocabulary import Ints, ceil_div, half_up, ratio_half_up, step

K = Ints()
MONEY = st.integers(-(10**15), 10**15)
DIVISOR = st.integers(1, 10**6)


def nearest(numerator: int, denominator: int) -> int:
    exact = Fraction(abs(numerator), denominator)
    away = int(exact) + (exact - int(exact) >= Fraction(1, 2))
    return -away if numerator < 0 else away


@given(MONEY, DIVISOR)
def test_half_up_is_half_away_from_zero(value: int, divisor: int) -> None:
    assert half_up(K, value, divisor) == nearest(value, divisor)
    assert half_up(K, -value, divisor) == -half_up(K, value, divisor)


@given(st.integers(-(10**9), 10**9))
def test_half_up_agrees_with_decimal_on_ties(value: int) -> None:
    tie = 2 * value + 1
    assert half_up(K, tie, 2) == int((Decimal(tie) / 2).quantize(Decimal(1), ROUND_HALF_UP))


@given(MONEY, DIVISOR)
def test_ratio_equals_half_up_and_is_zero_without_a_divisor(value: int, divisor: int) -> None:
    assert ratio_half_up(K, value, divisor) == half_up(K, value, divisor)
    assert ratio_half_up(K, 0, 0) == 0


@given(st.integers(0, 10**15), DIVISOR)
def test_ceiling(value: int, divisor: int) -> None:
    assert ceil_div(K, value, divisor) == ceil(Fraction(value, divisor))


@pytest.mark.parametrize(("value", "amount"), [(-1, 7), (0, 7), (9, 7), (10, 5), (19, 5), (20, 3), (99, 3)])
def test_step_takes_the_highest_cut_reached(value: int, amount: int) -> None:
    assert step(K, value, [(20, 3), (10, 5)], below=7) == amount


@pytest.mark.parametrize(("numerator", "denominator"), [(-1, 2), (1, 0), (1, -2)])
def test_division_outside_its_meaning_is_an_error(numerator: int, denominator: int) -> None:
    with pytest.raises(ArithmeticError):
        K.idiv(numerator, denominator)


def test_the_rest_of_the_vocabulary() -> None:
    assert (K.max(3), K.max(1, 3, 2), K.min(3), K.min(2, 1, 3)) == (3, 3, 3, 1)
    assert (K.abs(-4), K.lit(5), K.where(True, 1, 2), K.where(False, 1, 2)) == (4, 5, 1, 2)
    assert (K.eq(1, 1), K.eq(1, 2)) == (True, False)
