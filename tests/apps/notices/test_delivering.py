"""From the outbox into inboxes: the right people, once each, whatever happens in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bantuo.apps.accounts.models import Role
from bantuo.apps.admission.models import Agreement, Application
from bantuo.apps.events.models import OutboxEvent
from bantuo.apps.notices import operations
from bantuo.apps.notices.models import Notice
from bantuo.apps.notices.operations import deliver_notices
from bantuo.apps.notices.topics import TOLD, Event, subjects_of, told_of
from tests.apps.factories import NOW, make_sellers, seller_profile
from tests.apps.notices.people import happen, make_owner, make_person, make_reviewer, step

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, str, str]]:
    """Who was told what, and the page it leads to."""
    rows = Notice.objects.order_by("outbox_id", "user__email")
    return [(row.user.email, row.topic, row.link) for row in rows.select_related("user")]


def test_a_step_reaches_the_seller_and_the_reviewers_each_with_their_page() -> None:
    seller, other = make_sellers("S1", "S2")
    make_owner(seller)
    make_owner(other, "other@example.org")
    make_person("stock@example.org", Role.SELLER_STOCK, seller_id=seller)
    make_reviewer()
    make_person("finance@example.org", Role.FINANCE)
    step(seller, "assessed_pass")
    assert deliver_notices(now=NOW) == 2
    assert told() == [
        ("owner@example.org", "assessment_passed", "seller:report"),
        ("reviewer@example.org", "review_waiting", "operator:application 7"),
    ]


def test_reviewers_hear_of_what_was_mended_but_not_of_their_own_steps() -> None:
    (seller,) = make_sellers("S1")
    make_owner(seller)
    make_reviewer()
    step(seller, "in_review")
    step(seller, "in_review", reason="mended and sent back")
    deliver_notices(now=NOW)
    assert told() == [
        ("owner@example.org", "in_review", "seller:application"),
        ("reviewer@example.org", "review_waiting", "operator:application 7"),
    ]


def test_what_was_delivered_is_marked_and_never_delivered_again() -> None:
    (seller,) = make_sellers("S1")
    make_owner(seller)
    step(seller, "approved")
    assert (deliver_notices(now=NOW), deliver_notices(now=NOW + timedelta(minutes=1))) == (1, 0)
    assert set(OutboxEvent.objects.values_list("delivered_at", flat=True)) == {NOW}


def test_even_an_event_that_is_marked_undelivered_again_makes_no_second_notice() -> None:
    (seller,) = make_sellers("S1")
    make_owner(seller)
    step(seller, "approved")
    deliver_notices(now=NOW)
    OutboxEvent.objects.update(delivered_at=None)
    assert deliver_notices(now=NOW) == 0
    assert len(told()) == 1


def test_whoever_did_it_is_not_told_unless_it_is_a_result() -> None:
    (seller,) = make_sellers("S1")
    owner = make_owner(seller)
    partner = make_owner(seller, "partner@example.org")
    step(seller, "in_review", by=owner.actor)
    step(seller, "assessed_fail", by=owner.actor)
    deliver_notices(now=NOW)
    assert told() == [
        (partner.email, "in_review", "seller:application"),
        (owner.email, "assessment_failed", "seller:diagnosis"),
        (partner.email, "assessment_failed", "seller:diagnosis"),
    ]


def test_nobody_hears_of_what_happened_before_they_had_an_account() -> None:
    (seller,) = make_sellers("S1")
    make_owner(seller, created_at=NOW + timedelta(seconds=1))
    make_owner(seller, "locked@example.org", is_active=False)
    step(seller, "approved")
    assert deliver_notices(now=NOW + timedelta(hours=1)) == 0


def test_topics_nobody_is_told_about_are_marked_in_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    (seller,) = make_sellers("S1")
    make_owner(seller)
    deliver_notices(now=NOW)
    happen("stock.declared", {}, seller_id=seller, times=25)
    step(seller, "approved")
    monkeypatch.setattr(operations, "BATCH", 10)
    with CaptureQueriesContext(connection) as seen:
        assert deliver_notices(now=NOW) == 1
    statements = [q["sql"] for q in seen.captured_queries if "SAVEPOINT" not in q["sql"]]
    assert len(statements) == 4  # three batches, and one insert for the only notice
    assert not OutboxEvent.objects.filter(delivered_at__isnull=True).exists()


def test_a_reviewer_is_told_which_shop_and_never_who_did_it() -> None:
    (seller,) = make_sellers("S1")
    make_reviewer()
    step(seller, "assessed_pass", by="user:99")
    deliver_notices(now=NOW)
    (payload,) = Notice.objects.values_list("payload", flat=True)
    assert payload == {
        "step": "assessed_pass",
        "reason": "because",
        "about": "application:7",
        "shop": "Shop S1",
    }


def test_a_new_agreement_concerns_those_who_signed_one() -> None:
    signed, other = make_sellers("S1", "S2")
    make_owner(signed)
    make_owner(other, "other@example.org")
    application = Application.objects.create(
        seller_id=signed, attempt=1, state="agreement_signed", profile=seller_profile("S1")
    )
    Agreement.objects.create(
        seller_id=signed, application=application, version="1", text_sha256="0", signed_by="x", signed_at=NOW
    )
    happen("agreement.published", {"version": "2", "from": "2024-09-01", "by": "user:9"}, key="agreement:2")
    deliver_notices(now=NOW)
    assert told() == [("owner@example.org", "agreement_changed", "seller:agreement")]


def test_every_seller_and_operator_hears_of_a_new_value_but_whoever_published_it() -> None:
    (seller,) = make_sellers("S1")
    make_owner(seller)
    make_person("stock@example.org", Role.SELLER_STOCK, seller_id=seller)
    make_reviewer()
    policy = make_person("policy@example.org", Role.POLICY)
    happen("policy.value_published", {"rule": "ELG-2", "from": "2024-09-01", "by": policy.actor}, key="x:1")
    deliver_notices(now=NOW)
    assert told() == [
        ("owner@example.org", "policy_published", "public:rules"),
        ("reviewer@example.org", "policy_published", "operator:policies"),
    ]


def test_an_appeal_is_told_apart_from_a_first_review_and_an_expired_paper_from_an_expiring_one() -> None:
    (seller,) = make_sellers("S1")
    make_owner(seller)
    make_reviewer()
    step(seller, "in_review", reason="appeal: look again")
    happen("document.expiring", {"kind": "DOC-2", "stage": 7}, seller_id=seller, key="document:3")
    happen("document.expiring", {"kind": "DOC-2", "stage": 0}, seller_id=seller, key="document:3")
    deliver_notices(now=NOW)
    assert [topic for _, topic, _ in told()] == ["appeal_waiting", "document_expiring", "document_expired"]


def test_every_notice_says_one_thing_about_one_subject() -> None:
    subjects: dict[str, set[str]] = {}
    for every in TOLD.values():
        for one in every:
            subjects.setdefault(one.notice, set()).add(one.subject)
    assert [name for name, found in subjects.items() if len(found) != 1] == []


def test_an_event_of_an_unknown_step_tells_nobody() -> None:
    assert told_of(Event(1, "admission.step", 1, "application:1", {"step": "dancing"})) == ()


def test_a_person_sees_only_the_subjects_they_may_hear_of() -> None:
    assert "review" not in subjects_of(frozenset({Role.SELLER_OWNER.value}))
    assert "documents" not in subjects_of(frozenset({Role.AUDITOR.value}))
    assert "review" in subjects_of(frozenset({Role.REVIEWER.value}))
