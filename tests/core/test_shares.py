from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bantuo.core.shares import share_out


def test_a_coupon_of_one_yuan_over_three_equal_lines() -> None:
    assert share_out(100, [6000, 6000, 6000]) == [33, 34, 33]


def test_without_weights_the_first_takes_all() -> None:
    assert share_out(7, [0, 0]) == [7, 0]
    assert share_out(0, []) == []


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=8), st.integers(0, 10**9))
def test_parts_add_up_and_none_is_above_its_weight(weights: list[int], amount: int) -> None:
    amount = min(amount, sum(weights))
    parts = share_out(amount, weights)
    assert sum(parts) == amount
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))
