"""Sandbox keys: one active pair per seller; its secret is handed out once and kept sealed."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import transaction

from bantuo.apps.erp.models import SandboxKey
from bantuo.apps.erp.queries import active_key
from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.operations import lock_sellers
from bantuo.apps.sealing import SealedColumn


class SecretVault(Protocol):
    """Seals bytes so that they open only in the same context. The interface brings the real one."""

    def seal(self, plain: bytes, *, context: str) -> bytes: ...

    def unseal(self, sealed: bytes, *, context: str) -> bytes: ...


class KeyExists(ValueError):
    """The seller has an active key already: it is rotated or revoked, not doubled."""


class KeyUnknown(LookupError):
    """The seller has no active key (of that name)."""


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key pair at the only moment its secret is handed out."""

    key_id: int
    app_key: str
    secret: str


@transaction.atomic
def issue_key(seller_id: int, *, vault: SecretVault, now: datetime, actor: str) -> IssuedKey:
    """Give a seller the key pair its ERP signs with. Raises KeyExists, SellerUnknown."""
    lock_sellers([seller_id])
    held = active_key(seller_id)
    if held is not None:
        raise KeyExists(f"seller {seller_id}: {held.app_key} is active")
    issued = _new_key(seller_id, vault=vault, now=now, actor=actor)
    _tell("erp.key_issued", seller_id, issued.app_key, now=now, actor=actor)
    return issued


@transaction.atomic
def rotate_key(seller_id: int, *, app_key: str, vault: SecretVault, now: datetime, actor: str) -> IssuedKey:
    """Replace the active key by a new pair; the old one stops working at once.

    Naming the key that is replaced makes a repeated call harmless. Raises KeyUnknown, SellerUnknown.
    """
    _revoke(seller_id, app_key=app_key, now=now)
    issued = _new_key(seller_id, vault=vault, now=now, actor=actor)
    _tell("erp.key_rotated", seller_id, issued.app_key, now=now, actor=actor)
    return issued


@transaction.atomic
def revoke_key(seller_id: int, *, app_key: str, now: datetime, actor: str) -> None:
    """Let no call with this key in any more. Raises KeyUnknown, SellerUnknown."""
    _revoke(seller_id, app_key=app_key, now=now)
    _tell("erp.key_revoked", seller_id, app_key, now=now, actor=actor)


def open_secret(key: SandboxKey, *, vault: SecretVault) -> str:
    """The secret of a key, to check or make signatures with."""
    return vault.unseal(bytes(key.sealed_secret), context=_context(key.app_key)).decode("ascii")


def _revoke(seller_id: int, *, app_key: str, now: datetime) -> None:
    lock_sellers([seller_id])
    key = active_key(seller_id)
    if key is None or key.app_key != app_key:
        raise KeyUnknown(f"seller {seller_id}: {app_key} is not its active key")
    key.revoked_at = now
    key.save(update_fields=["revoked_at"])


def _new_key(seller_id: int, *, vault: SecretVault, now: datetime, actor: str) -> IssuedKey:
    app_key, secret = f"sbx-{secrets.token_hex(8)}", secrets.token_urlsafe(32)
    made = SandboxKey.objects.create(
        seller_id=seller_id,
        app_key=app_key,
        sealed_secret=vault.seal(secret.encode("ascii"), context=_context(app_key)),
        created_by=actor,
        created_at=now,
    )
    return IssuedKey(key_id=made.pk, app_key=app_key, secret=secret)


def _context(app_key: str) -> str:
    return f"erp.sandbox_key:{app_key}"


SEALED = (SealedColumn("sandbox keys", SandboxKey, "sealed_secret", lambda key: _context(key.app_key)),)


def _tell(topic: str, seller_id: int, app_key: str, *, now: datetime, actor: str) -> None:
    emit_events(topic, [(seller_id, f"sandbox_key:{app_key}", {"app_key": app_key, "by": actor})], at=now)
