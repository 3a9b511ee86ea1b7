"""What the queue and the dashboard are made of: overdue work, causes, steps in working days, the trail."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bantuo.apps.accounts.models import User
from bantuo.apps.admission import operations as admission
from bantuo.apps.admission.models import Application
from bantuo.apps.admission.operations.appeals import open_appeal
from bantuo.apps.admission.operations.overrides import request_override
from bantuo.apps.admission.operations.reviewing import judge_item, reject_application
from bantuo.apps.admission.queries.programme_figures import (
    STEPS,
    Failures,
    failures_in,
    late_causes,
    states_in,
    step_days,
)
from bantuo.apps.admission.queries.review import active_reviewers, reviewer_behind
from bantuo.apps.admission.queries.review_queue import (
    is_overdue,
    matching_applications,
    open_work,
    queued_applications,
    start_of,
)
from bantuo.apps.admission.queries.review_trail import application_trail
from bantuo.apps.documents.models import Document
from bantuo.apps.documents.operations.access import log_access
from tests.apps import factories as make
from tests.apps.admission import applicants, reviewers, steps
from tests.apps.admission.reviewers import LATER, by

pytestmark = pytest.mark.django_db
ZONE = "Asia/Shanghai"
AUGUST = (start_of(date(2024, 8, 1), zone=ZONE), start_of(date(2024, 9, 1), zone=ZONE))
JULY = (start_of(date(2024, 7, 1), zone=ZONE), AUGUST[0])
GOAL: dict[str, Any] = {"hours": 72, "paper_class": "F1"}


@pytest.fixture
def ann() -> User:
    return reviewers.make_person("ann")


def _found(condition: Any) -> list[str]:
    return list(
        queued_applications()
        .filter(condition)
        .order_by("seller__code")
        .values_list("seller__code", flat=True)
    )


def test_overdue_is_what_came_on_that_day_or_before() -> None:
    reviewers.in_queue("S1")
    assert _found(is_overdue(make.DAY, zone=ZONE)) == ["S1"]
    assert _found(is_overdue(make.DAY - timedelta(days=1), zone=ZONE)) == []
    assert _found(is_overdue(None, zone=ZONE)) == []


def test_a_shop_is_found_by_code_name_or_credit_code() -> None:
    reviewers.in_queue("S1")
    other = reviewers.in_queue("S2")
    other.profile["company"]["uscc"] = "91330100MA0000000X"
    other.save(update_fields=["profile"])
    assert _found(matching_applications("s2")) == ["S2"]
    assert _found(matching_applications("Shop")) == ["S1", "S2"]
    assert _found(matching_applications("91330100ma0000000x")) == ["S2"]
    assert _found(matching_applications("9133")) == []
    assert _found(matching_applications("%")) == []


def test_open_work_by_kind(ann: User) -> None:
    reviewers.in_queue("S1")
    one, two = make.make_sellers("S2", "S3")
    request_override(applicants.refused(one).pk, rules=["ELG-2"], reason="old", **by(ann))
    applicants.refused(two)
    open_appeal(two, reason="wrong", document_ids=(), **applicants.WHEN)
    assert open_work(last_day=make.DAY, zone=ZONE) == {
        "queue": 3,
        "overdue": 3,
        "unassigned": 2,
        "overrides": 1,
        "appeals": 1,
        "payments": 0,
        "releases": 0,
        "policy_drafts": 0,
    }
    assert open_work(last_day=None, zone=ZONE)["overdue"] == 0


def test_states_of_what_was_handed_in_within_a_period() -> None:
    reviewers.in_queue("S1")
    (seller,) = make.make_sellers("S2")
    applicants.refused(seller)
    assert states_in(AUGUST) == {"assessed_pass": 1, "assessed_fail": 1}
    assert states_in(JULY) == {}


def test_every_open_gate_is_a_cause() -> None:
    one, two = make.make_sellers("S1", "S2")
    applicants.refused(one, disputes="1.5%", dsr="4.5")
    applicants.refused(two, dsr="4.5")
    assert failures_in(AUGUST, **GOAL) == Failures(
        applications=2, located=2, mendable=0, causes={"": 2, "F2": 1}
    )
    assert failures_in(JULY, **GOAL) == Failures(applications=0, located=0, mendable=0, causes={})


def test_a_reviewers_causes_count_by_gate_or_paper(ann: User) -> None:
    application = reviewers.in_queue("S1")
    causes = {"DOC-1": "seal", "ELG-9": "hidden disputes", "company": "moved"}
    reject_application(application.pk, causes=causes, reason="no", **by(ann))
    assert failures_in(AUGUST, **GOAL) == Failures(
        applications=1, located=1, mendable=0, causes={"": 1, "F1": 1, "F2": 1}
    )
    assert late_causes(AUGUST, now=make.NOW + timedelta(days=9), hours=72) == []


def test_a_dismissed_appeal_is_not_a_second_failure(ann: User) -> None:
    (seller,) = make.make_sellers("S1")
    refused = applicants.refused(seller)
    open_appeal(seller, reason="wrong", document_ids=(), **applicants.WHEN)
    admission.reject_applications([refused.seller_id], reason="no", **by(ann))
    assert failures_in(AUGUST, **GOAL).applications == 1


def test_a_refusal_without_a_cause_runs_out_of_time(ann: User) -> None:
    application = reviewers.in_queue("S1")
    admission.reject_applications([application.seller_id], reason="no", **by(ann))

    def late(after: timedelta) -> list[int]:
        return [one.application_id for one in late_causes(AUGUST, now=make.NOW + after, hours=72)]

    assert late(timedelta(hours=72)) == []
    assert late(timedelta(hours=72, seconds=1)) == [application.pk]
    assert failures_in(AUGUST, **GOAL) == Failures(applications=1, located=0, mendable=0, causes={})


def test_each_step_from_day_to_day() -> None:
    steps.joined("S1")
    day = (make.DAY, make.DAY, 1)
    assert step_days(AUGUST, zone=ZONE) == {step: [day] for step in STEPS}
    assert step_days(JULY, zone=ZONE)["whole"] == []


def test_a_step_after_midnight_in_shanghai_is_of_the_next_day(ann: User) -> None:
    application = reviewers.in_queue("S1")
    reviewers.tick_all(application, ann)
    night = make.NOW + timedelta(hours=14, minutes=1)  # 00:01 in Shanghai
    reviewers.accept(application, ann, at=night)
    assert step_days(AUGUST, zone=ZONE)["review"] == [(date(2024, 8, 1), date(2024, 8, 2), 1)]


def test_the_trail_has_all_that_was_done_newest_first(ann: User) -> None:
    application = reviewers.in_queue("S1")
    reviewers.tick(application, "DOC-1", "company_seal", ann, at=LATER)
    judge_item(application.pk, subject="ELG-16", verdict="more", reason="which?", **by(ann, at=LATER))
    paper = Document.objects.get(seller_id=application.seller_id, kind="DOC-1")
    at = LATER + timedelta(minutes=1)
    look: dict[str, Any] = {
        "seller_id": paper.seller_id,
        "document_id": paper.pk,
        "action": "preview",
        "address": "",
    }
    log_access(**look, now=at, actor=ann.actor)
    told = [(entry.kind, entry.code, entry.subject) for entry in application_trail(application)]
    assert told == [
        ("access", "preview", "DOC-1"),
        ("tick", "unticked", "DOC-1:company_seal"),
        ("item", "more", "ELG-16"),
        ("step", "review:taken", ""),
        ("step", "assessed_pass", ""),
        ("step", "submitted", ""),
        ("step", "draft", ""),
    ]


def test_a_reviewer_is_an_active_person_with_the_role(ann: User) -> None:
    gone = reviewers.make_person("gone")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    auditor = reviewers.make_person("eve", "operator_auditor")
    assert active_reviewers() == [ann]
    people = [ann.actor, gone.actor, auditor.actor, "system", "user:", "user:x", "user:999999"]
    assert [reviewer_behind(actor) for actor in people] == [ann, None, None, None, None, None, None]


def test_rows_leave_the_profile_behind() -> None:
    reviewers.in_queue("S1")
    assert "profile" in queued_applications().get().get_deferred_fields()
    assert isinstance(Application.objects.get().waiting_since, datetime)
