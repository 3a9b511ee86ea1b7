"""Real processes compete for three hot SKUs; nothing is oversold, lost, doubled or left between chairs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.fire.place import rows, unsound
from tests.processes import start_process
from tests.rush import BASKET, BASKET_STOCK, BATCH, GATE, HOT, HOT_STOCK, LATE, PUNCTUAL, TURNS

pytestmark = pytest.mark.processes

SECONDS = 8
CROWD = ["buy", "buy", "buy_alone", "buy_alone", "state", "state", "work", "cancel", "watch"]
WRITERS, DAYS = 16, 5
RIVALS = ["buy", "buy", "buy", "buy", "state", "state", "release", "cut", "cut"]
_CODE = "from tests.traders import main; main()"
_RUSH = "from tests.rush import main; main()"


def _said(process: Any) -> Any:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return json.loads(out) if out else None


def test_a_crowd_on_three_hot_skus(scratch_database: str) -> None:
    _said(start_process(_CODE, "open_market", url=scratch_database))
    crowd = [
        start_process(_CODE, "trade", role, str(seed), str(SECONDS), url=scratch_database)
        for seed, role in enumerate(CROWD)
    ]
    told = [_said(process) for process in crowd]
    assert [told_by for told_by in told if told_by["errors"]] == []
    assert all(told_by["turns"] > 6 for told_by in told)
    buyers = [(told_by["first"], told_by["turns"]) for told_by in told if told_by["role"].startswith("buy")]
    faults = _said(start_process(_CODE, "judge", json.dumps(buyers), url=scratch_database))
    assert faults == {fault: [] for fault in faults}


@contextmanager
def _gate(url: str) -> Iterator[None]:
    """Shut inside: who comes to it waits, and all go on at once."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [GATE])
        yield


def _let_go_at_once(url: str, roles: list[list[object]]) -> list[dict[str, Any]]:
    """Processes that begin at the same moment; what they say at their end. None met an error."""
    with _gate(url):
        started = [start_process(_RUSH, *map(str, role), url=url) for role in roles]
        assert [process.stdout.readline() for process in started if process.stdout] == ["ready\n"] * len(
            roles
        )
    told = [_said(process) for process in started]
    assert [one["errors"] for one in told if one["errors"]] == []
    return told


def test_sixteen_writers_on_one_hot_sku_and_on_baskets_in_opposite_order(scratch_database: str) -> None:
    """Pairs send the same orders; half of all name everything backwards. All of the stock is sold, once."""
    url = scratch_database
    _said(start_process(_RUSH, "open_rush", url=url))
    _let_go_at_once(url, [["write", number] for number in range(WRITERS)])
    sent = WRITERS // 2 * TURNS * BATCH
    assert sent > max(HOT_STOCK, BASKET_STOCK)
    routes = dict(
        rows(url, "SELECT left(external_id, 1) || ' ' || route, count(*) FROM orders_order GROUP BY 1")
    )
    assert routes == {
        "H semi": HOT_STOCK, "H self": sent - HOT_STOCK,
        "B semi": BASKET_STOCK, "B self": sent - BASKET_STOCK,
    }  # fmt: skip
    reserved = rows(
        url,
        "SELECT k.code, b.declared_reserved FROM stock_balance b JOIN catalog_sku k ON k.id = b.sku_id",
    )
    assert dict(reserved) == {HOT: HOT_STOCK, **dict.fromkeys(BASKET, BASKET_STOCK)}
    assert unsound(url) == {}


def test_sync_races_intake_races_the_cut_over(scratch_database: str) -> None:
    """Some days, each with its 16:00 among orders whose clocks disagree and statements that come late."""
    url = scratch_database
    _said(start_process(_RUSH, "open_days", url=url))
    roles = [[role, RIVALS[:at].count(role), DAYS] for at, role in enumerate(RIVALS)]
    told = _let_go_at_once(url, roles)
    assert sum(one.get("sent", 0) for one in told) == rows(url, "SELECT count(*) FROM orders_orderkey")[0][0]
    assert unsound(url) == {}
    faults = {what: rows(url, query) for what, query in _WRONG_DAYS.items()}
    assert faults == {what: [] for what in _WRONG_DAYS}
    reasons = {reason for (reason,) in rows(url, "SELECT DISTINCT reason FROM orders_routingdecision")}
    assert reasons >= {"reserved", "cutoff_fallback", "after_cutoff", "kept_after_split", "shortage"}
    assert rows(url, "SELECT count(*), count(finished_at) FROM orders_cutover") == [(DAYS, DAYS)]
    assert rows(url, "SELECT count(*) FROM events_outboxevent WHERE topic = 'orders.cut_over'") == [(DAYS,)]


_WRONG_DAYS = {
    "an order of the late SKU from before the fence still waits": f"""
        SELECT o.id FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id AND l.reserved
        JOIN catalog_sku k ON k.id = l.sku_id WHERE o.state = 'reserved' AND k.code = '{LATE}'""",
    "an order of the late SKU was released": f"""
        SELECT o.id FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
        JOIN catalog_sku k ON k.id = l.sku_id WHERE o.released_at IS NOT NULL AND k.code = '{LATE}'""",
    "one that came after the fence was reserved all the same": f"""
        SELECT o.id FROM orders_order o JOIN orders_cutover c
            ON c.business_date = o.business_date AND o.id > c.last_order_id AND o.part = 0
        JOIN orders_orderline l ON l.order_id = o.id JOIN catalog_sku k ON k.id = l.sku_id
        WHERE k.code = '{LATE}' AND (SELECT route FROM orders_routingdecision d WHERE d.order_id = o.id
                                     ORDER BY d.id LIMIT 1) <> 'self'""",
    "one of the punctual SKU alone was turned": f"""
        SELECT o.id FROM orders_order o
        JOIN orders_routingdecision d ON d.order_id = o.id AND d.reason = 'cutoff_fallback'
        JOIN orders_orderline l ON l.order_id = o.id JOIN catalog_sku k ON k.id = l.sku_id
        GROUP BY o.id HAVING bool_and(k.code = '{PUNCTUAL}')""",
    "a report counts other orders than were turned": """
        SELECT c.business_date, c.orders_turned, c.orders_split, count(d.id), count(DISTINCT d.order_id)
        FROM orders_cutover c LEFT JOIN orders_routingdecision d
            ON d.decided_at = c.cut_at AND d.reason = 'cutoff_fallback'
        GROUP BY c.id HAVING count(d.id) <> c.orders_turned + c.orders_split
            OR count(DISTINCT d.order_id) <> count(d.id)""",
    "a decision is not the order's route": """
        SELECT o.id FROM orders_order o WHERE o.route <> (
            SELECT route FROM orders_routingdecision d WHERE d.order_id = o.id ORDER BY d.id DESC LIMIT 1)""",
}
