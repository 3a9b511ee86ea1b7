"""Quotes: a rate card compiled once, then one parcel in about a microsecond or many as columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

import polars as pl

from bantuo.core.card_inputs import InputProblem, InputsRefused, complete_inputs, input_limits
from bantuo.core.fee_words import describe_line
from bantuo.core.fees import OVER_CARD, charge_rule, resolve_card
from bantuo.core.policy import Book, InForce, Text
from bantuo.core.rate_card import DEFAULTS, INPUT_RANGES, SIDES, Card
from bantuo.core.vocabulary import Reader, Rule, Vocabulary
from bantuo.engine.checked_call import checked_call
from bantuo.engine.columns import apply_rule
from bantuo.engine.interval import check_overflow
from bantuo.engine.trace import compile_rule

Amounts = dict[str, int]


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One charge with everything it rests on."""

    code: str
    label: Text
    fen: int
    formula: Text
    citations: tuple[InForce, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A priced parcel: lines in the order of the card, their sum, and the inputs as they were read."""

    card: str
    currency: str
    book: str
    version: str
    inputs: Mapping[str, int]
    lines: tuple[QuoteLine, ...]
    total_fen: int


class ColumnMissing(LookupError):
    """A frame lacks a column that the card must read and that has no default."""


class Quoter:
    """Prices parcels by one card; building it costs a few milliseconds, so keep it.

    Refuses a card that could leave 64 bits for some input in range (OverflowPossible).
    """

    def __init__(self, card: Card) -> None:
        rule = charge_rule(card)
        check_overflow(rule, INPUT_RANGES)
        self.card = card
        self._compiled, self._names = compile_rule(rule, card.inputs)
        self.amounts: Callable[[Mapping[str, Any]], Amounts] = checked_call(
            card, compiled=self._compiled, names=self._names, slowly=self._slowly
        )

    @property
    def policy(self) -> str:
        """The book, version and card that decide, as stamped on files: `aliexpress-semi@1a2b3c semi`."""
        cited = next(iter(self.card.citations.values()), None)
        return f"{cited.book}@{cited.version} {self.card.id}" if cited else self.card.id

    def quote(self, inputs: Mapping[str, object]) -> Quote:
        """The parcel's quote with formulas and citations; raises InputsRefused."""
        complete = complete_inputs(self.card, inputs)
        amounts = self._slowly(inputs)
        cited = self.card.citations
        some = next(iter(cited.values()), None)
        return Quote(
            card=self.card.id,
            currency=self.card.currency,
            book=some.book if some else "",
            version=some.version if some else "",
            inputs=complete,
            lines=tuple(
                QuoteLine(
                    code=line.code,
                    label=line.label,
                    fen=amounts[line.code],
                    formula=describe_line(line, card=self.card, inputs=complete, amounts=amounts),
                    citations=tuple(cited[rule_id] for rule_id in line.cites if rule_id in cited),
                    rules=line.cites,
                )
                for line in self.card.lines
            ),
            total_fen=amounts["total_fen"],
        )

    def _slowly(self, inputs: Mapping[str, object]) -> Amounts:
        """As `amounts`, with every problem named; the fast path comes here when anything is unusual."""
        complete = complete_inputs(self.card, inputs)
        made = self._compiled(*(complete[name] for name in self.card.inputs))
        amounts = dict(zip(self._names, made, strict=True))
        if amounts.pop(OVER_CARD, 0):
            raise InputsRefused((over_card_problem(self.card, complete["weight_g"]),))
        return amounts


def over_card_problem(card: Card, weight_g: int) -> InputProblem:
    """The refusal of a parcel that is heavier than the card knows."""
    rule = f"card {card.id} ends at a chargeable weight of {card.weight.maximum_g} g"
    return InputProblem("weight_g", weight_g, rule)


def quoter_for(book: Book, card_id: str, *, on: date) -> Quoter:
    """The quoter of a book's card on a day; compiled once for each set of values in force."""
    return _quoter_asked(_Asked(book=book, key=(book.id, book.version, card_id, on)))


def price_columns(frame: pl.LazyFrame, card: Card) -> pl.LazyFrame:
    """The frame with one Int64 column `<code>_fen` per line and `total_fen` added, lazily.

    Columns in: the card's inputs as Int64 (the three sides may stand for `volume_mm3`; a column
    with a default may be left out). A row with a missing or out-of-range input, or heavier than
    the card, gets null in every amount: never a wrong amount. `engine.quote_files` says why.
    """
    schema = frame.collect_schema()
    frame = frame.with_columns(_as_int64(card, schema)).with_columns(_added_columns(card, schema.names()))
    priced = apply_rule(frame, _renamed(charge_rule(card)))
    amounts = [f"{line.code}_fen" for line in card.lines] + ["total_fen"]
    priced = priced.with_columns(pl.when(_priceable(card)).then(pl.col(amounts)))
    added = (name for name in (*card.inputs, OVER_CARD) if name not in schema)
    return priced.drop(added, strict=False)


def row_is_priceable(card: Card) -> pl.Expr:
    """True where every input of the card is present and in range (not looking at the card's end)."""
    return pl.all_horizontal(*(limit_holds(name, card) for name in card.inputs)).fill_null(False)


def limit_holds(name: str, card: Card) -> pl.Expr:
    """True where the column keeps its limit; null where it is null."""
    limit, column = input_limits(card)[name], pl.col(name)
    inside = column.is_between(limit.low, limit.high)
    return (inside | (column == 0)) if limit.zero_allowed else inside


def _priceable(card: Card) -> pl.Expr:
    inside = row_is_priceable(card)
    return inside & (pl.col(OVER_CARD) == 0) if card.weight.maximum_g else inside


def _as_int64(card: Card, schema: pl.Schema) -> list[pl.Expr]:
    """Narrower integers are widened first: their products would wrap."""
    read = (*card.inputs, *SIDES)
    return [
        pl.col(name).cast(pl.Int64)
        for name in dict.fromkeys(read)
        if schema.get(name) not in (None, pl.Int64)
    ]


def _added_columns(card: Card, names: Sequence[str]) -> list[pl.Expr]:
    missing = [name for name in card.inputs if name not in names]
    return [_volume_of_sides() if name == "volume_mm3" else _default(name) for name in missing]


def _default(name: str) -> pl.Expr:
    if name not in DEFAULTS:
        raise ColumnMissing(name)
    return pl.lit(DEFAULTS[name], dtype=pl.Int64).alias(name)


def _volume_of_sides() -> pl.Expr:
    legal = pl.all_horizontal(*(pl.col(side).is_between(*INPUT_RANGES[side]) for side in SIDES))
    length, width, height = (pl.col(side) for side in SIDES)
    return pl.when(legal).then(length * width * height).alias("volume_mm3")


def _renamed(rule: Rule) -> Rule:
    """The rule with `_fen` behind every line code, so that line `label` does not replace input `label`."""

    def renamed(k: Vocabulary, r: Reader) -> Mapping[str, Any]:
        kept = ("total_fen", OVER_CARD)
        return {name if name in kept else f"{name}_fen": value for name, value in rule(k, r).items()}

    return renamed


@dataclass(frozen=True, slots=True)
class _Asked:
    """A card of a book on a day; the book's version stands for its content."""

    book: Book = field(compare=False)
    key: tuple[str, str, str, date]


@dataclass(frozen=True, slots=True)
class _InForceCard:
    """A card compared by all it says and cites; the hash leaves out what cannot be hashed."""

    card: Card
    version: str

    def __hash__(self) -> int:
        return hash((self.version, self.card.id, self.card.weight, self.card.lines))


@lru_cache(maxsize=1024)
def _quoter_asked(asked: _Asked) -> Quoter:
    _, version, card_id, on = asked.key
    return _quoter(_InForceCard(card=resolve_card(asked.book, card_id, on=on), version=version))


@lru_cache(maxsize=64)
def _quoter(found: _InForceCard) -> Quoter:
    return Quoter(found.card)
