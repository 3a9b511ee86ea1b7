"""What a day's 16:00 did, told by SKU: only what was not stated is named."""

from __future__ import annotations

import pytest

from bantuo.apps.orders.cutoff_days import came_back_skus, seller_cut
from bantuo.apps.orders.operations.cutover import cut_over
from bantuo.core.clock import operating_day
from tests.apps.trading import ACTOR, DAY, World, make_world

pytestmark = pytest.mark.django_db


def test_a_sku_stated_in_time_is_never_named_for_its_neighbour_in_an_order() -> None:
    world = make_world()
    before = World(world.book, operating_day(world.book, DAY.replace(day=DAY.day - 1)), world.warehouse)
    seller = world.seller("S1", "A", "B", "C")
    before.state(seller, "09:00", 1, A=9, B=9, C=9)
    world.state(seller, "09:00", 2, A=9)
    world.order(seller, "M-1", "10:00", A=1, B=2)
    cut_over(book=world.book, day=world.day, now=world.day.cutoff_at, actor=ACTOR)
    world.order(seller, "M-2", "17:00", A=1, C=3)
    told = {(row.sku, row.reason, row.orders, row.pieces) for row in came_back_skus(seller.pk, day=world.day)}
    assert told == {("B", "cutoff_fallback", 1, 2), ("C", "after_cutoff", 1, 3)}
    cut = seller_cut(seller.pk, world.day.on)
    assert cut is not None
    assert (cut.listed, cut.stated, cut.missing) == (3, 1, 2)
