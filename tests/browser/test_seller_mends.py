"""Refused in each of the three classes: the seller reads why, mends it at once, and is let in."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import seller_steps as steps
from tests.browser.people import Person, Site, arrive
from tests.browser.test_seller_joins import SIZES

# What is wrong at first, the gate that says so, its class, the section that mends it, and with what.
CASES = {
    "F1-papers": ("company", {"operating_address": "浙江省杭州市另一路 2 号"}, "ELG-16", "F1", steps.COMPANY),
    "F2-figures": ("metrics", {"disputes": "0.8001%"}, "ELG-9", "F2", steps.METRICS),
    "F3-technical": (
        "erp",
        {"api_version": "3.1"},
        "ELG-11",
        "F3",
        {"has_erp": "yes", "vendor": "示例ERP", "api_version": "3.2"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_refused_seller_mends_and_passes(browser: Browser, site: Site, case: str) -> None:
    section, wrong, gate, failure_class, right = CASES[case]
    language, size = SIZES[list(CASES).index(case) % 2]
    seller = arrive(browser, site, f"mends-{case}", language=language, size=size)
    steps.sign_up(seller, f"MEND-{failure_class}-{size[0]}")
    steps.begin(seller)
    steps.fill_application(seller, {section: wrong})
    steps.consent_and_identity(seller)
    steps.hand_in_papers(seller)
    if failure_class != "F3":
        steps.call_sandbox(seller)
    steps.submit(seller)
    expect(steps.state_of(seller)).to_have_class(re.compile("tone-bad"))
    _find_the_cause(seller, gate)
    _mend_now(seller, gate, section)
    steps.fill_section(seller, section, right)
    if failure_class == "F3":
        steps.call_sandbox(seller)
    _run_again(seller)
    steps.submit(seller)
    expect(steps.state_of(seller)).to_have_class(re.compile("tone-ok"))
    seller.look("passed")


def _find_the_cause(person: Person, gate: str) -> None:
    """The diagnostic names the gate, its class and what to do."""
    person.visit("/seller/diagnosis/")
    expect(person.page.locator("main")).to_contain_text(gate)
    expect(person.page.locator("main")).to_contain_text("72")
    person.look("diagnosis")


def _mend_now(person: Person, gate: str, section: str) -> None:
    """The link beside the finding opens the very field, in the next attempt."""
    form = person.page.locator(f"main form:has([name=rule][value='{gate}'])").first
    form.locator("[type=submit]").click()
    steps.answer(person.page)
    expect(person.page).to_have_url(re.compile(rf"/seller/application/{section}/.*#"))
    person.look("mend-now")


def _run_again(person: Person) -> None:
    """The diagnostic again: nothing stands in the way any more."""
    person.visit("/seller/diagnosis/")
    person.page.locator("form[action='/seller/diagnosis/run/'] [type=submit]").first.click()
    person.page.wait_for_load_state()
    person.look("diagnosis-again")
