"""Fees by exact fractions, straight from the YAML of a card: a second opinion on `core.fees`.

Written from the words of the catalogue, imports nothing of bantuo, shares no formula with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "cards"
SIDES = ("length_mm", "width_mm", "height_mm")
Inputs = Mapping[str, int]


@cache
def card_yaml(card_id: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / f"{card_id}.yaml").read_text("utf-8"))
    return loaded


def nearest(amount: Fraction) -> int:
    """Half away from zero, by Decimal's rule of that meaning."""
    if amount.denominator > 2:
        return int(amount + Fraction(1, 2) if amount > 0 else amount - Fraction(1, 2))
    return int((Decimal(amount.numerator) / amount.denominator).quantize(Decimal(1), ROUND_HALF_UP))


def dimensional(weight: Mapping[str, Any], given: Inputs) -> Fraction:
    """Kilograms-by-size in grams."""
    to = weight.get("ceil_side_mm", 1)
    if "volume_mm3" in given and to == 1:
        return Fraction(given["volume_mm3"], weight["divisor"])
    product = 1
    for side in SIDES:
        product *= ceil(Fraction(given[side], to)) * to
    return Fraction(product, weight["divisor"])


def chargeable(weight: Mapping[str, Any], given: Inputs) -> Fraction:
    grams = Fraction(given["weight_g"])
    if weight.get("mode", "actual") != "actual":
        by_size = dimensional(weight, given)
        long_enough = "any_side_mm" not in weight or max(given[s] for s in SIDES) >= weight["any_side_mm"]
        if long_enough and by_size - grams > weight.get("excess_g", 0):
            grams = (grams + by_size) / 2 if weight["mode"] == "half_throw" else by_size
    if weight.get("round_up_g"):
        grams = Fraction(ceil(grams / weight["round_up_g"]) * weight["round_up_g"])
    return max(grams, Fraction(weight.get("minimum_g", 0)))


def by_weight(tariff: Mapping[str, Any], weight: Mapping[str, Any], given: Inputs) -> int:
    basis = tariff.get("basis", "chargeable")
    grams = chargeable(weight, given) if basis == "chargeable" else Fraction(given["weight_g"])
    if basis == "volumetric":
        grams = dimensional(weight, given)
    handling: int = tariff.get("handling_fen", 0)
    if "per_g" in tariff:
        return handling + nearest(grams * tariff["fen"] / tariff["per_g"])
    steps = max(grams - tariff.get("first_g", 0), Fraction(0)) / tariff["step_g"]
    if tariff.get("steps") == "continuous":
        return handling + tariff.get("first_fen", 0) + nearest(steps * tariff["step_fen"])
    return int(handling + tariff.get("first_fen", 0) + ceil(steps) * tariff["step_fen"])


def tariff_fen(
    line: Mapping[str, Any], weight: Mapping[str, Any], given: Inputs, found: Mapping[str, int]
) -> int:
    match line["kind"]:
        case "ad_valorem":
            rate = (given.get("granted_rate_bp", 0) if "granted" in line else 0) or line["rate_bp"]
            return nearest(Fraction(given["receipts_fen"] * rate, 10_000))
        case "weight_bands":
            grams = chargeable(weight, given)
            return by_weight(next(b for b in line["bands"] if grams <= b["up_to_g"]), weight, given)
        case "flat":
            return int(line["fee_fen"] * (given.get(line["times"], 1) if "times" in line else 1))
        case "percent_of":
            return nearest(Fraction(sum(found[c] for c in line["lines"]) * line["rate_bp"], 10_000))
        case "packing":
            fee = Fraction(line.get("fee_fen", 0))
            full = given.get("carton_pieces", 0) >= line["pieces_min"]
            return nearest(fee * (10_000 - line["discount_bp"]) / 10_000 if full else fee)
        case _:
            return by_weight(line, weight, given)


def applies(condition: Mapping[str, Any], weight: Mapping[str, Any], given: Inputs) -> bool:
    asked: Fraction = {
        "chargeable_g": lambda: chargeable(weight, given),
        "longest_side_mm": lambda: Fraction(max(given[s] for s in SIDES)),
    }.get(condition["input"], lambda: Fraction(given.get(condition["input"], 0)))()
    bound = condition["value"]
    return {"gt": asked > bound, "ge": asked >= bound, "lt": asked < bound, "le": asked <= bound}.get(
        condition["op"], asked == bound
    )


def price(card: Mapping[str, Any], given: Inputs) -> dict[str, int] | None:
    """Line code → minor units, and their sum; None for a parcel heavier than the card."""
    weight = card.get("weight", {})
    if "maximum_g" in weight and chargeable(weight, given) > weight["maximum_g"]:
        return None
    found: dict[str, int] = {}
    for line in card["lines"]:
        asked = line.get("when", [])
        amount = tariff_fen(line, weight, given, found)
        to = line.get("round_to_fen", 1)
        amount = (
            max(nearest(Fraction(amount, to)) * to, line["minimum_fen"]) if "minimum_fen" in line else amount
        )
        holds = all(applies(c, weight, given) for c in (asked if isinstance(asked, list) else [asked]))
        found[line["code"]] = amount if holds else 0
    return found | {"total_fen": sum(found.values())}
