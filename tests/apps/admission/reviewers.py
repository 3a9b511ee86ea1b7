"""Reviewers, and applications that have come as far as their queue."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.admission.models import Application
from bantuo.apps.admission.operations.drafts import submit_draft
from bantuo.apps.admission.operations.reviewing import accept_application, reassess
from bantuo.apps.documents.operations.ticks import record_tick
from bantuo.apps.documents.queries import current_documents
from bantuo.core.documents import DocumentRule
from bantuo.engine.diagnosis import Evaluator
from tests.apps import factories as make
from tests.apps.admission import applicants

LATER = make.NOW + timedelta(hours=1)


def make_person(name: str, *roles: str) -> User:
    """Somebody of the operator; a reviewer unless told otherwise."""
    return User.objects.create_user(
        f"{name}@example.org", name=name, roles=list(roles or (Role.REVIEWER.value,))
    )


def by(person: User, *, at: datetime = make.NOW) -> dict[str, Any]:
    """The moment and the person, as operations take them."""
    return {"now": at, "actor": person.actor}


def in_queue(code: str = "S1", **metrics: Any) -> Application:
    """An application that passed its assessment and waits for a reviewer."""
    (seller,) = make.make_sellers(code)
    draft = applicants.ready_draft(seller, **metrics)
    assert submit_draft(draft.pk, **applicants.rules()) is not bool(metrics)
    return Application.objects.get(pk=draft.pk)


def papers() -> tuple[DocumentRule, ...]:
    """The tick-list of the day."""
    return Evaluator(make.the_book(), make.DAY).terms.documents


def tick_all(application: Application, person: User, *, at: datetime = make.NOW) -> None:
    """Every item of every paper is as it must be."""
    wanted = {rule.kind: rule.ticks for rule in papers()}
    for paper in current_documents(application.seller_id):
        for tick in wanted.get(paper.kind, ()):
            record_tick(paper.pk, tick=tick, ticked=True, note="", **by(person, at=at))


def tick(application: Application, kind: str, item: str, person: User, **when: Any) -> None:
    """One item is not as it must be."""
    (paper,) = [p for p in current_documents(application.seller_id) if p.kind == kind]
    record_tick(paper.pk, tick=item, ticked=False, note="cannot be read", **by(person, **when))


def assess_again(application: Application, person: User, *, at: datetime = LATER) -> Any:
    """The report on what there is now."""
    return reassess(application.pk, **{**applicants.rules(), **by(person, at=at)})


def accept(application: Application, person: User, *, at: datetime = LATER) -> Application:
    """Let the seller in."""
    return accept_application(application.pk, papers=papers(), reason="all sound", **by(person, at=at))
