"""A seller's appeal is answered, by somebody else than the one who refused."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.db import transaction

from bantuo.apps.admission.models import Appeal, Application
from bantuo.apps.admission.models import ApplicationState as S
from bantuo.apps.admission.operations.assignment import (
    REVIEW,
    WAITING,
    NotAReviewer,
    lock_application,
    needed,
)
from bantuo.apps.admission.operations.overrides import SecondPersonNeeded
from bantuo.apps.admission.operations.reviewing import NOT_OK, refuse, settle_items
from bantuo.apps.admission.operations.transitions import record_steps
from bantuo.apps.admission.queries import deciding_report
from bantuo.apps.admission.queries.review import current_items, reviewer_behind, standing_gates
from bantuo.apps.events.operations import emit_events

Verdict = Literal["uphold", "dismiss"]


class AppealClosed(ValueError):
    """It was answered already, by somebody else or otherwise."""


@transaction.atomic
def decide_appeal(appeal_id: int, *, verdict: Verdict, answer: str, now: datetime, actor: str) -> Appeal:
    """Answer an appeal: upheld, the review goes on in this person's hands; dismissed, the refusal stands.

    Upholding takes back what a reviewer refused; open gates stay open until they are mended or set
    aside. Dismissing names every open gate as a cause. Answered so already by the same person, nothing
    changes. Raises SecondPersonNeeded, NotAReviewer, NotInReview, ReasonMissing, CauseMissing, AppealClosed.
    """
    application = lock_application(
        Appeal.objects.get(pk=appeal_id).application_id, states=frozenset(S.values)
    )
    appeal, upheld = Appeal.objects.get(pk=appeal_id), verdict == "uphold"
    if appeal.refused_by == actor:
        raise SecondPersonNeeded(f"appeal {appeal_id}: {actor} refused")
    if appeal.decided_at is not None:
        if (appeal.decided_by, appeal.upheld) == (actor, upheld):
            return appeal
        raise AppealClosed(f"appeal {appeal_id} was answered by {appeal.decided_by}")
    if reviewer_behind(actor) is None:
        raise NotAReviewer(f"{actor} is no reviewer")
    lock_application(application.pk, states=WAITING)
    appeal.decided_by, appeal.decided_at, appeal.upheld = actor, now, upheld
    appeal.answer = needed(answer)
    appeal.save(update_fields=["decided_by", "decided_at", "upheld", "answer"])
    _record(appeal, application, now=now, actor=actor)
    _take(application, now=now, actor=actor)
    if upheld:
        settle_items(application, reason=appeal.answer, now=now, actor=actor)
    else:
        causes = _unnamed_gates(application, appeal.answer)
        refuse(application, causes=causes, reason=appeal.answer, now=now, actor=actor)
    return appeal


def _take(application: Application, *, now: datetime, actor: str) -> None:
    """Whoever answers an appeal goes on with the review; the one who refused does not."""
    application.assigned_to, application.assigned_at = reviewer_behind(actor), now
    application.save(update_fields=["assigned_to", "assigned_at"])


def _unnamed_gates(application: Application, answer: str) -> dict[str, str]:
    report, items = deciding_report(application), current_items(application)
    standing = standing_gates(application, report) if report else []
    return {rule: answer for rule in standing if rule not in items or items[rule].verdict != NOT_OK}


def _record(appeal: Appeal, application: Application, *, now: datetime, actor: str) -> None:
    step = "appeal_upheld" if appeal.upheld else "appeal_dismissed"
    record_steps([(application, f"{REVIEW}{step}", appeal.answer)], now=now, actor=actor)
    payload = {
        "appeal": appeal.pk,
        "outcome": "upheld" if appeal.upheld else "dismissed",
        "answer": appeal.answer,
        "by": actor,
    }
    key = f"application:{application.pk}"
    emit_events("admission.appeal_decided", [(appeal.seller_id, key, payload)], at=now)
