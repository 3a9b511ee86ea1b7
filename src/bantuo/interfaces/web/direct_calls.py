"""Django's WSGI handler, with less ado around calls of machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, get_script_name
from django.db import connections
from django.http import HttpResponse
from django.urls import set_script_prefix

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class Handler(WSGIHandler):
    """Answers calls of machines without the signals of a request, which took a fifth of such a call.

    Their listeners look after the connections of the thread before and after it, and after caches; here the
    connection is looked after once, afterwards. A health check asks anew whenever it is taken from the pool.
    """

    def __init__(self) -> None:
        super().__init__()
        self._direct = tuple(prefix for prefix, _root, _urls in settings.DIRECT_URLS)

    def __call__(  # type: ignore[override]  # as WSGI has it: what can be sent piece by piece
        self, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith(self._direct) or path.endswith("/"):
            return super().__call__(environ, start_response)
        set_script_prefix(get_script_name(environ))
        request = self.request_class(environ)
        response = self.get_response(request)
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        if not isinstance(response, HttpResponse):
            # Of what is streamed, the end is told to Django's listeners.
            response._handler_class = type(self)  # type: ignore[attr-defined]
            return response
        request.close()
        for connection in connections.all(initialized_only=True):
            connection.close_if_unusable_or_obsolete()
        return [response.content]
