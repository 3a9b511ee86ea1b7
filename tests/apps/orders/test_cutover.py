from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bantuo.apps.orders.models import CutOver, Order
from bantuo.apps.orders.operations.cutover import (
    CutOffMissed,
    CutOffNotReached,
    CutOverReport,
    cut_over,
    fence_day,
    is_left_to_cut,
    preview_cut_over,
)
from bantuo.apps.parties.models import Binding, Seller, Warehouse
from bantuo.apps.stock.models import SellerDay
from bantuo.apps.stock.operations import open_balances
from bantuo.core.clock import operating_day
from tests.apps.floor import assert_changes_nothing, assert_stock_sound, cut, release
from tests.apps.trading import ACTOR, World, make_world

pytestmark = pytest.mark.django_db


def _tomorrow(world: World) -> World:
    return replace(world, day=operating_day(world.book, world.day.on + timedelta(days=1)))


def _stated_yesterday(*skus: str) -> tuple[World, Seller]:
    world = make_world()
    seller = world.seller("S1", *skus)
    world.state(seller, "09:00", 1, **dict.fromkeys(skus, 5))
    return _tomorrow(world), seller


def test_a_day_is_not_cut_before_its_cutoff() -> None:
    world = make_world()

    def early() -> None:
        with pytest.raises(CutOffNotReached):
            cut_over(book=world.book, day=world.day, now=world.at("15:59:59"), actor=ACTOR)

    assert_changes_nothing(early)


def test_cutting_a_day_again_changes_nothing_and_tells_the_same() -> None:
    world, seller = _stated_yesterday("A", "B")
    world.order(seller, "O1", "10:00", A=1, B=1)
    world.state(seller, "11:00", 2, A=5)
    assert cut(world) == CutOverReport(0, 1, 0, 1, 1, 1)
    assert assert_changes_nothing(lambda: cut(world)) == CutOverReport(0, 1, 0, 1, 1, 1)
    assert_stock_sound()


def test_an_order_that_comes_in_after_the_day_was_cut_finds_it_cut_whatever_its_own_clock_says() -> None:
    world, seller = _stated_yesterday("A")
    cut(world)
    assert world.order(seller, "O1", "15:59:59", A=1).reason == "after_cutoff"


def test_stock_at_a_warehouse_the_seller_has_left_does_not_make_it_late() -> None:
    world, seller = _stated_yesterday("A")
    Binding.objects.update(unbound_at=world.day.starts_at)
    there = Warehouse.objects.create(
        code="W2", kind="consolidation", name_zh="二号", name_en="Two", supervision_code="9610",
        opened_on=world.day.on,
    )  # fmt: skip
    Binding.objects.create(
        seller=seller, warehouse=there, distance_m=1, distance_evidence="test", bound_at=world.day.starts_at
    )
    open_balances([seller.pk], now=world.day.starts_at)
    moved = replace(world, warehouse=there)
    moved.state(seller, "09:00", 2, A=5)
    cut(moved)
    day = SellerDay.objects.get(business_date=world.day.on)
    assert (day.listed, day.stated, day.in_time) == (1, 1, True)


@pytest.mark.parametrize(("scope", "turned"), [("unsynced_lines", 1), ("all_unreleased", 2)])
def test_both_readings_of_the_scope_and_goods_on_hand_stay_in_either(scope: str, turned: int) -> None:
    world, seller = _stated_yesterday("A", "B", "C")
    world = replace(world, day=replace(world.day, scope=scope))
    world.put_on_hand(seller, "C", 1)
    world.order(seller, "O1", "10:00", A=1)
    world.order(seller, "O2", "10:00", B=1)
    world.order(seller, "O3", "10:00", C=1)
    world.state(seller, "11:00", 2, B=5)
    report = cut(world)
    assert (report.orders_turned, report.orders_turned_wide) == (turned, 2)
    assert CutOver.objects.get().scope == scope
    assert Order.objects.get(external_id="O3").state == "reserved"
    assert_stock_sound()


def test_the_money_of_a_split_order_with_a_coupon_and_a_free_line_adds_up() -> None:
    world, seller = _stated_yesterday("A", "B")
    order = world.new_order(seller, "O1", "10:00", A=1, B=1)
    free = replace(order.lines[0], goods_fen=0, freight_fen=100)
    world.take([replace(order, lines=[free, order.lines[1]], merchant_coupon_fen=6050)], "10:00")
    world.state(seller, "11:00", 2, A=5)
    cut(world)
    parts = Order.objects.order_by("part").values_list("goods_fen", "freight_fen", "merchant_coupon_fen")
    assert list(parts) == [(0, 100, 99), (6000, 0, 5951)]


def test_a_day_that_ended_uncut_is_left_to_the_next() -> None:
    world, seller = _stated_yesterday("A")
    world.order(seller, "O1", "10:00", A=1)

    def late() -> None:
        with pytest.raises(CutOffMissed):
            cut_over(book=world.book, day=world.day, now=world.day.ends_at, actor=ACTOR)

    assert_changes_nothing(late)
    assert cut(_tomorrow(world)).orders_turned == 1


def test_a_cut_over_left_half_way_is_closed_when_its_day_has_ended() -> None:
    world, seller = _stated_yesterday("A")
    world.order(seller, "O1", "10:00", A=1)
    fence_day(book=world.book, day=world.day, now=world.day.cutoff_at)
    assert is_left_to_cut(world.day, now=world.day.ends_at)
    report = cut_over(book=world.book, day=world.day, now=world.day.ends_at, actor=ACTOR)
    assert (report.orders_turned, report.orders_turned_wide) == (0, None)
    assert not is_left_to_cut(world.day, now=world.day.ends_at)
    assert cut(_tomorrow(world)).orders_turned == 1


def test_a_dry_run_tells_what_the_cut_over_then_does() -> None:
    world, seller = _stated_yesterday("A", "B")
    world.order(seller, "O1", "10:00", A=1, B=1)
    world.order(seller, "O2", "10:00", A=1)
    world.state(seller, "11:00", 2, B=5)
    told = assert_changes_nothing(lambda: preview_cut_over(day=world.day))
    assert told == CutOverReport(0, 1, 1, 1, 2, 2)
    assert cut(world) == told


def test_while_a_cut_over_runs_a_late_statement_frees_none_of_its_orders() -> None:
    """Also where the policy lets a late statement restore the day at once."""
    world, seller = _stated_yesterday("A")
    world = replace(world, day=replace(world.day, restores="at_once"))
    world.order(seller, "O1", "10:00", A=1)
    fence_day(book=world.book, day=world.day, now=world.day.cutoff_at)
    world.state(seller, "16:00:01", 2, A=5)
    assert release(world, "16:00:02") == []
    assert cut(world).orders_turned == 1


def test_what_is_turned_in_chunks_is_counted_as_a_whole() -> None:
    world, seller = _stated_yesterday("A")
    for at in range(5):
        world.order(seller, f"O{at}", "10:00", A=1)
    report = cut_over(book=world.book, day=world.day, now=world.day.cutoff_at, actor=ACTOR, chunk_orders=2)
    assert (report.orders_turned, report.lines_turned) == (5, 5)
    assert_stock_sound()
