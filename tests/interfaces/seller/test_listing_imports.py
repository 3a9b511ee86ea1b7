"""Importing a sheet by page: upload, columns, the look, the run, the sheet with the faults, undo."""

from __future__ import annotations

import io
from typing import Any

import fastexcel
import polars as pl
import pytest
from django.test import Client
from django.urls import reverse

from bantuo.apps.catalog.models import ListingImport, Sku
from bantuo.apps.parties.models import Seller
from bantuo.interfaces.jobs.listing_tasks import run_import
from tests.browser.listing_sheets import goods_sheet
from tests.interfaces.seller.listing_shop import open_active_shop
from tests.interfaces.seller.shop import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller() -> Seller:
    return open_active_shop()


@pytest.fixture
def client(seller: Seller) -> Client:
    return sign_in(seller)


def upload(client: Client, content: bytes, *, name: str = "goods.xlsx") -> Any:
    file = io.BytesIO(content)
    file.name = name
    return client.post(reverse("seller:listing_upload"), {"file": file}, follow=True)


def match(client: Client, made: ListingImport, **fixed: str) -> Any:
    told = {f"column_{name}": heading for name, heading in made.columns.items()}
    told |= {f"fixed_{name}": text for name, text in fixed.items()}
    return client.post(reverse("seller:listing_import_columns", args=[made.pk]), told, follow=True)


def act(client: Client, what: str, made: ListingImport) -> Any:
    return client.post(reverse(f"seller:listing_import_{what}", args=[made.pk]), follow=True)


def work(made: ListingImport) -> None:
    """What the worker does."""
    run_import(made.pk, made.seller_id)
    made.refresh_from_db()


def test_a_sheet_goes_all_its_way(seller: Seller, client: Client) -> None:
    page = upload(client, goods_sheet(rows=8)).content.decode()
    made = ListingImport.objects.get()
    assert (made.origin, made.file_name, made.rows.count()) == ("dianxiaomi", "goods.xlsx", 10)
    assert 'name="fixed_category"' in page
    assert "DXM-0000, DXM-0001, DXM-0002" in page
    look = match(client, made, category="home-lamps", markets="ES").content.decode()
    assert "This is a look: nothing has been listed yet." in look
    assert "the spreadsheet has shortened this number" in look
    assert "¥129.99" in look
    assert ">Exclusive price</span> ¥129.99" in look  # the unit once, beside the figure
    assert not Sku.objects.exists()
    act(client, "start", made)
    progress = client.get(reverse("seller:listing_import_progress", args=[made.pk]))
    assert "0 of 8 rows" in progress.content.decode()
    work(made)
    assert made.state == "done"
    done = client.get(reverse("seller:listing_import_progress", args=[made.pk]))
    assert done.headers["HX-Refresh"] == "true"
    assert Sku.objects.filter(delisted_at__isnull=True).count() == 8
    assert Sku.objects.get(code="DXM-0003").weight_g == 851
    listed = client.get(reverse("seller:listing_imports")).content.decode()
    assert "goods.xlsx" in listed
    act(client, "undo", made)
    work(made)
    assert made.state == "undone"
    assert not Sku.objects.filter(delisted_at__isnull=True).exists()


def test_the_look_warns_of_price_alerts_and_shows_their_rows(seller: Seller, client: Client) -> None:
    headings = "SKU,标题,重量(g),长(cm),宽(cm),高(cm),普通价(元),专属价(元)"
    rows = ["W-1,台灯,500,20,20,20,100.00,95.00", "W-2,台灯,500,20,20,20,100.00,95.01"]
    upload(client, "\n".join([headings, *rows]).encode(), name="goods.csv")
    made = ListingImport.objects.get()
    look = match(client, made, category="home-lamps", markets="ES").content.decode()
    assert "1 row will raise a price alert" in look
    shown = client.get(reverse("seller:listing_import", args=[made.pk]), {"show": "alert"}).content.decode()
    assert "W-2" in shown
    assert "W-1" not in shown
    assert "Price alert: at most ¥95.00 raises none" in shown


