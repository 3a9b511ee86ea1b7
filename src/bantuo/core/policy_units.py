"""The closed list of units a policy value may have, and what a value of each must look like."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

_COUNTLESS = 10**15

# unit → least and greatest whole number
NUMBER_UNITS: Mapping[str, tuple[int, int]] = {
    "bp": (0, 10_000_000),  # 1/10 000, of money
    "ppm": (0, 1_000_000),  # 1/1 000 000, of a count
    "fen": (0, _COUNTLESS),
    "usd_cent": (0, _COUNTLESS),
    "g": (0, _COUNTLESS),
    "m": (0, _COUNTLESS),
    "mm": (0, _COUNTLESS),
    "mm3": (0, _COUNTLESS),
    "mm3_per_g": (1, _COUNTLESS),
    "seconds": (0, _COUNTLESS),
    "ms": (0, _COUNTLESS),
    "hours": (0, _COUNTLESS),
    "days": (0, 100_000),
    "tenth_days": (0, 1_000_000),
    "working_days": (0, 100_000),
    "tenth_working_days": (0, 1_000_000),
    "months": (0, 12_000),
    "day_of_month": (1, 31),
    "count": (0, _COUNTLESS),
    "orders": (0, _COUNTLESS),
    "orders_per_day": (0, _COUNTLESS),
    "pieces": (0, _COUNTLESS),
    "score_1e4": (0, 1_000_000),  # 1/10 000 of a point
    "percentile": (1, 99),
    "version": (0, 100_000_000),  # major × 10 000 + minor
    "time_of_day": (0, 1_439),  # minutes since midnight
}
OTHER_UNITS = ("flag", "text", "code", "date", "zone", "set", "rules", "table")
UNITS = frozenset(NUMBER_UNITS) | frozenset(OTHER_UNITS)


def misfit(value: Any, unit: str) -> str | None:
    """Why `value` is not a value of `unit`; None when it is."""
    if unit in NUMBER_UNITS:
        return _number_misfit(value, unit)
    match unit:
        case "flag":
            return None if isinstance(value, bool) else _not(value, "true or false")
        case "date":
            return None if isinstance(value, date) else _not(value, "a day")
        case "set" | "rules":
            return _set_misfit(value)
        case "table":
            return _table_misfit(value)
    return None if isinstance(value, str) and value else _not(value, "text")


def shown(value: Any, unit: str) -> str:
    """A value as a person reads it: `3.5 %`, `CNY 5.00`, `16:00`, `3.2`, `200000 m`."""
    match unit:
        case "bp":
            return f"{_scaled(value, 2)} %"
        case "ppm":
            return f"{_scaled(value, 4)} %"
        case "fen" | "usd_cent":
            return f"{'CNY' if unit == 'fen' else 'USD'} {value // 100}.{value % 100:02d}"
        case "score_1e4":
            return _scaled(value, 4)
        case "tenth_days" | "tenth_working_days":
            return f"{_scaled(value, 1)} {_words(unit.removeprefix('tenth_'))}"
        case "version":
            return f"{value // 10_000}.{value % 10_000}"
        case "time_of_day":
            return f"{value // 60:02d}:{value % 60:02d}"
        case "set" | "rules":
            return ", ".join(value) or "(none)"
        case "table":
            return f"{len(value)} rows"
        case "flag":
            return "yes" if value else "no"
        case "mm3_per_g":
            return f"{value} mm³/g"
        case "count" | "day_of_month" | "text" | "code" | "date" | "zone":
            return str(value)
    return f"{value} {_words(unit)}"


def _words(unit: str) -> str:
    return unit.replace("_", " ").replace("mm3", "mm³")


def _scaled(value: int, places: int) -> str:
    whole, part = divmod(value, 10**places)
    return f"{whole}.{part:0{places}d}".rstrip("0").rstrip(".")


def _number_misfit(value: Any, unit: str) -> str | None:
    low, high = NUMBER_UNITS[unit]
    if isinstance(value, bool) or not isinstance(value, int):
        return _not(value, f"a whole number of {unit}")
    return None if low <= value <= high else f"{value} {unit} is outside {low}..{high}"


def _set_misfit(value: Any) -> str | None:
    if not isinstance(value, tuple) or not all(isinstance(item, str) for item in value):
        return _not(value, "a list of words")
    return "a word stands twice" if len(set(value)) < len(value) else None


def _table_misfit(value: Any) -> str | None:
    if not isinstance(value, tuple) or not value or not all(isinstance(row, dict) for row in value):
        return _not(value, "a list of rows")
    if any(set(row) != set(value[0]) for row in value):
        return "the rows do not all have the same columns"
    return None


def _not(value: Any, wanted: str) -> str:
    return f"{value!r} is not {wanted}"
