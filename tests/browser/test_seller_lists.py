"""A seller lists 500 SKUs from a sheet of 店小秘, mends the price alerts, and takes an import back."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys

import polars as pl
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import listing_sheets as sheets
from tests.browser import operator_steps as steps
from tests.browser.people import OPERATOR_PASSWORD, Person, Site, arrive
from tests.processes import ROOT

LISTED_IN_TIME_MS = 60_000


def _open_shop(site: Site, code: str) -> None:
    env = {
        **os.environ,
        "BANTUO_DATABASE_URL": site.database,
        "BANTUO_VAR": str(site.home),
        "DJANGO_SETTINGS_MODULE": "bantuo.config.settings",
        "PYTHONPATH": str(ROOT),
        "SEED_PASSWORD": OPERATOR_PASSWORD,
    }
    command = [
        sys.executable,
        str(ROOT / "tests" / "browser" / "listing_seed.py"),
        json.dumps({"shops": [code]}),
    ]
    subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)


def _sit_down(browser: Browser, site: Site, code: str, language: str, size: tuple[int, int]) -> Person:
    person = arrive(browser, site, f"lists-{code}".lower(), language=language, size=size)
    person.sign_in(f"{code.lower()}@shop.example")
    expect(person.page.locator(".who")).to_be_visible()
    steps.speak(person)
    return person


def _upload(person: Person, content: bytes, *, name: str) -> None:
    """From the menu of listings to the page on which the columns are matched."""
    steps.go(person, "/seller/listings/")
    person.page.locator("nav.nav-tabs a[href='/seller/listings/imports/']").click()
    mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    person.page.locator("#sheet-file").set_input_files({"name": name, "mimeType": mime, "buffer": content})
    person.page.locator("form[action$='/upload/'] [type=submit]").click()
    expect(person.page.locator("#columns-title")).to_be_visible()


def _import(person: Person) -> None:
    """From the look to the end of the run."""
    person.page.locator("form[action$='/start/'] [type=submit]").click()
    expect(person.page.locator("form[action$='/undo/']")).to_be_visible(timeout=LISTED_IN_TIME_MS)


def _figures(page: Page) -> list[int]:
    """New, changed, the same, with problems."""
    return [int(text) for text in page.locator(".figures .value").all_inner_texts()]


@pytest.mark.parametrize(("language", "size"), steps.SIZES, ids=steps.IDS)
def test_a_seller_lists_500_skus_and_mends_the_alerts(
    browser: Browser, site: Site, language: str, size: tuple[int, int]
) -> None:
    code = f"LISTS-{size[0]}"
    _open_shop(site, code)
    person = _sit_down(browser, site, code, language, size)
    page = person.page
    steps.go(person, "/seller/listings/")
    person.look("nothing-listed")
    _upload(person, sheets.goods_sheet(prefix=code), name="店小秘商品.xlsx")
    expect(page.locator("[name=column_sku_code]")).to_have_value("*SKU(必填)")
    expect(page.locator("[name=column_weight_g]")).to_have_value("商品净重（g）")
    expect(page.locator("[name=column_exclusive_fen]")).to_have_value("半托管价")
    page.locator("[name=fixed_category]").fill("home-lamps")
    page.locator("[name=fixed_markets]").fill("ES, PL")
    person.look("columns")
    page.locator("form[action$='/columns/'] [type=submit]").click()
    expect(page.locator("#rows-title")).to_be_visible()
    assert _figures(page) == [sheets.ROWS, 0, 0, 2]
    person.look("a-look")
    faulty = pl.read_excel(io.BytesIO(person.fetch("a[href$='/problems/']")), infer_schema_length=0)
    assert [bool(cell) for cell in faulty[:, -1]] == [False] * sheets.ROWS + [True, True]
    page.locator("a[href*='show=bad']").click()
    expect(page.locator("main tbody tr")).to_have_count(2)
    person.look("rows-with-problems")
    _look_at_coming_alerts(person)
    _import(person)
    person.look("imported")
    _mend_alerts(person)
    _look_at_costs(person, code)


def _look_at_coming_alerts(person: Person) -> None:
    """The look says beforehand which prices would raise an alert, and how far they may go."""
    page = person.page
    expect(page.locator(".note-warn")).to_contain_text(str(len(sheets.TOO_DEAR)))
    page.locator("a[href*='show=alert']").click()
    first = page.locator("main tbody tr").first
    expect(first).to_contain_text("¥129.99")
    expect(first.locator(".text-warn")).to_contain_text("¥123.50")
    person.look("rows-with-alerts")


def _mend_alerts(person: Person) -> None:
    """One by its own button, the others at once."""
    page = person.page
    steps.go(person, "/seller/listings/")
    page.locator("nav.nav-tabs a[href='/seller/listings/alerts/']").click()
    expect(page.locator("nav.nav-tabs .active")).to_contain_text(str(len(sheets.TOO_DEAR)))
    person.look("alerts")
    page.locator("button[name=alert]").first.click()
    steps.done(person)
    expect(page.locator("nav.nav-tabs .active")).to_contain_text(str(len(sheets.TOO_DEAR) - 1))
    page.locator("button[name=all]").click()
    steps.confirm(page)
    steps.done(person)
    expect(page.locator("button[name=alert]")).to_have_count(0)
    person.look("alerts-mended")


def _look_at_costs(person: Person, code: str) -> None:
    """Every SKU with its fees; the ones a few grams above a step say what shedding them saves."""
    page = person.page
    steps.go(person, "/seller/listings/")
    person.look("listed")
    exported = person.context.request.get(f"{person.site.url}/seller/listings/?export=xlsx").body()
    book = pl.read_excel(io.BytesIO(exported), infer_schema_length=0)
    assert book.height == sheets.ROWS
    by_code = {row[0]: row for row in book.iter_rows()}
    assert by_code[f"{code}-0000"][4] == "123.50"  # mended: 95 % of 130.00
    assert by_code[f"{code}-0100"][4] == "119.00"
    page.locator("[name=q]").fill(f"{code}-004")
    page.locator("[name=q]").press("Enter")
    expect(page.locator("main tbody tr")).to_have_count(10)
    expect(page.locator("main tbody .text-warn")).to_have_count(10)
    person.look("near-a-step")
    page.locator("main tbody a[href*='/products/']").first.click()
    expect(page.locator("#history-title")).to_be_visible()
    person.look("product")
    page.locator("main .actions a[href$='/edit/']").click()
    expect(page.locator("#attribute-fields input").first).to_be_visible()
    person.look("edit-product")
    page.locator("[name='attr-brand']").fill("无品牌")
    page.locator("main form:has([name=title]) [type=submit]").first.click()
    steps.done(person)
    expect(page.locator("main")).to_contain_text("无品牌")


@pytest.mark.parametrize(("language", "size"), steps.SIZES, ids=steps.IDS)
def test_an_import_is_taken_back_and_the_mapping_is_remembered(
    browser: Browser, site: Site, language: str, size: tuple[int, int]
) -> None:
    code = f"UNDOES-{size[0]}"
    _open_shop(site, code)
    person = _sit_down(browser, site, code, language, size)
    page = person.page
    for prefix in ("FIRST", "SECOND"):
        _upload(person, sheets.goods_sheet(prefix=prefix, rows=30, faulty=False), name=f"{prefix}.xlsx")
        if prefix == "FIRST":
            page.locator("[name=fixed_category]").fill("home-lamps")
        else:
            expect(page.locator("[name=fixed_category]")).to_have_value("home-lamps")
        page.locator("form[action$='/columns/'] [type=submit]").click()
        expect(page.locator("#rows-title")).to_be_visible()
        _import(person)
    page.locator("form[action$='/undo/'] [type=submit]").click()
    steps.confirm(page)
    expect(page.locator("form[action$='/undo/']")).to_have_count(0)
    expect(page.locator("main .tone").first).to_have_class(re.compile("tone-mute"), timeout=LISTED_IN_TIME_MS)
    person.look("undone")
    page.locator("main nav a[href='/seller/listings/imports/']").click()
    expect(page.locator("main tbody tr")).to_have_count(2)
    person.look("imports")
    for place in ("findings", "promotions", "services"):
        page.locator(f"nav.nav-tabs a[href='/seller/listings/{place}/']").click()
        expect(page.locator("nav.nav-tabs .active")).to_be_visible()
        person.look(place)


@pytest.mark.parametrize(("language", "size"), steps.SIZES, ids=steps.IDS)
def test_a_main_image_under_full_management_is_decided_by_the_operator(
    browser: Browser, site: Site, language: str, size: tuple[int, int]
) -> None:
    code, name = f"FULL-{size[0]}", f"decides-{size[0]}"
    _open_shop(site, code)
    steps.prepare(site, people={name: "operator_reviewer"}, shops={})
    person = _sit_down(browser, site, code, language, size)
    page = person.page
    page.goto(f"{site.url}/seller/listings/new/")
    person.look("new-product")
    page.locator("[name=category]").fill("home-lamps")
    page.locator("[name=category]").press("Tab")
    expect(page.locator("[name='attr-voltage']")).to_be_visible()
    for field, text in {
        "title": "台灯", "images": "https://img.example/old.jpg", "sku_code": code, "ordinary_fen": "130",
        "weight_g": "1.2", "size": "30x25x20", "markets": "ES",
    }.items():  # fmt: skip
        page.locator(f"[name={field}]").fill(text)
    page.locator("[name=fully_managed]").check()
    page.locator("[name=semi_managed]").uncheck()
    page.locator("main form:has([name=title]) [type=submit]").first.click()
    steps.done(person)
    page.locator("main .actions a[href$='/edit/']").click()
    page.locator("[name=images]").fill("https://img.example/new.jpg")
    page.locator("main form:has([name=title]) [type=submit]").first.click()
    expect(page.locator("main .note-warn")).to_contain_text("new.jpg")
    person.look("main-image-asked")
    operator = steps.sit_down(browser, site, name, language, size)
    steps.go(operator, "/operator/listing-requests/")
    operator.look("listing-requests")
    operator.page.locator("main tbody a").first.click()
    operator.look("listing-request")
    operator.page.locator("form[action$='/approve/'] [type=submit]").click()
    steps.confirm(operator.page)
    steps.done(operator)
    operator.look("listing-request-approved")
    page.reload()
    expect(page.locator("main dl.facts").first).to_contain_text("new.jpg")
