"""Three modes side by side: hand-computed rows, and nothing made up where nothing is known."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bantuo.core.compare import (
    CLAIM,
    COMPUTED,
    DERIVED,
    MODES,
    NOT_COMPUTABLE,
    NOT_STATED,
    OURS,
    OWN,
    RULE,
    Books,
    OwnRates,
    Row,
    TypicalOrder,
    compare_costs,
    compare_freedoms,
    compare_terms,
)
from bantuo.engine.books import load_book

ON = date(2024, 8, 1)
BOOKS = Books(
    {
        "semi": load_book("aliexpress-semi"),
        "full": load_book("full-managed"),
        "self": load_book("self-operated"),
    },
    ON,
)
GOLDEN = TypicalOrder(receipts_fen=12000, semi_fee_fen=1960)
KNOWN = OwnRates(
    goods_cost_fen=5000,
    full_supply_fen=7000,
    self_cost_fen=2500,
    self_commission_bp=800,
    self_settlement_days=30,
)


def amounts(rows: tuple[Row, ...]) -> dict[str, tuple[object, ...]]:
    """By row, the amount of each mode."""
    return {row.code: tuple(row.cells[mode].amount for mode in MODES) for row in rows}


def bases(rows: tuple[Row, ...]) -> dict[str, tuple[str, ...]]:
    """By row, what each mode's figure rests on."""
    return {row.code: tuple(row.cells[mode].basis for mode in MODES) for row in rows}


def test_the_golden_order_with_a_sellers_own_rates() -> None:
    rows = compare_costs(BOOKS, order=GOLDEN, own=KNOWN)
    assert amounts(rows) == {
        "cost": (1960, 5000, 3460),  # 25.00 + 8 % of 120.00
        "cost_share": (1633, 4167, 2883),
        "left_over": (5040, 2000, 3540),
        "return": (10080, 4000, 4720),  # 35.40 over 50.00 + 25.00
    }
    assert bases(rows)["cost"] == (COMPUTED, OWN, OWN)


def test_without_own_rates_the_other_modes_cost_nobody_knows_what() -> None:
    rows = compare_costs(BOOKS, order=GOLDEN, own=OwnRates())
    assert amounts(rows) == {
        "cost": (1960, None, None),
        "cost_share": (1633, None, None),
        "left_over": (None, None, None),
        "return": (None, None, None),
    }
    cost = rows[0].cells
    assert (cost["full"].basis, cost["self"].basis) == (NOT_COMPUTABLE, NOT_COMPUTABLE)
    assert [cite.rule.id for cite in cost["full"].cites] == ["CLM-8"]  # the claim, beside it


def test_without_an_order_no_cost_is_computable() -> None:
    rows = compare_costs(BOOKS, order=None, own=KNOWN)
    assert {cell.basis for row in rows for cell in row.cells.values()} == {NOT_COMPUTABLE}


@pytest.mark.parametrize(
    "own",
    [OwnRates(self_cost_fen=2500), OwnRates(self_commission_bp=800), OwnRates(goods_cost_fen=5000)],
)
def test_half_a_rate_is_no_rate(own: OwnRates) -> None:
    assert compare_costs(BOOKS, order=GOLDEN, own=own)[0].cells["self"].basis == NOT_COMPUTABLE


def test_terms_are_the_books_and_claims_stay_claims() -> None:
    rows = compare_terms(BOOKS, own=OwnRates())
    assert amounts(rows) == {
        "on_time": (991_000, 996_000, 864_000),
        "delivery": (72, 90, 117),
        "cash_days": (14, 21, None),
        "deposit": (2_000_000, 5_000_000, None),
        "licence_age": (180, 90, None),
    }
    assert bases(rows) == {
        "on_time": (CLAIM, CLAIM, CLAIM),
        "delivery": (CLAIM, DERIVED, DERIVED),
        "cash_days": (RULE, CLAIM, NOT_STATED),
        "deposit": (RULE, CLAIM, NOT_STATED),
        "licence_age": (RULE, RULE, NOT_STATED),
    }


def test_a_sellers_own_settlement_days_are_theirs() -> None:
    cell = dict(zip(MODES, compare_terms(BOOKS, own=KNOWN)[2].cells.values(), strict=True))["self"]
    assert (cell.amount, cell.basis) == (30, OWN)


def test_freedoms_are_the_matrix_and_what_is_not_stated_says_so() -> None:
    rows = compare_freedoms(BOOKS)
    assert amounts(rows)["price"] == ("free", "refused", "free")
    assert bases(rows)["price"] == (RULE, OURS, OURS)
    assert bases(rows)["video"] == (RULE, NOT_STATED, OURS)


def test_before_the_programme_nothing_is_stated() -> None:
    early = Books(BOOKS.by_mode, date(2020, 1, 1))
    assert compare_freedoms(early) == ()
    assert amounts(compare_terms(early, own=OwnRates()))["deposit"] == (None, None, None)


@given(
    receipts=st.integers(1, 10**9),
    fee=st.integers(0, 10**9),
    goods=st.integers(1, 10**9),
    supply=st.integers(0, 10**9),
)
def test_what_is_left_and_what_it_costs_make_up_the_receipts(
    receipts: int, fee: int, goods: int, supply: int
) -> None:
    own = OwnRates(goods_cost_fen=goods, full_supply_fen=supply)
    cost, _, left, _ = compare_costs(BOOKS, order=TypicalOrder(receipts, fee), own=own)
    for mode in ("semi", "full"):
        assert cost.cells[mode].amount + goods + left.cells[mode].amount == receipts
