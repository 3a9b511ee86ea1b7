"""An ERP app from its registration to its end: let in on the consent page, used, and ended by the seller."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from bantuo.core.open_platform_signing import sign_text, signed_text
from tests.browser.people import NARROW, OPERATOR_PASSWORD, WIDE, Person, Site, arrive
from tests.processes import ROOT


class Home(BaseHTTPRequestHandler):
    """Where a vendor's app takes its users back."""

    came: list[dict[str, list[str]]] = []

    def do_GET(self) -> None:
        if self.path.startswith("/callback"):
            self.came.append(parse_qs(urlsplit(self.path).query))
        body = b"<!doctype html><html lang=en><title>ERP</title><link rel=icon href=data:,><h1>Back</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def home() -> Iterator[str]:
    """The vendor's address on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Home)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    Home.came.clear()
    yield f"http://127.0.0.1:{server.server_port}/callback"
    server.shutdown()
    server.server_close()


REGISTER = """
import sys
from django.utils import timezone
from bantuo.apps.open_platform.models import Scope
from bantuo.apps.open_platform.operations import register_app
from bantuo.interfaces.web.papers import vault
app = register_app(sys.argv[1], redirect_uris=[sys.argv[2]], scopes=Scope.values,
                   vault=vault(), now=timezone.now(), actor="system:seed")
print(app.app_key, app.secret)
"""


def on_the_site(site: Site, *command: str) -> list[str]:
    """What a program prints that works on the site's database."""
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, check=True, capture_output=True, text=True,
        env={
            **os.environ, "BANTUO_DATABASE_URL": site.database, "BANTUO_VAR": str(site.home),
            "DJANGO_SETTINGS_MODULE": "bantuo.config.settings", "SEED_PASSWORD": OPERATOR_PASSWORD,
        },
    )  # fmt: skip
    return done.stdout.split()


def shop(site: Site, code: str, language: str) -> str:
    """A shop that trades; the mail address of its owner, who reads this language."""
    return on_the_site(site, str(ROOT / "tests" / "browser" / "stock_seed.py"), code, language)[0]


def vendors_app(site: Site, name: str, home: str) -> tuple[str, str]:
    """The key and secret of an app that an operator has registered."""
    key, secret = on_the_site(site, "-c", f"import django; django.setup()\n{REGISTER}", name, home)
    return key, secret


def call(site: Site, address: str, key: str, secret: str, *, path: str = "", **params: str) -> Any:
    """What the app's own program is answered."""
    told = {"app_key": key, "timestamp": str(time.time_ns() // 1_000_000), "sign_method": "sha256", **params}
    told["sign"] = sign_text(signed_text(told, path=path), secret=secret, sign_method="sha256")
    with urllib.request.urlopen(f"{site.url}{address}", urlencode(told).encode(), timeout=30) as answer:
        return json.load(answer)


def test_an_operator_registers_an_app(browser: Browser, site: Site, home: str) -> None:
    person = arrive(browser, site, "erp-apps-operator", language="zh-hans", size=WIDE)
    person.sign_in("administrator@operator.example")
    person.visit("/operator/erp-apps/")
    person.look("none")
    person.visit("/operator/erp-apps/new/")
    page = person.page
    page.locator("[name=name]").fill("示例 ERP")
    page.locator("[name=redirect_uris]").fill("http://erp.example.com/")
    page.locator("main form [type=submit]").click()
    expect(page.locator("main")).to_contain_text("http://erp.example.com/")
    person.forget("422")
    person.look("mistaken")
    page.locator("[name=redirect_uris]").fill(home)
    page.locator("main form [type=submit]").click()
    expect(page.locator("#secret")).to_have_text(re.compile(r"^[\w-]{43}$"))
    person.look("registered")
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    person.look("registered-on-a-phone")
    person.visit("/operator/erp-apps/")
    expect(page.locator("main")).to_contain_text("示例 ERP")
    person.look("list-on-a-phone")


@pytest.mark.parametrize(("language", "size"), [("zh-hans", WIDE), ("en", NARROW)])
def test_an_app_is_let_in_works_and_is_ended(
    browser: Browser, site: Site, home: str, language: str, size: tuple[int, int]
) -> None:
    key, secret = vendors_app(site, f"Cloud ERP {size[0]}", home)
    owner = arrive(browser, site, "erp-apps-seller", language=language, size=size)
    owner.sign_in(shop(site, f"ERPAPP{size[0]}", language))
    code = _let_in(owner, key, home)
    path = "/auth/token/create"
    tokens = call(site, f"/rest{path}", key, secret, path=path, code=code)
    told = {"method": "aliexpress.pop.choice.products.list", "session": tokens["access_token"]}
    listed = call(site, "/sync", key, secret, simplify="true", **told)
    assert listed["result"]["total_item"] == 5
    _end(owner, key)
    refused = call(site, "/sync", key, secret, **told)
    assert refused["error_response"]["code"] == "IllegalAccessToken"
    _own_app(owner, site)


def _let_in(person: Person, key: str, home: str) -> str:
    asked = urlencode({"response_type": "code", "client_id": key, "redirect_uri": home, "state": "s 1"})
    person.visit(f"/oauth/authorize?{asked.replace('callback', 'elsewhere')}")
    expect(person.page.locator("main .note")).to_contain_text("redirect_uri")
    person.forget("400")
    person.look("refused")
    person.visit(f"/oauth/authorize?{asked}")
    person.look("consent")
    person.page.locator("[name=decision][value=allow]").click()
    person.page.wait_for_url(f"{home}**")
    (came,) = Home.came
    assert came["state"] == ["s 1"]
    return came["code"][0]


def _end(person: Person, key: str) -> None:
    person.visit("/seller/erp-apps/")
    row = person.page.locator("tbody tr", has_text=key)
    expect(row).to_have_count(1)
    person.look("may-act")
    row.locator("[type=submit]").click()
    person.look("sure")
    person.page.locator("dialog[open] [value=yes]").click()
    expect(person.page.locator("tbody tr", has_text=key)).to_have_count(0)
    person.look("ended")


def _own_app(person: Person, site: Site) -> None:
    page = person.page
    page.locator("form[action$='/own/'] [type=submit]").click()
    secret, key = page.locator("#secret").inner_text(), page.locator("#own-key").inner_text()
    person.look("own-app")
    page.locator("form[action$='/own/token/'] [type=submit]").click()
    token = page.locator("#token").inner_text()
    person.look("own-token")
    told = call(
        site, "/sync", key, secret, simplify="true", method="global.seller.relation.query", session=token
    )
    assert told["seller_relation_list"][0]["business_type"] == "POP_CHOICE"
