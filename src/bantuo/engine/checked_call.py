"""Generated code that checks the inputs of a card and prices them in one go.

The usual parcel (all inputs plain ints, in range) is checked and priced in under two microseconds;
anything else goes to the slow path, which names every problem or accepts what is unusual but legal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bantuo.core.card_inputs import input_limits
from bantuo.core.fees import OVER_CARD
from bantuo.core.rate_card import DEFAULTS, INPUT_RANGES, SIDES, Card

Amounts = dict[str, int]


def checked_call(
    card: Card,
    *,
    compiled: Callable[..., tuple[int, ...]],
    names: Sequence[str],
    slowly: Callable[[Mapping[str, object]], Amounts],
) -> Callable[[Mapping[str, Any]], Amounts]:
    """A function of a mapping of inputs; `compiled` takes the card's inputs in order, giving `names`."""
    scope: dict[str, Any] = {"compiled": compiled, "slowly": slowly, "known": frozenset(INPUT_RANGES)}
    exec("\n".join(_text(card, names)), scope)  # integers, input names and checked line codes only
    made: Callable[[Mapping[str, Any]], Amounts] = scope["amounts"]
    return made


def _text(card: Card, names: Sequence[str]) -> list[str]:
    plain = [name for name in card.inputs if name != "volume_mm3"]
    checks = [f"type({name}) is int and {_limit(name, card)}" for name in plain]
    results = ", ".join(f"{name!r}: v_{name}" for name in names if name != OVER_CARD)
    return [
        "def amounts(inputs):",
        "    try:",
        *(f"        {name} = {_read(name)}" for name in plain),
        *(_volume(card) if "volume_mm3" in card.inputs else ()),
        "    except (KeyError, TypeError):",
        "        return slowly(inputs)",
        f"    if not ({' and '.join([*checks, 'inputs.keys() <= known'])}):",
        "        return slowly(inputs)",
        f"    {', '.join(f'v_{name}' for name in names)}, = compiled({', '.join(card.inputs)})",
        *([f"    if v_{OVER_CARD}:", "        return slowly(inputs)"] if OVER_CARD in names else []),
        f"    return {{{results}}}",
    ]


def _volume(card: Card) -> list[str]:
    """The volume as given, or from the sides; both together are for the slow path to compare."""
    sides = " and ".join(f"type({side}) is int and {_between(side)}" for side in SIDES)
    either = " or ".join(f"{side!r} in inputs" for side in SIDES)
    volume = f"type(volume_mm3) is int and {_limit('volume_mm3', card)}"
    return [
        "        if 'volume_mm3' in inputs:",
        "            volume_mm3 = inputs['volume_mm3']",
        f"            if {either} or not ({volume}):",
        "                return slowly(inputs)",
        "        else:",
        *(f"            {side} = inputs[{side!r}]" for side in SIDES),
        f"            if not ({sides}):",
        "                return slowly(inputs)",
        f"            volume_mm3 = {' * '.join(SIDES)}",
    ]


def _read(name: str) -> str:
    if name in DEFAULTS:
        return f"inputs[{name!r}] if {name!r} in inputs else {DEFAULTS[name]}"
    return f"inputs[{name!r}]"


def _between(name: str) -> str:
    low, high = INPUT_RANGES[name]
    return f"{low} <= {name} <= {high}"


def _limit(name: str, card: Card) -> str:
    limit = input_limits(card)[name]
    inside = f"{limit.low} <= {name} <= {limit.high}"
    return f"({name} == 0 or {inside})" if limit.zero_allowed else inside
