"""The operator's view of the day's stock: figures, filters, late days, export, a fixed number of queries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import fastexcel
import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bantuo.apps.accounts.models import Role
from bantuo.apps.parties.models import Seller
from bantuo.apps.stock.models import Balance, DayWarning, SellerDay
from bantuo.apps.stock.operations import StatedRow, open_balances, state_stock
from bantuo.core.clock import operating_day
from bantuo.interfaces.web.clock import moment
from bantuo.interfaces.web.programme import programme_now
from tests.apps import factories as make
from tests.interfaces.operator.policy_people import sign_in
from tests.interfaces.operator.stock_clock import it_is

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def morning(settings: object, tmp_path: Path) -> Iterator[None]:
    cache.clear()
    with it_is("10:00:00", settings, tmp_path):
        yield


def sellers(**listed: int) -> dict[str, Seller]:
    """Active sellers with so many SKUs."""
    made = make.make_active_sellers(*listed)
    for seller, (code, number) in zip(made, listed.items(), strict=True):
        make.make_skus(seller, *(f"{code}-{n}" for n in range(number)))
    open_balances(made, now=make.NOW)
    return {seller.code: seller for seller in Seller.objects.filter(pk__in=made)}


def state(seller: Seller, number: int) -> None:
    held = Balance.objects.filter(seller=seller).select_related("sku", "warehouse").order_by("sku__code")
    rows = [StatedRow(n, b.sku.code, b.warehouse.code, 1) for n, b in enumerate(held[:number], start=1)]
    programme = programme_now()
    day = operating_day(programme.book, programme.on)
    state_stock(seller.pk, rows, basis="gross", channel="api", day=day, now=programme.now, actor="key:1")


def page(path: str = "/operator/stock/", role: Role = Role.WAREHOUSE) -> str:
    answer = sign_in(role).get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_day_over_all_sellers_in_figures_and_rows() -> None:
    made = sellers(DONE=2, PART=3, IDLE=1)
    state(made["DONE"], 2)
    state(made["PART"], 1)
    DayWarning.objects.create(
        seller=made["IDLE"], business_date=programme_now().on, listed=1, stated=0, warned_at=moment()
    )
    SellerDay.objects.create(
        seller=made["IDLE"], business_date=programme_now().on - timedelta(days=3), listed=1, stated=0,
        in_time=False, cut_at=moment(),
    )  # fmt: skip
    shown = page()
    assert "Sellers with stock to state 3 Complete 1 of 3 " in shown
    assert "SKU × warehouse stated 3 of 6 Warned today 1" in shown
    assert re.search(r"DONE Shop DONE 2 2 0 complete", shown)
    assert re.search(r"PART Shop PART 3 1 2 not complete yet", shown)
    assert re.search(r"IDLE Shop IDLE 1 0 1 not complete yet .* – 1 ", shown)


def test_it_narrows_to_what_is_missing_complete_or_warned_and_exports_that() -> None:
    made = sellers(DONE=1, PART=2)
    state(made["DONE"], 1)
    state(made["PART"], 1)
    client = sign_in(Role.AUDITOR)
    found = {
        state: re.findall(r">(DONE|PART)<", client.get(f"/operator/stock/?state={state}").content.decode())
        for state in ("missing", "complete", "warned", "short")
    }
    assert found == {"missing": ["PART"], "complete": ["DONE"], "warned": [], "short": []}
    answer = client.get("/operator/stock/?state=missing&export=xlsx")
    sheet = fastexcel.read_excel(answer.content).load_sheet(0).to_polars()
    assert sheet.columns[:6] == ["Seller", "Name", "To be stated", "Stated in time", "Missing", "Today"]
    assert sheet.row(0)[:6] == ("PART", "Shop PART", 2, 1, 1, "not complete yet")
    assert re.findall(r">(DONE|PART)<", client.get("/operator/stock/?q=don").content.decode()) == ["DONE"]


def test_after_the_cut_off_late_is_late(settings: object, tmp_path: Path) -> None:
    made = sellers(DONE=1, PART=1)
    state(made["DONE"], 1)
    with it_is("16:30:00", settings, tmp_path):
        state(made["PART"], 1)
        shown = page()
    assert re.search(r"DONE Shop DONE 1 1 0 in time", shown)
    assert re.search(r"PART Shop PART 1 0 1 late", shown)


def test_it_takes_as_many_queries_for_one_seller_as_for_three() -> None:
    """With the figures over all sellers at hand, which are counted anew once a minute."""
    sellers(ONE=2)
    client = sign_in(Role.WAREHOUSE)
    counts = []
    for more in ({}, {"TWO": 1, "THREE": 3}):
        if more:
            sellers(**more)
        client.get("/operator/stock/")
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/operator/stock/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 12
