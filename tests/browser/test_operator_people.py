"""An administrator invites a reviewer, who comes in; an auditor sees everything and changes nothing."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import operator_steps as steps
from tests.browser.people import Person, Site, arrive, code_now

NEW_PASSWORD = "nine-paper-kites-4"
READ = (
    "/operator/", "/operator/applications/", "/operator/documents/", "/operator/audit/",
    "/operator/deposits/", "/operator/agreements/", "/operator/warehouses/", "/operator/policies/",
    "/operator/policies/drafts/", "/operator/policies/published/", "/operator/categories/",
    "/operator/people/", "/inbox/",
)  # fmt: skip


@pytest.mark.parametrize(("language", "size"), steps.SIZES, ids=steps.IDS)
def test_an_invited_reviewer_comes_in(
    browser: Browser, site: Site, language: str, size: tuple[int, int]
) -> None:
    admin, new = f"admin-{size[0]}", steps.address(f"newcomer-{size[0]}")
    steps.prepare(site, people={admin: "operator_administrator"}, shops={})
    person = steps.sit_down(browser, site, admin, language, size)
    _invite(person, new)
    link = re.search(rf"{re.escape(site.url)}\S+", site.mails_to(new)[-1])
    assert link, site.mails_to(new)
    newcomer = arrive(browser, site, f"newcomer-{size[0]}", language=language, size=size)
    newcomer.page.goto(link[0])
    newcomer.look("invitation")
    for field in newcomer.page.locator("main [type=password]").all():
        field.fill(NEW_PASSWORD)
    newcomer.page.locator("main form:has([type=password]) [type=submit]").click()
    newcomer.page.wait_for_load_state()
    if not newcomer.page.locator("#secret").count():
        newcomer.look("invitation-accepted")
        newcomer.sign_in(new, NEW_PASSWORD)
    _set_up_second_factor(newcomer)
    newcomer.visit("/operator/applications/")
    steps.speak(newcomer)
    expect(newcomer.page.locator("main h1")).to_be_visible()
    newcomer.look("console")
    person.page.reload()
    expect(person.page.locator("main .timeline, main ol, main ul").last).to_be_visible()
    person.look("newcomer-active")


def _invite(person: Person, email: str) -> None:
    page = person.page
    steps.go(person, "/operator/people/")
    person.look("people")
    page.locator("a[href='/operator/people/add/']").click()
    page.locator("[name=email]").fill(email)
    page.locator("[name=name]").fill("示例新审核员")
    page.locator("[name=roles][value=operator_reviewer]").check()
    person.look("invite")
    page.locator("main form:has([name=email]) [type=submit]").click()
    steps.done(person)
    person.look("invited")


def _set_up_second_factor(person: Person) -> None:
    """Type the secret into an authenticator app, and its code into the page."""
    page = person.page
    secret = page.locator("#secret").inner_text().strip()
    person.look("second-factor")
    page.locator("[name=code]").fill(code_now(secret))
    page.locator("form[action*='totp/activate'] [type=submit]").click()
    expect(page.locator("#secret")).to_have_count(0)
    person.look("second-factor-done")


@pytest.mark.parametrize(("language", "size"), steps.SIZES, ids=steps.IDS)
def test_an_auditor_reads_everything_and_changes_nothing(
    browser: Browser, site: Site, language: str, size: tuple[int, int]
) -> None:
    name, code = f"audits-{size[0]}", f"READ-{size[0]}"
    steps.prepare(site, people={name: "operator_auditor"}, shops={code: "paying"})
    person = steps.sit_down(browser, site, name, language, size)
    pages = [*READ, _link(person, f"/operator/applications/?search={code}", "/operator/applications/")]
    pages.append(_link(person, "/operator/deposits/", "/operator/deposits/"))
    for path in pages:
        person.visit(path)
        expect(person.page.locator("main h1")).to_be_visible()
        if path != "/inbox/":
            expect(person.page.locator("main form[method=post]")).to_have_count(0)
        person.look(path.strip("/").replace("/", "-"))
    for path in ("/operator/people/add/", f"{pages[-2]}take/", f"{pages[-1]}deduct/"):
        assert _posted(person, path) == 403


def _link(person: Person, listing: str, prefix: str) -> str:
    person.visit(listing)
    return str(person.page.locator(f"main td a[href^='{prefix}']").first.get_attribute("href"))


def _posted(person: Person, path: str) -> int:
    """What the server answers to a POST that no page offers to this person."""
    told = person.page.evaluate(
        """async path => (await fetch(path, {method: 'POST', headers: {
            'X-CSRFToken': JSON.parse(document.body.getAttribute('hx-headers'))['X-CSRFToken']}})).status""",
        path,
    )
    person.forget(str(told))
    return int(told)