def test_the_faults_come_back_beside_their_cells_and_can_be_mended(seller: Seller, client: Client) -> None:
    upload(client, goods_sheet(rows=2))
    made = ListingImport.objects.get()
    match(client, made, category="home-lamps")
    answer = client.get(reverse("seller:listing_import_faults", args=[made.pk]))
    frame = pl.read_excel(io.BytesIO(answer.content), infer_schema_length=0)
    assert frame["*SKU(必填)"].to_list() == ["DXM-0000", "DXM-0001", "DXM-BAD-1", "DXM-BAD-2"]
    problems = frame["问题 / Problems"].to_list()
    assert problems[:2] == [None, None]
    assert "shortened this number" in problems[2]
    assert "“面议”" in problems[3]
    assert fastexcel.read_excel(answer.content).sheet_names == ["listings"]
    again = upload(client, answer.content, name="mended.xlsx")
    assert again.status_code == 200
    second = ListingImport.objects.latest("id")
    assert (second.origin, second.rows.count()) == ("dianxiaomi", 4)


def test_the_template_can_be_filled_in_and_sent_back(seller: Seller, client: Client) -> None:
    answer = client.get(reverse("seller:listing_template"))
    upload(client, answer.content)
    made = ListingImport.objects.get()
    assert made.origin == "bantuo"
    match(client, made)
    (row,) = made.rows.all()
    assert (row.state, row.plan, row.problems) == ("ready", "new", [])


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("goods.pdf", b"%PDF-1.7", "A sheet is an XLSX or CSV file"),
        ("goods.xlsx", b"%PDF-1.7", "The sheet cannot be read"),
        ("goods.csv", b"SKU,title\n", "The sheet has no row below its headings."),
        ("goods.csv", b"SKU,title\nA,\x00", "a NUL byte in line 2"),
        ("goods.csv", b"\xff\xfe\xff", "neither UTF-8 nor GBK"),
    ],
)
def test_what_is_no_sheet_is_said(
    seller: Seller, client: Client, name: str, content: bytes, told: str
) -> None:
    assert told in upload(client, content, name=name).content.decode()
    assert not ListingImport.objects.exists()


def test_absurd_cells_are_refused_row_by_row(seller: Seller, client: Client) -> None:
    heads = "SKU,标题,类目,售价,半托管价,重量(g),长(cm),宽(cm),高(cm)"
    rows = [
        "A-1,Lamp,home-lamps,130,120,1200,30,25,20",
        "A-2,Lamp,home-lamps,-5,120,1200,30,25,20",
        f"A-3,Lamp,home-lamps,{10**18},120,1200,30,25,20",
        f"A-4,Lamp,home-lamps,130,120,{10**12},30,25,20",
        "A-5,Lamp,no-such,130,120,1200,30,25,20",
        "A-1,Lamp,home-lamps,130,120,1200,30,25,20",
        "A-7,Lamp",
        ",Lamp,home-lamps,130,120,1200,30,25,20",
    ]
    upload(client, "\n".join([heads, *rows]).encode("gbk"), name="goods.csv")
    made = ListingImport.objects.get()
    match(client, made)
    states = list(made.rows.order_by("number").values_list("state", flat=True))
    assert states == ["ready", "bad", "bad", "bad", "bad", "bad", "bad", "bad"]
    act(client, "start", made)
    work(made)
    assert list(Sku.objects.values_list("code", flat=True)) == ["A-1"]


def test_an_import_is_its_sellers_alone(seller: Seller, client: Client) -> None:
    upload(client, goods_sheet(rows=1))
    made = ListingImport.objects.get()
    stranger = sign_in(open_active_shop("S2"))
    assert stranger.get(reverse("seller:listing_import", args=[made.pk])).status_code == 404
    for what in ("columns", "start", "undo", "drop"):
        assert act(stranger, what, made).status_code == 404
    dropped = act(client, "drop", made)
    assert "nothing was changed" in dropped.content.decode()
    again = act(client, "start", made)
    assert "has gone on already" in again.content.decode()
