"""What operators do on the pages, step by step, as a person would."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.people import NARROW, OPERATOR_PASSWORD, WIDE, Person, Site, arrive
from tests.processes import ROOT

SEED = ROOT / "tests" / "browser" / "operator_seed.py"
SIZES = [("zh-hans", WIDE), ("en", NARROW)]
IDS = ["wide-zh", "narrow-en"]


def prepare(site: Site, *, people: Mapping[str, str], shops: Mapping[str, str]) -> None:
    """Make operators of our own, so that no two journeys need the same one-time code, and sellers."""
    env = {
        **os.environ,
        "BANTUO_DATABASE_URL": site.database,
        "BANTUO_VAR": str(site.home),
        "BANTUO_BASE_URL": site.url,
        "DJANGO_SETTINGS_MODULE": "bantuo.config.settings",
        "PYTHONPATH": str(ROOT),
        "SEED_PASSWORD": OPERATOR_PASSWORD,
    }
    wish = {"people": {address(name): role for name, role in people.items()}, "shops": dict(shops)}
    run = subprocess.run(
        [sys.executable, str(SEED), json.dumps(wish)],
        cwd=ROOT,
        env=env,
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    site.factors.update(json.loads(run.stdout.splitlines()[-1]))


def address(name: str) -> str:
    """The mail address of an operator of a journey."""
    return f"{name}@operator.example"


def sit_down(browser: Browser, site: Site, name: str, language: str, size: tuple[int, int]) -> Person:
    """An operator at the console, signed in with password and one-time code."""
    person = arrive(browser, site, name, language=language, size=size)
    person.sign_in(address(name))
    expect(person.page.locator(".who")).to_be_visible()
    speak(person)
    return person


def speak(person: Person) -> None:
    """Switch to the person's language, which the account keeps from then on."""
    page, wanted = person.page, {"zh-hans": "zh-Hans", "en": "en"}[person.language]
    if page.locator("html").get_attribute("lang") != wanted:
        page.locator(f"nav.top button[name=language][value={person.language}]").click()
    expect(page.locator("html")).to_have_attribute("lang", wanted)


def open_menu(person: Person) -> Locator:
    """The main menu, opened first on a phone."""
    if person.size[0] < WIDE[0]:
        person.page.locator("header.side summary").click()
    return person.page.locator("header.side nav")


def go(person: Person, path: str) -> None:
    """By the main menu to a page."""
    open_menu(person).locator(f"a[href='{path}']").click()
    expect(person.page.locator("h1")).to_be_visible()


def unfold(page: Page, form: Locator) -> Locator:
    """Open the fold that a form lies in."""
    if not form.is_visible():
        page.locator("details").filter(has=form).last.locator("summary").first.click()
    expect(form).to_be_visible()
    return form


def confirm(page: Page) -> None:
    """Answer yes to the question that a form asks first."""
    page.locator("#confirm[open] [value=yes]").click()


def done(person: Person) -> None:
    """The page says that it is done."""
    expect(person.page.locator("main .note-ok[role=status]").first).to_be_visible()


def open_shop(person: Person, code: str) -> None:
    """From the queue, by a search, to a shop's application."""
    go(person, "/operator/applications/")
    person.page.locator("[name=search]").fill(code)
    person.page.locator("[name=search]").press("Enter")
    expect(person.page).to_have_url(re.compile(f"search={code}"))
    person.page.locator("main td a[href^='/operator/applications/']").first.click()
    expect(person.page.locator("#trail")).to_be_visible()


def take(person: Person) -> None:
    """Take the application that is open."""
    person.page.locator("form[action$='/take/'] [type=submit]").first.click()
    done(person)


def tick_papers(person: Person) -> None:
    """Every item of every paper is in order."""
    page = person.page
    here = page.url
    papers = page.locator("#papers a[href^='/operator/documents/']")
    for paper in [link.get_attribute("href") for link in papers.all()]:
        page.locator(f"#papers a[href='{paper}']").first.click()
        expect(page.locator("main figure img, main .empty").first).to_be_visible()
        if page.locator("#ticks").count():
            for yes in page.locator("#ticks [value=yes]").all():
                yes.check()
            page.locator("#ticks [type=submit]").click()
            done(person)
        page.goto(here)
