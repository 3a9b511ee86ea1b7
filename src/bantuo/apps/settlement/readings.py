"""Which reading? The other readings of A-20 to A-25 as changes to the rate card or to the receipts.

A-26 has no other reading here: tiers by themselves would need rates that nobody has published.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bantuo.apps.settlement.rating import Receipts, measured_inputs
from bantuo.core.policy import Text
from bantuo.core.rate_card import Card, Condition, Flat, Line, Packing, PercentOf, WeightLinear, WeightSteps
from bantuo.core.vocabulary import Ints, half_up

LineChange = Callable[[Line], Line]


@dataclass(frozen=True, slots=True)
class OtherReading:
    """A reading that was not chosen: what it changes in the card, and how it counts the receipts."""

    reading: str
    code: str
    label: Text
    card: Callable[[Card], Card]
    receipts: Callable[[Receipts], Receipts]

    def inputs_of(self, inputs: Mapping[str, Any]) -> dict[str, int]:
        """A charge's measured inputs with the receipts that this reading would take the base fee on."""
        frozen = Receipts(
            inputs["receipts"], tuple(inputs["base"]["counted"]), tuple(inputs["base"]["taken_off"])
        )
        return measured_inputs(inputs) | {"receipts_fen": self.receipts(frozen).base_fen}


def _same_card(card: Card) -> Card:
    return card


def _same_receipts(receipts: Receipts) -> Receipts:
    return receipts


def _on_lines(codes: tuple[str, ...], change: LineChange) -> Callable[[Card], Card]:
    def changed(card: Card) -> Card:
        return replace(card, lines=tuple(change(line) if line.code in codes else line for line in card.lines))

    return changed


def _continuous(line: Line) -> Line:
    match line.tariff:
        case WeightSteps() as steps:
            return replace(line, tariff=replace(steps, steps="continuous"))
        case _:
            return line


def _half_steps(fee_divisor: int) -> LineChange:
    """Steps of half the weight, the fees divided as given (1: every half step costs as much)."""

    def changed(line: Line) -> Line:
        match line.tariff:
            case WeightSteps() as steps:
                halved = replace(
                    steps,
                    first_g=steps.first_g // 2,
                    step_g=steps.step_g // 2,
                    first_fen=half_up(Ints(), steps.first_fen, fee_divisor),
                    step_fen=half_up(Ints(), steps.step_fen, fee_divisor),
                )
                return replace(line, tariff=halved)
            case _:
                return line

    return changed


def _by_gram(basis: str) -> LineChange:
    """The transfer surcharge on an exact weight instead of started kilograms."""

    def changed(line: Line) -> Line:
        match line.tariff:
            case WeightSteps(step_fen=fen, step_g=per_g):
                return replace(line, tariff=WeightLinear(fen=fen, per_g=per_g, basis=basis))
            case _:
                return line

    return changed


def _per_item(line: Line) -> Line:
    match line.tariff:
        case Flat() as flat:
            return replace(line, tariff=replace(flat, times="items"))
        case _:
            return line


def _sides_to_the_centimetre(card: Card) -> Card:
    return replace(card, weight=replace(card.weight, ceil_side_mm=10))


def _discount_on(code: str) -> Callable[[Card], Card]:
    """The packing discount taken off another line."""

    def changed(card: Card) -> Card:
        lines = list(card.lines)
        for line in card.lines:
            match line.tariff:
                case Packing(pieces_input=pieces, pieces_min=least, discount_bp=discount_bp):
                    off = PercentOf(lines=(code,), rate_bp=-discount_bp)
                    full = Condition(pieces, "ge", least)
                    lines.append(replace(line, code=f"{code}_discount", tariff=off, when=(full,)))
        return replace(card, lines=tuple(lines))

    return changed


def _counting(*counted: str, less: tuple[str, ...]) -> Callable[[Receipts], Receipts]:
    return lambda receipts: replace(receipts, counted=counted, taken_off=less)


def _card_reading(reading: str, code: str, zh: str, en: str, card: Callable[[Card], Card]) -> OtherReading:
    return OtherReading(reading, code, Text(zh, en), card, _same_receipts)


def _receipts_reading(code: str, zh: str, en: str, receipts: Callable[[Receipts], Receipts]) -> OtherReading:
    return OtherReading("A-20", code, Text(zh, en), _same_card, receipts)


_WEIGHT, _TRANSFER, _SERVICES = ("fulfilment", "transfer"), ("transfer",), ("label", "photo_qc")
OTHER_READINGS: tuple[OtherReading, ...] = (
    _receipts_reading(
        "goods_only", "仅商品金额", "goods only", _counting("goods", less=("merchant_coupon", "refunds"))
    ),
    _receipts_reading(
        "before_refunds", "退款前", "before refunds", _counting("goods", "freight", less=("merchant_coupon",))
    ),
    _receipts_reading(
        "before_coupons", "优惠前", "before coupons", _counting("goods", "freight", less=("refunds",))
    ),
    _card_reading(
        "A-21", "continuous", "续重按实际连续计", "continuous after the first kilogram",
        _on_lines(("fulfilment",), _continuous),
    ),
    _card_reading(
        "A-21", "half_kilogram", "每0.5公斤、半价", "half-kilogram steps at half price",
        _on_lines(("fulfilment",), _half_steps(2)),
    ),
    _card_reading(
        "A-21", "half_kilogram_full", "每0.5公斤、全价", "half-kilogram steps at full price",
        _on_lines(("fulfilment",), _half_steps(1)),
    ),
    _card_reading(
        "A-22", "centimetre", "各边进位到1厘米", "each side rounded up to 1 cm", _sides_to_the_centimetre
    ),
    _card_reading("A-23", "per_item", "按件收取", "per item", _on_lines(_SERVICES, _per_item)),
    _card_reading(
        "A-24", "chargeable", "按计费重", "on the exact chargeable weight",
        _on_lines(_TRANSFER, _by_gram("chargeable")),
    ),
    _card_reading(
        "A-24", "actual", "按实重", "on the actual weight", _on_lines(_TRANSFER, _by_gram("actual"))
    ),
    _card_reading(
        "A-25", "off_fulfilment", "折扣用于浮动履约费", "discount off the fulfilment fee",
        _discount_on("fulfilment"),
    ),
    _card_reading(
        "A-25", "off_base", "折扣用于基础服务费", "discount off the base service fee", _discount_on("base")
    ),
)  # fmt: skip
