"""Django's handler with less ado: machines get the same answers, and connections are looked after once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import connection
from django.test import Client, RequestFactory

from bantuo.interfaces.web.direct_calls import Handler

pytestmark = pytest.mark.django_db


@pytest.fixture
def looked_after(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done to the connection; really done, it would end the test's own transaction."""
    told: list[str] = []
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: told.append("looked after"))
    return told


@contextmanager
def _heard() -> Iterator[list[str]]:
    """The signals of requests that are sent meanwhile."""
    told: list[str] = []

    def begins(**_: Any) -> None:
        told.append("begins")

    def ends(**_: Any) -> None:
        told.append("ends")

    request_started.connect(begins)
    request_finished.connect(ends)
    try:
        yield told
    finally:
        request_started.disconnect(begins)
        request_finished.disconnect(ends)


def _answer(method: str, path: str) -> tuple[str, dict[str, str], bytes]:
    """As a server asks for it."""
    told: list[Any] = []
    environ = RequestFactory().generic(method, path, HTTP_HOST="127.0.0.1").environ
    body = Handler()(environ, lambda status, headers: told.extend([status, dict(headers)]))
    content = b"".join(body)
    if hasattr(body, "close"):
        body.close()
    return told[0], told[1], content


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/v3.2/orders", "401 Unauthorized"),
        ("DELETE", "/api/v3.2/orders", "405 Method Not Allowed"),
        ("GET", "/api/v3.2/nothing", "404 Not Found"),
        ("GET", "/sync", "200 OK"),
    ],
)
def test_a_machine_is_answered_as_ever(method: str, path: str, status: str, looked_after: list[str]) -> None:
    with _heard() as heard:
        said, headers, content = _answer(method, path)
    assert said == status
    assert (heard, looked_after) == ([], ["looked after"])
    same = Client(headers={"Host": "127.0.0.1"}).generic(method, path)
    assert said.startswith(str(same.status_code))
    assert headers.keys() == dict(same.items()).keys()
    assert headers["Content-Length"] == str(len(content)) == same["Content-Length"]


@pytest.mark.parametrize("path", ["/healthz", "/api/v3.2/"])
def test_a_page_begins_and_ends_with_its_signals(path: str, looked_after: list[str]) -> None:
    with _heard() as heard:
        said, _, content = _answer("GET", path)
    assert said == "200 OK"
    assert content
    assert heard == ["begins", "ends"]
