"""Columns of text as exact integers: what `core.money` does for one amount, for five million.

A cell that is not the wanted amount becomes null here; `cell_rule` says why.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from bantuo.core.money import SCIENTIFIC_REFUSED

_SCIENTIFIC = r"^\s*[+-]?[0-9]+(\.[0-9]*)?[eE][+-]?[0-9]+\s*$"
_YUAN_MARKS = r"(?i)^\s*(?:¥|￥|CNY|RMB)\s*|\s*(?:元|CNY|RMB)\s*$"
_TICKS: Mapping[str, int] = {
    "1": 1, "true": 1, "yes": 1, "y": 1, "是": 1, "√": 1,
    "0": 0, "false": 0, "no": 0, "n": 0, "否": 0,
}  # fmt: skip


def scaled_column(text: pl.Expr, *, places: int) -> pl.Expr:
    """`text` × 10^`places` as Int64, null where it is no plain number with at most that many decimals."""
    fraction = rf"(?:\.([0-9]{{1,{places}}})0*|\.0+)?" if places else r"(?:\.0+)?()"
    whole = rf"([0-9]{{1,{min(15, 18 - places)}}}|[0-9]{{1,3}}(?:,[0-9]{{3}}){{1,{(18 - places) // 3 - 1}}})"
    parts = text.str.strip_chars().str.extract_groups(rf"^([+-]?){whole}{fraction}$").struct
    digits = parts.field("2").str.replace_all(",", "", literal=True)
    tail = parts.field("3").fill_null("").str.pad_end(places, "0")
    amount = (digits + tail).cast(pl.Int64, strict=False)
    return pl.when(parts.field("1") == "-").then(-amount).otherwise(amount)


def yuan_column(text: pl.Expr) -> pl.Expr:
    """Yuan as fen; a yuan mark is allowed, any other currency makes the cell null."""
    return scaled_column(text.str.replace_all(_YUAN_MARKS, ""), places=2)


def percent_column(text: pl.Expr) -> pl.Expr:
    """A percentage with its sign as basis points."""
    parts = text.str.extract_groups(r"^(.*?)\s*[%％]\s*$").struct
    return scaled_column(parts.field("1"), places=2)


def tick_column(text: pl.Expr) -> pl.Expr:
    """Yes or no as 1 or 0, in the ways people write it."""
    return (
        text.str.strip_chars().str.to_lowercase().replace_strict(_TICKS, default=None, return_dtype=pl.Int64)
    )


def is_scientific(text: pl.Expr) -> pl.Expr:
    """True for `1.2E+15`."""
    return text.str.contains(_SCIENTIFIC)


def is_blank(text: pl.Expr) -> pl.Expr:
    """True for an empty cell."""
    return text.is_null() | (text.str.strip_chars() == "")


def text_rule(text: pl.Expr, amount: pl.Expr, *, what: str) -> pl.Expr:
    """The sentence that refuses a cell of text that gave no amount; null where it gave one."""
    return (
        pl.when(is_blank(text))
        .then(pl.lit("is missing"))
        .when(amount.is_null() & is_scientific(text))
        .then(pl.lit(SCIENTIFIC_REFUSED))
        .when(amount.is_null())
        .then(pl.lit(f"must be {what}"))
    )
