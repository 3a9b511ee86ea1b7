"""Databases and processes of their own, for tests that must see real ones compete or die."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

ROOT = Path(__file__).parent.parent


def environment(url: str) -> dict[str, str]:
    """What a process needs to work on a database of ours."""
    return {**os.environ, "BANTUO_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "bantuo.config.settings"}


def start_process(code: str, *arguments: str, url: str) -> subprocess.Popen[str]:
    """A process of its own that sets Django up on a database and then runs `code`."""
    return subprocess.Popen(
        [sys.executable, "-c", f"import django; django.setup()\n{code}", *arguments],
        cwd=ROOT,
        env=environment(url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _server_url() -> str:
    return os.environ["BANTUO_DATABASE_URL"]


def _run(statement: str, *names: str) -> None:
    with psycopg.connect(_server_url(), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@pytest.fixture(scope="session")
def migrated_template() -> Iterator[str]:
    """The name of a database with all migrations and nothing else, made once for the whole run."""
    name = f"bantuo_template_{os.getpid()}"
    _run("DROP DATABASE IF EXISTS {}", name)
    _run("CREATE DATABASE {}", name)
    try:
        url = make_conninfo(_server_url(), dbname=name)
        subprocess.run(
            [sys.executable, "-m", "django", "migrate", "--verbosity", "0"],
            cwd=ROOT,
            env=environment(url),
            check=True,
        )
        yield name
    finally:
        _run("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def scratch_database(migrated_template: str) -> Iterator[str]:
    """The URL of a migrated, empty database that real processes may share; dropped after the test."""
    name = f"bantuo_scratch_{os.getpid()}_{uuid4().hex[:8]}"
    _run("CREATE DATABASE {} TEMPLATE {}", name, migrated_template)
    try:
        yield make_conninfo(_server_url(), dbname=name)
    finally:
        _run("DROP DATABASE {} WITH (FORCE)", name)
