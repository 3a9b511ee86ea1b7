"""`bantuo replay` is killed with SIGKILL in every stage, again and again, and ends with the same figures."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import polars as pl
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bantuo.simulate.marketplace import Extent, make_marketplace
from bantuo.simulate.replay import STAGES
from tests.processes import environment
from tests.simulate.sources import OLIST, OLIST_LAYOUT, ROOT, layout_file, slice_of_olist

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]
KILLED = (*STAGES, "outputs")
EACH = 5
ORDERS = 70
ONCE = ("prepare", "stage", "plan", "admission", "outputs")  # not met again on another day
WRITTEN = ("charges", "routing", "statements", "refusals", "health")
_CODE = "from bantuo.interfaces.cli.main import run; run()"


@dataclass
class Run:
    """One source, the command that replays it, and what the kills have met so far."""

    source: Path
    layout: Path
    seconds: dict[str, float] = field(default_factory=dict)  # the longest that each stage lasted at a stretch
    kills: Counter[str] = field(default_factory=Counter)
    chance: random.Random = field(default_factory=lambda: random.Random(20240901))

    @contextmanager
    def started(self, url: str, out: Path) -> Iterator[subprocess.Popen[str]]:
        """A real `bantuo replay`, begun or resumed; none outlives its block."""
        process = subprocess.Popen(
            [sys.executable, "-c", _CODE, "replay", str(self.source), "--layout", str(self.layout),
             "--out", str(out), "--resume", "--json"],
            cwd=ROOT, env=environment(url), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with process:
            try:
                yield process
            finally:
                process.kill()

    @property
    def lacking(self) -> list[str]:
        return [stage for stage in KILLED if self.kills[stage] < EACH]

    def undisturbed(self, url: str, out: Path) -> None:
        """Run to the end, and note how long the stages last."""
        stage, since = "", time.monotonic()
        with self.started(url, out) as process:
            for entered in stages_of(process):
                lasted, since = time.monotonic() - since, time.monotonic()
                self.seconds[stage] = max(lasted, self.seconds.get(stage, 0))
                stage = entered
            assert process.wait(60) == 0
        self.seconds[stage] = time.monotonic() - since

    def until_killed(self, url: str, out: Path) -> bool:
        """Start or resume, kill in a stage that lacks kills; False when the run came to its end first."""
        wanted, passes = self.lacking[:8], self.chance.randrange(6)
        with self.started(url, out) as process:
            for stage in stages_of(process):
                passes -= stage in wanted
                if stage in wanted and (passes < 0 or stage in ONCE):
                    time.sleep(self.chance.random() * min(self.seconds[stage], 0.5) * 0.7)
                    process.kill()
                    last = [stage, *stages_of(process)][-1]
                    assert process.wait(60) == -9
                    self.kills[last] += 1
                    return True
            assert process.wait(60) == 0
        return False

    def chain(self, template: str, out: Path) -> list[object]:
        """Kill and resume on one database until it is done; what it came to."""
        with copy_of(template) as url:
            while self.until_killed(url, out):
                pass
            found = figures(out)
            while "outputs" in self.lacking and self.until_killed(url, out):
                pass
        return found


def stages_of(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stderr is not None
    for line in process.stderr:
        assert line.startswith("stage "), line + process.stderr.read()
        yield line.split()[1]


@contextmanager
def copy_of(url: str) -> Iterator[str]:
    """A fresh database made like the one at `url`, which nobody may use meanwhile."""
    name = str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])
    other = f"{name}_{uuid4().hex[:8]}"
    names = {"other": sql.Identifier(other), "name": sql.Identifier(name)}
    with psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {other} TEMPLATE {name}").format(**names))
        try:
            yield make_conninfo(url, dbname=other)
        finally:
            server.execute(sql.SQL("DROP DATABASE {other} WITH (FORCE)").format(**names))


@pytest.fixture
def made(tmp_path: Path) -> Run:
    """A slice of Olist where it is there, else a made-up marketplace."""
    source, layout = tmp_path / "source", tmp_path / "layout.toml"
    if OLIST.is_dir():
        slice_of_olist(source, since="2017-11-20", until="2017-12-04", orders=ORDERS)
        layout.write_bytes(OLIST_LAYOUT.read_bytes())
        return Run(source, layout)
    make_marketplace(source, extent=Extent(sellers=10, products_each=4, orders=ORDERS, days=10))
    return Run(source, layout_file(tmp_path))


def figures(out: Path) -> list[object]:
    return [
        (out / "summary.json").read_bytes(),
        *(pl.read_parquet(out / f"{n}.parquet").rows() for n in WRITTEN),
    ]


def test_killed_in_every_stage_it_ends_as_if_undisturbed(
    tmp_path: Path, made: Run, scratch_database: str
) -> None:
    with copy_of(scratch_database) as url:
        made.undisturbed(url, tmp_path / "undisturbed")
    expected = figures(tmp_path / "undisturbed")
    assert pl.read_parquet(tmp_path / "undisturbed" / "charges.parquet").height > 0
    for number in range(0, 2 * EACH, 2):
        outs = [tmp_path / f"killed-{number + each}" for each in range(2)]
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(made.chain, [scratch_database] * 2, outs))
        assert found == [expected] * 2
        if not made.lacking:
            break
    assert made.lacking == [], made.kills
