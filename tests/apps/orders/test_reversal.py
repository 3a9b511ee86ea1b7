"""An operator takes a fallback back, or is told why it cannot be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bantuo.apps.aftersales.operations import Cancelling, request_cancel
from bantuo.apps.orders.models import Order, RoutingDecision
from bantuo.apps.orders.operations.reversal import (
    ReasonMissing,
    Reversal,
    ReversalForbidden,
    reverse_turning,
    turned_orders_of,
)
from bantuo.apps.orders.operations.shipping import NewShipment, ship_orders
from bantuo.apps.parties.models import Binding, Seller
from bantuo.core.clock import operating_day
from tests.apps.floor import assert_changes_nothing, assert_stock_sound, cut, release, state_of, topics
from tests.apps.trading import ACTOR, World, make_world

pytestmark = pytest.mark.django_db


def _turned(**quantities: int) -> tuple[World, Seller, int]:
    """An order of yesterday's stock that nobody stated today; five of each SKU."""
    world = make_world()
    seller = world.seller("S1", *quantities)
    world.state(seller, "09:00", 1, **dict.fromkeys(quantities, 5))
    world = replace(world, day=operating_day(world.book, world.day.on + timedelta(days=1)))
    order = world.order(seller, "O1", "10:00", **quantities).order_id
    assert order is not None
    cut(world)
    return world, seller, order


def _reverse(world: World, *orders: int, clock: str = "17:00") -> list[Reversal]:
    return reverse_turning(
        orders, reason="sync was down", book=world.book, day=world.day, now=world.at(clock), actor="user:9"
    )


def test_a_turned_order_is_reserved_again_with_the_reason_kept() -> None:
    world, seller, order = _turned(A=2)
    assert (state_of(order), world.balance(seller, "A")) == ("to_ship", (5, 0, 0, 0))
    assert turned_orders_of(seller.pk, day=world.day) == [order]
    assert _reverse(world, order) == [Reversal(order, "reversed")]
    held = Order.objects.get(pk=order)
    assert (held.route, held.state, held.warehouse) == ("semi", "reserved", world.warehouse)
    assert world.balance(seller, "A") == (5, 2, 0, 0)
    decision = RoutingDecision.objects.order_by("-id")[0]
    assert (decision.route, decision.reason, decision.rule, decision.detail, decision.actor) == (
        "semi", "turning_reversed", "OPS-1.reversible_by", {"words": "sync was down"}, "user:9",
    )  # fmt: skip
    assert topics()[-1] == "order.turning_reversed"
    assert_stock_sound()
    assert turned_orders_of(seller.pk, day=world.day) == []
    assert assert_changes_nothing(lambda: _reverse(world, order)) == [
        Reversal(order, "refused", "not_turned")
    ]


def test_it_is_released_only_once_its_stock_is_stated_and_turned_again_the_next_day_if_not() -> None:
    world, seller, order = _turned(A=2)
    _reverse(world, order)
    assert release(world, "17:30") == []
    tomorrow = replace(world, day=operating_day(world.book, world.day.on + timedelta(days=1)))
    tomorrow.state(seller, "09:00", 2, A=5)
    assert release(tomorrow, "09:10") == [order]


def test_what_is_on_hand_is_taken_first() -> None:
    world, seller, order = _turned(A=2)
    world.put_on_hand(seller, "A", 2)
    _reverse(world, order)
    assert world.balance(seller, "A") == (5, 0, 2, 2)


def test_a_part_that_was_split_off_is_served_as_a_part() -> None:
    world = make_world()
    seller = world.seller("S1", "A", "B")
    world.state(seller, "09:00", 1, A=5, B=5)
    world = replace(world, day=operating_day(world.book, world.day.on + timedelta(days=1)))
    world.order(seller, "O1", "10:00", A=1, B=1)
    world.state(seller, "11:00", 2, A=5)
    cut(world)
    part = Order.objects.get(part=1)
    assert _reverse(world, part.pk) == [Reversal(part.pk, "reversed")]
    assert list(Order.objects.order_by("part").values_list("state", flat=True)) == ["reserved", "reserved"]
    assert_stock_sound()


def test_without_enough_stock_the_whole_order_stays_and_the_line_is_named() -> None:
    world, seller, order = _turned(A=2, B=2)
    world.state(seller, "16:30", 2, B=1)
    assert assert_changes_nothing(lambda: _reverse(world, order)) == [
        Reversal(order, "refused", "stock_short", 2)
    ]


def test_of_two_orders_for_the_last_pieces_the_first_named_gets_them() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", 1, A=4)
    world = replace(world, day=operating_day(world.book, world.day.on + timedelta(days=1)))
    first, second = (world.order(seller, name, "10:00", A=2).order_id or 0 for name in ("O1", "O2"))
    cut(world)
    world.state(seller, "16:30", 2, A=2)
    assert _reverse(world, second, first, 10**15) == [
        Reversal(second, "reversed"),
        Reversal(first, "refused", "stock_short", 1),
        Reversal(10**15, "refused", "not_known"),
    ]
    assert_stock_sound()


def test_an_order_that_moved_on_stays_with_the_seller() -> None:
    world, seller, order = _turned(A=2)
    ship_orders(
        [NewShipment("1", order, "SF", "SF0001", pieces={1: 1})],
        seller_id=seller.pk, now=world.at("16:30"), actor=ACTOR,
    )  # fmt: skip
    assert _reverse(world, order) == [Reversal(order, "refused", "moved_on")]


def test_an_order_whose_cancellation_is_asked_for_stays() -> None:
    world, _, order = _turned(A=2)
    request_cancel(
        [Cancelling("1", order, "c", "x")],
        seller_id=None, book=world.book, day=world.day, now=world.at("16:30"), actor=ACTOR,
    )  # fmt: skip
    assert _reverse(world, order) == [Reversal(order, "refused", "moved_on")]


def test_an_order_of_the_sellers_own_and_one_without_a_warehouse_stay() -> None:
    world, seller, order = _turned(A=2)
    own = world.order(world.seller("S2", "X", semi=False), "O2", "16:30", X=1).order_id or 0
    Binding.objects.filter(seller=seller).update(unbound_at=world.day.starts_at)
    assert _reverse(world, own, order) == [
        Reversal(own, "refused", "not_turned"),
        Reversal(order, "refused", "warehouse_not_bound"),
    ]


def test_a_reason_is_needed_and_the_book_may_forbid_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world, _, order = _turned(A=2)
    told = {"book": world.book, "day": world.day, "now": world.at("17:00"), "actor": ACTOR}
    with pytest.raises(ReasonMissing):
        reverse_turning([order], reason=" ", **told)  # type: ignore[arg-type]
    monkeypatch.setattr(type(world.book), "amount", lambda book, rule, on: "nobody")
    with pytest.raises(ReversalForbidden):
        reverse_turning([order], reason="x", **told)  # type: ignore[arg-type]
