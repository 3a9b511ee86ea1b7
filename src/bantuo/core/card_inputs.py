"""What a card may be asked: every input present, an integer and in range, before anything is priced.

A missing weight would undercharge and a missing distance would drop a surcharge without a word, so
nothing is guessed: only services that were not ticked may be left out (`rate_card.DEFAULTS`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

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
    limits = {name: _plain_limit(name) for name in card.inputs}
    for line in card.lines:
        if isinstance(line.tariff, AdValorem) and line.tariff.granted_input:
            limits[line.tariff.granted_input] = _granted_limit(line.tariff)
    return limits


def complete_inputs(card: Card, inputs: Mapping[str, object]) -> dict[str, int]:
    """The inputs as the card reads them: defaults filled in, the volume found from the sides.

    Sides that were given are kept, so that a quote can show them. Raises InputsRefused.
    """
    problems = [_unknown(name, inputs[name]) for name in inputs if name not in INPUT_RANGES]
    given = {name: value for name, value in DEFAULTS.items() if name not in inputs}
    for name in INPUT_RANGES.keys() & inputs.keys():
        _take_integer(name, inputs[name], given, problems)
    sides = SIDES if card.reads_volume and not card.reads_sides and all(s in given for s in SIDES) else ()
    if sides:
        _take_volume(given, problems)
    limits = input_limits(card)
    for name in (*sides, *limits):
        _check_limit(name, limits.get(name) or _plain_limit(name), given, inputs, problems)
    if problems:
        raise InputsRefused(tuple(problems))
    return {name: given[name] for name in (*sides, *limits)}


def _unknown(name: str, value: object) -> InputProblem:
    return InputProblem(name, value, f"unknown input; known are {', '.join(INPUT_RANGES)}")


def _take_integer(name: str, value: object, given: dict[str, int], problems: list[InputProblem]) -> None:
    if isinstance(value, bool) or type(value) is int:
        given[name] = int(value)
    else:
        problems.append(
            InputProblem(name, value, "must be an integer" if value is not None else "is missing")
        )


def _take_volume(given: dict[str, int], problems: list[InputProblem]) -> None:
    product = prod(given[side] for side in SIDES)
    if given.setdefault("volume_mm3", product) != product:
        problems.append(InputProblem("volume_mm3", given["volume_mm3"], f"the sides give {product}"))


def _check_limit(
    name: str,
    limit: Limit,
    given: Mapping[str, int],
    inputs: Mapping[str, object],
    problems: list[InputProblem],
) -> None:
    if name in given:
        if not limit.allows(given[name]):
            problems.append(InputProblem(name, given[name], limit.rule))
    elif name not in inputs:
        hint = f", and so is one of {', '.join(SIDES)}" if name == "volume_mm3" else ""
        problems.append(InputProblem(name, None, f"is missing{hint}"))


def _plain_limit(name: str) -> Limit:
    low, high = INPUT_RANGES[name]
    return Limit(low, high, False, f"must be an integer from {low} to {high}")


def _granted_limit(tariff: AdValorem) -> Limit:
    low, high = format_percent(tariff.floor_bp), format_percent(tariff.rate_bp)
    rule = f"{tariff.floor_rule}: a granted rate is from {low} to {high}"
    return Limit(tariff.floor_bp, tariff.rate_bp, True, rule)
