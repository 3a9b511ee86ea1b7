"""Threads that send the same call with the same Idempotency-Key at one moment; prints what they got."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.db import connections

from bantuo.apps.catalog.models import PriceChange
from bantuo.interfaces.api import idempotency
from tests.apps import factories as make
from tests.interfaces.api.callers import ApiClient, seller_client

TIMES = 8


def _client() -> ApiClient:
    settings.ALLOWED_HOSTS = ["testserver"]
    (seller,) = make.make_active_sellers("S1")
    make.policy_version()
    make.make_skus(seller, "A-1")
    client = seller_client(seller)
    assert client.call("GET", "/stock").status_code == 200, "everything is imported before the race"
    return client


def _price(client: ApiClient, fen: int, key: str) -> Any:
    rows = [{"sku_code": "A-1", "exclusive_fen": fen}]
    return client.call("POST", "/prices", {"rows": rows}, Idempotency_Key=key)


def _in_thread(call: Callable[[], Any]) -> Any:
    try:
        return call()
    finally:
        connections.close_all()


def _same() -> dict[str, Any]:
    """Many at once: one is done, everybody gets its answer."""
    client = _client()
    barrier = threading.Barrier(TIMES)

    def call() -> Any:
        barrier.wait()
        return _price(client, 11000, "k-1")

    with ThreadPoolExecutor(TIMES) as threads:
        answers = [made.result() for made in [threads.submit(_in_thread, call) for _ in range(TIMES)]]
    return {
        "answers": sorted({(answer.status_code, answer.content.decode()) for answer in answers}),
        "replayed": sum("Idempotent-Replayed" in answer.headers for answer in answers),
        "changes": PriceChange.objects.filter(old_fen__isnull=False).count(),
    }


def _slow() -> dict[str, Any]:
    """One is at work for longer than another waits."""
    client = _client()
    idempotency._WAIT = "100ms"
    at_work, go_on, keep = threading.Event(), threading.Event(), idempotency._keep

    def slowly(*told: Any) -> None:
        at_work.set()
        go_on.wait(20)
        keep(*told)

    idempotency._keep = slowly
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(_in_thread, lambda: _price(client, 11000, "k-1"))
        assert at_work.wait(20)
        late = _price(client, 11000, "k-1")
        go_on.set()
        changed = first.result().json()["changed"]
    return {"late": late.status_code, "wait": late.headers["Retry-After"], "changed": changed}


def main() -> None:
    """Play the scene that the command line names."""
    print(json.dumps({"same": _same, "slow": _slow}[sys.argv[1]]()))
