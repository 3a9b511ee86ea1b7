"""A real server on a database of its own, and people with real browsers in front of it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.browser.people import ARRIVED, OPERATOR_PASSWORD, Site
from tests.processes import ROOT

CHROMIUM = "/usr/bin/chromium"
SEED = ROOT / "tests" / "browser" / "seed.py"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages as `bantuo serve` serves them, with a worker, on a fresh database."""
    home = tmp_path_factory.mktemp("site")
    url = _fresh_database()
    port = _free_port()
    env = {
        **os.environ,
        "BANTUO_DATABASE_URL": url,
        "BANTUO_VAR": str(home),
        "BANTUO_BASE_URL": f"http://127.0.0.1:{port}",
        "BANTUO_EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "BANTUO_EMAIL_FILES": str(home / "mails"),
        "BANTUO_PROBE_ALLOW_LOOPBACK": "1",
        "BANTUO_DEMO_CLOCK": str(home / "clock"),
    }
    env |= {"DJANGO_SETTINGS_MODULE": "bantuo.config.settings", "SEED_PASSWORD": OPERATOR_PASSWORD}
    seeded = subprocess.run(
        [sys.executable, str(SEED)], cwd=ROOT, env=env, check=True, capture_output=True, text=True
    )
    log = (home / "server.log").open("wb")
    command = [sys.executable, "-m", "bantuo.interfaces.cli.main", "serve", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz", server, home / "server.log")
        yield Site(f"http://127.0.0.1:{port}", home, url, json.loads(seeded.stdout))
    finally:
        server.terminate()
        server.wait(60)
        log.close()
        _drop_database(url)


def _fresh_database() -> str:
    name = f"browser_{os.getpid()}"
    with psycopg.connect(os.environ["BANTUO_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return make_conninfo(os.environ["BANTUO_DATABASE_URL"], dbname=name)


def _drop_database(url: str) -> None:
    name = f"browser_{os.getpid()}"
    with psycopg.connect(os.environ["BANTUO_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server answers; one that died says why."""
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError(log.read_text(encoding="utf-8"))
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(log.read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def nothing_wrong_with_any_page() -> Iterator[None]:
    """After the journey: no accessibility fault, no page wider than its screen, no error in the console."""
    yield
    found = [fault for person in ARRIVED for fault in [*person.faults, *person.complaints]]
    for person in ARRIVED:
        person.context.close()
    ARRIVED.clear()
    assert found == []


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium."""
    chosen = os.environ.get("BANTUO_CHROMIUM", CHROMIUM)
    if not Path(chosen).exists():
        pytest.fail(f"{chosen} is missing: `apt-get install chromium`, or name another in BANTUO_CHROMIUM")
    started = playwright.chromium.launch(
        executable_path=chosen,
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
    )
    yield started
    started.close()
