"""Read one cell of a source: to the integer, text or instant the programme wants, or refuse it by rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from bantuo.simulate.layout import UNITS, Layout

_SCIENTIFIC = re.compile(r"^[0-9]+([.,][0-9]+)?[eE][+]?[0-9]+$")
_TEXT_MAX = 200
MEASURE_MAX = {"weight": 1_000_000, "length": 10_000}
_MONEY_MAX = 10**11
PROGRAMME_BEGINS = "the programme's first day"


class CellRefused(ValueError):
    """A cell that cannot be used; carries the rule it breaks."""


def read_cell(value: Any, *, kind: str, spec: Mapping[str, Any], layout: Layout) -> Any:
    """The cell as text, int (grams, millimetres, fen, a count) or UTC instant; None where allowed."""
    optional = kind.endswith("?")
    if value is None or value == "":
        if optional:
            return None
        raise CellRefused("must not be empty")
    match kind.rstrip("?"):
        case "text":
            return _text(value)
        case "time":
            return _time(value, layout)
        case "money":
            return layout.to_fen(_scaled(value, 100, low=0, high=_MONEY_MAX))
        case "count":
            return _scaled(value, 1, low=1, high=1_000_000)
        case measure:
            return _scaled(value, UNITS[measure][spec["unit"]], low=1, high=MEASURE_MAX[measure])


def _text(value: Any) -> str:
    text = str(value)
    if "\x00" in text:
        raise CellRefused("contains a NUL character")
    if _SCIENTIFIC.match(text):
        raise CellRefused("an id in scientific notation has lost its digits: format the column as text")
    if len(text) > _TEXT_MAX:
        raise CellRefused(f"longer than {_TEXT_MAX} characters")
    return text


def _scaled(value: Any, scale: int, *, low: int, high: int) -> int:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise CellRefused("not a number") from None
    scaled = number * scale
    if not number.is_finite() or scaled != scaled.to_integral_value():
        raise CellRefused(f"not a whole number of 1/{scale} units")
    if not low <= scaled <= high:
        raise CellRefused(f"outside {low}…{high} (smallest units)")
    return int(scaled)


def _time(value: Any, layout: Layout) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise CellRefused("not a date and time (ISO 8601)") from None
    if moment.tzinfo is not None:
        return (moment + layout.shift).astimezone(UTC)
    return layout.moved(moment)
