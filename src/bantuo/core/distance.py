"""Great-circle distance between two places: an estimate for advice, never charged (A-24).

The transfer fee rests on a road quote. This is only how a page tells beforehand whether a warehouse is
likely to lie beyond the line, so floating point inside `math` does no harm; near the line it says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

EARTH_RADIUS_M = 6_371_009  # mean radius of the WGS 84 ellipsoid
_E6 = 1_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the globe in millionths of a degree."""

    latitude_e6: int
    longitude_e6: int

    def __post_init__(self) -> None:
        if abs(self.latitude_e6) > 90 * _E6 or abs(self.longitude_e6) > 180 * _E6:
            raise PlaceOffTheGlobe(f"latitude {self.latitude_e6}, longitude {self.longitude_e6}")


class PlaceOffTheGlobe(ValueError):
    """A latitude beyond 90 or a longitude beyond 180 degrees."""


def great_circle_m(origin: Place, to: Place) -> int:
    """Metres between two places as the crow flies, by the haversine formula on a sphere."""
    latitude, other = _radians(origin.latitude_e6), _radians(to.latitude_e6)
    across = _half_sine_squared(to.longitude_e6 - origin.longitude_e6)
    share = (
        _half_sine_squared(to.latitude_e6 - origin.latitude_e6)
        + math.cos(latitude) * math.cos(other) * across
    )
    return round(2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(share, 1))))


def _radians(degrees_e6: int) -> float:
    return math.radians(degrees_e6 / _E6)


def _half_sine_squared(degrees_e6: int) -> float:
    return math.sin(_radians(degrees_e6) / 2) ** 2


def place_against_line(estimate_m: int, *, line_m: int, doubt_m: int) -> str:
    """`within`, `close` or `beyond` the line: `close` when the estimate is too near to tell.

    A road is never shorter than the great circle, so an estimate beyond the line by more than the
    doubt is beyond it by road too; one within may still be beyond by road.
    """
    if abs(estimate_m - line_m) <= doubt_m:
        return "close"
    return "beyond" if estimate_m > line_m else "within"
