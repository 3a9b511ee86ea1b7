"""Three ways to sell abroad side by side: semi-managed, fully managed, self-operated.

The programme's own figures come from its book. The article gives no fee card for the other modes:
what they cost is computed from the seller's own rates, else it is not computable and the article's
claim stands beside it as a claim.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bantuo.core.policy import Book, InForce
from bantuo.core.vocabulary import Ints, half_up

SEMI, FULL, SELF = MODES = ("semi", "full", "self")

# What a cell rests on.
RULE = "rule"  # a rule of the book
CLAIM = "claim"  # something the article says, on which nothing is decided
DERIVED = "derived"  # computed from claims, hence no more than a claim
COMPUTED = "computed"  # from the programme's rate card
OWN = "own"  # from the seller's own rates
OURS = "ours"  # this project's answer where the article says nothing
NOT_COMPUTABLE = "not_computable"
NOT_STATED = "not_stated"

_WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True)
class TypicalOrder:
    """What is compared: a seller's typical order; the fee is what the programme's card charges for it."""

    receipts_fen: int
    semi_fee_fen: int


@dataclass(frozen=True, slots=True)
class OwnRates:
    """What only the seller knows, per typical order; None is not known.

    `full_supply_fen` is what the platform pays for the goods under full management;
    `self_cost_fen` what packing, freight and returns cost the seller who does everything,
    `self_commission_bp` the platform's share then.
    """

    goods_cost_fen: int | None = None
    full_supply_fen: int | None = None
    self_cost_fen: int | None = None
    self_commission_bp: int | None = None
    self_settlement_days: int | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of one mode: the amount in the row's unit, what it rests on, the rules to open."""

    amount: Any
    basis: str
    cites: tuple[InForce, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One question, answered for each mode."""

    code: str
    unit: str
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Books:
    """The books that the comparison reads, by mode, on one day."""

    by_mode: Mapping[str, Book]
    on: date

    def find(self, mode: str, rule_id: str) -> InForce | None:
        """A rule of a mode's book; None where the article says nothing."""
        return self.by_mode[mode].find(rule_id, self.on)


def compare_costs(books: Books, *, order: TypicalOrder | None, own: OwnRates) -> tuple[Row, ...]:
    """Cost of the order, what is left of it, and the return on what was laid out."""
    costs = {mode: _cost(books, mode, order, own) for mode in MODES}
    return (
        Row("cost", "fen", costs),
        Row("cost_share", "bp", {mode: _share(cell, order) for mode, cell in costs.items()}),
        Row("left_over", "fen", {mode: _left_over(cell, order, own) for mode, cell in costs.items()}),
        Row("return", "bp", {mode: _return(mode, cell, order, own) for mode, cell in costs.items()}),
    )


def compare_terms(books: Books, *, own: OwnRates) -> tuple[Row, ...]:
    """What does not depend on an order: speed, days of cash tied up, deposit, age of the licence."""
    return (
        Row("on_time", "ppm", {mode: _on_time(books, mode) for mode in MODES}),
        Row("delivery", "tenth_days", {mode: _delivery(books, mode) for mode in MODES}),
        Row("cash_days", "days", {mode: _cash_days(books, mode, own) for mode in MODES}),
        Row("deposit", "fen", {mode: _of_book(books, mode, "DEP-1") for mode in MODES}),
        Row("licence_age", "days", {mode: _of_book(books, mode, "ELG-5") for mode in MODES}),
    )


def compare_freedoms(books: Books) -> tuple[Row, ...]:
    """What a seller may do in each mode: free, on request, refused, not stated."""
    cited = books.find(SEMI, "CAP-1")
    if cited is None:
        return ()
    capabilities = dict.fromkeys(row["capability"] for row in cited.amount)
    return tuple(Row(name, "freedom", dict(_freedoms(cited, name))) for name in capabilities)


def _freedoms(cited: InForce, capability: str) -> Iterator[tuple[str, Cell]]:
    for row in cited.amount:
        if row["capability"] == capability:
            basis = NOT_STATED if row["answer"] == NOT_STATED else RULE if row["origin"] == "seed" else OURS
            yield row["mode"], Cell(row["answer"], basis, (cited,))


def _cost(books: Books, mode: str, order: TypicalOrder | None, own: OwnRates) -> Cell:
    """What the order costs the seller: fees, own expenses, or what is given up to the supply price."""
    claims = tuple(c for c in (books.find(mode, "CLM-8"), books.find(mode, "CLM-8.above_full")) if c)
    if order is None:
        return Cell(None, NOT_COMPUTABLE, claims)
    if mode == SEMI:
        return Cell(order.semi_fee_fen, COMPUTED, claims)
    if mode == FULL and own.full_supply_fen is not None:
        return Cell(order.receipts_fen - own.full_supply_fen, OWN)
    if mode == SELF and own.self_cost_fen is not None and own.self_commission_bp is not None:
        commission = int(half_up(Ints(), order.receipts_fen * own.self_commission_bp, _WHOLE_BP))
        return Cell(own.self_cost_fen + commission, OWN)
    return Cell(None, NOT_COMPUTABLE, claims)


def _share(cost: Cell, order: TypicalOrder | None) -> Cell:
    if cost.amount is None or order is None or order.receipts_fen <= 0:
        return Cell(None, NOT_COMPUTABLE)
    return Cell(int(half_up(Ints(), cost.amount * _WHOLE_BP, order.receipts_fen)), cost.basis)


def _profit(cost: Cell, order: TypicalOrder | None, own: OwnRates) -> int | None:
    if cost.amount is None or order is None or own.goods_cost_fen is None:
        return None
    return order.receipts_fen - int(cost.amount) - own.goods_cost_fen


def _left_over(cost: Cell, order: TypicalOrder | None, own: OwnRates) -> Cell:
    profit = _profit(cost, order, own)
    return Cell(None, NOT_COMPUTABLE) if profit is None else Cell(profit, OWN)


def _return(mode: str, cost: Cell, order: TypicalOrder | None, own: OwnRates) -> Cell:
    """Profit over what was laid out before the money came: the goods, and one's own shipping."""
    profit = _profit(cost, order, own)
    outlay = (own.goods_cost_fen or 0) + (own.self_cost_fen or 0 if mode == SELF else 0)
    if profit is None or outlay <= 0:
        return Cell(None, NOT_COMPUTABLE)
    return Cell(int(half_up(Ints(), profit * _WHOLE_BP, outlay)), OWN)


def _on_time(books: Books, mode: str) -> Cell:
    cited = books.find(SEMI, "CLM-9")
    found = [row["on_time_ppm"] for row in cited.amount if row["mode"] == mode] if cited else []
    return Cell(found[0], CLAIM, (cited,)) if cited and found else Cell(None, NOT_STATED)


def _delivery(books: Books, mode: str) -> Cell:
    """Mean days to delivery; for the other modes what the article's differences come to (A-04)."""
    base, more = books.find(SEMI, "CLM-4"), None if mode == SEMI else books.find(mode, "CLM-4")
    if base is None or (mode != SEMI and more is None):
        return Cell(None, NOT_STATED)
    if more is None:
        return Cell(base.amount, CLAIM, (base,))
    return Cell(base.amount + more.amount, DERIVED, (base, more))


def _cash_days(books: Books, mode: str, own: OwnRates) -> Cell:
    if mode == SELF and own.self_settlement_days is not None:
        return Cell(own.self_settlement_days, OWN)
    return _of_book(books, mode, "SET-1")


def _of_book(books: Books, mode: str, rule_id: str) -> Cell:
    cited = books.find(mode, rule_id)
    if cited is None:
        return Cell(None, NOT_STATED)
    return Cell(cited.amount, CLAIM if cited.rule.detail.get("kind") == "claim" else RULE, (cited,))
