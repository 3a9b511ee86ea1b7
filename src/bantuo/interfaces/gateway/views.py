"""The three doors of the open-platform protocol. The answer's status is always 200: clients read the body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from bantuo.apps.open_platform.operations import write_once
from bantuo.core.open_platform_faults import Fault
from bantuo.core.open_platform_shapes import bare_answer, wrapped_answer
from bantuo.interfaces.gateway.calls import Asked, Call, Family, admit_app, admit_seller
from bantuo.interfaces.gateway.methods import METHODS, PATHS, Method
from bantuo.interfaces.gateway.parameters import text_parameters
from bantuo.interfaces.web.access import public

_LOG = structlog.get_logger("bantuo.gateway")
_TEMPLATED = "/2.0"  # `/rest/2.0/...` is signed with or without it


@public
@csrf_exempt
def sync(request: HttpRequest) -> HttpResponse:
    """Business methods by name: `simplify=true` bare, else wrapped."""
    return _answer(request, Family.SYNC)


@public
@csrf_exempt
def rest(request: HttpRequest, path: str = "") -> HttpResponse:
    """Methods by path, or by the parameter `method` where the path is empty; always bare."""
    return _answer(request, Family.REST, path)


@public
@csrf_exempt
def classic(request: HttpRequest) -> HttpResponse:
    """The first generation: wrapped, and errors by number."""
    return _answer(request, Family.CLASSIC)


def _answer(request: HttpRequest, family: Family, path: str = "") -> HttpResponse:
    request_id = str(getattr(request, "request_id", ""))
    params: dict[str, str] = {}
    try:
        params = text_parameters(request)
        asked = _asked(request, family, path, params)
        return _json(_shaped(asked, _serve(asked), request_id))
    except Fault as fault:
        refused = fault
    except (OperationalError, InterfaceError):
        _LOG.exception("the database did not answer")
        refused = Fault("unavailable", "send the call again: it is done once", sub_code="isp.database")
    except Exception:  # whatever happens, clients of this protocol read nothing but a 200
        _LOG.exception("a call failed", family=family.value, api=params.get("method") or path)
        refused = Fault("unavailable", f"request_id {request_id}", sub_code="isp.unknown-error")
    return _json(_refusal(refused, family, request_id))


def _asked(request: HttpRequest, family: Family, path: str, params: dict[str, str]) -> Asked:
    """What is asked, and what may stand before the signed text: the path, if the API is named by one."""
    api = path.rstrip("/") if family is Family.REST else ""
    paths: tuple[str, ...] = (path, api, path.removeprefix(_TEMPLATED), api.removeprefix(_TEMPLATED))
    if not api:
        api = params.get("method", "").strip()
        paths = (api,) if api.startswith("/") else ("",)
    return Asked(family, api, params, tuple(dict.fromkeys(paths)), request, timezone.now())


def _serve(asked: Asked) -> Mapping[str, Any]:
    if not asked.api:
        raise Fault("method_missing")
    method = _method(asked.api)
    wanted = asked.params.get("format", "json").strip().lower()
    if wanted not in ("json", "") and asked.family is not Family.REST:
        raise Fault("format_unknown", f"format: {wanted[:40]!r}; json is served")
    app = admit_app(asked)
    grant = admit_seller(asked, app, scope=method.scope) if method.needs_seller else None
    call = Call(asked, app, grant)
    if grant is None or not method.writes:
        return method.serve(call)
    sign = asked.params["sign"].strip().upper()
    answer, is_repeat = write_once(grant, sign=sign, work=lambda: method.serve(call), now=asked.now)
    return {**answer, "repeated": "true"} if is_repeat else answer


def _method(api: str) -> Method:
    """By name; by path, which may be a name itself, with dots or with strokes."""
    if not api.startswith("/"):
        found = METHODS.get(api)
    else:
        path = api.removeprefix(_TEMPLATED)
        found = PATHS.get(path) or METHODS.get(path.strip("/").replace("/", "."))
    if found is None:
        raise Fault("method_unknown", ascii(api)[1:81], sub_code="isv.method-not-served")
    return found


def _shaped(asked: Asked, content: Mapping[str, Any], request_id: str) -> Mapping[str, Any]:
    is_simple = asked.params.get("simplify", "").strip().lower() == "true"
    if asked.family is Family.CLASSIC and is_simple:
        return {**content, "request_id": request_id}
    if asked.family is Family.REST or is_simple or asked.api.startswith("/"):
        return bare_answer(content, request_id=request_id)
    return wrapped_answer(content, method=asked.api, request_id=request_id)


def _refusal(fault: Fault, family: Family, request_id: str) -> dict[str, Any]:
    if family is Family.CLASSIC:
        return fault.classic(request_id)
    return fault.named(request_id) if family is Family.SYNC else fault.bare(request_id)


def _json(content: Mapping[str, Any]) -> HttpResponse:
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return HttpResponse(body, content_type="application/json;charset=UTF-8")
