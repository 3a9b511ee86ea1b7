"""A reviewer's work on one application: take it, judge its parts, ask for more, let in, refuse."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.admission import operations as admission
from bantuo.apps.admission.models import Application, Assessment, ReviewItem
from bantuo.apps.admission.operations.appeal_answers import AppealClosed, decide_appeal
from bantuo.apps.admission.operations.appeals import open_appeal
from bantuo.apps.admission.operations.assignment import (
    HeldByAnother,
    NotAReviewer,
    NotInReview,
    assign_application,
    release_application,
    take_application,
)
from bantuo.apps.admission.operations.diagnosis import run_diagnosis
from bantuo.apps.admission.operations.drafts import answer_request, start_draft
from bantuo.apps.admission.operations.overrides import SecondPersonNeeded
from bantuo.apps.admission.operations.reviewing import (
    CauseMissing,
    DecidedAlready,
    NotAcceptable,
    SubjectUnknown,
    accept_clear_application,
    ask_for_more,
    judge_item,
    reject_application,
)
from bantuo.apps.admission.queries import failure_clock
from bantuo.apps.admission.queries.review import current_items
from tests.apps import factories as make
from tests.apps.admission import applicants, reviewers, steps
from tests.apps.admission.reviewers import LATER, by
from tests.processes import start_process

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return reviewers.make_person("ann")


@pytest.fixture
def ben() -> User:
    return reviewers.make_person("ben")


@pytest.fixture
def waiting() -> Application:
    return reviewers.in_queue()


def _last(application: Application) -> tuple[str, str, str]:
    event = application.events.order_by("-id")[0]
    return event.state, event.reason, event.actor


def test_taking_and_putting_back(waiting: Application, ann: User) -> None:
    assert take_application(waiting.pk, **by(ann)).assigned_to == ann
    assert _last(waiting) == ("review:taken", f"taken by {ann.actor}", ann.actor)
    take_application(waiting.pk, **by(ann))
    assert waiting.events.filter(state="review:taken").count() == 1
    assert release_application(waiting.pk, **by(ann)).assigned_to is None
    assert _last(waiting)[0] == "review:released"


def test_anothers_is_taken_over_only_with_a_reason(waiting: Application, ann: User, ben: User) -> None:
    take_application(waiting.pk, **by(ann))
    with pytest.raises(HeldByAnother) as caught:
        take_application(waiting.pk, **by(ben))
    assert caught.value.holder == ann
    with pytest.raises(HeldByAnother):
        release_application(waiting.pk, reason=" ", **by(ben))
    assert take_application(waiting.pk, reason="ann is on leave", **by(ben)).assigned_to == ben
    assert _last(waiting) == ("review:taken", "ann is on leave", ben.actor)


def test_work_is_given_to_reviewers_only(waiting: Application, ann: User, ben: User) -> None:
    auditor = reviewers.make_person("eve", Role.AUDITOR.value)
    with pytest.raises(NotAReviewer):
        assign_application(waiting.pk, reviewer_id=auditor.pk, **by(ann))
    with pytest.raises(NotAReviewer):
        take_application(waiting.pk, **by(auditor))
    assert assign_application(waiting.pk, reviewer_id=ben.pk, **by(ann)).assigned_to == ben
    assert _last(waiting)[0] == "review:assigned"


def test_a_draft_is_nobodys_to_take(ann: User) -> None:
    (seller,) = make.make_sellers("S1")
    draft = start_draft(seller, **applicants.WHEN)
    with pytest.raises(NotInReview, match="draft"):
        take_application(draft.pk, **by(ann))


def test_an_overtaken_attempt_is_not_reviewed(ann: User) -> None:
    (seller,) = make.make_sellers("S1")
    first = applicants.refused(seller)
    start_draft(seller, **applicants.WHEN)
    with pytest.raises(NotInReview, match="superseded"):
        take_application(first.pk, **by(ann))


def test_the_last_word_on_a_part_counts_and_all_are_kept(waiting: Application, ann: User) -> None:
    for verdict, reason in (("more", "which street?"), ("ok", "")):
        judge_item(waiting.pk, subject="ELG-16", verdict=verdict, reason=reason, **by(ann))
        judge_item(waiting.pk, subject="ELG-16", verdict=verdict, reason=reason, **by(ann))
    told = list(ReviewItem.objects.order_by("id").values_list("subject", "verdict", "reason", "decided_by"))
    assert told == [("ELG-16", "more", "which street?", ann.actor), ("ELG-16", "ok", "", ann.actor)]
    assert {s: item.verdict for s, item in current_items(waiting).items()} == {"ELG-16": "ok"}
    assert _last(waiting) == ("review:judged", "ELG-16: ok: ", ann.actor)


@pytest.mark.parametrize("subject", ["ELG-99", "", "DOC-", "DOC-1:Seal!", "CLM-1", "x" * 201])
def test_only_what_an_application_has_is_judged(waiting: Application, ann: User, subject: str) -> None:
    with pytest.raises(SubjectUnknown):
        judge_item(waiting.pk, subject=subject, verdict="ok", **by(ann))
    assert ReviewItem.objects.count() == 0


@pytest.mark.parametrize("subject", ["ELG-1", "DOC-5", "DOC-1:company_seal", "company.operating_address"])
def test_gates_papers_and_places_are_judged(waiting: Application, ann: User, subject: str) -> None:
    assert judge_item(waiting.pk, subject=subject, verdict="ok", **by(ann)).subject == subject


def test_what_is_not_ok_says_why(waiting: Application, ann: User) -> None:
    with pytest.raises(admission.ReasonMissing):
        judge_item(waiting.pk, subject="ELG-16", verdict="not_ok", reason=" \x00", **by(ann))


def test_who_judges_first_holds_it(waiting: Application, ann: User, ben: User) -> None:
    judge_item(waiting.pk, subject="ELG-16", verdict="ok", **by(ann))
    with pytest.raises(HeldByAnother):
        judge_item(waiting.pk, subject="ELG-16", verdict="ok", **by(ben))


def test_more_is_asked_for_part_by_part(waiting: Application, ann: User) -> None:
    judge_item(waiting.pk, subject="DOC-4", verdict="more", reason="page 2 is missing", **by(ann))
    asked = {"company.operating_address": "as on the lease"}
    ask = {"items": asked, "reason": "please mend", **by(ann)}
    assert ask_for_more(waiting.pk, **ask).state == "needs_more"
    ask_for_more(waiting.pk, **ask)
    ((key, payload),) = make.outbox("admission.more_asked")
    assert (key, payload["items"]) == (f"application:{waiting.pk}", {"DOC-4": "page 2 is missing", **asked})
    assert _last(waiting) == ("needs_more", "please mend", ann.actor)


def test_asking_for_nothing_is_refused(waiting: Application, ann: User) -> None:
    with pytest.raises(CauseMissing):
        ask_for_more(waiting.pk, items={}, reason="hm", **by(ann))
    assert steps.state_of(waiting.seller_id) == "assessed_pass"


def test_what_was_asked_for_is_looked_at_again_before_acceptance(waiting: Application, ann: User) -> None:
    reviewers.tick_all(waiting, ann)
    ask_for_more(waiting.pk, items={"DOC-4": "page 2"}, reason="please", **by(ann))
    answer_request(waiting.pk, **applicants.rules())
    with pytest.raises(NotAcceptable, match="items: DOC-4"):
        reviewers.accept(waiting, ann)
    judge_item(waiting.pk, subject="DOC-4", verdict="ok", **by(ann))
    assert reviewers.accept(waiting, ann).state == "approved"


def test_accepting_once_every_item_was_seen(waiting: Application, ann: User) -> None:
    with pytest.raises(NotAcceptable) as caught:
        reviewers.accept(waiting, ann)
    assert (caught.value.why, caught.value.subjects[0]) == ("unseen", "DOC-1:company_seal")
    reviewers.tick_all(waiting, ann)
    assert reviewers.accept(waiting, ann).state == "approved"
    reviewers.accept(waiting, ann)
    assert steps.timeline(waiting.seller_id)[-2:] == [("in_review", "all sound"), ("approved", "all sound")]


def test_a_report_older_than_a_tick_decides_nothing(waiting: Application, ann: User) -> None:
    reviewers.tick_all(waiting, ann, at=LATER)
    with pytest.raises(NotAcceptable, match="stale"):
        reviewers.accept(waiting, ann)
    reviewers.assess_again(waiting, ann, at=LATER + timedelta(hours=1))
    assert reviewers.accept(waiting, ann).state == "approved"


def test_an_unticked_item_is_a_finding_of_the_next_report(waiting: Application, ann: User) -> None:
    reviewers.tick_all(waiting, ann)
    reviewers.tick(waiting, "DOC-1", "company_seal", ann)
    report = reviewers.assess_again(waiting, ann)
    (finding,) = report.findings.filter(status="fail")
    assert (finding.rule, finding.evidence_en) == ("DOC-0", "DOC-1: not ticked: company_seal")
    assert (report.purpose, report.passed) == ("review", False)
    assert _last(waiting) == ("review:reassessed", "failed: DOC-0", ann.actor)
    with pytest.raises(NotAcceptable, match="gates: DOC-0"):
        reviewers.accept(waiting, ann)
    waiting.refresh_from_db()
    assert (waiting.open_gates, waiting.open_classes) == (1, ["F1"])
    assert waiting.profile["documents"][0]["ticks"] == {"company_seal": False}


def test_assessing_again_without_news_is_the_same_report(waiting: Application, ann: User) -> None:
    first = Assessment.objects.get()
    assert reviewers.assess_again(waiting, ann) == first
    assert Assessment.objects.count() == 1


def test_a_refusal_names_what_is_wrong(waiting: Application, ann: User) -> None:
    refuse: dict[str, Any] = {"reason": "papers do not hold", **by(ann, at=LATER)}
    with pytest.raises(CauseMissing):
        reject_application(waiting.pk, causes={}, **refuse)
    assert steps.state_of(waiting.seller_id) == "assessed_pass"
    causes = {"DOC-1": "the seal is of another firm"}
    assert reject_application(waiting.pk, causes=causes, **refuse).state == "rejected"
    reject_application(waiting.pk, causes=causes, **refuse)
    waiting.refresh_from_db()
    clock = failure_clock(waiting, hours=72)
    assert clock is not None
    assert (clock.failed_at, clock.located_at, waiting.decided_at) == (LATER, LATER, LATER)
    assert ReviewItem.objects.count() == 1


def test_a_bulk_lets_in_only_what_needs_no_second_look(waiting: Application, ann: User) -> None:
    told: dict[str, Any] = {"papers": reviewers.papers(), "reason": "clear", **by(ann, at=LATER)}
    with pytest.raises(NotAcceptable, match="unseen"):
        accept_clear_application(waiting.pk, **told)
    reviewers.tick_all(waiting, ann)
    assert accept_clear_application(waiting.pk, **told).state == "approved"


def test_a_bulk_leaves_out_what_a_person_has_to_look_at(ann: User) -> None:
    application = reviewers.in_queue()
    reviewers.tick_all(application, ann)
    profile = application.profile
    profile["brand"]["authorisation"] = "pending"
    Application.objects.filter(pk=application.pk).update(profile=profile)
    applicants.hand_in(application.seller_id, "DOC-7")
    report = reviewers.assess_again(application, ann)
    assert report.passed
    with pytest.raises(NotAcceptable) as caught:
        accept_clear_application(
            application.pk, papers=reviewers.papers(), reason="clear", **by(ann, at=LATER)
        )
    assert (caught.value.why, caught.value.subjects) == ("warnings", ("ELG-4",))


def test_an_appeal_against_a_person_is_answered_by_another(
    waiting: Application, ann: User, ben: User
) -> None:
    reject_application(waiting.pk, causes={"DOC-1": "seal"}, reason="no", **by(ann))
    appeal = open_appeal(waiting.seller_id, reason="look again", document_ids=(), **applicants.WHEN)
    with pytest.raises(SecondPersonNeeded):
        decide_appeal(appeal.pk, verdict="uphold", answer="fine", **by(ann))
    assert decide_appeal(appeal.pk, verdict="uphold", answer="the seal is right", **by(ben)).upheld is True
    decide_appeal(appeal.pk, verdict="uphold", answer="the seal is right", **by(ben))
    with pytest.raises(AppealClosed):
        decide_appeal(appeal.pk, verdict="dismiss", answer="no", **by(ben))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.assigned_to) == ("in_review", ben)
    assert current_items(waiting)["DOC-1"].verdict == "ok"
    assert [payload["outcome"] for _, payload in make.outbox("admission.appeal_decided")] == ["upheld"]
    reviewers.tick_all(waiting, ben)
    assert reviewers.accept(waiting, ben).state == "approved"


def test_nothing_else_decides_while_an_appeal_waits(waiting: Application, ann: User) -> None:
    reject_application(waiting.pk, causes={"DOC-1": "seal"}, reason="no", **by(ann))
    open_appeal(waiting.seller_id, reason="look again", document_ids=(), **applicants.WHEN)
    for refused in (
        lambda: reviewers.accept(waiting, ann),
        lambda: reject_application(waiting.pk, causes={}, reason="no", **by(ann)),
    ):
        with pytest.raises(NotAcceptable, match="appeal"):
            refused()


def test_a_dismissed_appeal_names_the_gates_that_stand(ann: User) -> None:
    (seller,) = make.make_sellers("S1")
    refused = applicants.refused(seller)
    appeal = open_appeal(seller, reason="another shop's score", document_ids=(), **applicants.WHEN)
    with pytest.raises(admission.ReasonMissing):
        decide_appeal(appeal.pk, verdict="dismiss", answer=" ", **by(ann))
    decide_appeal(appeal.pk, verdict="dismiss", answer="it is this shop's", **by(ann, at=LATER))
    refused.refresh_from_db()
    assert refused.state == "rejected"
    assert {s: (i.verdict, i.reason) for s, i in current_items(refused).items()} == {
        "ELG-2": ("not_ok", "it is this shop's")
    }
    clock = failure_clock(refused, hours=72)
    assert clock is not None
    assert not clock.is_late(LATER + timedelta(days=30))


def test_an_appeal_is_answered_by_a_reviewer(ann: User) -> None:
    (seller,) = make.make_sellers("S1")
    applicants.refused(seller)
    appeal = open_appeal(seller, reason="wrong", document_ids=(), **applicants.WHEN)
    for role in (Role.AUDITOR, Role.ADMINISTRATOR, Role.FINANCE):
        person = reviewers.make_person(role.name.lower(), role.value)
        with pytest.raises(NotAReviewer):
            decide_appeal(appeal.pk, verdict="uphold", answer="fine", **by(person))


def test_a_second_decision_by_another_is_told_what_was_decided(
    waiting: Application, ann: User, ben: User
) -> None:
    reviewers.tick_all(waiting, ann)
    reviewers.accept(waiting, ann)
    for late in (
        lambda: reviewers.accept(waiting, ben),
        lambda: reject_application(waiting.pk, causes={"DOC-1": "seal"}, reason="no", **by(ben)),
        lambda: ask_for_more(waiting.pk, items={"DOC-1": "seal"}, reason="no", **by(ben)),
    ):
        with pytest.raises(DecidedAlready) as caught:
            late()
        assert (caught.value.state, caught.value.by) == ("approved", ann.actor)


def test_the_queue_knows_since_when_a_reviewer_is_to_act(waiting: Application, ann: User) -> None:
    def since() -> Any:
        waiting.refresh_from_db()
        return waiting.waiting_since

    assert since() == make.NOW
    judge_item(waiting.pk, subject="ELG-16", verdict="ok", **by(ann, at=LATER))
    assert since() == make.NOW
    ask_for_more(waiting.pk, items={"DOC-4": "page 2"}, reason="please", **by(ann, at=LATER))
    assert since() is None
    answer_request(waiting.pk, **{**applicants.rules(), "now": LATER})
    assert since() == LATER


def test_a_diagnostic_run_does_not_change_what_the_queue_shows() -> None:
    (seller,) = make.make_sellers("S1")
    refused = applicants.refused(seller)
    applicants.take_back(seller, "DOC-1")
    run = run_diagnosis(seller, **applicants.rules())
    assert run.findings.filter(status__in=["fail", "not_evidenced"]).count() == 2
    refused.refresh_from_db()
    assert (refused.open_gates, refused.open_classes, refused.waiting_since) == (1, [""], None)


@pytest.mark.processes
def test_of_two_reviewers_who_decide_at_once_one_is_refused(scratch_database: str) -> None:
    code = "from tests.apps.admission.rival_reviewers import main; main()"

    def play(*roles: str) -> list[Any]:
        running = [start_process(code, role, url=scratch_database) for role in roles]
        told = [process.communicate(timeout=120) for process in running]
        assert [process.returncode for process in running] == [0] * len(roles), told
        return [json.loads(out) for out, _ in told]

    play("prepare")
    told = play("accept", "reject", "more")
    assert sorted(word for word in told if word == "done") == ["done"]
    assert sorted(word for word in told if word != "done") in (
        ["DecidedAlready", "DecidedAlready"],
        ["DecidedAlready", "HeldByAnother"],
        ["HeldByAnother", "HeldByAnother"],
    )
    ((decided, decisions),) = play("judge")
    assert decided in ("approved", "rejected", "needs_more")
    assert decisions == 1
