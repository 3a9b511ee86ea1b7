"""Keep a paper, open it, destroy it: the bytes in the store, the row here, every step in the access log."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from functools import partial

from django.db import transaction

from bantuo.apps.documents.models import Document
from bantuo.apps.documents.operations.access import log_access
from bantuo.apps.documents.operations.ports import FileVault, Store, Upload
from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.operations import lock_sellers

LOOKS = ("preview", "unmask", "download")


class DocumentUnknown(LookupError):
    """No paper has that id."""


class DocumentDestroyed(LookupError):
    """The paper's key was destroyed: nobody can read it any more."""


class ReasonMissing(ValueError):
    """To unmask or to destroy needs a reason."""


def document_context(seller_id: int, kind: str, store_key: str) -> str:
    """What a file is encrypted for: put under another seller, kind or name, it does not open."""
    return f"document|{seller_id}|{kind}|{store_key}"


def store_document(
    upload: Upload,
    *,
    seller_id: int,
    kind: str,
    subject: str = "",
    expires_on: date | None = None,
    vault: FileVault,
    store: Store,
    now: datetime,
    actor: str,
    address: str,
) -> Document:
    """Keep an uploaded paper; it takes the place of the current one of its kind and subject.

    The same bytes again are the same paper (its expiry is brought up to date). Kinds that are not of
    the checklist (`appeal`, `deposit_proof`, …) do not replace each other. The encrypted bytes are
    written first and the row after them: a crash in between leaves a file that no row names, which
    `sweep_store` takes away.
    """
    held = _same_paper(upload, seller_id, kind, subject)
    if held is not None:
        return _with_expiry(held, expires_on)
    store_key = store.new_key()
    context = document_context(seller_id, kind, store_key)
    key, sealed_key = vault.new_key(context=context)
    store.write(store_key, vault.encrypt(upload.chunks(), key=key, context=context))
    fresh = Document(
        seller_id=seller_id,
        kind=kind,
        subject=subject,
        name=upload.name,
        media_type=upload.media_type,
        size_bytes=upload.size_bytes,
        sha256=upload.sha256,
        pages=upload.pages,
        store_key=store_key,
        sealed_key=sealed_key,
        expires_on=expires_on,
        uploaded_by=actor,
        uploaded_at=now,
    )
    kept = _place(fresh, address=address)
    if kept.store_key != store_key:
        store.delete(store_key)  # somebody else stored the same bytes meanwhile
    return kept


@transaction.atomic
def _place(fresh: Document, *, address: str) -> Document:
    """Write the row of a stored file, in the place of the current paper."""
    lock_sellers([fresh.seller_id])
    held = Document.objects.filter(
        seller_id=fresh.seller_id, kind=fresh.kind, subject=fresh.subject, replaced_at__isnull=True
    )
    same = held.filter(sha256=fresh.sha256, destroyed_at__isnull=True).first()
    if same is not None:
        return _with_expiry(same, fresh.expires_on)
    replaced = list(held) if fresh.kind.startswith("DOC-") else []
    held.filter(pk__in=[old.pk for old in replaced]).update(replaced_at=fresh.uploaded_at)
    fresh.save(force_insert=True)
    now, actor = fresh.uploaded_at, fresh.uploaded_by
    payload = {"kind": fresh.kind, "subject": fresh.subject, "by": actor}
    emit_events("document.stored", [(fresh.seller_id, f"document:{fresh.pk}", payload)], at=now)
    log = partial(log_access, seller_id=fresh.seller_id, now=now, actor=actor, address=address)
    for old in replaced:
        log(document_id=old.pk, action="replace", reason=f"document {fresh.pk}")
    log(document_id=fresh.pk, action="upload")
    return fresh


def _same_paper(upload: Upload, seller_id: int, kind: str, subject: str) -> Document | None:
    return Document.objects.filter(
        seller_id=seller_id,
        kind=kind,
        subject=subject,
        sha256=upload.sha256,
        replaced_at__isnull=True,
        destroyed_at__isnull=True,
    ).first()


