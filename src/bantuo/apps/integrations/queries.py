"""Who calls, what was called, and what is on its way to the endpoints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from bantuo.apps.integrations.models import ApiCall, ApiKey, KeyKind, WebhookEndpoint, WebhookMessage
from bantuo.apps.sql import fetch_rows


@dataclass(frozen=True, slots=True)
class KnownCaller:
    """A key or token as it stands in the database; `until` is when it ends by itself, if it does."""

    key_id: int
    seller_id: int | None
    marketplace: str
    scopes: frozenset[str]
    calls_per_minute: int | None
    until: datetime | None


def caller_with(secret_sha256: bytes, *, now: datetime) -> KnownCaller | None:
    """Who holds this key or access token; None when nobody does, or it has ended."""
    rows = fetch_rows(
        """
        SELECT id, seller_id, marketplace, scopes, calls_per_minute, NULL::timestamptz
        FROM integrations_apikey
        WHERE secret_sha256 = %(is)s AND kind = 'key' AND revoked_at IS NULL
        UNION ALL
        SELECT id, seller_id, marketplace, scopes, calls_per_minute, former_until
        FROM integrations_apikey
        WHERE former_sha256 = %(is)s AND kind = 'key' AND revoked_at IS NULL AND former_until > %(now)s
        UNION ALL
        SELECT k.id, k.seller_id, k.marketplace, t.scopes, k.calls_per_minute, t.expires_at
        FROM integrations_apitoken t JOIN integrations_apikey k ON k.id = t.key_id
        WHERE t.token_sha256 = %(is)s AND t.expires_at > %(now)s AND k.revoked_at IS NULL
        """,
        {"is": secret_sha256, "now": now},
    )
    if not rows:
        return None
    key, seller, marketplace, scopes, calls, until = rows[0]
    return KnownCaller(key, seller, marketplace, frozenset(scopes), calls, until)


def client_named(client_id: str, *, secret_sha256: bytes, now: datetime) -> ApiKey | None:
    """The OAuth2 client of this id, if the secret is its own (or its former one, while that holds)."""
    client = ApiKey.objects.filter(kind=KeyKind.CLIENT, name_shown=client_id, revoked_at__isnull=True).first()
    if client is None:
        return None
    is_former = client.former_until is not None and client.former_until > now
    good = {bytes(client.secret_sha256)} | ({bytes(client.former_sha256 or b"")} if is_former else set())
    return client if secret_sha256 in good else None


def keys_of(*, marketplace: str, seller_id: int | None) -> QuerySet[ApiKey]:
    """The keys and clients of an owner, those in use first, the newest first."""
    return ApiKey.objects.filter(marketplace=marketplace, seller_id=seller_id).order_by("-revoked_at", "-id")


def calls_of(key_ids: Iterable[int]) -> QuerySet[ApiCall]:
    """The last calls made with these keys, the newest first."""
    return ApiCall.objects.filter(key_id__in=list(key_ids)).order_by("-id")


def endpoints_of(seller_id: int) -> QuerySet[WebhookEndpoint]:
    """The endpoints that a seller has registered and not removed."""
    return WebhookEndpoint.objects.filter(seller_id=seller_id, removed_at__isnull=True).order_by("id")


def messages_of(endpoint: WebhookEndpoint) -> QuerySet[WebhookMessage]:
    """What was made for an endpoint, the newest first."""
    return WebhookMessage.objects.filter(endpoint=endpoint).order_by("-id")


def tries_of(message_ids: Iterable[int]) -> list[dict[str, Any]]:
    """Every attempt at these messages, oldest first."""
    rows = fetch_rows(
        """
        SELECT message_id, tried_at, status, took_ms, detail FROM integrations_webhooktry
        WHERE message_id = ANY(%s::bigint[]) ORDER BY id
        """,
        [list(message_ids)],
    )
    named = ("message", "at", "status", "ms", "detail")
    return [dict(zip(named, row, strict=True)) for row in rows]
