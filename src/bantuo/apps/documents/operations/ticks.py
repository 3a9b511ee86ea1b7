"""What a reviewer sees on a paper, item by item of its tick-list."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from bantuo.apps.documents.models import Document, DocumentTick
from bantuo.apps.documents.operations.papers import DocumentUnknown
from bantuo.apps.events.operations import emit_events


class NoteMissing(ValueError):
    """An item that is not ticked says what is wrong, for the seller to mend it."""


class DocumentReplaced(ValueError):
    """A newer upload took its place, or it was destroyed: there is nothing to tick on it any more."""


@transaction.atomic
def record_tick(
    document_id: int, *, tick: str, ticked: bool, note: str, now: datetime, actor: str
) -> DocumentTick:
    """Record whether one item is as it must be; the last word on an item is current.

    The same word again changes nothing. Raises NoteMissing, DocumentUnknown, DocumentReplaced.
    """
    note = note.replace("\x00", "").strip()
    if not ticked and not note:
        raise NoteMissing(f"{tick}: say what is wrong")
    document = Document.objects.select_for_update(no_key=True).filter(pk=document_id).first()
    if document is None:
        raise DocumentUnknown(f"no document {document_id}")
    if document.replaced_at is not None or document.destroyed_at is not None:
        raise DocumentReplaced(f"document {document_id} is not the current one")
    last = document.ticks.filter(tick=tick).order_by("-id").first()
    if last is not None and (last.ticked, last.note) == (ticked, note):
        return last
    made = DocumentTick.objects.create(
        seller_id=document.seller_id,
        document=document,
        tick=tick,
        ticked=ticked,
        note=note,
        ticked_by=actor,
        ticked_at=now,
    )
    payload = {"kind": document.kind, "tick": tick, "ticked": ticked, "note": note, "by": actor}
    emit_events("document.ticked", [(document.seller_id, f"document:{document.pk}", payload)], at=now)
    return made