def _with_expiry(held: Document, expires_on: date | None) -> Document:
    if expires_on is not None and held.expires_on != expires_on:
        held.expires_on = expires_on
        held.save(update_fields=["expires_on"])
    return held


def open_document(
    document_id: int,
    *,
    action: str,
    reason: str,
    vault: FileVault,
    store: Store,
    now: datetime,
    actor: str,
    address: str,
) -> bytes:
    """A paper's bytes for one look, which is in the log before they are read.

    The look is a `preview`, an `unmask` or a `download`. Raises ReasonMissing (unmasking needs one),
    DocumentUnknown, DocumentDestroyed.
    """
    if action not in LOOKS:
        raise ValueError(f"{action!r} is not one of {', '.join(LOOKS)}")
    if action == "unmask" and not reason.strip():
        raise ReasonMissing("to unmask a paper needs a reason")
    document = Document.objects.filter(pk=document_id).first()
    if document is None:
        raise DocumentUnknown(f"no document {document_id}")
    log_access(
        seller_id=document.seller_id,
        document_id=document.pk,
        action=action,
        reason=reason,
        now=now,
        actor=actor,
        address=address,
    )
    return _plain_bytes(document, vault, store)


def _plain_bytes(document: Document, vault: FileVault, store: Store) -> bytes:
    if document.sealed_key is None:
        raise DocumentDestroyed(f"document {document.pk} was destroyed at {document.destroyed_at}")
    context = document_context(document.seller_id, document.kind, document.store_key)
    key = vault.unseal(bytes(document.sealed_key), context=context)
    return b"".join(vault.decrypt(store.read(document.store_key), key=key, context=context))


@transaction.atomic
def date_document(document_id: int, *, expires_on: date | None, now: datetime, actor: str) -> Document:
    """Record until when a paper is good, as its owner reads it from the paper; None: it does not expire."""
    document = Document.objects.select_for_update(no_key=True).filter(pk=document_id).first()
    if document is None:
        raise DocumentUnknown(f"no document {document_id}")
    if document.expires_on == expires_on:
        return document
    document.expires_on = expires_on
    document.save(update_fields=["expires_on"])
    payload = {"kind": document.kind, "expires_on": expires_on and str(expires_on), "by": actor}
    emit_events("document.dated", [(document.seller_id, f"document:{document_id}", payload)], at=now)
    return document


@transaction.atomic
def destroy_documents(
    document_ids: Collection[int], *, reason: str, store: Store, now: datetime, actor: str, address: str = ""
) -> int:
    """Destroy papers by their keys: what is left of them, here or in a backup of the store, is noise.

    Returns how many were destroyed now. The encrypted bytes go too once the transaction has
    committed; what a crash leaves of them is swept later. Raises ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing("to destroy papers needs a reason")
    papers = Document.objects.filter(pk__in=document_ids, destroyed_at__isnull=True)
    lock_sellers(sorted(set(papers.values_list("seller_id", flat=True))))
    doomed = list(papers.select_for_update(no_key=True).order_by("id"))
    for document in doomed:
        document.sealed_key, document.destroyed_at = None, now
        document.replaced_at = document.replaced_at or now
    Document.objects.bulk_update(doomed, ["sealed_key", "destroyed_at", "replaced_at"])
    emit_events(
        "document.destroyed",
        [(d.seller_id, f"document:{d.pk}", {"kind": d.kind, "reason": reason, "by": actor}) for d in doomed],
        at=now,
    )
    for document in doomed:
        log_access(
            seller_id=document.seller_id,
            document_id=document.pk,
            action="destroy",
            reason=reason,
            now=now,
            actor=actor,
            address=address,
        )
        transaction.on_commit(partial(store.delete, document.store_key))
    return len(doomed)
