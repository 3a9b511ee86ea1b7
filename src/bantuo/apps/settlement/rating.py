"""From the frozen facts of one order to the columns of its charge: pure, so it can be done again.

The fulfilment and transfer columns are those of the estimate (declared weights and volumes of the
lines, added up); what measuring at the packing station changed is a column of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bantuo.core.policy import Book
from bantuo.core.vocabulary import Ints, ratio_half_up
from bantuo.engine.quotes import Quoter

CARD = "semi"
# Line code of the card → column of the charge, in the order of the columns.
LINE_COLUMNS: Mapping[str, str] = {
    "base": "base_service_fen",
    "fulfilment": "fulfilment_fen",
    "transfer": "transfer_fen",
    "packing": "packing_fen",
    "label": "labelling_fen",
    "photo_qc": "photo_qc_fen",
}
BY_WEIGHT = ("fulfilment", "transfer")  # the lines that measuring can change
FEE_COLUMNS = (*LINE_COLUMNS.values(), "measured_difference_fen")


class ComponentNotKept(LookupError):
    """The policy counts a component of the receipts that orders do not record."""


class LineUnknown(LookupError):
    """The rate card has a line that a charge has no column for."""


@dataclass(frozen=True, slots=True)
class Receipts:
    """What an order brought, and the part of it that the base fee is taken on (FEE-1.base, A-20)."""

    components: Mapping[str, int]  # goods, freight, merchant_coupon, refunds
    counted: Sequence[str]
    taken_off: Sequence[str]

    @property
    def received_fen(self) -> int:
        """The money due to the seller before fees: after the merchant's coupon and all refunds."""
        c = self.components
        return c["goods"] + c["freight"] - c["merchant_coupon"] - c["refunds"]

    @property
    def base_fen(self) -> int:
        """The amount the base fee is taken on; refunds lower it in proportion to what they give back."""
        whole = sum(self._component(name) for name in self.counted)
        less = sum(self._component(name) for name in self.taken_off if name != "refunds")
        base = whole - less
        if "refunds" not in self.taken_off:
            return base
        before = self.received_fen + self.components["refunds"]
        return base - reversed_share(base, part=self.components["refunds"], whole=before)

    def _component(self, name: str) -> int:
        if name not in self.components:
            raise ComponentNotKept(f"orders record no {name!r}, which FEE-1.base counts")
        return self.components[name]


def receipts_of(components: Mapping[str, int], *, book: Book, on: date) -> Receipts:
    """The receipts of an order as the book of a day counts them."""
    counted, less = book.amount("FEE-1.base", on), book.amount("FEE-1.base_less", on)
    return Receipts(components=components, counted=tuple(counted), taken_off=tuple(less))


def reversed_share(fee_fen: int, *, part: int, whole: int) -> int:
    """The part of an amount that goes back when `part` of `whole` does; all of it with all."""
    share: int = ratio_half_up(Ints(), fee_fen * part, whole)
    return share


def fee_columns(inputs: Mapping[str, Any], *, quoter: Quoter) -> dict[str, int]:
    """The fee columns of a charge from its frozen inputs; raises InputsRefused."""
    estimated = quoter.amounts(estimated_inputs(inputs))
    measured = quoter.amounts(measured_inputs(inputs))
    if unknown := sorted(measured.keys() - LINE_COLUMNS.keys() - {"total_fen"}):
        raise LineUnknown(f"card {quoter.card.id}: a charge has no column for line {unknown[0]!r}")
    columns = {
        column: (estimated if code in BY_WEIGHT else measured).get(code, 0)
        for code, column in LINE_COLUMNS.items()
    }
    changed = sum(measured.get(code, 0) - estimated.get(code, 0) for code in BY_WEIGHT)
    return columns | {"measured_difference_fen": changed}


def estimated_inputs(inputs: Mapping[str, Any]) -> dict[str, int]:
    """What the card is asked with the declared weight and volume of the lines."""
    return {**inputs["services"], **inputs["estimated"]}


def measured_inputs(inputs: Mapping[str, Any]) -> dict[str, int]:
    """What the card is asked with the parcel as the packing station measured it."""
    return {**inputs["services"], **inputs["measured"]}
