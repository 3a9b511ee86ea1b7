"""Weekly indicators from warehouse events, against summing the columns that are counted."""

from __future__ import annotations

import polars as pl

from bantuo.core.health import kpis_in_force
from bantuo.engine.books import load_book
from bantuo.engine.kpis import weekly_counts, weekly_kpis
from tools.bench.rounds import alternate
from tools.bench.row import Row, count, pair_row
from tools.bench.samples import events, last_day

EVENTS = 20_000_000


def kpi_rows(number: int | None) -> list[Row]:
    """Counts per seller and week and the indicators from them."""
    total, kpis = number or EVENTS, kpis_in_force(load_book(), on=last_day())
    frame = events(total).collect(engine="streaming")

    def work() -> pl.DataFrame:
        return weekly_kpis(weekly_counts(frame.lazy(), kpis=kpis), kpis=kpis).collect(engine="streaming")

    def limit() -> list[object]:
        return [frame[name].to_physical().sum() for name in frame.columns]

    groups = len(work())
    pair = alternate(limit, work)
    return [
        pair_row(
            pair,
            work=f"KPIs of {count(total)} events into {groups:,} seller-weeks",
            limit=f"sum of the {len(frame.columns)} columns, one by one",
            most=30,
            note=f"{total / pair.work_ns * 1e3:.1f} M events/s",
        )
    ]
