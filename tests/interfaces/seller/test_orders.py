"""A seller's orders on pages: lists, one order, shipping by page and by file, cancellations, 16:00."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import fastexcel
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bantuo.apps.accounts.models import Role
from bantuo.apps.aftersales.operations import Cancelling, request_cancel
from bantuo.apps.documents.models import DocumentAccess
from bantuo.apps.orders.models import CancelRequest, Order, SavedFilter, Shipment
from bantuo.apps.orders.operations.cutover import cut_over
from bantuo.apps.orders.operations.recipients import NewRecipient, keep_recipients
from bantuo.apps.orders.order_rows import orders_by_id
from bantuo.apps.parties.models import Seller
from bantuo.apps.stock.models import Balance
from bantuo.core.clock import operating_day
from bantuo.interfaces.web.order_page import next_of
from bantuo.interfaces.web.papers import vault
from bantuo.interfaces.web.programme import Programme, programme_now
from tests.apps.trading import ACTOR, World, make_world
from tests.interfaces.seller import shop

pytestmark = pytest.mark.django_db


def live_world() -> World:
    """The world of today, so that pages and orders meet."""
    world, programme = make_world(), programme_now()
    return World(programme.book, operating_day(programme.book, programme.on), world.warehouse)


@pytest.fixture
def world() -> World:
    return live_world()


@pytest.fixture
def seller(world: World) -> Seller:
    """A seller with A stated and OWN of its own."""
    made = world.seller("S1", "A")
    world.sku(made, "OWN", semi=False)
    world.state(made, "00:01", A=50)
    return made


@pytest.fixture
def client(seller: Seller) -> Client:
    return shop.sign_in(seller)


def _own(world: World, seller: Seller, *names: str) -> list[int]:
    return [world.order(seller, name, "00:02", OWN=2).order_id or 0 for name in names]


def _page(client: Client, url: str, **query: str) -> str:
    answer = client.get(url, query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_shows_filters_and_follows_by_key(world: World, seller: Seller, client: Client) -> None:
    for number in range(25):
        world.order(seller, f"E-{number:02}", "00:02", A=1)
    _own(world, seller, "F-1")
    first = client.get("/seller/orders/")
    assert [row.order.external_id for row in first.context["rows"]][:2] == ["F-1", "E-24"]
    assert (first.context["count"], first.context["newer"]) == ("26", None)
    older = client.get("/seller/orders/", {"before": str(first.context["older"])})
    assert [row.order.external_id for row in older.context["rows"]] == [f"E-{n:02}" for n in range(5, -1, -1)]
    back = client.get("/seller/orders/", {"after": str(older.context["newer"])})
    assert [row.order.external_id for row in back.context["rows"]] == [
        row.order.external_id for row in first.context["rows"]
    ]
    filtered = client.get("/seller/orders/", {"state": "to_ship", "q": "F-"})
    assert [row.order.external_id for row in filtered.context["rows"]] == ["F-1"]
    assert "Nothing matches the filter" in _page(client, "/seller/orders/", q="none")


@pytest.mark.parametrize(
    "query", [{"before": "x"}, {"after": "9" * 30}, {"state": "nonsense"}, {"since": "1"}]
)
def test_nonsense_in_the_address_is_no_error(client: Client, query: dict[str, str]) -> None:
    assert client.get("/seller/orders/", query).status_code == 200


@pytest.mark.parametrize("url", ["/seller/orders/", "/seller/orders/to-ship/"])
def test_lists_take_the_same_few_statements_for_one_row_and_three(
    world: World, seller: Seller, client: Client, url: str
) -> None:
    counts = []
    for names in (("F-1",), ("F-2", "F-3")):
        _own(world, seller, *names)
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            client.get(url)
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[0] <= 12


def test_a_filter_is_saved_used_and_taken_away_by_its_owner_only(seller: Seller, client: Client) -> None:
    told = {"name": " Mine ", "query": "state=to_ship&before=9&q="}
    assert client.post("/seller/orders/filter/", told).url == "/seller/orders/?state=to_ship"
    saved = SavedFilter.objects.get()
    assert (saved.name, saved.query) == ("Mine", "state=to_ship")
    assert 'href="?state=to_ship"' in _page(client, "/seller/orders/")
    for wrong in (
        {"name": "", "query": "q=x"},
        {"name": "x", "query": ""},
        {"name": "x" * 61, "query": "q=x"},
    ):
        client.post("/seller/orders/filter/", wrong)
    other = shop.sign_in(seller, Role.SELLER_FINANCE)
    other.post("/seller/orders/filter/", {"forget": str(saved.pk)})
    assert SavedFilter.objects.count() == 1
    client.post("/seller/orders/filter/", {"forget": str(saved.pk)})
    assert SavedFilter.objects.count() == 0


def test_the_export_has_a_row_per_line(world: World, seller: Seller, client: Client) -> None:
    world.order(seller, "=E-1", "00:02", A=1, OWN=2)
    answer = client.get("/seller/orders/", {"export": "xlsx"})
    rows = fastexcel.read_excel(answer.content).load_sheet(0, header_row=0).to_polars().rows()
    assert [(row[0], row[9], row[10], row[11]) for row in rows] == [
        ("=E-1", "A", 1.0, "60.00"),
        ("=E-1", "OWN", 2.0, "120.00"),
    ]


def test_an_order_tells_its_reason_money_and_next_step(world: World, seller: Seller, client: Client) -> None:
    (order,) = _own(world, seller, "F-1")
    page = _page(client, f"/seller/orders/{order}/")
    for told in ("the SKU is not semi-managed", "¥120.00", "ship it and enter the tracking number", "STEP-5"):
        assert told in page, told


def test_what_a_reserved_order_waits_for_is_the_sellers_word_and_then_its_release(world: World) -> None:
    seller, morning = world.seller("S3", "A", "B"), replace(programme_now(), now=world.at("10:00"))

    def waits(programme: Programme) -> tuple[str, str]:
        (found,) = orders_by_id([order])
        told = next_of(found, programme)
        assert told is not None
        return told.step.who, told.step.what

    world.state(seller, "00:01", 1, A=5, B=5)
    order = world.order(seller, "E-2", "00:02", A=1, B=2).order_id or 0
    assert waits(morning) == ("platform", "release")
    assert waits(replace(morning, now=world.at("16:00:01"))) == ("seller", "state_stock")
    world.state(seller, "00:03", 2, B=1)
    assert waits(morning) == ("seller", "state_stock")
    Balance.objects.filter(seller=seller).update(declared=5, stated_on=world.day.on - timedelta(days=1))
    assert waits(morning) == ("seller", "state_stock")


def test_another_sellers_order_does_not_exist(world: World, seller: Seller) -> None:
    (order,) = _own(world, seller, "F-1")
    stranger = shop.sign_in(world.seller("S2", "A"))
    for end in ("", "unmask/", "address/", "cancel/", "answer/", "ship/", "correct/"):
        method = stranger.post if end else stranger.get
        assert method(f"/seller/orders/{order}/{end}").status_code == 404, end


def test_orders_are_shipped_from_the_list_and_a_bad_row_is_named_beside_its_cell(
    world: World, seller: Seller, client: Client
) -> None:
    first, second, third = _own(world, seller, "F-1", "F-2", "F-3")
    told = {
        f"carrier-{first}": "SF", f"number-{first}": "SF0001",
        f"carrier-{second}": "", f"number-{second}": "SF0002",
        f"carrier-{third}": "SF", f"number-{third}": "",
    }  # fmt: skip
    answer = client.post("/seller/orders/to-ship/ship/", told)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "a carrier has a name" in page
    assert 'value="SF0002"' in page
    assert list(Order.objects.order_by("id").values_list("state", flat=True)) == [
        "shipped",
        "to_ship",
        "to_ship",
    ]
    assert client.post("/seller/orders/to-ship/ship/", {f"number-{10**25}": "x"}).status_code == 302


def _file(client: Client, content: str, name: str = "t.csv") -> Any:
    file = SimpleUploadedFile(name, content.encode())
    return client.post("/seller/orders/to-ship/file/", {"file": file})


def test_a_file_is_taken_in_row_by_row_and_comes_back_with_what_is_wrong(
    world: World, seller: Seller, client: Client
) -> None:
    first, second = _own(world, seller, "F-1", "F-2")
    world.order(seller, "E-1", "00:02", A=1)
    content = (
        "订单号,物流公司,运单号,行号,件数\n"
        "F-1,顺丰,SF0001,,\n"
        "F-2,顺丰,1.23457E+12,,\n"
        "\n"
        "F-2,顺丰,SF0002,1,1\n"
        "E-1,顺丰,SF0003,,\n"
        "NONE,顺丰,SF0004,,\n"
        ",顺丰,SF0005,,\n"
        "F-2,顺丰,SF0006,1,x\n"
    )
    answer = _file(client, content)
    assert answer.status_code == 422
    rows = {row["number"]: (row["outcome"], row["field"], row["words"]) for row in answer.context["rows"]}
    assert rows == {
        2: ("shipped", "", ""),
        3: ("refused", "number", "a spreadsheet has shortened this number: format the column as text"),
        5: ("shipped_in_part", "", ""),
        6: ("refused", "order", "the order is not known"),
        7: ("refused", "order", "the order is not known"),
        8: ("refused", "order", "the cell is empty"),
        9: ("refused", "pieces", "not a quantity"),
    }
    assert {s.order_id: s.number for s in Shipment.objects.all()} == {first: "SF0001", second: "SF0002"}
    back = client.get(answer.context["file_url"])
    sheet = fastexcel.read_excel(back.content).load_sheet(0, header_row=0).to_polars()
    assert sheet.columns[-2:] == ["Result", "What is wrong"]
    assert sheet.rows()[1][-1] == "a spreadsheet has shortened this number: format the column as text"
    again = _file(client, content)
    assert again.context["counts"] == {"taken": 0, "repeated": 2, "refused": 5}
    stranger = shop.sign_in(world.seller("S2", "A"))
    assert stranger.get(answer.context["file_url"]).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("t.exe", "MZ", "Upload an XLSX or CSV file"),
        ("t.xlsx", "%PDF", "cannot be read"),
        ("t.csv", "", "cannot be read"),
        ("t.csv", "订单号,运单号\nF,1\n", "Columns missing: 物流公司"),
        ("t.csv", "订单号,物流公司,运单号\n" + "F,S,1\n" * 5001, "more than 5,000 rows"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_in_words(
    client: Client, name: str, content: str, told: str
) -> None:
    answer = client.post(
        "/seller/orders/to-ship/file/", {"file": SimpleUploadedFile(name, content.encode())}, follow=True
    )
    assert told in answer.content.decode()
    assert not Shipment.objects.exists()


def test_the_sheet_to_fill_in_can_be_sent_back(world: World, seller: Seller, client: Client) -> None:
    _own(world, seller, "F-1")
    content = client.get("/seller/orders/to-ship/template.xlsx").content
    sheet = fastexcel.read_excel(content).load_sheet(0, header_row=0).to_polars()
    assert sheet.rows() == [("F-1", "0", "", "", "", "OWN × 2")]
    filled = "Order number,Part,Carrier,Tracking number,Link\nF-1,0,SF,SF0001,https://example.org/1\n"
    assert _file(client, filled).context["counts"]["taken"] == 1


def test_a_part_is_shipped_from_the_orders_page_and_its_number_corrected(
    world: World, seller: Seller, client: Client
) -> None:
    (order,) = _own(world, seller, "F-1")
    url = f"/seller/orders/{order}/"
    bad = client.post(f"{url}ship/", {"carrier": "SF", "number": "SF0001", "pieces-1": "3"})
    assert (bad.status_code, "more than is left of the line" in bad.content.decode()) == (422, True)
    assert (
        client.post(f"{url}ship/", {"carrier": "SF", "number": "SF0001", "pieces-1": "one"}).status_code
        == 422
    )
    client.post(f"{url}ship/", {"carrier": "SF", "number": "SF0001", "pieces-1": "1"})
    shipment = Shipment.objects.get()
    told = {"shipment": str(shipment.pk), "carrier": "SF", "number": "SF0009"}
    assert client.post(f"{url}correct/", told).url == url
    assert client.post(f"{url}correct/", {**told, "number": "SF0010"}).status_code == 404
    page = _page(client, url)
    assert "<s>SF SF0001</s>" in page
    assert "SF SF0009" in page


def test_pieces_are_cancelled_once_however_often_the_form_is_sent(
    world: World, seller: Seller, client: Client
) -> None:
    order = world.order(seller, "E-1", "00:02", A=3).order_id
    url = f"/seller/orders/{order}/cancel/"
    told = {"extent": "pieces", "pieces-1": "1", "reason": "broken", "responsible": "seller", "token": "t1"}
    assert client.post(url, {**told, "pieces-1": ""}).status_code == 422
    for _ in range(2):
        assert client.post(url, told).status_code == 302
    assert list(Order.objects.order_by("part").values_list("state", "goods_fen")) == [
        ("reserved", 12_000),
        ("cancelled", 6000),
    ]
    assert world.balance(seller, "A") == (50, 2, 0, 0)
    client.post(url, {**told, "extent": "all", "token": "t2"})
    assert Order.objects.get(part=0).state == "cancelled"


@pytest.mark.parametrize(("answer", "state"), [("accept", "cancelled"), ("refuse", "to_ship")])
def test_a_cancel_request_is_answered_from_its_list(
    world: World, seller: Seller, client: Client, answer: str, state: str
) -> None:
    (order,) = _own(world, seller, "F-1")
    request_cancel(
        [Cancelling("1", order, "c1", "too slow")],
        seller_id=None, book=world.book, day=world.day, now=timezone.now(), actor=ACTOR,
    )  # fmt: skip
    assert "F-1" in _page(client, "/seller/orders/cancels/")
    url = f"/seller/orders/{order}/answer/"
    client.post(url, {"answer": "maybe"})
    client.post(url, {"answer": "refuse", "reason": " "})
    assert CancelRequest.objects.get().answer == ""
    told = {"answer": answer, "reason": "sent already", "back": "list"}
    assert client.post(url, told).url == "/seller/orders/cancels/"
    assert Order.objects.get(pk=order).state == state
    assert "Nothing to answer" in _page(client, "/seller/orders/cancels/")


def _recipient(order: int) -> None:
    told = {"name": "María García", "mobile": "+34612345678", "country": "ES", "address": "Calle Mayor 1"}
    keep_recipients(
        [NewRecipient("1", order, told)], seller_id=None, vault=vault(), now=timezone.now(), actor=ACTOR
    )


def test_an_address_is_masked_shown_once_with_a_reason_and_changed(
    world: World, seller: Seller, client: Client
) -> None:
    (order,) = _own(world, seller, "F-1")
    _recipient(order)
    url = f"/seller/orders/{order}/"
    assert "Calle Mayor" not in _page(client, url)
    assert client.post(f"{url}unmask/", {"reason": ""}).status_code == 422
    assert not DocumentAccess.objects.exists()
    assert "Calle Mayor 1" in client.post(f"{url}unmask/", {"reason": "label"}).content.decode()
    assert DocumentAccess.objects.get().reason == "label"
    told = {
        "name": "María",
        "mobile": "+34612345678",
        "country": "ES",
        "city": "Madrid",
        "address": "Gran Vía 2",
    }
    assert client.post(f"{url}address/", {**told, "country": "FR"}).status_code == 422
    assert client.post(f"{url}address/", told).url == url
    finance = shop.sign_in(seller, Role.SELLER_FINANCE)
    assert finance.post(f"{url}unmask/", {"reason": "x"}).status_code == 403


def test_what_came_back_at_16_00_is_told_by_sku_with_the_reason(world: World, client: Client) -> None:
    seller = Seller.objects.get(code="S1")
    yesterday = programme_now().on - timedelta(days=1)
    past = World(world.book, operating_day(world.book, yesterday), world.warehouse)
    late = past.seller("S3", "B", "C")
    from_before = World(world.book, operating_day(world.book, yesterday - timedelta(days=1)), world.warehouse)
    from_before.state(late, "09:00", 1, B=5)
    past.state(late, "09:00", 2, C=5)
    past.order(late, "B-1", "10:00", B=2)
    past.order(late, "M-1", "10:01", B=1, C=1)
    cut_over(book=past.book, day=past.day, now=past.day.cutoff_at, actor=ACTOR)
    past.order(late, "B-2", "17:00", B=1)
    page = shop.sign_in(late).get("/seller/orders/came-back/", {"day": str(yesterday)})
    counts = page.context["counts"]
    assert (counts.turned, counts.straight, counts.reversed) == (2, 1, 0)
    assert [(s.sku, s.reason, s.orders, s.pieces) for s, _ in page.context["skus"]] == [
        ("B", "cutoff_fallback", 2, 3),
        ("B", "after_cutoff", 1, 1),
    ]
    assert (page.context["cut"].stated, page.context["cut"].listed) == (1, 2)
    assert [row.order.external_id for row in page.context["rows"]] == ["B-2", "M-1", "B-1"]
    assert "stock still not stated at the cut-off" in page.content.decode()
    calm = client.get("/seller/orders/came-back/", {"day": str(yesterday)})
    assert "Nothing came back" in calm.content.decode()
    assert client.get("/seller/orders/came-back/", {"day": "nonsense"}).context["on"] == programme_now().on
    assert seller.code == "S1"


def test_the_history_of_stock_names_the_orders_it_moved_for(
    world: World, seller: Seller, client: Client
) -> None:
    order = world.order(seller, "E-77", "00:02", A=1).order_id
    balance = Balance.objects.get(seller=seller, sku__code="A")
    page = _page(client, f"/seller/stock/{balance.pk}/")
    assert f'<a href="/seller/orders/{order}/">order E-77</a>' in page
    workbook = fastexcel.read_excel(client.get(f"/seller/stock/{balance.pk}/?export=xlsx").content)
    assert "order:E-77" in workbook.load_sheet(0).to_polars().to_series(5).to_list()
