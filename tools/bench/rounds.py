"""Alternating rounds: limit, work, limit, work …, so that both see the same machine."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter_ns

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Pair:
    """Medians over the rounds, in nanoseconds, and the median, least and greatest ratio of a round."""

    limit_ns: int
    work_ns: int
    ratio: float
    ratio_least: float
    ratio_most: float


def alternate(limit: Callable[[], object], work: Callable[[], object], *, rounds: int = ROUNDS) -> Pair:
    """Run limit and work in turn; one round of each is a warm-up and is dropped."""
    taken = [(_nanoseconds(limit), _nanoseconds(work)) for _ in range(rounds + 1)][1:]
    ratios = [work_ns / limit_ns for limit_ns, work_ns in taken]
    return Pair(
        limit_ns=int(median(limit_ns for limit_ns, _ in taken)),
        work_ns=int(median(work_ns for _, work_ns in taken)),
        ratio=median(ratios),
        ratio_least=min(ratios),
        ratio_most=max(ratios),
    )


def _nanoseconds(run: Callable[[], object]) -> int:
    gc.collect()
    begun = perf_counter_ns()
    run()
    return perf_counter_ns() - begun
