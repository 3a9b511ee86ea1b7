"""What this app keeps sealed: the key of each paper, the identity of a legal representative."""

from __future__ import annotations

from bantuo.apps.documents.models import Document, LegalRepresentative
from bantuo.apps.documents.operations.papers import document_context
from bantuo.apps.documents.operations.representative import representative_context
from bantuo.apps.sealing import SealedColumn

SEALED = (
    SealedColumn(
        "papers", Document, "sealed_key", lambda d: document_context(d.seller_id, d.kind, d.store_key)
    ),
    SealedColumn(
        "legal representatives", LegalRepresentative, "sealed", lambda r: representative_context(r.seller_id)
    ),
)
