"""Which papers a seller has, what was ticked on them, who looked at them, and whether the log is whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet

from bantuo.apps.documents.chain import FIRST_HASH, Entry, entry_hash
from bantuo.apps.documents.models import Document, DocumentAccess, DocumentTick, LegalRepresentative

# Of several papers of these kinds one sound one will do: the permit or the filing, any of the
# last three months (DOC-4). Of every other kind all of them must be sound.
ONE_SUFFICES = frozenset({"DOC-3", "DOC-4"})
IDENTITY_PHOTOS = "DOC-2"
_CHAIN_ROWS = 2000


@dataclass(frozen=True, slots=True)
class ChainState:
    """What checking the access log found: the first entry that does not fit, and what is wrong there."""

    entries: int
    head_hash: str
    broken_at: int | None = None
    fault: str = ""  # changed | missing | truncated

    @property
    def is_whole(self) -> bool:
        return not self.fault


def current_documents(seller_id: int) -> list[Document]:
    """The papers in use, by kind and subject: not replaced, not destroyed."""
    held = Document.objects.filter(seller_id=seller_id, replaced_at__isnull=True, destroyed_at__isnull=True)
    return sorted(held, key=lambda d: (d.kind, d.subject, d.pk))


def current_ticks(document_ids: Collection[int]) -> dict[int, dict[str, DocumentTick]]:
    """The last word on every item of every one of these papers, by paper and item."""
    words: dict[int, dict[str, DocumentTick]] = {pk: {} for pk in document_ids}
    for tick in DocumentTick.objects.filter(document_id__in=document_ids).order_by("id"):
        words[tick.document_id][tick.tick] = tick
    return words


def profile_documents(seller_id: int) -> list[dict[str, Any]]:
    """The `documents` list of the seller schema: one entry per kind of the checklist.

    Several papers of a kind become one: the best of them where one suffices, else all of them taken
    together (an item is ticked when it is on all, the earliest expiry counts).
    """
    papers = [paper for paper in current_documents(seller_id) if paper.kind.startswith("DOC-")]
    ticks = current_ticks([paper.pk for paper in papers])
    card = LegalRepresentative.objects.filter(seller_id=seller_id, withdrawn_at__isnull=True).first()
    kinds: dict[str, list[dict[str, Any]]] = {}
    for paper in papers:
        expires_on = paper.expires_on
        if paper.kind == IDENTITY_PHOTOS and expires_on is None and card is not None:
            expires_on = card.expires_on
        kinds.setdefault(paper.kind, []).append(_told(paper, ticks[paper.pk], expires_on))
    return [_as_one(kind, told) for kind, told in sorted(kinds.items())]


def _told(paper: Document, ticks: Mapping[str, DocumentTick], expires_on: date | None) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": paper.kind}
    if ticks:
        told["ticks"] = {name: word.ticked for name, word in sorted(ticks.items())}
    if expires_on is not None:
        told["expires_on"] = expires_on.isoformat()
    if paper.subject:
        told["flags"] = [paper.subject]
    return told


def _as_one(kind: str, told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    if kind in ONE_SUFFICES:
        return min(told, key=_faults)
    names = sorted({name for one in told for name in one.get("ticks", {})})
    ticks = {name: _on_all(name, told) for name in names}
    merged: dict[str, Any] = {"kind": kind}
    if any(ticked is not None for ticked in ticks.values()):
        merged["ticks"] = {name: ticked for name, ticked in ticks.items() if ticked is not None}
    if expiries := [one["expires_on"] for one in told if "expires_on" in one]:
        merged["expires_on"] = min(expiries)
    if flags := sorted({flag for one in told for flag in one.get("flags", ())}):
        merged["flags"] = flags
    return merged


def _on_all(name: str, told: Iterable[Mapping[str, Any]]) -> bool | None:
    """False when it is wrong on one, None while it was not looked at on one of them."""
    words = [one.get("ticks", {}).get(name) for one in told]
    if False in words:
        return False
    return None if None in words else True


def _faults(one: Mapping[str, Any]) -> tuple[int, int, int]:
    """Fewest items refused first, then most items seen, then the one that is good longest."""
    words = list(one.get("ticks", {}).values())
    until = one.get("expires_on", "9999-12-31")
    return words.count(False), -words.count(True), -date.fromisoformat(until).toordinal()


def expiring_documents(*, on: date, within_days: int, seller_id: int | None = None) -> list[Document]:
    """Papers in use that run out within so many days of `on`, or have run out, the most urgent first."""
    papers = Document.objects.filter(
        replaced_at__isnull=True, destroyed_at__isnull=True, expires_on__lte=on + timedelta(days=within_days)
    )
    if seller_id is not None:
        papers = papers.filter(seller_id=seller_id)
    return list(papers.order_by("expires_on", "id"))


def legal_representative(seller_id: int) -> LegalRepresentative | None:
    """The consent and the masked identity, while the consent holds."""
    return LegalRepresentative.objects.filter(seller_id=seller_id, withdrawn_at__isnull=True).first()


def verify_chain(*, head: str | None = None) -> ChainState:
    """Check every entry of the access log against the one before it.

    With `head`, a head hash written down elsewhere, also that the chain still contains it: entries
    cut off at the end leave a chain that is whole in itself.
    """
    previous, number, has_head = FIRST_HASH, 0, head in (None, FIRST_HASH)
    for row in DocumentAccess.objects.order_by("id").iterator(chunk_size=_CHAIN_ROWS):
        if row.pk != number + 1:
            return ChainState(number, previous, number + 1, "missing")
        if row.previous_hash != previous or row.entry_hash != entry_hash(_entry(row)):
            return ChainState(number, previous, row.pk, "changed")
        previous, number = row.entry_hash, row.pk
        has_head = has_head or previous == head
    return ChainState(number, previous) if has_head else ChainState(number, previous, number + 1, "truncated")


def broken_link(*, head: str | None = None) -> int | None:
    """The number of the first entry of the access log that does not fit, None when all do."""
    return verify_chain(head=head).broken_at


def _entry(row: DocumentAccess) -> Entry:
    return Entry(
        number=row.pk,
        previous_hash=row.previous_hash,
        seller_id=row.seller_id,
        document_id=row.document_id,
        subject=row.subject,
        action=row.action,
        actor=row.actor,
        reason=row.reason,
        address=row.address,
        happened_at=row.happened_at,
    )


def accesses_of(document_id: int) -> QuerySet[DocumentAccess]:
    """Every look at one paper, the latest first."""
    return DocumentAccess.objects.filter(document_id=document_id).order_by("-id")
