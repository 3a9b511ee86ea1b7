"""The OpenAPI document: Ninja's, the plain views' fragments, and what holds for every operation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from django.http import HttpRequest, HttpResponse

from bantuo.apps.integrations.scopes import Scope
from bantuo.interfaces.api.application import NeedsScope, api
from bantuo.interfaces.api.idempotency import HEADER, LENGTH_MAX
from bantuo.interfaces.api.plain import FRAGMENTS, SCHEMAS
from bantuo.interfaces.api.routers import ninja_document

PREFIX = "/api/v3.2"
Operation = dict[str, Any]
_WRITES = ("post", "put", "patch", "delete")
_PROBLEMS = {
    400: "The call cannot be read: broken JSON, a cursor that is none.",
    401: "No key, or one that is not in force.",
    403: "The key lacks the scope, or belongs to no seller.",
    404: "There is no such thing, or it is not yours.",
    413: "The body is too large.",
    422: "What was sent cannot be taken; each fault is named.",
    429: "Too many calls; Retry-After says when to come again.",
    500: "The fault is ours; name the request id.",
}
_CONFLICTS = {
    409: "The first call with this Idempotency-Key is still at work, or the thing is not ready for it.",
    412: "It was changed meanwhile.",
    428: "If-Match is needed.",
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457: what is wrong; `errors` names field, value and rule of each fault.",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldErrorOut"}},
    },
}
_RATE_HEADERS = {
    f"RateLimit-{name}": {"description": words, "schema": {"type": "integer"}}
    for name, words in {
        "Limit": "Calls allowed in a minute.",
        "Remaining": "Calls left in this minute.",
        "Reset": "Seconds until the minute is over.",
    }.items()
}


def serve(request: HttpRequest) -> HttpResponse:
    """The document as JSON."""
    text = json.dumps(document(), ensure_ascii=False)
    return HttpResponse(text, content_type="application/json; charset=utf-8")


@cache
def document() -> dict[str, Any]:
    """The whole document, the same for everybody."""
    made: dict[str, Any] = json.loads(json.dumps(ninja_document()))
    for path, item in FRAGMENTS.items():
        made["paths"].setdefault(path, {}).update(json.loads(json.dumps(item)))
    made["paths"]["/oauth/token"] = {"post": _token_operation()}
    made["paths"] = dict(sorted(made["paths"].items()))
    made["servers"] = [{"url": PREFIX}]
    made["components"]["schemas"] |= {**SCHEMAS, "Problem": _PROBLEM}
    made["components"]["securitySchemes"] = _security_schemes()
    _add_what_holds_for_all(made)
    _add_examples(made)
    whole: dict[str, Any] = json.loads(json.dumps(made))
    return whole


def operations(made: dict[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    """Every operation with its path and method."""
    for path, item in made["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _add_what_holds_for_all(made: dict[str, Any]) -> None:
    scopes = _scopes()
    for path, method, operation in operations(made):
        if path == "/oauth/token":
            continue
        operation_id = operation["operationId"]
        scope = operation.pop("x-scope", None) or scopes.get(operation_id, "")
        operation["security"] = [{"bearer": []}, {"oauth2": [scope]}]
        operation["x-scope"] = scope
        words = operation.pop("description", operation.get("summary", ""))
        operation["description"], operation["summary"] = words, words.partition(". ")[0].rstrip(".")
        if method in _WRITES and not any(p.get("name") == HEADER for p in operation.get("parameters", ())):
            operation.setdefault("parameters", []).append(_idempotency_parameter())
        if method == "patch":
            operation["parameters"].append(_if_match_parameter())
        for status, response in operation["responses"].items():
            if str(status).startswith("2"):
                response.setdefault("headers", {}).update(_RATE_HEADERS)
        known = _PROBLEMS | (_CONFLICTS if method in _WRITES else {})
        for status, told in known.items():
            operation["responses"].setdefault(str(status), _problem_response(told))


def _scopes() -> dict[str, str]:
    """The scope that each of Ninja's operations asks for."""
    return {
        operation.operation_id or "": auth.scope.value
        for router in api._get_bound_routers()
        for view in router.path_operations.values()
        for operation in view.operations
        for auth in operation.auth_callbacks
        if isinstance(auth, NeedsScope)
    }


def _problem_response(words: str) -> dict[str, Any]:
    return {
        "description": words,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _idempotency_parameter() -> dict[str, Any]:
    return {
        "in": "header",
        "name": HEADER,
        "required": False,
        "description": "The call is done once per key; whoever repeats it gets the same answer.",
        "schema": {"type": "string", "minLength": 1, "maxLength": LENGTH_MAX, "pattern": "^[ -~]+$"},
    }


def _if_match_parameter() -> dict[str, Any]:
    return {
        "in": "header",
        "name": "If-Match",
        "required": True,
        "description": "The ETag of the state that is changed, from the last GET.",
        "schema": {"type": "string", "pattern": "^[ -~]+$"},
    }


def _security_schemes() -> dict[str, Any]:
    scopes = {scope.value: scope.value.replace(":", ", ") for scope in Scope}
    flow = {"tokenUrl": f"{PREFIX}/oauth/token", "scopes": scopes}
    return {
        "bearer": {"type": "http", "scheme": "bearer", "description": "An API key of the seller centre."},
        "oauth2": {"type": "oauth2", "flows": {"clientCredentials": flow}},
    }


def _token_operation() -> Operation:
    form = {
        "type": "object",
        "required": ["grant_type"],
        "properties": {
            "grant_type": {"type": "string", "const": "client_credentials"},
            "client_id": {"type": "string"},
            "client_secret": {"type": "string"},
            "scope": {"type": "string", "description": "Fewer scopes than the client has, with blanks."},
        },
    }
    token = {
        "type": "object",
        "required": ["access_token", "token_type", "expires_in", "scope"],
        "properties": {
            "access_token": {"type": "string"},
            "token_type": {"type": "string", "const": "Bearer"},
            "expires_in": {"type": "integer"},
            "expires_at": {"type": "string", "format": "date-time"},
            "scope": {"type": "string"},
        },
    }
    error = {
        "type": "object",
        "required": ["error"],
        "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
    }
    return {
        "operationId": "issueToken",
        "summary": "An access token for an hour (OAuth2 client credentials)",
        "description": "An access token for an hour (OAuth2 client credentials).",
        "tags": ["access"],
        "security": [],
        "requestBody": {
            "required": True,
            "content": {"application/x-www-form-urlencoded": {"schema": form}},
        },
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": token}}},
            "400": {"description": "Refused", "content": {"application/json": {"schema": error}}},
            "401": {"description": "No such client", "content": {"application/json": {"schema": error}}},
            "413": _problem_response(_PROBLEMS[413]),
            "429": _problem_response(_PROBLEMS[429]),
        },
    }


def _add_examples(made: dict[str, Any]) -> None:
    """One example of what goes in and one of what comes out, from examples.json."""
    examples: dict[str, Any] = json.loads(
        files("bantuo.interfaces.api").joinpath("examples.json").read_text(encoding="utf-8")
    )
    for _path, _method, operation in operations(made):
        told = examples.get(operation["operationId"], {})
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if "request" in told:
                content.setdefault("example", told["request"])
        for status, response in operation["responses"].items():
            for content in response.get("content", {}).values():
                if str(status).startswith("2") and "response" in told:
                    content.setdefault("example", told["response"])
