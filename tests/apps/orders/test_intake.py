from __future__ import annotations

from datetime import timedelta

import pytest

from bantuo.apps.events.models import OutboxEvent
from bantuo.apps.orders.models import IntakeRefusal, Order, OrderEvent, RoutingDecision
from bantuo.apps.orders.operations.advance import release_orders
from bantuo.apps.orders.operations.cutover import cut_over
from bantuo.apps.orders.operations.fallback import resolve_shortages
from bantuo.apps.stock.queries import movement_differences, oversold_balances
from bantuo.core.clock import operating_day
from tests.apps.trading import ACTOR, World, make_world

pytestmark = pytest.mark.django_db


def _cut(world: World) -> tuple[int, int, int, int, int, int]:
    r = cut_over(book=world.book, day=world.day, now=world.day.cutoff_at, actor=ACTOR)
    return (
        r.sellers_in_time, r.sellers_late, r.orders_turned, r.orders_split, r.lines_turned,
        r.orders_turned_wide,
    )  # fmt: skip


def test_an_order_is_reserved_with_reason_rule_event_and_outbox_row() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=5)
    result = world.order(seller, "O1", "10:00", A=2)
    assert (result.outcome, result.route, result.reason) == ("placed", "semi", "reserved")
    assert world.balance(seller, "A") == (5, 2, 0, 0)
    decision = RoutingDecision.objects.get()
    assert (decision.rule, decision.policy_version) == ("OPS-1", world.book.version)
    assert OrderEvent.objects.get().state == "reserved"
    assert OutboxEvent.objects.filter(topic="order.placed", seller_id=seller.pk).count() == 1


def test_a_repeated_order_answers_with_the_stored_one() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=5)
    first = world.order(seller, "O1", "10:00", A=2)
    order = world.new_order(seller, "O1", "11:00", A=5)
    again, twin = world.take([order, order], "11:00")
    assert [(r.outcome, r.order_id) for r in (again, twin)] == [("repeated", first.order_id)] * 2
    assert world.balance(seller, "A") == (5, 2, 0, 0)
    assert Order.objects.count() == 1


def test_the_last_unit_is_sold_once_and_nothing_is_half_reserved() -> None:
    world = make_world()
    seller = world.seller("S1", "A", "B")
    world.state(seller, "09:00", A=3, B=1)
    orders = [
        world.new_order(seller, "O1", "10:00", A=1, B=1),
        world.new_order(seller, "O2", "10:01", A=1, B=1),
        world.new_order(seller, "O3", "10:02", A=2),
    ]
    results = world.take(orders, "10:05")
    assert [(r.route, r.reason) for r in results] == [
        ("semi", "reserved"),
        ("self", "stock_short"),
        ("semi", "reserved"),
    ]
    assert world.balance(seller, "A") == (3, 3, 0, 0)
    assert oversold_balances() == []
    assert movement_differences() == []


def test_refusals_name_row_field_value_and_rule_and_keep_nothing_else() -> None:
    world = make_world()
    active, outside = world.seller("S1", "A"), world.seller("S2", "A", state="outside")
    orders = [
        world.new_order(active, "O1", "10:00", A=1, GHOST=1),
        world.new_order(outside, "O2", "10:00", A=1),
        world.new_order(active, "O3", "10:00", A=-1),
    ]
    results = world.take(orders, "10:00")
    assert [r.outcome for r in results] == ["refused"] * 3
    kept = IntakeRefusal.objects.order_by("external_id", "row")
    assert [(k.row, k.field, k.value, k.rule) for k in kept] == [
        ("O1/1", "order", "O1", "STEP-5"),
        ("O1/2", "sku", "GHOST", "STEP-5"),
        ("O2/1", "seller", "S2 (outside)", "STEP-4"),
        ("O3/1", "quantity", "-1", "1…100000"),
    ]
    assert not Order.objects.exists()
    world.take(orders, "11:00")
    assert kept.count() == 4


def test_an_unticked_sku_goes_to_the_seller() -> None:
    world = make_world()
    seller = world.seller("S1", "A", semi=False)
    assert world.order(seller, "O1", "10:00", A=1).reason == "sku_not_semi_managed"


