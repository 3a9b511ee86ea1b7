"""Receiving with counts: what is short is asked for again, what is too much enters no pool."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from bantuo.apps.aftersales.operations import cancel_orders
from bantuo.apps.orders.models import OrderLine
from bantuo.apps.warehouse.models import Carton, CartonLine, Discrepancy
from bantuo.apps.warehouse.operations.inbound import Arrival, CountRefused, receive_shipments
from bantuo.apps.warehouse.queries import discrepancies, expected_lines, on_the_way
from tests.apps.factories import outbox
from tests.apps.floor import (
    assert_changes_nothing,
    assert_stock_sound,
    bring,
    case,
    notify,
    receive,
    shipments_of,
    state_of,
    topics,
)
from tests.apps.trading import ACTOR, World, make_world

pytestmark = pytest.mark.django_db


def _on_the_way(pieces: int = 5) -> tuple[World, int, int]:
    """A world, an order of that many pieces on the way, and its carton line."""
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=8)
    order = bring(world, world.order(seller, "O1", "10:00", A=pieces).order_id, to="on_the_way")
    return world, order, CartonLine.objects.get().pk


def _count(world: World, order: int, line: int, pieces: int) -> list[int]:
    (shipment,) = shipments_of(order)
    return receive_shipments([Arrival(shipment, world.at("12:00"), {line: pieces})], actor=ACTOR)


@pytest.mark.parametrize(("counted", "balance"), [(3, (5, 2, 0, 0)), (0, (8, 5, 0, 0))])
def test_a_short_count_leaves_the_order_waiting(counted: int, balance: tuple[int, int, int, int]) -> None:
    world, order, line = _on_the_way()
    seller = OrderLine.objects.get().seller
    assert _count(world, order, line, counted) == []
    assert (state_of(order), world.balance(seller, "A")) == ("released", balance)
    assert OrderLine.objects.get().reserved is True
    (found,) = discrepancies(seller.pk)
    assert (found.carton_line_id, found.expected, found.received, found.reason) == (line, 5, counted, "short")
    assert (found.found_at, found.actor) == (world.at("12:00"), ACTOR)
    assert outbox("warehouse.discrepancy") == [
        (f"carton_line:{line}", {"expected": 5, "received": counted, "reason": "short", "by": ACTOR})
    ]
    assert_stock_sound()
    assert assert_changes_nothing(lambda: _count(world, order, line, 4)) == []


def test_the_missing_pieces_come_with_the_next_notice_and_the_order_is_picked() -> None:
    world, order, line = _on_the_way()
    seller = OrderLine.objects.get().seller
    _count(world, order, line, 3)
    (second,) = notify(world, "13:00")
    assert [c.expected for c in expected_lines([second])] == [2]
    assert sorted(Carton.objects.values_list("pieces", flat=True)) == [2, 5]
    assert [(p.sku, p.on_hand, p.jit_pieces, p.stock_up_pieces) for p in on_the_way(seller.pk)] == [
        ("A", 0, 2, 0)
    ]
    assert assert_changes_nothing(lambda: notify(world, "13:10")) == []
    assert receive([second], world.at("14:00")) == [order]
    assert (state_of(order), world.balance(seller, "A")) == ("picking", (3, 0, 0, 0))
    assert OrderLine.objects.get().reserved is False
    assert_stock_sound()
    assert notify(world, "15:00") == []


def test_a_line_may_be_short_more_than_once() -> None:
    world, order, line = _on_the_way()
    _count(world, order, line, 3)
    (second,) = notify(world, "13:00")
    (again,) = expected_lines([second])
    receive_shipments([Arrival(second, world.at("14:00"), {again.pk: 1})], actor=ACTOR)
    (third,) = notify(world, "15:00")
    assert [c.expected for c in expected_lines([third])] == [1]
    assert receive([third], world.at("16:00")) == [order]
    assert_stock_sound()


def test_pieces_above_what_was_announced_enter_no_pool() -> None:
    world, order, line = _on_the_way()
    seller = OrderLine.objects.get().seller
    assert _count(world, order, line, 7) == [order]
    assert world.balance(seller, "A") == (3, 0, 0, 0)
    assert Discrepancy.objects.values_list("expected", "received", "reason").get() == (5, 7, "surplus")
    assert_stock_sound()


@pytest.mark.parametrize("noticed_again", [False, True])
def test_a_cancelled_order_keeps_its_counted_pieces_on_hand(noticed_again: bool) -> None:
    world, order, line = _on_the_way()
    seller = OrderLine.objects.get().seller
    _count(world, order, line, 3)
    again = notify(world, "12:30") if noticed_again else []
    cancel_orders([case(order, world.at("13:00"))], actor=ACTOR)
    assert world.balance(seller, "A") == (3 if noticed_again else 5, 0, 3, 0)
    receive(again, world.at("14:00"))
    assert world.balance(seller, "A") == ((3, 0, 5, 0) if noticed_again else (5, 0, 3, 0))
    assert notify(world, "15:00") == []
    assert_stock_sound()


def test_goods_of_a_cancelled_order_are_counted_too() -> None:
    world, order, line = _on_the_way()
    seller = OrderLine.objects.get().seller
    cancel_orders([case(order, world.at("11:00"))], actor=ACTOR)
    assert _count(world, order, line, 4) == []
    assert world.balance(seller, "A") == (3, 0, 4, 0)
    assert topics()[-1] == "warehouse.discrepancy"
    assert_stock_sound()


@pytest.mark.parametrize(("other", "pieces", "rule"), [(0, -1, "0…10000000"), (1, 1, "is not in this")])
def test_a_count_that_cannot_be_is_refused_whole(other: int, pieces: int, rule: str) -> None:
    world, order, line = _on_the_way()

    def attempt() -> None:
        with pytest.raises(CountRefused, match=rule):
            _count(world, order, line + other, pieces)

    assert_changes_nothing(attempt)


def test_a_discrepancy_is_never_rewritten() -> None:
    world, order, line = _on_the_way()
    _count(world, order, line, 3)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Discrepancy.objects.update(received=5)


def test_exactly_jit_lines_name_an_order_line() -> None:
    _on_the_way()
    for change in ({"kind": "stock_up"}, {"order_line": None}):
        with pytest.raises(IntegrityError, match="carton_line_jit_has_order_line"), transaction.atomic():
            CartonLine.objects.update(**change)
