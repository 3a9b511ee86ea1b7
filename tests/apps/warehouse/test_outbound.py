from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from bantuo.apps.warehouse.models import Handover, HandoverParcel, Parcel, Scan
from bantuo.apps.warehouse.operations.inbound import pick_from_stock
from bantuo.apps.warehouse.operations.outbound import hand_over_orders, pack_orders
from tests.apps.floor import (
    assert_changes_nothing,
    assert_stock_sound,
    bring,
    packing,
    release,
    state_of,
    topics,
)
from tests.apps.trading import ACTOR, make_world

pytestmark = pytest.mark.django_db


def test_packing_keeps_seconds_measures_and_every_scan_the_wrong_ones_too() -> None:
    world = make_world()
    seller = world.seller("S1", "A", "B")
    world.state(seller, "09:00", A=5, B=5)
    order = bring(world, world.order(seller, "O1", "10:00", A=2, B=1).order_id, to="picking")
    work = packing(order, world.at("13:00"), seconds=95, wrong_scans=2)
    assert pack_orders([work, packing(order, world.at("13:30"))], actor=ACTOR) == [order]
    parcel = Parcel.objects.get()
    assert (parcel.seconds, parcel.packed_at, parcel.wrong_scans) == (95, world.at("13:01:35"), 2)
    assert (parcel.weight_g, parcel.length_mm, parcel.width_mm, parcel.height_mm) == (1200, 300, 250, 200)
    assert parcel.carton_pieces == 3
    scans = Scan.objects.order_by("accepted", "code").values_list("accepted", "code")
    assert list(scans) == [(False, "not of this order")] * 2 + [(True, "A"), (True, "B")]
    assert state_of(order) == "packed"
    assert topics()[-1] == "order.packed"
    assert_stock_sound()
    assert assert_changes_nothing(lambda: pack_orders([work], actor=ACTOR)) == []


def test_goods_on_hand_leave_the_stock_when_they_are_packed() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.put_on_hand(seller, "A", 3)
    order = world.order(seller, "O1", "10:00", A=2).order_id
    assert order is not None
    release(world, "10:30")
    pick_from_stock(now=world.at("10:40"), actor=ACTOR)
    assert world.balance(seller, "A") == (0, 0, 3, 2)
    pack_orders([packing(order, world.at("11:00"))], actor=ACTOR)
    assert world.balance(seller, "A") == (0, 0, 1, 0)
    assert_stock_sound()


def test_only_orders_being_picked_are_packed() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=5)
    order = bring(world, world.order(seller, "O1", "10:00", A=1).order_id, to="on_the_way")
    work = [packing(order, world.at("13:00"))]
    assert assert_changes_nothing(lambda: pack_orders(work, actor=ACTOR)) == []


@pytest.mark.parametrize(
    "nonsense", [{"weight_g": 0}, {"length_mm": -1}, {"seconds": -1}, {"wrong_scans": -1}]
)
def test_a_parcel_without_sane_measures_is_refused_and_nothing_is_kept(nonsense: dict[str, int]) -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=5)
    order = bring(world, world.order(seller, "O1", "10:00", A=1).order_id, to="picking")

    def pack() -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            pack_orders([packing(order, world.at("13:00"), **nonsense)], actor=ACTOR)

    assert_changes_nothing(pack)
    assert state_of(order) == "picking"


def test_packed_orders_go_out_on_one_manifest_and_later_ones_join_it() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=5)
    placed = [world.order(seller, name, "10:00", A=1).order_id for name in ("O1", "O2", "O3")]
    for order in placed:
        bring(world, order, to="packed")
    orders = [order for order in placed if order is not None]
    assert {state_of(order) for order in orders} == {"packed"}
    moves = [(order, world.at("14:00")) for order in orders[:2]]
    assert hand_over_orders(moves, code="HO-1", actor=ACTOR) == orders[:2]
    assert assert_changes_nothing(lambda: hand_over_orders(moves, code="HO-1", actor=ACTOR)) == []
    assert hand_over_orders([(orders[2], world.at("13:59"))], code="HO-1", actor=ACTOR) == orders[2:]
    manifest = Handover.objects.get()
    assert (manifest.code, manifest.handed_over_at) == ("HO-1-WH", world.at("14:00"))
    assert HandoverParcel.objects.count() == 3
    assert topics().count("order.handed_over") == 3
