from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bantuo.core.routing import REASON_RULES, REASON_WORDS, Available, Choice, Demand, Reason, route_order
from bantuo.engine.books import load_book

A, B = 1, 2


def _line(no: int, balance: int | None, quantity: int, *, semi: bool = True) -> Demand:
    return Demand(line_no=no, balance=balance, quantity=quantity, semi_managed=semi)


def _stock(on_hand: int = 0, declared: int = 0, *, stated: bool = True) -> Available:
    return Available(on_hand=on_hand, declared=declared, stated_in_time=stated)


@pytest.mark.parametrize(
    ("stock", "cut", "expected"),
    [
        (_stock(declared=2), False, Choice("semi", Reason.RESERVED, None, ("declared",))),
        (_stock(on_hand=2, declared=9), False, Choice("semi", Reason.RESERVED_ON_HAND, None, ("on_hand",))),
        (_stock(on_hand=1, declared=2), False, Choice("semi", Reason.RESERVED, None, ("declared",))),
        (_stock(on_hand=1, declared=1), False, Choice("self", Reason.STOCK_SHORT, 1)),
        (_stock(declared=2, stated=False), False, Choice("semi", Reason.RESERVED, None, ("declared",))),
        (_stock(declared=2, stated=False), True, Choice("self", Reason.AFTER_CUTOFF, 1)),
        (_stock(declared=2), True, Choice("semi", Reason.RESERVED, None, ("declared",))),
        (_stock(on_hand=2, stated=False), True, Choice("semi", Reason.RESERVED_ON_HAND, None, ("on_hand",))),
    ],
)
def test_two_pieces_of_one_sku(stock: Available, cut: bool, expected: Choice) -> None:
    assert route_order([_line(1, A, 2)], {A: stock}, bound=True, cut=cut) == expected


def test_what_is_not_in_the_programme_goes_to_the_seller() -> None:
    plenty = {A: _stock(on_hand=9, declared=9)}
    assert route_order([_line(1, A, 1)], plenty, bound=False, cut=False).reason == Reason.WAREHOUSE_NOT_BOUND
    assert route_order([_line(1, A, 1, semi=False)], plenty, bound=True, cut=False) == Choice(
        "self", Reason.SKU_NOT_SEMI_MANAGED, 1
    )
    assert route_order([_line(1, None, 1)], plenty, bound=True, cut=False).reason == Reason.STOCK_SHORT
    assert route_order([_line(1, B, 1)], plenty, bound=True, cut=False).reason == Reason.STOCK_SHORT
    assert plenty == {A: _stock(on_hand=9, declared=9)}


def test_a_refused_line_puts_back_what_the_lines_before_it_took() -> None:
    stock = {A: _stock(on_hand=1, declared=5), B: _stock(declared=1)}
    lines = [_line(1, A, 1), _line(2, A, 5), _line(3, B, 2)]
    assert route_order(lines, stock, bound=True, cut=False) == Choice("self", Reason.STOCK_SHORT, 3)
    assert stock == {A: _stock(on_hand=1, declared=5), B: _stock(declared=1)}


def test_lines_of_both_pools_are_reserved_from_declared_stock() -> None:
    stock = {A: _stock(on_hand=1), B: _stock(declared=1)}
    choice = route_order([_line(1, A, 1), _line(2, B, 1)], stock, bound=True, cut=False)
    assert choice == Choice("semi", Reason.RESERVED, None, ("on_hand", "declared"))


_lines = st.lists(
    st.tuples(st.sampled_from([A, B, None]), st.integers(1, 5), st.booleans()), min_size=1, max_size=4
).map(lambda rows: [_line(n, b, q, semi=s or n > 1) for n, (b, q, s) in enumerate(rows, start=1)])
_available = st.builds(
    Available, on_hand=st.integers(0, 12), declared=st.integers(0, 12), stated_in_time=st.booleans()
)


@given(
    st.lists(st.tuples(_lines, st.booleans(), st.booleans()), max_size=12),
    st.fixed_dictionaries({A: _available, B: _available}),
)
def test_routing_never_promises_more_than_there_is(
    orders: list[tuple[list[Demand], bool, bool]], stock: dict[int, Available]
) -> None:
    before = {key: replace(available) for key, available in stock.items()}
    promised = dict.fromkeys([(key, pool) for key in stock for pool in ("on_hand", "declared")], 0)
    for lines, bound, cut in orders:
        choice = route_order(lines, stock, bound=bound, cut=cut)
        assert (choice.route == "semi") == (len(choice.pools) == len(lines))
        for line, pool in zip(lines, choice.pools, strict=choice.route == "semi"):
            assert line.balance is not None
            assert pool == "on_hand" or stock[line.balance].stated_in_time or not cut
            promised[line.balance, pool] += line.quantity
    for key, available in stock.items():
        assert available.on_hand == before[key].on_hand - promised[key, "on_hand"] >= 0
        assert available.declared == before[key].declared - promised[key, "declared"] >= 0


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words_in_both_languages_and_a_rule_of_the_shipped_book(reason: Reason) -> None:
    words = REASON_WORDS[reason]
    assert words.zh
    assert words.en
    assert load_book().find(REASON_RULES[reason], date(2026, 3, 10)) is not None


def test_no_two_reasons_read_alike() -> None:
    assert len({words.zh for words in REASON_WORDS.values()}) == len(Reason) == len(REASON_RULES)
