"""The pull probe as jobs: a few calls each, the next asked for, lost ones taken up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from bantuo.apps.erp.models import ProbeCall, ProbeRun
from bantuo.apps.erp.operations import start_probe, stop_probe
from bantuo.core.endpoints import CallRules
from bantuo.interfaces.jobs.erp_tasks import go_on_probing, probe
from tests.apps.erp import erps
from tests.apps.factories import NOW, make_sellers

pytestmark = pytest.mark.django_db


class Stock(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A seller whose run of seven calls to a server on this machine was asked for."""
    monkeypatch.setenv("BANTUO_PROBE_ALLOW_LOOPBACK", "1")
    monkeypatch.setattr(erps, "RULES", CallRules(allow_loopback=True))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    (seller,) = make_sellers("S1")
    erps.an_endpoint(seller, replace(erps.ENDPOINT, url=f"http://127.0.0.1:{server.server_port}/stock"))
    start_probe(seller, calls=7, now=NOW, actor=erps.SELLER)
    yield seller
    server.shutdown()
    thread.join()
    server.server_close()


def waiting() -> list[dict[str, int]]:
    jobs = ProcrastinateJob.objects.filter(task_name="erp.run_probe", status="todo")
    return list(jobs.values_list("args", flat=True))


def test_a_job_makes_five_calls_and_asks_for_the_next(running: int) -> None:
    probe(seller_id=running)
    assert (ProbeCall.objects.count(), waiting()) == (5, [{"seller_id": running}])

    probe(seller_id=running)
    assert (ProbeCall.objects.count(), ProbeRun.objects.get().outcome) == (7, "finished")
    assert set(ProbeCall.objects.values_list("succeeded", "detail")) == {(True, "200")}


def test_a_lost_job_is_asked_for_again_and_only_once(running: int) -> None:
    go_on_probing(timestamp=0)
    go_on_probing(timestamp=60)

    assert waiting() == [{"seller_id": running}]


def test_a_stopped_run_needs_no_job(running: int) -> None:
    stop_probe(running, now=NOW, actor=erps.SELLER)
    go_on_probing(timestamp=0)
    probe(seller_id=running)

    assert (waiting(), ProbeCall.objects.count()) == ([], 0)
