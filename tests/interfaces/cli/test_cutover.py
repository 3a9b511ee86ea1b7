"""`bantuo cutover`: by hand what the job does by itself, and what it would do."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from bantuo.apps.orders.models import CutOver, Order
from bantuo.interfaces.cli.main import app
from bantuo.interfaces.web import programme
from tests.apps.trading import DAY, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def _an_order_whose_sku_was_not_stated() -> None:
    """Stated the day before the day of the tests' world, ordered on it."""
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", 1, A=5)
    world.order(seller, "O1", "10:00", A=1)


def run(monkeypatch: pytest.MonkeyPatch, at: datetime, *arguments: str) -> tuple[int, dict[str, object]]:
    monkeypatch.setattr(programme, "moment", lambda: at)
    done = CliRunner().invoke(app, ["cutover", *arguments, "--json"], catch_exceptions=False)
    return done.exit_code, json.loads(done.stdout)


@pytest.mark.usefixtures("_an_order_whose_sku_was_not_stated")
def test_a_dry_run_changes_nothing_and_a_run_does_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tomorrow = DAY.day + 1
    early, late = (datetime(DAY.year, DAY.month, tomorrow, hour, 30, tzinfo=UTC) for hour in (7, 8))
    report = {
        "business_date": f"{DAY:%Y-%m}-{tomorrow:02}", "sellers_in_time": 0, "sellers_late": 0,
        "orders_turned": 1, "orders_split": 0, "lines_turned": 1, "orders_turned_wide": 1,
    }  # fmt: skip
    assert run(monkeypatch, early, "--dry-run") == (0, {**report, "dry_run": True})
    assert not CutOver.objects.exists()
    code, told = run(monkeypatch, early)
    assert (code, "--dry-run" in str(told["error"])) == (2, True)
    assert Order.objects.get().state == "reserved"
    for _ in range(2):
        assert run(monkeypatch, late) == (0, {**report, "dry_run": False})
    assert Order.objects.get().state == "to_ship"


def test_a_day_that_ended_uncut_says_what_becomes_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(DAY.year, DAY.month, DAY.day + 1, 3, tzinfo=UTC)
    code, told = run(monkeypatch, at, "--date", f"{DAY:%Y-%m-%d}")
    assert (code, "goes with the next one" in str(told["error"])) == (2, True)
