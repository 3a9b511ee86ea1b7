"""The small vocabulary in which every rule is written once.

A rule is `def rule(k, r)`: `r(name)` gives an input, `k` the operations below; the result maps
output names to expressions. Operators `+ - *`, `< <= > >= ==` (`eq`) and `& |` on conditions come
with the expressions themselves. There is no `/` and no float. Interpreters: `Ints` (here, the
plain meaning), `engine.trace` (compiled Python), `engine.columns` (Polars), `engine.interval`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

# `Any` below is an expression of some interpreter: an int, a trace node, a Polars expression.
Reader = Callable[[str], Any]
Rule = Callable[["Vocabulary", Reader], Mapping[str, Any]]


class Vocabulary(Protocol):
    """Operations that every interpreter gives the same integer meaning."""

    def lit(self, value: int) -> Any: ...
    def idiv(self, numerator: Any, denominator: Any) -> Any:
        """Floor division; the numerator is never negative, the denominator always positive."""

    def abs(self, value: Any) -> Any: ...
    def max(self, first: Any, *others: Any) -> Any: ...
    def min(self, first: Any, *others: Any) -> Any: ...
    def where(self, condition: Any, then: Any, otherwise: Any) -> Any: ...
    def eq(self, left: Any, right: Any) -> Any: ...


class Ints:
    """The plain meaning, over Python ints: what every other interpreter must equal."""

    def lit(self, value: int) -> int:
        return value

    def idiv(self, numerator: int, denominator: int) -> int:
        if numerator < 0 or denominator <= 0:
            raise ArithmeticError(f"idiv({numerator}, {denominator}): outside its meaning")
        return numerator // denominator

    def abs(self, value: int) -> int:
        return abs(value)

    def max(self, first: int, *others: int) -> int:
        return max(first, *others) if others else first

    def min(self, first: int, *others: int) -> int:
        return min(first, *others) if others else first

    def where(self, condition: bool, then: int, otherwise: int) -> int:
        return then if condition else otherwise

    def eq(self, left: int, right: int) -> bool:
        return left == right


def half_up(k: Vocabulary, value: Any, divisor: int) -> Any:
    """`value / divisor` rounded half away from zero: the one rounding of the project."""
    doubled = k.idiv(k.abs(value) * 2 + divisor, k.lit(2 * divisor))
    return k.where(value < 0, 0 - doubled, doubled)


def ratio_half_up(k: Vocabulary, value: Any, divisor: Any) -> Any:
    """As `half_up`, the divisor a column: 0 where the divisor is 0 (guard it with a count)."""
    safe = k.max(divisor, k.lit(1))
    doubled = k.idiv(k.abs(value) * 2 + safe, safe * 2)
    return k.where(value < 0, 0 - doubled, doubled)


def ceil_div(k: Vocabulary, value: Any, divisor: int) -> Any:
    """`value / divisor` rounded up, for a value that is not negative."""
    return k.idiv(value + (divisor - 1), k.lit(divisor))


def step(k: Vocabulary, value: Any, cuts: Sequence[tuple[int, int]], below: int) -> Any:
    """The amount of the highest cut that `value` reaches; `below` under the first."""
    result: Any = k.lit(below)
    for lowest, amount in sorted(cuts):
        result = k.where(value >= lowest, k.lit(amount), result)
    return result
