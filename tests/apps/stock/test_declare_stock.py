from __future__ import annotations

import pytest

from bantuo.apps.catalog.models import Sku
from bantuo.apps.events.models import OutboxEvent
from bantuo.apps.parties.models import Warehouse
from bantuo.apps.stock.models import Balance, Declaration, DeclarationRefusal, Movement, Shortage
from bantuo.apps.stock.operations import StatedRow, StockStatement, declare_stock, merging
from bantuo.apps.stock.queries import movement_differences
from tests.apps.trading import make_world

pytestmark = pytest.mark.django_db


def test_a_statement_sets_the_declared_pool_and_counts_unchanged_rows_as_stated() -> None:
    world = make_world()
    seller = world.seller("S1", "A", "B")
    first = world.state(seller, "09:00", 1, A=5, B=0)
    assert (first.stated, first.changed, first.refused) == (2, 1, [])
    second = world.state(seller, "10:00", 2, A=5, B=3)
    assert (second.stated, second.changed) == (2, 1)
    assert world.balance(seller, "A") == (5, 0, 0, 0)
    assert [(m.quantity_delta, m.code) for m in Movement.objects.order_by("id")] == [
        (5, "declare"),
        (3, "declare"),
    ]
    assert Balance.objects.get(sku__code="A").stated_first_at == world.at("09:00")
    assert movement_differences() == []


def test_a_repeated_statement_changes_nothing() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", 7, A=5)
    again = world.state(seller, "11:00", 7, A=9)
    assert again.repeated
    assert world.balance(seller, "A") == (5, 0, 0, 0)
    assert Declaration.objects.count() == 1
    assert OutboxEvent.objects.filter(topic="stock.declared").count() == 1


def test_bad_rows_are_refused_by_name_and_the_good_ones_taken() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    result = world.state(seller, "09:00", 1, A=4, GHOST=1, NEG=-1)
    assert result.stated == 1
    assert sorted((row.sku, name, value) for row, name, value, _ in result.refused) == [
        ("GHOST", "sku", "GHOST × WH"),
        ("NEG", "quantity", "-1"),
    ]
    assert DeclarationRefusal.objects.count() == 2


def test_a_stale_sequence_is_refused_per_row() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", 5, A=4)
    stale = world.state(seller, "10:00", 4, A=9)
    assert [(name, value) for _, name, value, _ in stale.refused] == [("sequence", "4")]
    assert world.balance(seller, "A") == (4, 0, 0, 0)


def test_a_net_statement_adds_what_is_reserved() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", 1, A=4)
    world.order(seller, "O1", "09:30", A=3)
    statement = StockStatement(seller.pk, 2, world.at("10:00"), "net", "test", [StatedRow(1, "A", "WH", 6)])
    declare_stock([statement], day=world.day, now=world.at("10:00"), actor="test")
    assert world.balance(seller, "A") == (9, 3, 0, 0)


def test_less_than_reserved_is_accepted_and_opens_one_shortage() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", 1, A=4)
    world.order(seller, "O1", "09:30", A=3)
    world.state(seller, "10:00", 2, A=1)
    world.state(seller, "10:30", 3, A=0)
    shortage = Shortage.objects.get()
    assert (shortage.quantity_short, shortage.closed_at, shortage.reason) == (3, None, "stated 0, reserved 3")
    assert world.balance(seller, "A") == (0, 3, 0, 0)


@pytest.mark.parametrize("few", [0, 500])
def test_sellers_at_several_warehouses_with_rows_twice_unknown_and_stale_in_one_call(
    few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the rows share and whatever they do not, each is told by its own number, few or many."""
    monkeypatch.setattr(merging, "_FEW_ROWS", few)
    world = make_world()
    one, two = world.seller("S1", "A", "B"), world.seller("S2", "A", "C")
    far = Warehouse.objects.create(
        code="WH2", kind="consolidation", name_zh="广州", name_en="Guangzhou", supervision_code="9610",
        opened_on=world.day.on,
    )  # fmt: skip
    Balance.objects.create(seller=two, sku=Sku.objects.get(seller=two, code="A"), warehouse=far, sequence=9)
    asked = {
        one: [("A", "WH", 1), ("B", "WH", 2), ("A", "WH", 3), ("B", "WH9", 4), ("B", "WH9", 5)],
        two: [("A", "WH", 6), ("A", "WH2", 7), ("GHOST", "WH2", 8), ("C", "WH2", 9), ("C", "WH", 4)],
    }
    statements = [
        StockStatement(
            seller.pk, 5, world.at("09:00"), basis, "test",
            [StatedRow(n, *row) for n, row in enumerate(rows, start=1)],
        )
        for (seller, rows), basis in zip(asked.items(), ("gross", "net"), strict=True)
    ]  # fmt: skip
    first, second = declare_stock(statements, day=world.day, now=world.at("09:00"), actor="test")
    assert (first.stated, first.changed, second.stated, second.changed) == (2, 2, 2, 2)
    assert [(row.row, name, value) for row, name, value, _ in first.refused] == [
        (4, "sku", "B × WH9"),
        (5, "sku", "B × WH9"),
    ]
    assert [(row.row, name, value) for row, name, value, _ in second.refused] == [
        (3, "sku", "GHOST × WH2"),
        (4, "sku", "C × WH2"),
        (2, "sequence", "5"),
    ]
    held = Balance.objects.order_by("seller__code", "sku__code", "warehouse__code")
    assert list(held.values_list("sku__code", "warehouse__code", "declared", "sequence")) == [
        ("A", "WH", 3, 5), ("B", "WH", 2, 5), ("A", "WH", 6, 5), ("A", "WH2", 0, 9), ("C", "WH", 4, 5),
    ]  # fmt: skip
    assert movement_differences() == []
