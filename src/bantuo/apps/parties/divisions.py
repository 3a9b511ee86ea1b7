"""Prefectures and counties of China by their code (GB/T 2260), for picking a place and estimating distance.

The table ships with the package (`policybook/starter/divisions.csv`, its licence beside it). Names repeat
between provinces: a division is always meant by its code.
"""

from __future__ import annotations

import csv
import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from bantuo.core.distance import Place


@dataclass(frozen=True, slots=True)
class Division:
    """A prefecture (its code ends with 00) or a county; `place` is None where it is not known."""

    code: str
    province: str
    city: str
    name: str
    place: Place | None

    @property
    def label(self) -> str:
        """The whole name, each part once: 浙江省金华市义乌市."""
        return "".join(dict.fromkeys((self.province, self.city, self.name)))

    @property
    def prefecture_code(self) -> str:
        return f"{self.code[:4]}00"


@cache
def divisions() -> Mapping[str, Division]:
    """Every prefecture and county by its code, in order of code."""
    home = importlib.resources.files("bantuo").joinpath("policybook", "starter", "divisions.csv")
    rows = csv.DictReader(home.read_text(encoding="utf-8").splitlines())
    return MappingProxyType({row["code6"]: _division(row) for row in rows})


def _division(row: Mapping[str, str]) -> Division:
    known = row["lat_e6"] and row["lon_e6"]
    place = Place(int(row["lat_e6"]), int(row["lon_e6"])) if known else None
    return Division(row["code6"], row["province"], row["city"], row["name"], place)


def division_place(code: str | None) -> Place | None:
    """Where a division lies; that of its prefecture when its own is not known, None when neither is."""
    division = divisions().get(code or "")
    if division is None or division.place is not None:
        return division.place if division else None
    prefecture = divisions().get(division.prefecture_code)
    return prefecture.place if prefecture else None


def division_label(code: str | None) -> str:
    """The whole name of a division; empty when the code is unknown."""
    division = divisions().get(code or "")
    return division.label if division else ""


def find_divisions(text: str, *, limit: int) -> tuple[Division, ...]:
    """Divisions whose name or code holds every word of `text`: whole names first, then in order of code."""
    words = text.split()
    if not words:
        return ()
    found = [d for d in divisions().values() if all(word in d.label or word == d.code for word in words)]
    found.sort(key=lambda d: (not d.name.startswith(words[-1]), d.code))
    return tuple(found[:limit])
