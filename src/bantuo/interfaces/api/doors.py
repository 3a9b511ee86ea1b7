"""What holds for every call: problems become answers, the allowance stands in headers, a line is logged."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from bantuo.interfaces.api.call_log import note_call
from bantuo.interfaces.api.problems import Problem, problem_response
from bantuo.interfaces.web.access import public

View = Callable[..., HttpResponseBase]
_log = logging.getLogger(__name__)


def door(views: Mapping[str, View]) -> View:
    """One address of the API: the view of each method. Open to whoever holds a key; the views ask for it."""
    methods = dict(views)
    allowed = ", ".join(sorted({*methods, "OPTIONS"}))

    @public
    @csrf_exempt
    def answer(request: HttpRequest, **path: Any) -> HttpResponseBase:
        began_ns = time.monotonic_ns()
        view = methods.get(request.method or "")
        if request.method == "OPTIONS":
            response: HttpResponseBase = HttpResponse(status=204, headers={"Allow": allowed})
        elif view is None:
            response = problem_response(_not_here(request.method or "", allowed), request)
        else:
            response = _served(view, request, path)
        allowance = getattr(request, "api_allowance", None)
        if allowance is not None:
            for name, value in allowance.headers.items():
                response.headers[name] = value
        note_call(request, status=response.status_code, took_ms=(time.monotonic_ns() - began_ns) // 1_000_000)
        return response

    return answer


def _served(view: View, request: HttpRequest, path: Mapping[str, Any]) -> HttpResponseBase:
    try:
        return view(request, **path)
    except Problem as problem:
        return problem_response(problem, request)
    except RequestDataTooBig as told:
        return problem_response(too_large(str(told)), request)
    except UnreadablePostError:
        return problem_response(broken_off(), request)
    except (OperationalError, InterfaceError):
        _log.warning("the database did not answer", exc_info=True)
        return problem_response(unanswered(), request)


def too_large(detail: str) -> Problem:
    """The body is larger than this address takes."""
    return Problem(413, "body-too-large", title="The body is too large", detail=detail)


def broken_off() -> Problem:
    """The body ended before it was complete."""
    return Problem(400, "body-unreadable", title="The body cannot be read", detail="it ended before its end")


def unanswered() -> Problem:
    """The database went away, or had no time for us: nobody knows what was done."""
    return Problem(
        503,
        "busy",
        title="The call cannot be served just now",
        headers={"Retry-After": "1"},
        detail="send it again; a write with its Idempotency-Key, so that it is done once",
    )


def _not_here(method: str, allowed: str) -> Problem:
    return Problem(405, "method-not-allowed", title="This method is not served here",
                   detail=f"{method} is not served; {allowed} are", headers={"Allow": allowed})  # fmt: skip


@public
@csrf_exempt
def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponseBase:
    """Whatever address of the API does not exist."""
    problem = Problem(404, "no-such-address", title="There is no such address",
                      detail="the addresses stand in /api/v3.2/openapi.json")  # fmt: skip
    return problem_response(problem, request)


__all__ = ["View", "broken_off", "door", "nothing_here", "too_large", "unanswered"]
