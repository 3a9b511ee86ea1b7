"""Senders killed with kill -9 again and again: nothing is lost, and what comes twice has the same id."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from typing import Any

import psycopg
import pytest

from tests.apps.integrations.receivers import receiving
from tests.processes import start_process

KILLS = int(os.environ.get("BANTUO_TORTURE_KILLS", "5"))
pytestmark = [pytest.mark.processes, pytest.mark.timeout(300 + 20 * KILLS)]
EVENTS = 60 * KILLS
_CODE = "from tests.apps.integrations.killed_senders import main; main()"


def _prepare(*arguments: str, url: str) -> None:
    process = start_process(_CODE, "prepare", *arguments, url=url)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err


def _stands(url: str) -> tuple[int, int, int]:
    """Messages that wait, all there are, and the endpoint's last number."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            """
            SELECT count(*) FILTER (WHERE delivered_at IS NULL), count(*),
                   (SELECT sum(sequence)::int FROM integrations_webhookendpoint)
            FROM integrations_webhookmessage
            """
        ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def test_nothing_is_lost_when_senders_are_killed(scratch_database: str) -> None:
    chance = random.Random(3)
    with receiving() as receiver:
        receiver.pause_s = 0.004
        _prepare(receiver.url, str(EVENTS), url=scratch_database)
        for turn in range(KILLS):
            senders = [start_process(_CODE, "work", url=scratch_database) for _ in range(1 + turn % 2)]
            got = len(receiver.got)
            _wait_until(lambda got=got: len(receiver.got) > got, senders)
            time.sleep(chance.random() * 0.15)
            for sender in senders:
                sender.send_signal(signal.SIGKILL)
                sender.communicate()
        last = start_process(_CODE, "work", url=scratch_database)
        _wait_until(lambda: len(set(receiver.ids)) == EVENTS, [last])
        _wait_until(lambda: _stands(scratch_database) == (0, EVENTS, EVENTS), [last])
        last.kill()
        last.communicate()
        bodies: dict[str, set[bytes]] = {}
        for headers, body in receiver.got:
            bodies.setdefault(headers["webhook-id"], set()).add(body)
        assert {len(told) for told in bodies.values()} == {1}
        orders = sorted(json.loads(told.pop())["data"]["order"] for told in bodies.values())
        assert orders == list(range(EVENTS))


def _wait_until(done: Any, processes: list[Any]) -> None:
    until = time.monotonic() + 60
    while not done():
        assert time.monotonic() < until, "nothing moves"
        assert all(process.poll() is None for process in processes), processes[0].communicate()[1]
        time.sleep(0.02)
