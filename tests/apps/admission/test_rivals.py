"""Who decides the same thing at the same moment: one outcome, one set of postings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.processes import start_process

pytestmark = pytest.mark.processes
_CODE = "from tests.apps.admission.rivals import main; main()"
HELD = {"held": 2_000_000, "state": "held", "decided": [True], "sound": True}
DUE = {"held": 0, "state": "due", "decided": [False], "sound": True}


def _play(scene: str, times: int, url: str) -> list[dict[str, Any]]:
    out, err = (process := start_process(_CODE, scene, str(times), url=url)).communicate(timeout=120)
    assert process.returncode == 0, err
    played: list[dict[str, Any]] = json.loads(out)
    return played


@pytest.mark.parametrize("scene", ["confirm_twice", "pay_at_once"])
def test_money_arrives_once(scratch_database: str, scene: str) -> None:
    extra = {"transfers": 1} if scene == "pay_at_once" else {}
    expected = {"told": ["False"] * 5 + ["True"], **extra, **HELD}
    assert _play(scene, 5, scratch_database) == [expected] * 5


def test_a_payment_is_confirmed_or_refused_never_both(scratch_database: str) -> None:
    confirmed = {"confirms": {"True": 1, "False": 2}, "refusals": {"PaymentDecided": 3}, **HELD}
    refused = {"confirms": {"PaymentDecided": 3}, "refusals": {"True": 1, "False": 2}, **DUE}
    for played in _play("confirm_and_refuse", 8, scratch_database):
        assert played in (confirmed, refused)


def test_a_double_click_signs_once(scratch_database: str) -> None:
    expected = {"told": ["0"] * 5 + ["1"], "rows": 1, "state": "due"}
    assert _play("sign_at_once", 5, scratch_database) == [expected] * 5


def test_nobody_stays_in_a_warehouse_that_closes(scratch_database: str) -> None:
    closes = {"told": ["True", "NoticeNeeded"], "closed": True, "leaves": True, "bound": True}
    stays = {"told": ["WarehouseInUse", "True"], "closed": False, "leaves": False, "bound": True}
    for played in _play("close_and_stay", 8, scratch_database):
        assert played in (closes, stays)
