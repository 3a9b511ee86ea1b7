"""Gates set aside for one application: one reviewer asks with a reason, another one answers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from bantuo.apps.admission.models import Application, Override
from bantuo.apps.admission.models import ApplicationState as S
from bantuo.apps.admission.operations.assignment import (
    REVIEW,
    WAITING,
    NotAReviewer,
    hold_application,
    lock_application,
    needed,
)
from bantuo.apps.admission.operations.transitions import move_applications, record_steps
from bantuo.apps.admission.queries import deciding_report
from bantuo.apps.admission.queries.review import reviewer_behind, standing_gates, waiting_override
from bantuo.apps.events.operations import emit_events


class GateNotOpen(ValueError):
    """Only gates that stand open can be set aside: `rules` are not."""

    def __init__(self, rules: Collection[str]) -> None:
        super().__init__(f"not open: {', '.join(sorted(rules)) or 'no gate named'}")
        self.rules = tuple(sorted(rules))


class OverrideUnderWay(ValueError):
    """Another request for this application waits for its second person."""


class OverrideClosed(ValueError):
    """It was answered already, by somebody else or otherwise."""


class SecondPersonNeeded(ValueError):
    """Whoever asked, or refused, may not be the one who answers."""


@transaction.atomic
def request_override(
    application_id: int, *, rules: Collection[str], reason: str, now: datetime, actor: str
) -> Override:
    """Ask for open gates to be set aside; nothing changes until a second person has confirmed it.

    One that the evaluator refused comes into review by it. The same request again is the one that
    waits. Raises NotInReview, HeldByAnother, ReasonMissing, GateNotOpen, OverrideUnderWay.
    """
    application = lock_application(application_id, states=WAITING | {S.ASSESSED_FAIL})
    hold_application(application, now=now, actor=actor)
    told, wanted = needed(reason), sorted(set(rules))
    under_way = waiting_override(application)
    if under_way is not None:
        if (under_way.requested_by, under_way.reason, under_way.rules) == (actor, told, wanted):
            return under_way
        raise OverrideUnderWay(f"application {application_id}: override {under_way.pk} waits")
    _check_open(application, wanted)
    if application.state == S.ASSESSED_FAIL:
        came = {application.seller_id: f"override requested: {told}"}
        move_applications([application], to=S.IN_REVIEW, reasons=came, now=now, actor=actor)
    override = Override.objects.create(
        seller_id=application.seller_id,
        application=application,
        rules=wanted,
        reason=told,
        requested_by=actor,
        requested_at=now,
    )
    _record(override, application, "override_requested", told, now=now, actor=actor)
    return override


@transaction.atomic
def confirm_override(override_id: int, *, reason: str = "", now: datetime, actor: str) -> Override:
    """Set the gates aside, as the second person; the seller may then be let in.

    Confirmed already by the same person, nothing changes. Raises SecondPersonNeeded, NotAReviewer,
    NotInReview, OverrideClosed.
    """
    return _answer(override_id, "override_confirmed", reason, now=now, actor=actor)


@transaction.atomic
def decline_override(override_id: int, *, reason: str, now: datetime, actor: str) -> Override:
    """Leave the gates closed, as the second person, for a reason. Raises as `confirm_override`."""
    return _answer(override_id, "override_declined", needed(reason), now=now, actor=actor)


def _answer(override_id: int, step: str, reason: str, *, now: datetime, actor: str) -> Override:
    asked = Override.objects.get(pk=override_id)
    application = lock_application(asked.application_id, states=frozenset(S.values))
    override, confirmed = Override.objects.get(pk=override_id), step == "override_confirmed"
    if override.requested_by == actor:
        raise SecondPersonNeeded(f"override {override_id} was asked for by {actor}")
    if override.decided_at is not None:
        if (override.decided_by, override.confirmed) == (actor, confirmed):
            return override
        raise OverrideClosed(f"override {override_id} was answered by {override.decided_by}")
    if reviewer_behind(actor) is None:
        raise NotAReviewer(f"{actor} is no reviewer")
    lock_application(application.pk, states=WAITING)
    override.decided_by, override.decided_at, override.confirmed = actor, now, confirmed
    override.save(update_fields=["decided_by", "decided_at", "confirmed"])
    _record(override, application, step, reason.strip() or override.reason, now=now, actor=actor)
    return override


def _check_open(application: Application, rules: list[str]) -> None:
    report = deciding_report(application)
    standing = standing_gates(application, report) if report else []
    if not rules or set(rules) - set(standing):
        raise GateNotOpen(set(rules) - set(standing))


def _record(
    override: Override, application: Application, step: str, reason: str, *, now: datetime, actor: str
) -> None:
    told = f"{', '.join(override.rules)}: {reason}"
    record_steps([(application, f"{REVIEW}{step}", told)], now=now, actor=actor)
    payload = {"override": override.pk, "rules": override.rules, "reason": reason, "by": actor}
    key = f"application:{application.pk}"
    emit_events(f"admission.{step}", [(application.seller_id, key, payload)], at=now)
