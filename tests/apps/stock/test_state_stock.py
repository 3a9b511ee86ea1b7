"""State stock without a sequence of one's own: next sequence, doubles, conflicts, sheets, what is missing."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.core.cache import caches

from bantuo.apps.catalog.models import Sku
from bantuo.apps.parties.models import Binding, Seller
from bantuo.apps.stock.models import Balance, Declaration, DeclarationRefusal, StockFile
from bantuo.apps.stock.operations import (
    BalanceRestated,
    BalanceUnknown,
    SheetRow,
    Stated,
    StatedRow,
    StockSheet,
    restate_balance,
    restate_missing,
    state_stock,
    take_stock_sheet,
)
from bantuo.apps.stock.queries import (
    day_counts,
    days,
    late_days,
    missing_rows,
    movement_differences,
    stock_of,
    sync_state,
)
from tests.apps.trading import World, make_world

pytestmark = pytest.mark.django_db
TOKEN = UUID("6f1f6f3e-0000-4000-8000-000000000001")


def say(world: World, seller: Seller, clock: str, *rows: tuple[str, int], channel: str = "gateway") -> Stated:
    told = [StatedRow(n, sku, "WH", quantity) for n, (sku, quantity) in enumerate(rows, start=1)]
    return state_stock(
        seller.pk, told, basis="gross", channel=channel, day=world.day, now=world.at(clock), actor="app:1"
    )


def test_each_statement_gets_the_next_sequence_whoever_gave_the_last() -> None:
    world = make_world()
    seller = world.seller("S", "A", "B")
    world.state(seller, "09:00", sequence=40, A=1)
    assert say(world, seller, "09:01", ("A", 2)).sequence == 41
    assert say(world, seller, "09:02", ("B", 3)).sequence == 42
    assert (world.balance(seller, "A")[0], world.balance(seller, "B")[0]) == (2, 3)
    assert movement_differences() == []


def test_a_sequence_that_another_door_has_used_is_refused_by_row_and_the_next_one_goes_through() -> None:
    """The ERP counts for itself; that a person stated something in between must not swallow its statement."""
    world = make_world()
    seller = world.seller("S", "A", "B")
    world.state(seller, "09:00", sequence=1, A=1)
    assert say(world, seller, "09:01", ("A", 2), channel="page").sequence == 2
    clash = world.state(seller, "09:02", sequence=2, A=5, B=6)
    assert (clash.repeated, clash.stated) == (False, 0)
    assert [(row.sku, field, value, rule) for row, field, value, rule in clash.refused] == [
        ("A", "sequence", "2", "above the last accepted"),
        ("B", "sequence", "2", "above the last accepted"),
    ]
    assert world.state(seller, "09:03", sequence=3, A=5, B=6).stated == 2
    assert world.state(seller, "09:04", sequence=3, A=9, B=9).repeated
    assert (world.balance(seller, "A")[0], world.balance(seller, "B")[0]) == (5, 6)


def test_doubles_with_different_quantities_are_refused_equal_ones_count_once() -> None:
    world = make_world()
    seller = world.seller("S", "A", "B")
    stated = say(world, seller, "09:00", ("A", 1), ("A", 2), ("B", 3), ("B", 3))
    assert [(row.row, field, rule) for row, field, _, rule in stated.result.refused] == [
        (1, "sku", "one quantity in a statement"),
        (2, "sku", "one quantity in a statement"),
    ]
    assert (stated.result.stated, world.balance(seller, "A")[0], world.balance(seller, "B")[0]) == (1, 0, 3)
    assert DeclarationRefusal.objects.count() == 2


def test_a_conflict_names_how_it_stands_now_and_leaves_it() -> None:
    world = make_world()
    seller = world.seller("S", "A")
    balance = Balance.objects.get(seller=seller)
    say(world, seller, "09:00", ("A", 8))
    told = {"quantity": 1, "day": world.day, "now": world.at("09:01"), "actor": "user:1"}
    with pytest.raises(BalanceRestated) as stale:
        restate_balance(seller.pk, balance.pk, seen_sequence=0, **told)
    assert (stale.value.balance.declared, stale.value.balance.sequence) == (8, 1)
    other = world.seller("T", "B")
    with pytest.raises(BalanceUnknown):
        restate_balance(other.pk, balance.pk, seen_sequence=1, **told)
    assert restate_balance(seller.pk, balance.pk, seen_sequence=1, **told).sequence == 2
    assert world.balance(seller, "A")[0] == 1


def test_what_is_missing_is_stated_as_it_is_once() -> None:
    world = make_world()
    seller = world.seller("S", "A", "B", "C")
    say(world, seller, "09:00", ("A", 8))
    assert missing_rows(seller.pk, world.day) == [("B", "WH", 0), ("C", "WH", 0)]
    told = {"day": world.day, "now": world.at("15:59"), "actor": "user:1"}
    stated = restate_missing(seller.pk, **told)
    assert stated is not None
    assert (stated.result.stated, stated.result.changed) == (2, 0)
    assert restate_missing(seller.pk, **told) is None
    assert sync_state(seller.pk, world.day, now=world.at("16:00:01")).is_complete


def test_a_day_is_open_complete_in_time_or_late() -> None:
    world = make_world()
    seller = world.seller("S", "A", "B")
    say(world, seller, "09:00", ("A", 8))
    state = sync_state(seller.pk, world.day, now=world.at("15:00"))
    assert (state.listed, state.stated, state.missing, state.late, state.in_time) == (2, 1, 1, 0, None)
    assert [sync.sequence for sync in state.syncs] == [1]
    say(world, seller, "16:00:01", ("B", 8))
    state = sync_state(seller.pk, world.day, now=world.at("17:00"))
    assert (state.stated, state.missing, state.late, state.in_time) == (1, 1, 1, False)
    assert late_days(seller.pk, since=world.day.on) == (0, 0, None)


def test_stock_of_pages_by_id_and_counts_both_pools() -> None:
    world = make_world()
    seller, other = world.seller("S", "A", "B", "C"), world.seller("T", "A")
    say(world, seller, "09:00", ("A", 10), ("B", 2))
    say(world, other, "09:00", ("A", 99))
    world.put_on_hand(seller, "A", 5)
    Balance.objects.filter(seller=seller, sku__code="A").update(safety=4)
    first = stock_of(seller.pk, limit=2)
    assert [(p.sku, p.warehouse, p.declared, p.on_hand, p.safety, p.sellable) for p in first] == [
        ("A", "WH", 10, 5, 4, 11),
        ("B", "WH", 2, 0, 0, 2),
    ]
    assert (first[0].sequence, first[0].stated_on, first[0].on_the_way) == (1, world.day.on, 0)
    rest = stock_of(seller.pk, after_id=first[-1].id, limit=2)
    assert [(p.sku, p.sellable, p.stated_on) for p in rest] == [("C", 0, None)]
    assert [p.sku for p in stock_of(seller.pk, skus=["C", "A", "X"])] == ["A", "C"]


def a_sheet(*rows: SheetRow) -> StockSheet:
    return StockSheet(TOKEN, "stock.csv", "gross", rows)


def test_a_sheet_is_one_statement_with_an_answer_for_each_row() -> None:
    world = make_world()
    seller = world.seller("S", "A", "B")
    sheet = a_sheet(
        SheetRow(2, "A", "WH", "7", 7),
        SheetRow(3, "B", "WH", "x", None, "quantity", "whole number"),
        SheetRow(4, "NONE", "WH", "1", 1),
    )
    told = {"day": world.day, "now": world.at("10:00"), "actor": "user:1"}
    file = take_stock_sheet(seller.pk, sheet, **told)
    assert (file.rows_stated, file.rows_changed, file.rows_refused, file.sequence) == (1, 1, 2, 1)
    assert [tuple(row) for row in StockFile.objects.get().rows] == [
        (2, "A", "WH", "7", "", "", ""),
        (3, "B", "WH", "x", "quantity", "x", "whole number"),
        (4, "NONE", "WH", "1", "sku", "NONE × WH", "listed and bound"),
    ]
    kept = Declaration.objects.get()
    assert (kept.channel, kept.rows_stated, kept.rows_refused) == ("file", 1, 2)
    assert take_stock_sheet(seller.pk, sheet, **told).pk == file.pk
    assert Declaration.objects.count() == 1


def test_a_sheet_opens_balances_of_what_was_listed_since() -> None:
    world = make_world()
    seller = world.seller("S", "A")
    world.sku(seller, "NEW")
    file = take_stock_sheet(
        seller.pk, a_sheet(SheetRow(2, "NEW", "WH", "3", 3)), day=world.day, now=world.at("10:00"), actor="u"
    )
    assert (file.rows_stated, world.balance(seller, "NEW")[0]) == (1, 3)


def test_the_day_of_a_large_seller_is_counted_once_a_minute_and_after_each_statement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(days, "_LARGE", 3)
    caches["process"].clear()
    world = make_world()
    large, small = world.seller("S", "A", "B", "C"), world.seller("T", "A")
    both = [large.pk, small.pk]
    say(world, large, "09:00", ("A", 8))
    assert day_counts(both, world.day) == {large.pk: (3, 1, 1), small.pk: (1, 0, 0)}
    Sku.objects.filter(code__in=["A", "B"]).update(delisted_at=world.at("10:00"))
    assert day_counts(both, world.day) == {large.pk: (3, 1, 1), small.pk: (0, 0, 0)}
    say(world, large, "16:00:01", ("C", 8))
    assert day_counts(both, world.day) == {large.pk: (1, 0, 1), small.pk: (0, 0, 0)}
    caches["process"].clear()


def test_a_day_asks_for_what_is_semi_managed_at_the_warehouse_bound_to() -> None:
    world = make_world()
    seller, nobody = world.seller("S", "A", "B", "C"), world.seller("T")
    Sku.objects.filter(code="B").update(semi_managed=False)
    asked = day_counts([seller.pk, nobody.pk], world.day)
    assert asked == {seller.pk: (2, 0, 0), nobody.pk: (0, 0, 0)}
    Binding.objects.filter(seller=seller).update(unbound_at=world.at("09:00"))
    assert day_counts([seller.pk], world.day) == {seller.pk: (0, 0, 0)}
