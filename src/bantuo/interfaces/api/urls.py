"""The addresses of the API: Ninja's, with the plain views of the hot paths among them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, path, re_path

from bantuo.interfaces.api import document, reference, tokens
from bantuo.interfaces.api.doors import View, door, nothing_here
from bantuo.interfaces.api.idempotency import once
from bantuo.interfaces.api.plain import PLAIN_VIEWS
from bantuo.interfaces.api.routers import NINJA_VIEWS, PARAMETER
from bantuo.interfaces.web.access import public


def _repeatable(view: View) -> View:
    """A write that may carry an Idempotency-Key."""

    def answer(request: HttpRequest, **where: object) -> HttpResponseBase:
        return once(request, partial(view, request, **where))

    return answer


def _patterns() -> Iterator[URLPattern]:
    views: dict[str, dict[str, View]] = {}
    for (method, route), view in PLAIN_VIEWS.items():
        views.setdefault(route, {})[method] = _repeatable(view)
    for method, route, view in NINJA_VIEWS:
        views.setdefault(route, {})[method] = view if method == "GET" else _repeatable(view)
    views["oauth/token"] = {"POST": tokens.issue}
    views["openapi.json"] = {"GET": document.serve}
    for route, by_method in views.items():
        name = PARAMETER.sub(r"\1", route).replace("/", "_").replace(".", "_").replace("-", "_")
        yield path(f"v3.2/{route}", door(by_method), name=name)


app_name = "api"
urlpatterns: list[URLPattern | URLResolver] = [
    path("v3.2/", public(reference.reference), name="reference"),
    *_patterns(),
    re_path(r"^(?P<rest>.*)$", nothing_here, name="nothing_here"),
]
