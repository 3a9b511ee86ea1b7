"""Sessions that end half-way, the back button, two devices, disguised files: clear words, nothing lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import seller_steps as steps
from tests.browser.papers import photograph
from tests.browser.people import NARROW, WIDE, Person, Site, arrive

SCRIPT = "<script>document.title='taken'</script>"


@pytest.fixture
def applicant(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Person:
    """A seller who has just begun to apply."""
    code = re.sub(r"[^A-Za-z0-9]+", "-", request.node.name)[:40]
    seller = arrive(browser, site, "rough", language="zh-hans", size=WIDE)
    steps.sign_up(seller, code)
    steps.begin(seller)
    return seller


def test_a_session_that_ends_half_way_loses_nothing(applicant: Person) -> None:
    page = applicant.page
    applicant.visit("/seller/application/company/")
    page.locator("[name=business_scope]").fill("家居用品销售;货物进出口")
    kept = [c for c in applicant.context.cookies() if c["name"] != "sessionid"]
    applicant.context.clear_cookies()
    applicant.context.add_cookies(kept)
    page.locator("[name=licence_address]").fill(steps.ADDRESS)
    page.locator("[name=operating_address]").focus()
    expect(page.locator("#session-ended[open]")).to_be_visible()
    applicant.forget("401")
    applicant.look("session-ended")
    expect(page.locator("[name=business_scope]")).to_have_value("家居用品销售;货物进出口")


def test_after_handing_in_the_back_button_finds_a_closed_section(applicant: Person) -> None:
    steps.fill_section(applicant, "company", steps.COMPANY)
    steps.consent_and_identity(applicant)
    applicant.visit("/seller/application/company/")
    steps.submit(applicant)
    applicant.visit("/seller/application/company/")
    expect(applicant.page.locator("main [name=uscc]")).to_be_disabled()
    applicant.look("closed-section")


def test_the_second_device_is_told_what_it_overwrote(browser: Browser, site: Site, applicant: Person) -> None:
    phone = arrive(browser, site, "rough-phone", language="zh-hans", size=NARROW)
    phone.context.add_cookies(applicant.context.cookies())
    for person in (applicant, phone):
        person.visit("/seller/application/company/")
    phone.page.locator("[name=licence_address]").fill("手机上写的地址")
    phone.page.locator("[name=business_scope]").focus()
    expect(phone.page.locator("#section-status .saved-mark")).to_be_visible()
    applicant.page.locator("[name=licence_address]").fill(steps.ADDRESS)
    applicant.page.locator("[name=business_scope]").focus()
    expect(applicant.page.locator("#section-status")).to_contain_text("手机上写的地址")
    applicant.look("overwritten")


def test_a_disguised_file_is_named_for_what_it_is(applicant: Person) -> None:
    applicant.visit("/seller/documents/")
    form = applicant.page.locator("form[action='/seller/documents/kind/DOC-1/']")
    form.locator("[name=file]").set_input_files(
        {"name": "licence.jpg", "mimeType": "image/jpeg", "buffer": b"MZ\x90\x00" + b"\x00" * 2000}
    )
    form.locator("[type=submit]").click()
    expect(applicant.page.locator("#paper-DOC-1 [role=alert]").first).to_be_visible()
    applicant.forget("422")
    applicant.look("disguised")


def test_a_script_in_a_name_is_only_text(applicant: Person) -> None:
    steps.add_product(applicant, {**steps.LAMP, "sku": "X-1", "title": SCRIPT})
    applicant.visit("/seller/application/products/")
    expect(applicant.page.get_by_text(SCRIPT).first).to_be_visible()
    assert applicant.page.title() != "taken"
    name = "<img src=x onerror=alert(1)>.jpg"
    applicant.visit("/seller/documents/")
    form = applicant.page.locator("form[action='/seller/documents/kind/DOC-1/']")
    form.locator("[name=file]").set_input_files(
        {"name": name, "mimeType": "image/jpeg", "buffer": photograph("DOC-1")}
    )
    form.locator("[type=submit]").click()
    expect(applicant.page.locator("#paper-DOC-1 a", has_text=".jpg")).to_be_visible()
    assert applicant.page.locator("#paper-DOC-1 img[src=x]").count() == 0


def test_pages_are_light(browser: Browser, site: Site) -> None:
    """First visit at most 250 kB over the wire, later pages at most 40 kB."""
    person = arrive(browser, site, "light", language="zh-hans", size=WIDE)
    assert _weighed(person, "/") <= 250_000
    for path in ("/rules/", "/check/", "/accounts/login/"):
        assert _weighed(person, path) <= 40_000, path


def _weighed(person: Person, path: str) -> int:
    """The bytes that came over the wire for a page and what it needs."""
    devtools = person.context.new_cdp_session(person.page)
    devtools.send("Network.enable")
    sizes: list[int] = []
    devtools.on("Network.loadingFinished", lambda told: sizes.append(int(told["encodedDataLength"])))
    person.visit(path)
    person.page.wait_for_load_state("networkidle")
    devtools.detach()
    assert sizes
    return sum(sizes)
