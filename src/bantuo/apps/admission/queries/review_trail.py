"""The audit trail of an application: every step, judgement, tick and look at its papers, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from bantuo.apps.admission.models import Application
from bantuo.apps.documents.models import DocumentAccess, DocumentTick

_LOOKS = 200  # the newest; the access log has all of them


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One thing that somebody did. `kind` is step, item, tick or access; `code` says which."""

    at: datetime
    kind: str
    code: str
    subject: str
    text: str
    actor: str


def application_trail(application: Application) -> list[TrailEntry]:
    """Everything that was done about an application, newest first; of what happened at once, last first."""
    entries = list(chain(_steps(application), _items(application), _ticks(application), _looks(application)))
    order = {id(entry): place for place, entry in enumerate(entries)}
    return sorted(entries, key=lambda entry: (entry.at, order[id(entry)]), reverse=True)


def _steps(application: Application) -> Iterator[TrailEntry]:
    steps = application.events.exclude(state="review:judged").order_by("id")
    for step in steps:
        yield TrailEntry(step.happened_at, "step", step.state, "", step.reason, step.actor)


def _items(application: Application) -> Iterator[TrailEntry]:
    for item in application.review_items.order_by("id"):
        yield TrailEntry(item.decided_at, "item", item.verdict, item.subject, item.reason, item.decided_by)


def _ticks(application: Application) -> Iterator[TrailEntry]:
    ticks = DocumentTick.objects.filter(seller_id=application.seller_id, ticked_at__gte=_began(application))
    for tick in ticks.select_related("document").order_by("id"):
        code = "ticked" if tick.ticked else "unticked"
        subject = f"{tick.document.kind}:{tick.tick}"
        yield TrailEntry(tick.ticked_at, "tick", code, subject, tick.note, tick.ticked_by)


def _looks(application: Application) -> Iterator[TrailEntry]:
    looks = DocumentAccess.objects.filter(
        seller_id=application.seller_id, happened_at__gte=_began(application)
    )
    for look in reversed(looks.select_related("document").order_by("-id")[:_LOOKS]):
        kind = look.document.kind if look.document else look.subject
        yield TrailEntry(look.happened_at, "access", look.action, kind, look.reason, look.actor)


def _began(application: Application) -> datetime:
    """Since when papers count as this attempt's."""
    first = application.events.order_by("id").values_list("happened_at", flat=True).first()
    return application.started_at or first or datetime(1970, 1, 1, tzinfo=UTC)
