"""The kinds of line a rate card may have, and how each is read from its fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bantuo.core.card_fields import FEN_MAX, GRAMS_MAX, RATE_MAX, Fields
from bantuo.core.rate_card import (
    BASES,
    AdValorem,
    Band,
    Flat,
    Packing,
    PercentOf,
    Tariff,
    WeightBands,
    WeightLinear,
    WeightSteps,
)


def read_tariff(f: Fields) -> Tariff:
    """The tariff of a line by its `kind`; faults go to the reading's problems."""
    return KINDS.get(f.choice("kind", tuple(KINDS)), _flat)(f)


def _ad_valorem(f: Fields) -> Tariff:
    of = f.choice("of", ("receipts_fen",), default="receipts_fen")
    rate = f.integer("rate_bp", low=0, high=RATE_MAX)
    asked = f.take("granted")
    if asked is None:
        return AdValorem(of=of, rate_bp=rate)
    granted = f.inner(asked, "granted")
    floor = granted.mapping.get("floor_bp")
    made = AdValorem(
        of=of,
        rate_bp=rate,
        granted_input=granted.choice("input", ("granted_rate_bp",)),
        floor_bp=granted.integer("floor_bp", low=0, high=RATE_MAX),
        floor_rule=floor["rule"] if isinstance(floor, Mapping) else granted.text("rule", default="the card"),
    )
    granted.nothing_left()
    return made


def _steps(f: Fields) -> WeightSteps:
    return WeightSteps(
        first_g=f.integer("first_g", low=0, high=GRAMS_MAX, default=0),
        first_fen=f.integer("first_fen", low=0, high=FEN_MAX, default=0),
        step_g=f.integer("step_g", low=1, high=GRAMS_MAX),
        step_fen=f.integer("step_fen", low=0, high=FEN_MAX),
        steps=f.choice("steps", ("started", "continuous"), default="started"),
        basis=f.choice("basis", BASES, default="chargeable"),
        handling_fen=f.integer("handling_fen", low=0, high=FEN_MAX, default=0),
    )


def _linear(f: Fields) -> WeightLinear:
    return WeightLinear(
        fen=f.integer("fen", low=0, high=FEN_MAX),
        per_g=f.integer("per_g", low=1, high=GRAMS_MAX),
        basis=f.choice("basis", BASES, default="chargeable"),
        handling_fen=f.integer("handling_fen", low=0, high=FEN_MAX, default=0),
    )


def _bands(f: Fields) -> Tariff:
    asked = enumerate(f.items("bands"))
    return WeightBands(tuple(_band(f.inner(band, f"bands[{n}]")) for n, band in asked))


def _band(f: Fields) -> Band:
    up_to_g = f.integer("up_to_g", low=1, high=GRAMS_MAX)
    made = Band(up_to_g=up_to_g, tariff=_linear(f) if "per_g" in f.mapping else _steps(f))
    f.nothing_left()
    return made


def _flat(f: Fields) -> Tariff:
    times = f.take("times")
    if times is not None and times not in ("items", "hs6_lines", "carton_pieces"):
        f.problem(f"times must be a counted input, got {times!r}")
    return Flat(fee_fen=f.integer("fee_fen", low=-FEN_MAX, high=FEN_MAX), times=times)


def _percent_of(f: Fields) -> Tariff:
    lines = tuple(str(code) for code in f.items("lines"))
    return PercentOf(lines=lines, rate_bp=f.integer("rate_bp", low=-RATE_MAX, high=RATE_MAX))


def _packing(f: Fields) -> Tariff:
    fee = None if "fee_fen" not in f.mapping else f.integer("fee_fen", low=0, high=FEN_MAX)
    return Packing(
        fee_fen=fee,
        pieces_min=f.integer("pieces_min", low=1, high=100_000),
        discount_bp=f.integer("discount_bp", low=0, high=RATE_MAX),
        pieces_input=f.choice("input", ("carton_pieces",), default="carton_pieces"),
    )


KINDS: Mapping[str, Callable[[Fields], Tariff]] = {
    "ad_valorem": _ad_valorem,
    "weight_steps": _steps,
    "weight_linear": _linear,
    "weight_bands": _bands,
    "flat": _flat,
    "percent_of": _percent_of,
    "packing": _packing,
}
