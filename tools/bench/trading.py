"""Orders, stock and 16:00 over a market of a million open orders, through the real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bantuo.core.clock import business_date, operating_day
from bantuo.engine.books import load_book
from tools.bench import market
from tools.bench.pgbench_scripts import transactions_a_second
from tools.bench.pushing import Push, Pushed
from tools.bench.row import Row, count
from tools.bench.scratch_database import fresh_database, scratch_server

ROOT = Path(__file__).resolve().parent.parent.parent
CLIENTS, SECONDS, WORKERS = 64, 4, 2
_SECRET = "bench-secret-of-a-marketplace"
_LIMIT = "pgbench, 32 clients, one prepared statement and transaction an order, before and after"


@dataclass(frozen=True, slots=True)
class Place:
    """A copy of the market with the server in front of it."""

    database: str
    port: int
    sellers: int


def order_rows(number: int | None) -> list[Row]:
    """Single orders and batches over HTTP against pgbench and the bare statement."""
    sellers = market.SELLERS if number is None else max(number // 100, 10)
    with scratch_server() as server, fresh_database(server, "bench_orders") as database:
        _fill(database, sellers=sellers, orders=number or market.ORDERS)
        with _serving(database) as port:
            place = Place(database, port, sellers)
            _push(place, is_hot=False, seconds=2)  # warms the server up
            rows = [row for is_hot in (False, True) for row in _single(place, is_hot=is_hot)]
            return rows + [_batches(place, batch) for batch in (50, 1_000)]


def _single(place: Place, *, is_hot: bool) -> list[Row]:
    bench: Mapping[str, Any] = {
        "sellers": place.sellers, "skus": market.SKUS_OF_SELLER, "is_hot": is_hot, "clients": 32,
        "seconds": SECONDS,
    }  # fmt: skip
    before = transactions_a_second(place.database, **bench)
    pushed = _push(place, is_hot=is_hot, seconds=SECONDS)
    limit = (before + transactions_a_second(place.database, **bench)) / 2
    ratio, least = pushed.rate / limit, 2.0 if is_hot else 0.40
    what = "all on one hot SKU" if is_hot else "over all SKUs"
    return [
        Row(
            work=f"single orders over HTTP, {CLIENTS} clients, {what}",
            measured=f"{pushed.rate:,.0f} orders/s", limit=_LIMIT, limit_measured=f"{limit:,.0f} tps",
            ratio=f"{ratio:.2f}", target=f"≥ {least:.2f}", met=ratio >= least and not pushed.faults,
            note=f"{WORKERS} processes; {pushed.faults} faults",
        ),
        Row(
            work=f"latency of those, {what}",
            measured=f"p50 {pushed.p50_ms:.0f} ms, p99 {pushed.p99_ms:.0f} ms",
            target="p99 ≤ 60 ms", met=pushed.p99_ms <= 60,
        ),
    ]  # fmt: skip


def _batches(place: Place, batch: int) -> Row:
    asked = json.dumps(
        {"database": place.database, "batch": batch, "seconds": SECONDS, "sellers": place.sellers,
         "skus": market.SKUS_OF_SELLER}
    )  # fmt: skip
    command = [sys.executable, "-m", "tools.bench.bare_orders", asked]
    bare = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    limit = sum(float(process.communicate()[0]) for process in bare)
    pushed = _push(place, is_hot=False, seconds=SECONDS, clients=4, batch=batch)
    ratio = pushed.rate / limit
    return Row(
        work=f"orders over HTTP in batches of {count(batch)}, 4 clients",
        measured=f"{pushed.rate:,.0f} orders/s", limit="the bare set-based statement, two processes",
        limit_measured=f"{limit:,.0f} orders/s", ratio=f"{ratio:.2f}", target="≥ 0.50",
        met=ratio >= 0.5 and not pushed.faults, note=f"p99 of a call {pushed.p99_ms:.0f} ms",
    )  # fmt: skip


def _push(place: Place, *, is_hot: bool, seconds: float, clients: int = CLIENTS, batch: int = 0) -> Pushed:
    asked = Push(
        place.port,
        _SECRET,
        seconds,
        clients,
        place.sellers,
        market.SKUS_OF_SELLER,
        is_hot=is_hot,
        batch=batch,
    )  # fmt: skip
    command = [sys.executable, "-m", "tools.bench.pushing", json.dumps(asdict(asked))]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return Pushed(**json.loads(told.stdout))


def _fill(database: str, *, sellers: int, orders: int) -> None:
    """The market as of now, with a key for the marketplace."""
    now = datetime.now(UTC)
    book = load_book()
    day = operating_day(book, business_date(now, zone=book.zone))
    market.open_market(database, on=day.on, now=day.starts_at, sellers=sellers, orders=orders)
    from bantuo.apps.integrations.models import ApiKey  # noqa: PLC0415 - after the set-up
    from bantuo.apps.integrations.secrets import digest  # noqa: PLC0415

    ApiKey.objects.create(
        kind="key", marketplace="bench", title="bench", name_shown="bench", secret_sha256=digest(_SECRET),
        scopes=["orders:intake"], created_by="bench", created_at=now,
    )  # fmt: skip


@contextmanager
def _serving(database: str) -> Iterator[int]:
    """`bantuo serve` on the database; its port."""
    port = 8917
    env = {**os.environ, "BANTUO_DATABASE_URL": database, "BANTUO_API_CALLS_PER_MINUTE": "100000000"}
    command = [sys.executable, "-m", "bantuo.interfaces.cli.main", "serve", "--no-worker"]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--workers", str(WORKERS)],
        cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                    break
            except OSError:
                time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def cutover_rows(number: int | None) -> list[Row]:
    """16:00 with three of ten sellers late, against one bare pass that writes the same rows."""
    orders = number or market.ORDERS
    sellers = market.SELLERS if number is None else max(number // 100, 10)
    with scratch_server() as server, fresh_database(server, "bench_cutover") as database:
        _fill(database, sellers=sellers, orders=orders)
        from bantuo.apps.sql import run_statement  # noqa: PLC0415
        from tools.bench.cutting import bare_pass, whole  # noqa: PLC0415

        run_statement(
            "UPDATE stock_balance SET stated_on = stated_on - 1"
            " WHERE seller_id IN (SELECT id FROM bench_seller WHERE place < %s)",
            [sellers * 3 // 10],
        )
        run_statement("VACUUM ANALYZE stock_balance")
        with _copied(server, database) as copy:
            limit_s = bare_pass(copy)
        with _copied(server, database) as copy:
            fence_s, whole_s, turned = whole(copy)
    ratio = whole_s / limit_s
    return [
        Row(
            work=f"16:00 over {count(orders)} open orders, three of ten sellers late: the fence",
            measured=f"{fence_s * 1e3:.0f} ms", target="≤ 50 ms", met=fence_s <= 0.05,
        ),
        Row(
            work=f"… the whole: {count(turned)} orders turned in chunks, seller-days, report",
            measured=f"{whole_s:.1f} s", limit="one bare SQL pass that writes the same rows",
            limit_measured=f"{limit_s:.1f} s", ratio=f"{ratio:.2f} ×", target="≤ 2 ×", met=ratio <= 2,
        ),
    ]  # fmt: skip


@contextmanager
def _copied(server: str, database: str) -> Iterator[str]:
    """A copy of a database, for work that cannot be done twice."""
    from django.db import connections  # noqa: PLC0415

    connections.close_all()
    source, name = psycopg.conninfo.conninfo_to_dict(database)["dbname"], f"bench_copy_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        connection.execute(copy.format(sql.Identifier(name), sql.Identifier(str(source))))
    try:
        yield make_conninfo(server, dbname=name)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
