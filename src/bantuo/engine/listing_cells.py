"""The cells of a row of listings as values: exact amounts, flags, lists; each that is none is named."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bantuo.core.money import (
    LENGTH_UNITS,
    SCIENTIFIC_REFUSED,
    WEIGHT_UNITS,
    AmountUnreadable,
    parse_basis_points,
    parse_fen,
    parse_grams,
    parse_millimetres,
)
from bantuo.engine.listing_columns import ATTRIBUTE, BY_NAME, heading_unit

STEP = "STEP-5"
_WHOLE_BP = 10_000
_INT_MAX = 2**31 - 1
_YES = frozenset({"yes", "y", "true", "1", "是", "√", "需要"})
_NO = frozenset({"no", "n", "false", "0", "否", "×", "不需要"})
_SCIENTIFIC = re.compile(r"[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+")
_BETWEEN = re.compile(r"[\s,;，；、|]+")
_FINE = re.compile(r"([0-9]{1,9})\.([0-9]{1,12})\s*([a-z]*)")
_TIDY_NUMBER = re.compile(r"([0-9]+)\.0+")
_CODES = ("sku_code", "product_code", "item_code", "hs_code")
_TEXTS = ("title", "category", "customs_name", "main_image", "video")


class CellProblem(NamedTuple):
    """Why a cell does not count: the column of ours, what stood there, the rule and the reason."""

    field: str
    value: str
    rule: str
    reason: str


@dataclass(slots=True)
class RowRead:
    """What a row states: only the columns that say something, and what cannot be read."""

    values: dict[str, Any] = field(default_factory=dict)
    problems: list[CellProblem] = field(default_factory=list)


def read_row(cells: Mapping[str, str], *, columns: Mapping[str, str], fixed: Mapping[str, str]) -> RowRead:
    """The values of a row by the names of our columns.

    `cells`: by heading. `columns`: our column → heading. `fixed`: our column → what an empty or
    absent cell stands for. Fields come in their units: fen, grams, millimetres.
    """
    row = RowRead()
    told = {name: cells.get(heading, "") for name, heading in columns.items()}
    told |= {name: text for name, text in fixed.items() if not told.get(name)}
    readers = _readers(_Units(told, columns))
    for name, text in told.items():
        if not text:
            continue
        try:
            if name.startswith(ATTRIBUTE):
                row.values.setdefault("attributes", {})[name.removeprefix(ATTRIBUTE)] = text
            elif (reader := readers.get(name)) is not None:
                row.values[name] = reader(text)
        except (AmountUnreadable, _NotRead) as unread:
            row.problems.append(CellProblem(name, text[:80], _rule(name), _reason(unread)))
    _price_by_share(row, told)
    _gather_images(row)
    return row


class _NotRead(ValueError):
    """A cell that is not what its column holds."""


def _reason(unread: Exception) -> str:
    return unread.rule if isinstance(unread, AmountUnreadable) else str(unread)


def _rule(name: str) -> str:
    if name.startswith(ATTRIBUTE):
        return "ELG-8"
    return {"weight_g": "FEE-2", "size_chart": "ELG-7", "category": "ELG-6"}.get(
        name, "FEE-3" if name.endswith("_mm") else STEP
    )


class _Units:
    """In which unit weights and lengths stand: the row's own column, else the heading, else g and cm."""

    def __init__(self, told: Mapping[str, str], columns: Mapping[str, str]) -> None:
        self._told, self._columns = told, columns

    def weight(self, text: str) -> int:
        unit = self._unit("weight_unit", "weight_g", WEIGHT_UNITS, "g")
        return _bounded(_rounded_up(_tidy(text), unit=unit, places=WEIGHT_UNITS, read=parse_grams))

    def length(self, name: str) -> Callable[[str], int]:
        unit = self._unit("size_unit", name, LENGTH_UNITS, "cm")
        return lambda text: _bounded(
            _rounded_up(_tidy(text), unit=unit, places=LENGTH_UNITS, read=parse_millimetres)
        )

    def _unit(self, column: str, name: str, known: Mapping[str, int], otherwise: str) -> str:
        stated = self._told.get(column, "").strip().lower()
        found = stated or heading_unit(self._columns.get(name, "")) or otherwise
        return found if found in known else otherwise


