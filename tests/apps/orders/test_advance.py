from __future__ import annotations

from itertools import product

import pytest

from bantuo.apps.orders.models import Order, OrderEvent, OrderState
from bantuo.apps.orders.operations.advance import STEPS, advance_orders
from tests.apps.floor import assert_changes_nothing, assert_stock_sound, bring, release, topics
from tests.apps.trading import ACTOR, make_world

pytestmark = pytest.mark.django_db


def test_the_whole_chain_is_one_timeline_with_its_instants() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=5)
    order = bring(world, world.order(seller, "O1", "10:00", A=2).order_id, to="completed")
    timeline = OrderEvent.objects.order_by("id").values_list("state", "happened_at")
    assert list(timeline) == [
        ("reserved", world.at("10:00")),
        ("released", world.at("10:30")),
        ("picking", world.at("12:00")),
        ("packed", world.at("13:01:20")),
        ("handed_over", world.at("14:00")),
        ("export_cleared", world.at("15:00")),
        ("departed", world.at("18:00")),
        ("delivered", world.at("22:00")),
        ("completed", world.at("23:00")),
    ]
    done = Order.objects.get(pk=order)
    assert (done.released_at, done.packed_at, done.handed_over_at, done.delivered_at, done.closed_at) == (
        world.at("10:30"), world.at("13:01:20"), world.at("14:00"), world.at("22:00"), world.at("23:00"),
    )  # fmt: skip
    assert world.balance(seller, "A") == (3, 0, 0, 0)
    assert_stock_sound()


def test_an_order_moves_only_from_a_state_that_leads_there() -> None:
    world = make_world()
    seller = world.seller("S1", "A", semi=False)
    order = bring(world, world.order(seller, "O1", "10:00", A=1).order_id, to="reserved")
    Order.objects.filter(pk=order).update(warehouse=world.warehouse)
    for state, (to, (allowed, _)) in product(OrderState.values, STEPS.items()):
        Order.objects.filter(pk=order).update(state=state)
        moved = advance_orders([(order, world.at("11:00"))], to=to, reason="x", actor=ACTOR)
        assert (state, to, bool(moved)) == (state, to, state in allowed)


def test_a_repeated_step_and_an_unknown_order_move_nothing() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=5)
    order = bring(world, world.order(seller, "O1", "10:00", A=1).order_id, to="released")
    moves = [(order, world.at("11:00")), (order + 1, world.at("11:00"))]
    assert (
        assert_changes_nothing(lambda: advance_orders(moves, to="released", reason="again", actor=ACTOR))
        == []
    )
    assert advance_orders([], to="released", reason="none", actor=ACTOR) == []


def test_an_order_named_twice_moves_once() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=5)
    order = bring(world, world.order(seller, "O1", "10:00", A=1).order_id, to="released")
    moves = [(order, world.at("11:00")), (order, world.at("11:01"))]
    assert advance_orders(moves, to="picking", reason="twice", actor=ACTOR) == [order]
    assert topics().count("order.picking") == 1


def test_an_order_waits_while_its_sku_is_short() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", 1, A=5)
    order = world.order(seller, "O1", "10:00", A=4).order_id
    world.state(seller, "10:10", 2, A=3)
    assert release(world, "10:30") == []
    world.state(seller, "10:40", 3, A=4)
    assert release(world, "10:45") == [order]
