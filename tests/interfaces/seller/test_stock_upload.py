"""Sheets of stock as people and their ERPs write them; every unreadable row named, the others stated."""

from __future__ import annotations

import io
import re
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastexcel
import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from bantuo.apps.accounts.models import Role
from bantuo.apps.stock.models import Declaration, StockFile
from bantuo.interfaces.seller import stock_sheets
from tests.interfaces.seller import shop
from tests.interfaces.seller.stock_shop import balance, it_is, stocked

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def morning(settings: object, tmp_path: Path) -> Iterator[None]:
    with it_is("10:00:00", settings, tmp_path):
        yield


def send(client: Client, name: str, content: bytes, **changed: Any) -> HttpResponse:
    told = {"token": str(uuid.uuid4()), "basis": "gross", "file": SimpleUploadedFile(name, content)}
    answer: HttpResponse = client.post("/seller/stock/upload/", told | changed)
    return answer


def csv(*lines: str, encoding: str = "utf-8") -> bytes:
    return "\n".join(lines).encode(encoding)


def workbook(*rows: tuple[Any, ...]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return buffer.getvalue()


def told(answer: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.mark.parametrize(
    "content",
    [
        csv("sku,quantity", "A-1,5", "A-2,0"),
        csv("\ufeffSKU,Qty", "A-1,5.0", "A-2,0"),
        csv("商品SKU,仓库,可用库存", "A-1,YIWU,5", "A-2,,0", encoding="gb18030"),
        csv("平台SKU,库存数量", "'A-1,5", "Ａ－2,０"),
    ],
)
def test_headings_and_encodings_of_erps_are_known(content: bytes) -> None:
    seller = stocked("S1", "A-1", "A-2")
    answer = send(shop.sign_in(seller), "库存.csv", content)
    file = StockFile.objects.get()
    assert answer.url == f"/seller/stock/files/{file.pk}/"
    assert (file.rows_stated, file.rows_refused) == (2, 0)
    assert (balance(seller, "A-1").declared, balance(seller, "A-2").declared) == (5, 0)
    assert str(balance(seller, "A-2").stated_on) == "2026-03-10"


def test_a_workbook_is_read_and_answered_in_the_same_form() -> None:
    seller = stocked("S1", "A-1", "A-2")
    client = shop.sign_in(seller)
    rows = [("SKU", "Quantity"), ("A-1", 7), ("A-2", "x"), ("NOPE", 1), ("A-2", -3)]
    answer = send(client, "stock.xlsx", workbook(*rows))
    page = told(client.get(answer.url))
    assert "3 rows were not taken; the others stand." in page
    assert "quantity x must be a whole number" in page
    assert "SKU NOPE × YIWU no listed semi-managed SKU of this code at this warehouse" in page
    result = client.get(f"{answer.url}result.xlsx")
    sheet = fastexcel.read_excel(result.content).load_sheet(0, dtypes="string").to_polars()
    assert sheet.columns == ["sku", "warehouse", "quantity", "Result", "Why", "Row of the sheet"]
    assert sheet.rows() == [
        ("A-1", "YIWU", "7", "stated", None, "2"),
        ("A-2", "YIWU", "x", "refused", "quantity: must be a whole number", "3"),
        ("NOPE", "YIWU", "1", "refused",
         "SKU: no listed semi-managed SKU of this code at this warehouse", "4"),
        ("A-2", "YIWU", "-3", "refused", "quantity: must be a whole number", "5"),
    ]  # fmt: skip


def test_the_result_can_be_mended_and_sent_again() -> None:
    seller = stocked("S1", "A-1", "A-2")
    client = shop.sign_in(seller)
    first = send(client, "stock.csv", csv("sku,quantity", "A-1,7", "A-2,x"))
    again = client.get(f"{first.url}result.xlsx").content
    send(client, "stock-result.xlsx", again)
    files = StockFile.objects.order_by("pk").values_list("rows_stated", "rows_refused")
    assert list(files) == [(1, 1), (1, 1)]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("1.5", "must be a whole number"),
        ("-1", "must be a whole number"),
        ("", "must not be empty"),
        ("10000001", "must be from 0 to 10,000,000"),
        ("1" + "0" * 18, "must be a whole number"),
        ("1.2E+17", "has lost digits in the spreadsheet"),
        ("=1+1", "must be a whole number"),
    ],
)
def test_a_quantity_that_is_none_is_named_with_its_row(written: str, why: str) -> None:
    seller = stocked("S1", "A-1", "A-2")
    client = shop.sign_in(seller)
    answer = send(client, "stock.csv", csv("sku,quantity", "A-2,1", f"A-1,{written}"))
    assert why in told(client.get(answer.url))
    assert [row[0] for row in StockFile.objects.get().rows if row[6]] == [3]
    assert balance(seller, "A-1").sequence == 0


