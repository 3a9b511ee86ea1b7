"""Refusals as problem+json (RFC 9457): what is wrong, and for each fault its field, value and rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import msgspec
from django.http import HttpRequest, HttpResponse

CONTENT_TYPE = "application/problem+json"
_VALUE_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of what was sent: in which row and field, the value, the rule broken, and why.

    `row` counts from 0 as the caller's list does; None where the call is no list.
    """

    field: str
    value: str
    rule: str
    reason: str
    row: int | None = None


class Problem(Exception):
    """A call that is not served. `code` ends the problem's type; `detail` is for a developer to act on."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        title: str,
        detail: str = "",
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or title)
        self.status, self.code, self.title, self.detail = status, code, title, detail
        self.errors, self.headers = list(errors), dict(headers or {})


class _RefusedRow(Protocol):
    """What operations say of a row that they refuse."""

    @property
    def row(self) -> Any: ...
    @property
    def field(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def reason(self) -> str: ...


def field_error(refused: _RefusedRow) -> FieldError:
    """An operation's refusal as the API says it."""
    row = int(refused.row) if str(refused.row).isdecimal() else None
    return FieldError(refused.field, shown(refused.value), refused.rule, refused.reason, row)


def shown(value: object) -> str:
    """A value as it may stand in an answer: short, and without half characters."""
    text = value if isinstance(value, str) else repr(value)
    return text[:_VALUE_LENGTH_MAX].encode("utf-8", "replace").decode("utf-8")


def request_id_of(request: HttpRequest) -> str:
    """The id that the answer carries in X-Request-ID, and every log line of the request."""
    return str(getattr(request, "request_id", ""))


def problem_response(problem: Problem, request: HttpRequest) -> HttpResponse:
    """The answer to the caller."""
    content: dict[str, Any] = {
        "type": f"urn:bantuo:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "request_id": request_id_of(request),
    }
    if problem.errors:
        content["errors"] = [asdict(error) for error in problem.errors]
    response = HttpResponse(msgspec.json.encode(content), status=problem.status, content_type=CONTENT_TYPE)
    for name, value in problem.headers.items():
        response.headers[name] = value
    return response


def not_found(what: str) -> Problem:
    """Nothing of that name belongs to the caller; whether somebody else has one is not said."""
    return Problem(
        404, "not-found", title="There is no such thing", detail=f"{what} is not yours or is not there"
    )


def invalid(errors: Sequence[FieldError], *, detail: str = "") -> Problem:
    """What was sent cannot be taken as it is."""
    told = detail or f"{len(errors)} faults: see errors"
    return Problem(422, "invalid", title="What was sent cannot be taken", detail=told, errors=errors)
