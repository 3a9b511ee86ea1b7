"""The log of calls keeps the last of a key that calls without pause, and what failed apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.test import RequestFactory

from bantuo.apps.integrations.models import ApiCall
from bantuo.interfaces.api import call_log
from tests.interfaces.api.callers import seller_client
from tests.interfaces.api.shop import make_shop

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class _Key:
    key_id: int


@pytest.fixture
def gathered() -> Iterator[None]:
    """Calls wait, as they do in a server, until the test has them written."""
    call_log._WAITING.is_written_by_thread = True
    yield
    call_log._WAITING.is_written_by_thread = False
    call_log._WAITING.calls = {}


def _call(key: int, status: int, at: int) -> None:
    request = RequestFactory().get(f"/api/v3.2/orders/{at}")
    request.api_caller = _Key(key)  # type: ignore[attr-defined]
    call_log.note_call(request, status=status, took_ms=1)


def test_failed_calls_are_not_pushed_out_by_good_ones(gathered: None) -> None:
    key = seller_client(make_shop().seller).key.pk
    _call(key, 422, 0)
    for at in range(1, 200):
        _call(key, 200, at)
    _call(key + 1, 200, 500)
    call_log.write_calls()
    kept = ApiCall.objects.filter(key_id=key).order_by("id")
    assert [call.path.rpartition("/")[2] for call in kept.filter(status=422)] == ["0"]
    good = [int(call.path.rpartition("/")[2]) for call in kept.filter(status=200)]
    assert good == list(range(150, 200))
    assert ApiCall.objects.filter(key_id=key + 1).count() == 1
    call_log.write_calls()
    assert ApiCall.objects.count() == 52
