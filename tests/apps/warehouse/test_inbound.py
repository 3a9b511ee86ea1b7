from __future__ import annotations

import pytest
from stdnum import ean

from bantuo.apps.orders.models import Order, OrderLine
from bantuo.apps.stock.models import Movement
from bantuo.apps.warehouse.models import Carton, CartonLine, Shipment
from bantuo.apps.warehouse.operations.inbound import pick_from_stock
from tests.apps.floor import (
    assert_changes_nothing,
    assert_stock_sound,
    bring,
    notify,
    receive,
    release,
    state_of,
    topics,
)
from tests.apps.trading import ACTOR, make_world

pytestmark = pytest.mark.django_db


def test_one_notice_per_seller_holds_all_released_lines_in_one_labelled_carton() -> None:
    world = make_world()
    first, second = world.seller("S1", "A", "B"), world.seller("S2", "A")
    world.state(first, "09:00", A=5, B=5)
    world.state(second, "09:00", A=5)
    for seller, name, lines in (
        (first, "O1", {"A": 1, "B": 2}),
        (first, "O2", {"A": 3}),
        (second, "O3", {"A": 1}),
    ):
        world.order(seller, name, "10:00", **lines)
    assert len(release(world, "10:30")) == 3
    made = notify(world, "10:40")
    assert [(s.seller_id, s.code, s.due_at, s.in_time) for s in Shipment.objects.order_by("seller_id")] == [
        (first.pk, "JIT-20260310-WH", world.at("16:40"), None),
        (second.pk, "JIT-20260310-WH", world.at("16:40"), None),
    ]
    assert sorted(Carton.objects.values_list("pieces", flat=True)) == [1, 6]
    assert CartonLine.objects.count() == 4
    for sscc in Carton.objects.values_list("sscc", flat=True):
        assert len(sscc) == 18
        assert sscc[-1] == str(ean.calc_check_digit(sscc[:-1]))
    assert topics().count("warehouse.shipment_notified") == len(made) == 2
    assert assert_changes_nothing(lambda: notify(world, "11:00")) == []


def test_what_is_released_later_on_the_day_gets_a_second_numbered_notice() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=5)
    for name, clock in (("O1", "10:00"), ("O2", "11:00"), ("O3", "12:00")):
        world.order(seller, name, clock, A=1)
        release(world, clock)
        assert len(notify(world, clock)) == 1
    codes = list(Shipment.objects.order_by("id").values_list("code", flat=True))
    assert codes == ["JIT-20260310-WH", "JIT-20260310-WH/2", "JIT-20260310-WH/3"]
    assert CartonLine.objects.count() == 3


@pytest.mark.parametrize(("clock", "in_time"), [("16:40:00", True), ("16:40:01", False)])
def test_received_goods_leave_the_declared_pool_and_the_order_is_picked(clock: str, in_time: bool) -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=5)
    order = world.order(seller, "O1", "10:00", A=2).order_id
    release(world, "10:30")
    shipments = notify(world, "10:40")
    assert receive(shipments, world.at(clock)) == [order]
    shipment = Shipment.objects.get()
    assert (shipment.received_at, shipment.in_time) == (world.at(clock), in_time)
    assert (state_of(order), world.balance(seller, "A")) == ("picking", (3, 0, 0, 0))
    assert CartonLine.objects.get().received == 2
    assert OrderLine.objects.get().reserved is False
    assert topics()[-2:] == ["warehouse.shipment_received", "order.picking"]
    assert_stock_sound()
    assert assert_changes_nothing(lambda: receive(shipments, world.at("23:00"))) == []


def test_an_order_waits_until_its_last_carton_is_here() -> None:
    world = make_world()
    seller = world.seller("S1", "A", "B")
    world.state(seller, "09:00", A=5, B=5)
    order = bring(world, world.order(seller, "O1", "10:00", A=1, B=1).order_id, to="on_the_way")
    first = Shipment.objects.get()
    other = Shipment.objects.create(
        seller=seller, warehouse=world.warehouse, code="X", kind="jit", notified_at=first.notified_at,
        due_at=first.due_at,
    )  # fmt: skip
    carton = Carton.objects.create(seller=seller, shipment=other, sscc="X", pieces=1)
    CartonLine.objects.filter(order_line__sku__code="B").update(carton=carton)
    assert receive([first.pk], world.at("12:00")) == []
    assert state_of(order) == "released"
    assert receive([other.pk], world.at("13:00")) == [order]
    assert state_of(order) == "picking"
    assert_stock_sound()


def test_goods_received_under_a_shortage_never_bring_the_sellers_word_below_nothing() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", 1, A=5)
    bring(world, world.order(seller, "O1", "10:00", A=4).order_id, to="on_the_way")
    world.state(seller, "11:00", 2, A=1)
    receive([Shipment.objects.get().pk], world.at("12:00"))
    assert world.balance(seller, "A") == (0, 0, 0, 0)
    last = Movement.objects.order_by("id").last()
    assert last is not None
    assert (last.code, last.quantity_delta, last.reserved_delta) == ("receive", -1, -4)
    assert_stock_sound()


def test_orders_served_from_stock_on_hand_are_picked_without_any_arrival() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.put_on_hand(seller, "A", 3)
    placed = world.order(seller, "O1", "17:00", A=2)
    assert placed.reason == "reserved_on_hand"
    assert pick_from_stock(now=world.at("17:01"), actor=ACTOR) == []
    assert release(world, "17:05") == [placed.order_id]
    assert notify(world, "17:06") == []
    assert pick_from_stock(now=world.at("17:10"), actor=ACTOR) == [placed.order_id]
    assert world.balance(seller, "A") == (0, 0, 3, 2)
    assert assert_changes_nothing(lambda: pick_from_stock(now=world.at("18:00"), actor=ACTOR)) == []
    assert Order.objects.get().state == "picking"
