"""Rate orders that are in memory, against reading the same columns and writing as many."""

from __future__ import annotations

import polars as pl

from bantuo.core.fees import resolve_card
from bantuo.core.rate_card import SIDES, Card
from bantuo.engine.books import load_book
from bantuo.engine.quotes import price_columns
from tools.bench.rounds import alternate
from tools.bench.row import Row, count, pair_row
from tools.bench.samples import last_day, parcels

ORDERS = 5_000_000


def rate_memory_rows(number: int | None) -> list[Row]:
    """`price_columns` over a frame, against `column + 1` into as many Int64 columns."""
    orders, card = number or ORDERS, resolve_card(load_book(), "semi", on=last_day())
    frame = parcels(orders).collect()
    read = _columns_read(card)
    amounts = [f"{line.code}_fen" for line in card.lines] + ["total_fen"]

    def work() -> pl.DataFrame:
        return price_columns(frame.lazy(), card).select(amounts).collect(engine="streaming")

    def limit() -> pl.DataFrame:
        return frame.select(_copied(read, len(amounts)))

    pair = alternate(limit, work)
    return [
        pair_row(
            pair,
            work=f"rate {count(orders)} orders in memory (streaming engine)",
            limit=f"read {len(read)} Int64 columns, write {len(amounts)} (`column + 1`), Polars",
            most=10,
            note=f"{orders / pair.work_ns * 1e3:.1f} M orders/s",
        )
    ]


def _columns_read(card: Card) -> list[str]:
    plain = [name for name in card.inputs if name != "volume_mm3"]
    return [*plain, *SIDES] if card.reads_volume else plain


def _copied(read: list[str], width: int) -> list[pl.Expr]:
    """As many outputs as amounts; the last takes in every input that no other output reads."""
    single = [(pl.col(name) + 1).alias(f"out_{name}") for name in read[: width - 1]]
    return [*single, (pl.sum_horizontal(read[width - 1 :]) + 1).alias("out_rest")]
