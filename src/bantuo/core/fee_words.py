"""Each line of a quote in words, Chinese and English, with the numbers filled in.

The numbers come from the same definition as the amounts (`core.fees` over plain ints), so the
words cannot tell another story than the charge.
"""

from __future__ import annotations

from collections.abc import Mapping

from bantuo.core import fees, money
from bantuo.core.policy import Text
from bantuo.core.rate_card import (
    AdValorem,
    Card,
    Condition,
    Flat,
    Line,
    Packing,
    PercentOf,
    WeightBands,
    WeightLinear,
    WeightSteps,
)
from bantuo.core.vocabulary import Ints

_INTS = Ints()

_INPUT_NAMES: Mapping[str, Text] = {
    "receipts_fen": Text("订单实收", "receipts"),
    "weight_g": Text("实重", "actual weight"),
    "chargeable_g": Text("计费重", "chargeable weight"),
    "volume_mm3": Text("体积", "volume"),
    "length_mm": Text("长", "length"),
    "width_mm": Text("宽", "width"),
    "height_mm": Text("高", "height"),
    "longest_side_mm": Text("最长边", "longest side"),
    "distance_m": Text("距离", "distance"),
    "label": Text("贴标", "labelling"),
    "photo_qc": Text("拍照质检", "photo quality check"),
    "carton_pieces": Text("单箱商品数", "pieces per carton"),
    "granted_rate_bp": Text("获批费率", "granted rate"),
    "items": Text("件数", "items"),
    "hs6_lines": Text("六位税号行数", "HS6 lines"),
}
_NOT: Mapping[str, Text] = {
    "gt": Text("未超过", "is not above"),
    "ge": Text("未达到", "is below"),
    "lt": Text("不低于", "is not below"),
    "le": Text("超过", "is above"),
    "eq": Text("不等于", "is not"),
}
_TICKS = ("label", "photo_qc")


def describe_line(line: Line, *, card: Card, inputs: Mapping[str, int], amounts: Mapping[str, int]) -> Text:
    """Why this line is what it is: the formula with its numbers, or the condition that does not hold."""
    for condition in line.when:
        if not fees.condition_holds(_INTS, inputs.__getitem__, condition=condition, card=card):
            return _not_charged(condition, card=card, inputs=inputs)
    words = _Words(card=card, inputs=inputs, amounts=amounts)
    said, result = words.formula(line), words.fee(amounts[line.code])
    if isinstance(line.tariff, Packing) and line.tariff.fee_fen is None:
        return said
    limits = words.adjustments(line)
    return Text(f"{said.zh}{limits.zh} = {result.zh}", f"{said.en}{limits.en} = {result.en}")


def _not_charged(condition: Condition, *, card: Card, inputs: Mapping[str, int]) -> Text:
    name = _INPUT_NAMES[condition.input]
    if condition.input in _TICKS:
        return Text(f"未勾选{name.zh}，不收取", f"{name.en} was not chosen: not charged")
    if condition.input == "chargeable_g":
        weight = fees.chargeable_weight(_INTS, inputs.__getitem__, card=card)
        found = f"{money.format_fraction(weight, card.weight.scale * 1000, places=6)} kg"
    elif condition.input == "longest_side_mm":
        found = _shown(condition.input, max(inputs[s] for s in fees.SIDES))
    else:
        found = _shown(condition.input, inputs[condition.input])
    bound, op = _shown(condition.input, condition.value), _NOT[condition.op]
    return Text(
        f"{name.zh} {found} {op.zh} {bound}，不收取", f"{name.en} {found} {op.en} {bound}: not charged"
    )


def _shown(name: str, value: int) -> str:
    if name.endswith("_g"):
        return f"{money.format_kilograms(value)} kg"
    if name.endswith("_mm"):
        return f"{money.format_centimetres(value)} cm"
    if name.endswith("_fen"):
        return money.format_fen(value)
    return f"{money.format_kilometres(value)} km" if name == "distance_m" else str(value)


