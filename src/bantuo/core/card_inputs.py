"""What a card may be asked: every input present, an integer and in range, before anything is priced.

A missing weight would undercharge and a missing distance would drop a surcharge without a word, so
nothing is guessed: only services that were not ticked may be left out (`rate_card.DEFAULTS`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bantuo.core.money import format_percent
from bantuo.core.rate_card import DEFAULTS, INPUT_RANGES, SIDES, AdValorem, Card


@dataclass(frozen=True, slots=True)
class InputProblem:
    """One reason why a parcel cannot be priced."""

    field: str
    value: object
    rule: str


class InputsRefused(ValueError):
    """A parcel that cannot be priced: every problem at once."""

    def __init__(self, problems: tuple[InputProblem, ...]) -> None:
        super().__init__("; ".join(f"{p.field}={p.value!r}: {p.rule}" for p in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Limit:
    """The values an input may take: `low` to `high`, and 0 as well where that means "none"."""

    low: int
    high: int
    zero_allowed: bool
    rule: str

    def allows(self, value: int) -> bool:
        return self.low <= value <= self.high or (self.zero_allowed and value == 0)


def input_limits(card: Card) -> dict[str, Limit]:
    """The limit of each input that the card reads, with the sentence that refuses what is outside."""
    limits = {
        name: Limit(low, high, False, f"must be an integer from {low} to {high}")
        for name in card.inputs
        for low, high in [INPUT_RANGES[name]]
    }
    for line in card.lines:
        if isinstance(line.tariff, AdValorem) and line.tariff.granted_input:
            limits[line.tariff.granted_input] = _granted_limit(line.tariff)
    return limits


def complete_inputs(card: Card, inputs: Mapping[str, object]) -> dict[str, int]:
    """The inputs as the card reads them: defaults filled in, the volume found from the sides.

    Sides that were given are kept, so that a quote can show them. Raises InputsRefused.
    """
    problems = [
        InputProblem(name, inputs[name], f"unknown input; known are {', '.join(INPUT_RANGES)}")
        for name in inputs
        if name not in INPUT_RANGES
    ]
    given = {name: _as_integer(name, value, problems) for name, value in inputs.items() if name in INPUT_RANGES}
    _add_volume(card, given, problems)
    limits = input_limits(card)
    for name, limit in limits.items():
        value = given.setdefault(name, DEFAULTS.get(name))
        if value is None and name not in inputs:
            problems.append(InputProblem(name, None, "is missing"))
        elif value is not None and not limit.allows(value):
            problems.append(InputProblem(name, value, limit.rule))
    if problems:
        raise InputsRefused(tuple(problems))
    kept = (*limits, *(side for side in SIDES if side in given and card.reads_volume))
    return {name: value for name in dict.fromkeys(kept) if (value := given[name]) is not None}


def _granted_limit(tariff: AdValorem) -> Limit:
    low, high = format_percent(tariff.floor_bp), format_percent(tariff.rate_bp)
    rule = f"{tariff.floor_rule}: a granted rate is from {low} to {high}"
    return Limit(tariff.floor_bp, tariff.rate_bp, True, rule)


def _as_integer(name: str, value: object, problems: list[InputProblem]) -> int | None:
    if isinstance(value, bool) or type(value) is int:
        return int(value)
    problems.append(InputProblem(name, value, "must be an integer" if value is not None else "is missing"))
    return None


def _add_volume(card: Card, given: dict[str, int | None], problems: list[InputProblem]) -> None:
    sides = [given.get(side) for side in SIDES]
    if not card.reads_volume or card.reads_sides or any(side is None for side in sides):
        _say_how_to_give_size(card, given, problems)
        return
    for name, side in zip(SIDES, sides, strict=True):
        low, high = INPUT_RANGES[name]
        if side is not None and not low <= side <= high:
            problems.append(InputProblem(name, side, f"must be an integer from {low} to {high}"))
    product = _product(sides)
    if given.setdefault("volume_mm3", product) != product:
        problems.append(InputProblem("volume_mm3", given["volume_mm3"], f"the sides give {product}"))


def _say_how_to_give_size(card: Card, given: Mapping[str, int | None], problems: list[InputProblem]) -> None:
    if card.reads_volume and not card.reads_sides and "volume_mm3" not in given:
        missing = [side for side in SIDES if side not in given]
        rule = "is missing" + (f", as is {', '.join(missing)}" if missing else "")
        problems.append(InputProblem("volume_mm3", None, rule))


def _product(sides: list[int | None]) -> int:
    product = 1
    for side in sides:
        product *= side or 0
    return product
