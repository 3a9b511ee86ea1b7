"""Real processes compete for three hot SKUs; nothing is oversold, lost, doubled or left between chairs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.processes import start_process

pytestmark = pytest.mark.processes

SECONDS = 8
CROWD = ["buy", "buy", "buy_alone", "buy_alone", "state", "state", "work", "cancel", "watch"]
_CODE = "from tests.traders import main; main()"


def _said(process: Any) -> Any:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return json.loads(out) if out else None


def test_a_crowd_on_three_hot_skus(scratch_database: str) -> None:
    _said(start_process(_CODE, "open_market", url=scratch_database))
    crowd = [
        start_process(_CODE, "trade", role, str(seed), str(SECONDS), url=scratch_database)
        for seed, role in enumerate(CROWD)
    ]
    told = [_said(process) for process in crowd]
    assert [told_by for told_by in told if told_by["errors"]] == []
    assert all(told_by["turns"] > 6 for told_by in told)
    buyers = [(told_by["first"], told_by["turns"]) for told_by in told if told_by["role"].startswith("buy")]
    faults = _said(start_process(_CODE, "judge", json.dumps(buyers), url=scratch_database))
    assert faults == {fault: [] for fault in faults}
