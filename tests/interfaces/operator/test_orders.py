"""Operators and orders: all sellers' lists, files of orders, 16:00 and taking it back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import fastexcel
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.documents.models import DocumentAccess
from bantuo.apps.orders.models import CutOver, Order, OrderImport, RoutingDecision
from bantuo.apps.orders.operations.cutover import cut_over
from bantuo.apps.orders.operations.imports import run_import
from bantuo.apps.orders.operations.recipients import NewRecipient, keep_recipients
from bantuo.apps.parties.models import Binding, Seller, Warehouse
from bantuo.apps.stock.models import Balance
from bantuo.apps.stock.operations import Move, move_stock
from bantuo.core.clock import operating_day
from bantuo.interfaces.web.papers import vault
from bantuo.interfaces.web.programme import programme_now
from tests.apps.trading import ACTOR, World, make_world
from tests.interfaces.operator.review_people import client_of

pytestmark = pytest.mark.django_db


def browser(role: Role = Role.WAREHOUSE) -> Client:
    person = User.objects.create_user(f"{role}@example.com", "a long password", roles=[role.value])
    return client_of(person, language="en")


@pytest.fixture
def world() -> World:
    """The world of today, so that pages and orders meet."""
    made, programme = make_world(), programme_now()
    return World(programme.book, operating_day(programme.book, programme.on), made.warehouse)


@pytest.fixture
def client() -> Client:
    return browser()


def _yesterday(world: World, days: int = 1) -> World:
    day = operating_day(world.book, world.day.on - timedelta(days=days))
    return World(world.book, day, world.warehouse)


def _turned(world: World, *names: str) -> tuple[World, Seller, list[int]]:
    """Orders that came back at yesterday's cut-off."""
    past = _yesterday(world)
    seller = past.seller("S1", "A")
    _yesterday(world, 2).state(seller, "09:00", 1, A=5)
    orders = [past.order(seller, name, "10:00", A=1).order_id or 0 for name in names]
    cut_over(book=past.book, day=past.day, now=past.day.cutoff_at, actor=ACTOR)
    return past, seller, orders


def _list(client: Client, **query: str) -> list[str]:
    return [row.order.external_id for row in client.get("/operator/orders/", query).context["rows"]]


def test_all_sellers_orders_are_listed_and_filtered_by_seller(world: World, client: Client) -> None:
    for code in ("S1", "S2"):
        seller = world.seller(code, semi=False)
        world.sku(seller, "A", semi=False)
        world.order(seller, f"E-{code}", "00:01", A=1)
    assert _list(client) == ["E-S2", "E-S1"]
    assert _list(client, seller="S1") == ["E-S1"]
    assert _list(client, seller="none") == []
    assert _list(client, sku="A", route="self", state="open") == ["E-S2", "E-S1"]
    told = {"name": "Own", "query": "route=self"}
    assert client.post("/operator/orders/filter/", told).url == "/operator/orders/?route=self"


def test_the_list_takes_the_same_few_statements_for_one_row_and_three(world: World, client: Client) -> None:
    seller = world.seller("S1", "A", semi=False)
    counts = []
    for names in (("E-1",), ("E-2", "E-3")):
        for name in names:
            world.order(seller, name, "00:01", A=1)
        client.get("/operator/orders/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/operator/orders/")
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[0] <= 12


def test_an_address_is_shown_once_to_whom_it_concerns(world: World, client: Client) -> None:
    seller = world.seller("S1", "A", semi=False)
    order = world.order(seller, "E-1", "00:01", A=1).order_id or 0
    told = {"name": "María García", "mobile": "+34612345678", "country": "ES", "address": "Calle Mayor 1"}
    keep_recipients(
        [NewRecipient("1", order, told)], seller_id=None, vault=vault(), now=timezone.now(), actor=ACTOR
    )
    url = f"/operator/orders/{order}/"
    assert "Calle Mayor" not in client.get(url).content.decode()
    assert browser(Role.FINANCE).post(f"{url}unmask/", {"reason": "x"}).status_code == 403
    assert "Calle Mayor 1" in client.post(f"{url}unmask/", {"reason": "dispute 7"}).content.decode()
    assert DocumentAccess.objects.get().reason == "dispute 7"


