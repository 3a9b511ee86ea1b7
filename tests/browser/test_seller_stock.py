"""A day of stock: stated in its row and by a sheet, warned at 15:00, complete before 16:00."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from datetime import time as clock_time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import NARROW, OPERATOR_PASSWORD, WIDE, Person, Site, arrive
from tests.processes import ROOT

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Group(BaseHTTPRequestHandler):
    """A chat group's robot, as WeCom answers for one."""

    heard: list[dict[str, Any]] = []

    def do_POST(self) -> None:
        self.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        body = b'{"errcode":0,"errmsg":"ok"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def group() -> Iterator[str]:
    """The address of a robot on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Group)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    Group.heard.clear()
    yield f"http://127.0.0.1:{server.server_port}/cgi-bin/webhook/send?key=0123-4567"
    server.shutdown()
    server.server_close()


@pytest.fixture
def clock(site: Site) -> Iterator[Callable[[str], None]]:
    """Sets the clock of the pages and jobs to a time of today in Shanghai; the real one comes back."""
    path = site.home / "clock"

    def set_to(time_of_day: str) -> None:
        now = datetime.now(UTC)
        wanted = datetime.combine(now.astimezone(SHANGHAI), clock_time.fromisoformat(time_of_day), SHANGHAI)
        path.write_text(str(int((wanted - now).total_seconds())), encoding="ascii")

    yield set_to
    path.unlink(missing_ok=True)


def a_shop(site: Site, code: str, language: str) -> tuple[str, str]:
    """The owner's address and the warehouse of a fresh active seller."""
    env = {
        **os.environ, "BANTUO_DATABASE_URL": site.database, "SEED_PASSWORD": OPERATOR_PASSWORD,
        "DJANGO_SETTINGS_MODULE": "bantuo.config.settings", "BANTUO_VAR": str(site.home),
    }  # fmt: skip
    command = [sys.executable, str(ROOT / "tests" / "browser" / "stock_seed.py"), code, language]
    seeded = subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, text=True)
    assert seeded.returncode == 0, seeded.stderr
    email, warehouse = seeded.stdout.split()
    return email, warehouse


def soon(true: Callable[[], bool], *, seconds: int, what: str) -> None:
    """Wait until something the worker does has happened."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, what
        time.sleep(0.5)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("language", "size", "at"), [("zh-hans", WIDE, "15:00:05"), ("en", NARROW, "15:20:05")]
)
def test_a_day_of_stock(
    site: Site,
    browser: Browser,
    clock: Callable[[str], None],
    group: str,
    language: str,
    size: tuple[int, int],
    at: str,
) -> None:
    code = f"STOCK{language[:2].upper()}"
    email, warehouse = a_shop(site, code, language)
    clock("14:20:00")
    owner = arrive(browser, site, "stock-owner", language=language, size=size)
    owner.sign_in(email)
    owner.visit("/seller/stock/")
    owner.look("nothing-stated")
    _state_in_the_row(owner)
    _send_a_sheet(owner, warehouse)
    _add_a_robot(owner, group)

    clock(at)
    owner.visit("/seller/")
    soon(lambda: len(Group.heard) == 2, seconds=180, what="the robot was not told")
    assert "2" in Group.heard[1]["markdown"]["content"]
    soon(lambda: any("15:00" in t or "16:00" in t for t in site.mails_to(email)), seconds=120, what="no mail")
    owner.visit("/seller/stock/")
    expect(owner.page.locator(".note-warn").first).to_contain_text("16:00")
    owner.look("warned")
    owner.visit("/seller/stock/robots/")
    owner.look("robots-told")
    _confirm_the_rest(owner)
    _operator_sees(browser, site, code, language=language, size=size)


def _state_in_the_row(owner: Person) -> None:
    row = owner.page.locator("tr", has_text="LAMP-01")
    row.locator("input[name=quantity]").fill("-5")
    row.locator("button[type=submit]").click()
    expect(row.locator(".invalid-feedback")).to_be_visible()
    owner.look("no-quantity")
    owner.forget("422")
    row.locator("input[name=quantity]").fill("40")
    row.locator("button[type=submit]").click()
    expect(row.locator("[id^=stated-] .tone-ok")).to_be_visible()
    expect(row.locator("[id^=sellable-]")).to_have_text("40")
    expect(owner.page.locator("#stock-day progress")).to_have_attribute("value", "1")
    expect(owner.page.locator("#syncs-title")).to_be_visible()
    owner.look("one-stated")
    owner.visit(str(row.locator("a").first.get_attribute("href")))
    owner.look("history")


def _send_a_sheet(owner: Person, warehouse: str) -> None:
    owner.visit("/seller/stock/upload/")
    owner.look("upload")
    lines = ["商品SKU,可用库存", "LAMP-02,12", "LAMP-03,1.5", "LAMP-03,7", "NOT-MINE,3", "LAMP-99,很多"]
    sheet = ("\n".join(lines) + "\n").encode("gb18030")
    owner.page.locator("input[name=file]").set_input_files(
        {"name": "库存.csv", "mimeType": "text/csv", "buffer": sheet}
    )
    owner.page.locator("main form [type=submit]").click()
    expect(owner.page.locator(".note-warn").first).to_contain_text("3")
    owner.look("sheet-result")
    assert owner.fetch("a[href$='result.xlsx']")[:2] == b"PK"
    owner.visit("/seller/stock/?show=missing")
    expect(owner.page.locator("tbody tr", has=owner.page.locator("input[name=quantity]"))).to_have_count(2)
    owner.look("missing")


def _add_a_robot(owner: Person, address: str) -> None:
    owner.visit("/seller/stock/robots/")
    owner.page.locator("input[name=url]").fill("https://example.com/hook")
    owner.page.locator("form:has(input[name=url]) [type=submit]").click()
    expect(owner.page.locator(".invalid-feedback").first).to_be_visible()
    owner.look("robot-refused")
    owner.forget("422")
    owner.page.locator("input[name=url]").fill(address)
    owner.page.locator("form:has(input[name=url]) [type=submit]").click()
    owner.page.locator("form[action$='/test/'] [type=submit]").click()
    expect(owner.page.locator("#robots-told .tone-ok")).to_be_visible(timeout=40_000)
    assert len(Group.heard) == 1
    owner.look("robot-works")


def _confirm_the_rest(owner: Person) -> None:
    owner.visit("/seller/stock/")
    owner.page.locator("form[action$='/confirm/'] [type=submit]").click()
    owner.page.locator("#confirm [value=yes]").click()
    expect(owner.page.locator("#stock-day .note-ok")).to_be_visible()
    assert "16:00" not in owner.page.locator(".note-warn").all_inner_texts()
    owner.look("complete")
    owner.visit("/seller/stock/syncs/")
    owner.look("syncs")
    owner.visit("/seller/stock/shortages/")
    owner.look("no-shortage")


def _operator_sees(browser: Browser, site: Site, code: str, *, language: str, size: tuple[int, int]) -> None:
    warehouse = arrive(browser, site, "stock-operator", language=language, size=size)
    warehouse.sign_in("warehouse@operator.example")
    warehouse.visit(f"/operator/stock/?q={code}")
    expect(warehouse.page.locator("tbody tr", has_text=code)).to_be_visible()
    warehouse.look("stock-of-the-day")
