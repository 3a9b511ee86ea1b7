"""How long a page takes through all of the middleware, and how many queries it asks."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter_ns
from typing import Any

from tools.bench.row import Row

_REQUESTS, _WARM_UP = 60, 5
_TARGET_MS = 100


def addresses(name: str, queries: Sequence[str]) -> list[str]:
    """A page by the name of its address with each of these queries."""
    from django.urls import reverse  # noqa: PLC0415 - after the set-up

    return [f"{reverse(name)}?{query}" for query in queries]


def page_row(client: Any, urls: Sequence[str], *, work: str, queries_max: int | None = None) -> Row:
    """The 95th percentile of these addresses taken in turn, and the most queries that one of them asks."""
    asked = [urls[at % len(urls)] for at in range(_WARM_UP + _REQUESTS)]
    for url in asked[:_WARM_UP]:
        milliseconds(client, url)
    taken = sorted(milliseconds(client, url) for url in asked[_WARM_UP:])
    p95 = taken[-(-len(taken) * 95 // 100) - 1]
    queries = max(_queries(client, url) for url in urls) if queries_max else 0
    return Row(
        work=work,
        measured=f"p95 {p95:.0f} ms" + (f", {queries} queries" if queries_max else ""),
        limit=f"{_REQUESTS} requests through the middleware, one after the other",
        limit_measured=f"median {taken[len(taken) // 2]:.0f} ms",
        target=f"≤ {_TARGET_MS} ms" + (f", ≤ {queries_max} queries" if queries_max else ""),
        met=p95 <= _TARGET_MS and queries <= (queries_max or 0),
    )


def milliseconds(client: Any, url: str) -> float:
    """How long one visit takes. Raises RuntimeError unless the page is there."""
    begun = perf_counter_ns()
    answer = client.get(url)
    taken = (perf_counter_ns() - begun) / 1e6
    if answer.status_code != 200:
        raise RuntimeError(f"{url} answers {answer.status_code}")
    return taken


def _queries(client: Any, url: str) -> int:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    with CaptureQueriesContext(connection) as asked:
        milliseconds(client, url)
    return len(asked)
