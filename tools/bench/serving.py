"""The real server in front of a market: what the benchmarks over HTTP have in common."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bantuo.core.clock import OperatingDay, business_date, operating_day
from bantuo.engine.books import load_book
from tools.bench import market

ROOT = Path(__file__).resolve().parent.parent.parent
WORKERS = 2
_PORT = 8917


def open_bench_market(
    database: str, *, sellers: int, orders: int, every_first: int = market.ORDERS
) -> OperatingDay:
    """The market as of now; its day. One order of `every_first` is the first seller's."""
    now = datetime.now(UTC)
    book = load_book()
    day = operating_day(book, business_date(now, zone=book.zone))
    market.open_market(database, on=day.on, now=day.starts_at, sellers=sellers, orders=orders,
                       every_first=every_first)  # fmt: skip
    return day


def key_for_bench(seller: str | None = None, *, scopes: Sequence[str]) -> str:
    """A key of the marketplace, or of a seller by its code; its secret."""
    from bantuo.apps.integrations.models import ApiKey  # noqa: PLC0415 - after the set-up
    from bantuo.apps.integrations.secrets import digest  # noqa: PLC0415
    from bantuo.apps.parties.models import Seller  # noqa: PLC0415

    secret = f"bench-secret-of-{seller or 'a-marketplace'}"
    ApiKey.objects.create(
        kind="key", marketplace="bench", seller_id=seller and Seller.objects.get(code=seller).pk,
        title="bench",
        name_shown="bench", secret_sha256=digest(secret), scopes=list(scopes), created_by="bench",
        created_at=datetime.now(UTC),
    )  # fmt: skip
    return secret


@contextmanager
def serving(database: str) -> Iterator[int]:
    """`bantuo serve` on the database; its port."""
    env = {**os.environ, "BANTUO_DATABASE_URL": database, "BANTUO_API_CALLS_PER_MINUTE": "100000000"}
    command = [sys.executable, "-m", "bantuo.interfaces.cli.main", "serve", "--no-worker"]
    process = subprocess.Popen(
        [*command, "--port", str(_PORT), "--workers", str(WORKERS)],
        cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{_PORT}/healthz", timeout=2):
                    break
            except OSError:
                time.sleep(0.2)
        yield _PORT
    finally:
        process.terminate()
        process.wait(60)