def _readers(units: _Units) -> dict[str, Callable[[str], Any]]:
    readers: dict[str, Callable[[str], Any]] = dict.fromkeys(_TEXTS, str)
    readers |= dict.fromkeys(_CODES, _code)
    readers |= {name: _flag for name, column in BY_NAME.items() if column.kind == "flag"}
    readers |= {name: units.length(name) for name in ("length_mm", "width_mm", "height_mm")}
    return readers | {
        "ordinary_fen": _fen,
        "exclusive_fen": _exclusive,
        "weight_g": units.weight,
        "markets": _markets,
        "images": _links,
        "size_chart": _chart,
    }


def _code(text: str) -> str:
    """A code as it was typed; a spreadsheet that made a number of it has lost digits."""
    if _SCIENTIFIC.fullmatch(text):
        raise _NotRead(SCIENTIFIC_REFUSED)
    whole = _TIDY_NUMBER.fullmatch(text)
    return whole[1] if whole else text


def _tidy(text: str) -> str:
    return text.strip().replace("，", ",")


def _rounded_up(text: str, *, unit: str, places: Mapping[str, int], read: Callable[..., int]) -> int:
    """A measure in whole grams or millimetres; a finer one, as 店小秘 keeps it, is rounded up."""
    try:
        return read(text, unit=unit)
    except AmountUnreadable:
        found = _FINE.fullmatch(text.lower())
        if found is None or (found[3] or unit) not in places:
            raise
        kept = places[found[3] or unit]
        whole, finer = found[2][:kept].ljust(kept, "0"), found[2][kept:]
        return int(found[1] + whole) + (finer.strip("0") != "")


def _bounded(value: int) -> int:
    """What the table cannot hold is out of range whatever the rules say."""
    if not -_INT_MAX <= value <= _INT_MAX:
        raise _NotRead("is out of range")
    return value


def _fen(text: str) -> int:
    fen = parse_fen(_tidy(text))
    if abs(fen) > 10**15:
        raise _NotRead("is out of range")
    return fen


def _exclusive(text: str) -> Any:
    """An amount, or a share of the ordinary price as in `92%`."""
    if text.endswith(("%", "％")):
        return ("share", parse_basis_points(text))
    return _fen(text)


def _price_by_share(row: RowRead, told: Mapping[str, str]) -> None:
    """A share of the ordinary price becomes an amount, rounded down; without one it stays to be told."""
    stated = row.values.get("exclusive_fen")
    if not isinstance(stated, tuple):
        return
    ordinary = row.values.get("ordinary_fen")
    if isinstance(ordinary, int):
        row.values["exclusive_fen"] = ordinary * stated[1] // _WHOLE_BP
    else:
        del row.values["exclusive_fen"]
        reason = "a share needs an ordinary price in the same row"
        row.problems.append(CellProblem("exclusive_fen", told["exclusive_fen"], STEP, reason))


def _gather_images(row: RowRead) -> None:
    """The main image first, then the others."""
    main, more = row.values.pop("main_image", None), row.values.pop("images", None)
    if main is not None or more is not None:
        row.values["images"] = tuple(dict.fromkeys([*([main] if main else []), *(more or ())]))


def _flag(text: str) -> bool:
    word = text.strip().casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise _NotRead("must be yes or no")


def _markets(text: str) -> tuple[str, ...]:
    codes = [code for code in _BETWEEN.split(text.upper()) if code]
    wrong = next((code for code in codes if not (len(code) == 2 and code.isascii() and code.isalpha())), None)
    if wrong is not None:
        raise _NotRead("countries are two capital letters, as in DE, FR")
    return tuple(dict.fromkeys(codes))


def _links(text: str) -> tuple[str, ...]:
    return tuple(link for link in re.split(r"[\s;；|]+|,(?=\s*https?://)", text) if link)


def _chart(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _NotRead("is no JSON") from None
