"""What a rate card means: one definition in the vocabulary, for one parcel or five million.

Weights stay exact: the chargeable weight is an integer number of 1/scale gram (scale = divisor, or
twice the divisor under half-throw), so 0.03 m³ ÷ 6000 is 5.0 kg and not a gram more. Every fee is
rounded once, half away from zero, so a refund is the charge with its sign turned.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from bantuo.core.card_text import CardProblems, card_from_mapping, resolve_card
from bantuo.core.rate_card import (
    DEFAULTS,
    INPUT_RANGES,
    SIDES,
    AdValorem,
    Card,
    Condition,
    Flat,
    Line,
    Packing,
    PercentOf,
    WeightBands,
    WeightLinear,
    WeightRule,
    WeightSteps,
)
from bantuo.core.vocabulary import Ints, Reader, Rule, Vocabulary, ceil_div, half_up

__all__ = [
    "DEFAULTS",
    "INPUT_RANGES",
    "SIDES",
    "Card",
    "CardProblems",
    "card_from_mapping",
    "charge_rule",
    "chargeable_weight",
    "resolve_card",
]

OVER_CARD = "over_card"  # output 1 when the parcel is heavier than the card knows


def charge_rule(card: Card) -> Rule:
    """The card as a rule: its inputs → one amount in minor units per line code, and `total_fen`.

    A card with an upper weight also gives `over_card`: 1 means the amounts are void.
    """

    def rule(k: Vocabulary, r: Reader) -> Mapping[str, Any]:
        amounts: dict[str, Any] = {}
        for line in card.lines:
            amounts[line.code] = line_amount(k, r, line=line, card=card, earlier=amounts)
        total = reduce(lambda left, right: left + right, amounts.values(), k.lit(0))
        return amounts | {"total_fen": total} | _over_card(k, r, card)

    return rule


def line_amount(k: Vocabulary, r: Reader, *, line: Line, card: Card, earlier: Mapping[str, Any]) -> Any:
    """One line in minor units: 0 unless all its conditions hold."""
    amount = _tariff_amount(k, r, line=line, card=card, earlier=earlier)
    if line.round_to_fen > 1:
        amount = half_up(k, amount, line.round_to_fen) * line.round_to_fen
    if line.minimum_fen:
        amount = k.max(amount, k.lit(line.minimum_fen))
    for condition in line.when:
        amount = k.where(condition_holds(k, r, condition=condition, card=card), amount, k.lit(0))
    return amount


def condition_holds(k: Vocabulary, r: Reader, *, condition: Condition, card: Card) -> Any:
    """Whether `input op value`, a weight being compared exactly."""
    left, value = _asked(k, r, name=condition.input, card=card), condition.value
    if condition.input == "chargeable_g":
        value *= card.weight.scale
    match condition.op:
        case "gt":
            return left > value
        case "ge":
            return left >= value
        case "lt":
            return left < value
        case "le":
            return left <= value
        case _:
            return k.eq(left, k.lit(value))


def chargeable_weight(k: Vocabulary, r: Reader, *, card: Card) -> Any:
    """The weight that is billed, in 1/`card.weight.scale` gram."""
    rule = card.weight
    weight = _greater_weight(k, r, card=card)
    if rule.round_up_g:
        weight = ceil_div(k, weight, rule.round_up_g * _exact_scale(rule)) * rule.round_up_g
    if rule.minimum_g:
        weight = k.max(weight, k.lit(rule.minimum_g * rule.scale))
    return weight


def volume(k: Vocabulary, r: Reader, *, card: Card) -> Any:
    """The volume in mm³: given, or the product of the sides after the card's rounding up."""
    if not card.reads_sides:
        return r("volume_mm3")
    return reduce(lambda left, right: left * right, rounded_sides(k, r, card=card))


def rounded_sides(k: Vocabulary, r: Reader, *, card: Card) -> list[Any]:
    """The three sides, each rounded up as the card says."""
    to = card.weight.ceil_side_mm
    return [ceil_div(k, r(side), to) * to if to > 1 else r(side) for side in SIDES]


def granted_or_standard(k: Vocabulary, r: Reader, *, tariff: AdValorem) -> Any:
    """The rate in basis points that applies: the granted one where there is one."""
    if tariff.granted_input is None:
        return k.lit(tariff.rate_bp)
    granted = r(tariff.granted_input)
    return k.where(granted > 0, granted, k.lit(tariff.rate_bp))


