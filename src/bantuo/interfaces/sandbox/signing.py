"""Who calls, and whether the signature holds: before this nothing of a call is believed."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError

from bantuo.apps.erp.models import SandboxKey
from bantuo.apps.erp.operations import open_secret
from bantuo.apps.erp.queries import key_named
from bantuo.core.signatures import (
    KEY_HEADER,
    NONCE_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    ClockSkewed,
    SignatureRefused,
    SignatureWrong,
    SignedCall,
    check_signature,
    signed_text,
)
from bantuo.interfaces.sandbox.problems import Problem
from bantuo.interfaces.sandbox.rate_limit import RateLimit
from bantuo.interfaces.web.papers import client_address, vault

CALLS_PER_ADDRESS = RateLimit(calls=1200)
CALLS_PER_KEY = RateLimit(calls=600)
_HEADERS = (KEY_HEADER, TIMESTAMP_HEADER, NONCE_HEADER, SIGNATURE_HEADER)


def admit_call(request: HttpRequest, *, now: datetime) -> tuple[SandboxKey, SignedCall]:
    """The key and the call as it was signed. Raises Problem with status 401, 413 or 429."""
    _check_rate(CALLS_PER_ADDRESS, client_address(request), now=now)
    missing = [name for name in _HEADERS if not request.headers.get(name)]
    if missing:
        raise Problem("header-missing", 401, f"missing: {', '.join(missing)}", missing=missing)
    call = _signed_call(request)
    key = _active_key(request.headers[KEY_HEADER])
    _check(call, signature=request.headers[SIGNATURE_HEADER], key=key, now=now)
    _check_rate(CALLS_PER_KEY, key.app_key, now=now)
    return key, call


def _signed_call(request: HttpRequest) -> SignedCall:
    return SignedCall(
        method=request.method or "",
        target=request.get_full_path(),
        timestamp=request.headers[TIMESTAMP_HEADER],
        nonce=request.headers[NONCE_HEADER],
        body=_read_body(request),
    )


def _read_body(request: HttpRequest) -> bytes:
    try:
        return request.body
    except RequestDataTooBig as problem:
        raise Problem("body-too-large", 413, str(problem)) from problem
    except UnreadablePostError as problem:
        raise Problem("body-unreadable", 400, "the body ended before it was complete") from problem


def _active_key(app_key: str) -> SandboxKey:
    key = key_named(app_key) if "\x00" not in app_key else None
    if key is None or key.revoked_at is not None:
        raise Problem("key-unknown", 401, f"{KEY_HEADER} is not an active key of the sandbox")
    return key


def _check(call: SignedCall, *, signature: str, key: SandboxKey, now: datetime) -> None:
    now_ms = int(now.timestamp() * 1000)
    try:
        check_signature(call, signature=signature, secret=open_secret(key, vault=vault()), now_ms=now_ms)
    except SignatureWrong as refusal:
        signed = signed_text(call).split("\n")
        raise Problem(refusal.code, 401, str(refusal), signed_lines=signed) from refusal
    except ClockSkewed as refusal:
        raise Problem(refusal.code, 401, str(refusal), server_time_ms=now_ms) from refusal
    except SignatureRefused as refusal:
        raise Problem(refusal.code, 401, str(refusal)) from refusal


def _check_rate(limit: RateLimit, caller: str, *, now: datetime) -> None:
    wait_s = limit.wait_s(caller, now_s=int(now.timestamp()))
    if wait_s:
        told = f"more than {limit.calls} calls in a minute"
        raise Problem("too-many-calls", 429, told, retry_after_s=wait_s)
