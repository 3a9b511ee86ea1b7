"""A shop on a scratch database with a real server before it that may be killed at any moment."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import psycopg

from tests.processes import ROOT, environment, start_process

ROUNDS = int(os.environ.get("BANTUO_TORTURE", "5"))
SKUS = ("A-1", "A-2")
_PREPARE = """
import json
from bantuo.interfaces.web.programme import programme_now
from tests.interfaces.api.callers import marketplace_client
from bantuo.apps.parties.models import Seller
from tests.interfaces.api.shop import make_shop
from tests.interfaces.gateway.erps import private_erp
shop = make_shop()
erp = private_erp(Seller.objects.get(pk=shop.seller))
print(json.dumps({"marketplace": marketplace_client().secret, "seller": shop.client.secret,
                  "erp": {"key": erp.app_key, "secret": erp.secret, "session": erp.session}}))
"""


@dataclass(frozen=True)
class Keys:
    """What opens the API, and what an ERP signs its calls with."""

    marketplace: str
    seller: str
    erp: Mapping[str, str]


def open_shop(url: str) -> Keys:
    """The shop of the API tests, committed."""
    done = start_process(_PREPARE, url=url)
    said, fault = done.communicate(timeout=120)
    assert done.returncode == 0, said + fault
    return Keys(**json.loads(said.strip().splitlines()[-1]))


@contextmanager
def serving(url: str) -> Iterator[Server]:
    """`bantuo serve` on a port of its own; killed at the end, if it is not dead already."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = int(found.getsockname()[1])
    server = Server(url, port)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@dataclass(frozen=True)
class Answer:
    """What a caller was told, headers in lower case; status 0: the connection broke before all of it was."""

    status: int
    told: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Server:
    """A server that is started, killed with everything it started, and started again."""

    url: str
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "bantuo.interfaces.cli.main", "serve", "--no-worker"]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port)],
            cwd=ROOT, env={**environment(self.url), "BANTUO_API_CALLS_PER_MINUTE": "1000000"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        for _ in range(600):
            assert self.process.poll() is None, "the server ended"
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError("the server does not answer")

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)

    def call(self, method: str, path: str, body: Any, *, secret: str) -> tuple[int, Any]:
        """One call; (0, None) where the server went away before it answered."""
        answer = self.ask(method, path, body, secret=secret)
        return answer.status, answer.told

    def ask(self, method: str, path: str, body: Any = None, *, secret: str) -> Answer:
        """One call of the API, with the headers of the answer."""
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        return self.send(method, f"/api/v3.2{path}", sent, headers)

    def send(self, method: str, path: str, body: bytes | None, sent: Mapping[str, str]) -> Answer:
        """One call on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, dict(sent))
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, json.loads(answer.read()), headers)
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException, ValueError):
            return Answer(0, None)
        finally:
            connection.close()


Work = Callable[[Random, threading.Event], None]


def keep_calling(work: Work, *, callers: int, seconds: float) -> Callable[[], None]:
    """Start callers and let some time go by; what is returned stops them."""
    stop = keep_all_calling([work] * callers)
    time.sleep(seconds)
    return stop


def keep_all_calling(works: Sequence[Work]) -> Callable[[], None]:
    """Start a caller each; what is returned stops them and waits, and raises what went wrong in them."""
    over, faults = threading.Event(), list[BaseException]()

    def run(number: int, work: Work) -> None:
        try:
            work(Random(number), over)
        except BaseException as fault:  # told by whoever stops us
            faults.append(fault)

    threads = [threading.Thread(target=run, args=told) for told in enumerate(works)]
    for thread in threads:
        thread.start()

    def stop() -> None:
        over.set()
        for thread in threads:
            thread.join(60)
        assert not faults, faults

    return stop


@dataclass
class Told:
    """What callers sent, and what they were told was done."""

    sent: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, name: str, *, is_done: bool) -> None:
        with self.lock:
            self.sent.add(name)
            if is_done:
                self.done.add(name)


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """What a query finds."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query).fetchall()


_UNSOUND = {
    "balance and movements differ": """
        SELECT b.id, b.declared, b.declared_reserved, sum(m.quantity_delta), sum(m.reserved_delta)
        FROM stock_balance b LEFT JOIN stock_movement m ON m.balance_id = b.id AND m.pool = 'declared'
        GROUP BY b.id HAVING COALESCE(sum(m.quantity_delta), 0) <> b.declared
            OR COALESCE(sum(m.reserved_delta), 0) <> b.declared_reserved""",
    "reserved and open lines differ": """
        SELECT b.id, b.declared_reserved, COALESCE(sum(l.quantity), 0) FROM stock_balance b
        LEFT JOIN orders_orderline l ON l.sku_id = b.sku_id AND l.reserved AND l.pool = 'declared'
        GROUP BY b.id HAVING COALESCE(sum(l.quantity), 0) <> b.declared_reserved""",
    "oversold": """
        SELECT b.id FROM stock_balance b WHERE b.declared_reserved > b.declared AND NOT EXISTS (
            SELECT 1 FROM stock_shortage s WHERE s.balance_id = b.id AND s.closed_at IS NULL)""",
    "an order twice": """
        SELECT seller_id, marketplace, external_id FROM orders_order WHERE part = 0
        GROUP BY 1, 2, 3 HAVING count(*) > 1""",
    "an order without decision, event or line": """
        SELECT id FROM orders_order o WHERE NOT EXISTS (
            SELECT 1 FROM orders_routingdecision d WHERE d.order_id = o.id) OR NOT EXISTS (
            SELECT 1 FROM orders_orderevent e WHERE e.order_id = o.id) OR NOT EXISTS (
            SELECT 1 FROM orders_orderline l WHERE l.order_id = o.id)""",
    "a key without its order": """
        SELECT external_id FROM orders_orderkey WHERE (seller_id, external_id) NOT IN (
            SELECT seller_id, external_id FROM orders_order)""",
}


def unsound(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Whatever does not hold, by what it is; empty when all is well."""
    return {what: found for what, query in _UNSOUND.items() if (found := rows(url, query))}
