"""Many at once on the same few orders, named in any order: nothing breaks, nothing is given away twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.apps.orders.rival_sellers import ORDERS
from tests.processes import start_process

pytestmark = pytest.mark.processes
_CODE = "from tests.apps.orders.rival_sellers import main; main()"


def _play(scene: str, url: str) -> dict[str, Any]:
    out, err = (process := start_process(_CODE, scene, url=url)).communicate(timeout=240)
    assert process.returncode == 0, err
    played: dict[str, Any] = json.loads(out)
    return played


def test_sellers_ship_while_buyers_cancel(scratch_database: str) -> None:
    assert _play("ship_and_cancel", scratch_database) == {
        "pieces": 3 * ORDERS,
        "goods": 18_000 * ORDERS,
        "refunded": True,
        "wrong": [],
    }


def test_operators_take_back_while_buyers_cancel_and_buy(scratch_database: str) -> None:
    assert _play("take_back_and_sell", scratch_database) == {
        "reserved is what lines hold": True,
        "none too many": True,
        "sound": True,
    }
