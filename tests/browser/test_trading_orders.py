"""A day of orders: a seller ships its own by page and by file; 16:00 is run, and one order taken back."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from playwright.sync_api import Browser, expect

from tests.browser import operator_steps as steps
from tests.browser.people import NARROW, OPERATOR_PASSWORD, WIDE, Person, Site, arrive
from tests.processes import ROOT

SHANGHAI = ZoneInfo("Asia/Shanghai")
# The day of each journey, counted from today, which the worker may have cut already; then language and
# size of the seller and of the operator.
CASES = [
    (1, ("zh-hans", WIDE), ("en", NARROW)),
    (2, ("en", NARROW), ("zh-hans", WIDE)),
]


@pytest.fixture
def clock(site: Site) -> Iterator[Callable[[date, str], None]]:
    """Sets the clock of the pages and jobs to a time of a day in Shanghai; the real one comes back."""
    path = site.home / "clock"

    def set_to(on: date, time_of_day: str) -> None:
        wanted = datetime.combine(on, clock_time.fromisoformat(time_of_day), SHANGHAI)
        path.write_text(str(int((wanted - datetime.now(UTC)).total_seconds())), encoding="ascii")

    yield set_to
    path.unlink(missing_ok=True)


def _seed(site: Site, code: str, on: date) -> tuple[str, str]:
    env = {
        **os.environ,
        "BANTUO_DATABASE_URL": site.database,
        "BANTUO_VAR": str(site.home),
        "DJANGO_SETTINGS_MODULE": "bantuo.config.settings",
        "PYTHONPATH": str(ROOT),
        "SEED_PASSWORD": OPERATOR_PASSWORD,
    }
    command = [sys.executable, "-m", "tests.browser.order_seed", code, on.isoformat()]
    run = subprocess.run(command, cwd=ROOT, env=env, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    email, seller = run.stdout.split()
    return email, seller


@pytest.mark.timeout(600)  # two people, some thirty pages, each of them looked over
@pytest.mark.parametrize(("days", "selling", "operating"), CASES, ids=["tomorrow", "the-day-after"])
def test_a_day_of_orders(
    browser: Browser,
    site: Site,
    clock: Callable[[date, str], None],
    days: int,
    selling: tuple[str, tuple[int, int]],
    operating: tuple[str, tuple[int, int]],
) -> None:
    on = datetime.now(SHANGHAI).date() + timedelta(days=days)
    code, manager = f"ORD-{days}", f"manager-{days}"
    clock(on, "11:30")
    email, seller_id = _seed(site, code, on)
    steps.prepare(site, people={manager: "operator_warehouse"}, shops={})
    seller = arrive(browser, site, "orders", language=selling[0], size=selling[1])
    seller.sign_in(email)
    _read_the_list(seller, code)
    _ship_by_page(seller, code)
    _ship_by_file(seller, code)
    _answer(seller)
    operator = steps.sit_down(browser, site, manager, *operating)
    _look_before_16_00(operator, code)
    clock(on, "16:01")
    _run_16_00(operator, on, code)
    _take_one_back(operator, on, code, seller_id)
    _see_what_came_back(seller, on, code)


def _read_the_list(person: Person, code: str) -> None:
    """Filter it, keep the filter, open an order, look at its address once."""
    page = person.page
    person.visit("/seller/orders/")
    expect(page.locator("main tbody tr")).to_have_count(7)
    person.look("orders")
    page.locator("select[name=state]").select_option("to_ship")
    expect(page.locator("main tbody tr")).to_have_count(4)
    page.locator("#filter-name").fill("待发")
    page.locator(".save-filter [type=submit]").click()
    expect(page.locator(".saved-filters a")).to_have_text("待发")
    person.look("orders-filtered")
    page.locator("main tbody a", has_text=f"{code}-81900003").click()
    expect(page.locator("main")).to_contain_text("M**")
    person.look("order")
    form = page.locator("form[action*='/unmask/']")
    form.locator("[name=reason]").fill("打印面单")
    form.locator("[type=submit]").click()
    expect(page.locator("main")).to_contain_text("Calle Mayor 1")
    person.look("order-unmasked")


def _ship_by_page(person: Person, code: str) -> None:
    """One tracking number is right, one row lacks its carrier and is named."""
    page = person.page
    person.visit("/seller/orders/to-ship/")
    expect(page.locator("main tbody tr")).to_have_count(4)
    person.look("to-ship")
    first, second = (page.locator("main tbody tr").filter(has_text=f"{code}-8190000{n}") for n in (1, 2))
    first.locator("[name^=carrier-]").fill("顺丰国际")
    first.locator("[name^=number-]").fill("SF1000000001")
    second.locator("[name^=number-]").fill("SF1000000002")
    page.locator("main form:has(table) [type=submit]").click()
    expect(page.locator("[aria-invalid=true]")).to_have_attribute("name", re.compile("^carrier-"))
    expect(second.locator("[name^=number-]")).to_have_value("SF1000000002")
    person.forget("422")
    person.look("to-ship-refused")
    expect(page.locator("main tbody tr")).to_have_count(3)


def _ship_by_file(person: Person, code: str) -> None:
    """The sheet to fill in comes back filled in; a row that names nothing is told."""
    page = person.page
    with page.expect_download() as download:
        page.locator("main .actions a[href$='template.xlsx']").click()
    sheet = pl.read_excel(download.value.path(), sheet_id=1)
    assert [row[0] for row in sheet.rows()] == [f"{code}-8190000{n}" for n in (2, 3)]
    rows = [
        ("订单号", "物流公司", "运单号"),
        (f"{code}-81900002", "顺丰国际", "SF1000000002"),
        (f"{code}-81900003", "顺丰国际", "SF1000000003"),
        ("不存在", "顺丰国际", "SF1000000009"),
    ]
    content = "\n".join(",".join(row) for row in rows).encode("gb18030")
    page.locator("#tracking-file").set_input_files(
        files=[{"name": "运单.csv", "mimeType": "text/csv", "buffer": content}]
    )
    page.locator("form[action$='/file/'] [type=submit]").click()
    expect(page.locator("main tbody tr")).to_have_count(3)
    expect(page.locator("main tbody tr").first).to_contain_text("不存在")
    person.forget("422")
    person.look("tracking-results")
    person.visit("/seller/orders/?state=shipped")
    expect(page.locator("main tbody tr")).to_have_count(3)


def _answer(person: Person) -> None:
    """The cancel request is accepted; nothing is left to ship."""
    page = person.page
    person.visit("/seller/orders/cancels/")
    person.look("cancel-requests")
    page.locator("form:has([value=accept]) [type=submit]").click()
    steps.confirm(page)
    expect(page.locator(".nothing")).to_be_visible()
    person.look("nothing-to-answer")


def _look_before_16_00(person: Person, code: str) -> None:
    """The countdown, who is missing, and what a dry run says; it cannot be run yet."""
    page = person.page
    steps.go(person, "/operator/orders/")
    person.look("all-orders")
    steps.go(person, "/operator/cutover/")
    expect(page.locator("main")).to_contain_text(f"示例店铺 {code}")
    expect(page.locator("form[action$='/run/']")).to_have_count(0)
    person.look("before-16-00")
    page.locator("main .actions a[href$='/preview/']").click()
    expect(page.locator("#preview-title")).to_be_visible()
    person.look("dry-run")


def _run_16_00(person: Person, on: date, code: str) -> None:
    """By hand, unless the worker's clock was quicker: one order turns whole, one is split."""
    page = person.page
    steps.go(person, "/operator/cutover/")
    run = page.locator("form[action$='/run/'] [type=submit]")
    if run.count():
        run.click()
        steps.confirm(page)
    else:
        person.visit(f"/operator/cutover/{on}/")
    expect(page.locator("#report-title")).to_be_visible()
    expect(page.locator("main tbody")).to_contain_text(code)
    person.look("report")


