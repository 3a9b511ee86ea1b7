"""The benchmarks by name, each run in a process of its own: its memory is its own."""

from __future__ import annotations

import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

from tools.bench.kpi import kpi_rows
from tools.bench.lists import list_rows
from tools.bench.order_lists import order_list_rows
from tools.bench.quote import quote_rows
from tools.bench.rate_files import rate_file_rows
from tools.bench.rate_memory import rate_memory_rows
from tools.bench.replay import ReplayFailed, replay_rows
from tools.bench.row import Row
from tools.bench.screen import screen_rows
from tools.bench.stock_calls import stock_rows
from tools.bench.trading import cutover_rows, order_rows

BENCHMARKS: dict[str, Callable[[int | None], list[Row]]] = {
    "quote": quote_rows,
    "rate-files": rate_file_rows,
    "rate-memory": rate_memory_rows,
    "screen": screen_rows,
    "kpi": kpi_rows,
    "lists": list_rows,
    "orders": order_rows,
    "stock": stock_rows,
    "cutover": cutover_rows,
    "order-lists": order_list_rows,
    "replay": replay_rows,
}


def measured_rows(name: str, *, number: int | None) -> list[Row]:
    """The lines of one benchmark, over `number` rows or as many as its target names."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        try:
            return pool.submit(_with_peak, name, number).result()
        except ReplayFailed as error:  # the page says so, and keeps what the others measured
            return [Row(work=name, measured=f"failed: {str(error).splitlines()[-1]}", met=False)]


def _with_peak(name: str, number: int | None) -> list[Row]:
    made = BENCHMARKS[name](number)
    if name == "replay":  # its work is in processes of its own again
        return made
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return [replace(row, note=f"{row.note}{'; ' * bool(row.note)}peak {peak:,} MiB") for row in made]
