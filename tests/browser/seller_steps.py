"""What a seller does on the pages, step by step, as a person would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.papers import photograph
from tests.browser.people import Person

PASSWORD = "correct-horse-9-battery"
PLACE = "浙江省金华市义乌市"
ADDRESS = "浙江省义乌市示例路 1 号"
COMPANY = {
    "uscc": "91000000MA00000157",
    "registered_on": "2022-05-16",
    "business_scope": "家居用品销售;货物进出口;国内贸易代理",
    "licence_address": ADDRESS,
    "operating_address": "浙江省义乌市示例路1号",
}
METRICS = {
    "sell_through": "72%",
    "dsr": "4.85",
    "disputes": "0.4%",
    "serious_complaints": "0",
    "dsr_logistics": "4.82",
    "orders_per_day": "320",
    "return_rate": "3%",
    "tenure_months": "18",
    "customs_anomalies": "0",
}
LAMP = {
    "sku": "LAMP-01",
    "title": "台灯",
    "category": "home-lamps",
    "sites": "ES, PL",
    "attributes_required": "20",
    "attributes_missing": "0",
    "listed_times": "1",
    "weight_g": "1.2",
    "size": "30x25x20",
}
PAPERS = ("DOC-1", "DOC-2 front", "DOC-2 back", "DOC-3", "DOC-4", "DOC-5")


def sign_up(person: Person, code: str) -> None:
    """From the home page to the seller centre."""
    person.visit("/")
    person.look("home")
    person.page.locator("main a[href='/accounts/signup/']").first.click()
    form = {
        "shop_name": f"示例家居店 {code}",
        "shop_code": code,
        "ship_from": PLACE,
        "name": "示例店主",
        "email": address_of(code),
        "password1": PASSWORD,
    }
    fill(person.page, form)
    person.look("sign-up")
    person.page.locator("main form:has([name=shop_code]) [type=submit]").click()
    expect(person.page).to_have_url(re.compile(r"/seller/$"))
    person.look("seller-home-new")


def address_of(code: str) -> str:
    """The mail address of a shop's owner."""
    return f"{code.lower()}@shop.example"


def fill(page: Page, values: Mapping[str, str]) -> None:
    """Type into the fields of these names; a select takes its option's value."""
    for name, value in values.items():
        field = page.locator(f"main [name='{name}']")
        if field.count() > 1:  # one of several
            page.locator(f"main [name='{name}'][value='{value}']").check()
        elif field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        elif field.get_attribute("type") == "checkbox":
            field.set_checked(value == "yes")
        else:
            field.fill(value)


def begin(person: Person) -> None:
    """Start the application."""
    person.visit("/seller/application/")
    start = person.page.locator("form[action='/seller/application/start/'] [type=submit]")
    if start.count():
        start.click()
    expect(person.page.locator("main a[href='/seller/application/company/']").first).to_be_visible()


def fill_section(person: Person, section: str, values: Mapping[str, str]) -> None:
    """One section, saved with its button."""
    person.visit(f"/seller/application/{section}/")
    fill(person.page, values)
    person.page.locator(f"form[hx-post='/seller/application/{section}/'] [type=submit]").click()
    expect(person.page.locator("main .is-invalid")).to_have_count(0)


def months_before(today: date, count: int) -> list[str]:
    """The months before this one, latest first, as YYYY-MM."""
    last = today.year * 12 + today.month - 1
    return [f"{n // 12}-{n % 12 + 1:02}" for n in range(last - 1, last - 1 - count, -1)]


def fill_application(person: Person, changed: Mapping[str, Mapping[str, str]] | None = None) -> None:
    """Every section; `changed` gives other values for some fields of a section."""
    month = months_before(date.today(), 1)[0]  # noqa: DTZ011 - the month is the same in Shanghai but for hours
    sections: dict[str, dict[str, str]] = {
        "company": COMPANY,
        "account": {"account_evidence": "basic_account_filing", "account_number": "J1000000000001"},
        "statements": {f"turnover_{month}": "620000.00", f"cross_border_{month}": "yes"},
        "brand": {"authorisation": "none", "registered": "yes"},
        "erp": {"has_erp": "yes", "vendor": "示例ERP", "api_version": "3.2"},
        "metrics": METRICS,
    }
    for section, values in sections.items():
        fill_section(person, section, {**values, **(changed or {}).get(section, {})})
        person.look(f"section-{section}")
    choose_category(person, "home-lamps")
    add_product(person, {**LAMP, **(changed or {}).get("product", {})})


def choose_category(person: Person, code: str) -> None:
    person.visit("/seller/application/categories/")
    person.page.locator(f"#category-{code}").check()
    person.page.locator("form[hx-post='/seller/application/categories/'] [type=submit]").click()


def add_product(person: Person, product: Mapping[str, str]) -> None:
    """One product by the form."""
    person.visit("/seller/application/products/edit/")
    fill(person.page, product)
    person.look("product")
    person.page.locator("main form:has([name=sku]) [type=submit]").first.click()
    expect(person.page.get_by_text(product["sku"]).first).to_be_visible()


