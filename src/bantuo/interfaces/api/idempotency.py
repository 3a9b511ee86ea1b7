"""`Idempotency-Key`: a write is done once per key and caller, and whoever repeats it gets the same answer.

The claim on the key, the work and the kept answer are one transaction: killed anywhere, either all of it
happened or nothing. A second call with the key waits for the first. Only answers of success are kept: a
refused call has changed nothing, and may be mended and sent again under its key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from bantuo.apps.sql import fetch_rows, run_statement
from bantuo.interfaces.api.callers import key_holder
from bantuo.interfaces.api.problems import FieldError, Problem, invalid, shown

HEADER = "Idempotency-Key"
_META = "HTTP_IDEMPOTENCY_KEY"
REPLAYED = "Idempotent-Replayed"
LENGTH_MAX = 200
_WAIT = "10s"
_LOCK_NOT_AVAILABLE = "55P03"
_KEPT_HEADERS = ("Content-Type", "ETag", "Location")


def once(request: HttpRequest, work: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The answer of `work`, or the kept one of the call that came before with the same key."""
    key = request.META.get(_META)
    if key is None:
        return work()
    _check(key)
    caller, asked = key_holder(request), _request_sha256(request)
    try:
        with transaction.atomic():
            if not _claim(caller.key_id, key, asked):
                return _kept(caller.key_id, key, asked)
            response = work()
            if response.status_code < 300 and isinstance(response, HttpResponse):
                _keep(caller.key_id, key, response)
            else:
                transaction.set_rollback(True)
            return response
    except OperationalError as fault:
        if getattr(fault.__cause__, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
            raise
        raise Problem(409, "in-progress", title="The first call with this key is still at work",
                      detail="repeat the call a little later",
                      headers={"Retry-After": "5"}) from fault  # fmt: skip


def _check(key: str) -> None:
    if not (0 < len(key) <= LENGTH_MAX and key.isascii() and key.isprintable()):
        rule = f"1 to {LENGTH_MAX} printable ASCII characters"
        raise Problem(400, "idempotency-key-unusable", title="The Idempotency-Key cannot be used",
                      errors=[FieldError(HEADER, shown(key), "idempotency-key", rule)])  # fmt: skip


def _request_sha256(request: HttpRequest) -> bytes:
    head = f"{request.method} {request.get_full_path()}\n".encode("utf-8", "surrogateescape")
    return hashlib.sha256(head + request.body).digest()


def _claim(key_id: int, key: str, asked: bytes) -> bool:
    """Whether the key is ours now; waits for whoever has it, but not for ever."""
    ((before,),) = fetch_rows("SELECT current_setting('lock_timeout')")
    run_statement("SELECT set_config('lock_timeout', %s, true)", [_WAIT])
    made = run_statement(
        """
        INSERT INTO integrations_keptanswer
            (key_id, idempotency_key, request_sha256, status, body, headers, kept_at)
        VALUES (%s, %s, %s, NULL, '', '{}', %s) ON CONFLICT (key_id, idempotency_key) DO NOTHING
        """,
        [key_id, key, asked, timezone.now()],
    )
    run_statement("SELECT set_config('lock_timeout', %s, true)", [before])
    return bool(made)


def _kept(key_id: int, key: str, asked: bytes) -> HttpResponse:
    ((before, status, body, headers),) = fetch_rows(
        """
        SELECT request_sha256, status, body, headers::text FROM integrations_keptanswer
        WHERE key_id = %s AND idempotency_key = %s
        """,
        [key_id, key],
    )
    if bytes(before) != asked:
        error = FieldError(HEADER, key, "idempotency-key", "was used before, for another call")
        raise invalid([error], detail="an Idempotency-Key belongs to one call and its exact body")
    response = HttpResponse(bytes(body), status=status)
    for name, value in {**json.loads(headers), REPLAYED: "true"}.items():
        response.headers[name] = value
    return response


def _keep(key_id: int, key: str, response: HttpResponse) -> None:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    run_statement(
        """
        UPDATE integrations_keptanswer SET status = %s, body = %s, headers = %s
        WHERE key_id = %s AND idempotency_key = %s
        """,
        [response.status_code, response.content, json.dumps(headers), key_id, key],
    )
