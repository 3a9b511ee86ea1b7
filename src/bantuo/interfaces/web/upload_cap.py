"""Uploads far beyond any limit are refused by what they say of their size, before anything reads them."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

BODY_BYTES_MAX = 64 * 1024 * 1024  # of a whole form; how big each file may be, the book says
_DRAIN_BYTES_MAX = 512 * 1024 * 1024
_PIECE_BYTES = 256 * 1024


class UploadCap:
    """Answers 413 to a body that is too big.

    The body is read away in small pieces first (up to a limit): a browser that is still sending
    would otherwise show a broken connection instead of the answer.
    """

    def __init__(self, respond: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        size = bytes_too_many(request)
        return _too_big(request, size) if size else self.respond(request)


def bytes_too_many(request: HttpRequest) -> int:
    """The size of a body that is beyond the limit, read away; 0 of any other, of which nothing is read."""
    size = _stated_size(request)
    if size <= BODY_BYTES_MAX:
        return 0
    if size <= _DRAIN_BYTES_MAX:
        while request.read(_PIECE_BYTES):
            pass
    return size


def _stated_size(request: HttpRequest) -> int:
    stated = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(stated) if stated.isdecimal() else 0


def _too_big(request: HttpRequest, size: int) -> HttpResponse:
    words = _("What you sent has %(size)s MiB; at most %(max)s MiB are taken in at once.") % {
        "size": size // (1024 * 1024),
        "max": BODY_BYTES_MAX // (1024 * 1024),
    }
    if request.headers.get("HX-Request"):
        return HttpResponse(words, status=413, content_type="text/plain; charset=utf-8")
    return render(request, "web/too_big.html", {"words": words}, status=413)
