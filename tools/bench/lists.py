"""Every list page of the operator over a full database, through all of the middleware, against 100 ms."""

from __future__ import annotations

import os
from collections.abc import Sequence
from time import perf_counter_ns
from typing import Any

from tools.bench.row import Row, count
from tools.bench.scratch_database import fresh_database, scratch_server

APPLICATIONS = 100_000
_REQUESTS, _WARM_UP = 60, 5
_TARGET_MS = 100
# Page by the name of its address, and the queries that people ask it with.
PAGES: Sequence[tuple[str, Sequence[str]]] = (
    ("operator:applications", ("", "page=40", "sort=-age", "needs=overdue", "assigned=nobody")),
    ("operator:applications", ("state=all", "state=all&sort=-submitted_at", "state=active&page=30")),
    ("operator:applications", ("state=all&failure=F1", "state=assessed_fail&failure=F3", "needs=appeal")),
    ("operator:applications", ("search=SIM-0999", "search=示例商户 77", "search=X00000000000000042")),
    ("operator:applications", ("state=all&since=2026-01-01&until=2026-03-31",)),
    ("operator:dashboard", ("",)),
    ("operator:documents", ("", "page=2")),
    ("operator:audit", ("", "page=2")),
    ("operator:deposits", ("", "page=2")),
    ("operator:agreements", ("", "page=2")),
    ("operator:users", ("", "page=2")),
    ("operator:warehouses", ("",)),
    ("operator:policies", ("",)),
    ("operator:categories", ("",)),
    ("web:inbox", ("", "page=2")),
)  # fmt: skip


def list_rows(number: int | None) -> list[Row]:
    """The 95th percentile of each page with `number` applications in the database."""
    total = number or APPLICATIONS
    with scratch_server() as server, fresh_database(server, "bench_lists") as database:
        os.environ["BANTUO_DATABASE_URL"] = database
        client = _filled(total)
        _visit_all(client)
        try:
            return [_measured(client, name, queries, total) for name, queries in PAGES]
        finally:
            _close()


def _filled(total: int) -> Any:
    """The browser of an operator with every role, in front of the full database."""
    import django  # noqa: PLC0415 - the settings read the database's address from the environment

    os.environ["DJANGO_SETTINGS_MODULE"] = "bantuo.config.settings"
    django.setup()
    from tools.bench.list_browser import browser_of_all_roles, fill  # noqa: PLC0415

    fill(total)
    return browser_of_all_roles()


def _visit_all(client: Any) -> None:
    """Every page once, so that the first one measured does not pay for what all of them load."""
    from django.urls import reverse  # noqa: PLC0415

    for name, queries in PAGES:
        for query in queries:
            _milliseconds(client, f"{reverse(name)}?{query}")


def _measured(client: Any, name: str, queries: Sequence[str], total: int) -> Row:
    from django.urls import reverse  # noqa: PLC0415

    address = reverse(name)
    asked = [f"{address}?{queries[at % len(queries)]}" for at in range(_WARM_UP + _REQUESTS)]
    taken = sorted(_milliseconds(client, url) for url in asked[_WARM_UP:]) if _warm(client, asked) else []
    p95 = taken[-(-len(taken) * 95 // 100) - 1]
    return Row(
        work=f"{name} with {count(total)} applications: {' | '.join(query or '·' for query in queries)}",
        measured=f"p95 {p95:.0f} ms",
        limit=f"{_REQUESTS} requests through the middleware, one after the other",
        limit_measured=f"median {taken[len(taken) // 2]:.0f} ms",
        target=f"≤ {_TARGET_MS} ms",
        met=p95 <= _TARGET_MS,
    )


def _warm(client: Any, asked: Sequence[str]) -> bool:
    for url in asked[:_WARM_UP]:
        _milliseconds(client, url)
    return True


def _milliseconds(client: Any, url: str) -> float:
    begun = perf_counter_ns()
    answer = client.get(url)
    taken = (perf_counter_ns() - begun) / 1e6
    if answer.status_code != 200:
        raise RuntimeError(f"{url} answers {answer.status_code}")
    return taken


def _close() -> None:
    from django.db import connections  # noqa: PLC0415

    connections.close_all()
