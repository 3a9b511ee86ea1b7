"""A line for every request: what was asked, what came of it, how long it took; never what was typed."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_LOG = structlog.get_logger("bantuo.web")
_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestLog:
    """Give each request an id, which its answer and every log line of it carry."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _GIVEN.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        began = time.monotonic_ns()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.respond(request)
            _LOG.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                ms=(time.monotonic_ns() - began) // 1_000_000,
                user=getattr(getattr(request, "user", None), "pk", None),
            )
        response.headers["X-Request-ID"] = request_id
        return response
