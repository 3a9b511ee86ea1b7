"""What a reviewer decides, and what a seller can do about it: approve, reject, appeal, withdraw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from bantuo.apps.admission.models import Application, ApplicationState
from bantuo.apps.admission.operations.transitions import (
    lock_applications,
    move_applications,
    not_yet,
    same_reason,
)
from bantuo.apps.admission.queries import open_rules


@transaction.atomic
def open_reviews(seller_ids: Sequence[int], *, reason: str, now: datetime, actor: str) -> int:
    """Put assessed applications before a reviewer; returns how many were not there yet."""
    applications = lock_applications(seller_ids)
    return _move(
        not_yet(applications, reached=ApplicationState.IN_REVIEW),
        to=ApplicationState.IN_REVIEW,
        reason=reason,
        now=now,
        actor=actor,
    )


@transaction.atomic
def approve_applications(seller_ids: Sequence[int], *, reason: str, now: datetime, actor: str) -> int:
    """Let sellers in; returns how many were not approved yet.

    What passed its assessment may come straight here; its review is recorded too. What failed must
    have been appealed, and then the reason is kept as an override of the rules that failed.
    """
    waiting = not_yet(lock_applications(seller_ids), reached=ApplicationState.APPROVED)
    passed = [a for a in waiting if a.state == ApplicationState.ASSESSED_PASS]
    _move(passed, to=ApplicationState.IN_REVIEW, reason=reason, now=now, actor=actor)
    reasons = same_reason(waiting, reason=reason)
    for seller, rules in open_rules([a.pk for a in waiting]).items():
        reasons[seller] = f"override of {', '.join(rules)}: {reason}"
    return move_applications(waiting, to=ApplicationState.APPROVED, reasons=reasons, now=now, actor=actor)


@transaction.atomic
def reject_applications(seller_ids: Sequence[int], *, reason: str, now: datetime, actor: str) -> int:
    """Refuse sellers after review, with the reason they are told; they may appeal."""
    waiting = _others(seller_ids, ApplicationState.REJECTED)
    passed = [a for a in waiting if a.state == ApplicationState.ASSESSED_PASS]
    _move(passed, to=ApplicationState.IN_REVIEW, reason=reason, now=now, actor=actor)
    return _move(waiting, to=ApplicationState.REJECTED, reason=reason, now=now, actor=actor)


@transaction.atomic
def appeal_applications(seller_ids: Sequence[int], *, reason: str, now: datetime, actor: str) -> int:
    """Bring refused applications before a reviewer again, for what the seller says."""
    waiting = _others(seller_ids, ApplicationState.IN_REVIEW)
    return _move(waiting, to=ApplicationState.IN_REVIEW, reason=f"appeal: {reason}", now=now, actor=actor)


@transaction.atomic
def withdraw_applications(seller_ids: Sequence[int], *, reason: str, now: datetime, actor: str) -> int:
    """Take applications back at the seller's wish, as long as no deposit is held."""
    waiting = _others(seller_ids, ApplicationState.WITHDRAWN)
    return _move(waiting, to=ApplicationState.WITHDRAWN, reason=reason, now=now, actor=actor)


def _others(seller_ids: Sequence[int], state: str) -> list[Application]:
    return [a for a in lock_applications(seller_ids).values() if a.state != state]


def _move(
    applications: Sequence[Application], *, to: ApplicationState, reason: str, now: datetime, actor: str
) -> int:
    reasons = same_reason(applications, reason=reason)
    return move_applications(applications, to=to, reasons=reasons, now=now, actor=actor)
