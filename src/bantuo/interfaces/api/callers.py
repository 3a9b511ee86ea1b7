"""Who calls: a key or an access token in `Authorization: Bearer …`, remembered for a few seconds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from bantuo.apps.integrations.queries import caller_with
from bantuo.apps.integrations.secrets import digest
from bantuo.interfaces.api.problems import Problem
from bantuo.interfaces.api.rate_limit import CALLS, FAILED_SIGN_INS
from bantuo.interfaces.web.papers import client_address

REMEMBERED_S = 10
_REMEMBERED_MAX = 10_000
_FAILED_PER_MINUTE = 300  # per address: guessing a secret of 256 bits is hopeless, but need not cost us
_SECRET_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a call. `seller_id` None: a marketplace, which may push orders for all its sellers."""

    key_id: int
    seller_id: int | None
    marketplace: str
    scopes: frozenset[str]
    calls_per_minute: int

    @property
    def actor(self) -> str:
        """As operations record it."""
        return f"key:{self.key_id}"

    @property
    def seller(self) -> int:
        """The seller everything is looked up within. Raises Problem 403 for a marketplace's key."""
        if self.seller_id is None:
            raise Problem(403, "seller-needed", title="This is done with a seller's key",
                          detail="the key is a marketplace's own and belongs to no seller")  # fmt: skip
        return self.seller_id


@dataclass(frozen=True, slots=True)
class _Remembered:
    caller: Caller
    until_s: float  # of the monotonic clock
    ends_at: datetime | None


_REMEMBERED: dict[bytes, _Remembered] = {}


def caller_of(request: HttpRequest, *, scope: str) -> Caller:
    """The caller, whose allowance is counted and who may do this.

    A caller seen within the last seconds costs no query. Raises Problem: 401 without a key that is in
    force, 403 without the scope, 429 beyond the allowance.
    """
    caller = key_holder(request)
    allowance = CALLS.take(caller.key_id, limit=caller.calls_per_minute)
    request.api_allowance = allowance  # type: ignore[attr-defined]  # for the headers of the answer
    if allowance.remaining < 0:
        raise _too_many(allowance.reset_s, f"{allowance.limit} calls a minute are allowed")
    if scope not in caller.scopes:
        has = " ".join(sorted(caller.scopes))
        raise Problem(403, "scope-missing", title="The key may not do this",
                      detail=f"the scope {scope} is missing; the key has: {has}")  # fmt: skip
    return caller


def key_holder(request: HttpRequest) -> Caller:
    """Whose key it is, whatever it may do; asked once per request. Raises Problem 401 or 429."""
    known: Caller | None = getattr(request, "api_caller", None)
    if known is None:
        secret_sha256 = digest(_bearer(request))
        known = _recall(secret_sha256) or _look_up(secret_sha256, request)
        request.api_caller = known  # type: ignore[attr-defined]  # for the log of calls
    return known


def forget_callers() -> None:
    """Look every caller up again, as if nobody had called yet."""
    _REMEMBERED.clear()


def refuse_flood(request: HttpRequest) -> None:
    """Count a failed sign-in of an address. Raises Problem 429 beyond what a mistake explains."""
    tried = FAILED_SIGN_INS.take(client_address(request), limit=_FAILED_PER_MINUTE)
    if tried.remaining < 0:
        raise _too_many(tried.reset_s, "too many calls without a good key from this address")


def unauthorised(detail: str) -> Problem:
    """No key, or none that is in force."""
    return Problem(401, "unauthorised", title="The call needs a key", detail=detail,
                   headers={"WWW-Authenticate": 'Bearer realm="bantuo"'})  # fmt: skip


def _bearer(request: HttpRequest) -> str:
    kind, _, secret = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    if kind.lower() != "bearer" or not secret:
        refuse_flood(request)
        raise unauthorised("send `Authorization: Bearer` with an API key or an access token")
    return secret.strip()[:_SECRET_LENGTH_MAX]


def _recall(secret_sha256: bytes) -> Caller | None:
    known = _REMEMBERED.get(secret_sha256)
    if known is None or time.monotonic() >= known.until_s:
        return None
    return known.caller if known.ends_at is None or known.ends_at > timezone.now() else None


def _look_up(secret_sha256: bytes, request: HttpRequest) -> Caller:
    found = caller_with(secret_sha256, now=timezone.now())
    if found is None:
        _REMEMBERED.pop(secret_sha256, None)
        refuse_flood(request)
        raise unauthorised("the key or token is unknown, revoked or has ended")
    calls = found.calls_per_minute or settings.API_CALLS_PER_MINUTE
    caller = Caller(found.key_id, found.seller_id, found.marketplace, found.scopes, calls)
    if len(_REMEMBERED) >= _REMEMBERED_MAX:
        _REMEMBERED.clear()
    _REMEMBERED[secret_sha256] = _Remembered(caller, time.monotonic() + REMEMBERED_S, found.until)
    return caller


def _too_many(wait_s: int, detail: str) -> Problem:
    return Problem(429, "too-many-calls", title="Too many calls", detail=detail,
                   headers={"Retry-After": str(wait_s)})  # fmt: skip
