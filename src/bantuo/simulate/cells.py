"""Read one cell of a source: to the integer, text or instant the programme wants, or refuse it by rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bantuo.simulate.columns import UNITS
from bantuo.simulate.layout import Layout

_SCIENTIFIC = re.compile(r"[0-9]([.,][0-9]+)?[eE][+]?[0-9]{1,3}")
_PLAIN = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", re.ASCII)
# As the seller profile's schema has them: a code that cannot be assessed must not get that far.
_SELLER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,63}")
_LONGEST = {"text": 200, "id": 100, "category": 80}
MEASURE_MAX = {"weight": 1_000_000, "length": 10_000}
_MONEY_MAX = 10**11
# A replay walks through every day between its orders: an absurd year would never end.
_REACH = timedelta(days=3653)


class CellRefused(ValueError):
    """A cell that cannot be used; carries the rule it breaks."""


def read_cell(value: Any, *, kind: str, spec: Mapping[str, Any], layout: Layout, begins: datetime) -> Any:
    """The cell as text, int (grams, millimetres, fen, a count) or UTC instant; None where allowed.

    `begins` is the programme's first moment: no order is placed before it.
    """
    if value is None or value == "":
        if kind.endswith("?"):
            return None
        raise CellRefused("must not be empty")
    match kind.rstrip("?"):
        case "id":
            return _id(value)
        case "seller":
            return _seller(value)
        case "text" | "category" as name:
            return _text(value, longest=_LONGEST[name])
        case "status":
            return _one_of(value, tuple(layout.raw["status"]))
        case "currency":
            return _one_of(value, (layout.raw["money"]["currency"],))
        case "placed":
            return _placed(value, layout, begins)
        case "time":
            return _time(value, layout, begins)
        case "money":
            return layout.to_fen(_scaled(value, 100, low=0, high=_MONEY_MAX))
        case "count":
            return _scaled(value, 1, low=1, high=1_000_000)
        case measure:
            return _scaled(value, UNITS[measure][spec["unit"]], low=1, high=MEASURE_MAX[measure])


def _id(value: Any) -> str:
    if isinstance(value, float):
        raise CellRefused("an id kept as a floating-point number may have lost digits: store it as text")
    text = _text(value, longest=_LONGEST["id"])
    if _SCIENTIFIC.fullmatch(text):
        raise CellRefused("an id in scientific notation has lost its digits: format the column as text")
    return text


def _seller(value: Any) -> str:
    text = _id(value)
    if not _SELLER.fullmatch(text):
        raise CellRefused("a seller's code is 1 to 64 letters A-Z, digits and . _ / -, no sign first")
    return text


def _text(value: Any, *, longest: int = _LONGEST["text"]) -> str:
    text = str(value)
    if "\x00" in text:
        raise CellRefused("contains a NUL character")
    if len(text) > longest:
        raise CellRefused(f"longer than {longest} characters")
    return text


def _one_of(value: Any, allowed: tuple[str, ...]) -> str:
    text = _text(value)
    if text not in allowed:
        raise CellRefused(f"one of {', '.join(allowed)}")
    return text


def _scaled(value: Any, scale: int, *, low: int, high: int) -> int:
    """An exact number of smallest units. A float counts as its shortest decimal text."""
    text = format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)
    if _SCIENTIFIC.fullmatch(text):
        raise CellRefused("scientific notation: write the number out")
    if not _PLAIN.fullmatch(text):
        raise CellRefused("not a plain number (digits, at most one decimal point)")
    whole, _, decimals = text.lstrip("-").partition(".")
    tail: int = 10 ** len(decimals)
    units, left = divmod(int(whole + decimals) * scale, tail)
    if left:
        raise CellRefused("must be a whole number" if scale == 1 else f"finer than 1/{scale}")
    if text.startswith("-"):
        units = -units
    if not low <= units <= high:
        raise CellRefused(f"outside {low}…{high} (smallest units)")
    return units


def _placed(value: Any, layout: Layout, begins: datetime) -> datetime:
    moment = _time(value, layout, begins)
    if moment < begins:
        raise CellRefused(f"before the programme opened ({begins.astimezone(layout.zone).date()})")
    return moment


def _time(value: Any, layout: Layout, begins: datetime) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        has_zone = moment.tzinfo is not None
        moment = (moment + layout.shift).astimezone(UTC) if has_zone else layout.moved(moment)
    except ValueError:
        raise CellRefused("not a date and time (ISO 8601)") from None
    except OverflowError:
        raise CellRefused("outside the calendar") from None
    if abs(moment - begins) > _REACH:
        raise CellRefused("more than ten years from the day the programme opened")
    return moment
