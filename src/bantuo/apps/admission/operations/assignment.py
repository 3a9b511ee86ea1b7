"""Who reviews an application: taken, given, handed back; one reviewer holds it at a time."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from bantuo.apps.accounts.models import User
from bantuo.apps.admission.models import Application
from bantuo.apps.admission.models import ApplicationState as S
from bantuo.apps.admission.operations.transitions import ReasonMissing, lock_applications, record_steps
from bantuo.apps.admission.queries.review import active_reviewers, reviewer_behind

# Steps of the review in the timeline that are no states of the application; for the operator only.
REVIEW = "review:"
ASSIGNABLE = frozenset({S.ASSESSED_PASS.value, S.ASSESSED_FAIL.value, S.IN_REVIEW.value, S.NEEDS_MORE.value})
WAITING = frozenset({S.ASSESSED_PASS.value, S.IN_REVIEW.value})


class NotInReview(ValueError):
    """Nothing is to be reviewed on it: it was decided, went back to the seller, or a later attempt counts."""

    def __init__(self, *, application_id: int, state: str) -> None:
        super().__init__(f"application {application_id} is {state}")
        self.state = state


class HeldByAnother(ValueError):
    """Another reviewer has taken it; it is taken over only with a reason."""

    def __init__(self, *, application_id: int, holder: User) -> None:
        super().__init__(f"application {application_id} is held by {holder.actor}")
        self.holder = holder


class NotAReviewer(ValueError):
    """Only an active reviewer can be given an application."""


@transaction.atomic
def take_application(application_id: int, *, reason: str = "", now: datetime, actor: str) -> Application:
    """Make the actor the one who reviews it. Taken already, nothing changes.

    Raises NotAReviewer, NotInReview, HeldByAnother (another holds it and no reason is given).
    """
    reviewer = reviewer_behind(actor)
    if reviewer is None:
        raise NotAReviewer(f"{actor} is no reviewer")
    return _give(application_id, reviewer, reason=reason, now=now, actor=actor)


@transaction.atomic
def assign_application(
    application_id: int, *, reviewer_id: int, reason: str = "", now: datetime, actor: str
) -> Application:
    """Give an application to a reviewer; one that a third holds is given away with a reason only.

    Raises NotAReviewer, NotInReview, HeldByAnother.
    """
    reviewer = {user.pk: user for user in active_reviewers()}.get(reviewer_id)
    if reviewer is None:
        raise NotAReviewer(f"user {reviewer_id} is no active reviewer")
    return _give(application_id, reviewer, reason=reason, now=now, actor=actor)


@transaction.atomic
def release_application(application_id: int, *, reason: str = "", now: datetime, actor: str) -> Application:
    """Put an application back into the queue; another's is put back only with a reason.

    Raises NotInReview, HeldByAnother. One that nobody holds stays as it is.
    """
    application = lock_application(application_id)
    holder = application.assigned_to
    if holder is None:
        return application
    _check_holder(application, reason, actor=actor)
    application.assigned_to = application.assigned_at = None
    application.save(update_fields=["assigned_to", "assigned_at"])
    return _record(application, "released", reason or f"put back by {actor}", now=now, actor=actor)


def lock_application(application_id: int, *, states: frozenset[str] = ASSIGNABLE) -> Application:
    """The application under lock, in one of these states and the latest of its seller; else NotInReview."""
    seller_id = Application.objects.only("seller_id").get(pk=application_id).seller_id
    held = lock_applications([seller_id])[seller_id]
    if held.pk != application_id:
        raise NotInReview(application_id=application_id, state="superseded")
    if held.state not in states:
        raise NotInReview(application_id=application_id, state=held.state)
    return held


def hold_application(application: Application, *, now: datetime, actor: str) -> None:
    """Whoever acts on an application that nobody holds takes it; raises HeldByAnother."""
    _check_holder(application, "", actor=actor)
    reviewer = reviewer_behind(actor)
    if application.assigned_to_id is None and reviewer is not None:
        _write(application, reviewer, reason=f"taken by {actor}", now=now, actor=actor)


def _give(application_id: int, reviewer: User, *, reason: str, now: datetime, actor: str) -> Application:
    application = lock_application(application_id)
    if application.assigned_to_id == reviewer.pk:
        return application
    _check_holder(application, reason, actor=actor)
    return _write(application, reviewer, reason=reason or f"taken by {reviewer.actor}", now=now, actor=actor)


def _check_holder(application: Application, reason: str, *, actor: str) -> None:
    holder = application.assigned_to
    if holder is not None and holder.actor != actor and not reason.strip():
        raise HeldByAnother(application_id=application.pk, holder=holder)


def _write(
    application: Application, reviewer: User, *, reason: str, now: datetime, actor: str
) -> Application:
    application.assigned_to, application.assigned_at = reviewer, now
    application.save(update_fields=["assigned_to", "assigned_at"])
    step = "taken" if reviewer.actor == actor else "assigned"
    return _record(application, step, reason, now=now, actor=actor)


def _record(application: Application, step: str, reason: str, *, now: datetime, actor: str) -> Application:
    record_steps([(application, f"{REVIEW}{step}", reason)], now=now, actor=actor)
    return application


def needed(reason: str) -> str:
    """The reason without spaces around it; raises ReasonMissing when it says nothing."""
    told = reason.replace("\x00", "").strip()
    if not told:
        raise ReasonMissing("a decision needs a reason")
    return told
