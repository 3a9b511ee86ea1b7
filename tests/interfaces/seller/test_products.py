"""Products, EPR numbers and size charts: typed in, imported, checked; a bad row stops no other."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bantuo.apps.admission.models import Application
from bantuo.apps.admission.operations.drafts import save_section
from bantuo.apps.parties.models import Seller
from bantuo.engine.files import write_table
from tests.apps.admission import applicants
from tests.interfaces.seller import shop

pytestmark = pytest.mark.django_db
CHART = {
    "unit": "mm",
    "system": "EU",
    "columns": ["chest", "length"],
    "rows": [{"size": "S", "values": [920, 680]}, {"size": "M", "values": [960, 700]}],
}


@pytest.fixture
def seller() -> Seller:
    return shop.open_shop()


@pytest.fixture
def client(seller: Seller) -> Client:
    shop.begin(seller)
    return shop.sign_in(seller)


def _products() -> list[dict[str, Any]]:
    products: list[dict[str, Any]] = Application.objects.get().profile.get("products", [])
    return products


def _add(*skus: str, **values: Any) -> None:
    told = {sku: {"title": sku, **values} for sku in skus}
    save_section(Application.objects.get().pk, "products", told, revision=None, **applicants.WHEN)


def _import(client: Client, name: str, content: bytes) -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post("/seller/application/products/import/", {"file": file}, follow=True)


def test_a_product_is_added_changed_and_taken_out(client: Client) -> None:
    fields = {"sku": "A 1/é", "sites": "de，fr", "size": "30x25x20", "weight_g": "1.2", "apparel": "on"}
    assert client.post("/seller/application/products/edit/", fields).url == "/seller/application/products/"
    assert _products() == [
        {
            "sku": "A 1/é",
            "sites": ["DE", "FR"],
            "apparel": True,
            "electrical": False,
            "battery": False,
            "weight_g": 1200,
            "length_mm": 300,
            "width_mm": 250,
            "height_mm": 200,
        }
    ]
    page = client.get("/seller/application/products/edit/", {"sku": "A 1/é"}).content.decode()
    assert 'value="30 × 25 × 20"' in page
    client.post("/seller/application/products/edit/?sku=A%201/%C3%A9", {"title": "Lamp"})
    assert [product["title"] for product in _products()] == ["Lamp"]
    for _ in range(2):
        client.post("/seller/application/products/remove/", {"sku": "A 1/é"})
    assert _products() == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"sku": ""}, "This field is required"),
        ({"sku": "A", "weight_g": "heavy"}, "“heavy”: a weight in kilograms"),
        ({"sku": "A", "size": "30x20"}, "“30x20”: length × width × height"),
        ({"sku": "A", "sites": "Germany"}, "“GERMANY”: countries are two capital letters"),
        ({"sku": "A", "attributes_required": "2", "attributes_missing": "3"}, "No more can be missing"),
        ({"sku": "KNOWN"}, "There is a product with this SKU already"),
        ({"sku": "A", "listed_times": "-1"}, "“-1”: a whole number from 0"),
    ],
)
def test_a_wrong_value_is_named_and_what_was_typed_stays(
    client: Client, fields: dict[str, str], told: str
) -> None:
    _add("KNOWN")
    answer = client.post("/seller/application/products/edit/", {"title": "Typed", **fields})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert told in page
    assert 'value="Typed"' in page
    assert [product["sku"] for product in _products()] == ["KNOWN"]


def test_rows_that_cannot_be_read_are_named_and_the_others_taken_in(client: Client) -> None:
    rows = (
        "sku,title,sites,apparel,weight_g,listed_times\n"
        "A-1,Lamp,DE;ES,no,1200,1\n"
        ",Nameless,ES,no,1,1\n"
        "A-2,Box,Spain,perhaps,heavy,1\n"
        "A-1,Again,ES,no,1,1\n"
        "A-3,Cup,ES,是,300,2\n"
    )
    answer = _import(client, "products.csv", rows.encode())
    assert answer.status_code == 422
    assert [(p["row"], p["field"]) for p in answer.context["problems"]] == [
        (3, "sku"),
        (4, "apparel"),
        (4, "weight_g"),
        (4, "sites"),
        (5, "sku"),
    ]
    assert [(p["sku"], p.get("apparel")) for p in _products()] == [("A-1", False), ("A-3", True)]
    assert "2 products were taken in." in answer.content.decode()


def test_the_template_is_taken_in_as_it_is(client: Client) -> None:
    template = client.get("/seller/application/products/template.xlsx").content
    answer = _import(client, "products.xlsx", template)
    assert answer.status_code == 200
    assert [(p["sku"], p["weight_g"], p["sites"]) for p in _products()] == [
        ("EXAMPLE-01", 1200, ["DE", "FR"])
    ]


def test_json_as_in_a_profile_is_taken_in_by_row(client: Client) -> None:
    products = [{"sku": "A"}, {"sku": "B", "weight_g": 0}, {"sku": "A"}, 7]
    answer = _import(client, "products.json", json.dumps({"code": "X", "products": products}).encode())
    assert [(p["row"], p["field"]) for p in answer.context["problems"]] == [
        (2, "weight_g"),
        (3, "sku"),
        (4, "products[0]"),
    ]
    assert [p["sku"] for p in _products()] == ["A"]


def _bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 200_000_000)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("products.exe", lambda: b"MZ", "A sheet is an XLSX, CSV or JSON file"),
        ("products.xlsx", lambda: b"%PDF-1.7", "The name says XLSX, but the content is something else."),
        ("products.xlsx", _bomb, "unpacks to far more"),
        ("products.csv", lambda: b"sku\n" + b"\0", "cannot be read"),
        ("products.json", lambda: b"[{", "The file is no JSON"),
        ("products.json", lambda: b"[" * 100_000, "The file is no JSON"),
        ("products.csv", lambda: b"sku\n" + b"x\n" * 6000, "more than 5,000 rows"),
        ("products.csv", lambda: b"x" * (8 * 1024 * 1024 + 1), "larger than 8 MB"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_in_words(
    client: Client, name: str, content: Callable[[], bytes], told: str
) -> None:
    answer = _import(client, name, content())
    assert told in answer.content.decode()
    assert _products() == []


def test_metrics_come_from_a_sheet_and_the_unreadable_is_shown_beside_its_field(
    client: Client, tmp_path: Path
) -> None:
    path = tmp_path / "metrics.xlsx"
    write_table(pl.DataFrame({"dsr": ["4.85"], "disputes": ["0.7%"], "tenure_months": ["long"]}), path)
    file = SimpleUploadedFile("metrics.xlsx", path.read_bytes())
    answer = client.post("/seller/application/metrics/import/", {"file": file})
    assert answer.status_code == 422
    assert "“long”: a whole number" in answer.content.decode()
    assert Application.objects.get().profile["metrics"] == {"dsr": "4.85", "disputes": "0.7%"}


def test_metrics_come_from_a_profile(client: Client) -> None:
    metrics = applicants.make.seller_profile()["metrics"]
    file = SimpleUploadedFile("profile.json", json.dumps({"code": "X", "metrics": metrics}).encode())
    assert client.post("/seller/application/metrics/import/", {"file": file}).status_code == 302
    assert Application.objects.get().profile["metrics"] == metrics


def test_epr_numbers_are_asked_for_where_the_law_does(client: Client) -> None:
    _add("LAMP", sites=["DE", "FR"], electrical=True)
    _add("CUP", sites=["ES"])
    page = client.get("/seller/application/epr/").content.decode()
    for name in ("DE_packaging", "DE_weee", "FR_packaging", "FR_weee"):
        assert f'name="number_{name}"' in page
    assert "battery" not in page.split("<main")[1].split('id="epr"')[1]
    assert "CUP" not in page


def test_an_epr_number_is_checked_as_it_is_typed(client: Client) -> None:
    _add("LAMP", sites=["DE", "FR"])
    fields = {"sku": "LAMP", "number_DE_packaging": "DE123", "number_FR_packaging": "FR-X"}
    told = client.post("/seller/application/epr/", fields, headers=shop.HTMX).content.decode()
    assert "Wrong form. Wanted: DE1234567890123." in told
    assert "Not the usual form. It is taken as it is" in told
    assert [e["number"] for e in _products()[0]["epr"]] == ["DE123", "FR-X"]


def test_an_epr_number_of_a_product_that_is_gone_is_not_found(client: Client) -> None:
    assert client.post("/seller/application/epr/", {"sku": "GONE"}).status_code == 404


def test_a_size_chart_is_built_in_the_form(client: Client) -> None:
    _add("TEE", apparel=True)
    url = "/seller/application/size_charts/edit/?sku=TEE"
    fields: dict[str, Any] = {"system": "EU", "sizes": "S，M", "columns": ["chest", "length"], "act": "draw"}
    drawn = client.post(url, fields, headers=shop.HTMX).content.decode()
    assert 'name="cell_1_length"' in drawn
    assert "whole millimetres are needed" in drawn
    cells = {"cell_0_chest": "920", "cell_0_length": "680", "cell_1_chest": "960", "cell_1_length": "700"}
    assert "The chart is sound." in client.post(url, {**fields, **cells}, headers=shop.HTMX).content.decode()
    assert "size_chart" not in _products()[0]
    answer = client.post(url, {**fields, **cells, "act": ""})
    assert answer.url == "/seller/application/size_charts/"
    assert _products()[0]["size_chart"] == CHART
    assert 'value="960"' in client.get(url).content.decode()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "The file is no JSON"),
        (b"[" * 100_000, "The file is no JSON"),
        (json.dumps({**CHART, "unit": "cm"}).encode(), "unit"),
        (json.dumps({**CHART, "rows": []}).encode(), "at least one is needed"),
        (b"7", "size_chart: 7 is not of type"),
        (b" " * 300_000, "too large for a size chart"),
    ],
)
def test_a_chart_that_is_not_by_the_schema_is_refused(client: Client, content: bytes, told: str) -> None:
    _add("TEE", apparel=True)
    file = SimpleUploadedFile("chart.json", content)
    answer = client.post("/seller/application/size_charts/edit/?sku=TEE", {"file": file})
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert "size_chart" not in _products()[0]


def test_a_chart_is_uploaded(client: Client) -> None:
    _add("TEE", apparel=True)
    file = SimpleUploadedFile("chart.json", json.dumps(CHART).encode())
    client.post("/seller/application/size_charts/edit/?sku=TEE", {"file": file})
    assert _products()[0]["size_chart"] == CHART


@pytest.mark.parametrize("url", ["products/", "epr/", "size_charts/"])
def test_a_list_asks_the_database_as_often_for_three_products_as_for_one(client: Client, url: str) -> None:
    counted = []
    for skus in (("A",), ("B", "C")):
        _add(*skus, apparel=True, sites=["DE"])
        client.get(f"/seller/application/{url}")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(f"/seller/application/{url}")
        counted.append(len(queries))
    assert counted[0] == counted[1]
