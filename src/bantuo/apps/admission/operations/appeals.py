"""A refused seller objects, with evidence; somebody else than the one who refused decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from bantuo.apps.admission.models import Appeal, Application, ApplicationState
from bantuo.apps.admission.operations.transitions import (
    IllegalTransition,
    ReasonMissing,
    lock_applications,
    move_applications,
)
from bantuo.apps.documents.models import Document

REFUSED = (ApplicationState.ASSESSED_FAIL.value, ApplicationState.REJECTED.value)
KIND = "appeal"
BY_EVALUATOR = "system"


class EvidenceUnknown(LookupError):
    """A file that is not a paper of this seller's handed in for an appeal."""


@transaction.atomic
def open_appeal(
    seller_id: int, *, reason: str, document_ids: Sequence[int], now: datetime, actor: str
) -> Appeal:
    """Bring a refusal before a second reviewer, with what the seller says and shows.

    One that is open already is returned as it is. Raises ApplicationUnknown, IllegalTransition (not
    refused), ReasonMissing, EvidenceUnknown; then nothing is written.
    """
    application = lock_applications([seller_id])[seller_id]
    under_way = Appeal.objects.filter(application=application, decided_at__isnull=True).first()
    if under_way is not None:
        return under_way
    _check(application, reason, wanted=ApplicationState.IN_REVIEW)
    evidence = _evidence(seller_id, document_ids)
    appeal = Appeal.objects.create(
        seller_id=seller_id,
        application=application,
        reason=reason.strip(),
        refused_by=refused_by(application),
        opened_by=actor,
        opened_at=now,
    )
    appeal.evidence.set(evidence)
    told = {seller_id: f"appeal: {reason.strip()}"}
    move_applications([application], to=ApplicationState.IN_REVIEW, reasons=told, now=now, actor=actor)
    return appeal


def refused_by(application: Application) -> str:
    """Who refused an application: a person's actor, or `system` when the evaluator did."""
    refusal = application.events.filter(state__in=REFUSED).order_by("-id").first()
    if refusal is None or refusal.state == ApplicationState.ASSESSED_FAIL:
        return BY_EVALUATOR
    return refusal.actor


def _check(application: Application, reason: str, *, wanted: str) -> None:
    if application.state not in REFUSED:
        raise IllegalTransition(seller_id=application.seller_id, before=application.state, wanted=wanted)
    if not reason.strip():
        raise ReasonMissing("an appeal needs a reason")


def _evidence(seller_id: int, document_ids: Sequence[int]) -> list[Document]:
    wanted = set(document_ids)
    found = list(Document.objects.filter(seller_id=seller_id, kind=KIND, pk__in=wanted))
    missing = sorted(wanted - {document.pk for document in found})
    if missing:
        raise EvidenceUnknown(f"no paper of an appeal: {', '.join(map(str, missing))}")
    return found
