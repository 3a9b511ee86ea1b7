"""What operators do in between, so that a seller can go on."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.people import WIDE, Person, Site, arrive


def accept_application(browser: Browser, site: Site, code: str, reviewer: str = "reviewer") -> None:
    """A reviewer finds the shop in the queue and lets it in."""
    person = arrive(browser, site, f"accepts-{code}", language="zh-hans", size=WIDE)
    person.sign_in(f"{reviewer}@operator.example")
    person.visit(f"/operator/applications/?search={code}")
    found = person.page.locator("main tr", has_text=code).locator("td a[href^='/operator/applications/']")
    expect(found).to_have_count(1)
    found.click()
    person.look("application")
    take = person.page.locator("form[action$='/take/'] [type=submit]")
    if take.count():
        take.first.click()
    _tick_papers(person)
    accept = person.page.locator("form[action$='/accept/']")
    if not accept.is_visible():
        person.page.locator("details:has(form[action$='/accept/']) > summary").click()
    accept.locator("textarea").fill("资料齐全，门槛全部通过")
    accept.locator("[type=submit]").click()
    person.page.locator("#confirm[open] [value=yes]").click()
    expect(person.page.locator("main .note-ok").first).to_be_visible()
    person.look("accepted")
    person.context.close()


def _tick_papers(person: Person) -> None:
    """Open every paper and say of each item of its list that it was seen."""
    application = person.page.url
    papers = person.page.locator("main a[href^='/operator/documents/']")
    for href in sorted({str(link.get_attribute("href")) for link in papers.all()}):
        person.visit(href)
        form = person.page.locator("form[action$='/ticks/']")
        if form.count():
            for yes in form.locator("input[type=radio][value=yes]").all():
                yes.check()
            form.locator("[type=submit]").click()
            expect(person.page.locator("main .note-ok").first).to_be_visible()
    person.look("paper-ticked")
    person.page.goto(application)
    person.page.locator("form[action$='/assess/'] [type=submit]").first.click()
    expect(person.page.locator("main .note-ok").first).to_be_visible()
