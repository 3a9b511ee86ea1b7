from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from bantuo.apps.aftersales.operations import cancel_orders
from bantuo.apps.orders.operations.fallback import resolve_shortages
from bantuo.apps.stock.models import Balance, Movement, Shortage
from bantuo.apps.stock.operations import (
    Move,
    SellerStatedTwice,
    StockStatement,
    close_shortages,
    declare_stock,
    move_stock,
    open_balances,
)
from bantuo.apps.stock.queries import lock_available, movement_differences, oversold_balances
from bantuo.core.routing import Available
from tests.apps.floor import assert_changes_nothing, assert_stock_sound, bring, case, topics
from tests.apps.trading import ACTOR, World, make_world

pytestmark = pytest.mark.django_db


def _balance(world: World) -> Balance:
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=5)
    return Balance.objects.get()


def test_moves_of_one_balance_are_added_up_and_each_is_kept() -> None:
    world = make_world()
    balance = _balance(world)
    moves = [
        Move(balance.pk, "declared", "reserve", 0, 2, "order:1"),
        Move(balance.pk, "declared", "reserve", 0, 3, "order:2"),
        Move(balance.pk, "on_hand", "receive", 4, 0, "stock-up"),
        Move(balance.pk, "on_hand", "adjust", 0, 0, "nothing"),
    ]
    assert move_stock(moves, at=world.at("10:00")) == 3
    balance.refresh_from_db()
    assert (balance.declared, balance.declared_reserved) == (5, 5)
    assert (balance.on_hand, balance.on_hand_reserved) == (4, 0)
    assert Movement.objects.count() == 4
    assert_stock_sound()
    assert move_stock([], at=world.at("10:00")) == 0


@pytest.mark.parametrize(
    "move",
    [("on_hand", 0, 1), ("on_hand", -1, 0), ("declared", -6, 0), ("declared", 0, -1)],
)
def test_the_database_refuses_a_move_below_nothing_or_above_what_is_there(move: tuple[str, int, int]) -> None:
    world = make_world()
    pool, quantity, reserved = move
    balance = _balance(world)

    def attempt() -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            move_stock([Move(balance.pk, pool, "x", quantity, reserved, "x")], at=world.at("10:00"))

    assert_changes_nothing(attempt)


def test_opening_balances_again_changes_nothing() -> None:
    world = make_world()
    seller = _balance(world).seller_id
    assert assert_changes_nothing(lambda: open_balances([seller], now=world.at("10:00"))) == 0


def test_what_is_held_back_is_not_promised() -> None:
    world = make_world()
    balance = _balance(world)
    Balance.objects.update(safety=2)
    key = (balance.seller_id, balance.sku_id, balance.warehouse_id)
    ids, stock = lock_available([key, key], day=world.day)
    assert ids == {key: balance.pk}
    assert stock == {balance.pk: Available(on_hand=0, declared=3, stated_in_time=True)}


def test_the_checks_themselves_see_a_wrong_balance() -> None:
    balance = _balance(make_world())
    Balance.objects.update(declared=1, declared_reserved=3)
    assert movement_differences() == [(balance.pk, "declared", 1, 5), (balance.pk, "declared", 3, 0)]
    assert oversold_balances() == [(balance.pk, balance.seller_id)]


def test_two_statements_of_a_seller_in_one_call_are_refused() -> None:
    world = make_world()
    seller = _balance(world).seller_id
    statements = [StockStatement(seller, n, world.at("10:00"), "gross", "test", []) for n in (2, 3)]

    def attempt() -> None:
        with pytest.raises(SellerStatedTwice):
            declare_stock(statements, day=world.day, now=world.at("10:00"), actor=ACTOR)

    assert_changes_nothing(attempt)


def test_a_shortage_is_closed_by_the_lines_given_back_and_says_so() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", 1, A=6)
    for n in (1, 2, 3):
        world.order(seller, f"O{n}", f"10:0{n}", A=2)
    world.state(seller, "11:00", 2, A=3)
    resolve_shortages(book=world.book, now=world.at("11:00"), actor=ACTOR)
    shortage = Shortage.objects.get()
    assert (shortage.quantity_short, shortage.quantity_returned, shortage.outcome) == (3, 4, "returned")
    assert shortage.closed_at == world.at("11:00")
    assert topics()[-1] == "stock.shortage_closed"
    assert_stock_sound()
    assert_changes_nothing(lambda: resolve_shortages(book=world.book, now=world.at("12:00"), actor=ACTOR))


def test_a_shortage_of_goods_already_on_the_way_stays_open_until_they_are_gone() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", 1, A=6)
    order = bring(world, world.order(seller, "O1", "10:00", A=4).order_id, to="on_the_way")
    world.state(seller, "11:00", 2, A=1)
    resolve_shortages(book=world.book, now=world.at("11:00"), actor=ACTOR)
    assert Shortage.objects.get().closed_at is None
    assert oversold_balances() == []
    cancel_orders([case(order, world.at("11:30"))], actor=ACTOR)
    assert close_shortages(now=world.at("12:00")) == 1
    assert Shortage.objects.get().outcome == "covered"
    assert world.balance(seller, "A") == (0, 0, 0, 0)
    assert_stock_sound()
