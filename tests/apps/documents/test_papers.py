"""Papers are kept once, replaced by newer ones, opened with an entry in the log, destroyed by their keys."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from bantuo.apps.documents.models import Document, DocumentAccess
from bantuo.apps.documents.operations import (
    DocumentDestroyed,
    DocumentUnknown,
    ReasonMissing,
    date_document,
    destroy_documents,
    open_document,
)
from bantuo.apps.documents.queries import current_documents, verify_chain
from bantuo.channels.document_store import StoredFileMissing
from bantuo.channels.vault import Vault, VaultRefused
from tests.apps.documents.papers import ACTOR, ADDRESS, VAULT, Shelf, on, shelf
from tests.apps.factories import NOW, make_sellers, outbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def papers(tmp_path: Path) -> Shelf:
    return shelf(tmp_path)


def look(
    papers: Shelf, document: Document, *, action: str = "preview", reason: str = "", **changed: Any
) -> bytes:
    told: dict[str, Any] = {"vault": VAULT, "now": NOW, "actor": ACTOR, "address": ADDRESS, **changed}
    return open_document(document.pk, action=action, reason=reason, store=papers.store, **told)


def log() -> list[tuple[int | None, str, str]]:
    return [(a.document_id, a.action, a.reason) for a in DocumentAccess.objects.order_by("id")]


def test_a_paper_comes_back_as_it_was_and_lies_in_the_store_encrypted(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    kept = papers.keep(seller, "the licence in clear")
    assert look(papers, kept) == b"the licence in clear"
    stored = b"".join(papers.store.read(kept.store_key))
    assert b"licence" not in stored
    assert b"the licence" not in bytes(kept.sealed_key or b"")
    assert log() == [(kept.pk, "upload", ""), (kept.pk, "preview", "")]
    assert verify_chain().is_whole


def test_the_same_bytes_again_are_the_same_paper(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    first = papers.keep(seller)
    again = papers.keep(seller, expires_on=on("2025-01-01"))
    assert again.pk == first.pk
    assert again.expires_on == on("2025-01-01")
    assert len(papers.files()) == 1
    assert outbox("document.stored") == [
        (f"document:{first.pk}", {"kind": "DOC-1", "subject": "", "by": ACTOR})
    ]


def test_a_newer_paper_takes_the_place_of_the_one_of_its_kind_and_subject(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    old, other = papers.keep(seller, "old"), papers.keep(seller, "other", kind="DOC-4", subject="2024-05")
    new = papers.keep(seller, "new")
    assert [d.pk for d in current_documents(seller)] == [new.pk, other.pk]
    assert Document.objects.get(pk=old.pk).replaced_at == NOW
    assert log()[2:] == [(old.pk, "replace", f"document {new.pk}"), (new.pk, "upload", "")]


def test_evidence_outside_the_checklist_stands_side_by_side(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    one, two = (papers.keep(seller, text, kind="appeal", subject="1") for text in ("one", "two"))
    assert papers.keep(seller, "one", kind="appeal", subject="1").pk == one.pk
    assert [d.pk for d in current_documents(seller)] == [one.pk, two.pk]


def test_two_sellers_may_hand_in_the_same_bytes(papers: Shelf) -> None:
    first, second = make_sellers("S1", "S2")
    one, two = papers.keep(first), papers.keep(second)
    assert one.pk != two.pk
    assert bytes(one.sealed_key or b"") != bytes(two.sealed_key or b"")


def test_unmasking_needs_a_reason_and_nothing_is_logged_without_one(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    kept = papers.keep(seller)
    with pytest.raises(ReasonMissing):
        look(papers, kept, action="unmask", reason="  ")
    assert len(log()) == 1
    look(papers, kept, action="unmask", reason="to read the seal")
    assert log()[1:] == [(kept.pk, "unmask", "to read the seal")]


def test_an_unknown_look_or_paper_is_refused(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    kept = papers.keep(seller)
    with pytest.raises(ValueError, match="'peek' is not one of"):
        look(papers, kept, action="peek")
    kept.pk = 999
    with pytest.raises(DocumentUnknown, match="no document 999"):
        look(papers, kept)


@pytest.mark.parametrize("field", ["store_key", "sealed_key", "seller_id", "kind"])
def test_a_file_put_under_another_paper_does_not_open(papers: Shelf, field: str) -> None:
    first, second = make_sellers("S1", "S2")
    mine, theirs = papers.keep(first), papers.keep(second, kind="DOC-5")
    Document.objects.filter(pk=theirs.pk).update(store_key="0" * 32)
    Document.objects.filter(pk=mine.pk).update(**{field: getattr(theirs, field)})
    with pytest.raises(VaultRefused):
        look(papers, mine)


def test_another_master_key_opens_nothing(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    kept = papers.keep(seller)
    with pytest.raises(VaultRefused):
        look(papers, kept, vault=Vault(b"0" * 32))


def test_a_paper_is_destroyed_by_its_key(papers: Shelf, django_capture_on_commit_callbacks: Any) -> None:
    (seller,) = make_sellers("S1")
    kept = papers.keep(seller)
    with django_capture_on_commit_callbacks(execute=True):
        assert destroy(papers, kept) == 1
    assert destroy(papers, kept) == 0
    gone = Document.objects.get(pk=kept.pk)
    assert (gone.sealed_key, gone.destroyed_at, gone.replaced_at) == (None, NOW, NOW)
    assert papers.files() == []
    with pytest.raises(DocumentDestroyed):
        look(papers, kept)
    assert log()[1:] == [(kept.pk, "destroy", "by the seller"), (kept.pk, "preview", "")]
    assert current_documents(seller) == []


def test_what_a_backup_of_the_store_still_holds_is_noise(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    kept = papers.keep(seller)
    copy = b"".join(papers.store.read(kept.store_key))
    destroy(papers, kept)
    papers.store.write(kept.store_key, [copy])
    with pytest.raises(DocumentDestroyed):
        look(papers, kept)
    with pytest.raises(IntegrityError, match="document_destroyed_by_key"), transaction.atomic():
        Document.objects.filter(pk=kept.pk).update(sealed_key=b"somebody kept it")


def test_to_destroy_needs_a_reason(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    kept = papers.keep(seller)
    with pytest.raises(ReasonMissing):
        destroy(papers, kept, reason=" ")
    assert look(papers, kept) == b"licence"


def test_after_a_destroyed_paper_comes_a_new_one(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    destroy(papers, papers.keep(seller))
    again = papers.keep(seller, now=NOW + timedelta(hours=1))
    assert [d.pk for d in current_documents(seller)] == [again.pk]
    assert look(papers, again) == b"licence"


def test_a_file_lost_from_the_store_says_so(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    kept = papers.keep(seller)
    papers.store.delete(kept.store_key)
    with pytest.raises(StoredFileMissing):
        look(papers, kept)


def test_the_day_a_paper_runs_out_can_be_mended(papers: Shelf) -> None:
    (seller,) = make_sellers("S1")
    kept = papers.keep(seller)
    for day in (on("2025-02-03"), on("2025-02-03"), None):
        assert date_document(kept.pk, expires_on=day, now=NOW, actor=ACTOR).expires_on == day
    told = [payload["expires_on"] for _key, payload in outbox("document.dated")]
    assert told == ["2025-02-03", None]
    with pytest.raises(DocumentUnknown):
        date_document(999, expires_on=None, now=NOW, actor=ACTOR)


def destroy(papers: Shelf, document: Document, *, reason: str = "by the seller") -> int:
    return destroy_documents(
        [document.pk], reason=reason, store=papers.store, now=NOW, actor=ACTOR, address=ADDRESS
    )
