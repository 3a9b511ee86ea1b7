"""A reviewer works through the queue: looks at papers, asks for more, lets in, rejects."""

from __future__ import annotations

import re

import polars as pl
import pytest
from playwright.sync_api import Browser, expect

from tests.browser import operator_steps as steps
from tests.browser.people import Person, Site

REVIEWER = "operator_reviewer"


@pytest.mark.parametrize(("language", "size"), steps.SIZES, ids=steps.IDS)
def test_a_reviewer_works_through_the_queue(
    browser: Browser, site: Site, language: str, size: tuple[int, int]
) -> None:
    name = f"reviews-{size[0]}"
    more, good, bad = (f"{place}-{size[0]}" for place in ("MORE", "GOOD", "BAD"))
    steps.prepare(site, people={name: REVIEWER}, shops=dict.fromkeys((more, good, bad), "review"))
    person = steps.sit_down(browser, site, name, language, size)
    _look_through_queue(person, more)
    steps.open_shop(person, more)
    person.look("application")
    steps.take(person)
    _find_a_flaw(person)
    _go_from_finding_to_rule(person)
    _ask_for_more(person)
    steps.open_shop(person, good)
    _let_in(person)
    steps.open_shop(person, bad)
    _reject(person)


def _look_through_queue(person: Person, code: str) -> None:
    """Filter, sort, and open the exported workbook."""
    page = person.page
    steps.go(person, "/operator/applications/")
    person.look("queue")
    page.locator("[name=assigned]").select_option("nobody")
    expect(page).to_have_url(re.compile("assigned=nobody"))
    expect(page.locator("main tbody")).to_contain_text(code)
    page.locator("[name=failure]").select_option("F1")
    expect(page.locator("main tbody")).to_have_count(0)
    person.look("queue-nothing-matches")
    page.locator("[name=failure]").select_option("")
    expect(page.locator("main tbody")).to_contain_text(code)
    if person.size[0] >= steps.WIDE[0]:
        page.locator("main th a[href*='sort=']").first.click()
        expect(page.locator("main th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    with page.expect_download() as download:
        page.locator("main a[href*='export=xlsx']").click()
    told = pl.read_excel(download.value.path())
    assert code in told.get_column(told.columns[1]).to_list()


def _find_a_flaw(person: Person) -> None:
    """The seal of the licence cannot be read: that needs a note; everything else is in order."""
    page = person.page
    steps.tick_papers(person)
    here = page.url
    page.locator("#papers a[href^='/operator/documents/']").first.click()
    picture = page.locator("main figure img")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("picture => picture.naturalWidth") > 0
    person.look("document")
    page.locator("#ticks [value=no]").first.check()
    page.locator("#ticks [type=submit]").click()
    expect(page.locator("#ticks [aria-invalid=true]").first).to_be_visible()
    person.forget("422")
    person.look("document-note-missing")
    page.locator("#ticks input[name$=_note]").first.fill("公章看不清")
    page.locator("#ticks [type=submit]").click()
    steps.done(person)
    page.goto(here)
    expect(page.locator("#papers")).to_contain_text("公章看不清")
    page.locator("form[action$='/assess/'] [type=submit]").click()
    expect(page.locator("#findings")).to_contain_text("DOC-0")
    person.look("assessed-again")


def _go_from_finding_to_rule(person: Person) -> None:
    """Two clicks: the explanation in the drawer, then the rule's page with quote, reading and source."""
    page, here = person.page, person.page.url
    page.locator("#findings > details > summary").click()
    page.locator("#findings a.rule-link", has_text=re.compile("^ELG-1$")).click()
    expect(page.locator("#drawer[open] blockquote")).to_be_visible()
    person.look("drawer")
    page.locator("#drawer a[href^='/rules/']").last.click()
    expect(page).to_have_url(re.compile("/rules/ELG-1/"))
    for words in ("SKU动销率≥65%", "A-01"):
        expect(page.locator("main")).to_contain_text(words)
    person.look("rule")
    page.goto(here)


def _ask_for_more(person: Person) -> None:
    form = steps.unfold(person.page, person.page.locator("form[action$='/more/']"))
    form.locator("select").first.select_option("DOC-1")
    form.locator("textarea").fill("营业执照的公章看不清，请补件")
    form.locator("[type=submit]").click()
    expect(person.page.locator("form[action$='/more/'] [aria-invalid=true]").first).to_be_visible()
    person.forget("422")
    person.look("more-incomplete")
    expect(form.locator("textarea")).to_have_value("营业执照的公章看不清，请补件")
    form.locator("[name=more-cause_1]").fill("请重新上传公章清晰的营业执照")
    form.locator("[type=submit]").click()
    steps.done(person)
    expect(person.page.locator("#trail")).to_contain_text("请补件")
    person.look("more-asked")


def _let_in(person: Person) -> None:
    page = person.page
    steps.take(person)
    steps.tick_papers(person)
    page.locator("form[action$='/assess/'] [type=submit]").click()
    steps.done(person)
    form = steps.unfold(page, page.locator("form[action$='/accept/']"))
    form.locator("textarea").fill("资料齐全，门槛全部通过")
    form.locator("[type=submit]").click()
    person.look("accept-question")
    steps.confirm(page)
    steps.done(person)
    expect(page.locator("#trail")).to_contain_text("资料齐全")
    person.look("accepted")


def _reject(person: Person) -> None:
    """Two parts, a cause for each, and one reason for all."""
    page = person.page
    steps.take(person)
    form = steps.unfold(page, page.locator("form[action$='/reject/']"))
    for row, (part, cause) in enumerate({"DOC-1": "执照不是本店的", "ELG-4": "数据与平台不符"}.items(), 1):
        form.locator(f"[name=reject-subject_{row}]").select_option(part)
        form.locator(f"[name=reject-cause_{row}]").fill(cause)
    form.locator("textarea").fill("资料与店铺不符")
    form.locator("[type=submit]").click()
    steps.confirm(page)
    steps.done(person)
    for words in ("执照不是本店的", "数据与平台不符", "资料与店铺不符"):
        expect(page.locator("#trail")).to_contain_text(words)
    expect(page.locator("form[action$='/reject/']")).to_have_count(0)
    person.look("rejected")