def consent_and_identity(person: Person) -> None:
    """The consent first, then name, number and expiry of the legal representative."""
    person.visit("/seller/documents/representative/")
    person.page.locator("[name=agreed]").check()
    person.look("consent")
    person.page.locator("form[action$='/consent/'] [type=submit]").click()
    fill(person.page, {"name": "张示例", "number": "11010519491231002X", "expires_on": "2034-12-31"})
    person.page.locator("main form:has([name=number]) [type=submit]").click()
    expect(person.page.locator("main")).to_contain_text("110105********002X")
    person.look("representative")


def hand_in_papers(person: Person, kinds: tuple[str, ...] = PAPERS) -> None:
    """A photograph for every required paper."""
    for told in kinds:
        kind, _, subject = told.partition(" ")
        person.visit("/seller/documents/")
        form = person.page.locator(f"form[action='/seller/documents/kind/{kind}/']")
        if not form.is_visible():
            person.page.locator(
                f"details:has(form[action='/seller/documents/kind/{kind}/']) > summary"
            ).click()
        if subject:
            form.locator("[name=subject]").select_option(subject)
        if form.locator("[name=expires_on]").count():
            form.locator("[name=expires_on]").fill("2034-12-31")
        name = f"{told.replace(' ', '-')}.jpg"
        form.locator("[name=file]").set_input_files(
            {"name": name, "mimeType": "image/jpeg", "buffer": photograph(told)}
        )
        form.locator("[type=submit]").click()
        expect(person.page.locator(f"#paper-{kind} a", has_text=name)).to_be_visible()
    person.look("papers")


def call_sandbox(person: Person, calls: int = 100) -> None:
    """Make a key and run the page's own Python sample against the sandbox."""
    person.visit("/seller/erp/")
    person.page.locator("form[action='/seller/erp/key/'] [type=submit]").click()
    secret = person.page.locator("#secret").inner_text().strip()
    sample = person.page.locator("#sample-python").inner_text()
    person.look("erp-key")
    run = subprocess.run(
        [sys.executable, "-", str(calls)],
        input=sample,
        env={**os.environ, "BANTUO_SECRET": secret},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    expect(person.page.locator("#arriving")).to_contain_text(f"{calls} / 100", timeout=15_000)
    person.look("erp-arrived")


def submit(person: Person) -> None:
    """Hand the application in, with the confirmation."""
    person.visit("/seller/application/submit/")
    person.look("submit")
    person.page.locator("main form:has([type=submit]) [type=submit]").last.click()
    answer(person.page)
    expect(person.page).to_have_url(re.compile(r"/seller/(report|diagnosis)/"))


def answer(page: Page, word: str = "yes") -> None:
    """Answer the question that a form asks first."""
    page.locator(f"#confirm[open] [value={word}]").click()
    page.wait_for_load_state()


def state_of(person: Person) -> Any:
    """Where the application stands, as the page says it."""
    person.visit("/seller/application/")
    return person.page.locator("main .page-head .tone").first


def sign_agreement(person: Person) -> None:
    """Scroll the text to its end, type the name, sign, and keep the PDF copy."""
    person.visit("/seller/agreement/")
    button = person.page.locator("#sign-gate [type=submit]")
    expect(button).to_be_disabled()
    person.look("agreement")
    person.page.locator("main [name=signed_by]").fill("示例店主")
    person.page.locator("#agreement-text").evaluate("box => box.scrollTo(0, box.scrollHeight)")
    expect(button).to_be_enabled()
    person.page.locator("#sign-gate [name=read]").check()
    button.click()
    expect(person.page.locator("main .note-ok").first).to_be_visible()
    person.look("agreement-signed")
    person.visit("/seller/agreement/")
    assert person.fetch("main a[href$='.pdf']").startswith(b"%PDF-")


def pay_deposit_by_sandbox(person: Person) -> None:
    """The sandbox bank, which says that it moves no money; two clicks pay once."""
    person.visit("/seller/deposit/")
    person.look("deposit-due")
    person.page.locator("form[action='/seller/deposit/bank/'] [type=submit]").dblclick()
    expect(person.page.locator("form[action='/seller/deposit/bank/']")).to_have_count(0)
    expect(person.page.locator("main")).to_contain_text("¥20,000.00")
    person.look("deposit-held")


def bind_warehouse(person: Person) -> None:
    """Choose a warehouse, give the road distance with its evidence, see what it means, bind."""
    person.visit("/seller/warehouse/")
    person.look("warehouses")
    person.page.locator("main a[href^='/seller/warehouse/']:not([href='/seller/warehouse/'])").first.click()
    fill(person.page, {"km": "251.3", "reference": "road quote 2026-11"})
    person.look("warehouse-distance")
    person.page.locator("main form:has([name=km]) [type=submit]").click()
    person.look("warehouse-meaning")
    person.page.locator("main form[method=post] [type=submit]").last.click()
    person.page.wait_for_load_state()
