"""Every look at a paper, in one chain over all papers that nobody can change unseen."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from bantuo.apps.documents.chain import FIRST_HASH, Entry, entry_hash
from bantuo.apps.documents.models import DocumentAccess
from bantuo.apps.sql import fetch_rows

_CHAIN_LOCK = 0x62746C6F67  # "btlog": the one number of this lock


@transaction.atomic
def log_access(
    *,
    seller_id: int,
    document_id: int | None,
    action: str,
    now: datetime,
    actor: str,
    address: str,
    reason: str = "",
    subject: str = "",
) -> DocumentAccess:
    """Add one entry behind the last one.

    Entries are written one after the other, whoever writes: the lock is held until the transaction
    ends, so an operation logs last, after all of its own locks.
    """
    number, previous = _hold_end_of_chain()
    entry = Entry(
        number=number,
        previous_hash=previous,
        seller_id=seller_id,
        document_id=document_id,
        subject=subject,
        action=action,
        actor=actor,
        reason=_storable(reason),
        address=_storable(address),
        happened_at=now,
    )
    return DocumentAccess.objects.create(
        id=entry.number,
        previous_hash=entry.previous_hash,
        seller_id=entry.seller_id,
        document_id=entry.document_id,
        subject=entry.subject,
        action=entry.action,
        actor=entry.actor,
        reason=entry.reason,
        address=entry.address,
        happened_at=entry.happened_at,
        entry_hash=entry_hash(entry),
    )


def _hold_end_of_chain() -> tuple[int, str]:
    """The next number and the hash it follows; nobody else gets them until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
    last = fetch_rows("SELECT id, entry_hash FROM documents_documentaccess ORDER BY id DESC LIMIT 1")
    return (last[0][0] + 1, last[0][1]) if last else (1, FIRST_HASH)


def _storable(text: str) -> str:
    """What somebody typed, without what a database cannot hold."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()
