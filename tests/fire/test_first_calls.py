"""A server that has just started is called by everybody at once: nobody waits for what others hold."""

from __future__ import annotations

import json
import threading

import pytest

from tests.fire.place import SKUS, keep_all_calling, open_shop, rows, serving, unsound

pytestmark = pytest.mark.processes
CALLERS = 32  # more than a process has connections to the database


def test_the_first_orders_of_many_callers_come_at_once(scratch_database: str) -> None:
    """A call with an Idempotency-Key has a connection of its own all the time, while its order waits for the
    commit that it shares with others, which needs one as well."""
    keys, ready, told = open_shop(scratch_database), threading.Barrier(CALLERS), dict[int, int]()
    with serving(scratch_database) as server:

        def push(number: int) -> None:
            body = {
                "external_id": f"K{number}", "seller": "S1", "placed_at": "2026-03-11T01:00:00Z",
                "destination": "DE", "lines": [{"sku": SKUS[0], "quantity": 1, "goods_fen": 100}],
            }  # fmt: skip
            headers = {
                "Authorization": f"Bearer {keys.marketplace}", "Content-Type": "application/json",
                "Idempotency-Key": f"first-{number}",
            }  # fmt: skip
            ready.wait(60)
            answer = server.send("POST", "/api/v3.2/orders", json.dumps(body).encode(), headers)
            told[number] = answer.status

        keep_all_calling([lambda _, __, n=number: push(n) for number in range(CALLERS)])()
    assert told == dict.fromkeys(range(CALLERS), 201)
    kept = rows(scratch_database, "SELECT count(*) FROM orders_order WHERE external_id LIKE 'K%'")
    assert kept == [(CALLERS,)]
    assert unsound(scratch_database) == {}
