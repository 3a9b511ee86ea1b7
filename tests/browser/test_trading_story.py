"""A shop's first trading day: 500 SKUs from a sheet, prices mended, stock by an ERP, and 16:00 missed."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from datetime import time as clock_time

import polars as pl
import pytest
from playwright.sync_api import Browser, expect

from tests.browser import listing_sheets as sheets
from tests.browser import operator_steps as steps
from tests.browser import trading_story as story
from tests.browser.people import NARROW, OPERATOR_PASSWORD, WIDE, Person, Site, arrive
from tests.processes import ROOT

SHOP = "STORY"
OWNER = f"{SHOP.lower()}@shop.example"
# Days that no other journey cuts, counted from today: one to begin on, and the one whose 16:00 is missed.
BEGINS, MISSES = 4, 5


@pytest.fixture
def clock(site: Site) -> Iterator[story.Clock]:
    """The real time comes back after the story."""
    clock = story.Clock(site)
    yield clock
    clock.set_back()


@pytest.mark.timeout(1200)  # four people, some forty pages, each of them looked over
def test_a_shop_lists_states_and_misses_16_00(browser: Browser, site: Site, clock: story.Clock) -> None:
    today = datetime.now(story.SHANGHAI).date()
    begins, misses = today + timedelta(days=BEGINS), today + timedelta(days=MISSES)
    _open_shop(site)
    clock.set_to(begins, "10:00")
    seller = arrive(browser, site, "story", language="zh-hans", size=WIDE)
    seller.sign_in(OWNER)
    expect(seller.page.locator(".who")).to_be_visible()
    steps.speak(seller)
    _list_the_goods(seller)
    _mend_the_prices(seller)
    erp = _connect_the_erp(seller)
    products = _state_everything(seller, erp)
    key = _marketplace_key(browser, site)
    clock.set_to(misses, "10:00")
    _orders_come(site, key, misses)
    clock.set_to(misses, "15:20")
    _state_a_part(seller, erp, products)
    clock.set_to(misses, "16:05")
    _the_cut_comes(seller, misses)
    erp.state([products[at] for at in story.LATE])
    _more_orders_come(site, key, misses)
    _see_what_came_back(seller)
    _see_what_stayed(seller)
    _open_the_reason(seller)
    _read_it_on_a_phone(browser, site)
    _the_operator_reads_it(browser, site, misses)


def _open_shop(site: Site) -> None:
    env = {
        **os.environ, "BANTUO_DATABASE_URL": site.database, "BANTUO_VAR": str(site.home),
        "DJANGO_SETTINGS_MODULE": "bantuo.config.settings", "PYTHONPATH": str(ROOT),
        "SEED_PASSWORD": OPERATOR_PASSWORD,
    }  # fmt: skip
    seed = str(ROOT / "tests" / "browser" / "listing_seed.py")
    command = [sys.executable, seed, json.dumps({"shops": [SHOP]})]
    run = subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def _list_the_goods(person: Person) -> None:
    """The sheet as it is; two rows cannot be read and are told in the same workbook; a job lists the rest."""
    page = person.page
    steps.go(person, "/seller/listings/")
    page.locator("nav.nav-tabs a[href='/seller/listings/imports/']").click()
    mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    sheet = {"name": "店小秘商品.xlsx", "mimeType": mime, "buffer": sheets.goods_sheet(prefix=SHOP)}
    page.locator("#sheet-file").set_input_files(sheet)  # type: ignore[arg-type]
    page.locator("form[action$='/upload/'] [type=submit]").click()
    expect(page.locator("[name=column_sku_code]")).to_have_value("*SKU(必填)")
    expect(page.locator("[name=column_ordinary_fen]")).to_have_value("售价")
    expect(page.locator("[name=column_exclusive_fen]")).to_have_value("半托管价")
    page.locator("[name=fixed_category]").fill("home-lamps")
    page.locator("[name=fixed_markets]").fill("ES")
    page.locator("form[action$='/columns/'] [type=submit]").click()
    expect(page.locator("#rows-title")).to_be_visible()
    figures = [int(text) for text in page.locator(".figures .value").all_inner_texts()]
    assert figures == [sheets.ROWS, 0, 0, 2]
    person.look("preview")
    told = pl.read_excel(io.BytesIO(person.fetch("a[href$='/problems/']")), infer_schema_length=0)
    wrong = {row[0]: row[-1] for row in told.rows() if row[-1]}
    assert set(wrong) == {f"{SHOP}-BAD-1", f"{SHOP}-BAD-2"}
    assert "1.2E+03" in wrong[f"{SHOP}-BAD-1"]
    assert "面议" in wrong[f"{SHOP}-BAD-2"]
    page.locator("form[action$='/start/'] [type=submit]").click()
    expect(page.locator("form[action$='/undo/']")).to_be_visible(timeout=60_000)
    person.look("imported")
    listed = story.exported(person, "/seller/listings/?export=xlsx")
    assert {row[0] for row in listed} == {story.sku_code(SHOP, at) for at in range(sheets.ROWS)}


def _mend_the_prices(person: Person) -> None:
    """Forty exclusive prices are too near the ordinary one: one is mended by itself, the rest at once."""
    page, dear = person.page, {story.sku_code(SHOP, at) for at in sheets.TOO_DEAR}
    steps.go(person, "/seller/listings/")
    page.locator("nav.nav-tabs a[href='/seller/listings/alerts/']").click()
    person.look("alerts")
    shown = {row[0].split()[0] for row in story.rows_shown(person, "main tbody tr", [0])}
    assert shown == dear
    page.goto(f"{person.site.url}/seller/listings/alerts/")
    page.locator("button[name=alert]").first.click()
    steps.done(person)
    expect(page.locator("nav.nav-tabs .active")).to_contain_text(str(len(dear) - 1))
    page.locator("button[name=all]").click()
    steps.confirm(page)
    steps.done(person)
    expect(page.locator("button[name=alert]")).to_have_count(0)
    person.look("alerts-mended")
    prices = {row[0]: row[4] for row in story.exported(person, "/seller/listings/?export=xlsx")}
    assert {code for code, price in prices.items() if price == "123.50"} == dear  # 95 % of 130.00
    assert {price for code, price in prices.items() if code not in dear} == {"119.00"}


def _connect_the_erp(person: Person) -> story.Erp:
    """The shop makes an app of its own, and a token for the program."""
    page = person.page
    steps.go(person, "/seller/erp-apps/")
    page.locator("form[action$='/own/'] [type=submit]").click()
    secret, key = page.locator("#secret").inner_text(), page.locator("#own-key").inner_text()
    page.locator("form[action$='/own/token/'] [type=submit]").click()
    return story.Erp.of(person.site, key=key, secret=secret, token=page.locator("#token").inner_text())


def _state_everything(person: Person, erp: story.Erp) -> list[tuple[int, str]]:
    """The ERP reads the listings and states each; the day is complete. Product and SKU of each row."""
    codes = [story.sku_code(SHOP, at) for at in range(sheets.ROWS)]
    listed = erp.listings()
    assert {title.split()[-1] for title in listed} == set(codes)
    assert {sellable for _, sellable in listed.values()} == {"0"}
    products = {title.split()[-1]: pk for title, (pk, _) in listed.items()}
    ordered = [(products[code], code) for code in codes]
    erp.state(ordered)
    assert {sellable for _, sellable in erp.listings().values()} == {str(story.PIECES)}
    steps.go(person, "/seller/stock/")
    expect(person.page.locator("#stock-day progress")).to_have_attribute("value", str(sheets.ROWS))
    expect(person.page.locator("#stock-day .note-ok")).to_be_visible()
    person.look("stock-complete")
    return ordered


def _marketplace_key(browser: Browser, site: Site) -> str:
    """An administrator gives the marketplace a key to push orders with."""
    steps.prepare(
        site, people={"story-admin": "operator_administrator", "story-watch": "operator_warehouse"}, shops={}
    )
    person = steps.sit_down(browser, site, "story-admin", "zh-hans", WIDE)
    steps.go(person, "/operator/api-keys/")
    form = person.page.locator("#new-key")
    form.locator("[name=marketplace]").select_option("browser")
    form.locator("[name=title]").fill("订单推送")
    form.locator("[name=scopes]").first.check()
    form.locator("[type=submit]").click()
    secret = person.page.locator("#secret").inner_text()
    person.context.close()
    return secret


def _orders_come(site: Site, key: str, on: date) -> None:
    """What was stated the day before still holds in the morning: all are reserved but the one too big."""
    at = datetime.combine(on, clock_time(9, 58), story.SHANGHAI)
    answered = story.push_orders(site, key, story.MORNING, shop=SHOP, at=at)
    big = dict.fromkeys(story.TOO_MANY, ("self", "stock_short"))
    assert answered == dict.fromkeys(story.MORNING, ("semi", "reserved")) | big


def _state_a_part(person: Person, erp: story.Erp, products: list[tuple[int, str]]) -> None:
    """The ERP states 300 of 500, and the page says how many are missing and until when."""
    erp.state([products[at] for at in story.IN_TIME])
    steps.go(person, "/seller/stock/")
    day = person.page.locator("#stock-day")
    expect(day.locator("progress")).to_have_attribute("value", str(len(story.IN_TIME)))
    expect(day.locator("progress")).to_have_attribute("max", str(sheets.ROWS))
    person.look("stock-part")
    steps.go(person, "/seller/orders/")
    person.page.locator("main .nav-tabs a[href='/seller/orders/came-back/']").click()
    expect(person.page.locator("#missing-title")).to_be_visible()
    expect(person.page.locator("main .nothing")).to_be_visible()
    person.look("before-16-00")


def _the_cut_comes(person: Person, on: date) -> None:
    """The worker runs it: what was reserved of SKUs not stated is turned, mixed orders are split."""
    story.soon(
        lambda: story.cut_figures(person.site, on) is not None, person, seconds=120, what="16:00 never came"
    )
    whole, split = len(story.RETURNING), len(story.MIXED)
    assert story.turned(person.site, on, shop=SHOP) == (whole, split, whole + split)
    assert story.cut_figures(person.site, on) == story.turned(person.site, on)


def _more_orders_come(site: Site, key: str, on: date) -> None:
    """After the cut-off, what was not stated in time goes straight to the seller, stated late or not."""
    at = datetime.combine(on, clock_time(16, 4), story.SHANGHAI)
    answered = story.push_orders(site, key, story.EVENING, shop=SHOP, at=at)
    straight = dict.fromkeys(story.EVENING_STRAIGHT, ("self", "after_cutoff"))
    assert answered == dict.fromkeys(story.EVENING_STAYING, ("semi", "reserved")) | straight


def _see_what_came_back(person: Person) -> None:
    """Every order that came back with its goods and its reason, and no other; by SKU, too."""
    page, words = person.page, story.WORDS[person.language]
    person.visit("/seller/orders/")
    page.locator("main .nav-tabs a[href='/seller/orders/came-back/']").click()
    expect(page.locator("#back-title")).to_be_visible()
    turned, straight = len(story.AT_THE_CUT), len(story.EVENING_STRAIGHT)
    figures = page.locator(".figures .value").all_inner_texts()
    assert figures == [str(turned), str(straight), "0", f"{len(story.IN_TIME)} / {sheets.ROWS}"]
    person.look("came-back")
    page.locator("#by-sku > summary").click()
    person.look("came-back-by-sku")
    by_sku = {row[0].split()[0] for row in story.rows_shown(person, "#by-sku tbody tr", [0])}
    back = story.AT_THE_CUT | {"A-01": {310: 1}, "A-02": {342: 1}, "A-03": {300: 1}}
    assert by_sku == {story.sku_code(SHOP, at) for lines in back.values() for at in lines}
    person.visit("/seller/orders/came-back/")
    rows = list(story.rows_shown(person, "section:has(#back-title) tbody tr", [0, 1, 2]))
    person.look("came-back-last-page")
    found = {(row[0].split()[0], tuple(row[1].split("\n")), row[2]) for row in rows}
    assert found == story.came_back(SHOP, words)
    assert len(rows) == len(found)


def _see_what_stayed(person: Person) -> None:
    """Of the list: what the programme ships is exactly what was stated in time."""
    kept = story.STAYING | story.EVENING_STAYING | {"M-00": {12: 1}, "M-01": {13: 3}}
    rows = story.exported(person, "/seller/orders/?route=semi&export=xlsx")
    assert {(row[0], row[9], row[10]) for row in rows} == {
        (f"{SHOP}-{name}", story.sku_code(SHOP, at), str(pieces))
        for name, lines in kept.items()
        for at, pieces in lines.items()
    }
    rows = story.exported(person, "/seller/orders/?reason=stock_short&export=xlsx")
    assert {(row[0], row[5]) for row in rows} == {(f"{SHOP}-Q-00", story.WORDS[person.language]["short"])}
    person.visit("/seller/orders/?route=semi")
    person.look("orders-stayed")


def _open_the_reason(person: Person) -> None:
    """From the row to the order, and from its reason to the rule."""
    page = person.page
    person.visit(f"/seller/orders/?q={SHOP}-U-00")
    page.locator("main tbody a").first.click()
    why = page.locator("section:has(#why-title)")
    expect(why).to_contain_text(story.WORDS[person.language]["cut"])
    person.look("order-that-came-back")
    why.locator(".rule-link", has_text="OPS-1").first.click()
    expect(page.locator("#drawer[open]")).to_contain_text("16:00")
    person.look("its-rule")
    page.keyboard.press("Escape")


def _read_it_on_a_phone(browser: Browser, site: Site) -> None:
    """The same in English on a phone."""
    person = arrive(browser, site, "story-phone", language="en", size=NARROW)
    person.sign_in(OWNER)
    expect(person.page.locator(".who")).to_be_visible()
    steps.speak(person)
    for path, what in (
        ("/seller/listings/", "listings"),
        ("/seller/listings/alerts/", "alerts"),
        ("/seller/stock/", "stock"),
        ("/seller/orders/", "orders"),
        ("/seller/orders/to-ship/", "to-ship"),
    ):
        person.visit(path)
        person.look(what)
    _see_what_came_back(person)
    _open_the_reason(person)


def _the_operator_reads_it(browser: Browser, site: Site, on: date) -> None:
    """Who was late, by how much, and what came back to them."""
    person = steps.sit_down(browser, site, "story-watch", "zh-hans", WIDE)
    steps.go(person, "/operator/cutover/")
    person.look("16-00")
    person.visit(f"/operator/cutover/{on}/")
    row = person.page.locator("section:has(#late-title) tbody tr", has_text=SHOP)
    missing = sheets.ROWS - len(story.IN_TIME)
    figures = [sheets.ROWS, len(story.IN_TIME), missing, len(story.AT_THE_CUT)]
    assert row.locator(".num").all_inner_texts() == [str(figure) for figure in figures]
    person.look("report")
