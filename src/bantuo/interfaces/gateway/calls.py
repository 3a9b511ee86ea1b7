"""One call: what it asks, by whom it is signed, and for which seller it acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest

from bantuo.apps.open_platform.models import AccessGrant, OpenApp
from bantuo.apps.open_platform.operations import note_use, open_app_secret
from bantuo.apps.open_platform.queries import live_grant, open_app
from bantuo.core.open_platform_faults import Fault
from bantuo.core.open_platform_signing import SIGN_METHODS, has_valid_sign
from bantuo.core.open_platform_times import (
    SKEW_S_MAX,
    SKEW_S_MAX_CLASSIC,
    TimeUnreadable,
    read_timestamp,
    skew_s,
)
from bantuo.interfaces.gateway.rate_limit import CALLS, REFUSALS, REFUSALS_PER_MINUTE
from bantuo.interfaces.web.papers import client_address, vault
from bantuo.interfaces.web.programme import Programme, programme_now


class Family(StrEnum):
    """The three families of addresses, which differ in shape, clock and error language."""

    SYNC = "sync"
    REST = "rest"
    CLASSIC = "classic"


@dataclass(frozen=True)
class Asked:
    """A call before anything of it is believed. `api`: a method's name, or a path where it begins with /.

    `paths`: what may stand before the signed text.
    """

    family: Family
    api: str
    params: dict[str, str]
    paths: tuple[str, ...]
    request: HttpRequest
    now: datetime


@dataclass(frozen=True)
class Call:
    """A call that is let in. `grant` is None where the method acts for no seller."""

    asked: Asked
    app: OpenApp
    grant: AccessGrant | None

    @property
    def params(self) -> dict[str, str]:
        return self.asked.params

    @property
    def now(self) -> datetime:
        return self.asked.now

    @property
    def leave(self) -> AccessGrant:
        """The seller's leave. Raises Fault where the call has none."""
        if self.grant is None:
            raise Fault("session_missing")
        return self.grant

    @property
    def seller_id(self) -> int:
        return self.leave.seller_id

    @property
    def actor(self) -> str:
        """As operations record it."""
        return f"app:{self.app.app_key}"

    @property
    def address(self) -> str:
        return client_address(self.asked.request)

    @cached_property
    def programme(self) -> Programme:
        return programme_now()


def admit_app(asked: Asked) -> OpenApp:
    """The app that signed the call. Raises Fault."""
    app_key = asked.params.get("app_key", "").strip()
    if not app_key:
        raise Fault("app_missing")
    _check_clock(asked)
    if not asked.params.get("sign", "").strip():
        raise Fault("signature_missing")
    app = open_app(app_key)
    if app is None:
        _count_refusal(asked)
        raise Fault("app_unknown", app_key[:40], sub_code="isv.appkey-not-exists")
    _check_sign(asked, app)
    if CALLS.is_over(app_key, limit=settings.API_CALLS_PER_MINUTE):
        raise Fault("call_limit", f"{settings.API_CALLS_PER_MINUTE} calls a minute are allowed")
    return app


def admit_seller(asked: Asked, app: OpenApp, *, scope: str) -> AccessGrant:
    """The leave of the seller whose token the call brings. Raises Fault."""
    token = (asked.params.get("session") or asked.params.get("access_token") or "").strip()
    if not token:
        raise Fault("session_missing", "send it as `session` or `access_token`")
    grant = live_grant(app, token, now=asked.now)
    if grant is None:
        _count_refusal(asked)
        raise Fault("session_wrong")
    if scope and scope not in grant.scopes:
        raise Fault("permission_missing", f"the seller's leave does not hold: {scope}")
    note_use(grant, now=asked.now)
    return grant


def _check_clock(asked: Asked) -> None:
    text = asked.params.get("timestamp", "")
    if not text.strip():
        raise Fault("timestamp_missing")
    try:
        off_s = skew_s(read_timestamp(text), now=asked.now)
    except TimeUnreadable as problem:
        raise Fault("timestamp_wrong", str(problem), sub_code="isv.timestamp-unreadable") from problem
    most_s = SKEW_S_MAX_CLASSIC if asked.family is Family.CLASSIC else SKEW_S_MAX
    if off_s > most_s:
        told = f"{off_s} s off our clock ({asked.now:%Y-%m-%dT%H:%M:%SZ}); at most {most_s} s"
        raise Fault("timestamp_wrong", told, sub_code="isv.clock-off")


def _check_sign(asked: Asked, app: OpenApp) -> None:
    default = "md5" if asked.family is Family.CLASSIC else "sha256"
    sign_method = asked.params.get("sign_method", default).strip().lower().replace("hmac-sha256", "sha256")
    if sign_method not in SIGN_METHODS:
        told = f"sign_method: {sign_method[:40]!r} is none of {', '.join(SIGN_METHODS)}"
        raise Fault("signature_wrong", told, sub_code="isv.sign-method-unknown")
    secret = open_app_secret(app, vault=vault())
    if not has_valid_sign(asked.params, secret=secret, sign_method=sign_method, paths=asked.paths):
        _count_refusal(asked)
        raise Fault("signature_wrong")


def _count_refusal(asked: Asked) -> None:
    if REFUSALS.is_over(client_address(asked.request), limit=REFUSALS_PER_MINUTE):
        raise Fault("call_limit", "too many refused calls from this address")
