"""The dashboard: figures of a span beside the article's claims, and the open work."""

from __future__ import annotations

import io
from typing import Any

import polars as pl
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.admission import operations as admission
from bantuo.apps.admission.operations.overrides import request_override
from bantuo.apps.admission.operations.reviewing import reject_application
from bantuo.interfaces.operator.dashboard_figures import claims_of, share
from tests.apps import factories as make
from tests.apps.admission import applicants, reviewers
from tests.apps.admission.reviewers import by
from tests.interfaces.operator.review_people import client_of, text_of

pytestmark = pytest.mark.django_db
PAGE = "/operator/"
AUGUST = {"since": "2024-08-01", "until": "2024-08-31"}


@pytest.fixture
def ann() -> User:
    return reviewers.make_person("ann")


@pytest.fixture
def at_ann(ann: User) -> Client:
    return client_of(ann)


def told(client: Client, **asked: str) -> str:
    answer = client.get(PAGE, asked or AUGUST)
    assert answer.status_code == 200
    return text_of(answer)


def test_the_claims_are_the_articles_and_said_to_be_claims(at_ann: Client) -> None:
    text = told(at_ann)
    assert "claim 41% of failed reviews are of the first class" in text
    assert "5.7 working days on average, which makes 9.83 for the 2023 pilot (derived)" in text
    assert "a sample of one" in text
    assert "87% are located within the goal, 63% of those" in text
    assert "54.81% of all (reading A-14)" in text


def test_claims_are_derived_exactly() -> None:
    amounts = {name: claim.amount for name, claim in claims_of(make.the_book(), make.DAY).items()}
    assert amounts == {
        "first_class": 4100,
        "located": 8700,
        "mendable": 6300,
        "mendable_of_all": 5481,
        "whole": 57,
        "pilot": 983,
    }


def test_failures_by_class_and_what_can_be_mended(at_ann: Client, ann: User) -> None:
    codes = make.make_sellers("S1", "S2")
    applicants.refused(codes[0], disputes="1.5%")
    applicants.refused(codes[1], dsr="4.5")
    rejected = reviewers.in_queue("S3")
    reject_application(rejected.pk, causes={"DOC-1": "seal"}, reason="no", **by(ann))
    text = told(at_ann)
    assert "flaw in the papers 1 33.33%" in text
    assert "data out of line 1 33.33%" in text
    assert "hard gate, no class given 1 33.33%" in text
    assert "failed applications 3" in text
    assert "of them can be mended at once 1 (33.33%; 33.33% of all)" in text
    assert "None: every refusal named its cause" in text


def test_a_refusal_without_a_cause_is_listed(at_ann: Client) -> None:
    application = reviewers.in_queue("S1")
    admission.reject_applications([application.seller_id], reason="no", now=make.NOW, actor="user:1")
    text = told(at_ann)
    assert "Shop S1 (S1)" in text
    assert "None: every refusal" not in text


def test_days_that_make_no_sense_are_said(at_ann: Client) -> None:
    text = told(at_ann, since="2024-08-31", until="2024-08-01")
    assert "This day lies before the first one." in text
    assert told(at_ann, since="nonsense", until="0000-00-00")


def test_open_work_is_counted_and_leads_to_it(at_ann: Client, ann: User) -> None:
    reviewers.in_queue("S1")
    (seller,) = make.make_sellers("S2")
    request_override(applicants.refused(seller).pk, rules=["ELG-2"], reason="old", **by(ann))
    answer = at_ann.get(PAGE)
    text, body = text_of(answer), answer.content.decode()
    for line in ("to review 2", "of them overdue 2", "of them nobody&#x27;s 1", "Overrides to confirm 1"):
        assert line in text
    assert 'href="/operator/applications/?needs=override"' in body


@pytest.mark.parametrize("role", list(Role))
def test_every_operator_looks_and_no_seller_does(role: Role) -> None:
    if role.value.startswith("seller_"):
        (seller,) = make.make_sellers("S9")
        person = User.objects.create_user("s@example.org", seller_id=seller, roles=[role.value])
    else:
        person = reviewers.make_person("eve", role.value)
    client = client_of(person)
    assert client.get(PAGE).status_code == (403 if role.value.startswith("seller_") else 200)
    assert client.post(PAGE).status_code == 403


def test_who_may_not_open_the_queue_gets_no_link_to_it() -> None:
    body = client_of(reviewers.make_person("eve", Role.WAREHOUSE.value)).get(PAGE).content.decode()
    assert "/operator/applications/" not in body


def test_the_figures_leave_as_a_workbook(at_ann: Client) -> None:
    (seller,) = make.make_sellers("S1")
    applicants.refused(seller)
    answer = at_ann.get(PAGE, {**AUGUST, "export": "xlsx"})
    sheets: dict[str, Any] = pl.read_excel(
        io.BytesIO(answer.content), sheet_id=0, engine="calamine", has_header=False
    )
    assert list(sheets) == ["States", "Causes", "Steps", "Failures", "Late causes", "Claims"]
    states = {row[0]: row[1] for row in sheets["States"].rows()}
    assert states["assessed: not passed"] == "1"
    assert ("CLM-12", "41") in {row[:2] for row in sheets["Claims"].rows()}


def test_the_page_asks_as_much_with_many_applications_as_with_none(at_ann: Client) -> None:
    def queries() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as asked:
            told(at_ann)
        return len(asked)

    queries()
    none = queries()
    for code in ("S1", "S2", "S3"):
        reviewers.in_queue(code)
    assert queries() == none


def test_figures_are_counted_again_after_a_minute_and_open_work_at_once(at_ann: Client) -> None:
    none = told(at_ann)
    reviewers.in_queue("S1")
    soon = told(at_ann)
    cache.clear()
    later = told(at_ann)
    assert ["assessed: passed 1" in text for text in (none, soon, later)] == [False, False, True]
    assert ["to review 1" in text for text in (none, soon)] == [False, True]


def test_shares_are_rounded_half_up_and_of_nothing_there_is_none() -> None:
    assert [share(1, 3), share(1, 20_000), share(0, 5), share(0, 0)] == [3333, 1, 0, None]
