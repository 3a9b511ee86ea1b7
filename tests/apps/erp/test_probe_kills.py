"""A probe whose process is killed with the real signal, again and again, still makes each call once."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import pytest

from tests.processes import start_process

pytestmark = pytest.mark.processes

CALLS, KILLS = 40, 5
_PREPARE = """
import sys
from datetime import datetime, UTC
from bantuo.apps.erp.operations import NewEndpoint, register_endpoint, start_probe
from bantuo.apps.parties.operations import NewSeller, register_sellers
from bantuo.core.endpoints import CallRules
now = datetime.now(UTC)
seller = register_sellers([NewSeller("m", "S1", "Shop", None, "Hangzhou")], now=now, actor="test")["S1"]
new = NewEndpoint(sys.argv[1], "GET", "3.2", "")
register_endpoint(seller, endpoint=new, rules=CallRules(allow_loopback=True), now=now, actor="test")
start_probe(seller, calls=int(sys.argv[2]), now=now, actor="test")
print(seller)
"""
_GO_ON = """
import sys
from datetime import datetime, UTC
from bantuo.apps.erp.operations import run_probe
from bantuo.channels.probe import HttpCaller
from bantuo.channels.vault import Vault
from bantuo.core.endpoints import CallRules
caller, vault = HttpCaller(rules=CallRules(allow_loopback=True)), Vault(b"k" * 32)
print(run_probe(int(sys.argv[1]), caller=caller, vault=vault, limit_ms=3000, calls_max=1000,
                clock=lambda: datetime.now(UTC)))
"""


class Stock(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        time.sleep(0.05)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def stock() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/stock"
    server.shutdown()
    thread.join()
    server.server_close()


def said(process: Any) -> Any:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return json.loads(out)


def count(url: str, query: str) -> Any:
    with psycopg.connect(url) as connection:
        found = connection.execute(query).fetchone()  # type: ignore[arg-type]
    assert found is not None
    return found[0]


def test_a_probe_survives_being_killed(scratch_database: str, stock: str) -> None:
    seller = said(start_process(_PREPARE, stock, str(CALLS), url=scratch_database))
    for round_number in range(1, KILLS + 1):
        process = start_process(_GO_ON, str(seller), url=scratch_database)
        wanted = round_number * CALLS // (KILLS + 2)
        while count(scratch_database, "SELECT count(*) FROM erp_probecall") < wanted:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
        assert count(scratch_database, "SELECT outcome FROM erp_proberun") == ""

    said(start_process(_GO_ON, str(seller), url=scratch_database))
    assert count(scratch_database, "SELECT count(DISTINCT call_key) FROM erp_probecall") == CALLS
    assert count(scratch_database, "SELECT count(*) FROM erp_probecall") == CALLS
    assert count(scratch_database, "SELECT outcome FROM erp_proberun") == "finished"


def test_two_processes_do_not_probe_the_same_endpoint_at_once(scratch_database: str, stock: str) -> None:
    seller = said(start_process(_PREPARE, stock, str(CALLS), url=scratch_database))
    both = [start_process(_GO_ON, str(seller), url=scratch_database) for _ in range(2)]

    assert sorted(said(process) for process in both) == [0, CALLS]
