"""Rate a Parquet file into a Parquet file, against reading and writing the same result."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl

from bantuo.core.fees import resolve_card
from bantuo.engine.books import load_book
from bantuo.engine.quotes import price_columns
from tools.bench.rounds import alternate
from tools.bench.row import Row, count, pair_row
from tools.bench.samples import last_day, parcels

ORDERS = 5_000_000


def rate_file_rows(number: int | None) -> list[Row]:
    """Scan → price → sink, against collecting the input and writing the finished result."""
    orders, card = number or ORDERS, resolve_card(load_book(), "semi", on=last_day())
    with tempfile.TemporaryDirectory(prefix="bantuo-bench-") as scratch:
        source, result, again = (Path(scratch) / f"{name}.parquet" for name in ("source", "result", "again"))
        parcels(orders).sink_parquet(source)

        def work() -> None:
            price_columns(pl.scan_parquet(source), card).sink_parquet(result)

        work()
        finished = pl.read_parquet(result)

        def limit() -> None:
            pl.read_parquet(source)
            finished.write_parquet(again)

        pair = alternate(limit, work)
    return [
        pair_row(
            pair,
            work=f"rate {count(orders)} orders, Parquet → Parquet (zstd)",
            limit="read the input file, write the finished result from memory",
            most=1.7,
            note=f"{len(finished.columns)} columns out, {orders / pair.work_ns * 1e3:.1f} M orders/s",
        )
    ]
