"""A seller from the first visit to active, with nothing faked but the bank."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import seller_steps as steps
from tests.browser.people import NARROW, WIDE, Person, Site, arrive
from tests.browser.review_steps import accept_application

SIZES = [("zh-hans", WIDE), ("en", NARROW)]


@pytest.mark.parametrize(("language", "size"), SIZES, ids=["wide-zh", "narrow-en"])
def test_from_first_visit_to_active(
    browser: Browser, site: Site, language: str, size: tuple[int, int]
) -> None:
    code = f"JOIN-{size[0]}"
    seller = arrive(browser, site, "joins", language=language, size=size)
    steps.sign_up(seller, code)
    steps.begin(seller)
    seller.look("application-begun")
    steps.fill_application(seller)
    steps.consent_and_identity(seller)
    steps.hand_in_papers(seller)
    steps.call_sandbox(seller)
    steps.submit(seller)
    expect(steps.state_of(seller)).to_have_class(re.compile("tone-ok"))
    seller.look("assessed")
    _read_report(seller)
    accept_application(browser, site, code)
    steps.sign_agreement(seller)
    steps.pay_deposit_by_sandbox(seller)
    steps.bind_warehouse(seller)
    seller.visit("/seller/")
    expect(seller.page.locator("main")).to_contain_text({"zh-hans": "已开通", "en": "active"}[language])
    seller.look("active")


def _read_report(person: Person) -> None:
    """The report on the page, as a PDF, and from a finding to its rule page in two steps."""
    person.visit("/seller/report/")
    person.look("report")
    assert person.fetch("main a[href*='report/pdf']").startswith(b"%PDF-")
    person.page.locator("main a.rule-link", has_text="ELG-1").first.click()
    expect(person.page.locator("#drawer[open] blockquote")).to_be_visible()
    person.look("drawer")
    person.page.locator("#drawer a[href^='/rules/']").first.click()
    expect(person.page).to_have_url(re.compile(r"/rules/ELG-1/"))
    for words in ("SKU动销率≥65%", "A-01"):
        expect(person.page.locator("main")).to_contain_text(words)
    person.look("rule")
