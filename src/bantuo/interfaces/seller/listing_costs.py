"""What each SKU costs to serve at its exclusive price, and what is left of the price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bantuo.apps.catalog.models import Sku
from bantuo.apps.parties.queries import current_binding
from bantuo.core.card_inputs import InputsRefused
from bantuo.core.listing_cost import StepAbove, step_above, without_step
from bantuo.engine.quotes import Quoter, quoter_for
from bantuo.interfaces.web.programme import Programme

CARD = "semi"
NEAR_STEP = "PRC-2"


@dataclass(frozen=True, slots=True)
class SkuCost:
    """The fees of one piece sent alone. `saving_fen`: what shedding the grams above the step saves."""

    total_fen: int
    margin_fen: int
    margin_bp: int
    step: StepAbove | None
    saving_fen: int


@dataclass(frozen=True, slots=True)
class CostReckoner:
    """Prices the SKUs of one seller by the card of the day, over the road to the bound warehouse.

    `distance_m` None: bound to no warehouse yet, so the transfer surcharge is not known.
    """

    quoter: Quoter
    near_g: int
    distance_m: int | None

    def inputs(self, sku: Sku) -> dict[str, int]:
        """The parcel of one piece, as the card reads it."""
        told: Mapping[str, int] = {
            "receipts_fen": sku.exclusive_fen or sku.ordinary_fen,
            "weight_g": sku.weight_g,
            "length_mm": sku.length_mm,
            "width_mm": sku.width_mm,
            "height_mm": sku.height_mm,
            "volume_mm3": sku.length_mm * sku.width_mm * sku.height_mm,
            "distance_m": self.distance_m or 0,
            "label": int(sku.label),
            "photo_qc": int(sku.photo_qc),
        }
        return {name: value for name, value in told.items() if name in self.quoter.card.inputs}

    def cost(self, sku: Sku) -> SkuCost | None:
        """The cost of a SKU; None for one that is not semi-managed or that the card cannot price."""
        if not sku.semi_managed or sku.exclusive_fen is None:
            return None
        inputs = self.inputs(sku)
        try:
            total = self.quoter.amounts(inputs)["total_fen"]
            step = step_above(self.quoter.card, inputs, near_g=self.near_g)
            lighter = self.quoter.amounts(without_step(inputs, step))["total_fen"] if step else total
        except InputsRefused:
            return None
        left = sku.exclusive_fen - total
        return SkuCost(total, left, left * 10_000 // sku.exclusive_fen, step, total - lighter)


def reckoner_for(seller_id: int, programme: Programme) -> CostReckoner:
    """The reckoner of a seller on the business date."""
    binding = current_binding(seller_id)
    return CostReckoner(
        quoter=quoter_for(programme.book, CARD, on=programme.on),
        near_g=int(programme.book.amount(NEAR_STEP, programme.on)),
        distance_m=binding.distance_m if binding else None,
    )
