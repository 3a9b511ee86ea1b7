"""What takes two people: an override of a gate, and an appeal."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import operator_steps as steps
from tests.browser.people import Person, Site

REVIEWER = "operator_reviewer"


@pytest.mark.parametrize(("language", "size"), steps.SIZES, ids=steps.IDS)
def test_a_gate_is_set_aside_by_two_reviewers(
    browser: Browser, site: Site, language: str, size: tuple[int, int]
) -> None:
    first, second, code = f"overrides-{size[0]}", f"confirms-{size[0]}", f"GATE-{size[0]}"
    steps.prepare(site, people={first: REVIEWER, second: REVIEWER}, shops={code: "refused"})
    asker = steps.sit_down(browser, site, first, language, size)
    steps.open_shop(asker, code)
    asker.look("refused")
    form = steps.unfold(asker.page, asker.page.locator("form[action$='/override/']"))
    form.locator("[value='ELG-2']").check()
    form.locator("textarea").fill("评分来自搬店前的旧店")
    form.locator("[type=submit]").click()
    steps.done(asker)
    expect(asker.page.locator("button[value=confirm]")).to_have_count(0)
    asker.look("override-asked")
    other = steps.sit_down(browser, site, second, language, size)
    steps.open_shop(other, code)
    answer = other.page.locator("form[action$='/answer/']")
    expect(other.page.locator("section[id^=override-]")).to_contain_text("评分来自搬店前的旧店")
    other.look("override-to-confirm")
    answer.locator("textarea").fill("已核对旧店记录")
    answer.locator("[value=confirm]").click()
    steps.done(other)
    other.look("override-confirmed")
    steps.open_shop(asker, code)
    _approve(asker)
    for words in (first, second, "评分来自搬店前的旧店"):
        expect(asker.page.locator("#trail")).to_contain_text(words)
    asker.look("override-approved")


def _approve(person: Person) -> None:
    """Who asked for it holds it: tick the papers and let the seller in."""
    page = person.page
    steps.tick_papers(person)
    page.locator("form[action$='/assess/'] [type=submit]").click()
    expect(page.locator("main [role=status].note").first).to_be_visible()
    form = steps.unfold(page, page.locator("form[action$='/accept/']"))
    form.locator("textarea").fill("两人核准后准入")
    form.locator("[type=submit]").click()
    steps.confirm(page)
    steps.done(person)
    expect(page.locator("#trail")).to_contain_text("两人核准后准入")


@pytest.mark.parametrize(("language", "size"), steps.SIZES, ids=steps.IDS)
def test_an_appeal_is_decided_by_somebody_else(
    browser: Browser, site: Site, language: str, size: tuple[int, int]
) -> None:
    first, second, code = f"refuses-{size[0]}", f"upholds-{size[0]}", f"OBJECTS-{size[0]}"
    steps.prepare(site, people={first: REVIEWER, second: REVIEWER}, shops={code: "appeal"})
    refuser = steps.sit_down(browser, site, first, language, size)
    steps.open_shop(refuser, code)
    expect(refuser.page.locator("section[id^=appeal-]")).to_contain_text("公章清晰，请再看原件")
    expect(refuser.page.locator("button[value=uphold]")).to_have_count(0)
    refuser.look("appeal-not-mine")
    other = steps.sit_down(browser, site, second, language, size)
    steps.open_shop(other, code)
    other.look("appeal")
    answer = other.page.locator("section[id^=appeal-] form")
    answer.locator("textarea").fill("原件清晰，申诉成立")
    answer.locator("[value=uphold]").click()
    steps.done(other)
    expect(other.page.locator("section[id^=appeal-] .tone-ok")).to_be_visible()
    expect(other.page.locator("#trail")).to_contain_text("原件清晰，申诉成立")
    other.look("appeal-upheld")
