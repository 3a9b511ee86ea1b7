"""The worker as a real process: it tells people by itself, and survives being killed anywhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.processes import ROOT, environment, start_process

pytestmark = pytest.mark.processes
EVENTS = 45_000
PREPARE = """
from django.db import transaction
from datetime import UTC, datetime
from bantuo.apps.accounts.models import Role, User
from bantuo.apps.events.operations import emit_events
from bantuo.apps.notices.operations import choose_mails
from bantuo.apps.parties.operations import NewSeller, register_sellers
import sys
now, then = datetime(2024, 8, 1, tzinfo=UTC), datetime(2023, 8, 1, tzinfo=UTC)
seller = register_sellers([NewSeller("m", "S1", "Shop", None, "Hangzhou")], now=now, actor="t")["S1"]
owner = User.objects.create_user(
    "owner@example.org", roles=[Role.SELLER_OWNER], seller_id=seller, created_at=then, language="en"
)
choose_mails(owner.pk, wanted={"application": sys.argv[2] == "mail"})
with transaction.atomic():
    step = {"step": "approved", "reason": "because", "by": "system:test"}
    emit_events("admission.step", [(seller, "application:1", step)] * int(sys.argv[1]), at=now)
"""


def prepare(url: str, events: int, mail: str) -> None:
    """One seller's owner, and this many approvals that nobody has been told of."""
    done = start_process(PREPARE, str(events), mail, url=url)
    said, fault = done.communicate(timeout=120)
    assert done.returncode == 0, said + fault


@contextmanager
def worker(url: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """`bantuo worker`, as somebody would start it."""
    started = subprocess.Popen(
        [sys.executable, "-m", "bantuo.interfaces.cli.main", "worker", "--with-parent"],
        cwd=ROOT, env={**environment(url), **more}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    with started:
        try:
            yield started
        finally:
            started.kill()


def counted(url: str, query: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def wait_for(what: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert process.poll() is None, process.stdout and process.stdout.read().decode()
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.01)


def test_a_worker_killed_again_and_again_tells_everybody_exactly_once(scratch_database: str) -> None:
    url = scratch_database
    prepare(url, EVENTS, "no mail")
    delivered = (  # the worker's own clock makes other events, at 16:00 for one
        "SELECT count(*) FROM events_outboxevent WHERE topic = 'admission.step' AND delivered_at IS NOT NULL"
    )
    for _ in range(2):
        before = counted(url, delivered)
        with worker(url) as process:
            wait_for(lambda: counted(url, delivered) > before, process)  # noqa: B023 (called at once)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    with worker(url) as process:
        wait_for(lambda: counted(url, delivered) == EVENTS, process)
    assert counted(url, "SELECT count(*) FROM notices_notice") == EVENTS
    assert counted(url, "SELECT count(DISTINCT outbox_id) FROM notices_notice") == EVENTS


def test_a_worker_mails_in_the_readers_language_and_stops_when_told(scratch_database: str) -> None:
    url = scratch_database
    prepare(url, 1, "mail")
    with worker(url, BANTUO_BASE_URL="https://bantuo.example.org") as process:
        wait_for(lambda: counted(url, "SELECT count(mailed_at) FROM notices_notice") == 1, process)
        process.terminate()
        assert process.wait(timeout=30) == 0
        assert process.stdout is not None
        said = process.stdout.read().decode()
    assert "Subject: [Bantuo] Application approved" in said
    assert said.count("Message-ID: <notice-1@bantuo.example.org>") == 1
    assert "https://bantuo.example.org/seller/" in said
    assert "because" not in said  # what a person wrote stays inside


def test_a_worker_ends_with_the_process_that_started_it(scratch_database: str) -> None:
    with worker(scratch_database) as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=60) in (0, -signal.SIGTERM)  # the latter before it has begun
