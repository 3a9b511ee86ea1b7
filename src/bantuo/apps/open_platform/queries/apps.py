"""Who calls, what apps there are, and which of them may act for a seller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db.models import Count, Q, QuerySet

from bantuo.apps.open_platform.models import AccessGrant, OpenApp


def token_hash(token: str) -> str:
    """How a token or code is kept: it is random enough that nobody finds it by trying."""
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def open_app(app_key: str) -> OpenApp | None:
    """The app of a key, unless it was closed."""
    if not app_key.isascii() or not app_key.isdecimal():
        return None
    return OpenApp.objects.filter(app_key=app_key, closed_at__isnull=True).first()


def live_grant(app: OpenApp, access_token: str, *, now: datetime) -> AccessGrant | None:
    """The leave that an access token stands for: of this app, not ended, not expired."""
    return (
        AccessGrant.objects.select_related("seller")
        .filter(
            app=app,
            access_hash=token_hash(access_token),
            access_expires_at__gt=now,
            revoked_at__isnull=True,
        )
        .first()
    )


@dataclass(frozen=True, slots=True)
class AppLeave:
    """An app that may act for a seller: since when, until when at the latest, when it last did."""

    app: OpenApp
    grants: int
    granted_by: str
    granted_at: datetime
    ends_at: datetime
    last_used_at: datetime | None


def leaves_of(seller_id: int, *, now: datetime) -> list[AppLeave]:
    """The apps that may act for a seller now, the latest first."""
    live = AccessGrant.objects.filter(
        seller_id=seller_id, revoked_at__isnull=True, refresh_expires_at__gt=now, app__closed_at__isnull=True
    )
    by_app: dict[int, list[AccessGrant]] = {}
    for grant in live.select_related("app").order_by("-id"):
        by_app.setdefault(grant.app_id, []).append(grant)
    return [_leave(grants) for grants in by_app.values()]


def _leave(grants: list[AccessGrant]) -> AppLeave:
    latest = grants[0]
    return AppLeave(
        app=latest.app,
        grants=len(grants),
        granted_by=latest.granted_by,
        granted_at=latest.granted_at,
        ends_at=max(grant.refresh_expires_at for grant in grants),
        last_used_at=max((g.last_used_at for g in grants if g.last_used_at), default=None),
    )


def private_app(seller_id: int) -> OpenApp | None:
    """The app that a seller made for itself, if it stands."""
    return OpenApp.objects.filter(private_to_id=seller_id, closed_at__isnull=True).first()


def registered_apps(*, now: datetime) -> QuerySet[OpenApp]:
    """Every app with the number of sellers (`sellers`) that let it act for them now."""
    live = Q(grants__revoked_at__isnull=True, grants__refresh_expires_at__gt=now)
    return OpenApp.objects.select_related("private_to").annotate(
        sellers=Count("grants__seller", filter=live, distinct=True)
    )
