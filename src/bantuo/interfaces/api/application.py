"""The Ninja application: JSON by msgspec, keys by scope, every fault a problem."""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError, ValidationErrorContext
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from ninja.security import HttpBearer

from bantuo.apps.integrations.scopes import Scope
from bantuo.apps.parties.operations import SellerUnknown
from bantuo.core.policy import PolicyNotInForce
from bantuo.interfaces.api.callers import Caller, caller_of
from bantuo.interfaces.api.doors import broken_off, too_large, unanswered
from bantuo.interfaces.api.problems import FieldError, Problem, invalid, not_found, problem_response, shown

_log = logging.getLogger(__name__)


class CallerRequest(HttpRequest):
    """A call whose key has been looked at."""

    auth: Caller


class NeedsScope(HttpBearer):
    """Lets in whoever has a key with the scope."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Caller:
        return caller_of(request, scope=self.scope)

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """Not asked: `__call__` looks at the whole header."""
        return caller_of(request, scope=self.scope)


class _Json(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        try:
            return msgspec.json.decode(request.body)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
            raise Problem(400, "json-unreadable", title="The body is not JSON", detail=str(fault)) from fault


class _Compact(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> Any:
        return msgspec.json.encode(data)


class _Api(NinjaAPI):
    def validation_error_from_error_contexts(
        self, error_contexts: list[ValidationErrorContext[Any]]
    ) -> ValidationError:
        """Every fault with what was sent there, which Ninja would leave out."""
        return ValidationError(
            [
                {**error, "loc": (context.model.__ninja_param_source__, *error["loc"])}
                for context in error_contexts
                for error in context.pydantic_validation_error.errors(include_url=False)
            ]
        )


api = _Api(
    title="Bantuo",
    version="3.2",
    description="Semi-managed (半托管) fulfilment: stock, listings, prices, orders, quotes and rules.",
    docs_url=None,
    openapi_url=None,
    urls_namespace="rest-3.2",
    parser=_Json(),
    renderer=_Compact(),
)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return problem_response(problem, request)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, fault: ValidationError) -> HttpResponse:
    return problem_response(invalid([_field_error(error) for error in fault.errors]), request)


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, fault: HttpError) -> HttpResponse:
    return problem_response(
        Problem(fault.status_code, "refused", title="The call is refused", detail=str(fault)), request
    )


@api.exception_handler(RequestDataTooBig)
def _too_big(request: HttpRequest, fault: RequestDataTooBig) -> HttpResponse:
    return problem_response(too_large(str(fault)), request)


@api.exception_handler(UnreadablePostError)
def _broken_off(request: HttpRequest, fault: UnreadablePostError) -> HttpResponse:
    return problem_response(broken_off(), request)


@api.exception_handler(PolicyNotInForce)
def _not_in_force(request: HttpRequest, fault: PolicyNotInForce) -> HttpResponse:
    return problem_response(not_found(str(fault)), request)


@api.exception_handler(SellerUnknown)
def _no_seller(request: HttpRequest, fault: SellerUnknown) -> HttpResponse:
    return problem_response(not_found("the seller of the key"), request)


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def _unanswered(request: HttpRequest, fault: Exception) -> HttpResponse:
    _log.warning("the database did not answer", exc_info=fault)
    return problem_response(unanswered(), request)


@api.exception_handler(Exception)
def _fault(request: HttpRequest, fault: Exception) -> HttpResponse:
    _log.error("%s %s failed", request.method, request.path, exc_info=fault)
    problem = Problem(500, "fault", title="The fault is ours", detail="name the request_id when you tell us")
    return problem_response(problem, request)


def _field_error(error: dict[str, Any]) -> FieldError:
    """Pydantic's words as a row, a field, a value and a rule."""
    place = [part for part in error["loc"][1:] if part not in ("body", "query", "path", "header")]
    row = next((part for part in place if isinstance(part, int)), None)
    names = [str(part) for part in place if not isinstance(part, int)]
    limits = " ".join(f"{k}={v}" for k, v in (error.get("ctx") or {}).items() if isinstance(v, int | str))
    return FieldError(
        field=".".join(names) or "body",
        value=shown(error.get("input", "")),
        rule=" ".join(filter(None, [error["type"], limits]))[:200],
        reason=shown(error["msg"]),
        row=row,
    )
