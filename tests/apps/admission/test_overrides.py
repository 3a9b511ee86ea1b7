"""A gate is set aside by two people, never by one, and only while it stands open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.admission import operations as admission
from bantuo.apps.admission.models import Application, Override
from bantuo.apps.admission.operations.assignment import NotAReviewer, NotInReview
from bantuo.apps.admission.operations.overrides import (
    GateNotOpen,
    OverrideClosed,
    OverrideUnderWay,
    SecondPersonNeeded,
    confirm_override,
    decline_override,
    request_override,
)
from bantuo.apps.admission.operations.reviewing import NotAcceptable, reject_application
from tests.apps import factories as make
from tests.apps.admission import applicants, reviewers, steps
from tests.apps.admission.reviewers import LATER, by

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return reviewers.make_person("ann")


@pytest.fixture
def ben() -> User:
    return reviewers.make_person("ben")


@pytest.fixture
def refused() -> Application:
    (seller,) = make.make_sellers("S1")
    return applicants.refused(seller)


def _ask(application: Application, person: User, *rules: str, reason: str = "the score is old") -> Override:
    return request_override(application.pk, rules=rules or ("ELG-2",), reason=reason, **by(person))


def test_two_people_let_a_seller_in_over_an_open_gate(refused: Application, ann: User, ben: User) -> None:
    override = _ask(refused, ann)
    assert steps.timeline(refused.seller_id)[-2:] == [
        ("in_review", "override requested: the score is old"),
        ("review:override_requested", "ELG-2: the score is old"),
    ]
    reviewers.tick_all(refused, ann)
    with pytest.raises(NotAcceptable, match="gates: ELG-2"):
        reviewers.accept(refused, ann)
    confirm_override(override.pk, **by(ben))
    assert reviewers.accept(refused, ann).state == "approved"
    told = {
        topic: len(make.outbox(f"admission.{topic}"))
        for topic in ("override_requested", "override_confirmed")
    }
    assert told == {"override_requested": 1, "override_confirmed": 1}


def test_nobody_confirms_what_they_asked_for(refused: Application, ann: User) -> None:
    override = _ask(refused, ann)
    with pytest.raises(SecondPersonNeeded):
        confirm_override(override.pk, **by(ann))
    with pytest.raises(SecondPersonNeeded):
        decline_override(override.pk, reason="no", **by(ann))
    with pytest.raises(IntegrityError, match="override_second_person"), transaction.atomic():
        Override.objects.filter(pk=override.pk).update(decided_by=ann.actor, decided_at=make.NOW)


def test_only_reviewers_are_second_persons(refused: Application, ann: User) -> None:
    override = _ask(refused, ann)
    for role in (Role.AUDITOR, Role.ADMINISTRATOR, Role.POLICY):
        with pytest.raises(NotAReviewer):
            confirm_override(override.pk, **by(reviewers.make_person(role.name.lower(), role.value)))


def test_a_declined_gate_stays_closed(refused: Application, ann: User, ben: User) -> None:
    override = _ask(refused, ann)
    with pytest.raises(admission.ReasonMissing):
        decline_override(override.pk, reason="", **by(ben))
    decline_override(override.pk, reason="the score is of last week", **by(ben))
    reviewers.tick_all(refused, ann)
    with pytest.raises(NotAcceptable, match="gates: ELG-2"):
        reviewers.accept(refused, ann)
    with pytest.raises(OverrideClosed):
        confirm_override(override.pk, **by(ben))
    again = _ask(refused, ann, reason="new evidence")
    assert again.pk != override.pk


@pytest.mark.parametrize("rules", [("ELG-1",), ("ELG-2", "ELG-1"), ("ELG-99",), ()])
def test_only_open_gates_are_set_aside(refused: Application, ann: User, rules: Any) -> None:
    with pytest.raises(GateNotOpen):
        request_override(refused.pk, rules=rules, reason="why not", **by(ann))
    assert steps.state_of(refused.seller_id) == "assessed_fail"


def test_the_same_request_again_is_the_one_that_waits(refused: Application, ann: User) -> None:
    assert _ask(refused, ann) == _ask(refused, ann)
    with pytest.raises(OverrideUnderWay):
        _ask(refused, ann, reason="another reason")
    assert Override.objects.count() == 1


def test_confirming_twice_is_once(refused: Application, ann: User, ben: User) -> None:
    override = _ask(refused, ann)
    assert confirm_override(override.pk, **by(ben)) == confirm_override(override.pk, **by(ben, at=LATER))
    assert Override.objects.get().decided_at == make.NOW


def test_a_gate_that_opens_later_is_not_set_aside_with_the_others(
    refused: Application, ann: User, ben: User
) -> None:
    confirm_override(_ask(refused, ann).pk, **by(ben))
    reviewers.tick_all(refused, ann)
    reviewers.tick(refused, "DOC-1", "company_seal", ann)
    reviewers.assess_again(refused, ann)
    with pytest.raises(NotAcceptable) as caught:
        reviewers.accept(refused, ann, at=LATER + timedelta(hours=1))
    assert caught.value.subjects == ("DOC-0",)


def test_nothing_is_confirmed_on_a_decided_application(refused: Application, ann: User, ben: User) -> None:
    override = _ask(refused, ann)
    reject_application(refused.pk, causes={"ELG-2": "too low"}, reason="no", **by(ann))
    with pytest.raises(NotInReview, match="rejected"):
        confirm_override(override.pk, **by(ben))
