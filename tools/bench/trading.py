"""Orders, stock and 16:00 over a market of a million open orders, through the real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tools.bench import market
from tools.bench.cutting import finish_whole, start_whole
from tools.bench.pgbench_scripts import bare_transactions
from tools.bench.pushing import Push, Pushed
from tools.bench.row import Row, count
from tools.bench.scratch_database import fresh_database, scratch_server
from tools.bench.serving import ROOT, WORKERS, key_for_bench, open_bench_market, serving

CLIENTS, SECONDS = 64, 4
_LIVE_BATCH = 50
_LIMIT = "pgbench, 32 clients, one prepared statement and transaction an order, before and after"


@dataclass(frozen=True, slots=True)
class Place:
    """A copy of the market with the server in front of it."""

    database: str
    port: int
    secret: str
    sellers: int


def order_rows(number: int | None) -> list[Row]:
    """Single orders and batches over HTTP against pgbench and the bare statement."""
    sellers = market.SELLERS if number is None else max(number // 100, 10)
    with scratch_server() as server, fresh_database(server, "bench_orders") as database:
        open_bench_market(database, sellers=sellers, orders=number or market.ORDERS)
        secret = key_for_bench(scopes=["orders:intake"])
        with serving(database) as port:
            place = Place(database, port, secret, sellers)
            _push(place, is_hot=False, seconds=SECONDS)  # warms the server up
            rows = [row for is_hot in (False, True) for row in _single(place, is_hot=is_hot)]
            return rows + [_batches(place, batch) for batch in (50, 1_000)]


def _single(place: Place, *, is_hot: bool) -> list[Row]:
    bench: Mapping[str, Any] = {
        "sellers": place.sellers, "skus": market.SKUS_OF_SELLER, "is_hot": is_hot, "clients": 32,
        "seconds": SECONDS,
    }  # fmt: skip
    before = bare_transactions(place.database, **bench)
    pushed = _push(place, is_hot=is_hot, seconds=2 * SECONDS)
    after = bare_transactions(place.database, **bench)
    limit, limit_ms = (before.tps + after.tps) / 2, (before.p99_ms + after.p99_ms) / 2
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
            limit="p99 of those of pgbench", limit_measured=f"{limit_ms:.0f} ms",
            ratio=f"{pushed.p99_ms / limit_ms:.2f} ×", target="p99 ≤ 60 ms", met=pushed.p99_ms <= 60,
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
        place.secret,
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


def cutover_rows(number: int | None) -> list[Row]:
    """16:00 with three of ten sellers late, against one bare pass that writes the same rows."""
    orders = number or market.ORDERS
    sellers = market.SELLERS if number is None else max(number // 100, 10)
    with scratch_server() as server, fresh_database(server, "bench_cutover") as database:
        open_bench_market(database, sellers=sellers, orders=orders)
        secret = key_for_bench(scopes=["orders:intake"])
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
        with _copied(server, database) as copy, serving(copy) as port:
            live = _under_intake(Place(copy, port, secret, sellers))
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
        live,
    ]  # fmt: skip


def _under_intake(place: Place) -> Row:
    """What a stream of batches keeps of its rate while 16:00 is dealt with; both before and then after it."""
    _push(place, is_hot=False, seconds=2, clients=8, batch=_LIVE_BATCH)
    before = _push(place, is_hot=False, seconds=2 * SECONDS, clients=8, batch=_LIVE_BATCH)
    cutting = start_whole(place.database)
    during = _push(place, is_hot=False, seconds=2 * SECONDS, clients=8, batch=_LIVE_BATCH)
    was_cutting = cutting.poll() is None
    told = finish_whole(cutting)
    with psycopg.connect(place.database) as connection:
        ((deadlocks,),) = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchall()
    kept = during.rate / before.rate
    return Row(
        work=f"… under live intake in batches of {_LIVE_BATCH} from 8 clients: what intake keeps of its rate",
        measured=f"{during.rate:,.0f} orders/s, p99 {during.p99_ms:.0f} ms",
        limit="the same intake just before", limit_measured=f"{before.rate:,.0f} orders/s",
        ratio=f"{kept:.2f}", target="≥ 0.80, 0 deadlocks, 0 faults",
        met=kept >= 0.8 and was_cutting and not deadlocks and not during.faults,
        note=f"16:00 took {told['seconds']:.1f} s then{'' if was_cutting else ' and ended first'};"
             f" {deadlocks} deadlocks, {during.faults} faults",
    )  # fmt: skip


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
