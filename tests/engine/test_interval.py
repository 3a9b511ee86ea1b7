"""The proof that no input in range leaves 64 bits: sound on samples, and it does refuse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bantuo.core.fees import INPUT_RANGES, charge_rule
from bantuo.core.vocabulary import Ints, half_up
from bantuo.engine.interval import INT64_MAX, OverflowPossible, check_overflow
from tests.core.card_files import CARD_IDS, card_named
from tests.engine.rules import every_operation

RANGES = {"a": (-(10**9), 10**9), "b": (-(10**9), 10**9), "c": (0, 10**9)}


@given(st.integers(*RANGES["a"]), st.integers(*RANGES["b"]), st.integers(*RANGES["c"]))
def test_every_result_lies_within_its_bounds(a: int, b: int, c: int) -> None:
    bounds = check_overflow(every_operation, RANGES)
    for name, value in every_operation(Ints(), {"a": a, "b": b, "c": c}.__getitem__).items():
        low, high = bounds[name]
        assert low <= value <= high


@pytest.mark.parametrize("card_id", CARD_IDS)
def test_no_card_can_leave_64_bits(card_id: str) -> None:
    bounds = check_overflow(charge_rule(card_named(card_id)), INPUT_RANGES)
    assert all(-INT64_MAX <= low <= high <= INT64_MAX for low, high in bounds.values())


def test_an_overflow_is_refused() -> None:
    with pytest.raises(OverflowPossible, match="mul may reach"):
        check_overflow(lambda k, r: {"x": r("a") * r("a")}, {"a": (0, 4 * 10**9)})
    with pytest.raises(OverflowPossible):
        check_overflow(lambda k, r: {"x": half_up(k, r("a"), 100)}, {"a": (0, INT64_MAX)})


@pytest.mark.parametrize("ranges", [{"a": (-1, 5), "b": (1, 5)}, {"a": (0, 5), "b": (0, 5)}])
def test_a_division_that_may_leave_its_meaning_is_refused(ranges: dict[str, tuple[int, int]]) -> None:
    with pytest.raises(OverflowPossible, match="leaves its meaning"):
        check_overflow(lambda k, r: {"x": k.idiv(r("a"), r("b"))}, ranges)