def test_doubles_are_refused_in_both_rows_and_equal_ones_are_not() -> None:
    seller = stocked("S1", "A-1", "A-2")
    client = shop.sign_in(seller)
    send(client, "stock.csv", csv("sku,quantity", "A-1,1", "A-1,2", "A-2,3", "A-2,3"))
    assert [(row[0], row[6]) for row in StockFile.objects.get().rows] == [
        (2, "one quantity in a statement"),
        (3, "one quantity in a statement"),
        (4, ""),
        (5, ""),
    ]


def test_net_quantities_are_what_is_left_beside_open_orders() -> None:
    seller = stocked("S1", "A-1")
    client = shop.sign_in(seller)
    kept = balance(seller, "A-1")
    type(kept).objects.filter(pk=kept.pk).update(declared=9, declared_reserved=4)
    send(client, "stock.csv", csv("sku,quantity", "A-1,5"), basis="net")
    assert balance(seller, "A-1").declared == 9
    assert Declaration.objects.get().basis == "net"


def test_sent_twice_it_is_taken_once() -> None:
    client = shop.sign_in(stocked("S1", "A-1"))
    token = str(uuid.uuid4())
    first, second = (send(client, "s.csv", csv("sku,quantity", "A-1,5"), token=token) for _ in range(2))
    assert first.url == second.url
    assert Declaration.objects.count() == 1


def _bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"<x>" + b" " * 80_000_000)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("stock.pdf", b"%PDF-1.4", "Upload an XLSX or CSV file, not .pdf."),
        ("stock.xlsx", b"MZ\x90\x00 program", "cannot be read as a table"),
        ("stock.xlsx", csv("sku,quantity", "A-1,1"), "cannot be read as a table"),
        ("stock.csv", csv("sku,quantity"), "no row below its headings"),
        ("stock.csv", csv("name,price", "x,1"), "Columns missing: sku, quantity. Found: name, price"),
        ("stock.csv", b"sku,quantity\nA-1,\x00", "cannot be read as a table"),
        ("stock.csv", b"sku,quantity\nA-1,1,2,3\n", "cannot be read as a table"),
        ("stock.xlsx", _bomb(), "unpacks"),
    ],
)
def test_a_file_of_which_nothing_can_be_taken_says_why(name: str, content: bytes, why: str) -> None:
    answer = send(shop.sign_in(stocked("S1", "A-1")), name, content)
    assert answer.status_code == 422
    assert why in told(answer)
    assert StockFile.objects.count() == Declaration.objects.count() == 0


def test_more_rows_than_go_into_one_sheet_are_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock_sheets, "ROWS_MAX", 3)
    content = csv("sku,quantity", *[f"A-{n},1" for n in range(4)])
    answer = send(shop.sign_in(stocked("S1", "A-1")), "stock.csv", content)
    assert answer.status_code == 422
    assert "The sheet has 4 rows; at most 3 go into one." in told(answer)


def test_a_form_without_its_token_or_file_says_so() -> None:
    client = shop.sign_in(stocked("S1", "A-1"))
    answer = client.post("/seller/stock/upload/", {"basis": "gross"})
    assert answer.status_code == 422
    assert "Open this page again" in told(answer)


def test_the_template_holds_the_sellers_own_skus() -> None:
    seller = stocked("S1", "A-1", "A-2")
    content = shop.sign_in(seller).get("/seller/stock/upload/template.xlsx").content
    sheet = fastexcel.read_excel(content).load_sheet(0, dtypes="string").to_polars()
    assert sheet.columns == ["sku", "warehouse", "quantity"]
    assert sheet.rows() == [("A-1", "YIWU", "0"), ("A-2", "YIWU", "0")]


def test_sheets_of_others_are_not_there_and_listing_staff_send_none() -> None:
    seller, other = stocked("S1", "A-1"), stocked("S2", "B-1")
    url = send(shop.sign_in(seller), "s.csv", csv("sku,quantity", "A-1,5")).url
    stranger = shop.sign_in(other)
    assert stranger.get(url).status_code == stranger.get(f"{url}result.xlsx").status_code == 404
    looking = shop.sign_in(seller, Role.SELLER_LISTING)
    assert looking.get(url).status_code == 200
    assert send(looking, "s.csv", csv("sku,quantity", "A-1,6")).status_code == 403
