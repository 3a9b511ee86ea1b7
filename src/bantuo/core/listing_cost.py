"""What a SKU costs to serve: how far its billed weight is above the step below, and its margin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bantuo.core.fees import chargeable_weight
from bantuo.core.rate_card import Card, WeightSteps
from bantuo.core.vocabulary import Ints


@dataclass(frozen=True, slots=True)
class StepAbove:
    """A billed weight that a little less would bring a step down.

    `over_g`: grams to lose, rounded up. `by_size`: the size is what is billed, so it has to shrink
    to `volume_mm3_max`; else the parcel has to weigh no more than `edge_g`.
    """

    edge_g: int
    over_g: int
    by_size: bool
    volume_mm3_max: int


def step_above(card: Card, inputs: Mapping[str, int], *, near_g: int) -> StepAbove | None:
    """The step that the parcel has just climbed, if it is `near_g` grams or less above it; else None.

    Looks at the started steps of the card's lines; the lowest step has nothing below it.
    """
    scale = card.weight.scale
    weight = chargeable_weight(Ints(), inputs.__getitem__, card=card)
    edges = [edge for tariff in _step_tariffs(card) if (edge := _edge_below(tariff, weight, scale))]
    if not edges or weight - max(edges) * scale > near_g * scale:
        return None
    edge = max(edges)
    over = -(-(weight - edge * scale) // scale)
    by_size = weight > inputs["weight_g"] * scale
    return StepAbove(edge, over, by_size, edge * card.weight.divisor)


def without_step(inputs: Mapping[str, int], step: StepAbove) -> dict[str, int]:
    """The same parcel just under the step: what it would cost after shedding those grams."""
    lighter = {**inputs, "weight_g": min(inputs["weight_g"], step.edge_g)}
    if "volume_mm3" in inputs:
        lighter["volume_mm3"] = min(inputs["volume_mm3"], max(step.volume_mm3_max, 1))
    return lighter


def _step_tariffs(card: Card) -> list[WeightSteps]:
    tariffs = [line.tariff for line in card.lines if isinstance(line.tariff, WeightSteps)]
    return [t for t in tariffs if t.steps == "started" and t.basis == "chargeable" and t.first_g]


def _edge_below(tariff: WeightSteps, weight: int, scale: int) -> int:
    """The highest step in grams that lies under the weight; 0 where there is none."""
    first = tariff.first_g * scale
    if weight <= first:
        return 0
    steps = (weight - first - 1) // (tariff.step_g * scale)
    return tariff.first_g + int(steps) * tariff.step_g