def test_one_order_is_taken_back_with_a_reason(world: World, client: Client) -> None:
    _, _seller, (order,) = _turned(world, "E-1")
    url = f"/operator/orders/{order}/"
    assert "Take the fallback back" in client.get(url).content.decode()
    assert client.post(f"{url}reverse/", {"reason": ""}).status_code == 422
    assert browser(Role.AUDITOR).post(f"{url}reverse/", {"reason": "x"}).status_code == 403
    assert client.post(f"{url}reverse/", {"reason": "sync was down"}).url == url
    held = Order.objects.get(pk=order)
    assert (held.state, held.route) == ("reserved", "semi")
    assert RoutingDecision.objects.order_by("-id")[0].detail == {"words": "sync was down"}
    again = client.post(f"{url}reverse/", {"reason": "again"})
    assert (again.status_code, "it did not come back at a cut-off" in again.content.decode()) == (422, True)
    assert "sync was down" in client.get(url).content.decode()


def test_a_sellers_whole_day_is_taken_back_as_far_as_there_is_stock(world: World, client: Client) -> None:
    past, seller, _ = _turned(world, "E-1", "E-2", "E-3")
    past.state(seller, "16:30", 2, A=2)
    url = f"/operator/cutover/{past.day.on}/sellers/{seller.pk}/"
    page = client.get(url)
    assert len(page.context["turned"]) == 3
    answer = client.post(f"{url}reverse/", {"reason": "sync was down"})
    assert answer.status_code == 422
    assert answer.context["refused"] == [("not enough sellable stock", 1)]
    assert sorted(Order.objects.values_list("state", flat=True)) == ["reserved", "reserved", "to_ship"]


def test_the_days_their_reports_and_the_late_sellers(world: World, client: Client) -> None:
    past, _seller, _ = _turned(world, "E-1")
    page = client.get("/operator/cutover/")
    assert [(d.on, d.orders_turned, d.sellers_late) for d in page.context["days"]] == [(past.day.on, 1, 1)]
    day = client.get(f"/operator/cutover/{past.day.on}/")
    assert [(s.code, s.listed, s.stated, s.missing, s.orders_turned) for s in day.context["late"]] == [
        ("S1", 1, 0, 1, 1)
    ]
    for wrong in ("nonsense", str(world.day.on), "2020-01-01"):
        assert client.get(f"/operator/cutover/{wrong}/").status_code == 404


def test_a_dry_run_changes_nothing_and_sellers_still_missing_are_named(world: World, client: Client) -> None:
    seller = world.seller("S1", "A", "B")
    _yesterday(world).state(seller, "09:00", 1, A=5, B=5)
    world.order(seller, "E-1", "00:01", A=2)
    page = client.get("/operator/cutover/preview/")
    report = page.context["preview"]
    assert (report.orders_turned, report.sellers_late) == (1, 1)
    assert [(s.code, s.listed, s.missing, s.reserved) for s in page.context["waiting"]] == [("S1", 2, 2, 2)]
    assert (Order.objects.get().state, CutOver.objects.count()) == ("reserved", 0)
    missing = client.get(f"/operator/cutover/{world.day.on}/sellers/{seller.pk}/").context["missing"]
    assert [(sku.sku, sku.reserved) for sku in missing] == [("A", 2), ("B", 0)]


def test_lines_are_served_from_another_warehouse_the_seller_has_used(world: World, client: Client) -> None:
    seller = world.seller("S1", "A", "B")
    world.state(seller, "00:01", A=5, B=5)
    there = Warehouse.objects.create(
        code="W2", kind="consolidation", name_zh="二号", name_en="Two", supervision_code="9610",
        opened_on=world.day.on,
    )  # fmt: skip
    Binding.objects.create(
        seller=seller, warehouse=there, distance_m=1, distance_evidence="t", bound_at=world.day.starts_at,
        unbound_at=world.day.starts_at,
    )  # fmt: skip
    sku = Balance.objects.get(sku__code="B").sku
    balance = Balance.objects.create(seller=seller, sku=sku, warehouse=there)
    move_stock([Move(balance.pk, "on_hand", "receive", 2, 0, "t")], at=world.day.starts_at)
    order = world.order(seller, "E-1", "00:02", A=1, B=1).order_id
    url = f"/operator/orders/{order}/split/"
    bad = client.post(url, {"warehouse": "W2", "lines": ["1"]})
    assert (bad.status_code, "not enough on hand at that warehouse" in bad.content.decode()) == (422, True)
    assert client.post(url, {"warehouse": "W9", "lines": ["2"]}).status_code == 422
    part = Order.objects.filter(part=1)
    assert client.post(url, {"warehouse": "W2", "lines": ["2"]}).url == f"/operator/orders/{part.get().pk}/"


HEAD = "卖家编码,订单号,下单时间,目的国,行号,SKU,数量,商品金额,运费,商家优惠券\n"


def _upload(client: Client, rows: str, mode: str = "each", name: str = "o.csv") -> Any:
    file = SimpleUploadedFile(name, (HEAD + rows).encode())
    told = {"marketplace": "test", "mode": mode, "file": file}
    return client.post("/operator/orders/files/upload/", told)