def _take_one_back(person: Person, on: date, code: str, seller_id: str) -> None:
    """Of what came back to the seller, the whole order is with the programme again."""
    page = person.page
    person.visit(f"/operator/cutover/{on}/sellers/{seller_id}/")
    expect(page.locator("section:has(#turned-title) a:not(.btn)")).to_have_count(2)
    person.look("late-seller")
    person.visit(f"/operator/orders/?q={code}-81900006")
    page.locator("main tbody a").first.click()
    person.look("turned-order")
    form = page.locator("form[action$='/reverse/']")
    form.locator("[name=reason]").fill("ERP 接口故障，已核实")
    form.locator("[type=submit]").click()
    steps.confirm(page)
    expect(page.locator("form[action$='/reverse/']")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("ERP 接口故障，已核实")
    person.look("taken-back")


def _see_what_came_back(person: Person, on: date, code: str) -> None:
    """The seller reads which orders came back, of which SKU and why; one is the programme's again."""
    page = person.page
    person.visit(f"/seller/orders/came-back/{on}/")
    rows = page.locator("section:has(#back-title) tbody tr")
    expect(rows).to_have_count(2)
    expect(page.locator("#by-sku tbody")).to_contain_text("LAMP-02")
    expect(page.locator("#by-sku tbody")).not_to_contain_text("LAMP-01")
    expect(rows.filter(has_text=f"{code}-81900006")).to_have_count(1)
    person.look("came-back")
