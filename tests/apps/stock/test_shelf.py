"""What is held back and what a stock-take counted."""

from __future__ import annotations

import pytest

from bantuo.apps.parties.models import Seller
from bantuo.apps.stock.models import Balance, Movement
from bantuo.apps.stock.operations import SellerRow, ShelfResult, StatedRow, adjust_on_hand, set_safety
from tests.apps.factories import outbox
from tests.apps.floor import assert_changes_nothing, assert_stock_sound
from tests.apps.trading import ACTOR, World, make_world

pytestmark = pytest.mark.django_db

TERMS = {"reason": "season", "actor": ACTOR}


def _rows(seller: Seller, *stated: tuple[str, str, int]) -> list[SellerRow]:
    return [SellerRow(seller.pk, StatedRow(n, *row)) for n, row in enumerate(stated, start=1)]


def _safety(world: World, rows: list[SellerRow]) -> ShelfResult:
    return set_safety(rows, now=world.at("10:00"), **TERMS)


def _count(world: World, rows: list[SellerRow]) -> ShelfResult:
    return adjust_on_hand(rows, now=world.at("10:00"), **TERMS)


def test_what_is_held_back_is_not_sold() -> None:
    world = make_world()
    seller = world.seller("S1", "A", "B")
    world.state(seller, "09:00", A=5, B=5)
    rows = _rows(seller, ("A", "WH", 2), ("B", "WH", 0))
    result = _safety(world, rows)
    assert (result.taken, result.changed, result.refused) == (2, 1, [])
    balance = Balance.objects.get(sku__code="A")
    assert outbox("stock.safety_set") == [
        (f"balance:{balance.pk}", {"before": 0, "after": 2, "reason": "season", "by": ACTOR})
    ]
    assert world.order(seller, "O1", "10:10", A=4).reason == "stock_short"
    assert world.order(seller, "O2", "10:20", A=3).reason == "reserved"
    assert assert_changes_nothing(lambda: _safety(world, rows).changed) == 0
    assert_stock_sound()


@pytest.mark.parametrize("operation", [_safety, _count])
def test_rows_that_cannot_be_are_refused_and_the_others_are_taken(operation: object) -> None:
    world = make_world()
    seller = world.seller("S1", "A", "B")
    rows = _rows(
        seller,
        ("A", "WH", -1), ("A", "WH", 10_000_001), ("X", "WH", 1), ("A", "X", 1), ("A\x00", "WH", 1),
        ("B", "WH", 1), ("B", "WH", 2),
    )  # fmt: skip
    assert callable(operation)
    result = operation(world, rows)
    assert (result.taken, result.changed) == (1, 1)
    assert [(r.row, r.field, r.value) for r in result.refused] == [
        (1, "quantity", "-1"), (2, "quantity", "10000001"), (3, "sku", "X × WH"), (4, "sku", "A × X"),
        (5, "sku", "A\\0 × WH"), (7, "sku", "B × WH"),
    ]  # fmt: skip


def test_a_stock_take_sets_what_is_on_hand_and_keeps_the_difference() -> None:
    world = make_world()
    seller = world.seller("S1", "A", "B")
    world.put_on_hand(seller, "A", 5)
    rows = _rows(seller, ("A", "WH", 3), ("B", "WH", 2))
    assert _count(world, rows).changed == 2
    assert (world.balance(seller, "A"), world.balance(seller, "B")) == ((0, 0, 3, 0), (0, 0, 2, 0))
    kept = Movement.objects.filter(code="adjust").values_list("quantity_delta", "reference").order_by("id")
    assert sorted(kept) == [(-2, "stock-take:season"), (2, "stock-take:season")]
    assert [(p["before"], p["after"]) for _, p in outbox("stock.adjusted")] == [(5, 3), (0, 2)]
    assert_stock_sound()
    assert assert_changes_nothing(lambda: _count(world, rows).changed) == 0


def test_a_stock_take_below_what_is_reserved_is_refused() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.put_on_hand(seller, "A", 5)
    world.order(seller, "O1", "10:00", A=3)
    result = assert_changes_nothing(lambda: _count(world, _rows(seller, ("A", "WH", 2))))
    assert isinstance(result, ShelfResult)
    assert (result.taken, [tuple(r) for r in result.refused]) == (
        0,
        [(1, "quantity", "2", "not below the 3 reserved")],
    )
    assert _count(world, _rows(seller, ("A", "WH", 3))).changed == 1
    assert_stock_sound()
