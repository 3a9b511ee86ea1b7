"""What one entry of the access log says, and the hash that ties it to the entry before it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

FIRST_HASH = "0" * 64
_FORM = "bantuo-access-1"


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything of an entry but its own hash."""

    number: int
    previous_hash: str
    seller_id: int
    document_id: int | None
    subject: str
    action: str
    actor: str
    reason: str
    address: str
    happened_at: datetime


def entry_hash(entry: Entry) -> str:
    """SHA-256 over all that the entry says; changing any of it, or the entry before, changes this."""
    told = [
        _FORM,
        entry.number,
        entry.previous_hash,
        entry.seller_id,
        entry.document_id,
        entry.subject,
        entry.action,
        entry.actor,
        entry.reason,
        entry.address,
        entry.happened_at.astimezone(UTC).isoformat(timespec="microseconds"),
    ]
    return hashlib.sha256(json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()
