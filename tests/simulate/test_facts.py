"""Seeded facts: the words of the layout's header, worked out again here, and where they end."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bantuo.simulate.facts import Facts, FactUnknown

SEED = "olist-1"
FACTS = Facts(
    SEED,
    {
        "share": {"share_bp": 400},
        "never": {"share_bp": 0},
        "always": {"share_bp": 10_000},
        "span": {"range": [20, 900, 7]},
        "one": {"range": [5, 5, 1]},
        "kind": {"pick": {"a": 3, "b": 7, "10": 90}},
    },
)
KEYS = st.lists(st.text(max_size=8), min_size=1, max_size=3).map(tuple)


def drawn(name: str, *keys: str) -> int:
    return int(sha256("|".join([SEED, name, *keys]).encode()).hexdigest()[:16], 16)


def test_one_draw_by_hand() -> None:
    assert sha256(b"olist-1|span|S").hexdigest()[:16] == f"{drawn('span', 'S'):016x}"
    assert FACTS.number("span")("S") == 20 + 7 * (drawn("span", "S") % 126)


@given(KEYS)
def test_a_share_is_one_below_its_basis_points(keys: tuple[str, ...]) -> None:
    assert FACTS.number("share")(*keys) == int(drawn("share", *keys) % 10_000 < 400)
    assert (FACTS.number("never")(*keys), FACTS.number("always")(*keys)) == (0, 1)


@given(KEYS)
def test_a_range_stays_within_and_on_its_steps(keys: tuple[str, ...]) -> None:
    found = FACTS.number("span")(*keys)
    assert 20 <= found <= 900
    assert (found - 20) % 7 == 0
    assert FACTS.number("one")(*keys) == 5


@given(KEYS)
def test_a_pick_goes_by_running_totals_in_the_order_written(keys: tuple[str, ...]) -> None:
    left = drawn("kind", *keys) % 100
    assert FACTS.choice("kind")(*keys) == ("a" if left < 3 else "b" if left < 10 else "10")


def test_the_same_keys_always_give_the_same_fact() -> None:
    again = Facts(SEED, FACTS.specs)
    assert [FACTS.choice("kind")(str(n)) for n in range(99)] == [
        again.choice("kind")(str(n)) for n in range(99)
    ]
    other = Facts("olist-2", FACTS.specs)
    assert [FACTS.choice("kind")(str(n)) for n in range(99)] != [
        other.choice("kind")(str(n)) for n in range(99)
    ]


def test_a_fact_that_the_layout_lacks_is_named() -> None:
    with pytest.raises(FactUnknown, match=r"\[facts\.weather\]"):
        FACTS.number("weather")
