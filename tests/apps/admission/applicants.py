"""A seller who fills an application in: papers handed in, the legal representative named, a ready draft."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from bantuo.apps.admission.models import Application
from bantuo.apps.admission.operations.drafts import save_section, start_draft, submit_draft
from bantuo.apps.admission.sections import SECTIONS, section_values
from bantuo.apps.documents.models import Document, LegalRepresentative
from bantuo.apps.erp.models import ProbeCall
from bantuo.engine.diagnosis import Evaluator
from tests.apps import factories as make

WHEN: dict[str, Any] = {"now": make.NOW, "actor": "user:1"}
PAPERS = ("DOC-1", "DOC-2", "DOC-4", "DOC-5", "DOC-6")


def rules(on: date = make.DAY) -> dict[str, Any]:
    """What an assessment decides by."""
    return {
        "evaluator": Evaluator(make.the_book(), on),
        "policy_version_id": make.policy_version(),
        "on": on,
        **WHEN,
    }


def hand_in(seller_id: int, kind: str, *, subject: str = "", expires_on: date | None = None) -> Document:
    """A paper as the store keeps it; its bytes are of no interest here."""
    return Document.objects.create(
        seller_id=seller_id,
        kind=kind,
        subject=subject,
        name=f"{kind}.pdf",
        media_type="application/pdf",
        size_bytes=1,
        sha256="0" * 64,
        store_key=uuid4().hex,
        sealed_key=b"sealed",
        expires_on=expires_on,
        uploaded_by="user:1",
        uploaded_at=make.NOW,
    )


def hand_in_papers(seller_id: int, *kinds: str) -> None:
    for kind in kinds or PAPERS:
        hand_in(seller_id, kind)


def take_back(seller_id: int, kind: str) -> None:
    """A paper that is no longer in use."""
    Document.objects.filter(seller_id=seller_id, kind=kind).update(replaced_at=make.NOW)


def name_representative(seller_id: int, **changed: Any) -> LegalRepresentative:
    """The legal representative agreed and is named."""
    told = {
        "consent_version": "1",
        "consent_sha256": "0" * 64,
        "consented_by": "user:1",
        "consented_at": make.NOW,
        "sealed": b"sealed",
        "name_masked": "张**",
        "number_masked": "110105********002X",
        "expires_on": date(2034, 12, 31),
    }
    return LegalRepresentative.objects.create(seller_id=seller_id, **{**told, **changed})


def call_sandbox(seller_id: int, *, calls: int = 100, took_ms: int = 850) -> None:
    """Signed calls of the seller's ERP."""
    ProbeCall.objects.bulk_create(
        ProbeCall(
            seller_id=seller_id,
            method="signed_calls",
            api_version="3.2",
            took_ms=took_ms,
            succeeded=True,
            called_at=make.NOW,
        )
        for _ in range(calls)
    )


def fill(draft: Application, **metrics: Any) -> Application:
    """Every section of the draft as the shipped example has it."""
    profile = make.seller_profile(**metrics)
    for section in SECTIONS:
        values = section_values(profile, section)
        save_section(draft.pk, section, values, revision=None, **WHEN)
    draft.refresh_from_db()
    return draft


def ready_draft(seller_id: int, **metrics: Any) -> Application:
    """A draft that passes when it is handed in, but for the metrics changed."""
    hand_in_papers(seller_id)
    name_representative(seller_id)
    call_sandbox(seller_id)
    return fill(start_draft(seller_id, **WHEN), **metrics)


def refused(seller_id: int, **metrics: Any) -> Application:
    """An application that the evaluator refused, for its score unless told otherwise."""
    draft = ready_draft(seller_id, **(metrics or {"dsr": "4.5"}))
    assert submit_draft(draft.pk, **rules()) is False
    draft.refresh_from_db()
    return draft
