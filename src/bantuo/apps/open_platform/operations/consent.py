"""A seller lets an app act for it, the app gets tokens for that, and the seller takes it back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models, transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.open_platform.models import AccessGrant, AuthCode, OpenApp
from bantuo.apps.open_platform.queries import token_hash

CODE_LIFE = timedelta(minutes=10)
ACCESS_LIFE = timedelta(days=30)
REFRESH_LIFE = timedelta(days=180)
REPEAT_LIFE = timedelta(minutes=2)  # in which an app that lost the answer may refresh once more
_USED_STEP = timedelta(minutes=1)


class RedirectMismatch(ValueError):
    """The address to come home to is not, letter by letter, one that the app registered."""


class AppNotForSeller(ValueError):
    """A private app acts for the seller it belongs to, and for nobody else."""


class CodeRefused(ValueError):
    """The code is unknown, of another app, used before or expired."""


class RefreshRefused(ValueError):
    """The refresh token is unknown, of another app, expired, revoked, or was replaced before."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens at the only moment they are handed out."""

    grant: AccessGrant
    access_token: str
    refresh_token: str


def check_consent(app: OpenApp, seller_id: int, *, redirect_uri: str) -> None:
    """Whether an app may ask this seller. Raises RedirectMismatch, AppNotForSeller."""
    if redirect_uri not in app.redirect_uris:
        raise RedirectMismatch(redirect_uri[:200])
    if app.private_to_id not in (None, seller_id):
        raise AppNotForSeller(app.app_key)


@transaction.atomic
def give_consent(
    app: OpenApp, seller_id: int, *, redirect_uri: str, account: str, now: datetime, actor: str
) -> str:
    """Let an app act for a seller; returns the code to send it home with.

    Raises RedirectMismatch, AppNotForSeller.
    """
    check_consent(app, seller_id, redirect_uri=redirect_uri)
    code = f"3_{app.app_key}_{secrets.token_urlsafe(24)}"
    AuthCode.objects.create(
        seller_id=seller_id,
        app=app,
        code_hash=token_hash(code),
        account=account,
        given_by=actor,
        given_at=now,
        expires_at=now + CODE_LIFE,
    )
    _tell("open_platform.consent_given", seller_id, app, now=now, actor=actor)
    return code


def redeem_code(app: OpenApp, code: str, *, now: datetime) -> Tokens:
    """Change a code into tokens, once. A second time ends what the first gave. Raises CodeRefused."""
    with transaction.atomic():
        held = AuthCode.objects.select_for_update().filter(app=app, code_hash=token_hash(code)).first()
        if held is not None and held.grant_id is None and held.expires_at > now:
            tokens = _new_grant(app, held.seller_id, account=held.account, now=now, actor=held.given_by)
            held.grant = tokens.grant
            held.save(update_fields=["grant"])
            return tokens
        if held is not None and held.grant_id is not None:
            _end(AccessGrant.objects.filter(pk=held.grant_id), now=now, by=f"app:{app.app_key}")
    raise CodeRefused("unknown, used before or expired")


@transaction.atomic
def grant_private(app: OpenApp, *, account: str, now: datetime, actor: str) -> Tokens:
    """Tokens of a private app, given by its seller without the way over a code. Raises AppNotForSeller."""
    if app.private_to_id is None:
        raise AppNotForSeller(app.app_key)
    _tell("open_platform.consent_given", app.private_to_id, app, now=now, actor=actor)
    return _new_grant(app, app.private_to_id, account=account, now=now, actor=actor)


def refresh_tokens(app: OpenApp, refresh_token: str, *, now: datetime) -> Tokens:
    """Replace both tokens of a grant. Raises RefreshRefused.

    An app that did not hear the answer may come again with the token of before for two minutes; whoever
    does later has found an old token, and the grant ends.
    """
    hashed = token_hash(refresh_token)
    with transaction.atomic():
        grant = _lock_grant(app, hashed)
        if grant is not None and _may_refresh(grant, hashed, now=now):
            tokens = _new_tokens()
            grant.former_hash = hashed
            _put(grant, tokens, now=now)
            grant.refreshed_at = now
            grant.save()
            return Tokens(grant, *tokens)
        if grant is not None and grant.former_hash == hashed and grant.revoked_at is None:
            _end(AccessGrant.objects.filter(pk=grant.pk), now=now, by=f"app:{app.app_key}")
    raise RefreshRefused("unknown, expired, revoked or replaced before")


@transaction.atomic
def revoke_app(seller_id: int, *, app_id: int, now: datetime, actor: str) -> int:
    """Let an app act for a seller no more; returns how many grants ended. Codes under way end, too."""
    AuthCode.objects.filter(
        seller_id=seller_id, app_id=app_id, grant__isnull=True, expires_at__gt=now
    ).update(expires_at=now)
    live = AccessGrant.objects.filter(seller_id=seller_id, app_id=app_id, revoked_at__isnull=True)
    ended = _end(live, now=now, by=actor)
    if ended:
        app = OpenApp.objects.get(pk=app_id)
        _tell("open_platform.consent_revoked", seller_id, app, now=now, actor=actor)
    return ended


def note_use(grant: AccessGrant, *, now: datetime) -> None:
    """Remember, to the minute, that an app acted for a seller."""
    if grant.last_used_at is None or now - grant.last_used_at >= _USED_STEP:
        AccessGrant.objects.filter(pk=grant.pk).update(last_used_at=now)


def _new_grant(app: OpenApp, seller_id: int, *, account: str, now: datetime, actor: str) -> Tokens:
    grant = AccessGrant(
        seller_id=seller_id, app=app, scopes=app.scopes, account=account, granted_by=actor, granted_at=now
    )
    tokens = _new_tokens()
    _put(grant, tokens, now=now)
    grant.save()
    return Tokens(grant, *tokens)


def _new_tokens() -> tuple[str, str]:
    """An access and a refresh token; the first digit tells them apart in a log of the app's."""
    return f"5000{secrets.token_urlsafe(36)}", f"5001{secrets.token_urlsafe(36)}"


def _put(grant: AccessGrant, tokens: tuple[str, str], *, now: datetime) -> None:
    grant.access_hash, grant.refresh_hash = map(token_hash, tokens)
    grant.access_expires_at, grant.refresh_expires_at = now + ACCESS_LIFE, now + REFRESH_LIFE


def _lock_grant(app: OpenApp, hashed: str) -> AccessGrant | None:
    grants = AccessGrant.objects.select_for_update(no_key=True).filter(app=app)
    return grants.filter(refresh_hash=hashed).first() or grants.filter(former_hash=hashed).first()


def _may_refresh(grant: AccessGrant, hashed: str, *, now: datetime) -> bool:
    if grant.revoked_at is not None or grant.refresh_expires_at <= now:
        return False
    just_before = grant.refreshed_at is not None and now - grant.refreshed_at <= REPEAT_LIFE
    return grant.refresh_hash == hashed or just_before


def _end(grants: models.QuerySet[AccessGrant], *, now: datetime, by: str) -> int:
    return grants.filter(revoked_at__isnull=True).update(revoked_at=now, revoked_by=by)


def _tell(topic: str, seller_id: int, app: OpenApp, *, now: datetime, actor: str) -> None:
    payload = {"app_key": app.app_key, "app": app.name, "by": actor}
    emit_events(topic, [(seller_id, f"open_app:{app.app_key}", payload)], at=now)
