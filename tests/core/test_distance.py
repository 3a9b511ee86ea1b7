"""Great-circle estimates: known pairs, symmetry, and what is said near the line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bantuo.core.distance import Place, PlaceOffTheGlobe, great_circle_m, place_against_line

YIWU, HANGZHOU = Place(29_306_775, 120_075_106), Place(30_246_920, 120_209_789)
DONGGUAN, SHANGHAI = Place(23_020_673, 113_751_799), Place(31_231_706, 121_472_644)
places = st.builds(Place, st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000))


@pytest.mark.parametrize(
    ("origin", "to", "metres"),
    [(YIWU, HANGZHOU, 105_300), (HANGZHOU, SHANGHAI, 162_900), (YIWU, DONGGUAN, 941_300)],
)
def test_known_distances_are_met_to_a_hundred_metres(origin: Place, to: Place, metres: int) -> None:
    assert abs(great_circle_m(origin, to) - metres) <= 100


def test_a_quarter_of_the_equator_and_the_antipodes() -> None:
    origin = Place(0, 0)
    assert great_circle_m(origin, Place(0, 90_000_000)) == 10_007_558
    assert great_circle_m(origin, Place(0, 180_000_000)) == 20_015_115
    assert great_circle_m(Place(90_000_000, 0), Place(90_000_000, 123_456_789)) == 0


@given(places, places)
def test_it_is_as_far_there_as_back_and_never_beyond_half_the_globe(one: Place, other: Place) -> None:
    there = great_circle_m(one, other)
    assert there == great_circle_m(other, one)
    assert 0 <= there <= 20_015_115
    assert great_circle_m(one, one) == 0


@pytest.mark.parametrize(
    ("estimate", "told"),
    [
        (0, "within"),
        (189_999, "within"),
        (190_000, "close"),
        (200_000, "close"),
        (210_000, "close"),
        (210_001, "beyond"),
    ],
)
def test_near_the_line_it_does_not_pretend_to_know(estimate: int, told: str) -> None:
    assert place_against_line(estimate, line_m=200_000, doubt_m=10_000) == told


@pytest.mark.parametrize(("latitude", "longitude"), [(90_000_001, 0), (0, -180_000_001)])
def test_a_place_off_the_globe_is_refused(latitude: int, longitude: int) -> None:
    with pytest.raises(PlaceOffTheGlobe):
        Place(latitude, longitude)
