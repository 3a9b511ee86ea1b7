"""Real orders replayed, then every charge worked out again by a script that knows nothing of Bantuo."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.processes import environment
from tests.simulate.sources import (
    OLIST,
    OLIST_LAYOUT,
    ROOT,
    WITHOUT_OLIST,
    bent,
    slice_of_olist,
)

pytestmark = [
    pytest.mark.processes,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not OLIST.is_dir(), reason=WITHOUT_OLIST),
]
# Almost no stock and half of the days late: shortages, splits and the cut-off at every turn.
STRESS = (
    ("range = [4, 40, 1]", "range = [1, 2, 1]"),
    (
        'share_bp = 400\nwords = "SYNTHETIC: whether a seller states',
        'share_bp = 5000\nwords = "SYNTHETIC: whether a seller states',
    ),
    (
        'share_bp = 200\nwords = "SYNTHETIC: whether the SKU is short',
        'share_bp = 5000\nwords = "SYNTHETIC: whether the SKU is short',
    ),
)


def replay_to(out: Path, source: Path, layout: Path, *options: str, url: str) -> None:
    """A real `bantuo replay`, so that the server keeps its statistics as it would for a user."""
    code = "from bantuo.interfaces.cli.main import run; run()"
    command = ["replay", str(source), "--layout", str(layout), "--out", str(out), "--json", *options]
    done = subprocess.run(
        [sys.executable, "-c", code, *command],
        env=environment(url),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout


def recompute(out: Path, source: Path, layout: Path, *options: str) -> tuple[int, str]:
    command = [sys.executable, str(ROOT / "tools" / "recompute_olist.py"), str(source), str(out)]
    done = subprocess.run(
        [*command, "--layout", str(layout), *options], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_first_orders_agree_to_the_fen_and_one_fen_is_found(
    tmp_path: Path, scratch_database: str
) -> None:
    layout = tmp_path / "layout.toml"
    layout.write_bytes(OLIST_LAYOUT.read_bytes())
    replay_to(tmp_path, OLIST, layout, "--limit", "600", url=scratch_database)
    code, said = recompute(tmp_path, OLIST, layout, "--limit", "600")
    assert (code, said.splitlines()[-1].split(", ")[-1]) == (0, "0 differences"), said
    charges = pl.read_parquet(tmp_path / "charges.parquet")
    one_more = pl.when(pl.int_range(pl.len()) == 7).then(1).otherwise(0)
    charges.with_columns(pl.col("fulfilment_fen") + one_more).write_parquet(tmp_path / "charges.parquet")
    code, said = recompute(tmp_path, OLIST, layout, "--limit", "600")
    assert (code, said.splitlines()[-1].split(", ")[-1]) == (1, "1 differences"), said
    assert "fulfilment_fen: expected" in said
    charges.head(-1).write_parquet(tmp_path / "charges.parquet")
    code, said = recompute(tmp_path, OLIST, layout, "--limit", "600")
    assert (code, "missing in the replay" in said) == (1, True)


def test_under_shortage_and_lateness_they_agree_too(tmp_path: Path, scratch_database: str) -> None:
    source = slice_of_olist(tmp_path / "source", since="2017-11-13", until="2018-02-05", orders=1500)
    layout = tmp_path / "layout.toml"
    layout.write_text(bent(OLIST_LAYOUT.read_text("utf-8"), *STRESS), "utf-8")
    replay_to(tmp_path, source, layout, url=scratch_database)
    reasons = set(pl.read_parquet(tmp_path / "routing.parquet")["reason"])
    assert {"reserved", "cutoff_fallback", "stock_short", "after_cutoff"} <= reasons
    code, said = recompute(tmp_path, source, layout)
    assert (code, said.splitlines()[-1].split(", ")[-1]) == (0, "0 differences"), said