def _run(world: World, held: OrderImport) -> None:
    now = world.at("12:00")
    while run_import(held.pk, book=world.book, day=world.day, now=now, actor=ACTOR):
        pass
    held.refresh_from_db()


ROWS = (
    "S1,E-1,2026-03-10 09:30,ES,1,A,2,120.00,1.50,\n"
    "S1,E-1,2026-03-10 09:30,ES,2,B,1,60.00,,\n"
    "S1,E-2,2026-03-10 09:30,ES,1,NONE,1,60.00,,\n"
    "S1,E-3,yesterday,ES,1,A,x,sixty,,\n"
    "S1,E-1,2026-03-10 09:30,FR,3,A,1,60.00,,\n"
)


def test_a_file_is_looked_at_taken_in_and_given_back_with_what_is_wrong(world: World, client: Client) -> None:
    seller = world.seller("S1", "A", "B")
    world.state(seller, "00:01", A=5, B=5)
    answer = _upload(client, ROWS)
    held = OrderImport.objects.get()
    assert answer.url == f"/operator/orders/files/{held.pk}/"
    page = client.get(answer.url)
    assert [(p["row"], p["field"]) for p in page.context["problems"]] == [
        (5, "quantity"), (5, "goods"), (5, "placed_at"), (6, "destination"),
    ]  # fmt: skip
    assert (held.state, held.orders, Order.objects.count()) == ("draft", 2, 0)
    client.post(f"{answer.url}start/")
    client.post(f"{answer.url}discard/")
    _run(world, held)
    assert held.state == "done"
    order = Order.objects.get()
    assert (order.external_id, order.goods_fen, order.freight_fen, order.state) == (
        "E-1",
        18_000,
        150,
        "reserved",
    )
    page = client.get(answer.url)
    assert page.context["counts"] == {"placed": 2, "repeated": 0, "refused": 3}
    content = client.get(f"{answer.url}results.xlsx").content
    rows = fastexcel.read_excel(content).load_sheet(0, header_row=0).to_polars().rows()
    assert [(row[-2], row[-1]) for row in rows[:3]] == [
        ("taken in", ""),
        ("taken in", ""),
        ("refused", "the SKU is not listed"),
    ]
    again = _upload(client, ROWS.splitlines(keepends=True)[0])
    second = OrderImport.objects.latest("id")
    client.post(f"{again.url}start/")
    _run(world, second)
    assert client.get(again.url).context["counts"] == {"placed": 0, "repeated": 1, "refused": 0}


def test_everything_or_nothing(world: World, client: Client) -> None:
    seller = world.seller("S1", "A")
    world.state(seller, "00:01", A=5)
    good = "S1,E-1,2026-03-10 09:30,ES,1,A,1,60.00,,\n"
    for rows, state, orders in (
        (good + "S1,E-2,2026-03-10 09:30,ES,1,NONE,1,60.00,,\n", "refused", 0),
        (good + "S1,E-2,2026-03-10 09:30,ES,1,A,x,60.00,,\n", "refused", 0),
        (good + "S1,E-2,2026-03-10 09:30,ES,1,A,1,60.00,,\n", "done", 2),
    ):
        url = _upload(client, rows, mode="all").url
        held = OrderImport.objects.latest("id")
        client.post(f"{url}start/")
        _run(world, held)
        assert (held.state, Order.objects.count()) == (state, orders)
    assert world.balance(seller, "A") == (5, 2, 0, 0)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("o.exe", "MZ", "Upload an XLSX or CSV file"),
        ("o.csv", "a,b\n1,2\n", "Columns missing: 卖家编码"),
        ("o.csv", HEAD, "The file has no rows"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(
    world: World, client: Client, name: str, content: str, told: str
) -> None:
    world.seller("S1", "A")
    file = SimpleUploadedFile(name, content.encode())
    answer = client.post(
        "/operator/orders/files/upload/", {"marketplace": "test", "mode": "each", "file": file}
    )
    assert (answer.status_code, told in answer.content.decode()) == (422, True)
    assert not OrderImport.objects.exists()


def test_the_template_is_read_as_it_is(world: World, client: Client) -> None:
    world.seller("S-0001", "LAMP-01")
    content = client.get("/operator/orders/files/template.xlsx").content
    file = SimpleUploadedFile("o.xlsx", content)
    url = client.post(
        "/operator/orders/files/upload/", {"marketplace": "test", "mode": "each", "file": file}
    ).url
    assert client.get(url).context["problems"] == []
    held = OrderImport.objects.get()
    client.post(f"{url}start/")
    _run(world, held)
    assert Order.objects.get().external_id == "8190000000000001"
