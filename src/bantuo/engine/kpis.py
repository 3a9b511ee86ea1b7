"""Health indicators over many events: whole-number counts per seller and week, added up in any order.

An event row and a shard of counts have the same columns, so merging shards is counting again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from bantuo.core.health import Kpi, kpi_rule
from bantuo.engine.columns import apply_rule

COUNTS = ("inbound_due", "inbound_on_time", "shipped", "mis_shipped", "packed", "packing_seconds")
KEYS = ("seller_id", "week")


def weekly_counts(events: pl.LazyFrame, *, kpis: Sequence[Kpi] = ()) -> pl.LazyFrame:
    """Counts per seller and ISO week.

    In: `seller_id` (any type), `day` Date (the business date), and of the counts those that the file
    has: 0, 1 or a sum, null where the event is of another sort. Out: `seller_id`, `week` (its Monday)
    and an Int64 column per count, those of `kpis` or else all of `COUNTS`.
    """
    names = counted_columns(kpis)
    present = set(events.collect_schema().names())
    sums = [pl.col(n).cast(pl.Int64).sum() if n in present else pl.lit(0, pl.Int64).alias(n) for n in names]
    grouped = events.with_columns(_monday().alias("week")).group_by(KEYS).agg(sums)
    return grouped.with_columns(pl.col("week").cast(pl.Date))


def counted_columns(kpis: Sequence[Kpi] = ()) -> tuple[str, ...]:
    """The counts that the indicators need; all that are known when none are given."""
    needed = [name for kpi in kpis for name in (kpi.denominator, kpi.numerator)]
    return tuple(dict.fromkeys(needed)) or COUNTS


def merge_counts(shards: Iterable[pl.LazyFrame]) -> pl.LazyFrame:
    """One table of counts from several; the order and number of the shards make no difference."""
    return pl.concat(list(shards), how="vertical").group_by(KEYS).agg(pl.exclude(KEYS).sum())


def weekly_kpis(counts: pl.LazyFrame, *, kpis: Sequence[Kpi]) -> pl.LazyFrame:
    """The counts with each indicator divided once: `<key>_value` and `<key>_met`, null if not counted."""
    answered = apply_rule(counts, kpi_rule(kpis))
    for kpi in kpis:
        counted = pl.col(f"{kpi.key}_counted") == 1
        answered = answered.with_columns(
            pl.when(counted).then(pl.col(f"{kpi.key}_value")).alias(f"{kpi.key}_value"),
            pl.when(counted).then(pl.col(f"{kpi.key}_met") == 1).alias(f"{kpi.key}_met"),
        )
    return answered.drop(f"{kpi.key}_counted" for kpi in kpis).sort(KEYS)


def packing_histogram(events: pl.LazyFrame) -> pl.LazyFrame:
    """Orders per seller, week and whole second of packing: what a percentile is read from (A-37)."""
    packed = events.filter(pl.col("packed") == 1, pl.col("packing_seconds").is_not_null())
    week = _monday().cast(pl.Date).alias("week")
    return packed.group_by("seller_id", week, "packing_seconds").agg(pl.len().cast(pl.Int64).alias("orders"))


def _monday() -> pl.Expr:
    """The Monday of `day` as a day number: day 0 was a Thursday. A third of the cost of truncating."""
    number = pl.col("day").to_physical()
    return number - (number + 3) % 7


def packing_percentiles(histogram: pl.LazyFrame, *, percentile: int) -> pl.LazyFrame:
    """Per seller and week the duration that `percentile` % of the orders kept (nearest rank)."""
    sorted_rows = histogram.group_by(*KEYS, "packing_seconds").agg(pl.col("orders").sum())
    sorted_rows = sorted_rows.sort(*KEYS, "packing_seconds").with_columns(
        pl.col("orders").cum_sum().over(KEYS).alias("reached"),
        pl.col("orders").sum().over(KEYS).alias("all"),
    )
    enough = sorted_rows.filter(pl.col("reached") * 100 >= pl.col("all") * percentile)
    return enough.group_by(KEYS).agg(pl.col("packing_seconds").min().alias("packing_seconds_high")).sort(KEYS)
