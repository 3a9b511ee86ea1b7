"""What machines call passes the middleware of pages by, but not what keeps the server safe."""

from __future__ import annotations

import pytest
from django.test import Client

from bantuo.interfaces.web.upload_cap import BODY_BYTES_MAX

pytestmark = pytest.mark.django_db
PLACES = ("/api/v3.2/orders", "/sync", "/rest/auth/token/create", "/router/rest")


@pytest.mark.parametrize("path", PLACES)
def test_a_body_beyond_the_limit_reaches_no_view(path: str) -> None:
    size = 10 * BODY_BYTES_MAX  # so large that nothing of it is read away, either
    answer = Client().generic("POST", path, b"x=1", CONTENT_LENGTH=str(size))
    assert (answer.status_code, answer["Content-Type"]) == (413, "text/plain; charset=utf-8")
    assert str(size) in answer.content.decode()


@pytest.mark.parametrize("path", PLACES)
def test_an_answer_tells_its_length_and_its_type_is_not_guessed(path: str) -> None:
    answer = Client().post(path, {})
    assert answer["Content-Length"] == str(len(answer.content))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    assert answer["X-Request-ID"]


def test_a_page_among_them_has_all_that_pages_have() -> None:
    assert "default-src" in Client().get("/api/v3.2/")["Content-Security-Policy"]
