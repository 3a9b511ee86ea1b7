"""What a seller sent of the orders it fulfils itself."""

from __future__ import annotations

import pytest

from bantuo.apps.aftersales.operations import Cancelling, request_cancel
from bantuo.apps.orders.models import Order, OrderEvent, Shipment, ShipmentLine
from bantuo.apps.orders.operations.shipping import NewShipment, ShipResult, ship_orders
from bantuo.apps.orders.operations.tracking import Correction, correct_shipments
from bantuo.apps.orders.order_rows import order_detail
from bantuo.apps.parties.models import Seller
from tests.apps.floor import assert_changes_nothing, state_of, topics
from tests.apps.trading import ACTOR, World, make_world

pytestmark = pytest.mark.django_db


def _own(world: World, **quantities: int) -> tuple[Seller, int]:
    """An order that the seller ships."""
    seller = world.seller("S1", *quantities, semi=False)
    order = world.order(seller, "O1", "10:00", **quantities).order_id
    assert order is not None
    return seller, order


def _ship(world: World, seller: Seller, *rows: NewShipment) -> list[ShipResult]:
    return ship_orders(rows, seller_id=seller.pk, now=world.at("11:00"), actor=ACTOR)


def test_all_of_an_order_is_shipped_once() -> None:
    world = make_world()
    seller, order = _own(world, A=2, B=1)
    row = NewShipment("1", order, " SF  Express ", " SF1234567890 ", "https://example.org/track")
    (result,) = _ship(world, seller, row)
    assert (result.outcome, result.order_id) == ("shipped", order)
    kept = Shipment.objects.get()
    assert (kept.carrier, kept.number, kept.url) == (
        "SF Express",
        "SF1234567890",
        "https://example.org/track",
    )
    assert list(ShipmentLine.objects.order_by("id").values_list("order_line__line_no", "quantity")) == [
        (1, 2),
        (2, 1),
    ]
    assert state_of(order) == "shipped"
    assert Order.objects.get().handed_over_at == world.at("11:00")
    assert topics()[-2:] == ["order.tracking", "order.shipped"]
    again = assert_changes_nothing(lambda: _ship(world, seller, row))
    assert again == [ShipResult("1", "repeated", order, kept.pk)]


def test_parts_follow_one_another_until_nothing_is_left() -> None:
    world = make_world()
    seller, order = _own(world, A=3, B=1)
    first, second = _ship(
        world,
        seller,
        NewShipment("1", order, "SF", "SF0001", pieces={1: 2}),
        NewShipment("2", order, "SF", "SF0002", pieces={1: 2}),
    )
    assert (first.outcome, second.outcome) == ("shipped_in_part", "refused")
    assert second.refusal is not None
    assert (second.refusal.field, second.refusal.value, second.refusal.rule) == ("pieces", "2", "1…1")
    assert state_of(order) == "to_ship"
    (rest,) = _ship(world, seller, NewShipment("3", order, "YTO", "YT0003"))
    assert (rest.outcome, state_of(order)) == ("shipped", "shipped")
    detail = order_detail(seller.pk, order)
    assert detail is not None
    assert [(s.number, s.pieces) for s in detail.order.shipments] == [
        ("SF0001", {1: 2}),
        ("YT0003", {1: 1, 2: 1}),
    ]
    assert [line.shipped for line in detail.order.lines] == [3, 1]
    assert list(OrderEvent.objects.order_by("id").values_list("state", flat=True)) == [
        "to_ship",
        "shipped_in_part",
        "shipped",
    ]


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"carrier": ""}, "carrier", "a carrier has a name"),
        ({"carrier": "x" * 101}, "carrier", "a carrier has a name"),
        ({"number": "1.23457E+12"}, "number", "a spreadsheet has shortened this number"),
        ({"number": ""}, "number", "not a tracking number"),
        ({"number": "顺丰123"}, "number", "not a tracking number"),
        ({"url": "javascript:alert(1)"}, "url", "not a web address"),
        ({"pieces": {9: 1}}, "line", "the order has no such line"),
        ({"pieces": {1: 0}}, "pieces", "more than is left of the line"),
        ({"pieces": {1: 10**18}}, "pieces", "more than is left of the line"),
        ({"order_id": 10**15}, "order", "the order is not known"),
    ],
)
def test_a_bad_row_is_named_and_changes_nothing(changed: dict[str, object], field: str, reason: str) -> None:
    world = make_world()
    seller, order = _own(world, A=2)
    told: dict[str, object] = {"row": "7", "order_id": order, "carrier": "SF", "number": "SF0001", **changed}
    (result,) = assert_changes_nothing(lambda: _ship(world, seller, NewShipment(**told)))  # type: ignore
    assert (result.outcome, result.refusal.row, result.refusal.field, result.refusal.reason) == (
        "refused", "7", field, reason,
    )  # fmt: skip


