"""The OpenAPI document as a page to read: every operation with what goes in and what comes out."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bantuo.interfaces.api.document import PREFIX, document, operations


def reference(request: HttpRequest) -> HttpResponse:
    """Operations by topic; the document itself is a link away."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, method, operation in operations(document()):
        groups.setdefault(operation["tags"][0], []).append(_shown(path, method, operation))
    context = {
        "groups": groups,
        "base": f"{settings.BASE_URL}{PREFIX}",
        "version": document()["info"]["version"],
    }
    return render(request, "web/api_reference.html", context)


def _shown(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    answers = [
        {"status": status, "words": answer["description"], "example": _example(answer)}
        for status, answer in operation["responses"].items()
    ]
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "words": operation["description"],
        "scope": operation.get("x-scope", ""),
        "parameters": operation.get("parameters", []),
        "request": _example(operation.get("requestBody", {})),
        "answers": answers,
        "answer": next((a["example"] for a in answers if a["example"]), ""),
    }


def _example(part: dict[str, Any]) -> str:
    for content in part.get("content", {}).values():
        if "example" in content:
            return json.dumps(content["example"], ensure_ascii=False, indent=2)
    return ""
