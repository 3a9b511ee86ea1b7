"""A whole catalogue stated in one call over HTTP, against a bare COPY and merge of the same rows."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass

import psycopg

from tools.bench import market
from tools.bench.row import Row, count
from tools.bench.scratch_database import fresh_database, scratch_server
from tools.bench.serving import key_for_bench, open_bench_market, serving

CALLS, SELLER = 9, "LARGE"
_SECONDS_MAX = 3.0

# What a statement must leave behind: every balance named is stamped, what changed is moved.
_MERGE = """
    WITH found AS (
        SELECT b.id, i.quantity, b.declared AS before FROM stated i
        JOIN catalog_sku k ON k.seller_id = %(seller)s AND k.code = i.sku
        JOIN stock_balance b ON b.seller_id = k.seller_id AND b.sku_id = k.id
    ), changed AS (
        UPDATE stock_balance b SET declared = f.quantity, sequence = b.sequence + 1, stated_on = %(on)s
        FROM found f WHERE f.id = b.id RETURNING b.id, f.quantity, f.before
    )
    INSERT INTO stock_movement (seller_id, balance_id, pool, code, quantity_delta, reserved_delta, reference,
                                moved_at)
    SELECT %(seller)s, id, 'declared', 'declare', quantity - before, 0, 'bare', now() FROM changed
    WHERE quantity <> before
"""


@dataclass(slots=True)
class Catalogue:
    """The quantities of the large seller, as both sides change them in turn."""

    quantities: list[int]
    sequence: int = 1_000

    def next_rows(self, rows: int, *, every: int) -> list[tuple[str, int]]:
        """The first `rows` SKUs, one of `every` with another quantity than before."""
        self.sequence += 10  # the bare merge takes the one after
        for at in range(0, rows, every):
            self.quantities[at] += 1
        return [(f"K{at + 1}", self.quantities[at]) for at in range(rows)]


def stock_rows(number: int | None) -> list[Row]:
    """5,000 and 100,000 rows, a tenth changed and all changed; `number` sets the orders beside them."""
    orders = market.ORDERS if number is None else number
    sellers = market.SELLERS if number is None else max(number // 100, 10)
    with scratch_server() as server, fresh_database(server, "bench_stock") as database:
        day = open_bench_market(database, sellers=sellers, orders=orders)
        secret = key_for_bench(SELLER, scopes=["stock:write"])
        told = Catalogue([market.STOCK] * market.SKUS_OF_LARGE)
        with serving(database) as port, psycopg.connect(database) as bare:
            ((seller,),) = bare.execute("SELECT id FROM parties_seller WHERE code = %s", [SELLER]).fetchall()
            bare.commit()
            return [
                _measured(told, bare, {"seller": seller, "on": day.on}, port, secret, rows=rows, every=every)
                for rows in (5_000, market.SKUS_OF_LARGE)
                for every in (10, 1)
            ]


def _measured(
    told: Catalogue, bare: psycopg.Connection, facts: dict[str, object], port: int, secret: str, *, rows: int,
    every: int,
) -> Row:  # fmt: skip
    limits, taken = [], []
    for _ in range(CALLS):
        limits.append(_bare(bare, told.next_rows(rows, every=every), facts))
        taken.append(_call(port, secret, told.next_rows(rows, every=every), told.sequence))
    limits, taken = limits[1:], taken[1:]
    ratios = sorted(ours / limit for ours, limit in zip(taken, limits, strict=True))
    ratio, p99 = ratios[len(ratios) // 2], max(taken)
    is_whole = rows == market.SKUS_OF_LARGE
    return Row(
        work=f"stock of {count(rows)} SKUs in one call, {100 // every} % changed",
        measured=f"median {sorted(taken)[len(taken) // 2]:.2f} s, greatest {p99:.2f} s",
        limit="bare COPY and merge, one connection",
        limit_measured=f"{sorted(limits)[len(limits) // 2]:.2f} s",
        ratio=f"{ratio:.2f} × ({ratios[0]:.2f}–{ratios[-1]:.2f})",
        target="≤ 2 ×" + (f", ≤ {_SECONDS_MAX:.0f} s" if is_whole else ""),
        met=ratio <= 2 and (not is_whole or p99 <= _SECONDS_MAX),
        note=f"{len(taken)} calls",
    )


def _bare(bare: psycopg.Connection, rows: list[tuple[str, int]], facts: dict[str, object]) -> float:
    begun = time.perf_counter()
    with bare.transaction(), bare.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE stated (sku text, quantity int) ON COMMIT DROP")
        with cursor.copy("COPY stated FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute("ANALYZE stated")
        psycopg.ClientCursor(bare).execute(_MERGE, facts)
    return time.perf_counter() - begun


def _call(port: int, secret: str, rows: list[tuple[str, int]], sequence: int) -> float:
    stated = [{"sku": sku, "quantity": quantity} for sku, quantity in rows]
    body = json.dumps({"sequence": sequence, "rows": stated}).encode()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    begun = time.perf_counter()
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    line.request("PUT", "/api/v3.2/stock", body, headers)
    answer = line.getresponse()
    told = json.loads(answer.read())
    spent = time.perf_counter() - begun
    line.close()
    if answer.status != 200 or told["stated"] != len(rows) or told["refused"]:
        raise RuntimeError(f"PUT /stock answers {answer.status}: {str(told)[:300]}")
    return spent
