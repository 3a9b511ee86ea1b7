"""Exact reading of amounts, weights, lengths and rates from text, and writing them back.

Text becomes an integer of the smallest unit or is refused; nothing is ever rounded on the way in
and no float is involved. `1.2E+15` is refused by name: a spreadsheet that shows it has
already lost the digits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NUMBER = re.compile(r"([+-]?)([0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:\.([0-9]+))?")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?[eE][+-]?[0-9]+")
_OTHER_CURRENCY = re.compile(
    r"US\$|HK\$|[$€£₽₩฿]|(?<![A-Z])(?:USD|EUR|GBP|RUB|HKD|JPY|KRW|THB|AUD|CAD)(?![A-Z])", re.IGNORECASE
)
_YUAN_MARKS = re.compile(r"^(?:¥|￥|CNY|RMB)\s*|\s*(?:元|CNY|RMB)$", re.IGNORECASE)
_SIZE_MARKS = re.compile(r"\s*[xX×*✕]\s*")

SCIENTIFIC_REFUSED = "scientific notation has lost digits: format the cell as text"

WEIGHT_UNITS: Mapping[str, int] = {"kg": 3, "g": 0}
LENGTH_UNITS: Mapping[str, int] = {"m": 3, "cm": 1, "mm": 0}
DISTANCE_UNITS: Mapping[str, int] = {"km": 3, "m": 0}


class AmountUnreadable(ValueError):
    """A text that is not an amount of the wanted kind: says the field, the value and what is wanted."""

    def __init__(self, value: object, rule: str, *, field: str = "") -> None:
        super().__init__(f"{field + ': ' if field else ''}{value!r}: {rule}")
        self.field, self.value, self.rule = field, value, rule


def scaled_integer(text: str, *, places: int, field: str = "", what: str = "a plain decimal number") -> int:
    """`text` × 10^`places` as an exact integer; refuses more decimals than `places` holds."""
    stripped = text.strip()
    if _SCIENTIFIC.fullmatch(stripped):
        raise AmountUnreadable(text, SCIENTIFIC_REFUSED, field=field)
    found = _NUMBER.fullmatch(stripped)
    if found is None:
        raise AmountUnreadable(text, f"must be {what}", field=field)
    sign, whole, fraction = found[1], found[2].replace(",", ""), (found[3] or "").rstrip("0")
    if len(fraction) > places:
        raise AmountUnreadable(text, f"must be {what} with at most {places} decimals", field=field)
    amount = int(whole + fraction.ljust(places, "0"))
    return -amount if sign == "-" else amount


def parse_fen(text: str, *, field: str = "") -> int:
    """`"120.00"` → 12000 fen; a yuan mark is allowed, any other currency is refused by name."""
    foreign = _OTHER_CURRENCY.search(text)
    if foreign:
        raise AmountUnreadable(text, f"amounts are in CNY, not {foreign[0]}", field=field)
    return scaled_integer(_YUAN_MARKS.sub("", text.strip()), places=2, field=field, what="an amount in yuan")


def parse_grams(text: str, *, unit: str = "kg", field: str = "") -> int:
    """`"1.2"` kg → 1200 g; a unit written behind the number wins over `unit`."""
    return _measure(text, unit=unit, units=WEIGHT_UNITS, field=field, what="a weight")


def parse_millimetres(text: str, *, unit: str = "cm", field: str = "") -> int:
    """`"30.5"` cm → 305 mm; finer than a millimetre is refused."""
    return _measure(text, unit=unit, units=LENGTH_UNITS, field=field, what="a length")


def parse_metres(text: str, *, unit: str = "km", field: str = "") -> int:
    """`"250"` km → 250000 m."""
    return _measure(text, unit=unit, units=DISTANCE_UNITS, field=field, what="a distance")


def parse_size(text: str, *, unit: str = "cm", field: str = "size") -> tuple[int, int, int]:
    """`"30x25x20"` cm → (300, 250, 200) mm; `×` and `*` are read as well."""
    body, unit = _split_unit(text, unit=unit, units=LENGTH_UNITS)
    sides = _SIZE_MARKS.split(body)
    if len(sides) != 3:
        raise AmountUnreadable(text, "must be three lengths, as in 30x25x20", field=field)
    length, width, height = (parse_millimetres(side, unit=unit, field=field) for side in sides)
    return length, width, height


def parse_basis_points(text: str, *, field: str = "") -> int:
    """`"2.2%"` → 220; the percent sign is required, so that 2.2 and 0.022 cannot be mixed up."""
    return scaled_integer(_percentage(text, field=field), places=2, field=field, what="a percentage")


def parse_ratio(text: str, *, field: str = "") -> tuple[int, int]:
    """`"0.8001%"` → (8001, 1000000): exact, so that 0.8 % and 0.8001 % fall on their own sides."""
    digits = _percentage(text, field=field)
    places = len(digits.partition(".")[2])
    return scaled_integer(digits, places=places, field=field, what="a percentage"), 10 ** (places + 2)


def parse_score(text: str, *, field: str = "") -> int:
    """`"4.78"` → 47800 ten-thousandths of a point."""
    return scaled_integer(text, places=4, field=field, what="a score")


def parse_whole(text: str, *, field: str = "") -> int:
    """`"14"` → 14; `"14.0"` as a spreadsheet writes it is the same number."""
    return scaled_integer(text, places=0, field=field, what="a whole number")


def format_fen(amount: int) -> str:
    """1960 → `19.60`."""
    return _decimal(amount, places=2, keep=2)


def format_kilograms(grams: int) -> str:
    """1200 → `1.2`."""
    return _decimal(grams, places=3, keep=0)


def format_kilometres(metres: int) -> str:
    """200000 → `200`."""
    return _decimal(metres, places=3, keep=0)


def format_centimetres(millimetres: int) -> str:
    """305 → `30.5`."""
    return _decimal(millimetres, places=1, keep=0)


def format_percent(basis_points: int) -> str:
    """350 → `3.5%`."""
    return _decimal(basis_points, places=2, keep=0) + "%"


def format_fraction(numerator: int, denominator: int, *, places: int) -> str:
    """The quotient with `places` decimals, exact where it ends earlier, else marked with `≈`."""
    scaled, rest = divmod(abs(numerator) * 10**places, denominator)
    nearest = scaled + (2 * rest >= denominator)
    sign = "-" if numerator < 0 else ""
    return ("≈" if rest else "") + sign + _decimal(nearest, places=places, keep=0)


def _measure(text: str, *, unit: str, units: Mapping[str, int], field: str, what: str) -> int:
    body, unit = _split_unit(text, unit=unit, units=units)
    return scaled_integer(body, places=units[unit], field=field, what=f"{what} in {unit}")


def _split_unit(text: str, *, unit: str, units: Mapping[str, int]) -> tuple[str, str]:
    if unit not in units:
        raise ValueError(f"{unit!r} is not one of {', '.join(units)}")
    lowered = text.strip().lower()
    for known in sorted(units, key=len, reverse=True):
        if lowered.endswith(known):
            return lowered[: -len(known)].strip(), known
    return text.strip(), unit


def _percentage(text: str, *, field: str) -> str:
    stripped = text.strip()
    if not stripped.endswith(("%", "％")):
        raise AmountUnreadable(text, "must be a percentage with its sign, as in 2.2%", field=field)
    return stripped[:-1].strip()


def _decimal(amount: int, *, places: int, keep: int) -> str:
    whole, fraction = divmod(abs(amount), 10**places)
    digits = str(fraction).rjust(places, "0") if places else ""
    while len(digits) > keep and digits.endswith("0"):
        digits = digits[:-1]
    return f"{'-' if amount < 0 else ''}{whole}{'.' + digits if digits else ''}"
