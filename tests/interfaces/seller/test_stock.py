"""The stock page: the day, the list, a quantity stated in its row, histories, shortages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import fastexcel
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bantuo.apps.accounts.models import Role
from bantuo.apps.parties.models import Seller
from bantuo.apps.stock.models import (
    Balance,
    DayWarning,
    Declaration,
    Movement,
    RecentSales,
    SellerDay,
    Shortage,
)
from bantuo.apps.stock.operations import Move, StatedRow, move_stock, record_stock_call, state_stock
from bantuo.core.stock_day import warning_at
from bantuo.interfaces.web.programme import programme_now
from tests.interfaces.seller import shop, stock_shop
from tests.interfaces.seller.stock_shop import balance, it_is, stocked, the_day

pytestmark = pytest.mark.django_db


@pytest.fixture
def morning(settings: object, tmp_path: Path) -> Iterator[None]:
    with it_is("10:00:00", settings, tmp_path):
        yield


def page(client: Client, path: str = "/seller/stock/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content.decode()[:400]
    return answer.content.decode()


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def state(seller: Seller, **quantities: int) -> None:
    warehouse = Balance.objects.filter(seller=seller)[0].warehouse.code
    rows = [
        StatedRow(n, sku.replace("_", "-"), warehouse, q) for n, (sku, q) in enumerate(quantities.items(), 1)
    ]
    state_stock(
        seller.pk, rows, basis="gross", channel="api", day=the_day(), now=programme_now().now, actor="key:1"
    )


@pytest.mark.usefixtures("morning")
def test_the_page_counts_what_the_day_still_misses_and_the_time_left() -> None:
    seller = stocked()
    state(seller, A_1=5)
    told = text(page(shop.sign_in(seller)))
    assert "not complete yet" in told
    assert "1 of 3" in told
    assert "2 SKU × warehouse missing" in told
    assert re.search(r"Until the cut-off (5:59|6:00) hours : minutes; cut-off at 16:00, Beijing time", told)


@pytest.mark.usefixtures("morning")
def test_a_day_is_complete_when_everything_was_stated_unchanged_or_not() -> None:
    seller = stocked("S1", "A-1", "A-2")
    state(seller, A_1=0, A_2=4)
    told = text(page(shop.sign_in(seller), "/seller/stock/day/"))
    assert "Everything the day asks for is stated." in told
    assert "nothing is missing" in told


def test_after_the_cut_off_the_page_says_what_was_missing(settings: object, tmp_path: Path) -> None:
    seller = stocked("S1", "A-1", "A-2")
    with it_is("15:59:50", settings, tmp_path):
        state(seller, A_1=1)
    with it_is("16:00:01", settings, tmp_path):
        state(seller, A_2=1)
        told = text(page(shop.sign_in(seller)))
    assert "1 SKU × warehouse was not stated in time" in told
    assert "cut-off was at 16:00" in told
    assert "stated too late" in told


@pytest.mark.usefixtures("morning")
def test_a_quantity_is_stated_in_its_row_and_the_row_is_answered() -> None:
    seller = stocked()
    kept = balance(seller, "A-2")
    answer = shop.sign_in(seller, Role.SELLER_STOCK).post(
        f"/seller/stock/{kept.pk}/declare/", {"quantity": "１２", "sequence": "0"}, headers=shop.HTMX
    )
    assert answer.status_code == 200
    assert answer.headers["HX-Trigger"] == "stock-stated"
    assert f'<span id="sellable-{kept.pk}" hx-swap-oob="true">12</span>' in answer.content.decode()
    assert "stated today" in answer.content.decode()
    kept.refresh_from_db()
    assert (kept.declared, kept.sequence, str(kept.stated_on)) == (12, 1, stock_shop.DAY)
    told = Declaration.objects.values_list("sequence", "basis", "channel", "rows_stated", "rows_changed")
    assert list(told) == [(1, "gross", "page", 1, 1)]


@pytest.mark.usefixtures("morning")
def test_who_saw_an_older_quantity_is_told_of_the_newer_one_and_nothing_is_lost() -> None:
    seller = stocked()
    client, kept = shop.sign_in(seller), balance(seller, "A-1")
    state(seller, A_1=7)
    path = f"/seller/stock/{kept.pk}/declare/"
    answer = client.post(path, {"quantity": "3", "sequence": "0"}, headers=shop.HTMX)
    assert answer.status_code == 422
    assert "it is 7 now" in answer.content.decode()
    assert 'name="sequence" value="1"' in answer.content.decode()
    assert 'name="quantity" value="3"' in answer.content.decode()
    assert balance(seller, "A-1").declared == 7
    assert client.post(path, {"quantity": "3", "sequence": "1"}, headers=shop.HTMX).status_code == 200
    assert balance(seller, "A-1").declared == 3


@pytest.mark.usefixtures("morning")
@pytest.mark.parametrize("typed", ["-1", "1.5", "", "many", "10000001", "1" + "0" * 18, "1e3", "½"])
def test_what_is_no_quantity_is_named_and_nothing_changes(typed: str) -> None:
    seller = stocked()
    kept = balance(seller, "A-1")
    answer = shop.sign_in(seller).post(
        f"/seller/stock/{kept.pk}/declare/", {"quantity": typed, "sequence": "0"}, headers=shop.HTMX
    )
    assert answer.status_code == 422
    assert "a whole number from 0 to 10,000,000" in answer.content.decode()
    assert Declaration.objects.count() == 0


@pytest.mark.usefixtures("morning")
def test_without_script_the_form_leads_back_to_the_list() -> None:
    seller = stocked()
    client = shop.sign_in(seller)
    path = f"/seller/stock/{balance(seller, 'A-1').pk}/declare/"
    assert client.post(path, {"quantity": "3", "sequence": "0"}).url == "/seller/stock/"
    assert "A-1 is stated." in page(client)
    client.post(path, {"quantity": "x", "sequence": "1"})
    assert "A-1: “x”: a whole number" in page(client)


@pytest.mark.usefixtures("morning")
def test_all_that_is_missing_is_stated_as_it_is() -> None:
    seller = stocked()
    state(seller, A_1=5)
    client = shop.sign_in(seller)
    client.post("/seller/stock/confirm/")
    assert "2 SKU × warehouse are stated as they were." in page(client)
    assert text(page(client)).count("stated today") >= 3
    client.post("/seller/stock/confirm/")
    assert "0 SKU × warehouse are stated" in page(client)
    assert list(Declaration.objects.values_list("sequence", "channel", "rows_stated")) == [
        (1, "api", 1),
        (2, "page", 2),
    ]


@pytest.mark.usefixtures("morning")
def test_another_sellers_balance_is_not_there() -> None:
    mine, other = stocked("S1"), stocked("S2", "B-1")
    client, theirs = shop.sign_in(mine), balance(other, "B-1")
    sent = {"quantity": "1", "sequence": "0", "safety": "1"}
    for path in ("declare/", "safety/"):
        assert client.post(f"/seller/stock/{theirs.pk}/{path}", sent).status_code == 404
    assert client.get(f"/seller/stock/{theirs.pk}/").status_code == 404
    assert "B-1" not in page(client)
    assert balance(other, "B-1").sequence == 0


@pytest.mark.usefixtures("morning")
def test_listing_staff_look_and_do_not_state() -> None:
    seller = stocked()
    client = shop.sign_in(seller, Role.SELLER_LISTING)
    shown = page(client)
    assert "declare/" not in shown
    assert "/seller/stock/confirm/" not in shown
    assert client.post(f"/seller/stock/{balance(seller, 'A-1').pk}/declare/").status_code == 403


@pytest.mark.usefixtures("morning")
def test_the_list_narrows_to_what_needs_looking_at() -> None:
    seller = stocked("S1", "LOW", "RISK", "SHORT", "FINE", "EMPTY")
    state(seller, LOW=5, RISK=1, SHORT=1, FINE=100)
    _sold(seller, LOW=14, RISK=14, FINE=14)
    short = balance(seller, "SHORT")
    move_stock([Move(short.pk, "declared", "reserve", 0, 2, "order:1")], at=programme_now().now)
    Shortage.objects.create(
        seller=seller, balance=short, quantity_short=1, reason="r", opened_at=programme_now().now
    )
    client = shop.sign_in(seller)

    def found(show: str) -> list[str]:
        return re.findall(r"<strong>([A-Z]+)</strong>", page(client, f"/seller/stock/?show={show}"))

    assert found("missing") == ["EMPTY"]
    assert found("low") == ["EMPTY", "LOW", "RISK", "SHORT"]
    assert found("risk") == ["RISK"]
    assert found("shortage") == ["SHORT"]
    assert re.findall(r"<strong>([A-Z]+)</strong>", page(client, "/seller/stock/?q=ris")) == ["RISK"]
    assert (
        re.findall(r"<strong>([A-Z]+)</strong>", page(client, "/seller/stock/?sort=-sellable"))[0] == "FINE"
    )


def _sold(seller: Seller, **units: int) -> None:
    for sku, sold in units.items():
        RecentSales.objects.create(
            seller=seller, balance=balance(seller, sku), units=sold, days=7, counted_at=programme_now().now
        )


@pytest.mark.usefixtures("morning")
def test_the_list_is_exported_with_every_column() -> None:
    seller = stocked("S1", "A-1")
    state(seller, A_1=5)
    move_stock(
        [Move(balance(seller, "A-1").pk, "on_hand", "purchase", 3, 0, "shipment:1")], at=programme_now().now
    )
    answer = shop.sign_in(seller).get("/seller/stock/?export=xlsx")
    sheet = fastexcel.read_excel(answer.content).load_sheet(0).to_polars()
    assert sheet.columns == [
        "SKU", "Warehouse", "Declared", "On hand", "Reserved", "On the way", "Safety", "Sellable",
        "Ordered lately", "Today", "Look at",
    ]  # fmt: skip
    assert sheet.row(0) == ("A-1", "YIWU", 5, 3, 0, 0, 0, 8, 0, "stated today", "")


@pytest.mark.usefixtures("morning")
def test_the_page_takes_the_same_number_of_queries_for_one_row_and_three() -> None:
    one, three = stocked("S1", "A-1"), stocked("S2", "B-1", "B-2", "B-3")
    counts = []
    for seller in (one, three):
        client = shop.sign_in(seller)
        page(client)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page(client)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 12


@pytest.mark.usefixtures("morning")
def test_the_history_of_a_balance_tells_movements_in_words_and_stays_sellers() -> None:
    seller = stocked("S1", "A-1")
    state(seller, A_1=5)
    kept = balance(seller, "A-1")
    move_stock([Move(kept.pk, "declared", "reserve", 0, 2, "order:17")], at=programme_now().now)
    told = text(page(shop.sign_in(seller), f"/seller/stock/{kept.pk}/"))
    assert "statement declared +5 – statement no. 1" in told
    assert "reserved for an order declared – +2 order 17" in told
    assert Movement.objects.count() == 2


@pytest.mark.usefixtures("morning")
def test_what_is_held_back_is_set_and_a_wrong_number_is_named() -> None:
    seller = stocked("S1", "A-1")
    client, kept = shop.sign_in(seller), balance(seller, "A-1")
    client.post(f"/seller/stock/{kept.pk}/safety/", {"safety": "4"})
    assert balance(seller, "A-1").safety == 4
    client.post(f"/seller/stock/{kept.pk}/safety/", {"safety": "-4"})
    assert "“-4”: a whole number" in page(client, f"/seller/stock/{kept.pk}/")
    assert balance(seller, "A-1").safety == 4


@pytest.mark.usefixtures("morning")
def test_the_last_ten_statements_and_the_response_times_are_shown() -> None:
    seller = stocked("S1", "A-1")
    for quantity in range(12):
        state(seller, A_1=quantity)
    for ms in [*[40] * 90, *[900] * 10]:
        record_stock_call(
            seller.pk, channel="api", rows=1, took_ms=ms, succeeded=ms < 100, at=programme_now().now
        )
    shown = page(shop.sign_in(seller), "/seller/stock/recent/")
    assert shown.count("REST interface") == 10
    assert "Your calls to us p50 40 ms p95 900 ms Calls 100, 10 failed" in text(shown)


@pytest.mark.usefixtures("morning")
def test_a_statement_shows_the_rows_that_were_refused() -> None:
    seller = stocked("S1", "A-1")
    state(seller, A_1=1, NONE=2)
    declaration = Declaration.objects.get()
    client = shop.sign_in(seller)
    assert f"/seller/stock/syncs/{declaration.pk}/" in page(client, "/seller/stock/syncs/")
    told = text(page(client, f"/seller/stock/syncs/{declaration.pk}/"))
    assert "2 SKU NONE × YIWU no listed semi-managed SKU of this code at this warehouse" in told
    assert shop.sign_in(stocked("S2", "B-1")).get(f"/seller/stock/syncs/{declaration.pk}/").status_code == 404


@pytest.mark.usefixtures("morning")
def test_late_days_are_counted_and_listed() -> None:
    seller = stocked("S1", "A-1")
    on, now = programme_now().on, programme_now().now
    for back, late in ((1, True), (2, False), (40, True)):
        SellerDay.objects.create(
            seller=seller, business_date=on - timedelta(days=back), listed=1, stated=1 - late,
            in_time=not late, cut_at=now,
        )  # fmt: skip
    client = shop.sign_in(seller)
    assert "Late in 30 days 1 of 2 days closed" in text(page(client))
    assert text(page(client, "/seller/stock/days/?in_time=False")).count(" late ") >= 2
    sheet = (
        fastexcel.read_excel(client.get("/seller/stock/days/?export=xlsx").content).load_sheet(0).to_polars()
    )
    assert [row[1] for row in sheet.rows()] == ["late", "in time", "late"]


def test_a_banner_warns_between_the_warning_and_the_cut_off(settings: object, tmp_path: Path) -> None:
    seller = stocked("S1", "A-1", "A-2")
    client = shop.sign_in(seller)
    with it_is("14:59:00", settings, tmp_path) as at:
        DayWarning.objects.create(seller=seller, business_date=the_day().on, listed=2, stated=0, warned_at=at)
        assert warning_at(programme_now().book, the_day().on) - at == timedelta(minutes=1)
        assert "are not stated yet; the cut-off" not in page(client, "/seller/")
    with it_is("15:00:30", settings, tmp_path):
        assert "2 SKU × warehouse are not stated yet; the cut-off is at 16:00." in page(client, "/seller/")
        state(seller, A_1=1, A_2=1)
        assert "are not stated yet; the cut-off" not in page(client, "/seller/")
    with it_is("16:00:30", settings, tmp_path):
        assert "are not stated yet; the cut-off" not in page(client, "/seller/")
