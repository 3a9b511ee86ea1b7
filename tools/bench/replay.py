"""Replay Olist through the whole programme: each stage against its bare SQL, memory, and the whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns

from tools.bench.bare_rounds import bare_stages
from tools.bench.row import Row
from tools.bench.scratch_database import fresh_database, scratch_server

_ROOT = Path(__file__).resolve().parent.parent.parent
_LAYOUT = _ROOT / "examples" / "olist.toml"
_LIMITS = (2_000, 8_000)
_WHOLE_SECONDS = 180
_GROWTH_PERCENT = 20


class ReplayFailed(RuntimeError):
    """The replay's process ended with an error, so there is nothing to measure."""


@dataclass(frozen=True, slots=True)
class ReplayWork:
    """What one replay process came to."""

    stages: dict[str, tuple[int, int]]
    orders: int
    peak_mib: int
    nanoseconds: int


def replay_rows(number: int | None) -> list[Row]:
    """Stages and whole of all orders (or of `number`), and peak memory over several limits."""
    source = Path(os.environ.get("BANTUO_OLIST", _ROOT.parent / "shared" / "data" / "olist"))
    if not source.is_dir():
        return [Row(work="replay of Olist, per stage", measured="skipped: no data (name it in BANTUO_OLIST)")]
    with scratch_server() as server:
        with fresh_database(server, "bench_whole") as database:
            whole = _replay(source, database, limit=number)
            bare = bare_stages(database)
        parts = [_part(source, server, limit) for limit in _LIMITS if number is None]
    return [*_stage_rows(whole, bare), _whole_row(whole), _memory_row([*parts, whole])]


def _part(source: Path, server: str, limit: int) -> ReplayWork:
    with fresh_database(server, f"bench_{limit}") as database:
        return _replay(source, database, limit=limit)


def _replay(source: Path, database: str, *, limit: int | None) -> ReplayWork:
    settings = {"BANTUO_DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "bantuo.config.settings"}
    begun = perf_counter_ns()
    with tempfile.TemporaryDirectory(prefix="bantuo-bench-") as out:
        words = [str(source), str(_LAYOUT), out, *([str(limit)] if limit else [])]
        done = subprocess.run(
            [sys.executable, "-m", "tools.bench.replay_child", *words],
            env={**os.environ, **settings}, cwd=_ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        raise ReplayFailed(done.stderr[-2_000:].strip() or f"ended with {done.returncode}")
    told = json.loads(done.stdout.splitlines()[-1])
    stages = {name: (rows, taken) for name, (rows, taken) in told["stages"].items()}
    return ReplayWork(stages, told["orders"], told["peak_mib"], perf_counter_ns() - begun)


def _stage_rows(whole: ReplayWork, bare: dict[str, tuple[str, int]]) -> list[Row]:
    return [
        Row(
            work=f"replay: {name}, {rows:,} rows",
            measured=_speed(rows, whole.orders, taken),
            limit=bare[name][0] if name in bare else "",
            limit_measured=f"{bare[name][1] / 1e9:.2f} s" if name in bare else "",
            ratio=f"{taken / bare[name][1]:.1f} ×" if name in bare else "",
            target="stated" if name in bare else "",
        )
        for name, (rows, taken) in whole.stages.items()
    ]


def _speed(rows: int, orders: int, nanoseconds: int) -> str:
    per_second = [number * 10**9 // max(nanoseconds, 1) for number in (rows, orders)]
    return f"{nanoseconds / 1e9:.1f} s; {per_second[0]:,} rows/s, {per_second[1]:,} orders/s"


def _whole_row(whole: ReplayWork) -> Row:
    seconds = whole.nanoseconds / 1e9
    return Row(
        work=f"replay: the whole, {whole.orders:,} orders, from start to written outputs",
        measured=f"{seconds:.0f} s, {whole.orders / seconds:,.0f} orders/s",
        target=f"≤ {_WHOLE_SECONDS} s",
        met=seconds <= _WHOLE_SECONDS,
        note="migrations and all sellers and SKUs included",
    )


def _memory_row(runs: list[ReplayWork]) -> Row:
    peaks = [run.peak_mib for run in runs]
    return Row(
        work="replay: peak memory of its process at "
        + " / ".join(f"{run.orders:,}" for run in runs)
        + " orders",
        measured=" / ".join(f"{peak:,}" for peak in peaks) + " MiB",
        target=f"no growth (≤ {_GROWTH_PERCENT} %)",
        met=max(peaks) * 100 <= peaks[0] * (100 + _GROWTH_PERCENT) if len(peaks) > 1 else None,
    )
