"""How far a billed weight is above the step below, and what the parcel is without it."""

from __future__ import annotations

from datetime import date

import pytest

from bantuo.core.card_text import resolve_card
from bantuo.core.listing_cost import step_above, without_step
from bantuo.engine.books import load_book

CARD = resolve_card(load_book(), "semi", on=date(2024, 8, 1))


def parcel(weight_g: int, volume_mm3: int = 1_000_000) -> dict[str, int]:
    """One piece over 250 km."""
    return {"weight_g": weight_g, "volume_mm3": volume_mm3, "receipts_fen": 12000, "distance_m": 250_000,
            "label": 0, "photo_qc": 0, "carton_pieces": 0, "granted_rate_bp": 0}  # fmt: skip


@pytest.mark.parametrize(
    ("weight_g", "edge_g", "over_g"),
    [(1001, 1000, 1), (1010, 1000, 10), (2001, 2000, 1), (2010, 2000, 10), (7003, 7000, 3)],
)
def test_a_weight_up_to_ten_grams_above_a_step_is_marked(weight_g: int, edge_g: int, over_g: int) -> None:
    step = step_above(CARD, parcel(weight_g), near_g=10)
    assert step is not None
    assert (step.edge_g, step.over_g, step.by_size) == (edge_g, over_g, False)
    assert without_step(parcel(weight_g), step)["weight_g"] == edge_g


@pytest.mark.parametrize("weight_g", [1, 999, 1000, 1011, 1999, 2000, 2011])
def test_others_are_not(weight_g: int) -> None:
    assert step_above(CARD, parcel(weight_g), near_g=10) is None


def test_where_the_size_is_billed_the_size_has_to_shrink() -> None:
    """12,030,001 mm³ ÷ 6000 are 2,005.0… g: six grams, rounded up, and the volume of two kilograms."""
    found = parcel(500, volume_mm3=12_030_001)
    step = step_above(CARD, found, near_g=10)
    assert step is not None
    assert (step.edge_g, step.over_g, step.by_size) == (2000, 6, True)
    lighter = without_step(found, step)
    assert (lighter["weight_g"], lighter["volume_mm3"]) == (500, 12_000_000)
    assert step_above(CARD, lighter, near_g=10) is None
