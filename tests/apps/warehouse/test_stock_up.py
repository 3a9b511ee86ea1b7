"""Stock-up: announced by the seller, counted by the warehouse, sold from the shelf."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bantuo.apps.catalog.operations import SkuToDelist, delist_skus
from bantuo.apps.parties.models import Seller
from bantuo.apps.stock.models import Movement
from bantuo.apps.warehouse.models import Carton, CartonLine, Shipment
from bantuo.apps.warehouse.operations.inbound import Arrival, receive_shipments
from bantuo.apps.warehouse.operations.stock_up import StockUp, StockUpResult, notify_stock_up
from bantuo.apps.warehouse.queries import discrepancies, expected_lines, on_the_way
from tests.apps.floor import assert_changes_nothing, assert_stock_sound, receive, topics
from tests.apps.trading import ACTOR, World, make_world

pytestmark = pytest.mark.django_db


def _notify(world: World, *notices: StockUp) -> StockUpResult:
    return notify_stock_up(notices, due_at=world.at("18:00"), now=world.at("09:00"), actor=ACTOR)


def _notice(
    seller: Seller, *cartons: Mapping[str, int], code: str = "UP-1", warehouse: str = "WH"
) -> StockUp:
    return StockUp(1, seller.pk, code, warehouse, cartons)


def test_announced_cartons_become_stock_on_hand_as_counted() -> None:
    world = make_world()
    seller = world.seller("S1", "A", "B")
    notice = _notice(seller, {"A": 6, "B": 2}, {"A": 4})
    result = _notify(world, notice)
    shipment = Shipment.objects.get()
    assert (result.shipments, result.refused) == ({(seller.pk, "UP-1"): shipment.pk}, [])
    assert (shipment.kind, shipment.due_at, shipment.received_at) == ("stock_up", world.at("18:00"), None)
    assert list(Carton.objects.order_by("id").values_list("pieces", flat=True)) == [8, 4]
    assert len(set(Carton.objects.values_list("sscc", flat=True))) == 2
    assert [(p.sku, p.on_hand, p.jit_pieces, p.stock_up_pieces) for p in on_the_way(seller.pk)] == [
        ("A", 0, 0, 10), ("B", 0, 0, 2),
    ]  # fmt: skip
    assert_changes_nothing(lambda: _notify(world, notice))
    lines = {(c.carton.pieces, c.sku.code): c.pk for c in expected_lines([shipment.pk])}
    arrival = Arrival(shipment.pk, world.at("17:00"), {lines[8, "A"]: 5, lines[4, "A"]: 6})
    assert receive_shipments([arrival], actor=ACTOR) == []
    assert (world.balance(seller, "A"), world.balance(seller, "B")) == ((0, 0, 11, 0), (0, 0, 2, 0))
    assert sorted((d.expected, d.received, d.reason) for d in discrepancies(seller.pk)) == [
        (4, 6, "surplus"), (6, 5, "short"),
    ]  # fmt: skip
    kept = Movement.objects.values_list("pool", "code", "quantity_delta", "reference").order_by("id")
    reference = f"shipment:{shipment.pk}"
    assert list(kept) == [("on_hand", "purchase", n, reference) for n in (5, 2, 6)]
    assert topics().count("warehouse.discrepancy") == 2
    assert_stock_sound()
    assert_changes_nothing(lambda: receive([shipment.pk], world.at("20:00")))
    assert world.order(seller, "O1", "19:00", A=11).reason == "reserved_on_hand"


def test_a_notice_that_cannot_be_is_refused_and_the_others_are_taken() -> None:
    world = make_world()
    seller = world.seller("S1", "A", "B")
    delist_skus([SkuToDelist(1, seller.pk, "B")], reason="x", now=world.at("08:00"), actor=ACTOR)
    good = _notice(seller, {"A": 1}, code="good")
    result = _notify(
        world,
        _notice(seller, {"A": 1}, code=" "),
        _notice(seller, {"A": 1}, code="a\x00"),
        _notice(seller, {"A": 1}, code="JIT-20260310-WH"),
        _notice(seller, code="empty"),
        _notice(seller, {}, code="empty carton"),
        _notice(seller, {"A": 1}, code="nowhere", warehouse="X"),
        _notice(seller, {"B": 1}, code="delisted"),
        _notice(seller, {"A": 0}, code="nothing"),
        good,
        good,
    )
    assert list(result.shipments) == [(seller.pk, "good")]
    assert [(r.field, r.value) for r in result.refused] == [
        ("code", " "), ("code", "a\\0"), ("code", "JIT-20260310-WH"), ("cartons", ""), ("cartons", ""),
        ("sku", "A × X"), ("sku", "B × WH"), ("pieces", "0"),
    ]  # fmt: skip
    assert (Shipment.objects.count(), CartonLine.objects.count()) == (1, 1)
    assert topics().count("warehouse.shipment_notified") == 1
