"""The text parameters of a call, from query and body alike: what is signed is what is used."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from bantuo.core.open_platform_faults import Fault

_UNREADABLE = (
    BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError, UnicodeError, ValueError,
)  # fmt: skip


def text_parameters(request: HttpRequest) -> dict[str, str]:
    """Every text parameter by name; files are none. Where one comes twice, the last word counts.

    The official Java client sends `method` twice in the query, and the body comes after the query.
    Raises Fault where the body cannot be read.
    """
    try:
        told = dict(_last_words(request.GET)) | dict(_last_words(request.POST))
    except _UNREADABLE as problem:
        raise Fault("body_wrong", type(problem).__name__, sub_code="isv.body-unreadable") from problem
    for name, value in told.items():
        if "\x00" in name + value:
            raise Fault("parameter_wrong", f"{ascii(name)[:80]}: has a NUL character", sub_code="isv.nul")
    return told


def _last_words(given: QueryDict) -> Iterator[tuple[str, str]]:
    for name in given:
        last = given[name]  # the last one; an empty list where there is none
        yield name, last if isinstance(last, str) else ""
