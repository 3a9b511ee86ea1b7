"""Killed with SIGKILL at any moment: nothing acknowledged is lost, nothing happens twice, balances hold.

Five times each here; `make torture` does it two hundred times.
"""

from __future__ import annotations

import itertools
import threading
import time
from random import Random

import pytest

from tests.fire.place import ROUNDS, SKUS, Told, keep_calling, open_shop, rows, serving, unsound
from tests.processes import start_process

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300 + 60 * ROUNDS)]
CUT = """
import sys
from datetime import timedelta
from bantuo.apps.orders.operations.cutover import cut_over
from bantuo.core.clock import operating_day
from bantuo.interfaces.web.programme import programme_now
programme = programme_now()
day = operating_day(programme.book, programme.on + timedelta(days=1))
print("ready", flush=True)
print(cut_over(book=programme.book, day=day, now=day.cutoff_at, actor="system:test", chunk_orders=7))
"""
PLACE = """
import sys
from datetime import timedelta
from bantuo.apps.orders.operations.intake import NewLine, NewOrder, place_orders
from bantuo.core.clock import operating_day
from bantuo.interfaces.web.programme import programme_now
programme = programme_now()
day = operating_day(programme.book, programme.on)
now = day.starts_at + timedelta(minutes=2)
def order(at):
    lines = tuple(NewLine(f"{at}/{n}", n, sku, 1, 100, 10) for n, sku in enumerate(("A-1", "A-2"), start=1))
    return NewOrder("test-market", "S1", f"T{at}", now, "DE", lines)
made = [order(at) for at in range(int(sys.argv[1]))]
place_orders(made, book=programme.book, day=day, now=now, actor="system:test")
"""


def test_intake_killed_again_and_again(scratch_database: str) -> None:
    url, told = scratch_database, Told()
    keys, numbers = open_shop(url), itertools.count()
    with serving(url) as server:

        def push(draw: Random, over: threading.Event) -> None:
            while not over.is_set():
                name = f"K{next(numbers)}"
                lines = [{"sku": draw.choice(SKUS), "quantity": draw.randint(1, 2), "goods_fen": 100}]
                body = {"external_id": name, "seller": "S1", "placed_at": "2026-03-11T01:00:00Z",
                        "destination": "DE", "lines": lines}  # fmt: skip
                told.note(name, is_done=False)
                status, answer = server.call("POST", "/orders", body, secret=keys.marketplace)
                assert status in (0, 200, 201, 503), answer
                told.note(name, is_done=status in (200, 201))
                if status == 0:
                    time.sleep(0.05)

        for turn in range(ROUNDS):
            stop = keep_calling(push, callers=8, seconds=0.3 + 0.2 * Random(turn).random())
            server.kill()
            stop()
            server.start()
    kept = {name for (name,) in rows(url, "SELECT external_id FROM orders_order WHERE external_id LIKE 'K%'")}
    assert told.done, "nothing was acknowledged"
    assert told.done <= kept <= told.sent
    assert unsound(url) == {}


def test_stock_sync_killed_again_and_again(scratch_database: str) -> None:
    url, last, sent = scratch_database, [1], [1]
    keys = open_shop(url)
    with serving(url) as server:

        def state(draw: Random, over: threading.Event) -> None:
            while not over.is_set():
                sent[0] += 1
                body = {"sequence": sent[0], "rows": [{"sku": s, "quantity": sent[0] % 5} for s in SKUS]}
                status, answer = server.call("PUT", "/stock", body, secret=keys.seller)
                assert status in (0, 200, 503), answer
                if status == 200:
                    assert (answer["stated"], answer["refused"]) == (2, [])
                    last[0] = sent[0]
                else:
                    time.sleep(0.05)

        for turn in range(ROUNDS):
            stop = keep_calling(state, callers=1, seconds=0.3 + 0.2 * Random(turn).random())
            server.kill()
            stop()
            server.start()
    assert last[0] > 1, "nothing was acknowledged"
    held = rows(url, "SELECT sequence, declared FROM stock_balance b JOIN catalog_sku s ON s.id = b.sku_id"
                     " WHERE s.code IN ('A-1', 'A-2')")  # fmt: skip
    assert len({sequence for sequence, _ in held}) == 1
    for sequence, declared in held:
        assert last[0] <= sequence <= sent[0]
        assert declared == sequence % 5
    assert unsound(url) == {}


def test_cut_over_killed_again_and_again(scratch_database: str) -> None:
    """Stock for three hundred orders, none stated on the next day: all come back, each once."""
    url = scratch_database
    keys = open_shop(url)
    with serving(url) as server:
        rows_stated = [{"sku": sku, "quantity": 1_000} for sku in SKUS]
        status, _ = server.call("PUT", "/stock", {"rows": rows_stated}, secret=keys.seller)
        assert status == 200
    with start_process(PLACE, "300", url=url) as placing:
        said, fault = placing.communicate(timeout=120)
        assert placing.returncode == 0, said + fault
    for turn in range(ROUNDS):
        with start_process(CUT, url=url) as cutting:
            assert cutting.stdout is not None
            assert cutting.stdout.readline() == "ready\n"
            time.sleep(0.01 + 0.04 * Random(turn).random())
            cutting.kill()
    with start_process(CUT, url=url) as cutting:
        said, fault = cutting.communicate(timeout=120)
        assert cutting.returncode == 0, said + fault
    ((decisions, orders),) = rows(
        url,
        "SELECT count(*), count(DISTINCT order_id) FROM orders_routingdecision"
        " WHERE reason = 'cutoff_fallback'",
    )
    assert decisions == orders
    ((reported, split, finished),) = rows(
        url, "SELECT orders_turned, orders_split, finished_at IS NOT NULL FROM orders_cutover"
    )
    assert (reported + split, split, finished) == (orders, 0, True)
    assert orders >= 300
    assert rows(url, "SELECT count(*) FROM orders_order WHERE state = 'reserved'") == [(0,)]
    assert rows(url, "SELECT count(*) FROM events_outboxevent WHERE topic = 'orders.cut_over'") == [(1,)]
    assert unsound(url) == {}
