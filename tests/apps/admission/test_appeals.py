"""A refused seller objects: once, with a reason, with its own papers."""

from __future__ import annotations

import pytest

from bantuo.apps.admission import operations as admission
from bantuo.apps.admission.models import Appeal
from bantuo.apps.admission.operations.appeals import EvidenceUnknown, open_appeal
from bantuo.apps.admission.operations.drafts import start_draft, submit_draft
from bantuo.apps.admission.queries import seller_appeals
from tests.apps import factories as make
from tests.apps.admission import applicants, steps

pytestmark = pytest.mark.django_db
WHEN = applicants.WHEN


@pytest.fixture
def seller() -> int:
    (seller,) = make.make_sellers("S1")
    return seller


def _appeal(seller: int, *documents: int, reason: str = "the score is of another shop") -> Appeal:
    return open_appeal(seller, reason=reason, document_ids=documents, **WHEN)


def test_an_appeal_goes_to_review_with_its_evidence(seller: int) -> None:
    refused = applicants.refused(seller)
    paper = applicants.hand_in(seller, "appeal", subject="1")
    appeal = _appeal(seller, paper.pk)
    assert (appeal.application, appeal.refused_by, appeal.opened_by) == (refused, "system", "user:1")
    assert list(appeal.evidence.all()) == [paper]
    assert steps.timeline(seller)[-1] == ("in_review", "appeal: the score is of another shop")
    assert seller_appeals(seller) == [appeal]


def test_an_appeal_twice_is_one(seller: int) -> None:
    applicants.refused(seller)
    assert _appeal(seller) == _appeal(seller, reason="again")
    assert Appeal.objects.count() == 1


def test_the_reviewer_who_rejected_is_kept_so_that_another_decides(seller: int) -> None:
    draft = applicants.ready_draft(seller)
    submit_draft(draft.pk, **applicants.rules())
    admission.reject_applications([seller], reason="seal illegible", now=make.NOW, actor="user:7")
    assert _appeal(seller).refused_by == "user:7"


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_an_appeal_needs_a_reason(seller: int, reason: str) -> None:
    applicants.refused(seller)
    with pytest.raises(admission.ReasonMissing):
        _appeal(seller, reason=reason)
    assert steps.state_of(seller) == "assessed_fail"


def test_nobody_appeals_before_a_refusal(seller: int) -> None:
    start_draft(seller, **WHEN)
    with pytest.raises(admission.IllegalTransition, match="draft → in_review"):
        _appeal(seller)
    assert Appeal.objects.count() == 0


def test_a_next_attempt_takes_the_place_of_an_appeal(seller: int) -> None:
    applicants.refused(seller)
    start_draft(seller, **WHEN)
    with pytest.raises(admission.IllegalTransition):
        _appeal(seller)


def test_another_sellers_paper_is_no_evidence(seller: int) -> None:
    (other,) = make.make_sellers("S2")
    applicants.refused(seller)
    papers = [applicants.hand_in(other, "appeal"), applicants.hand_in(seller, "DOC-3")]
    for paper in papers:
        with pytest.raises(EvidenceUnknown, match=str(paper.pk)):
            _appeal(seller, paper.pk)
    assert steps.state_of(seller) == "assessed_fail"
