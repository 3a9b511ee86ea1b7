"""Real orders replayed, then every charge worked out again by a script that knows nothing of Bantuo."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from bantuo.engine.books import load_book
from bantuo.simulate.layout import load_layout
from bantuo.simulate.outputs import write_outputs
from tests.simulate.sources import (
    OLIST,
    OLIST_LAYOUT,
    ROOT,
    WITHOUT_OLIST,
    bent,
    replayed,
    slice_of_olist,
)

pytestmark = [
    pytest.mark.django_db,
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


def replay_to(out: Path, source: Path, layout_path: Path, *, limit: int | None = None) -> None:
    layout = load_layout(layout_path)
    made, replay = replayed(source, layout, load_book(), limit=limit)
    write_outputs(
        out, layout=layout, replay=replay, tables=dict(made.tables), on_rows=lambda _stage, _rows: None
    )


def recompute(out: Path, source: Path, layout: Path, *options: str) -> tuple[int, str]:
    command = [sys.executable, str(ROOT / "tools" / "recompute_olist.py"), str(source), str(out)]
    done = subprocess.run(
        [*command, "--layout", str(layout), *options], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_first_orders_agree_to_the_fen_and_one_fen_is_found(tmp_path: Path) -> None:
    layout = tmp_path / "layout.toml"
    layout.write_bytes(OLIST_LAYOUT.read_bytes())
    replay_to(tmp_path, OLIST, layout, limit=600)
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


def test_under_shortage_and_lateness_they_agree_too(tmp_path: Path) -> None:
    source = slice_of_olist(tmp_path / "source", since="2017-11-13", until="2018-02-05", orders=1500)
    layout = tmp_path / "layout.toml"
    layout.write_text(bent(OLIST_LAYOUT.read_text("utf-8"), *STRESS), "utf-8")
    replay_to(tmp_path, source, layout)
    reasons = set(pl.read_parquet(tmp_path / "routing.parquet")["reason"])
    assert {"reserved", "cutoff_fallback", "stock_short", "after_cutoff"} <= reasons
    code, said = recompute(tmp_path, source, layout)
    assert (code, said.splitlines()[-1].split(", ")[-1]) == (0, "0 differences"), said