def test_what_the_programme_ships_and_what_is_anothers_is_refused_beside_good_rows() -> None:
    world = make_world()
    seller, order = _own(world, A=1)
    other = world.seller("S2", "A")
    world.state(other, "09:00", A=5)
    semi = world.order(other, "O2", "10:00", A=1).order_id
    assert semi is not None
    mine = _ship(
        world, seller, NewShipment("1", semi, "SF", "SF0001"), NewShipment("2", order, "SF", "SF0001")
    )
    assert [(r.outcome, r.refusal and r.refusal.reason) for r in mine] == [
        ("refused", "the order is not known"),
        ("shipped", None),
    ]
    (theirs,) = _ship(world, other, NewShipment("1", semi, "SF", "SF0001"))
    assert theirs.refusal is not None
    assert theirs.refusal.reason == "the programme ships this order"
    (late,) = _ship(world, seller, NewShipment("1", order, "SF", "SF0009"))
    assert late.refusal is not None
    assert (late.refusal.value, late.refusal.reason) == ("shipped", "the order is not waiting to be shipped")


def test_an_order_whose_cancellation_is_asked_for_waits_for_the_answer() -> None:
    world = make_world()
    seller, order = _own(world, A=1)
    asked = Cancelling("1", order, "c1", "changed mind")
    request_cancel(
        [asked], seller_id=None, book=world.book, day=world.day, now=world.at("10:30"), actor=ACTOR
    )
    (result,) = _ship(world, seller, NewShipment("1", order, "SF", "SF0001"))
    assert result.refusal is not None
    assert (result.refusal.rule, result.refusal.reason) == ("ORD-2", "answer the cancel request first")


def test_a_number_is_corrected_until_the_order_has_arrived() -> None:
    world = make_world()
    seller, order = _own(world, A=2)
    (told,) = _ship(world, seller, NewShipment("1", order, "SF", "SF0001"))
    assert told.shipment_id is not None
    row = Correction("1", told.shipment_id, "SF", "SF0002")

    def correct(*rows: Correction, by: Seller = seller) -> list[ShipResult]:
        return correct_shipments(rows, seller_id=by.pk, now=world.at("12:00"), actor=ACTOR)

    (result,) = correct(row)
    assert result.outcome == "corrected"
    detail = order_detail(seller.pk, order)
    assert detail is not None
    assert [(s.number, s.replaced_at, s.pieces) for s in detail.order.shipments] == [
        ("SF0001", world.at("12:00"), {1: 2}),
        ("SF0002", None, {1: 2}),
    ]
    assert detail.order.lines[0].shipped == 2
    assert result.shipment_id is not None
    same = Correction("1", result.shipment_id, "SF", "SF0002")
    assert assert_changes_nothing(lambda: correct(same)) == [
        ShipResult("1", "repeated", order, result.shipment_id)
    ]
    (gone,) = correct(row)
    assert gone.refusal is not None
    assert gone.refusal.reason == "the shipment is not known"
    (foreign,) = correct(same, by=world.seller("S2", "A"))
    assert foreign.refusal is not None
    assert foreign.refusal.reason == "the shipment is not known"
    Order.objects.filter(pk=order).update(state="delivered")
    (late,) = correct(Correction("1", result.shipment_id, "SF", "SF0003"))
    assert late.refusal is not None
    assert late.refusal.reason == "the order has arrived: its number stays"
