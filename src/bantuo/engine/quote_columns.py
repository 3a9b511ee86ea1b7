"""Which columns a file of parcels may have, and how each becomes an input of the card."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import polars as pl

from bantuo.core.card_inputs import input_limits
from bantuo.core.rate_card import DEFAULTS, INPUT_RANGES, SIDES, Card
from bantuo.engine.amount_columns import percent_column, scaled_column, tick_column, yuan_column

Parse = Callable[[pl.Expr], pl.Expr]


@dataclass(frozen=True, slots=True)
class Form:
    """A way to write an input: the input, how the text is read, and what the text must be."""

    input: str
    parse: Parse
    what: str


def _decimal(name: str, places: int, unit: str) -> Form:
    return Form(
        name, partial(scaled_column, places=places), f"a number of {unit} with at most {places} decimals"
    )


def _whole(name: str) -> Form:
    tick = Form(name, tick_column, "0 or 1 (or yes / no, 是 / 否)")
    plain = Form(name, partial(scaled_column, places=0), "a whole number")
    return tick if INPUT_RANGES[name] == (0, 1) else plain


FORMS: Mapping[str, Form] = {
    **{name: _whole(name) for name in INPUT_RANGES},
    "receipts_yuan": Form("receipts_fen", yuan_column, "an amount in yuan (CNY) with at most 2 decimals"),
    "weight_kg": _decimal("weight_g", 3, "kilograms"),
    "length_cm": _decimal("length_mm", 1, "centimetres"),
    "width_cm": _decimal("width_mm", 1, "centimetres"),
    "height_cm": _decimal("height_mm", 1, "centimetres"),
    "volume_cm3": _decimal("volume_mm3", 3, "cubic centimetres"),
    "volume_m3": _decimal("volume_mm3", 9, "cubic metres"),
    "distance_km": _decimal("distance_m", 3, "kilometres"),
    "granted_rate": Form("granted_rate_bp", percent_column, "a percentage with its sign, as in 2.2%"),
}
IDENTITIES = ("order_id", "external_id", "parcel_id", "sku", "seller", "seller_id")
CARRIED = (*IDENTITIES, "marketplace", "warehouse", "country", "placed_on", "currency", "note")
CHINESE: Mapping[str, str] = {
    "订单号": "order_id", "卖家": "seller", "仓库": "warehouse", "国家": "country", "币种": "currency",
    "备注": "note", "订单实收(元)": "receipts_yuan", "实重(kg)": "weight_kg", "实重(g)": "weight_g",
    "长(cm)": "length_cm", "宽(cm)": "width_cm", "高(cm)": "height_cm", "体积(m3)": "volume_m3",
    "距离(km)": "distance_km", "贴标": "label", "拍照质检": "photo_qc", "单箱商品数": "carton_pieces",
    "获批费率": "granted_rate", "件数": "items",
}  # fmt: skip


class ColumnsUnusable(ValueError):
    """The columns cannot be priced: says which is missing, unknown or double, and which are accepted."""

    def __init__(self, faults: Iterable[str]) -> None:
        super().__init__("; ".join(faults) + f". Accepted columns: {', '.join(accepted_columns())}")


def accepted_columns() -> tuple[str, ...]:
    """Every name a column may have, with its Chinese name where it has one."""
    chinese = {english: name for name, english in CHINESE.items()}
    known = (*FORMS, *CARRIED)
    return tuple(f"{name} ({chinese[name]})" if name in chinese else name for name in known)


def columns_of(card: Card, names: Iterable[str]) -> dict[str, str]:
    """Column of the file → the name it stands for; raises ColumnsUnusable naming every fault."""
    meaning = {name: _meaning(name) for name in names}
    faults = [f"unknown column {name!r}" for name, known in meaning.items() if known is None]
    known = {name: stands for name, stands in meaning.items() if stands is not None}
    faults += _double(known)
    faults += _missing(card, {FORMS[stands].input for stands in known.values() if stands in FORMS})
    if faults:
        raise ColumnsUnusable(faults)
    return known


def limit_sentence(card: Card, form: str) -> str:
    """What is said of a readable value outside its limit, naming the input if the column has another unit."""
    name = FORMS[form].input
    limits = input_limits(card)
    low, high = INPUT_RANGES[name]
    rule = limits[name].rule if name in limits else f"must be an integer from {low} to {high}"
    return rule if form == name or not rule.startswith("must") else f"{name} {rule}"


def _meaning(name: str) -> str | None:
    plain = name.strip().replace("（", "(").replace("）", ")").replace("³", "3")
    if plain in CHINESE:
        return CHINESE[plain]
    lowered = plain.lower().replace(" ", "_")
    return lowered if lowered in FORMS or lowered in CARRIED else None


def _double(known: Mapping[str, str]) -> list[str]:
    first: dict[str, str] = {}
    faults = []
    for name, stands in known.items():
        means = FORMS[stands].input if stands in FORMS else stands
        if means in first:
            faults.append(f"columns {first[means]!r} and {name!r} both give {means}")
        first.setdefault(means, name)
    return faults


def _missing(card: Card, given: set[str]) -> list[str]:
    needed = [name for name in card.inputs if name not in DEFAULTS and name not in given]
    if "volume_mm3" in needed:
        needed.remove("volume_mm3")
        needed += [side for side in SIDES if side not in given]
    ways = {name: [form for form, made in FORMS.items() if made.input == name] for name in needed}
    return [
        f"missing column {name!r}" + (f" (or {', '.join(f[1:])})" if f[1:] else "")
        for name, f in ways.items()
    ]
