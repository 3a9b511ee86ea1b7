"""One quote in this process: what a web request or a gateway pays for a price."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns

from bantuo.engine.books import load_book
from bantuo.engine.quotes import quoter_for
from tools.bench.row import Row
from tools.bench.samples import last_day, one_parcel

CALLS = 300_000
_TARGET_NS = 3_000


def quote_rows(number: int | None) -> list[Row]:
    """p50 and p99 of single calls, the clock's own cost included and shown."""
    amounts = quoter_for(load_book(), "semi", on=last_day()).amounts
    parcel, calls = one_parcel(), number or CALLS
    taken = sorted(_timed(amounts, parcel) for _ in range(calls))
    clock = sorted(_timed(_nothing, parcel) for _ in range(calls))
    p50, p99 = taken[calls // 2], taken[calls * 99 // 100]
    return [
        Row(
            work=f"one quote in process, {calls:,} calls",
            measured=f"p50 {p50 / 1000:.2f} µs, p99 {p99 / 1000:.2f} µs",
            limit="an empty call, timed the same way",
            limit_measured=f"p50 {clock[calls // 2] / 1000:.2f} µs",
            target=f"p50 ≤ {_TARGET_NS // 1000} µs",
            met=p50 <= _TARGET_NS,
        )
    ]


def _timed(call: Callable[[dict[str, int]], object], parcel: dict[str, int]) -> int:
    begun = perf_counter_ns()
    call(parcel)
    return perf_counter_ns() - begun


def _nothing(parcel: dict[str, int]) -> None:
    pass
