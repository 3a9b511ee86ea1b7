"""Calls of machines go straight to their view: no session, no language, no page round them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch, get_resolver

from bantuo.interfaces.web.upload_cap import BODY_BYTES_MAX, bytes_too_many


class Direct:
    """Answer what begins with a prefix of `DIRECT_URLS` by its own URLs, past all middleware after this one.

    What a page needs (session, CSRF, security headers, gzip) costs more than taking an order in; the
    views there know their callers by key or signature alone. What ends in a slash is a page.
    """

    def __init__(self, respond: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.respond = respond
        self.places = [(prefix, root, _finder(urls)) for prefix, root, urls in settings.DIRECT_URLS]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        for prefix, root, find in self.places:
            if path.startswith(prefix) and not path.endswith("/"):
                if size := bytes_too_many(request):
                    return _too_big(size)
                match = find("/" + path.removeprefix(root))
                request.resolver_match = match
                response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
                response.headers.setdefault("X-Content-Type-Options", "nosniff")
                if isinstance(response, HttpResponse):
                    response.headers.setdefault("Content-Length", str(len(response.content)))
                return response
        return self.respond(request)


def _finder(urls: str) -> Callable[[str], ResolverMatch]:
    """The view of a path; the few paths that are called all the time are not looked up each time."""
    return lru_cache(maxsize=256)(get_resolver(urls).resolve)


def _too_big(size: int) -> HttpResponse:
    words = f"The body has {size} bytes; at most {BODY_BYTES_MAX} are taken in at once."
    return HttpResponse(words, status=413, content_type="text/plain; charset=utf-8")
