"""A developer of the shop: a key, the first calls as the page says them, an endpoint, a test event."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from playwright.sync_api import Browser, expect

from tests.apps.integrations.receivers import receiving
from tests.browser import seller_steps as steps
from tests.browser.people import NARROW, WIDE, Person, Site, arrive


@pytest.mark.parametrize(("language", "size"), [("en", WIDE), ("zh-hans", NARROW)])
def test_a_developer_makes_a_first_call(
    browser: Browser, site: Site, language: str, size: tuple[int, int]
) -> None:
    owner = arrive(browser, site, "developer", language=language, size=size)
    steps.sign_up(owner, f"DEV-{size[0]}")
    owner.visit("/seller/developers/")
    owner.look("no-key-yet")
    key = _make_key(owner)
    _run_the_samples(owner, key)
    owner.page.wait_for_timeout(1500)  # the log is written a second later
    owner.visit("/seller/developers/calls/")
    expect(owner.page.locator("tbody tr")).to_have_count(3)
    owner.look("log-of-calls")
    owner.page.locator("a[href='/api/v3.2/']").click()
    owner.look("reference")
    with receiving() as receiver:
        here = _register(owner, receiver.url)
        owner.page.locator("form[action$='/test/'] button").click()
        expect(owner.page.locator("#tested.note-ok")).to_be_visible()
        owner.look("test-event-arrived")
        owner.page.locator("td a[href*='/messages/']").first.click()
        owner.look("message")
        assert [told["type"] for told in receiver.bodies] == ["webhook.test"]
    owner.page.goto(here)
    owner.page.locator("form[action$='/test/'] button").click()
    expect(owner.page.locator("#tested.note-bad")).to_be_visible()
    owner.look("test-event-did-not-arrive")
    _revoke(owner)


def _make_key(owner: Person) -> str:
    form = owner.page.locator("#new-key")
    form.locator("input[name=title]").fill("ERP")
    for scope in ("stock:read", "products:read"):
        form.locator(f"input[value='{scope}']").check()
    form.locator("[type=submit]").click()
    expect(owner.page.locator("#secret")).to_be_visible()
    owner.look("key-shown-once")
    secret = str(owner.page.locator("#secret").text_content())
    owner.page.reload()
    expect(owner.page.locator("#secret")).to_have_count(0)
    return secret


def _run_the_samples(owner: Person, key: str) -> None:
    """The curl and the Python of the page, exactly as they stand there."""
    env = {**os.environ, "BANTUO_KEY": key, "no_proxy": "127.0.0.1"}
    python = str(owner.page.locator("#sample-python").text_content())
    told = subprocess.run(
        [sys.executable, "-c", python], env=env, capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout.split()[1:] == ["stated", "0", "of", "0"]
    curl = str(owner.page.locator("#sample-curl").text_content())
    told = subprocess.run(
        ["bash", "-c", curl], env=env, capture_output=True, text=True, check=True, timeout=60
    )
    assert '"listed":0' in told.stdout


def _register(owner: Person, url: str) -> str:
    """The address of the endpoint's page."""
    owner.visit("/seller/developers/webhooks/")
    owner.look("no-endpoint-yet")
    form = owner.page.locator("main form:has(input[name=url])")
    form.locator("input[name=url]").fill(url)
    form.locator("input[value='order.*']").check()
    form.locator("[type=submit]").click()
    expect(owner.page.locator("#secret")).to_contain_text("whsec_")
    owner.look("endpoint-registered")
    return owner.page.url


def _revoke(owner: Person) -> None:
    owner.visit("/seller/developers/")
    owner.page.locator("form[action$='/revoke/'] button").click()
    owner.page.locator("dialog[open] [value=yes]").click()
    expect(owner.page).to_have_url(f"{owner.site.url}/seller/developers/")
    expect(owner.page.locator("form[action$='/revoke/']")).to_have_count(0)
    owner.look("key-revoked")
