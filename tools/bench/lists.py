"""Every list page of the operator over a full database, through all of the middleware, against 100 ms."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from tools.bench.page_times import addresses, milliseconds, page_row
from tools.bench.row import Row, count
from tools.bench.scratch_database import fresh_database, scratch_server

APPLICATIONS = 100_000
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
    for name, queries in PAGES:
        for url in addresses(name, queries):
            milliseconds(client, url)


def _measured(client: Any, name: str, queries: Sequence[str], total: int) -> Row:
    told = " | ".join(query or "·" for query in queries)
    return page_row(client, addresses(name, queries), work=f"{name} with {count(total)} applications: {told}")


def _close() -> None:
    from django.db import connections  # noqa: PLC0415

    connections.close_all()
