"""Once a day: what came back, and what is to be shipped soon."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bantuo.apps.orders.operations.reminders import tell_came_back, tell_ship_due
from bantuo.core.clock import operating_day
from tests.apps.factories import outbox
from tests.apps.floor import assert_changes_nothing, cut
from tests.apps.trading import World, make_world

pytestmark = pytest.mark.django_db


def _day(world: World, days: int) -> World:
    return replace(world, day=operating_day(world.book, world.day.on + timedelta(days=days)))


def test_a_seller_hears_once_how_many_orders_came_back() -> None:
    world = make_world()
    seller, calm = world.seller("S1", "A"), world.seller("S2", "B")
    for one, sku in ((seller, "A"), (calm, "B")):
        world.state(one, "09:00", 1, **{sku: 5})
    world = _day(world, 1)
    for name in ("O1", "O2"):
        world.order(seller, name, "10:00", A=1)
    world.order(calm, "O3", "10:00", B=1)
    world.state(calm, "11:00", 2, B=5)
    cut(world)
    assert tell_came_back(day=world.day, now=world.at("16:01")) == 1
    assert outbox("orders.came_back") == [("came_back:2026-03-11", {"day": "2026-03-11", "orders": 2})]
    assert assert_changes_nothing(lambda: tell_came_back(day=world.day, now=world.at("16:02"))) == 0


def test_a_seller_hears_of_deadlines_one_working_day_ahead() -> None:
    world = make_world()  # Tuesday: three working days run out on Friday
    world.order(world.seller("S1", "A", semi=False), "O1", "10:00", A=1)

    def tell(days: int) -> int:
        moved = _day(world, days)
        return tell_ship_due(book=world.book, day=moved.day, now=moved.at("08:00"))

    assert [tell(0), tell(1), tell(2), tell(2), tell(3)] == [0, 0, 1, 0, 1]
    assert outbox("orders.ship_due")[0] == ("ship_due:2026-03-12", {"day": "2026-03-12", "orders": 1})
