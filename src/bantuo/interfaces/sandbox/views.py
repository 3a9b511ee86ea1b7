"""The sandbox: an ERP proves that it signs, speaks the version, and gets stock through. Nothing is stored but
that the call came."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from bantuo.apps.erp.models import SandboxKey
from bantuo.apps.erp.operations import CallReplayed, SandboxCall, record_call
from bantuo.core.signatures import SignedCall
from bantuo.interfaces.sandbox.problems import Problem
from bantuo.interfaces.sandbox.signing import admit_call
from bantuo.interfaces.sandbox.stock import answer_rows, read_rows
from bantuo.interfaces.web.access import public

View = Callable[..., HttpResponse]


def _endpoint(method: str) -> Callable[[View], View]:
    """A signed view of one method, open to whoever holds a key; a Problem becomes the answer."""

    def decorate(view: View) -> View:
        @public
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, **path: Any) -> HttpResponse:
            try:
                if request.method != method:
                    raise Problem("method-not-allowed", 405, f"only {method}", allowed=[method])
                return view(request, **path)
            except Problem as problem:
                return problem.response()

        return answer

    return decorate


@_endpoint("GET")
def ping(request: HttpRequest, version: str) -> HttpResponse:
    """Whether key, signature and clock are right. It counts as nothing."""
    now = timezone.now()
    key, _ = admit_call(request, now=now)
    return JsonResponse(
        {
            "version": version,
            "key": key.app_key,
            "server_time_ms": int(now.timestamp() * 1000),
            "counted": False,
        }
    )


@_endpoint("POST")
def stock(request: HttpRequest, version: str) -> HttpResponse:
    """Take stock rows, answer each, and count the call.

    What is measured runs from the moment the server hands us the request until its whole body has
    been received and every row answered; the way through the network before that is not in it.
    """
    started_ns = time.monotonic_ns()
    key, call = admit_call(request, now=timezone.now())
    try:
        answers = answer_rows(read_rows(call.body))
    except Problem as problem:
        _count(key, call, version=version, started_ns=started_ns, failed=problem.code)
        raise
    took_ms = _count(key, call, version=version, started_ns=started_ns, failed="")
    accepted = sum(answer["status"] == "accepted" for answer in answers)
    return JsonResponse(
        {
            "version": version,
            "accepted": accepted,
            "refused": len(answers) - accepted,
            "rows": answers,
            "stored": False,
            "counted": True,
            "took_ms": took_ms,
        }
    )


def _count(key: SandboxKey, call: SignedCall, *, version: str, started_ns: int, failed: str) -> int:
    took_ms = -(-(time.monotonic_ns() - started_ns) // 1_000_000)
    made = SandboxCall(
        nonce=call.nonce,
        api_version=version,
        took_ms=took_ms,
        succeeded=not failed,
        detail=failed or "200",
    )
    try:
        record_call(key, call=made, now=timezone.now())
    except CallReplayed as replay:
        detail = "a nonce is used once; this very call is not counted again"
        raise Problem("replayed", 409, detail) from replay
    return took_ms
