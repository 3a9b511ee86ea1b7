"""Step ④ of a seller on its pages: choose a warehouse with evidence of the distance, change it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bantuo.apps.admission.models import BindingNotice
from bantuo.apps.documents.models import Document
from bantuo.apps.parties.models import Seller, Warehouse
from bantuo.apps.parties.queries import current_binding
from bantuo.interfaces.seller.joining_fees import compare_distances, example_order
from bantuo.interfaces.web.programme import programme_now
from tests.apps import factories as make
from tests.interfaces.operator.review_people import text_of
from tests.interfaces.seller.joining_shop import picture, seller_at, starter_warehouses
from tests.interfaces.seller.shop import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_store(settings: Any, tmp_path: Path) -> None:
    settings.DOCUMENT_STORE = tmp_path / "documents"


def test_the_owner_picks_the_place_and_sees_estimates() -> None:
    starter_warehouses()
    seller = seller_at("held")
    client = sign_in(seller)
    before = text_of(client.get("/seller/warehouse/"))
    assert "choose your place first" in before
    assert "not stated" in before
    found = client.get("/seller/warehouse/places/", {"q": "杭州"})
    assert "330100" in found.content.decode()
    assert (
        "No place of that name" in client.get("/seller/warehouse/places/", {"q": "Atlantis"}).content.decode()
    )
    client.post("/seller/warehouse/ship-from/", {"code": "330100"})
    page = text_of(client.get("/seller/warehouse/"))
    assert "≈ 105.3 km" in page
    assert "beyond the line" in page
    refused = client.post("/seller/warehouse/ship-from/", {"code": "000000"}, follow=True)
    assert "Choose a place from the list" in text_of(refused)
    assert Seller.objects.get(pk=seller.pk).ship_from_code == "330100"


def _choose(client: Client, warehouse: int, **changed: Any) -> Any:
    told = {"km": "250.0", "reference": "Q-2026-7", **changed}
    return client.post(f"/seller/warehouse/{warehouse}/", told)


def test_a_warehouse_is_bound_with_an_evidenced_distance_and_the_seller_is_active() -> None:
    ids = starter_warehouses()
    seller = seller_at("held")
    client = sign_in(seller)
    assert "beyond" in text_of(client.get(f"/seller/warehouse/{ids['WH-YIWU']}/"))
    asked = _choose(client, ids["WH-YIWU"], paper=picture("route.png"))
    page = client.get(asked.headers["Location"])
    assert "250.0 km" in text_of(page)
    assert "¥19.60" in text_of(page)
    paper = Document.objects.get(kind="distance")
    told = {"distance_m": "250000", "reference": "Q-2026-7", "paper": str(paper.pk)}
    for _ in range(2):
        client.post(f"/seller/warehouse/{ids['WH-YIWU']}/confirm/", told)
    bound = current_binding(seller.pk)
    assert bound is not None
    assert (bound.warehouse_id, bound.distance_m, bound.distance_evidence) == (
        ids["WH-YIWU"],
        250_000,
        f"Q-2026-7; document:{paper.pk} (route.png)",
    )
    assert Seller.objects.get(pk=seller.pk).active_from == programme_now().on
    assert BindingNotice.objects.count() == 0
    assert "what comes next" in text_of(client.get("/seller/warehouse/"))


@pytest.mark.parametrize(
    "changed",
    [
        {"reference": " "},
        {"km": ""},
        {"km": "-1"},
        {"km": "6000.1"},
        {"km": "12.34"},
        {"km": "NaN"},
        {"paper": SimpleUploadedFile("q.pdf", b"<html>no pdf</html>")},
    ],
)
def test_a_distance_without_evidence_or_beyond_reason_goes_no_further(changed: dict[str, Any]) -> None:
    ids = starter_warehouses()
    answer = _choose(sign_in(seller_at("held")), ids["WH-YIWU"], **changed)
    assert answer.status_code == 422
    assert "invalid-feedback" in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"distance_m": "x", "reference": "q"},
        {"distance_m": "6000001", "reference": "q"},
        {"distance_m": "٣", "reference": "q"},
        {"distance_m": "1"},
        {"distance_m": "1", "paper": "4711"},
        {"distance_m": "1", "paper": "9" * 40},
    ],
)
def test_an_address_written_by_hand_confirms_nothing(query: dict[str, str]) -> None:
    ids = starter_warehouses()
    client = sign_in(seller_at("held"))
    assert client.get(f"/seller/warehouse/{ids['WH-YIWU']}/confirm/", query).status_code == 404


def test_another_sellers_evidence_is_not_found() -> None:
    ids = starter_warehouses()
    mine = sign_in(seller_at("held"))
    _choose(mine, ids["WH-YIWU"], paper=picture())
    paper = Document.objects.get(kind="distance").pk
    theirs = sign_in(seller_at("held", "S2"))
    told = {"distance_m": "1", "paper": str(paper)}
    assert theirs.post(f"/seller/warehouse/{ids['WH-YIWU']}/confirm/", told).status_code == 404


def test_a_closing_or_unknown_warehouse_is_not_found() -> None:
    ids = starter_warehouses()
    Warehouse.objects.filter(code="WH-YIWU").update(closed_on=programme_now().on)
    client = sign_in(seller_at("held"))
    assert client.get(f"/seller/warehouse/{ids['WH-YIWU']}/").status_code == 404
    assert client.get("/seller/warehouse/4711/").status_code == 404


def test_an_active_seller_announces_a_change_and_withdraws_it() -> None:
    ids = starter_warehouses()
    seller = seller_at("active")
    client = sign_in(seller)
    page = client.get(_choose(client, ids["WH-DONGGUAN"], km="90.5").headers["Location"])
    assert "Announce the change" in text_of(page)
    assert "¥17.20" in text_of(page)  # the example without the transfer fee
    told = {"distance_m": "90500", "reference": "Q-2026-7"}
    answer = client.post(f"/seller/warehouse/{ids['WH-DONGGUAN']}/confirm/", told, follow=True)
    assert "Change announced" in text_of(answer)
    assert BindingNotice.objects.get().distance_m == 90_500
    other = client.post(
        f"/seller/warehouse/{ids['WH-YIWU']}/confirm/", {**told, "distance_m": "1"}, follow=True
    )
    assert "A change is announced already" in text_of(other)
    client.post("/seller/warehouse/withdraw/")
    assert BindingNotice.objects.get().withdrawn_at is not None
    assert "No change is announced" in text_of(client.post("/seller/warehouse/withdraw/", follow=True))


def test_before_the_deposit_nothing_is_bound() -> None:
    ids = starter_warehouses()
    seller = seller_at("signed")
    client = sign_in(seller)
    assert "One is bound once the deposit is held" in text_of(client.get("/seller/warehouse/"))
    told = {"distance_m": "1", "reference": "q"}
    answer = client.post(f"/seller/warehouse/{ids['WH-YIWU']}/confirm/", told, follow=True)
    assert "This cannot be done while the state is" in text_of(answer)
    assert current_binding(seller.pk) is None


def test_the_example_is_the_books_golden_order() -> None:
    compared = compare_distances(make.the_book(), on=make.DAY)
    assert (compared.within_fen, compared.beyond_fen, compared.more_fen) == (1_720, 1_960, 240)
    assert [row.changes for row in compared.rows] == [False, False, True, False]
    assert (example_order().receipts_fen, example_order().weight_g, example_order().litres) == (
        12_000,
        1_200,
        15,
    )
