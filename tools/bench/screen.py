"""Screen sellers against every gate, against summing the columns that the gates read."""

from __future__ import annotations

import polars as pl

from bantuo.engine.books import load_book
from bantuo.engine.diagnosis import Evaluator
from tools.bench.rounds import alternate
from tools.bench.row import Row, count, pair_row
from tools.bench.samples import last_day, sellers

SELLERS = 1_000_000
_USUAL, _WILD = 20, 400


def screen_rows(number: int | None) -> list[Row]:
    """Once with sellers who mostly pass, once with nearly every combination of failures."""
    evaluator = Evaluator(load_book(), last_day())
    return [_measured(evaluator, number or SELLERS, permille) for permille in (_USUAL, _WILD)]


def _measured(evaluator: Evaluator, number: int, permille: int) -> Row:
    gates = evaluator.gates
    frame = sellers(number, gates=gates.gates, names=gates.inputs, permille=permille).collect()

    def work() -> pl.DataFrame:
        return evaluator.screen(frame.lazy()).collect(engine="streaming")

    def limit() -> list[object]:
        return [frame[name].sum() for name in gates.inputs]

    answers = work()
    masks = answers["failed_mask"].n_unique()
    combined = answers.select("failed_mask", "not_evidenced_mask").n_unique()
    pair = alternate(limit, work)
    return pair_row(
        pair,
        work=f"screen {count(number)} sellers × {len(gates.gates)} gates, {masks:,} distinct masks",
        limit=f"sum of the {len(gates.inputs)} nullable Int64 columns, one by one",
        most=10,
        note=f"{number / pair.work_ns * 1e3:.1f} M sellers/s; {combined:,} distinct answers",
    )
