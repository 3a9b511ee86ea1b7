"""Report, diagnostic tool, appeal and stock threshold as a refused seller walks through them."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from PIL import Image

from bantuo.apps.accounts.models import Role
from bantuo.apps.admission.models import Appeal, Application, Assessment
from bantuo.apps.parties.models import Seller
from bantuo.apps.stock.models import Balance
from bantuo.apps.stock.operations import open_balances
from bantuo.core.findings import FAIL
from bantuo.interfaces.seller.report import report_data
from bantuo.interfaces.seller.sections import mend_url
from bantuo.interfaces.web.finding_words import evidence_words, quantity_words
from bantuo.interfaces.web.programme import programme_now
from tests.apps import factories as make
from tests.apps.admission import applicants, steps
from tests.interfaces.seller import shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller() -> Seller:
    return shop.open_shop()


@pytest.fixture
def client(seller: Seller) -> Client:
    return shop.sign_in(seller)


def _page(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def test_the_report_opens_every_gate_to_its_rule(seller: Seller, client: Client) -> None:
    shop.refused(seller)
    page = _page(client, "/seller/report/")
    assert "4.5" in page
    assert "≥ 4.78" in page
    assert "/rules/ELG-2/drawer/" in page
    assert "What to do, in order of effort" in page


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_report_is_a_pdf_in_the_readers_language(seller: Seller, language: str) -> None:
    shop.refused(seller)
    answer = shop.sign_in(seller, language=language).get("/seller/report/pdf/")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


def test_the_pdf_says_what_the_page_says(seller: Seller) -> None:
    shop.refused(seller, disputes="0.9%", dsr="4.5")
    applicants.take_back(seller.pk, "DOC-5")
    with translation.override("zh-hans"):
        told = report_data(Assessment.objects.get(), seller, programme_now())
    assert (told["lang"], told["title"], told["passed"]) == ("zh", "《履约能力评估报告》", False)
    assert [gate["rule"] for gate in told["to_do"]] == ["ELG-2", "ELG-9"]
    gate = next(gate for gate in told["gates"] if gate["rule"] == "ELG-9")
    assert (gate["observed"], gate["required"], gate["quote"]) == (
        "0.9% (9/1000)",
        "≤ 0.8%",
        "近30天物流纠纷率>0.8%",
    )


def test_causes_stand_under_their_class_with_both_shares(seller: Seller, client: Client) -> None:
    shop.refused(seller, dsr="4.5", disputes="0.9%")
    answer = client.get("/seller/diagnosis/")
    classes = answer.context["classes"]
    assert [(c.code, [g["rule"] for g in c.gates], c.claimed_bp, c.measured_bp) for c in classes] == [
        ("F1", [], 4100, 0),
        ("F2", ["ELG-9"], None, 5000),
        ("F3", [], None, 0),
        ("", ["ELG-2"], None, 5000),
    ]
    page = answer.content.decode()
    assert '<span class="claim-mark">' in page
    assert page.count("not disclosed") == 2
    assert "The goal is 72 hours." in page


def test_mending_leads_to_the_very_field_of_the_next_attempt(seller: Seller, client: Client) -> None:
    shop.refused(seller)
    answer = client.post("/seller/diagnosis/mend/", {"rule": "ELG-2", "place": "metrics.dsr"})
    assert answer.url == "/seller/application/metrics/#id_dsr"
    assert Application.objects.latest("attempt").attempt == 2
    assert 'id="id_dsr"' in _page(client, "/seller/application/metrics/")
    again = client.post("/seller/diagnosis/mend/", {"rule": "ELG-2", "place": "metrics.dsr"})
    assert again.url == answer.url
    assert Application.objects.count() == 2


def test_every_gate_of_the_book_has_a_field_that_exists(seller: Seller, client: Client) -> None:
    applicants.fill(shop.begin(seller))
    book = programme_now().book
    for rule_id, rule in book.rules.items():
        if "mend" not in rule.detail:
            continue
        url = mend_url(rule_id, [], book=book)
        assert url, rule_id
        path, _hash, anchor = url.partition("#")
        assert f'id="{anchor}"' in _page(client, path), (rule_id, url)


def test_evidence_of_a_product_leads_to_its_own_form(seller: Seller) -> None:
    book = programme_now().book
    place = ["products[A&B/1].listed_times"]
    told = "/seller/application/products/edit/?sku=A%26B%2F1#id_listed_times"
    assert mend_url("ELG-10", place, book=book) == told
    assert mend_url("DOC-0", ["DOC-5: missing"], book=book) == "/seller/documents/#paper-DOC-5"


def test_a_run_tells_what_was_mended(seller: Seller, client: Client) -> None:
    draft = shop.ready(seller)
    applicants.take_back(seller.pk, "DOC-5")
    shop.hand_in(draft)
    assert "Product compliance undertaking: missing" in _page(client, "/seller/diagnosis/")
    applicants.hand_in(seller.pk, "DOC-5")
    answer = client.post("/seller/diagnosis/run/", follow=True)
    assert "Every gate would pass now." in answer.content.decode()
    assert answer.context["runs"][0].mended == ("DOC-0",)
    again = client.post("/seller/diagnosis/run/", follow=True)
    assert "Nothing has changed since the last run." in again.content.decode()


def test_a_run_by_the_rules_as_of_then_and_as_of_now(seller: Seller, client: Client) -> None:
    shop.refused(seller)
    report = Assessment.objects.get()
    rows = client.get(f"/seller/diagnosis/replay/{report.pk}/").context["rows"]
    failed = [row["rule"] for row in rows if row["then"]["status"] == FAIL]
    assert failed == ["ELG-2"]
    assert not any(row["differs"] for row in rows)


def test_the_history_asks_the_database_as_often_for_three_runs_as_for_one(
    seller: Seller, client: Client
) -> None:
    shop.begin(seller)
    counted = []
    for kinds in (("DOC-1",), ("DOC-4", "DOC-5")):
        for kind in kinds:
            applicants.hand_in(seller.pk, kind)
            client.post("/seller/diagnosis/run/")
        client.get("/seller/diagnosis/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/seller/diagnosis/")
        counted.append(len(queries))
    assert Assessment.objects.count() == 3
    assert counted[0] == counted[1]


def _picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(drawn, "PNG")
    return drawn.getvalue()


def _appeal(client: Client, *files: Any, reason: str = "the score is of another shop") -> Any:
    return client.post("/seller/appeal/", {"reason": reason, "evidence": list(files)}, follow=True)


def test_an_appeal_with_evidence_goes_to_a_second_reviewer(seller: Seller, client: Client) -> None:
    shop.refused(seller)
    paper = SimpleUploadedFile("proof.png", _picture())
    answer = _appeal(client, paper)
    page = answer.content.decode()
    assert "The appeal is with a second reviewer." in page
    assert "proof.png" in page
    assert Appeal.objects.get().evidence.count() == 1
    _appeal(client, reason="again")
    assert Appeal.objects.count() == 1


def test_an_appeal_without_a_reason_keeps_the_page(seller: Seller, client: Client) -> None:
    shop.refused(seller)
    answer = client.post("/seller/appeal/", {"reason": " "})
    assert answer.status_code == 422
    assert Appeal.objects.count() == 0


def test_a_disguised_file_is_no_evidence_and_the_reason_stays(seller: Seller, client: Client) -> None:
    shop.refused(seller)
    answer = _appeal(client, SimpleUploadedFile("proof.pdf", b"MZ\x90\x00program"), reason="typed reason")
    assert answer.status_code == 422
    assert "typed reason" in answer.content.decode()
    assert Appeal.objects.count() == 0


def test_an_appeal_before_a_refusal_is_answered_in_words(seller: Seller, client: Client) -> None:
    shop.begin(seller)
    assert "Only an application that stands refused" in _appeal(client).content.decode()


def test_the_threshold_explains_itself_before_there_is_stock(client: Client) -> None:
    assert "No stock to hold back yet" in _page(client, "/seller/stock-threshold/")


def test_an_active_seller_adjusts_the_threshold_and_a_wrong_one_is_named(client: Client) -> None:
    (seller_id,) = make.make_active_sellers("ACTIVE")
    make.make_skus(seller_id, "A-1", "A-2")
    open_balances([seller_id], now=make.NOW)
    browser = shop.sign_in(Seller.objects.get(pk=seller_id), Role.SELLER_STOCK)
    first, second = Balance.objects.filter(seller_id=seller_id).order_by("sku__code")
    answer = browser.post(
        "/seller/stock-threshold/", {f"safety_{first.pk}": "7", f"safety_{second.pk}": "few"}
    )
    assert answer.status_code == 422
    assert "“few”: a whole number from 0" in answer.content.decode()
    assert list(Balance.objects.order_by("pk").values_list("safety", flat=True)) == [7, 0]
    client.post("/seller/stock-threshold/", {f"safety_{first.pk}": "0"})
    first.refresh_from_db()
    assert first.safety == 7


def test_an_active_seller_sees_the_daily_duties_at_home() -> None:
    (seller_id,) = steps.joined("JOINED")
    page = _page(shop.sign_in(Seller.objects.get(pk=seller_id)), "/seller/")
    assert "While you are active" in page
    assert re.findall(r"/rules/(STEP-\d)/drawer/", page) == ["STEP-5", "STEP-6", "STEP-7"]


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("≥ 180 days", "≥ 180天", "≥ 180 days"),
        ("CNY 500000.00", "¥500,000.00", "¥500,000.00"),
        ("contains 货物进出口", "含“货物进出口”", "contains “货物进出口”"),
        ("= yes", "是", "yes"),
        ("30000000 mm3", "0.03 m³", "0.03 m³"),
        ("5000 g", "5 kg", "5 kg"),
        (None, "–", "–"),
        ("0.8001% (8001/1000000)", "0.8001% (8001/1000000)", "0.8001% (8001/1000000)"),
    ],
)
def test_quantities_are_said_in_both_languages(text: str | None, zh: str, en: str) -> None:
    for language, told in (("zh-hans", zh), ("en", en)):
        with translation.override(language):
            assert quantity_words(text) == told


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("DOC-5: missing", "Product compliance undertaking: missing"),
        ("DOC-5: not ticked: hand_signed", "Product compliance undertaking: not in order: signed by hand"),
        ("products[A.1].epr: DE weee", "product A.1: EPR DE · electrical equipment (WEEE)"),
        ("products[].size_chart", "size charts"),
        ("brand.authorisation: failed", "brand authorisation: review not passed"),
        ("bank.statements: 2024-06", "bank statements: 2024-06"),
        ("never.seen", "never.seen"),
    ],
)
def test_places_are_said_in_words(place: str, told: str) -> None:
    with translation.override("en"):
        assert evidence_words(place, programme_now().book) == told
