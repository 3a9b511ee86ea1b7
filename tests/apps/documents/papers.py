"""Papers, a vault and a store for the tests of this room; every name and number is made up."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from bantuo.apps.documents.models import Document
from bantuo.apps.documents.operations import store_document
from bantuo.channels.document_store import FolderStore
from bantuo.channels.uploads import Upload
from bantuo.channels.vault import Vault
from tests.apps.factories import NOW

ACTOR, ADDRESS = "user:7", "192.0.2.7"
VAULT = Vault(bytes(range(32)))
NUMBER = "11010519491231002X"  # the standard's own example of a sound number


def upload(
    text: str = "licence", *, name: str = "licence.pdf", media_type: str = "application/pdf"
) -> Upload:
    """An inspected file of a few bytes."""
    content = text.encode()
    return Upload(name, media_type, len(content), sha256(content).hexdigest(), io.BytesIO(content))


@dataclass(frozen=True)
class Shelf:
    """A store in a folder of its own with the vault of the tests."""

    store: FolderStore

    def keep(self, seller_id: int, text: str = "licence", **changed: Any) -> Document:
        """A licence of the seller, uploaded now."""
        told: dict[str, Any] = {"kind": "DOC-1", "now": NOW, "actor": ACTOR, "address": ADDRESS, **changed}
        return store_document(upload(text), seller_id=seller_id, vault=VAULT, store=self.store, **told)

    def files(self) -> list[str]:
        """The names in the store."""
        return [name for name, _written_at in self.store.files()]


def shelf(folder: Path) -> Shelf:
    """A shelf in this folder."""
    return Shelf(FolderStore(folder))


def at(text: str) -> datetime:
    """An instant from ISO text."""
    return datetime.fromisoformat(text)


def on(text: str) -> date:
    """A day from ISO text."""
    return date.fromisoformat(text)
