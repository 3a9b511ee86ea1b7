"""Lines served from stock on hand at another warehouse of the seller."""

from __future__ import annotations

import pytest

from bantuo.apps.orders.models import Order
from bantuo.apps.orders.operations.warehouses import SplitResult, WarehouseSplit, split_by_warehouse
from bantuo.apps.parties.models import Seller, Warehouse
from bantuo.apps.stock.models import Balance
from bantuo.apps.stock.operations import Move, move_stock
from tests.apps.floor import assert_changes_nothing, assert_stock_sound, bring, release, state_of
from tests.apps.trading import ACTOR, World, make_world

pytestmark = pytest.mark.django_db


def _world() -> tuple[World, Seller, int]:
    """Two of A and one of B reserved where the seller is bound; two of B lie elsewhere."""
    world = make_world()
    seller = world.seller("S1", "A", "B")
    world.state(seller, "09:00", A=5, B=5)
    there = Warehouse.objects.create(
        code="W2", kind="consolidation", name_zh="二号", name_en="Two", supervision_code="9610",
        opened_on=world.day.on,
    )  # fmt: skip
    sku = Balance.objects.get(sku__code="B").sku
    balance = Balance.objects.create(seller=seller, sku=sku, warehouse=there)
    move_stock([Move(balance.pk, "on_hand", "receive", 2, 0, "stock-up")], at=world.day.starts_at)
    return world, seller, bring(world, world.order(seller, "O1", "10:00", A=2, B=1).order_id, to="reserved")


def _split(world: World, *rows: WarehouseSplit, seller: int | None = None) -> list[SplitResult]:
    return split_by_warehouse(
        rows, seller_id=seller, book=world.book, day=world.day, now=world.at("10:30"), actor=ACTOR
    )


def _on_hand(warehouse: str) -> tuple[int, int]:
    held = Balance.objects.get(sku__code="B", warehouse__code=warehouse)
    return held.on_hand, held.on_hand_reserved


def test_a_line_is_served_from_where_its_goods_lie_as_a_part_of_its_own() -> None:
    world, seller, order = _world()
    (result,) = _split(world, WarehouseSplit("1", order, "W2", [2]), seller=seller.pk)
    assert (result.outcome, result.refusal) == ("split", None)
    assert list(Order.objects.order_by("part").values_list("warehouse__code", "state", "goods_fen")) == [
        ("WH", "reserved", 12_000),
        ("W2", "reserved", 6000),
    ]
    assert _on_hand("W2") == (2, 1)
    assert Balance.objects.get(sku__code="B", warehouse__code="WH").declared_reserved == 0
    assert_stock_sound()
    assert release(world, "10:40") == [order, result.part_id]


def test_all_lines_move_the_order_and_a_bad_row_is_named() -> None:
    world, seller, order = _world()
    stranger = world.seller("S2", "X")
    rows = [
        (WarehouseSplit("1", order, "W2", [1]), None, "not enough on hand at that warehouse"),
        (WarehouseSplit("2", order, "W2", [9]), None, "the order has no such line"),
        (WarehouseSplit("3", order, "W2", []), None, "the order has no such line"),
        (WarehouseSplit("4", order, "WH", [2]), None, "not another warehouse"),
        (WarehouseSplit("5", order, "W\x00", [2]), None, "not another warehouse"),
        (WarehouseSplit("6", order, "W2", [2]), stranger.pk, "the order is not known"),
    ]
    for row, by, reason in rows:
        (refused,) = assert_changes_nothing(lambda row=row, by=by: _split(world, row, seller=by))  # type: ignore
        assert (refused.row, refused.refusal.reason) == (row.row, reason)
    alone = bring(world, world.order(seller, "O2", "10:10", B=2).order_id, to="reserved")
    assert [(r.outcome, r.part_id) for r in _split(world, WarehouseSplit("1", alone, "W2", [1]))] == [
        ("moved", alone)
    ]
    bring(world, order, to="released")
    (late,) = _split(world, WarehouseSplit("1", order, "W2", [2]))
    assert late.refusal is not None
    assert (late.refusal.reason, state_of(order)) == ("the order is released or sent", "released")
