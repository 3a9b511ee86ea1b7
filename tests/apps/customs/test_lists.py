from __future__ import annotations

import pytest

from bantuo.apps.customs.models import ExportList, ExportListEvent
from bantuo.apps.customs.operations import clear_lists, draft_lists
from tests.apps.floor import assert_changes_nothing, bring, state_of, topics
from tests.apps.trading import ACTOR, World, make_world

pytestmark = pytest.mark.django_db


def _order(world: World, *, to: str) -> int:
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=5)
    return bring(world, world.order(seller, "O1", "10:00", A=1).order_id, to=to)


def test_a_list_is_drafted_under_the_warehouses_code_when_the_parcel_leaves() -> None:
    world = make_world()
    order = _order(world, to="handed_over")
    assert draft_lists([order], now=world.at("14:10"), actor=ACTOR) == 1
    made = ExportList.objects.get()
    assert (made.supervision_code, made.state, made.drafted_at) == ("9610", "draft", world.at("14:00"))
    assert topics()[-1] == "customs.list_drafted"
    assert assert_changes_nothing(lambda: draft_lists([order], now=world.at("15:00"), actor=ACTOR)) == 0


def test_nothing_is_declared_of_a_parcel_still_in_the_warehouse() -> None:
    world = make_world()
    order = _order(world, to="packed")
    assert assert_changes_nothing(lambda: draft_lists([order], now=world.at("14:10"), actor=ACTOR)) == 0
    assert assert_changes_nothing(lambda: clear_lists([(order, world.at("15:00"))], actor=ACTOR)) == []


def test_a_cleared_list_keeps_every_state_it_passed_and_its_order_follows() -> None:
    world = make_world()
    order = _order(world, to="drafted")
    assert clear_lists([(order, world.at("15:00"))], actor=ACTOR) == [order]
    made = ExportList.objects.get()
    assert (made.state, made.cleared_at) == ("cleared", world.at("15:00"))
    passed = list(ExportListEvent.objects.order_by("id").values_list("state", flat=True))
    assert passed == ["draft", "sent", "accepted", "released", "cleared"]
    assert state_of(order) == "export_cleared"
    assert topics()[-2:] == ["customs.list_cleared", "order.export_cleared"]
    assert assert_changes_nothing(lambda: clear_lists([(order, world.at("16:00"))], actor=ACTOR)) == []
