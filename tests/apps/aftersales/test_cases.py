from __future__ import annotations

import pytest

from bantuo.apps.aftersales.models import AfterSale, RefundLine
from bantuo.apps.aftersales.operations import cancel_orders, return_orders
from bantuo.apps.orders.models import Order, OrderLine
from bantuo.apps.warehouse.models import CartonLine
from tests.apps.floor import (
    assert_changes_nothing,
    assert_stock_sound,
    bring,
    case,
    receive,
    shipments_of,
    state_of,
    topics,
)
from tests.apps.trading import ACTOR, World, make_world

pytestmark = pytest.mark.django_db


def _order(world: World, *, to: str) -> int:
    """Two of five stated pieces."""
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=5)
    return bring(world, world.order(seller, "O1", "10:00", A=2).order_id, to=to)


def _balance(world: World) -> tuple[int, int, int, int]:
    return world.balance(Order.objects.get().seller, "A")


@pytest.mark.parametrize(
    ("reached", "balance"),
    [
        ("reserved", (5, 0, 0, 0)),
        ("released", (5, 0, 0, 0)),
        ("on_the_way", (3, 0, 0, 0)),
        ("picking", (3, 0, 2, 0)),
        ("packed", (3, 0, 2, 0)),
    ],
)
def test_a_cancelled_order_gives_its_goods_back_to_where_they_are(
    reached: str, balance: tuple[int, int, int, int]
) -> None:
    world = make_world()
    order = _order(world, to=reached)
    cases = [case(order, world.at("13:30"))]
    assert cancel_orders(cases, actor=ACTOR) == [order]
    assert (state_of(order), _balance(world)) == ("cancelled", balance)
    assert not OrderLine.objects.filter(reserved=True).exists()
    kept = AfterSale.objects.get()
    assert (kept.kind, kept.responsible, kept.reason, kept.rule, kept.refund_fen) == (
        "cancellation", "buyer", "changed mind", "RSP-1", 12_000,
    )  # fmt: skip
    assert list(RefundLine.objects.values_list("line_no", "quantity", "refund_fen")) == [(1, 2, 12_000)]
    assert topics()[-2:] == ["order.cancelled", "aftersales.cancellation"]
    assert_stock_sound()
    assert assert_changes_nothing(lambda: cancel_orders(cases, actor=ACTOR)) == []
    assert assert_changes_nothing(lambda: return_orders(cases, actor=ACTOR)) == []


@pytest.mark.parametrize("reached", ["handed_over", "export_cleared", "departed", "delivered", "completed"])
def test_an_order_that_left_is_returned_and_not_cancelled(reached: str) -> None:
    world = make_world()
    order = _order(world, to=reached)
    cases = [case(order, world.at("23:30"), responsible="seller", reason="not as described")]
    assert assert_changes_nothing(lambda: cancel_orders(cases, actor=ACTOR)) == []
    assert return_orders(cases, actor=ACTOR) == [order]
    assert (state_of(order), _balance(world)) == ("returned", (3, 0, 0, 0))
    kept = AfterSale.objects.get()
    assert (kept.kind, kept.responsible, kept.refund_fen) == ("return", "seller", 12_000)
    assert topics()[-2:] == ["order.returned", "aftersales.return"]
    assert assert_changes_nothing(lambda: return_orders(cases, actor=ACTOR)) == []


def test_goods_cancelled_on_the_way_are_promised_by_nobody_until_they_arrive_as_stock_on_hand() -> None:
    world = make_world()
    order = _order(world, to="on_the_way")
    seller = Order.objects.get().seller
    cancel_orders([case(order, world.at("11:00"))], actor=ACTOR)
    assert world.order(seller, "O2", "11:10", A=4).reason == "stock_short"
    assert world.order(seller, "O3", "11:20", A=3).reason == "reserved"
    assert receive(shipments_of(order), world.at("12:00")) == []
    assert world.balance(seller, "A") == (3, 3, 2, 0)
    assert CartonLine.objects.get().received == 2
    assert world.order(seller, "O4", "12:10", A=2).reason == "reserved_on_hand"
    assert_stock_sound()


def test_a_reservation_on_hand_returns_to_the_shelf() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.put_on_hand(seller, "A", 3)
    order = world.order(seller, "O1", "10:00", A=2).order_id
    assert order is not None
    assert world.balance(seller, "A") == (0, 0, 3, 2)
    cancel_orders([case(order, world.at("10:30"))], actor=ACTOR)
    assert world.balance(seller, "A") == (0, 0, 3, 0)
    assert_stock_sound()


def test_an_order_the_seller_ships_is_cancelled_before_and_returned_after() -> None:
    world = make_world()
    seller = world.seller("S1", "A", semi=False)
    placed = [world.order(seller, name, "10:00", A=1).order_id for name in ("O1", "O2")]
    first, second = (bring(world, order, to="reserved") for order in placed)
    assert cancel_orders([case(first, world.at("11:00"))], actor=ACTOR) == [first]
    Order.objects.filter(pk=second).update(state="shipped")
    assert cancel_orders([case(second, world.at("11:00"))], actor=ACTOR) == []
    assert return_orders([case(second, world.at("12:00"))], actor=ACTOR) == [second]


def test_of_two_cases_on_one_order_the_first_decides() -> None:
    world = make_world()
    order = _order(world, to="reserved")
    cases = [case(order, world.at("11:00")), case(order, world.at("11:01"), reason="twice")]
    assert cancel_orders(cases, actor=ACTOR) == [order]
    assert AfterSale.objects.get().reason == "changed mind"


def test_the_lines_of_a_refund_add_up_to_it_with_a_coupon() -> None:
    world = make_world()
    seller = world.seller("S1", "A", "B", "C")
    world.state(seller, "09:00", A=5, B=5, C=5)
    order = world.order(seller, "O1", "10:00", A=1, B=1, C=1).order_id
    assert order is not None
    Order.objects.filter(pk=order).update(merchant_coupon_fen=100)
    cancel_orders([case(order, world.at("11:00"))], actor=ACTOR)
    lines = list(RefundLine.objects.order_by("line_no").values_list("refund_fen", flat=True))
    assert AfterSale.objects.get().refund_fen == sum(lines) == 17_900
    assert lines == [5967, 5966, 5967]
