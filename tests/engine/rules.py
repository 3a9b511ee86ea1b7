"""Small rules that use every operation, for the interpreters to agree on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bantuo.core.vocabulary import Reader, Vocabulary, ceil_div, half_up, ratio_half_up, step

INPUTS = ("a", "b", "c")


def every_operation(k: Vocabulary, r: Reader) -> Mapping[str, Any]:
    """All operations at once; `c` is never negative."""
    a, b, c = r("a"), r("b"), r("c")
    both, either = (a > b) & (b >= 0), (a < b) | (c <= 10)
    return {
        "rounded": half_up(k, a * b, 10_000),
        "ratio": ratio_half_up(k, a, c),
        "ceiling": ceil_div(k, c, 7) + k.idiv(c, k.lit(3)),
        "extremes": k.max(a, b, c) - k.min(a, b, c),
        "stepped": step(k, c, [(10, 320), (20, 300), (50, 220)], 350),
        "chosen": k.where(both, a, k.where(either, b, k.where(k.eq(a, b), 1, 0 - c))),
        "magnitude": k.abs(a - b) + k.max(a),
        "given": a,
        "constant": k.lit(-5),
    }
