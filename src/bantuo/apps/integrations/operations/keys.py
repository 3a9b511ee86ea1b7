"""Keys and OAuth2 clients: given once, rotated with an overlap, revoked; and the tokens of clients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.integrations.models import ApiKey, ApiToken, KeyKind
from bantuo.apps.integrations.scopes import MARKETPLACE_SCOPES, SELLER_SCOPES
from bantuo.apps.integrations.secrets import digest, new_client, new_key, new_token
from bantuo.apps.parties.models import Seller

TOKEN_LASTS = timedelta(hours=1)


class Owner(NamedTuple):
    """Whose a key is: a seller, or with no seller the marketplace itself."""

    marketplace: str
    seller_id: int | None = None

    @classmethod
    def of(cls, seller: Seller) -> Owner:
        """A seller as the owner of its keys."""
        return cls(seller.marketplace, seller.pk)


class KeyUnknown(LookupError):
    """The owner has no such active key."""


class ScopesRefused(ValueError):
    """No scope at all, or one that this owner cannot be given."""


@dataclass(frozen=True, slots=True)
class GivenKey:
    """A key at the only moment its secret is handed out: `secret` is the key itself, or a client's."""

    key: ApiKey
    secret: str


@transaction.atomic
def create_key(
    owner: Owner, *, kind: KeyKind, title: str, scopes: Iterable[str], now: datetime, actor: str
) -> GivenKey:
    """Let somebody call the API for a seller or for a marketplace. Raises ScopesRefused."""
    shown, secret = new_key() if kind == KeyKind.KEY else new_client()
    key = ApiKey.objects.create(
        kind=kind,
        seller_id=owner.seller_id,
        marketplace=owner.marketplace,
        title=title.strip(),
        name_shown=shown,
        secret_sha256=digest(secret),
        scopes=_checked(scopes, owner=owner),
        created_by=actor,
        created_at=now,
    )
    _tell("api.key_created", key, now=now, actor=actor)
    return GivenKey(key, secret)


@transaction.atomic
def rotate_key(key_id: int, *, owner: Owner, overlap: timedelta, now: datetime, actor: str) -> GivenKey:
    """Give a key a new secret; the one before works on for `overlap`, and no longer. Raises KeyUnknown.

    A secret from before a still earlier rotation ends at once.
    """
    key = _locked(key_id, owner=owner)
    shown, secret = new_key() if key.kind == KeyKind.KEY else new_client()
    key.former_sha256 = bytes(key.secret_sha256) if overlap else None
    key.former_until = now + overlap if overlap else None
    key.secret_sha256, key.rotated_at = digest(secret), now
    if key.kind == KeyKind.KEY:  # a client keeps its id
        key.name_shown = shown
    elif not overlap:
        ApiToken.objects.filter(key=key).delete()
    key.save()
    _tell("api.key_rotated", key, now=now, actor=actor)
    return GivenKey(key, secret)


@transaction.atomic
def revoke_key(key_id: int, *, owner: Owner, now: datetime, actor: str) -> None:
    """Let no call with this key, or with a token of this client, in any more. Raises KeyUnknown."""
    key = _locked(key_id, owner=owner)
    key.revoked_at = now
    key.former_sha256 = key.former_until = None
    key.save()
    ApiToken.objects.filter(key=key).delete()
    _tell("api.key_revoked", key, now=now, actor=actor)


@transaction.atomic
def issue_token(key: ApiKey, *, scopes: Iterable[str], now: datetime) -> tuple[str, datetime]:
    """An access token of a client and when it ends. Raises ScopesRefused for one the client lacks."""
    wanted = list(dict.fromkeys(scopes)) or list(key.scopes)
    if not set(wanted) <= set(key.scopes):
        raise ScopesRefused(" ".join(sorted(set(wanted) - set(key.scopes))))
    token, until = new_token(), now + TOKEN_LASTS
    ApiToken.objects.create(
        key=key, token_sha256=digest(token), scopes=wanted, issued_at=now, expires_at=until
    )
    return token, until


def forget_tokens(*, now: datetime) -> int:
    """Remove tokens that have ended; returns how many."""
    return ApiToken.objects.filter(expires_at__lte=now).delete()[0]


def _checked(scopes: Iterable[str], *, owner: Owner) -> list[str]:
    allowed = MARKETPLACE_SCOPES if owner.seller_id is None else SELLER_SCOPES
    wanted = set(scopes)
    unknown = wanted - {scope.value for scope in allowed}
    if unknown or not wanted:
        raise ScopesRefused(" ".join(sorted(unknown)) or "a key needs a scope")
    return sorted(wanted)


def _locked(key_id: int, *, owner: Owner) -> ApiKey:
    found = ApiKey.objects.select_for_update().filter(
        pk=key_id, seller_id=owner.seller_id, marketplace=owner.marketplace, revoked_at__isnull=True
    )
    key = found.first()
    if key is None:
        raise KeyUnknown(f"{owner}: no active key {key_id}")
    return key


def _tell(topic: str, key: ApiKey, *, now: datetime, actor: str) -> None:
    payload = {"name": key.name_shown, "scopes": list(key.scopes), "by": actor}
    emit_events(topic, [(key.seller_id, f"api_key:{key.pk}", payload)], at=now)