class _Words:
    """The words of one quote: its card, inputs and amounts at hand."""

    def __init__(self, *, card: Card, inputs: Mapping[str, int], amounts: Mapping[str, int]) -> None:
        self.card, self.inputs, self.amounts = card, inputs, amounts

    def fee(self, amount: int) -> Text:
        """An amount with its currency, the Chinese way and the English way."""
        digits = money.format_fen(amount)
        if self.card.currency == "CNY":
            return Text(f"{digits} 元", f"-¥{digits[1:]}" if amount < 0 else f"¥{digits}")
        return Text(f"{digits} {self.card.currency}", f"{self.card.currency} {digits}")

    def formula(self, line: Line) -> Text:
        match line.tariff:
            case AdValorem() as tariff:
                return self._ad_valorem(tariff)
            case WeightSteps() | WeightLinear() as tariff:
                return self._by_weight(tariff)
            case WeightBands() as tariff:
                return self._by_band(tariff)
            case Flat() as tariff:
                return self._flat(line, tariff)
            case PercentOf() as tariff:
                return self._percent_of(tariff)
            case Packing() as tariff:
                return self._packing(tariff)

    def adjustments(self, line: Line) -> Text:
        zh = en = ""
        if line.round_to_fen > 1:
            to = self.fee(line.round_to_fen)
            zh, en = f"，四舍五入到 {to.zh}", f", rounded to {to.en}"
        if line.minimum_fen:
            least = self.fee(line.minimum_fen)
            zh, en = f"{zh}，最低 {least.zh}", f"{en}, at least {least.en}"
        return Text(zh, en)

    def _ad_valorem(self, tariff: AdValorem) -> Text:
        rate = fees.granted_or_standard(_INTS, self.inputs.__getitem__, tariff=tariff)
        granted = tariff.granted_input is not None and self.inputs[tariff.granted_input] > 0
        of, amount = _INPUT_NAMES[tariff.of], self.fee(self.inputs[tariff.of])
        which = Text("（获批费率）", " (granted rate)") if granted else Text("", "")
        shown = money.format_percent(rate)
        return Text(f"{of.zh} {amount.zh} × {shown}{which.zh}", f"{of.en} {amount.en} × {shown}{which.en}")

    def _by_weight(self, tariff: WeightSteps | WeightLinear) -> Text:
        weighed = self._weighed(tariff.basis)
        priced = self._linear(tariff) if isinstance(tariff, WeightLinear) else self._steps(tariff)
        handling = self.fee(tariff.handling_fen) if tariff.handling_fen else None
        return Text(
            f"{weighed.zh}；{priced.zh}" + (f" + 处理费 {handling.zh}" if handling else ""),
            f"{weighed.en}; {priced.en}" + (f" + handling {handling.en}" if handling else ""),
        )

    def _linear(self, tariff: WeightLinear) -> Text:
        weight, price, per = self._weight(tariff.basis), self.fee(tariff.fen), _kilograms(tariff.per_g)
        return Text(f"{weight} × {price.zh} / {per}", f"{weight} × {price.en} / {per}")

    def _steps(self, tariff: WeightSteps) -> Text:
        count = self._step_count(tariff)
        size, each = _kilograms(tariff.step_g), self.fee(tariff.step_fen)
        if not tariff.first_g and not tariff.first_fen:
            return Text(f"{count} × {size} × {each.zh}", f"{count} × {size} × {each.en}")
        first, paid = _kilograms(tariff.first_g), self.fee(tariff.first_fen)
        return Text(
            f"首重 {first} {paid.zh} + 续重 {count} × {size} × {each.zh}",
            f"first {first} {paid.en} + {count} × {size} further at {each.en}",
        )

    def _step_count(self, tariff: WeightSteps) -> str:
        weight, scale = fees.weight_on(_INTS, self.inputs.__getitem__, basis=tariff.basis, card=self.card)
        beyond = max(weight - tariff.first_g * scale, 0)
        if tariff.steps == "continuous":
            return money.format_fraction(beyond, tariff.step_g * scale, places=6)
        return str(-(-beyond // (tariff.step_g * scale)))

    def _by_band(self, tariff: WeightBands) -> Text:
        weight, scale = fees.weight_on(_INTS, self.inputs.__getitem__, basis="chargeable", card=self.card)
        band = next((b for b in tariff.bands if weight <= b.up_to_g * scale), tariff.bands[-1])
        up_to, priced = _kilograms(band.up_to_g), self._by_weight(band.tariff)
        return Text(f"≤ {up_to} 档：{priced.zh}", f"band up to {up_to}: {priced.en}")

    def _flat(self, line: Line, tariff: Flat) -> Text:
        fee = self.fee(tariff.fee_fen)
        if tariff.times is None:
            return Text(f"{line.label.zh} 每单 {fee.zh}", f"{line.label.en}, {fee.en} per parcel")
        count, name = self.inputs[tariff.times], _INPUT_NAMES[tariff.times]
        return Text(f"{name.zh} {count} × {fee.zh}", f"{count} {name.en} × {fee.en}")

    def _percent_of(self, tariff: PercentOf) -> Text:
        labels = {line.code: line.label for line in self.card.lines}
        parts = [(labels[code], self.fee(self.amounts[code])) for code in tariff.lines]
        zh = " + ".join(f"{label.zh} {fee.zh}" for label, fee in parts)
        en = " + ".join(f"{label.en} {fee.en}" for label, fee in parts)
        rate = money.format_percent(tariff.rate_bp)
        return Text(f"（{zh}）× {rate}", f"({en}) × {rate}")

    def _packing(self, tariff: Packing) -> Text:
        pieces = self.inputs[tariff.pieces_input]
        earned = pieces >= tariff.pieces_min
        off = money.format_percent(tariff.discount_bp)
        if tariff.fee_fen is None and earned:
            return Text(
                f"单箱 {pieces} 件 ≥ {tariff.pieces_min} 件，已获 {off} 折扣，但费率卡未列打包费：0.00 元",
                f"{pieces} pieces per carton ≥ {tariff.pieces_min}: discount earned, no packing fee in card",
            )
        if tariff.fee_fen is None:
            return Text("费率卡未列打包费：0.00 元", "no packing fee in card")
        fee = self.fee(tariff.fee_fen)
        if earned:
            return Text(
                f"打包费 {fee.zh} ×（1 − {off}），单箱 {pieces} 件 ≥ {tariff.pieces_min} 件",
                f"packing {fee.en} × (1 − {off}), {pieces} pieces per carton ≥ {tariff.pieces_min}",
            )
        return Text(f"打包费 {fee.zh}", f"packing {fee.en}")

    def _weight(self, basis: str) -> str:
        weight, scale = fees.weight_on(_INTS, self.inputs.__getitem__, basis=basis, card=self.card)
        return f"{money.format_fraction(weight, scale * 1000, places=6)} kg"

    def _weighed(self, basis: str) -> Text:
        """How the weight came about."""
        actual, weight = _kilograms(self.inputs["weight_g"]), self._weight(basis)
        if basis == "actual" or not self.card.reads_volume:
            return Text(f"实重 {actual}", f"actual weight {actual}")
        size, rule = self._size(), self.card.weight
        if basis == "volumetric":
            return Text(f"体积重 {size} = {weight}", f"dimensional weight {size} = {weight}")
        mode = {
            "greater_of": Text("取较大值", "the greater"),
            "half_throw": Text("半抛", "half of the excess"),
        }[rule.mode]
        return Text(
            f"计费重 {weight}（实重 {actual}，体积重 {size}，{mode.zh}）",
            f"chargeable weight {weight} (actual {actual}, dimensional {size}, {mode.en})",
        )

    def _size(self) -> str:
        divisor = self.card.weight.divisor
        cubic_mm = fees.volume(_INTS, self.inputs.__getitem__, card=self.card)
        weight = f"{money.format_fraction(cubic_mm, divisor * 1000, places=6)} kg"
        if not all(side in self.inputs for side in fees.SIDES):
            return f"{money.format_fraction(cubic_mm, 1000, places=3)} cm³ ÷ {divisor} = {weight}"
        sides = fees.rounded_sides(_INTS, self.inputs.__getitem__, card=self.card)
        shown = " × ".join(money.format_centimetres(side) for side in sides)
        return f"{shown} cm ÷ {divisor} = {weight}"


def _kilograms(grams: int) -> str:
    return f"{money.format_kilograms(grams)} kg"
