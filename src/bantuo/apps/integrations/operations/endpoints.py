"""Endpoints of sellers: registered, their secret rotated, disabled, taken up again, removed."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.integrations.event_kinds import is_kind
from bantuo.apps.integrations.models import WebhookEndpoint, WebhookMessage
from bantuo.apps.parties.operations import lock_sellers
from bantuo.apps.sealing import SealedColumn

ENDPOINTS_MAX = 20  # per seller
FORMER_SIGNS_FOR = timedelta(days=1)
_SECRET_BYTES = 24


class SecretVault(Protocol):
    """Seals bytes so that they open only in the same context. The interface brings the real one."""

    def seal(self, plain: bytes, *, context: str) -> bytes: ...

    def unseal(self, sealed: bytes, *, context: str) -> bytes: ...


class EndpointKnown(ValueError):
    """The seller has registered this address already, or has as many as it may have."""


class EndpointUnknown(LookupError):
    """The seller has no such endpoint."""


class KindsRefused(ValueError):
    """No kind of event at all, or one that there is not."""


@dataclass(frozen=True, slots=True)
class GivenEndpoint:
    """An endpoint at the moment its secret is handed out."""

    endpoint: WebhookEndpoint
    secret: str


@transaction.atomic
def register_endpoint(
    seller_id: int,
    *,
    url: str,
    title: str,
    kinds: Iterable[str],
    vault: SecretVault,
    now: datetime,
    actor: str,
) -> GivenEndpoint:
    """Tell an address what happens, from now on. Raises EndpointKnown, KindsRefused, SellerUnknown."""
    lock_sellers([seller_id])
    held = WebhookEndpoint.objects.filter(seller_id=seller_id, removed_at__isnull=True)
    if held.filter(url=url).exists() or held.count() >= ENDPOINTS_MAX:
        raise EndpointKnown(url)
    secret = _new_secret()
    endpoint = WebhookEndpoint.objects.create(
        seller_id=seller_id,
        url=url,
        title=title.strip(),
        kinds=_checked(kinds),
        sealed_secret=vault.seal(secret.encode(), context=_context(seller_id, url)),
        created_by=actor,
        created_at=now,
    )
    _tell("webhook.registered", endpoint, now=now, actor=actor)
    return GivenEndpoint(endpoint, secret)


@transaction.atomic
def choose_kinds(seller_id: int, *, endpoint_id: int, kinds: Iterable[str]) -> WebhookEndpoint:
    """Tell an endpoint of these kinds from now on. Raises EndpointUnknown, KindsRefused."""
    endpoint = _locked(seller_id, endpoint_id)
    endpoint.kinds = _checked(kinds)
    endpoint.save(update_fields=["kinds"])
    return endpoint


@transaction.atomic
def rotate_secret(
    seller_id: int, *, endpoint_id: int, vault: SecretVault, now: datetime, actor: str
) -> GivenEndpoint:
    """A new secret; the one before signs as well for a day, so that the receiver can change over."""
    endpoint = _locked(seller_id, endpoint_id)
    secret = _new_secret()
    endpoint.sealed_former, endpoint.former_until = endpoint.sealed_secret, now + FORMER_SIGNS_FOR
    endpoint.sealed_secret = vault.seal(secret.encode(), context=_context(seller_id, endpoint.url))
    endpoint.save(update_fields=["sealed_secret", "sealed_former", "former_until"])
    _tell("webhook.secret_rotated", endpoint, now=now, actor=actor)
    return GivenEndpoint(endpoint, secret)


@transaction.atomic
def disable_endpoint(seller_id: int, *, endpoint_id: int, why: str, now: datetime, actor: str) -> None:
    """Send nothing more; what waits is kept, and can be sent when the endpoint is taken up again."""
    endpoint = _locked(seller_id, endpoint_id)
    if endpoint.disabled_at is None:
        stop_sending(endpoint, why=why, now=now, actor=actor)


def stop_sending(endpoint: WebhookEndpoint, *, why: str, now: datetime, actor: str) -> None:
    """Disable an endpoint that is locked."""
    endpoint.disabled_at, endpoint.disabled_why = now, why
    endpoint.save(update_fields=["disabled_at", "disabled_why"])
    WebhookMessage.objects.filter(endpoint=endpoint, due_at__isnull=False).update(
        due_at=None, given_up_at=now
    )
    _tell("webhook.disabled", endpoint, now=now, actor=actor, why=why)


@transaction.atomic
def enable_endpoint(seller_id: int, *, endpoint_id: int, now: datetime, actor: str) -> None:
    """Take a disabled endpoint up again; what it missed is sent by `redeliver_messages`."""
    endpoint = _locked(seller_id, endpoint_id)
    endpoint.disabled_at, endpoint.disabled_why = None, ""
    endpoint.failing_since = endpoint.wait_until = None
    endpoint.save(update_fields=["disabled_at", "disabled_why", "failing_since", "wait_until"])
    _tell("webhook.enabled", endpoint, now=now, actor=actor)


@transaction.atomic
def remove_endpoint(seller_id: int, *, endpoint_id: int, now: datetime, actor: str) -> None:
    """Forget an address: nothing that waits for it is sent any more."""
    endpoint = _locked(seller_id, endpoint_id)
    endpoint.removed_at = now
    endpoint.save(update_fields=["removed_at"])
    WebhookMessage.objects.filter(endpoint=endpoint, due_at__isnull=False).update(
        due_at=None, given_up_at=now
    )
    _tell("webhook.removed", endpoint, now=now, actor=actor)


def signing_secrets(endpoint: WebhookEndpoint, *, vault: SecretVault, now: datetime) -> list[str]:
    """The secrets that sign now: the endpoint's own, and while rotating the one before."""
    sealed = [endpoint.sealed_secret]
    if endpoint.sealed_former is not None and endpoint.former_until and endpoint.former_until > now:
        sealed.append(endpoint.sealed_former)
    context = _context(endpoint.seller_id, endpoint.url)
    return [vault.unseal(bytes(secret), context=context).decode() for secret in sealed]


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def _context(seller_id: int, url: str) -> str:
    return f"integrations.webhook:{seller_id}:{url}"


SEALED = tuple(
    SealedColumn(kind, WebhookEndpoint, field, lambda e: _context(e.seller_id, e.url))
    for kind, field in (("webhook secrets", "sealed_secret"), ("former webhook secrets", "sealed_former"))
)


def _checked(kinds: Iterable[str]) -> list[str]:
    wanted = sorted(set(kinds))
    unknown = [kind for kind in wanted if not is_kind(kind)]
    if unknown or not wanted:
        raise KindsRefused(" ".join(unknown) or "an endpoint is told of something")
    return wanted


def _locked(seller_id: int, endpoint_id: int) -> WebhookEndpoint:
    found = WebhookEndpoint.objects.select_for_update().filter(
        pk=endpoint_id, seller_id=seller_id, removed_at__isnull=True
    )
    endpoint = found.first()
    if endpoint is None:
        raise EndpointUnknown(f"seller {seller_id}: no endpoint {endpoint_id}")
    return endpoint


def _tell(topic: str, endpoint: WebhookEndpoint, *, now: datetime, actor: str, **told: str) -> None:
    payload = {"by": actor, **told}
    emit_events(topic, [(endpoint.seller_id, f"webhook:{endpoint.pk}", payload)], at=now)
