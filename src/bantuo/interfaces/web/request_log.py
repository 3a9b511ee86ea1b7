"""A line for every request: what was asked, what came of it, how long it took; never what was typed."""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec
import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")


def _logger() -> Any:
    """The same line as any other of the log, at a sixth of the cost.

    Where a person reads along it is an ordinary logger; else it goes past the standard library, straight
    to standard error.
    """
    if sys.stderr.isatty():
        return structlog.get_logger("bantuo.web")
    logger = structlog.wrap_logger(
        structlog.BytesLogger(open(2, "wb", buffering=0, closefd=False)),  # noqa: SIM115 - for good
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            lambda _logger, _method, line: msgspec.json.encode(line),
        ],
    )
    return logger.bind(logger="bantuo.web")


_LOG = _logger()


class RequestLog:
    """Give each request an id, which its answer and every log line of it carry."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _GIVEN.fullmatch(given) else f"{random.getrandbits(128):032x}"
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
