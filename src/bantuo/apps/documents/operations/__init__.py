"""Papers: keep, open, tick, remind of, destroy; the legal representative's identity, a buyer's address."""

from bantuo.apps.documents.operations.access import log_access
from bantuo.apps.documents.operations.papers import (
    DocumentDestroyed,
    DocumentUnknown,
    ReasonMissing,
    date_document,
    destroy_documents,
    open_document,
    store_document,
)
from bantuo.apps.documents.operations.recipients import RecipientUnknown, reveal_recipient
from bantuo.apps.documents.operations.representative import (
    ConsentMissing,
    IdentityCardExpired,
    IdentityNumberRefused,
    NameMissing,
    RepresentativeUnknown,
    Revealed,
    keep_legal_representative,
    record_consent,
    reveal_legal_representative,
    withdraw_consent,
)
from bantuo.apps.documents.operations.sealed import SEALED
from bantuo.apps.documents.operations.ticks import DocumentReplaced, NoteMissing, record_tick
from bantuo.apps.documents.operations.upkeep import (
    destroy_due,
    keep_retention_open,
    limit_retention,
    remind_expiring,
    sweep_store,
)

__all__ = [
    "SEALED", "ConsentMissing", "DocumentDestroyed", "DocumentReplaced", "DocumentUnknown",
    "IdentityCardExpired", "IdentityNumberRefused", "NameMissing", "NoteMissing", "ReasonMissing",
    "RecipientUnknown", "RepresentativeUnknown", "Revealed", "date_document", "destroy_documents",
    "destroy_due", "keep_legal_representative", "keep_retention_open", "limit_retention", "log_access",
    "open_document", "record_consent", "record_tick", "remind_expiring", "reveal_legal_representative",
    "reveal_recipient", "store_document", "sweep_store", "withdraw_consent",
]  # fmt: skip
