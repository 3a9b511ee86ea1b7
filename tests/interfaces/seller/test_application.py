"""The application in the browser: section by section, on any device, until it is handed in."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bantuo.apps.accounts.models import Role
from bantuo.apps.admission.models import Application
from bantuo.apps.admission.operations.drafts import save_section
from bantuo.apps.admission.operations.transitions import move_applications
from bantuo.apps.parties.models import Seller
from bantuo.interfaces.seller.section_forms import FORMS, recent_months
from bantuo.interfaces.seller.sections import SECTIONS
from bantuo.interfaces.web.programme import programme_now
from tests.apps.admission import applicants
from tests.interfaces.seller import shop

pytestmark = pytest.mark.django_db
PAGES = [
    "/seller/",
    "/seller/application/",
    "/seller/application/submit/",
    "/seller/report/",
    "/seller/diagnosis/",
    "/seller/appeal/",
    "/seller/stock-threshold/",
    "/seller/application/products/edit/",
    *(f"/seller/application/{code}/" for code, kind in SECTIONS.items() if kind.page == "seller:section"),
]


@pytest.fixture
def seller() -> Seller:
    return shop.open_shop()


@pytest.fixture
def client(seller: Seller) -> Client:
    return shop.sign_in(seller)


def _draft() -> Application:
    return Application.objects.latest("attempt")


def _revision(page: Any) -> str:
    found = re.search(r'name="revision"[^>]* value="([0-9a-f]*)"', page.content.decode())
    assert found
    return found[1]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("url", PAGES)
def test_every_page_opens_before_anything_is_begun(seller: Seller, url: str, language: str) -> None:
    page = shop.sign_in(seller, language=language).get(url, follow=True)
    assert page.status_code == 200
    assert page.content.decode().count("<h1>") == 1


@pytest.mark.parametrize("state", ["empty", "ready", "refused"])
@pytest.mark.parametrize("url", PAGES)
def test_every_page_opens_in_every_state(seller: Seller, client: Client, url: str, state: str) -> None:
    {"empty": shop.begin, "ready": shop.ready, "refused": shop.refused}[state](seller)
    page = client.get(url, follow=True)
    assert page.status_code == 200
    assert page.content.decode().count("<h1>") == 1


def test_a_walk_from_nothing_to_assessed(seller: Seller, client: Client) -> None:
    client.post("/seller/application/start/")
    profile = applicants.make.seller_profile()
    months = recent_months(programme_now().on, count=3)
    entered: dict[str, dict[str, Any]] = {
        "company": {**profile["company"], "uscc": "91330100799655058B"},
        "account": {"account_evidence": "basic_account_filing", "account_number": "J1234567890123"},
        "statements": {f"turnover_{months[0]}": "620,000.00", f"cross_border_{months[0]}": "yes"},
        "brand": {"authorisation": "none", "registered": "yes"},
        "categories": {"categories": ["home-lamps", "home-storage"]},
        "erp": {"has_erp": "yes", "vendor": "Example ERP", "api_version": "3.2"},
        "metrics": {
            "sell_through": "164/200",
            "dsr": "4.85",
            "disputes": "0.7%",
            "serious_complaints": "0",
            "orders_per_day": "620",
        },
    }
    assert entered.keys() == FORMS.keys()
    for section, fields in entered.items():
        answer = client.post(f"/seller/application/{section}/", fields)
        assert answer.status_code == 302, (section, answer.context["form"].errors)
    sheet = json.dumps(profile["products"]).encode()
    client.post("/seller/application/products/import/", {"file": SimpleUploadedFile("products.json", sheet)})
    numbers = {f"number_{e['site']}_{e['stream']}": e["number"] for e in profile["products"][0]["epr"]}
    client.post("/seller/application/epr/", {"sku": "SIM-LAMP-01", **numbers})
    applicants.hand_in_papers(seller.pk)
    applicants.name_representative(seller.pk)
    applicants.call_sandbox(seller.pk)
    preview = client.get("/seller/application/submit/").content.decode()
    assert "Every gate would pass." in preview
    answer = client.post("/seller/application/submit/", follow=True)
    assert answer.redirect_chain == [("/seller/report/", 302)]
    assert _draft().state == "assessed_pass"
    assert "Handed in, and every gate passed." in answer.content.decode()


def test_handing_in_twice_is_harmless(seller: Seller, client: Client) -> None:
    shop.ready(seller)
    for _ in range(2):
        assert client.post("/seller/application/submit/").url == "/seller/report/"
    assert _draft().assessments.count() == 1


def test_without_consent_nothing_is_handed_in_and_the_page_says_what_is_missing(
    seller: Seller, client: Client
) -> None:
    shop.begin(seller)
    answer = client.post("/seller/application/submit/")
    assert answer.status_code == 422
    assert "consent of the legal representative is missing" in answer.content.decode()
    assert _draft().state == "draft"


def test_going_back_after_handing_in_shows_why_nothing_can_be_changed(seller: Seller, client: Client) -> None:
    shop.hand_in(shop.ready(seller))
    page = client.get("/seller/application/metrics/").content.decode()
    assert "can no longer be changed: it is “assessed: passed”" in page
    assert re.search(r"<fieldset class=\"card-body\" disabled>", page)
    assert "hx-post" not in page.split("<main")[1]
    answer = client.post("/seller/application/metrics/", {"dsr": "1"}, follow=True)
    assert "This application can no longer be changed" in answer.content.decode()
    assert _draft().profile["metrics"]["dsr"] == "4.85"


def test_a_field_that_cannot_be_read_costs_no_other_its_value(seller: Seller, client: Client) -> None:
    shop.begin(seller)
    fields = {"dsr": "4,85", "tenure_months": "12", "sell_through": "0.8"}
    answer = client.post("/seller/application/metrics/", fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“4,85”: a score from 0 to 5" in page
    assert "“0.8”: write a percentage with its sign" in page
    assert 'value="4,85"' in page
    assert _draft().profile["metrics"] == {"tenure_months": 12}


def test_what_is_filled_in_is_saved_as_it_goes(seller: Seller, client: Client) -> None:
    shop.begin(seller)
    page = client.get("/seller/application/metrics/")
    fields = {"dsr": "4.7", "revision": _revision(page)}
    answer = client.post("/seller/application/metrics/", fields, headers=shop.HTMX)
    told = answer.content.decode()
    assert answer.status_code == 200
    assert "saved" in told
    assert 'id="told-dsr" hx-swap-oob="true"' in told
    assert "not passed" in told
    assert _revision(answer) != fields["revision"]
    assert _draft().profile["metrics"] == {"dsr": "4.7"}
    fresh = client.post(
        "/seller/application/metrics/", {"dsr": "4.8", "revision": _revision(answer)}, headers=shop.HTMX
    )
    assert "Another device" not in fresh.content.decode()


def test_a_mistake_is_told_while_it_is_filled_in(seller: Seller, client: Client) -> None:
    shop.begin(seller)
    answer = client.post("/seller/application/metrics/", {"dsr": "9"}, headers=shop.HTMX)
    assert answer.status_code == 422
    assert "“9”: a score from 0 to 5" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_two_devices_are_told_of_each_other(seller: Seller, client: Client) -> None:
    shop.begin(seller)
    seen = _revision(client.get("/seller/application/metrics/"))
    client.post("/seller/application/metrics/", {"dsr": "4.7", "revision": seen})
    answer = client.post("/seller/application/metrics/", {"dsr": "4.9", "revision": seen}, headers=shop.HTMX)
    assert "It said: Store DSR score: 4.7." in answer.content.decode()
    assert _draft().profile["metrics"] == {"dsr": "4.9"}


def test_a_session_that_ended_keeps_the_page_as_it_is(seller: Seller, client: Client) -> None:
    shop.begin(seller)
    client.logout()
    answer = client.post("/seller/application/metrics/", {"dsr": "4.7"}, headers=shop.HTMX)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (401, "session-ended")
    assert "metrics" not in _draft().profile


def test_script_in_a_name_is_shown_as_text(seller: Seller, client: Client) -> None:
    shop.begin(seller)
    told = "<script>alert(1)</script>"
    client.post("/seller/application/company/", {"licence_address": told})
    client.post("/seller/application/products/edit/", {"sku": told, "title": told})
    for url in ("company/", "products/", "submit/"):
        page = client.get(f"/seller/application/{url}").content.decode()
        assert told not in page
        assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("91330100799655058B", "Both check digits are right."),
        ("91330100799655058C", "check digit, mod 31"),
        ("123", "18 characters are needed"),
    ],
)
def test_a_credit_code_is_checked_as_it_is_typed(
    seller: Seller, client: Client, number: str, told: str
) -> None:
    shop.begin(seller)
    answer = client.post("/seller/application/company/", {"uscc": number}, headers=shop.HTMX)
    assert told in answer.content.decode()


def test_an_expired_identity_card_is_named_before_handing_in(seller: Seller, client: Client) -> None:
    shop.ready(seller)
    applicants.LegalRepresentative.objects.update(expires_on="2024-01-31")
    page = client.get("/seller/application/submit/").content.decode()
    assert "1 gate would not pass." in page
    assert client.post("/seller/application/submit/").url == "/seller/diagnosis/"
    assert "expired on 2024-01-31" in client.get("/seller/diagnosis/").content.decode()


def test_beginning_on_two_devices_gives_one_draft(seller: Seller, client: Client) -> None:
    for browser in (client, shop.sign_in(seller, Role.SELLER_LISTING)):
        assert browser.post("/seller/application/start/").url == "/seller/application/"
    assert Application.objects.count() == 1


def test_a_second_application_beside_one_under_way_is_refused_in_words(
    seller: Seller, client: Client
) -> None:
    shop.hand_in(shop.ready(seller))
    answer = client.post("/seller/application/start/", follow=True)
    assert "An application is under way already: assessed: passed." in answer.content.decode()
    assert Application.objects.count() == 1


def test_an_application_is_withdrawn_and_begun_again(seller: Seller, client: Client) -> None:
    shop.begin(seller)
    client.post("/seller/application/withdraw/", {"reason": "not yet"})
    assert _draft().state == "withdrawn"
    client.post("/seller/application/start/")
    assert (_draft().attempt, _draft().state) == (2, "draft")


def test_what_the_reviewer_asked_for_is_sent_back(seller: Seller, client: Client) -> None:
    draft = shop.hand_in(shop.ready(seller))
    for state in ("in_review", "needs_more"):
        _move(draft, state)
    save_section(draft.pk, "metrics", {"dsr": "4.9"}, revision=None, **applicants.WHEN)
    assert "Check and send back" in client.get("/seller/application/").content.decode()
    answer = client.post("/seller/application/submit/", follow=True)
    assert "Sent back to the reviewer." in answer.content.decode()
    assert _draft().state == "in_review"


def _move(draft: Application, state: str) -> None:
    reasons = {draft.seller_id: "stamp illegible"}
    move_applications([draft], to=state, reasons=reasons, **applicants.WHEN)


@pytest.mark.parametrize("role", [Role.SELLER_FINANCE, Role.SELLER_LISTING])
def test_only_the_owner_hands_in(seller: Seller, role: Role) -> None:
    shop.ready(seller)
    assert shop.sign_in(seller, role).post("/seller/application/submit/").status_code == 403
    assert _draft().state == "draft"


def test_one_seller_does_not_see_another(seller: Seller) -> None:
    shop.refused(seller)
    report = _draft().assessments.get().pk
    stranger = shop.sign_in(shop.open_shop("S2"))
    for url in ("report/?run={}", "report/pdf/?run={}", "diagnosis/replay/{}/"):
        assert stranger.get(f"/seller/{url.format(report)}").status_code == 404
    assert "Nothing to diagnose yet" in stranger.get("/seller/diagnosis/").content.decode()


@pytest.mark.parametrize("section", ["nothing", "documents", "representative"])
def test_a_section_that_is_none_is_not_found(seller: Seller, client: Client, section: str) -> None:
    shop.begin(seller)
    assert client.get(f"/seller/application/{section}/").status_code == 404


def test_categories_are_searched_and_those_chosen_stay(seller: Seller, client: Client) -> None:
    shop.begin(seller)
    client.post("/seller/application/categories/", {"categories": ["home-lamps"]})
    page = client.get("/seller/application/categories/?q=phone").content.decode()
    assert '<input type="hidden" name="categories" value="home-lamps">' in page
    assert "Phone cases (ce-phone-cases)" in page
    assert "Kitchenware" not in page.split('id="category-results"')[1]


def test_a_category_that_is_not_on_the_list_is_refused(seller: Seller, client: Client) -> None:
    shop.begin(seller)
    answer = client.post("/seller/application/categories/", {"categories": ["weapons"]})
    assert answer.status_code == 422
    assert "weapons" in answer.content.decode()
    assert "categories" not in _draft().profile
