"""Step ① in the browser: one draft, filled in parts on any device, handed in once, mended when asked."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from bantuo.apps.admission import operations as admission
from bantuo.apps.admission.models import Application, Assessment
from bantuo.apps.admission.operations.drafts import (
    ConsentMissing,
    DraftClosed,
    SectionUnreadable,
    StillOpen,
    answer_request,
    save_section,
    start_draft,
    submit_draft,
)
from bantuo.apps.admission.operations.transitions import move_applications
from bantuo.apps.admission.queries import report_gates, seller_standing
from bantuo.apps.admission.queries.drafts import composed_profile
from bantuo.apps.admission.sections import section_revision, section_values
from bantuo.apps.documents.models import LegalRepresentative
from bantuo.engine.profiles import profile_problems
from tests.apps import factories as make
from tests.apps.admission import applicants, steps
from tests.processes import start_process

pytestmark = pytest.mark.django_db
WHEN = applicants.WHEN


@pytest.fixture
def seller() -> int:
    (seller,) = make.make_sellers("S1")
    return seller


def test_a_first_draft_holds_who_the_seller_is(seller: int) -> None:
    draft = start_draft(seller, **WHEN)
    assert (draft.attempt, draft.state, draft.started_at) == (1, "draft", make.NOW)
    assert draft.profile == {"code": "S1", "name": "Shop S1"}
    assert steps.timeline(seller) == [("draft", "begun")]


def test_beginning_again_gives_the_draft_begun(seller: int) -> None:
    first = start_draft(seller, **WHEN)
    assert start_draft(seller, **WHEN) == first
    assert steps.timeline(seller) == [("draft", "begun")]


def test_the_whole_first_step(seller: int) -> None:
    draft = applicants.ready_draft(seller)
    assert submit_draft(draft.pk, **applicants.rules()) is True
    draft.refresh_from_db()
    assert (draft.state, draft.submitted_at) == ("assessed_pass", make.NOW)
    assert steps.timeline(seller) == [
        ("draft", "begun"),
        ("submitted", "handed in"),
        ("assessed_pass", "every gate passed"),
    ]
    assert draft.profile["erp"] == {
        "vendor": "示例ERP / Example ERP",
        "api_version": "3.2",
        "probe": {"calls": 100, "p95_ms": 850, "method": "signed_calls"},
    }
    assert [document["kind"] for document in draft.profile["documents"]] == list(applicants.PAPERS)


def test_handing_in_twice_changes_nothing(seller: int) -> None:
    draft = applicants.ready_draft(seller)
    rules = applicants.rules()
    assert [submit_draft(draft.pk, **rules) for _ in range(2)] == [True, True]
    assert Assessment.objects.count() == 1
    assert len(steps.timeline(seller)) == 3


def test_a_paper_handed_in_later_does_not_change_what_was_decided_on(seller: int) -> None:
    draft = applicants.ready_draft(seller)
    submit_draft(draft.pk, **applicants.rules())
    applicants.hand_in(seller, "DOC-3")
    draft.refresh_from_db()
    assert "DOC-3" not in [document["kind"] for document in draft.profile["documents"]]


@pytest.mark.parametrize(
    ("held", "missing"),
    [(None, "consent"), ({"withdrawn_at": make.NOW}, "consent"), ({"sealed": None}, "identity")],
)
def test_nothing_is_handed_in_without_the_representatives_consent(
    seller: int, held: dict[str, Any] | None, missing: str
) -> None:
    draft = applicants.ready_draft(seller)
    LegalRepresentative.objects.all().delete()
    if held is not None:
        applicants.name_representative(seller, **held)
    with pytest.raises(ConsentMissing) as caught:
        submit_draft(draft.pk, **applicants.rules())
    assert caught.value.missing == missing
    assert steps.state_of(seller) == "draft"
    assert Assessment.objects.count() == 0


def test_an_empty_draft_is_assessed_and_told_everything_it_lacks(seller: int) -> None:
    draft = start_draft(seller, **WHEN)
    applicants.name_representative(seller)
    assert submit_draft(draft.pk, **applicants.rules()) is False
    standing = seller_standing(seller)
    assert standing is not None
    asked = {finding.rule for finding in standing.findings if finding.status == "not_evidenced"}
    assert asked >= {"ELG-1", "ELG-5", "ELG-6", "ELG-12", "ELG-14"}
    assert steps.timeline(seller)[-1][1].startswith("failed: DOC-0; not evidenced: ELG-1, ")


def test_an_expired_identity_card_is_told_by_name(seller: int) -> None:
    draft = applicants.ready_draft(seller)
    card = date(2024, 7, 31)
    document = applicants.Document.objects.get(seller_id=seller, kind="DOC-2")
    document.expires_on = card
    document.save()
    assert submit_draft(draft.pk, **applicants.rules()) is False
    assert steps.timeline(seller)[-1] == ("assessed_fail", "failed: DOC-0")
    report = Assessment.objects.get()
    (gate,) = [gate for gate in report_gates(report) if gate["rule"] == "DOC-0"]
    assert gate["evidence"] == [f"DOC-2: expired on {card}"]
    assert gate["label"]["en"] == "Document checklist complete"


def test_a_section_is_kept_while_the_others_are_empty(seller: int) -> None:
    draft = start_draft(seller, **WHEN)
    saved = save_section(draft.pk, "metrics", {"dsr": "4.85"}, revision=None, **WHEN)
    assert (saved.overwritten, saved.application.revision) == (None, 1)
    draft.refresh_from_db()
    assert draft.profile == {"code": "S1", "name": "Shop S1", "metrics": {"dsr": "4.85"}}
    assert profile_problems(draft.profile) == []


def test_saving_the_same_again_is_no_new_revision(seller: int) -> None:
    draft = start_draft(seller, **WHEN)
    for _ in range(2):
        saved = save_section(draft.pk, "metrics", {"dsr": "4.85"}, revision=None, **WHEN)
    assert saved.application.revision == 1


def test_the_last_device_wins_and_is_told_what_it_replaced(seller: int) -> None:
    draft = start_draft(seller, **WHEN)
    seen = section_revision(draft.profile, "metrics")
    save_section(draft.pk, "metrics", {"dsr": "4.7", "tenure_months": 3}, revision=seen, **WHEN)
    saved = save_section(draft.pk, "metrics", {"dsr": "4.9"}, revision=seen, **WHEN)
    assert saved.overwritten == {"dsr": "4.7", "tenure_months": 3}
    assert section_values(saved.application.profile, "metrics") == {"dsr": "4.9", "tenure_months": 3}


@pytest.mark.parametrize(
    ("section", "values", "path"),
    [
        ("metrics", {"dsr": "5.01"}, "metrics.dsr"),
        ("metrics", {"disputes": {"disputed": 2, "orders": 1}}, "metrics.disputes.disputed"),
        ("company", {"registered_on": "2024-02-30"}, "company.registered_on"),
        ("products", {"A": {"weight_g": 0}}, "products[0].weight_g"),
        ("company", {"licence_address": "\x00"}, "company.licence_address"),
    ],
)
def test_values_that_no_profile_may_hold_are_refused_by_place(
    seller: int, section: str, values: dict[str, Any], path: str
) -> None:
    draft = start_draft(seller, **WHEN)
    with pytest.raises(SectionUnreadable) as caught:
        save_section(draft.pk, section, values, revision=None, **WHEN)
    assert [problem["path"] for problem in caught.value.problems] == [path]
    draft.refresh_from_db()
    assert (draft.profile, draft.revision) == ({"code": "S1", "name": "Shop S1"}, 0)


def test_script_in_a_name_is_text_like_any_other(seller: int) -> None:
    draft = start_draft(seller, **WHEN)
    told = "<script>alert(1)</script>"
    saved = save_section(draft.pk, "company", {"licence_address": told}, revision=None, **WHEN)
    assert saved.application.profile["company"]["licence_address"] == told


def test_what_was_handed_in_cannot_be_changed(seller: int) -> None:
    draft = applicants.ready_draft(seller)
    submit_draft(draft.pk, **applicants.rules())
    with pytest.raises(DraftClosed) as caught:
        save_section(draft.pk, "metrics", {"dsr": "5"}, revision=None, **WHEN)
    assert caught.value.state == "assessed_pass"


def test_a_refused_seller_may_try_again_from_what_was_stated(seller: int) -> None:
    first = applicants.refused(seller)
    second = start_draft(seller, **WHEN)
    assert (second.attempt, second.state, second.revision) == (2, "draft", 0)
    assert second.profile["metrics"]["dsr"] == "4.5"
    assert "documents" not in second.profile
    assert "probe" not in second.profile["erp"]
    assert steps.timeline(seller)[-1] == ("draft", "begun again after attempt 1 (assessed_fail)")
    with pytest.raises(DraftClosed) as caught:
        save_section(first.pk, "metrics", {"dsr": "4.9"}, revision=None, **WHEN)
    assert caught.value.state == "superseded"
    save_section(second.pk, "metrics", {"dsr": "4.9"}, revision=None, **WHEN)
    assert submit_draft(second.pk, **applicants.rules()) is True


def test_a_withdrawn_seller_may_try_again(seller: int) -> None:
    start_draft(seller, **WHEN)
    admission.withdraw_applications([seller], reason="not now", **WHEN)
    assert start_draft(seller, **WHEN).attempt == 2


def test_no_second_application_beside_one_under_way(seller: int) -> None:
    draft = applicants.ready_draft(seller)
    submit_draft(draft.pk, **applicants.rules())
    with pytest.raises(StillOpen) as caught:
        start_draft(seller, **WHEN)
    assert caught.value.state == "assessed_pass"


def test_what_was_asked_for_is_mended_and_sent_back(seller: int) -> None:
    draft = applicants.ready_draft(seller)
    submit_draft(draft.pk, **applicants.rules())
    _ask_for_more(draft)
    assert start_draft(seller, **WHEN) == draft
    save_section(draft.pk, "metrics", {"dsr": "4.79"}, revision=None, **WHEN)
    report = answer_request(draft.pk, **applicants.rules())
    assert (report.purpose, report.passed) == ("review", True)
    assert steps.timeline(seller)[-1] == ("in_review", "mended and sent back")
    assert answer_request(draft.pk, **applicants.rules()) == report
    assert Assessment.objects.count() == 2


def test_a_mended_application_that_fails_still_goes_to_the_reviewer(seller: int) -> None:
    draft = applicants.ready_draft(seller)
    submit_draft(draft.pk, **applicants.rules())
    _ask_for_more(draft)
    save_section(draft.pk, "metrics", {"dsr": "4.7"}, revision=None, **WHEN)
    assert answer_request(draft.pk, **applicants.rules()).passed is False
    assert steps.state_of(seller) == "in_review"


def test_nothing_is_answered_that_was_not_asked(seller: int) -> None:
    draft = applicants.ready_draft(seller)
    with pytest.raises(DraftClosed):
        answer_request(draft.pk, **applicants.rules())


def test_a_report_cites_the_day_that_made_it(seller: int) -> None:
    draft = applicants.ready_draft(seller)
    rules = {**applicants.rules(), "on": make.DAY + timedelta(1)}
    with pytest.raises(admission.DayDiffers):
        submit_draft(draft.pk, **rules)
    assert steps.state_of(seller) == "draft"


def test_who_declares_to_have_no_erp_has_none(seller: int) -> None:
    applicants.call_sandbox(seller)
    draft = start_draft(seller, **WHEN)
    assert composed_profile(draft)["erp"]["api_version"] == "3.2"
    saved = save_section(draft.pk, "erp", {"has_erp": False}, revision=None, **WHEN)
    assert composed_profile(saved.application)["erp"] is None


def _ask_for_more(draft: Application) -> None:
    for state in ("in_review", "needs_more"):
        draft.refresh_from_db()
        move_applications([draft], to=state, reasons={draft.seller_id: "stamp illegible"}, **WHEN)


@pytest.mark.processes
def test_rivals_on_one_application(scratch_database: str) -> None:
    """Real processes begin, save and hand in at once: one draft, every save kept, one report."""
    assert _together(scratch_database, "prepare", times=1) == [None]
    drafts = _together(scratch_database, "begin", times=3)
    assert len(set(drafts)) == 1
    assert sorted(_together(scratch_database, "save", times=3)) == ["SKU-0", "SKU-1", "SKU-2"]
    assert _together(scratch_database, "hand_in", times=3) == [True] * 3
    (told,) = _together(scratch_database, "judge", times=1)
    assert told == {
        "skus": ["SIM-BOX-01", "SIM-LAMP-01", "SKU-0", "SKU-1", "SKU-2"],
        "reports": 1,
        "steps": ["draft", "submitted", "assessed_pass"],
    }


def _together(url: str, role: str, *, times: int) -> list[Any]:
    code = "from tests.apps.admission.draft_rivals import main; main()"
    rivals = [start_process(code, role, str(number), url=url) for number in range(times)]
    told = []
    for rival in rivals:
        out, err = rival.communicate(timeout=120)
        assert rival.returncode == 0, err
        told.append(json.loads(out))
    return told
