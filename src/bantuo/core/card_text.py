"""Read a rate card from a plain mapping (YAML): refuse what is unknown, resolve `{rule: ID}` on a day.

Shape, with `tests/core/cards/semi_a.yaml` as the example. Top: `id`, `label {zh, en}`, `currency`,
`weight`, `lines`. `weight`: `divisor`, `mode`, and optionally `ceil_side_mm`, `any_side_mm`,
`excess_g`, `round_up_g`, `minimum_g`, `maximum_g`. Each line: `code`, `label`, `kind`, the fields
of the kind, and optionally `when` (one condition or a list, all of which must hold),
`minimum_fen`, `round_to_fen`, `cites`.

| kind | fields |
|---|---|
| ad_valorem | of, rate_bp, granted {input, floor_bp} |
| weight_steps | first_g, first_fen, step_g, step_fen, steps started/continuous, basis, handling_fen |
| weight_linear | fen, per_g, basis, handling_fen |
| weight_bands | bands: list of {up_to_g, and the fields of weight_steps or of weight_linear} |
| flat | fee_fen, times (an input to multiply with) |
| percent_of | lines (codes of earlier lines), rate_bp (negative: a discount) |
| packing | fee_fen (left out: the card names none), pieces_min, discount_bp, input |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bantuo.core.card_fields import FEN_MAX, GRAMS_MAX, Fields, Reading, no_rules
from bantuo.core.card_tariffs import read_tariff
from bantuo.core.policy import Book
from bantuo.core.rate_card import (
    DERIVED,
    INPUT_RANGES,
    OPERATORS,
    WEIGHT_MODES,
    Card,
    Condition,
    Line,
    PercentOf,
    Tariff,
    WeightBands,
    WeightLinear,
    WeightRule,
    WeightSteps,
)


class CardProblems(ValueError):
    """A rate card that cannot be charged by: every problem with its place in the card."""

    def __init__(self, card_id: str, problems: tuple[str, ...]) -> None:
        super().__init__(f"card {card_id}: " + "; ".join(problems))
        self.card_id, self.problems = card_id, problems


def card_from_mapping(mapping: Mapping[str, Any]) -> Card:
    """A card whose integers are all literal; raises CardProblems listing everything wrong at once."""
    return _CardReader(Reading(no_rules)).card(mapping)


def resolve_card(book: Book, card_id: str, *, on: date) -> Card:
    """The book's card as in force on `on`: integers from the rules, and the rules it cites.

    Raises CardProblems, or PolicyNotInForce for a rule without a value on that day.
    """
    if card_id not in book.cards:
        raise CardProblems(card_id, (f"{book.id} has no such card, only {', '.join(book.cards) or 'none'}",))
    reading = Reading(lambda rule_id: book.in_force(rule_id, on))
    return _CardReader(reading).card({"id": card_id, "currency": book.currency, **book.cards[card_id]})


@dataclass
class _CardReader:
    """Reads one card and checks it as a whole."""

    reading: Reading
    weight_rules: tuple[str, ...] = ()

    def card(self, mapping: Mapping[str, Any]) -> Card:
        top = Fields(self.reading, dict(mapping), "card")
        card = Card(
            id=top.text("id"),
            label=top.label(),
            currency=top.text("currency", default="CNY"),
            weight=self._weight(Fields(self.reading, top.take("weight", default={}), "weight")),
            lines=tuple(
                self._line(Fields(self.reading, line, f"lines[{n}]"))
                for n, line in enumerate(top.items("lines"))
            ),
            citations=self.reading.cited,
        )
        top.nothing_left()
        self._check_whole(card)
        if self.reading.problems:
            raise CardProblems(str(mapping.get("id", "?")), tuple(self.reading.problems))
        return card

    def _weight(self, f: Fields) -> WeightRule:
        made = WeightRule(
            divisor=f.integer("divisor", low=1, high=100_000, default=1),
            mode=f.choice("mode", WEIGHT_MODES, default="actual"),
            ceil_side_mm=f.integer("ceil_side_mm", low=1, high=1_000, default=1),
            any_side_mm=f.integer("any_side_mm", low=0, high=10_000, default=0),
            excess_g=f.integer("excess_g", low=0, high=GRAMS_MAX, default=0),
            round_up_g=f.integer("round_up_g", low=0, high=GRAMS_MAX, default=0),
            minimum_g=f.integer("minimum_g", low=0, high=GRAMS_MAX, default=0),
            maximum_g=f.integer("maximum_g", low=0, high=GRAMS_MAX, default=0),
        )
        f.nothing_left()
        self.weight_rules = self.reading.take_used()
        return made

    def _line(self, f: Fields) -> Line:
        code = f.text("code")
        f.where = f"line {code}"
        label, tariff = f.label(), read_tariff(f)
        made = Line(
            code=code,
            label=label,
            tariff=tariff,
            when=self._conditions(f),
            minimum_fen=f.integer("minimum_fen", low=0, high=FEN_MAX, default=0),
            round_to_fen=f.integer("round_to_fen", low=1, high=10_000, default=1),
            cites=self._cites(f, tariff),
        )
        f.nothing_left()
        return made

    def _conditions(self, f: Fields) -> tuple[Condition, ...]:
        asked = f.take("when", default=[])
        return tuple(self._condition(f, one) for one in (asked if isinstance(asked, list) else [asked]))

    def _condition(self, f: Fields, asked: Any) -> Condition:
        inner = f.inner(asked, "when")
        made = Condition(
            input=inner.choice("input", (*INPUT_RANGES, *DERIVED)),
            op=inner.choice("op", OPERATORS),
            value=inner.integer("value", low=-(10**12), high=10**12),
        )
        inner.nothing_left()
        return made

    def _cites(self, f: Fields, tariff: Tariff) -> tuple[str, ...]:
        """The rules the line names and those that gave its integers, each once, in that order."""
        named = [str(rule_id) for rule_id in f.items("cites")]
        by_weight = isinstance(tariff, WeightSteps | WeightLinear | WeightBands)
        cites = tuple(
            dict.fromkeys((*named, *self.reading.take_used(), *(self.weight_rules if by_weight else ())))
        )
        if self.reading.resolve is not no_rules:
            self.reading.cited.update({rule_id: self.reading.resolve(rule_id) for rule_id in cites})
        return cites

    def _check_whole(self, card: Card) -> None:
        codes = [line.code for line in card.lines]
        if not codes:
            self.reading.problems.append("card: has no lines")
        if len(set(codes)) != len(codes):
            self.reading.problems.append("card: two lines have the same code")
        if card.weight.mode != "actual" and card.weight.divisor == 1:
            self.reading.problems.append(f"weight: mode {card.weight.mode} needs a divisor")
        for place, line in enumerate(card.lines):
            self._check_line(line, before=codes[:place], card=card)

    def _check_line(self, line: Line, *, before: list[str], card: Card) -> None:
        if not line.code.isidentifier() or line.code in ("total_fen", "over_card"):
            self.reading.problems.append(f"line {line.code}: not usable as a code")
        match line.tariff:
            case PercentOf(lines=lines) if set(lines) - set(before) or not lines:
                self.reading.problems.append(
                    f"line {line.code}: lines must name earlier lines, got {list(lines)}"
                )
            case WeightBands(bands=bands):
                self._check_bands(line, [b.up_to_g for b in bands], card=card)
            case _:
                pass

    def _check_bands(self, line: Line, edges: list[int], *, card: Card) -> None:
        if not edges or edges != sorted(set(edges)):
            self.reading.problems.append(f"line {line.code}: bands must rise, got {edges}")
        elif edges[-1] < (card.weight.maximum_g or GRAMS_MAX):
            self.reading.problems.append(
                f"line {line.code}: the last band ends at {edges[-1]} g: set weight.maximum_g or add a band"
            )
