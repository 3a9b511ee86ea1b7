"""What is done with papers while nobody looks: reminders, retention, the sweep."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from bantuo.apps.documents.models import Document, DocumentReminder
from bantuo.apps.documents.operations.papers import destroy_documents
from bantuo.apps.documents.operations.ports import Store
from bantuo.apps.documents.queries import expiring_documents
from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.operations import lock_sellers

_PART = ".part"


@transaction.atomic
def remind_expiring(*, days_before: Sequence[int], on: date, now: datetime) -> int:
    """Tell sellers of papers that run out: once for each paper and stage (days before, 0: it ran out).

    A paper first seen late gets its nearest stage only. Returns how many reminders went out.
    """
    due = [
        (paper, _stage(paper.expires_on, days_before, on=on))
        for paper in expiring_documents(on=on, within_days=max(days_before))
    ]
    told = {
        (r.document_id, r.days_before)
        for r in DocumentReminder.objects.filter(document_id__in=[paper.pk for paper, _ in due])
    }
    fresh = [(paper, stage) for paper, stage in due if (paper.pk, stage) not in told]
    DocumentReminder.objects.bulk_create(
        DocumentReminder(seller_id=p.seller_id, document=p, days_before=stage, reminded_at=now)
        for p, stage in fresh
    )
    emit_events(
        "document.expiring",
        [(p.seller_id, f"document:{p.pk}", _reminder(p, stage, on=on)) for p, stage in fresh],
        at=now,
    )
    return len(fresh)


def _stage(expires_on: date | None, days_before: Sequence[int], *, on: date) -> int:
    left = (expires_on - on).days if expires_on else 0
    return min(stage for stage in days_before if left <= stage)


def _reminder(paper: Document, stage: int, *, on: date) -> dict[str, object]:
    left = (paper.expires_on - on).days if paper.expires_on else 0
    return {
        "kind": paper.kind,
        "subject": paper.subject,
        "expires_on": str(paper.expires_on),
        "days_left": left,
        "stage": stage,
    }


@transaction.atomic
def limit_retention(seller_id: int, *, until: date, kinds: Collection[str] | None = None) -> int:
    """Say until when a seller's papers are kept, when nothing needs them longer (refused, left).

    None of `kinds` means all of them. A paper that is due earlier stays due earlier. Returns how many
    changed.
    """
    lock_sellers([seller_id])
    papers = Document.objects.filter(seller_id=seller_id, destroyed_at__isnull=True)
    if kinds is not None:
        papers = papers.filter(kind__in=kinds)
    return papers.exclude(retain_until__lte=until).update(retain_until=until)


def keep_retention_open(seller_id: int) -> int:
    """A seller who applies again: the papers in use are kept as long as they are in use."""
    return Document.objects.filter(
        seller_id=seller_id, destroyed_at__isnull=True, replaced_at__isnull=True
    ).update(retain_until=None)


def destroy_due(*, on: date, replaced_days: int, store: Store, now: datetime, actor: str) -> int:
    """Destroy what may not be kept longer: papers past their day, and those replaced long enough ago."""
    past = Document.objects.filter(destroyed_at__isnull=True, retain_until__lt=on)
    replaced = Document.objects.filter(
        destroyed_at__isnull=True, replaced_at__lt=now - timedelta(days=replaced_days)
    )
    due = {*past.values_list("id", flat=True), *replaced.values_list("id", flat=True)}
    return destroy_documents(sorted(due), reason="retention ended", store=store, now=now, actor=actor)


def sweep_store(*, store: Store, now: datetime, age: timedelta) -> int:
    """Take away files that no paper names: left by a crash before the row, or after a destruction.

    Younger ones than `age` may belong to an upload under way and stay. Returns how many went.
    """
    old = [name for name, written_at in store.files() if written_at < now - age]
    parts = [name for name in old if name.endswith(_PART)]
    whole = [name for name in old if not name.endswith(_PART)]
    named = set(
        Document.objects.filter(store_key__in=whole, destroyed_at__isnull=True).values_list(
            "store_key", flat=True
        )
    )
    orphans = [name for name in whole if name not in named]
    for name in parts:
        store.delete_part(name)
    for name in orphans:
        store.delete(name)
    return len(parts) + len(orphans)
