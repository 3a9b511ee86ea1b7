"""16:00 closed by a person and turned by real workers: one dies on the way, the next goes on at once."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psycopg
import pytest

from tests.interfaces.jobs.test_worker import counted, wait_for, worker
from tests.processes import environment, start_process

pytestmark = pytest.mark.processes
ORDERS = 40
# Orders of the shop's day, then a minute past 16:00 of the next one, on which nothing was stated.
PREPARE = """
import sys
from datetime import timedelta
from pathlib import Path
from bantuo.apps.orders.operations.intake import NewLine, NewOrder, place_orders
from bantuo.core.clock import operating_day
from bantuo.interfaces.web.programme import programme_now
from bantuo.apps.stock.operations import StatedRow, StockStatement, declare_stock
from tests.interfaces.api.shop import make_shop
shop, programme = make_shop(), programme_now()
book, day = programme.book, operating_day(programme.book, programme.on)
now = day.starts_at + timedelta(minutes=2)
stated = StockStatement(seller_id=shop.seller, sequence=2, as_of=now, basis="gross", channel="rest",
                        rows=[StatedRow(1, "A-1", "YIWU", 1000), StatedRow(2, "A-2", "YIWU", 1000)])
declare_stock([stated], day=day, now=now, actor="system:test")
def order(at):
    return NewOrder("test-market", "S1", f"T{at}", now, "DE", (NewLine(f"{at}/1", 1, "A-2", 1, 100, 10),))
made = [order(at) for at in range(int(sys.argv[1]))]
place_orders(made, book=book, day=day, now=now, actor="system:test")
then = operating_day(book, day.on + timedelta(days=1)).cutoff_at + timedelta(minutes=1)
Path(sys.argv[2]).write_text(str(int((then - programme.now).total_seconds())))
"""
CLOSE = """
from django.db import transaction
from bantuo.apps.orders.operations.cutover import fence_day
from bantuo.core.clock import operating_day
from bantuo.interfaces.web.order_runs import defer_turning
from bantuo.interfaces.web.programme import programme_now
programme = programme_now()
day = operating_day(programme.book, programme.on)
with transaction.atomic():
    fence_day(book=programme.book, day=day, now=programme.now)
    defer_turning(day.on, actor="user:1")
"""
TURNED = "SELECT count(*) FROM orders_routingdecision WHERE reason = 'cutoff_fallback'"
WAITS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
FINISHED = "SELECT count(finished_at) FROM orders_cutover"


def run(code: str, *arguments: str, url: str) -> None:
    with start_process(code, *arguments, url=url) as process:
        said, fault = process.communicate(timeout=120)
        assert process.returncode == 0, said + fault


def test_where_a_worker_died_the_next_one_goes_on_at_once(
    scratch_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, clock = scratch_database, tmp_path / "clock"
    run(PREPARE, str(ORDERS), str(clock), url=url)
    monkeypatch.setenv("BANTUO_DEMO_CLOCK", str(clock))
    assert environment(url)["BANTUO_DEMO_CLOCK"] == str(clock)
    run(CLOSE, url=url)
    assert counted(url, TURNED) == 0
    with psycopg.connect(url) as holding:  # so that the job stands in the middle of its work
        holding.execute("SELECT id FROM orders_order WHERE external_id = 'T7' FOR UPDATE")
        with worker(url) as process:
            wait_for(lambda: counted(url, WAITS) > 0, process)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        assert counted(url, "SELECT sum(orders_to_turn)::int FROM orders_cutover") == ORDERS + 1
        assert counted(url, TURNED) == 0
    dead = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'orders.turn_day' AND status = 'doing'"
    assert counted(url, dead) == 1
    with worker(url) as process:
        wait_for(lambda: counted(url, FINISHED) == 1, process)
    assert counted(url, TURNED) == ORDERS + 1
    assert counted(url, "SELECT orders_turned FROM orders_cutover") == ORDERS + 1
    assert counted(url, "SELECT count(*) FROM orders_order WHERE state = 'reserved'") == 0


def test_a_worker_turns_what_was_closed_and_tells_the_sellers(
    scratch_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, clock = scratch_database, tmp_path / "clock"
    run(PREPARE, str(ORDERS), str(clock), url=url)
    monkeypatch.setenv("BANTUO_DEMO_CLOCK", str(clock))
    run(CLOSE, url=url)
    run(CLOSE, url=url)
    jobs = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'orders.turn_day'"
    assert counted(url, jobs) == 1
    told = "SELECT count(*) FROM events_outboxevent WHERE topic = 'orders.came_back'"
    with worker(url) as process:
        wait_for(lambda: counted(url, told) == 1 and counted(url, jobs) == 0, process)
    assert (counted(url, TURNED), counted(url, FINISHED)) == (ORDERS + 1, 1)