def weight_on(k: Vocabulary, r: Reader, *, basis: str, card: Card) -> tuple[Any, int]:
    """The weight a line is charged on, and how many of its units make a gram."""
    match basis:
        case "actual":
            return r("weight_g"), 1
        case "volumetric":
            return volume(k, r, card=card), card.weight.divisor
        case _:
            return chargeable_weight(k, r, card=card), card.weight.scale


def _greater_weight(k: Vocabulary, r: Reader, *, card: Card) -> Any:
    rule = card.weight
    if rule.mode == "actual":
        return r("weight_g")
    actual, dimensional = r("weight_g") * rule.divisor, volume(k, r, card=card)
    if rule.mode == "half_throw":
        actual, dimensional = actual * 2, actual + dimensional
    counts = dimensional > actual
    if rule.excess_g:  # the excess is that of the whole dimensional weight, also under half-throw
        counts = volume(k, r, card=card) > (r("weight_g") + rule.excess_g) * rule.divisor
    if rule.any_side_mm:
        counts = counts & (_longest_side(k, r) >= rule.any_side_mm)
    return k.where(counts, dimensional, actual)


def _exact_scale(rule: WeightRule) -> int:
    return {"actual": 1, "half_throw": 2 * rule.divisor}.get(rule.mode, rule.divisor)


def _longest_side(k: Vocabulary, r: Reader) -> Any:
    return k.max(*(r(side) for side in SIDES))


def _asked(k: Vocabulary, r: Reader, *, name: str, card: Card) -> Any:
    match name:
        case "chargeable_g":
            return chargeable_weight(k, r, card=card)
        case "longest_side_mm":
            return _longest_side(k, r)
        case _:
            return r(name)


def _over_card(k: Vocabulary, r: Reader, card: Card) -> dict[str, Any]:
    if not card.weight.maximum_g:
        return {}
    too_heavy = chargeable_weight(k, r, card=card) > card.weight.maximum_g * card.weight.scale
    return {OVER_CARD: k.where(too_heavy, k.lit(1), k.lit(0))}


def _tariff_amount(k: Vocabulary, r: Reader, *, line: Line, card: Card, earlier: Mapping[str, Any]) -> Any:
    match line.tariff:
        case AdValorem() as tariff:
            return half_up(k, r(tariff.of) * granted_or_standard(k, r, tariff=tariff), 10_000)
        case WeightSteps() | WeightLinear() as tariff:
            return _by_weight(k, r, tariff=tariff, card=card)
        case WeightBands() as tariff:
            return _by_band(k, r, tariff=tariff, card=card)
        case Flat() as tariff:
            return r(tariff.times) * tariff.fee_fen if tariff.times else k.lit(tariff.fee_fen)
        case PercentOf() as tariff:
            base = reduce(lambda left, right: left + right, (earlier[code] for code in tariff.lines))
            return half_up(k, base * tariff.rate_bp, 10_000)
        case Packing() as tariff:
            return _packing(k, r, tariff)


def _by_weight(k: Vocabulary, r: Reader, *, tariff: WeightSteps | WeightLinear, card: Card) -> Any:
    weight, scale = weight_on(k, r, basis=tariff.basis, card=card)
    if isinstance(tariff, WeightLinear):
        return half_up(k, weight * tariff.fen, tariff.per_g * scale) + tariff.handling_fen
    beyond = k.max(weight - tariff.first_g * scale, k.lit(0))
    if tariff.steps == "continuous":
        steps = half_up(k, beyond * tariff.step_fen, tariff.step_g * scale)
    else:
        steps = ceil_div(k, beyond, tariff.step_g * scale) * tariff.step_fen
    return steps + (tariff.first_fen + tariff.handling_fen)


def _by_band(k: Vocabulary, r: Reader, *, tariff: WeightBands, card: Card) -> Any:
    weight, scale = weight_on(k, r, basis="chargeable", card=card)
    *lower, last = tariff.bands
    amount = _by_weight(k, r, tariff=last.tariff, card=card)
    for band in reversed(lower):
        inside = weight <= band.up_to_g * scale
        amount = k.where(inside, _by_weight(k, r, tariff=band.tariff, card=card), amount)
    return amount


def _packing(k: Vocabulary, r: Reader, tariff: Packing) -> Any:
    if tariff.fee_fen is None:
        return k.lit(0)
    reduced = half_up(Ints(), tariff.fee_fen * (10_000 - tariff.discount_bp), 10_000)
    return k.where(r(tariff.pieces_input) >= tariff.pieces_min, k.lit(reduced), k.lit(tariff.fee_fen))
