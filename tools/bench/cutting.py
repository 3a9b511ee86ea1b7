"""16:00 in a process of its own, and the bare pass it is held against."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


def bare_pass(database: str) -> float:
    """Seconds of one statement that turns the same orders and writes the same rows, without chunk or lock."""
    return float(_run("bare", database)["seconds"])


def whole(database: str) -> tuple[float, float, int]:
    """Seconds of the fence, seconds of everything, orders turned."""
    told = _run("whole", database)
    return float(told["fence"]), float(told["seconds"]), int(told["turned"])


def start_whole(database: str) -> subprocess.Popen[str]:
    """16:00 beside what else there is to do."""
    command = [sys.executable, "-m", "tools.bench.cutting", "whole", database]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def finish_whole(cutting: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for it; what it tells."""
    said, _ = cutting.communicate()
    told: dict[str, Any] = json.loads(said)
    return told


def _run(what: str, database: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tools.bench.cutting", what, database]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _main(what: str, database: str) -> dict[str, float]:
    from tools.bench.market import use_database  # noqa: PLC0415

    use_database(database)
    from bantuo.apps.orders.operations import cutover, turning  # noqa: PLC0415
    from bantuo.apps.sql import fetch_rows  # noqa: PLC0415
    from bantuo.core.clock import business_date, operating_day  # noqa: PLC0415
    from bantuo.engine.books import load_book  # noqa: PLC0415

    book = load_book()
    day = operating_day(book, business_date(datetime.now(UTC), zone=book.zone))
    told: dict[str, Any] = {"book": book, "day": day, "now": day.cutoff_at}
    begun = time.perf_counter()
    if what == "bare":
        facts = {"on": day.on, "now": day.cutoff_at, "reason": "cutoff_fallback", "rule": "OPS-1",
                 "version": book.version, "actor": "bench"}  # fmt: skip
        fetch_rows(_bare(turning.TURN), facts)
        return {"seconds": time.perf_counter() - begun}
    cutover.fence_day(**told)
    fenced = time.perf_counter()
    report = cutover.cut_over(**told, actor="bench")
    return {"fence": fenced - begun, "seconds": time.perf_counter() - begun, "turned": report.orders_turned}


def _bare(statement: str) -> str:
    """The statement of a chunk for all orders at once, without the locks."""
    first, last = statement.index("    ), locked AS ("), statement.index("    ), back AS (")
    return (
        (statement[:first] + statement[last:])
        .replace("SELECT k.id, COALESCE", "SELECT l.balance_id AS id, COALESCE")
        .replace("FROM locked k JOIN line l ON l.balance_id = k.id GROUP BY k.id", "FROM line l GROUP BY 1")
        .replace("WHERE o.id = ANY(%(ids)s::bigint[])", "WHERE o.state = 'reserved' AND b.stated_on < %(on)s")
        .replace("WHERE id = ANY(%(ids)s::bigint[])", "WHERE id IN (SELECT order_id FROM line)")
    )


if __name__ == "__main__":
    print(json.dumps(_main(sys.argv[1], sys.argv[2])))
