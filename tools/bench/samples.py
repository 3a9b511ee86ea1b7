"""Rows from a seed: the same on every machine with the same Polars, made at run time, never stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from bantuo.core.admission import Gate
from bantuo.core.rate_card import DEFAULTS

SEED = 20260302
_WEEKS = 8
_SELLERS = 10_000


def drawn(name: str, *, low: int, high: int, salt: int = 0) -> pl.Expr:
    """An even draw from `low` to `high` for each row number, different for each name and salt."""
    seed = SEED + salt + sum(byte << (index % 40) for index, byte in enumerate(name.encode()))
    return (pl.col("row").hash(seed) % (high - low + 1)).cast(pl.Int64) + low


def rows(number: int) -> pl.LazyFrame:
    """`number` numbered rows, to draw columns for."""
    return pl.LazyFrame().select(row=pl.int_range(number, dtype=pl.Int64))


def parcels(number: int) -> pl.LazyFrame:
    """Parcels as a marketplace's month has them: every input of the card and an order id."""
    return rows(number).select(
        pl.col("row").alias("order_id"),
        drawn("receipts", low=-20_000, high=120_000).alias("receipts_fen"),
        drawn("weight", low=1, high=30_000).alias("weight_g"),
        drawn("length", low=50, high=600).alias("length_mm"),
        drawn("width", low=50, high=500).alias("width_mm"),
        drawn("height", low=20, high=400).alias("height_mm"),
        drawn("distance", low=0, high=1_500_000).alias("distance_m"),
        drawn("label", low=0, high=1).alias("label"),
        drawn("photo_qc", low=0, high=1).alias("photo_qc"),
        drawn("carton_pieces", low=0, high=24).alias("carton_pieces"),
        drawn("granted", low=0, high=1).alias("granted_rate_bp") * 220,
    )


def one_parcel() -> dict[str, int]:
    """The golden order of the programme, with its defaults filled in."""
    sides = {"length_mm": 300, "width_mm": 250, "height_mm": 200}
    asked = {"receipts_fen": 12_000, "weight_g": 1_200, "distance_m": 250_000, "label": 1}
    return {name: value for name, value in ({**DEFAULTS, **sides, **asked}).items() if name != "items"}


def sellers(number: int, *, gates: Sequence[Gate], names: Sequence[str], permille: int) -> pl.LazyFrame:
    """Sellers with every metric: each misses a limit, or lacks the metric, in `permille` of the rows.

    The more of them, the more distinct masks: about 1,000 at 20, more than 100,000 at 400.
    """
    good, bad = _good_and_bad(gates)
    metrics = [
        pl.when(drawn(name, low=0, high=999, salt=1) < permille // 2)
        .then(None)
        .when(drawn(name, low=0, high=999, salt=2) < permille)
        .then(pl.lit(bad.get(name, 0), pl.Int64))
        .otherwise(good.get(name, 1) + 0 * pl.col("row"))
        .alias(name)
        for name in names
    ]
    return rows(number).select(pl.col("row").alias("seller_id"), *metrics)


def _good_and_bad(gates: Sequence[Gate]) -> tuple[Mapping[str, int], Mapping[str, int]]:
    good: dict[str, int] = {}
    bad: dict[str, int] = {}
    for gate in gates:
        step = -1 if gate.op == ">=" else 1
        if gate.is_ratio:
            good |= {f"{gate.metric}_num": gate.limit, f"{gate.metric}_den": gate.scale}
            bad |= {f"{gate.metric}_num": gate.limit + step, f"{gate.metric}_den": gate.scale}
        else:
            good[gate.metric], bad[gate.metric] = gate.limit, gate.limit + step
        for metric, value in (pair for pair in (gate.applies_when, gate.needs) if pair):
            good[metric], bad[metric] = value, value - 1
    return good, bad


def events(number: int) -> pl.LazyFrame:
    """Warehouse events over eight weeks: a packed order each, every third with goods inwards."""
    due = drawn("due", low=0, high=2) == 0
    first = date(2025, 6, 2)
    return rows(number).select(
        drawn("seller", low=1, high=_SELLERS).alias("seller_id"),
        (pl.lit(first) + pl.duration(days=drawn("day", low=0, high=7 * _WEEKS - 1))).alias("day"),
        pl.when(due).then(1).cast(pl.Int64).alias("inbound_due"),
        pl.when(due).then((drawn("late", low=0, high=99) > 0).cast(pl.Int64)).alias("inbound_on_time"),
        pl.lit(1, pl.Int64).alias("shipped"),
        (drawn("mis", low=0, high=299) == 0).cast(pl.Int64).alias("mis_shipped"),
        pl.lit(1, pl.Int64).alias("packed"),
        drawn("seconds", low=20, high=150).alias("packing_seconds"),
    )


def last_day() -> date:
    """A day on which the book's rules for the sampled weeks hold."""
    return date(2025, 6, 2) + timedelta(weeks=_WEEKS)
