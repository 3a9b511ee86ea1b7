"""Register apps, replace their secrets, close them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.open_platform.models import AccessGrant, OpenApp, Scope
from bantuo.apps.open_platform.queries import private_app
from bantuo.apps.parties.operations import lock_sellers
from bantuo.apps.sealing import SealedColumn

_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?", re.IGNORECASE)
_KEY_FIRST, _KEYS = 50_000_000, 50_000_000  # eight digits beginning with 5 to 9
_PRINTED = re.compile(r"[!-~]+")
NAME_LENGTH_MAX, URI_LENGTH_MAX = 100, 500


class SecretVault(Protocol):
    """Seals bytes so that they open only in the same context. The interface brings the real one."""

    def seal(self, plain: bytes, *, context: str) -> bytes: ...

    def unseal(self, sealed: bytes, *, context: str) -> bytes: ...


class AppUnknown(LookupError):
    """There is no such app, or it was closed."""


class AppExists(ValueError):
    """The seller has a private app already: its secret is replaced, or it is closed."""


class RedirectUnfit(ValueError):
    """Not an address that a browser may be sent to with a code."""


@dataclass(frozen=True, slots=True)
class IssuedApp:
    """An app at the only moment its secret is handed out."""

    app_id: int
    app_key: str
    secret: str


def check_redirect(uri: str) -> str:
    """An address of `https`, or of `http` on the caller's own machine. Raises RedirectUnfit."""
    try:
        parts = urlsplit(uri)
        port_is_sound = parts.port is None or parts.port > 0
    except ValueError as problem:
        raise RedirectUnfit(f"{uri[:100]!r} is not an address") from problem
    is_private = parts.scheme == "http" and parts.hostname in _LOOPBACK
    is_sound = port_is_sound and _HOST.fullmatch(parts.netloc) is not None
    if not (is_sound and (parts.scheme == "https" or is_private)):
        raise RedirectUnfit(f"{uri[:100]!r}: https and a host, or http on 127.0.0.1")
    if parts.fragment or len(uri) > URI_LENGTH_MAX or not _PRINTED.fullmatch(uri):
        raise RedirectUnfit(f"{uri[:100]!r}: no fragment, no spaces, at most {URI_LENGTH_MAX} characters")
    return uri


@transaction.atomic
def register_app(
    name: str,
    *,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    vault: SecretVault,
    now: datetime,
    actor: str,
) -> IssuedApp:
    """Let an ERP vendor's program ask sellers for leave. Raises RedirectUnfit."""
    uris = list(dict.fromkeys(check_redirect(uri) for uri in redirect_uris))
    issued = _new_app(name, uris, scopes, None, vault=vault, now=now, actor=actor)
    _tell("open_platform.app_registered", None, issued.app_key, now=now, actor=actor)
    return issued


@transaction.atomic
def register_private_app(
    seller_id: int, name: str, *, vault: SecretVault, now: datetime, actor: str
) -> IssuedApp:
    """Let a seller's own program act for this seller alone. Raises AppExists, SellerUnknown."""
    lock_sellers([seller_id])
    if private_app(seller_id) is not None:
        raise AppExists(f"seller {seller_id} has a private app")
    issued = _new_app(name, [], Scope.values, seller_id, vault=vault, now=now, actor=actor)
    _tell("open_platform.app_registered", seller_id, issued.app_key, now=now, actor=actor)
    return issued


@transaction.atomic
def replace_secret(app_id: int, *, vault: SecretVault, now: datetime, actor: str) -> IssuedApp:
    """Give an app a new secret; what is signed with the old one is refused at once. Raises AppUnknown."""
    app = _lock_app(app_id)
    secret = _new_secret()
    app.sealed_secret, app.rotated_at = _seal(app.app_key, secret, vault), now
    app.save(update_fields=["sealed_secret", "rotated_at"])
    _tell("open_platform.secret_replaced", app.private_to_id, app.app_key, now=now, actor=actor)
    return IssuedApp(app.pk, app.app_key, secret)


@transaction.atomic
def close_app(app_id: int, *, now: datetime, actor: str) -> int:
    """Let an app act for nobody any more; returns how many grants ended. Raises AppUnknown."""
    app = _lock_app(app_id)
    app.closed_at, app.closed_by = now, actor
    app.save(update_fields=["closed_at", "closed_by"])
    ended = AccessGrant.objects.filter(app=app, revoked_at__isnull=True).update(
        revoked_at=now, revoked_by=actor
    )
    _tell("open_platform.app_closed", app.private_to_id, app.app_key, now=now, actor=actor)
    return ended


def open_app_secret(app: OpenApp, *, vault: SecretVault) -> str:
    """The secret of an app, to check signatures with."""
    return vault.unseal(bytes(app.sealed_secret), context=_context(app.app_key)).decode("ascii")


def _new_app(
    name: str,
    uris: list[str],
    scopes: Sequence[str],
    private_to: int | None,
    *,
    vault: SecretVault,
    now: datetime,
    actor: str,
) -> IssuedApp:
    app_key, secret = str(_KEY_FIRST + secrets.randbelow(_KEYS)), _new_secret()
    made = OpenApp.objects.create(
        app_key=app_key,
        name=" ".join(name.replace("\x00", "").split())[:NAME_LENGTH_MAX],
        sealed_secret=_seal(app_key, secret, vault),
        redirect_uris=uris,
        scopes=[scope for scope in Scope.values if scope in scopes],
        private_to_id=private_to,
        registered_by=actor,
        registered_at=now,
    )
    return IssuedApp(made.pk, app_key, secret)


def _lock_app(app_id: int) -> OpenApp:
    app = OpenApp.objects.select_for_update(no_key=True).filter(pk=app_id, closed_at__isnull=True).first()
    if app is None:
        raise AppUnknown(f"app {app_id}")
    return app


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


def _seal(app_key: str, secret: str, vault: SecretVault) -> bytes:
    return vault.seal(secret.encode("ascii"), context=_context(app_key))


def _context(app_key: str) -> str:
    return f"open_platform.app:{app_key}"


SEALED = (SealedColumn("open-platform apps", OpenApp, "sealed_secret", lambda app: _context(app.app_key)),)


def _tell(topic: str, seller_id: int | None, app_key: str, *, now: datetime, actor: str) -> None:
    emit_events(topic, [(seller_id, f"open_app:{app_key}", {"app_key": app_key, "by": actor})], at=now)
