"""The listing pages: the list with its costs, editing, alerts, findings, services, promotions."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bantuo.apps.accounts.models import Role
from bantuo.apps.catalog.models import (
    EprRegistration,
    ListingImport,
    ListingImportRow,
    ListingRequest,
    PriceAlert,
    Product,
    Promotion,
    PromotionPrice,
    Sku,
)
from bantuo.apps.parties.models import Seller
from bantuo.interfaces.web.programme import programme_now
from tests.apps import factories as make
from tests.interfaces.seller.listing_shop import list_lamps, list_rows, open_active_shop
from tests.interfaces.seller.shop import sign_in

pytestmark = pytest.mark.django_db

PICTURE, OTHER = "https://img.example/a.jpg", "https://img.example/b.jpg"
FORM = {
    "product_code": "",
    "title": "Desk lamp",
    "category": make.CATEGORY,
    "images": f"{PICTURE}\n{OTHER}",
    "video": "",
    "sku_code": "NEW-1",
    "ordinary_fen": "130",
    "exclusive_fen": "120.00",
    "semi_managed": "on",
    "weight_g": "1.2",
    "size": "30x25x20",
    "markets": "ES, PL",
    "hs_code": "9405210000",
    "customs_name": "台灯",
    "item_code": "",
    "attr-brand": "无品牌",
    "attr-voltage": "5V",
    "attr-power_w": "7.5",
}


@pytest.fixture
def seller() -> Seller:
    return open_active_shop()


@pytest.fixture
def client(seller: Seller) -> Client:
    return sign_in(seller)


def show(client: Client, name: str, *args: Any, query: str = "") -> str:
    answer = client.get(reverse(name, args=args) + query)
    assert answer.status_code == 200, answer
    return str(answer.content.decode())


def post(client: Client, page: str, *args: Any, **data: Any) -> Any:
    return client.post(reverse(page, args=args), data)


def test_the_list_shows_prices_fees_and_what_is_left(seller: Seller, client: Client) -> None:
    """The golden lamp: base 3.5 % of 120.00, fulfilment 11.00, transfer 2.40, label 2.00."""
    list_lamps(seller, "A-1")
    page = show(client, "seller:listings")
    for told in ("A-1", "¥130.00", "¥120.00", "¥19.60", "¥100.40", "83.66%", "semi-managed", "on sale"):
        assert told in page
    assert "g less saves" not in page


def test_a_weight_just_above_a_step_is_marked(seller: Seller, client: Client) -> None:
    """2,006 g are billed as 3 kg: 6 g less saves one fulfilment step of 3.00 and one of transfer, 0.80."""
    small = {"length_mm": 100, "width_mm": 100, "height_mm": 100}
    list_lamps(seller, "A-1", weight_g=2006, **small)
    list_lamps(seller, "A-2", weight_g=2011, **small)
    page = show(client, "seller:listings", query="?sort=code")
    assert page.count("g less saves") == 1
    assert "6 g less saves ¥3.80" in page


def test_the_list_filters_and_exports(seller: Seller, client: Client) -> None:
    list_lamps(seller, "A-1", "A-2")
    list_lamps(seller, "B-1", exclusive_fen=12999)
    post(client, "seller:listing_delist", sku="A-2")
    for query, codes in (
        ("?q=a-", {"A-1", "A-2"}),
        ("?alert=yes", {"B-1"}),
        ("?state=delisted", {"A-2"}),
        ("?mode=full", set()),
        ("?mode=semi&state=listed", {"A-1", "B-1"}),
    ):
        book = client.get(f"{reverse('seller:listings')}{query}&export=xlsx")
        frame = pl.read_excel(io.BytesIO(book.content), infer_schema_length=0)
        assert set(frame["SKU"]) == codes, query
    frame = pl.read_excel(io.BytesIO(client.get("/seller/listings/?q=B-1&export=xlsx").content))
    assert frame.select("Exclusive price", "Fees", "Left of the price").row(0) == (
        "129.99",
        "19.95",
        "110.04",
    )


def test_the_list_asks_the_same_questions_of_one_row_and_of_three(seller: Seller, client: Client) -> None:
    show(client, "seller:listings")  # the first page of all keeps the book in force
    counts = []
    for codes in (["A-1"], ["A-2", "A-3"]):
        list_lamps(seller, *codes)
        with CaptureQueriesContext(connection) as asked:
            show(client, "seller:listings")
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 12


def test_a_product_is_listed_by_form(seller: Seller, client: Client) -> None:
    assert 'name="attr-voltage"' in show(
        client, "seller:listing_attributes", query=f"?category={make.CATEGORY}"
    )
    answer = post(client, "seller:listing_new", **FORM)
    sku = Sku.objects.select_related("product").get()
    assert answer.status_code == 302
    assert answer.url == reverse("seller:listing_product", args=[sku.product_id])
    assert (sku.code, sku.product.code, sku.weight_g, sku.markets) == ("NEW-1", "NEW-1", 1200, ["ES", "PL"])
    assert sku.product.images == [PICTURE, OTHER]
    assert sku.product.attributes == {"brand": "无品牌", "voltage": "5V", "power_w": "7.5"}
    assert (sku.product.attributes_required, sku.product.attributes_missing) == (7, 4)
    page = show(client, "seller:listing_product", sku.product_id)
    for told in (PICTURE, "无品牌", "4 of 7 missing", "¥17.60"):
        assert told in page


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"category": "no-such"}, "is not on the admission list"),
        ({"attr-power_w": "warm"}, "must be a number"),
        ({"attr-voltage": "9V"}, "9V"),
        ({"images": "ftp://x"}, "must be a link that begins with"),
        ({"ordinary_fen": "12,0.0"}, "an amount in yuan"),
        ({"ordinary_fen": ""}, "An amount is needed."),
        ({"weight_g": ""}, "is missing"),
        ({"exclusive_fen": ""}, "a semi-managed SKU needs an exclusive price"),
        ({"fully_managed": "on"}, "a product under a fully managed contract is not semi-managed"),
        ({"markets": "Spain"}, "two capital letters"),
        ({"sku_code": "1.2E+15"}, "shortened this number"),
        ({"apparel": "on"}, "there is no size chart"),
    ],
)
def test_a_faulty_form_says_what_is_wrong(
    seller: Seller, client: Client, changed: dict[str, str], told: str
) -> None:
    answer = post(client, "seller:listing_new", **(FORM | changed))
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Sku.objects.exists()


def test_a_sku_is_changed_taken_off_and_put_back(seller: Seller, client: Client) -> None:
    post(client, "seller:listing_new", **FORM)
    sku = Sku.objects.get()
    post(client, "seller:listing_sku", sku.pk, **(FORM | {"exclusive_fen": "110", "label": "on"}))
    sku.refresh_from_db()
    assert (sku.exclusive_fen, sku.label, sku.product.attributes["voltage"]) == (11000, True, "5V")
    post(client, "seller:listing_delist", sku="NEW-1")
    sku.refresh_from_db()
    assert sku.delisted_at is not None
    assert "puts it on sale again" in show(client, "seller:listing_sku", sku.pk)
    post(client, "seller:listing_sku", sku.pk, **FORM)
    sku.refresh_from_db()
    assert (sku.delisted_at, sku.exclusive_fen) == (None, 12000)
    page = show(client, "seller:listing_product", sku.product_id)
    assert "¥120.00 → ¥110.00" in page
    assert "¥110.00 → ¥120.00" in page


def test_a_product_is_changed_and_gets_a_second_sku(seller: Seller, client: Client) -> None:
    post(client, "seller:listing_new", **FORM)
    product = Product.objects.get()
    answer = post(
        client, "seller:listing_edit", product.pk, **(FORM | {"title": "Better lamp", "attr-brand": ""})
    )
    assert answer.status_code == 302
    product.refresh_from_db()
    assert (product.title, product.code, "brand" in product.attributes) == ("Better lamp", "NEW-1", False)
    post(client, "seller:listing_add_sku", product.pk, **(FORM | {"sku_code": "NEW-2"}))
    assert sorted(product.skus.values_list("code", flat=True)) == ["NEW-1", "NEW-2"]
    again = post(client, "seller:listing_add_sku", product.pk, **(FORM | {"sku_code": "NEW-2"}))
    assert again.status_code == 422


def test_a_size_chart_is_built_for_apparel(seller: Seller, client: Client) -> None:
    post(client, "seller:listing_new", **FORM)
    product = Product.objects.get()
    chart = {"sizes": "S, M", "columns": ["chest"], "cell_0_chest": "920", "cell_1_chest": "960"}
    drawn = client.post(
        reverse("seller:listing_size_chart", args=[product.pk]),
        chart | {"act": "draw"},
        headers={"HX-Request": "true"},
    )
    assert "The chart is sound" in drawn.content.decode()
    assert post(client, "seller:listing_size_chart", product.pk, **chart).status_code == 302
    product.refresh_from_db()
    assert product.size_chart["rows"] == [{"size": "S", "values": [920]}, {"size": "M", "values": [960]}]
    faulty = post(client, "seller:listing_size_chart", product.pk, **(chart | {"cell_0_chest": "wide"}))
    assert faulty.status_code == 422


def test_epr_numbers_are_kept_and_shown(seller: Seller, client: Client) -> None:
    (sku,) = list_lamps(seller, "A-1")
    told = {"market": "DE", "stream": "packaging", "number": "DE1234567890123", "valid_until": "2027-01-31"}
    assert post(client, "seller:listing_epr", sku.product_id, **told).status_code == 302
    assert EprRegistration.objects.get().number == "DE1234567890123"
    assert "DE1234567890123" in show(client, "seller:listing_product", sku.product_id)
    wrong = post(client, "seller:listing_epr", sku.product_id, **(told | {"number": "12"}))
    assert wrong.status_code == 422


def test_alerts_are_repaired_one_by_one_and_all_at_once(seller: Seller, client: Client) -> None:
    list_lamps(seller, "A-1", "A-2", "A-3", exclusive_fen=12999)
    page = show(client, "seller:listing_alerts")
    assert page.count("¥123.50") >= 3
    first = PriceAlert.objects.get(sku__code="A-2")
    post(client, "seller:listing_repair", alert=first.pk)
    assert Sku.objects.get(code="A-2").exclusive_fen == 12350
    assert PriceAlert.objects.filter(cleared_at__isnull=True).count() == 2
    post(client, "seller:listing_repair", all="1")
    assert set(Sku.objects.values_list("exclusive_fen", flat=True)) == {12350}
    assert not PriceAlert.objects.filter(cleared_at__isnull=True).exists()
    assert "No price alert is open" in show(client, "seller:listing_alerts")


def test_findings_name_repeated_goods_and_missing_attributes(seller: Seller, client: Client) -> None:
    """Five listings pass, the sixth is one too many (A-12)."""
    list_lamps(seller, *(f"A-{n}" for n in range(5)), item_code="GOODS-5", title="five")
    list_lamps(seller, *(f"B-{n}" for n in range(6)), item_code="GOODS-6", title="six")
    list_lamps(seller, *(f"C-{n}" for n in range(6)), title="Same  Title", attributes_missing=1)
    page = show(client, "seller:listing_findings")
    assert "GOODS-6" in page
    assert "GOODS-5" not in page
    assert "Same  Title" in page
    assert "1 / 10" in page


def test_services_are_ticked_for_skus_to_come_and_for_those_on_sale(seller: Seller, client: Client) -> None:
    (sku,) = list_lamps(seller, "A-1")
    post(client, "seller:listing_services", photo_qc="on")
    sku.refresh_from_db()
    assert (sku.label, sku.photo_qc) == (True, False)
    assert 'name="photo_qc"' in show(client, "seller:listing_new")
    post(client, "seller:listing_services", photo_qc="on", apply_to_listed="on")
    sku.refresh_from_db()
    assert (sku.label, sku.photo_qc) == (False, True)


def test_under_full_management_prices_stay_and_the_main_image_is_asked_for(
    seller: Seller, client: Client
) -> None:
    told = FORM | {"fully_managed": "on", "exclusive_fen": ""}
    del told["semi_managed"]
    post(client, "seller:listing_new", **told)
    product, sku = Product.objects.get(), Sku.objects.get()
    refused = post(client, "seller:listing_sku", sku.pk, **(told | {"ordinary_fen": "99"}))
    assert refused.status_code == 422
    assert "the platform sets the price" in refused.content.decode()
    changed = told | {"images": f"{OTHER}\n{PICTURE}"}
    assert post(client, "seller:listing_edit", product.pk, **changed).status_code == 302
    product.refresh_from_db()
    assert product.images[0] == PICTURE
    asked = ListingRequest.objects.get()
    assert (asked.kind, asked.old, asked.new, asked.state) == ("main_image", PICTURE, OTHER, "open")
    assert "waits for the operator" in show(client, "seller:listing_product", product.pk)
    post(client, "seller:listing_withdraw", asked.pk)
    asked.refresh_from_db()
    assert asked.state == "withdrawn"


def test_a_promotion_is_priced_and_judged(seller: Seller, client: Client) -> None:
    list_lamps(seller, "A-1", "A-2")
    on = programme_now().on
    days = {"first_on": on.isoformat(), "last_on": (on + timedelta(days=6)).isoformat()}
    made = post(client, "seller:listing_promotions", name="双旦", **days)
    promotion = Promotion.objects.get()
    assert made.url == reverse("seller:listing_promotion", args=[promotion.pk])
    again = post(
        client, "seller:listing_promotions", name="双旦", first_on=days["last_on"], last_on=days["last_on"]
    )
    assert "There is a promotion with this name already." in again.content.decode()
    for code, yuan in (("A-1", "99"), ("A-2", "125")):
        post(client, "seller:listing_promotion", promotion.pk, sku_code=code, price_fen=yuan)
    prices = PromotionPrice.objects.order_by("sku__code").values_list("price_fen", "price_fen_max")
    assert list(prices) == [(9900, 12350), (12500, 12350)]
    assert Sku.objects.get(code="A-1").exclusive_fen == 12000
    unknown = post(client, "seller:listing_promotion", promotion.pk, sku_code="Z", price_fen="1")
    assert unknown.status_code == 422
    sku = Sku.objects.get(code="A-2")
    post(client, "seller:listing_promotion_drop", promotion.pk, sku.pk)
    assert promotion.prices.count() == 1
    assert "running" in show(client, "seller:listing_promotions")
    post(client, "seller:listing_promotion_end", promotion.pk)
    assert "called off" in show(client, "seller:listing_promotion", promotion.pk)


def test_the_export_can_come_back_as_it_is(seller: Seller, client: Client) -> None:
    post(client, "seller:listing_new", **FORM)
    list_rows(seller, make.new_sku(seller.pk, "A-9", markets=("DE", "FR")))
    book = client.get(reverse("seller:listing_export"))
    frame = pl.read_excel(io.BytesIO(book.content), infer_schema_length=0)
    assert frame["SKU编码 / SKU code"].to_list() == ["NEW-1", "A-9"]
    upload = io.BytesIO(book.content)
    upload.name = "again.xlsx"
    shown = client.post(reverse("seller:listing_upload"), {"file": upload}, follow=True)
    assert shown.status_code == 200
    from_page = shown.redirect_chain[-1][0]
    pk = int(from_page.strip("/").rpartition("/")[2])
    columns = {f"column_{name}": heading for name, heading in _columns(pk).items()}
    looked = client.post(reverse("seller:listing_import_columns", args=[pk]), columns, follow=True)
    assert looked.status_code == 200
    assert _plans(pk) == ["same", "same"]


def _columns(pk: int) -> dict[str, str]:
    return dict(ListingImport.objects.get(pk=pk).columns)


def _plans(pk: int) -> list[str]:
    return list(
        ListingImportRow.objects.filter(sheet_id=pk).order_by("number").values_list("plan", flat=True)
    )


def test_a_stranger_finds_nothing_and_finance_only_looks(seller: Seller, client: Client) -> None:
    (sku,) = list_lamps(seller, "A-1")
    stranger = sign_in(open_active_shop("S2"))
    for name, pk in (
        ("listing_sku", sku.pk),
        ("listing_product", sku.product_id),
        ("listing_edit", sku.product_id),
    ):
        assert stranger.get(reverse(f"seller:{name}", args=[pk])).status_code == 404
    post(stranger, "seller:listing_delist", sku="A-1")
    assert Sku.objects.get().delisted_at is None
    finance = sign_in(seller, Role.SELLER_FINANCE)
    assert "A-1" in show(finance, "seller:listings")
    assert post(finance, "seller:listing_repair", all="1").status_code == 403
