"""The diagnostic tool: runs that decide nothing, what they mended, and the clock to the located cause."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bantuo.apps.admission import operations as admission
from bantuo.apps.admission.models import Assessment, ReviewItem
from bantuo.apps.admission.operations.diagnosis import run_diagnosis
from bantuo.apps.admission.operations.drafts import save_section, start_draft, submit_draft
from bantuo.apps.admission.queries import (
    RunComparison,
    assessments_passed,
    compare_runs,
    diagnosis_runs,
    failure_classes,
    failure_clock,
    open_by_report,
    open_rules,
    refused_items,
    report_gates,
    seller_standing,
)
from tests.apps import factories as make
from tests.apps.admission import applicants, steps

pytestmark = pytest.mark.django_db
WHEN = applicants.WHEN
HOURS = 72


@pytest.fixture
def seller() -> int:
    (seller,) = make.make_sellers("S1")
    return seller


def _run(seller: int) -> Assessment:
    return run_diagnosis(seller, **applicants.rules())


def test_a_run_on_a_draft_decides_nothing(seller: int) -> None:
    draft = start_draft(seller, **WHEN)
    run = _run(seller)
    assert (run.purpose, run.passed, run.application) == ("diagnostic", False, draft)
    assert steps.state_of(seller) == "draft"
    assert assessments_passed([draft.pk]) == {}
    assert open_rules([draft.pk]) == {}
    standing = seller_standing(seller)
    assert standing is not None
    assert (standing.assessment, standing.findings) == (None, ())


def test_a_run_before_does_not_answer_for_the_admission(seller: int) -> None:
    draft = applicants.ready_draft(seller, dsr="4.5")
    _run(seller)
    save_section(draft.pk, "metrics", {"dsr": "4.9"}, revision=None, **WHEN)
    assert submit_draft(draft.pk, **applicants.rules()) is True
    assert assessments_passed([draft.pk]) == {draft.pk: True}


def test_a_run_after_the_refusal_is_not_what_a_reviewer_sees(seller: int) -> None:
    refused = applicants.refused(seller)
    applicants.take_back(seller, "DOC-5")
    _run(seller)
    assert open_rules([refused.pk]) == {seller: ["ELG-2"]}


def test_the_missing_file_uploaded_is_mended_in_the_next_run(seller: int) -> None:
    draft = applicants.ready_draft(seller)
    applicants.take_back(seller, "DOC-5")
    assert submit_draft(draft.pk, **applicants.rules()) is False
    first = _run(seller)
    applicants.hand_in(seller, "DOC-5")
    second = _run(seller)
    found = open_by_report([first, second])
    assert found == {first.pk: ("DOC-0",)}
    assert compare_runs(found[first.pk], ()) == RunComparison(mended=("DOC-0",), new=(), still_open=())
    assert second.passed is True


def test_a_run_that_finds_the_same_is_the_last_one(seller: int) -> None:
    start_draft(seller, **WHEN)
    assert _run(seller) == _run(seller)
    assert Assessment.objects.count() == 1


def test_a_comparison_tells_mended_new_and_open() -> None:
    compared = compare_runs(("ELG-1", "ELG-2"), ("ELG-2", "ELG-9"))
    assert compared == RunComparison(mended=("ELG-1",), new=("ELG-9",), still_open=("ELG-2",))


def test_the_history_holds_every_report_with_its_rules(seller: int) -> None:
    refused = applicants.refused(seller)
    run = _run(seller)
    (report,) = Assessment.objects.filter(purpose="admission")
    assert diagnosis_runs(refused) == [run, report]
    assert {one.policy_version.version for one in diagnosis_runs(refused)} == {make.the_book().version}


def test_a_stored_report_is_opened_with_what_decided_it(seller: int) -> None:
    applicants.refused(seller)
    (report,) = Assessment.objects.all()
    gates = {gate["rule"]: gate for gate in report_gates(report)}
    rule = make.the_book().rules["ELG-2"]
    assert gates["ELG-2"] == {
        "rule": "ELG-2",
        "label": {"zh": rule.label.zh, "en": rule.label.en},
        "class": None,
        "status": "fail",
        "observed": "4.5",
        "required": "≥ 4.78",
        "evidence": ["metrics.dsr"],
        "fix": {"zh": rule.detail["fix"]["zh"], "en": rule.detail["fix"]["en"]},
        "fixable_now": False,
        "source": {
            "id": "faq-20240615001",
            "title": {"zh": rule.values[0].source.title.zh, "en": rule.values[0].source.title.en},
            "published_on": "2024-06-15",
            "url": None,
        },
        "quote": "近90天DSR评分≥4.78",
        "reading": [{"id": r.id, "chosen": {"zh": r.chosen.zh, "en": r.chosen.en}} for r in rule.readings],
    }


def test_a_gate_is_located_with_its_report(seller: int) -> None:
    refused = applicants.refused(seller)
    clock = failure_clock(refused, hours=HOURS)
    assert clock is not None
    assert (clock.failed_at, clock.located_at) == (make.NOW, make.NOW)
    assert clock.due_at == make.NOW + timedelta(hours=HOURS)
    assert clock.is_late(make.NOW + timedelta(days=30)) is False


def test_a_rejection_is_located_when_its_items_have_causes(seller: int) -> None:
    application = applicants.ready_draft(seller)
    submit_draft(application.pk, **applicants.rules())
    admission.reject_applications([seller], reason="papers", **WHEN)
    clock = failure_clock(application, hours=HOURS)
    assert clock is not None
    assert clock.located_at is None
    assert [clock.is_late(clock.due_at + timedelta(seconds=s)) for s in (0, 1)] == [False, True]
    later = make.NOW + timedelta(hours=5)
    _refuse(application.pk, seller, at=later)
    located = failure_clock(application, hours=HOURS)
    assert located is not None
    assert located.located_at == later


def test_who_never_failed_has_no_clock(seller: int) -> None:
    assert failure_clock(start_draft(seller, **WHEN), hours=HOURS) is None


def test_the_last_word_on_a_subject_counts(seller: int) -> None:
    application = start_draft(seller, **WHEN)
    _refuse(application.pk, seller, at=make.NOW)
    assert [item.subject for item in refused_items(application)] == ["DOC-1:company_seal"]
    _refuse(application.pk, seller, at=make.NOW, verdict="ok", reason="")
    assert refused_items(application) == []


def _refuse(
    application: int, seller: int, *, at: object, verdict: str = "not_ok", reason: str = "no seal"
) -> None:
    ReviewItem.objects.create(
        seller_id=seller,
        application_id=application,
        subject="DOC-1:company_seal",
        verdict=verdict,
        reason=reason,
        decided_by="user:9",
        decided_at=at,
    )


def test_the_measured_shares_count_admission_reports_only(seller: int) -> None:
    (other,) = make.make_sellers("S2")
    applicants.refused(seller, dsr="4.5", disputes="0.9%")
    applicants.refused(other, disputes="0.9%")
    _run(seller)
    assert failure_classes() == {None: 1, "F2": 2}
    assert failure_classes(since=make.NOW + timedelta(1)) == {}
