"""The dashboard with its charts, and finance at the deposits: a payment confirmed, a deposit paid back."""

from __future__ import annotations

import polars as pl
import pytest
from playwright.sync_api import Browser, expect

from tests.browser import operator_steps as steps
from tests.browser.people import Person, Site


@pytest.mark.parametrize(("language", "size"), steps.SIZES, ids=steps.IDS)
def test_finance_confirms_once_and_pays_back(
    browser: Browser, site: Site, language: str, size: tuple[int, int]
) -> None:
    name, paying, leaving = (f"{place}-{size[0]}" for place in ("counts", "PAYS", "LEAVES"))
    steps.prepare(site, people={name: "operator_finance"}, shops={paying: "paying", leaving: "leaving"})
    person = steps.sit_down(browser, site, name, language, size)
    _look_at_dashboard(person)
    _open_deposit(person, paying)
    person.look("deposit-to-confirm")
    person.page.locator("form[action$='/confirm/'] [type=submit]").dblclick()
    steps.done(person)
    expect(person.page.locator("form[action$='/confirm/']")).to_have_count(0)
    lines = person.page.locator("section:has(#ledger-title) tbody tr")
    expect(lines).to_have_count(2)  # one entry: the second click of the two booked nothing
    expect(lines.first).to_contain_text("20,000.00")
    person.look("deposit-confirmed")
    _open_deposit(person, leaving)
    person.look("deposit-to-refund")
    form = person.page.locator("form[action$='/refund/']")
    form.locator("[name=reference]").fill("OUT-1")
    form.locator("[type=submit]").click()
    steps.confirm(person.page)
    steps.done(person)
    expect(person.page.locator("main")).to_contain_text("OUT-1")
    person.look("deposit-refunded")


def _look_at_dashboard(person: Person) -> None:
    """Each chart is a picture with its table. The figures are a minute old at most, so that one may wait."""
    page = person.page
    steps.go(person, "/operator/")
    charts = page.locator("main svg[role=img], main figure svg, main .chart svg")
    for _ in range(70):
        if charts.count():
            break
        page.wait_for_timeout(1_000)
        page.reload()
    expect(charts.first).to_be_visible()
    person.look("dashboard")
    with page.expect_download() as download:
        page.locator("main .actions a[href*='export=xlsx']").click()
    assert pl.read_excel(download.value.path(), sheet_id=0)


def _open_deposit(person: Person, code: str) -> None:
    steps.go(person, "/operator/deposits/")
    person.look("deposits")
    person.page.locator("main tr, main .row").filter(has_text=code).locator("a").first.click()
    expect(person.page.locator("#ledger-title")).to_be_visible()


@pytest.mark.parametrize(("language", "size"), steps.SIZES, ids=steps.IDS)
def test_the_console_by_keyboard_alone(
    browser: Browser, site: Site, language: str, size: tuple[int, int]
) -> None:
    name, code = f"types-{size[0]}", f"KEYS-{size[0]}"
    steps.prepare(site, people={name: "operator_reviewer"}, shops={code: "review"})
    person = steps.sit_down(browser, site, name, language, size)
    page = person.page
    person.visit("/operator/applications/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    person.visit("/operator/applications/")
    menu = page.locator("header.side nav a").first
    if size[0] < steps.WIDE[0]:
        _tab_to(person, "header.side summary")
        page.keyboard.press("Enter")
    _tab_to(person, "header.side nav a")
    expect(menu).to_be_visible()
    _tab_to(person, "main a.rule-link")
    page.keyboard.press("Enter")
    expect(page.locator("#drawer[open] a.btn-primary")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#drawer[open]")).to_have_count(0)
    expect(page.locator("main a.rule-link").first).to_be_focused()
    person.look("queue-by-keyboard")


def _tab_to(person: Person, target: str, *, presses: int = 80) -> None:
    """Press Tab until the focus stands on it."""
    for _ in range(presses):
        if person.page.evaluate("target => document.activeElement.matches(target)", target):
            return
        person.page.keyboard.press("Tab")
    raise AssertionError(f"{target} is not reached by Tab")