def test_only_stated_skus_are_released() -> None:
    world = make_world()
    early, late = world.seller("S1", "A"), world.seller("S2", "A")
    world.state(early, "09:00", A=5)
    world.state(late, "09:00", A=5)
    tomorrow = make_tomorrow(world)
    first = tomorrow.order(early, "O1", "08:00", A=1)
    tomorrow.order(late, "O2", "08:00", A=1)
    assert release_orders(day=tomorrow.day, now=tomorrow.at("08:30"), actor=ACTOR) == []
    tomorrow.state(early, "09:00", 2, A=5)
    assert release_orders(day=tomorrow.day, now=tomorrow.at("09:00"), actor=ACTOR) == [first.order_id]


def make_tomorrow(world: World) -> World:
    """The same world a day later."""
    return World(world.book, operating_day(world.book, world.day.on + timedelta(days=1)), world.warehouse)


def test_at_the_cutoff_unstated_lines_turn_and_stock_returns() -> None:
    world = make_world()
    seller, late = world.seller("S1", "A"), world.seller("S2", "A")
    world.state(seller, "09:00", A=5)
    world.state(late, "09:00", A=5)
    tomorrow = make_tomorrow(world)
    tomorrow.order(seller, "O1", "10:00", A=1)
    turned = tomorrow.order(late, "O2", "10:00", A=2)
    tomorrow.state(seller, "15:59", 2, A=5)
    assert _cut(tomorrow) == (1, 1, 1, 0, 1, 2)
    order = Order.objects.get(pk=turned.order_id)
    assert (order.route, order.state, order.warehouse_id) == ("self", "to_ship", None)
    assert tomorrow.balance(late, "A") == (5, 0, 0, 0)
    reasons = list(order.decisions.order_by("id").values_list("reason", flat=True))
    assert reasons == ["reserved", "cutoff_fallback"]
    assert _cut(tomorrow) == (1, 1, 1, 0, 1, 2)
    assert movement_differences() == []


def test_sixteen_hundred_sharp_is_in_time_and_a_second_later_is_not() -> None:
    world = make_world()
    sharp, late = world.seller("S1", "A"), world.seller("S2", "A")
    world.state(sharp, "16:00:00", A=5)
    world.state(late, "16:00:01", A=5)
    assert world.order(sharp, "O1", "16:05", A=1).reason == "reserved"
    assert world.order(late, "O2", "16:05", A=1).reason == "after_cutoff"
    assert _cut(world)[:2] == (1, 1)


def test_a_late_statement_restores_the_next_day() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "20:00", 1, A=5)
    assert world.order(seller, "O1", "21:00", A=1).reason == "after_cutoff"
    tomorrow = make_tomorrow(world)
    tomorrow.state(seller, "09:00", 2, A=5)
    assert tomorrow.order(seller, "O2", "17:00", A=1).reason == "reserved"


def test_a_mixed_order_is_split_at_the_cutoff_and_its_money_adds_up() -> None:
    world = make_world()
    seller = world.seller("S1", "A", "B")
    world.state(seller, "09:00", 1, A=5, B=5)
    tomorrow = make_tomorrow(world)
    placed = tomorrow.order(seller, "O1", "10:00", A=1, B=2)
    tomorrow.state(seller, "11:00", 2, A=5)
    assert _cut(tomorrow) == (0, 1, 0, 1, 1, 1)
    kept, moved = Order.objects.order_by("part")
    assert kept.pk == placed.order_id
    assert (kept.route, kept.state, kept.goods_fen) == ("semi", "reserved", 6000)
    assert (moved.route, moved.state, moved.goods_fen) == ("self", "to_ship", 12000)
    assert tomorrow.balance(seller, "B") == (5, 0, 0, 0)
    assert release_orders(day=tomorrow.day, now=tomorrow.at("16:01"), actor=ACTOR) == [kept.pk]


def test_a_shortage_gives_back_the_youngest_lines_first() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", 1, A=6)
    old = world.order(seller, "O1", "10:00", A=2)
    world.order(seller, "O2", "10:01", A=2)
    world.order(seller, "O3", "10:02", A=2)
    world.state(seller, "11:00", 2, A=3)
    turned = resolve_shortages(book=world.book, now=world.at("11:00"), actor=ACTOR)
    assert (turned.orders, turned.lines) == (2, 2)
    assert list(Order.objects.filter(route="semi").values_list("id", flat=True)) == [old.order_id]
    assert world.balance(seller, "A") == (3, 2, 0, 0)
    assert oversold_balances() == []
