"""The policy owner changes a gate from next month on, and publishes a category list."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta

import pytest
import xlsxwriter
from playwright.sync_api import Browser, expect

from tests.browser import operator_steps as steps
from tests.browser.people import WIDE, Person, Site

GOOD = [
    ["code", "group", "name_zh", "name_en"],
    ["home-lamps", "home_garden", "灯具照明", "Lamps and lighting"],
    ["home-kitchen", "home_garden", "厨房用具", "Kitchenware"],
]
BAD = [*GOOD[:2], ["Home Kitchen", "home_garden", "厨房用具", "Kitchenware"]]


def next_month() -> date:
    """The first of the month after, as the forms propose it."""
    today = date.today()  # noqa: DTZ011 - the month is the same in Shanghai but for hours
    return (today.replace(day=1) + timedelta(days=32)).replace(day=1)


@pytest.mark.parametrize(("language", "size"), steps.SIZES, ids=steps.IDS)
def test_a_gate_rises_from_next_month_on(
    browser: Browser, site: Site, language: str, size: tuple[int, int]
) -> None:
    value = "66" if size == WIDE else "65.2"  # one site for both: the second replaces what is planned
    owner, reviewer, shop = f"rules-{size[0]}", f"wonders-{size[0]}", f"TOUCHED-{size[0]}"
    people = {owner: "operator_policy", reviewer: "operator_reviewer"}
    steps.prepare(site, people=people, shops={shop: "edge"})
    person = steps.sit_down(browser, site, owner, language, size)
    _draft(person, value)
    _check(person, shop)
    _publish(person, value)
    person.visit("/rules/ELG-1/")
    expect(person.page.locator(".time-line .ok")).to_contain_text("65%")
    expect(person.page.locator(".time-line .info").first).to_contain_text(f"{value}%")
    person.look("rule-with-both")
    person.visit("/operator/policies/?q=ELG-1")
    person.look("policies")
    other = steps.sit_down(browser, site, reviewer, language, size)
    other.visit("/operator/policies/ELG-1/")
    expect(other.page.locator("form:has([name=valid_from])")).to_have_count(0)
    other.look("rule-of-a-reviewer")
    assert _status(other, "/operator/policies/ELG-1/") == 403


def _draft(person: Person, value: str) -> None:
    page = person.page
    steps.go(person, "/operator/policies/")
    person.look("console")
    page.locator("main [name=q]").fill("ELG-1")
    page.locator("main [name=q]").press("Enter")
    page.locator("main a[href='/operator/policies/ELG-1/']").first.click()
    person.look("rule-before")
    expect(page.locator("[name=valid_from]")).to_have_value(next_month().isoformat())
    page.locator("[name=value]").fill(value)
    page.locator("#new-value [type=submit]").click()
    expect(page.locator("[name=source][aria-invalid=true]")).to_be_visible()
    person.forget("422")
    person.look("draft-incomplete")
    page.locator("[name=source]").fill("运营决定 2 号")
    page.locator("[name=reason]").fill("滞销商品占仓过多")
    page.locator("#new-value [type=submit]").click()
    expect(page).to_have_url(re.compile(r"/operator/policies/drafts/\d+/"))
    person.look("draft")


def _check(person: Person, shop: str) -> None:
    """Proof of no overlap, worked cases that change, and how many it would reach."""
    page = person.page
    page.locator("form[action$='/check/'] [type=submit]").click()
    expect(page.locator("main .note-ok").last).to_be_visible()
    words = {"zh-hans": ("在营商家", "在途申请"), "en": ("sellers", "pplications")}[person.language]
    for word in words:
        expect(page.locator(".figures")).to_contain_text(word)
    expect(page.locator("main tbody tr").filter(has_text=shop)).to_contain_text("ELG-1")
    expect(page.locator(".time-line .info")).to_have_count(1)
    person.look("draft-checked")


def _publish(person: Person, value: str) -> None:
    page = person.page
    page.locator("form[action$='/publish/'] [type=submit]").click()
    expect(page.locator("#confirm-text")).to_contain_text(value)
    person.look("publish-question")
    steps.confirm(page)
    steps.done(person)
    expect(page.locator("form[action$='/publish/']")).to_have_count(0)
    person.look("published")


def _status(person: Person, path: str) -> int:
    """What the server answers to a POST that no page offers to this person."""
    told = person.page.evaluate(
        """async path => (await fetch(path, {method: 'POST', headers: {
            'X-CSRFToken': JSON.parse(document.body.getAttribute('hx-headers'))['X-CSRFToken']}})).status""",
        path,
    )
    person.forget(str(told))
    return int(told)


@pytest.mark.parametrize(("language", "size"), steps.SIZES, ids=steps.IDS)
def test_a_category_list_is_mended_compared_and_published(
    browser: Browser, site: Site, language: str, size: tuple[int, int]
) -> None:
    name = f"lists-{size[0]}"
    steps.prepare(site, people={name: "operator_policy"}, shops={})
    person = steps.sit_down(browser, site, name, language, size)
    page = person.page
    _upload(person, "bad.xlsx", BAD)
    row = page.locator("main tbody tr")
    expect(row).to_have_count(1)
    for words in ("3", "code", "Home Kitchen", "ELG-6"):
        expect(row).to_contain_text(words)
    person.look("bad-row")
    _upload(person, "good.xlsx", GOOD)
    expect(page.locator(".figures")).to_be_visible()
    person.look("compared")
    day = next_month() + timedelta(days=0 if size == WIDE else 1)
    page.locator("#from").fill(day.isoformat())
    page.locator("#from").press("Enter")
    expect(page).to_have_url(re.compile(f"from={day}"))
    page.locator("[name=origin]").fill("运营通知 9 号")
    page.locator("form[action$='/publish/'] [type=submit]").click()
    steps.confirm(page)
    steps.done(person)
    person.look("list-published")
    steps.go(person, "/operator/categories/")
    expect(page.locator(".time-line .info").first).to_be_visible()
    person.look("lists")


def _upload(person: Person, name: str, rows: list[list[str]]) -> None:
    """A workbook from the seller's desk, chosen in the form."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    steps.go(person, "/operator/categories/")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    person.page.locator("#upload [type=file]").set_input_files(
        {"name": name, "mimeType": kind, "buffer": made.getvalue()}
    )
    person.page.locator("#upload [type=submit]").click()
    expect(person.page).to_have_url(re.compile(r"/operator/categories/uploads/\d+/"))
