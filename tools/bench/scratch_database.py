"""Fresh databases for a benchmark: on BANTUO_BENCH_DATABASE_URL, else on a scratch embedded server."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bantuo.channels.postgres import start_server, stop_server


@contextmanager
def scratch_server() -> Iterator[str]:
    """The URL of a server to make databases on; an embedded one is stopped and removed afterwards."""
    named = os.environ.get("BANTUO_BENCH_DATABASE_URL")
    if named:
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="bantuo-bench-") as folder:
        Path(folder).chmod(0o755)  # started by root, the server runs as a user of its own
        os.environ["BANTUO_VAR"] = folder
        try:
            yield start_server(keep="always")
        finally:
            stop_server()


@contextmanager
def fresh_database(server: str, name: str) -> Iterator[str]:
    """The connection string of a new database, which is dropped afterwards."""
    own = sql.Identifier(f"{name}_{os.getpid()}")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(own))
    try:
        yield make_conninfo(server, dbname=f"{name}_{os.getpid()}")
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(own))
