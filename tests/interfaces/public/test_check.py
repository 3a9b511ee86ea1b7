"""Check before applying: the same evaluator as everywhere, no account, and nothing kept unless asked."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bantuo.apps.accounts.models import Role
from bantuo.apps.admission.models import Application
from bantuo.interfaces.public.check import open_state
from bantuo.interfaces.public.check_forms import recent_months
from bantuo.interfaces.web.programme import programme_now
from tests.apps.factories import make_sellers, seller_profile
from tests.apps.notices.people import make_owner, make_person
from tests.interfaces.public.visitors import EN, ZH, answers, groups, post, state_in, upload

pytestmark = pytest.mark.django_db


def test_a_seller_who_is_ready_passes_every_gate() -> None:
    answer = post(answers())
    assert answer.status_code == 200
    assert set(groups(answer)) == {"pass", "not_applicable"}
    assert "Every gate is passed." in answer.content.decode()


def test_an_empty_form_lacks_evidence_of_everything_and_fails_nothing() -> None:
    found = groups(post({}))
    assert set(found) == {"not_evidenced"}
    assert {"ELG-1", "ELG-12", "DOC-0"} <= set(found["not_evidenced"])


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"sell_through": "64.9999"}, "ELG-1"),
        ({"dsr": "4.7799"}, "ELG-2"),
        ({"serious_complaints": "1"}, "ELG-3"),
        ({"brand_authorisation": "failed"}, "ELG-4"),
        ({"category": "not-in-the-list"}, "ELG-6"),
        ({"disputes": "0.8001%"}, "ELG-9"),
        ({"listed_times": "6"}, "ELG-10"),
        ({"api_version": "V3.1"}, "ELG-11"),
        ({"has_erp": "no", "api_version": "", "p95_ms": ""}, "ELG-11"),
        ({"p95_ms": "3001"}, "ELG-12"),
        ({"business_scope": "家居用品销售"}, "ELG-13"),
        ({"turnover": "499999.99"}, "ELG-14"),
        ({"cross_border": "no"}, "ELG-15"),
        ({"operating_address": "示例市另一路 9 号"}, "ELG-16"),
        ({"sites": ["DE"]}, "ELG-17"),
        ({"papers": ["DOC-1"]}, "DOC-0"),
    ],
)  # fmt: skip
def test_each_gate_is_told_by_its_own_answer(changed: dict[str, Any], rule: str) -> None:
    assert rule in groups(post(answers(**changed)))["fail"]


@pytest.mark.parametrize(
    ("changed", "rule"),
    [({"sell_through": "65%"}, "ELG-1"), ({"dsr": "4.78"}, "ELG-2"), ({"disputes": "0.8"}, "ELG-9"),
     ({"listed_times": "5"}, "ELG-10"), ({"api_version": "3.10"}, "ELG-11"), ({"p95_ms": "3000"}, "ELG-12"),
     ({"turnover": "500,000.00"}, "ELG-14")],
)  # fmt: skip
def test_the_value_at_the_limit_passes(changed: dict[str, Any], rule: str) -> None:
    assert rule in groups(post(answers(**changed)))["pass"]


def test_a_young_licence_is_told_by_its_date() -> None:
    young = programme_now().on - timedelta(days=179)
    assert "ELG-5" in groups(post(answers(registered_on=young.isoformat())))["fail"]
    old = programme_now().on - timedelta(days=180)
    assert "ELG-5" in groups(post(answers(registered_on=old.isoformat())))["pass"]


def test_apparel_without_a_size_chart_fails_and_with_a_sound_one_passes() -> None:
    chart = {"unit": "mm", "columns": ["chest"], "rows": [{"size": "M", "values": [960]}]}
    assert "ELG-7" in groups(post(answers(apparel="yes")))["fail"]
    assert "ELG-7" in groups(post(answers(apparel="yes", size_chart=json.dumps(chart))))["pass"]
    broken = json.dumps({**chart, "rows": [{"size": "M", "values": [96.5]}]})
    assert "ELG-7" in groups(post(answers(apparel="yes", size_chart=broken)))["fail"]


def test_an_epr_number_settles_its_site() -> None:
    told = groups(post(answers(sites=["DE"], electrical="no", epr_DE_packaging="DE1234567890123")))
    assert "ELG-17" in told["pass"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("sell_through", "150"), ("sell_through", "1.2E+1"), ("dsr", "6"), ("turnover", "$500"),
     ("weight", "heavy"), ("size", "30x25"), ("listed_times", "-1"), ("registered_on", "2024-13-01"),
     ("api_version", "latest"), ("size_chart", "{"), ("category", "<script>"), ("month", "1999-01")],
)  # fmt: skip
def test_an_answer_that_cannot_be_read_is_marked_and_the_others_stay(field: str, value: str) -> None:
    answer = post(answers(**{field: value}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert 'value="4.83"' in page or field == "dsr"
    assert "<script>" not in page.replace("<script src=", "")


def test_more_missing_than_required_is_named_at_its_field() -> None:
    answer = post(answers(attributes_required="1", attributes_missing="2"))
    assert answer.status_code == 422
    assert "attributes_missing" in answer.context["form"].errors


def test_findings_lead_to_their_rules_and_say_what_to_do() -> None:
    page = post(answers(disputes="0.8001")).content.decode()
    assert 'href="/rules/ELG-9/"' in page
    assert "observed 0.8001% (8001/1000000), required ≤ 0.8%" in page
    assert "Settle running disputes" in page


def test_the_result_in_chinese_has_no_english_left() -> None:
    page = post(answers(disputes="0.8001", cross_border="no"), headers=ZH).content.decode()
    shown = re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main>")])
    assert "自测结果" in shown
    assert re.findall(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", shown) == []


def test_nothing_is_kept() -> None:
    client = Client()
    client.get("/check/")  # the first page of all keeps the book that it cites
    with CaptureQueriesContext(connection) as seen:
        post(answers(), client=client)
    assert {q["sql"].split()[0] for q in seen.captured_queries} <= {"SELECT"}
    assert Session.objects.count() == 0
    assert Application.objects.count() == 0


def test_a_typical_order_is_priced_and_priced_again_with_own_rates() -> None:
    first = post(answers())
    assert first.context["quote"].total_fen == 1960
    again = post({
        "state": state_in(first), "receipts": "120.00", "parcel_size": "30x25x20", "parcel_weight": "1.2",
        "distance": "200", "label": "on", "photo_qc": "on", "goods_cost": "50", "full_supply": "70",
        "self_cost": "25", "self_commission": "8",
    })  # fmt: skip
    assert again.status_code == 200
    assert again.context["quote"].total_fen == 420 + 1100 + 200 + 500
    costs = [cell.text for _, cell in again.context["comparison"][0].rows[0].cells]
    assert costs == ["¥22.20", "¥50.00", "¥34.60"]
    assert set(groups(again)) == {"pass", "not_applicable"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("receipts", ""), ("receipts", "€12"), ("parcel_weight", "0"), ("parcel_size", "30"),
     ("distance", "far"), ("parcel_weight", "2000"), ("self_commission", "200")],
)  # fmt: skip
def test_an_order_that_cannot_be_priced_says_where(field: str, value: str) -> None:
    order = {"receipts": "120", "parcel_size": "30x25x20", "parcel_weight": "1.2", "distance": "250"}
    answer = post({"state": state_in(post(answers())), **order, field: value})
    assert answer.status_code == 200
    assert answer.context["quote"] is None
    assert field in answer.context["parcel"].errors


def test_a_state_that_somebody_changed_is_not_believed() -> None:
    answer = post({"state": state_in(post(answers()))[:-2] + "xx"})
    assert "could not be read any more" in answer.content.decode()
    assert open_state("nonsense") is None


def test_the_answers_can_be_downloaded_with_what_came_of_them() -> None:
    client = Client()
    first = post(answers(dsr="4.7"), client=client)
    answer = client.post("/check/answers.json", {"state": state_in(first)}, headers=EN)
    told = json.loads(answer.content)
    assert answer["Content-Disposition"] == 'attachment; filename="bantuo-check.json"'
    assert told["profile"]["metrics"]["dsr"] == "4.7"
    assert [finding["rule"] for finding in told["assessment"]["findings"]] == ["ELG-2"]
    again = upload("bantuo-check-profile.json", json.dumps(told["profile"]).encode())
    assert groups(again) == groups(first)


def test_the_download_of_nonsense_is_refused_kindly() -> None:
    assert Client().post("/check/answers.json", {"state": "x"}, headers=EN).status_code == 422


def test_applying_with_the_answers_needs_consent() -> None:
    client = Client()
    state = state_in(post(answers(), client=client))
    client.post("/check/apply/", {"state": state}, headers=EN)
    assert "check_answers" not in client.session


def test_the_answers_reach_the_first_draft_after_signing_up_and_only_then() -> None:
    client = Client()
    state = state_in(post(answers(), client=client))
    answer = client.post("/check/apply/", {"state": state, "consent": "yes"}, headers=EN)
    assert answer["Location"].startswith("/accounts/signup/")
    assert Application.objects.count() == 0
    (seller,) = make_sellers("S1")
    client.force_login(make_owner(seller))
    page = client.get("/check/into-application/").content.decode()
    assert "Shop figures" in page
    assert client.post("/check/into-application/", {"answer": "put"})["Location"].startswith("/seller/")
    draft = Application.objects.get(seller_id=seller)
    assert draft.profile["metrics"]["dsr"] == "4.83"
    assert draft.profile["company"]["business_scope"] == "家居用品销售;货物进出口"
    assert "products" not in draft.profile  # the one of the form only stood for others
    assert "documents" not in draft.profile
    assert "probe" not in draft.profile["erp"]
    assert "check_answers" not in client.session


def test_kept_answers_can_be_deleted_and_a_second_post_does_no_harm() -> None:
    client = Client()
    (seller,) = make_sellers("S1")
    client.force_login(make_owner(seller))
    state = state_in(post(answers(), client=client))
    answer = client.post("/check/apply/", {"state": state, "consent": "yes"})
    assert answer["Location"] == "/check/into-application/"
    for _ in range(2):
        assert client.post("/check/into-application/", {"answer": "drop"}).status_code == 302
    assert Application.objects.count() == 0


def test_an_application_that_is_handed_in_is_not_touched() -> None:
    client = Client()
    (seller,) = make_sellers("S1")
    client.force_login(make_owner(seller))
    held = Application.objects.create(
        seller_id=seller, attempt=1, state="in_review", profile=seller_profile()
    )
    state = state_in(post(answers(), client=client))
    client.post("/check/apply/", {"state": state, "consent": "yes"})
    client.post("/check/into-application/", {"answer": "put"})
    held.refresh_from_db()
    assert (held.profile, Application.objects.count()) == (seller_profile(), 1)


def test_stock_people_and_operators_put_nothing_into_an_application() -> None:
    (seller,) = make_sellers("S1")
    for person in (
        make_person("stock@example.org", Role.SELLER_STOCK, seller_id=seller),
        make_person("auditor@example.org", Role.AUDITOR),
    ):
        client = Client()
        client.force_login(person)
        assert client.post("/check/into-application/", {"answer": "put"}).status_code in (302, 403)
    assert Application.objects.count() == 0


def test_the_form_offers_recent_months_only() -> None:
    on = programme_now().on
    assert recent_months(on)[0] == f"{on:%Y-%m}"
    assert len(recent_months(on)) == 4


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(method: str) -> None:
    assert getattr(Client(), method)("/check/").status_code == 405


def test_an_upload_without_a_file_asks_for_one() -> None:
    answer = post({"upload": "1"})
    assert (answer.status_code, list(answer.context["upload"].errors)) == (422, ["file"])


def test_a_file_and_its_name_are_shown_as_text() -> None:
    name = "<img src=x onerror=alert(1)>.json"
    file = SimpleUploadedFile(name, b'{"code": "<b>x</b>"}', "application/json")
    answer = Client().post("/check/", {"upload": "1", "file": file}, headers=EN)
    assert answer.status_code == 422
    assert "<b>x</b>" not in answer.content.decode()
    assert "&lt;b&gt;x&lt;/b&gt;" in answer.content.decode()
