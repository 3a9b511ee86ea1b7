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

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bantuo.core.policy import Book, InForce, Text
from bantuo.core.rate_card import (
    BASES,
    DERIVED,
    INPUT_RANGES,
    OPERATORS,
    WEIGHT_MODES,
    AdValorem,
    Band,
    Card,
    Condition,
    Flat,
    Line,
    Packing,
    PercentOf,
    Tariff,
    WeightBands,
    WeightLinear,
    WeightRule,
    WeightSteps,
)

FEN_MAX = 100_000_000  # a million yuan for one fee
GRAMS_MAX = 1_000_000
RATE_MAX = 10_000


class CardProblems(ValueError):
    """A rate card that cannot be charged by: every problem with its place in the card."""

    def __init__(self, card_id: str, problems: tuple[str, ...]) -> None:
        super().__init__(f"card {card_id}: " + "; ".join(problems))
        self.card_id, self.problems = card_id, problems


def card_from_mapping(mapping: Mapping[str, Any]) -> Card:
    """A card whose integers are all literal; raises CardProblems listing everything wrong at once."""
    return _Reading(resolve=_no_rules).card(mapping)


def resolve_card(book: Book, card_id: str, *, on: date) -> Card:
    """The book's card as in force on `on`: integers from the rules, and the rules it cites.

    Raises CardProblems, or PolicyNotInForce for a rule without a value on that day.
    """
    if card_id not in book.cards:
        raise CardProblems(card_id, (f"{book.id} has no such card, only {', '.join(book.cards) or 'none'}",))
    return _Reading(resolve=lambda rule_id: book.in_force(rule_id, on)).card(
        {"id": card_id, "currency": book.currency, **book.cards[card_id]}
    )


def _no_rules(rule_id: str) -> InForce:
    raise KeyError(rule_id)


@dataclass
class _Reading:
    """One pass over a card: collects the problems and the rules that were asked for."""

    resolve: Callable[[str], InForce]
    problems: list[str] = field(default_factory=list)
    cited: dict[str, InForce] = field(default_factory=dict)
    weight_rules: tuple[str, ...] = ()
    used: dict[str, None] = field(default_factory=dict)  # rules that gave integers of the current part

    def card(self, mapping: Mapping[str, Any]) -> Card:
        top = _Fields(self, dict(mapping), "card")
        card = Card(
            id=top.text("id"),
            label=top.label(),
            currency=top.text("currency", default="CNY"),
            weight=self._weight(_Fields(self, top.take("weight", default={}), "weight")),
            lines=tuple(
                self._line(_Fields(self, line, f"lines[{n}]"))
                for n, line in enumerate(top.take("lines", default=[]))
            ),
            citations=self.cited,
        )
        top.nothing_left()
        self._check_whole(card)
        if self.problems:
            raise CardProblems(str(mapping.get("id", "?")), tuple(self.problems))
        return card

    def _weight(self, f: _Fields) -> WeightRule:
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
        self.weight_rules, self.used = tuple(self.used), {}
        return made

    def _line(self, f: _Fields) -> Line:
        code = f.text("code")
        f.where = f"line {code}"
        label, tariff = f.label(), _KINDS.get(f.choice("kind", tuple(_KINDS)), _flat)(f)
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

    def _conditions(self, f: _Fields) -> tuple[Condition, ...]:
        asked = f.take("when", default=[])
        return tuple(self._condition(f, one) for one in (asked if isinstance(asked, list) else [asked]))

    def _condition(self, f: _Fields, asked: Any) -> Condition:
        inner = _Fields(self, asked, f"{f.where} when")
        made = Condition(
            input=inner.choice("input", (*INPUT_RANGES, *DERIVED)),
            op=inner.choice("op", OPERATORS),
            value=inner.integer("value", low=-(10**12), high=10**12),
        )
        inner.nothing_left()
        return made

    def _cites(self, f: _Fields, tariff: Tariff) -> tuple[str, ...]:
        """The rules the line names and those that gave its integers, each once, in that order."""
        named = [str(rule_id) for rule_id in f.take("cites", default=[])]
        by_weight = isinstance(tariff, WeightSteps | WeightLinear | WeightBands)
        cites = tuple(dict.fromkeys((*named, *self.used, *(self.weight_rules if by_weight else ()))))
        self.used = {}
        if self.resolve is not _no_rules:
            self.cited.update({rule_id: self.resolve(rule_id) for rule_id in cites})
        return cites

    def _check_whole(self, card: Card) -> None:
        codes = [line.code for line in card.lines]
        if not codes:
            self.problems.append("card: has no lines")
        if len(set(codes)) != len(codes):
            self.problems.append("card: two lines have the same code")
        if card.weight.mode != "actual" and card.weight.divisor == 1:
            self.problems.append(f"weight: mode {card.weight.mode} needs a divisor")
        for place, line in enumerate(card.lines):
            self._check_line(line, before=codes[:place], card=card)

    def _check_line(self, line: Line, *, before: list[str], card: Card) -> None:
        if not line.code.isidentifier() or line.code in ("total_fen", "over_card"):
            self.problems.append(f"line {line.code}: not usable as a code")
        match line.tariff:
            case PercentOf(lines=lines) if set(lines) - set(before) or not lines:
                self.problems.append(f"line {line.code}: lines must name earlier lines, got {list(lines)}")
            case WeightBands(bands=bands):
                self._check_bands(line, [b.up_to_g for b in bands], card=card)
            case _:
                pass

    def _check_bands(self, line: Line, edges: list[int], *, card: Card) -> None:
        if not edges or edges != sorted(set(edges)):
            self.problems.append(f"line {line.code}: bands must rise, got {edges}")
        elif edges[-1] < (card.weight.maximum_g or GRAMS_MAX):
            self.problems.append(
                f"line {line.code}: the last band ends at {edges[-1]} g: set weight.maximum_g or add a band"
            )


@dataclass
class _Fields:
    """The fields of one mapping, taken one by one; what is left at the end is unknown."""

    reading: _Reading
    mapping: Any
    where: str

    def __post_init__(self) -> None:
        if not isinstance(self.mapping, Mapping):
            self.problem(f"must be a mapping, got {self.mapping!r}")
            self.mapping = {}
        self.mapping = dict(self.mapping)

    def problem(self, message: str) -> None:
        self.reading.problems.append(f"{self.where}: {message}")

    def take(self, name: str, *, default: Any = None) -> Any:
        return self.mapping.pop(name, default)

    def text(self, name: str, *, default: str | None = None) -> str:
        value = self.take(name, default=default)
        if not isinstance(value, str) or not value:
            self.problem(f"{name} must be a text, got {value!r}")
        return str(value)

    def label(self) -> Text:
        inner = _Fields(self.reading, self.take("label", default={}), f"{self.where} label")
        return Text(zh=inner.text("zh"), en=inner.text("en"))

    def choice(self, name: str, allowed: tuple[str, ...], *, default: str | None = None) -> str:
        value = self.take(name, default=default)
        if value not in allowed:
            self.problem(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
        return str(value)

    def integer(self, name: str, *, low: int, high: int, default: int | None = None) -> int:
        value = self._amount(self.take(name, default=default), name)
        if type(value) is not int or not low <= value <= high:
            self.problem(f"{name} must be an integer from {low} to {high}, got {value!r}")
            return low if low > 0 else 1
        return value

    def _amount(self, value: Any, name: str) -> Any:
        if not isinstance(value, Mapping):
            return value
        if set(value) != {"rule"}:
            return self.problem(f"{name} must be an integer or {{rule: ID}}, got {dict(value)!r}")
        try:
            found = self.reading.resolve(value["rule"])
        except KeyError:
            return self.problem(f"{name}: a literal card cannot name a rule, got {value['rule']}")
        self.reading.cited[value["rule"]] = found
        self.reading.used[value["rule"]] = None
        return found.amount

    def nothing_left(self) -> None:
        for name in self.mapping:
            self.problem(f"unknown field {name!r}")


def _ad_valorem(f: _Fields) -> Tariff:
    of = f.choice("of", ("receipts_fen",), default="receipts_fen")
    rate = f.integer("rate_bp", low=0, high=RATE_MAX)
    asked = f.take("granted")
    if asked is None:
        return AdValorem(of=of, rate_bp=rate)
    granted = _Fields(f.reading, asked, f"{f.where} granted")
    floor = granted.mapping.get("floor_bp")
    made = AdValorem(
        of=of,
        rate_bp=rate,
        granted_input=granted.choice("input", ("granted_rate_bp",)),
        floor_bp=granted.integer("floor_bp", low=0, high=RATE_MAX),
        floor_rule=floor["rule"] if isinstance(floor, Mapping) else granted.text("rule", default="the card"),
    )
    granted.nothing_left()
    return made


def _steps(f: _Fields) -> WeightSteps:
    return WeightSteps(
        first_g=f.integer("first_g", low=0, high=GRAMS_MAX, default=0),
        first_fen=f.integer("first_fen", low=0, high=FEN_MAX, default=0),
        step_g=f.integer("step_g", low=1, high=GRAMS_MAX),
        step_fen=f.integer("step_fen", low=0, high=FEN_MAX),
        steps=f.choice("steps", ("started", "continuous"), default="started"),
        basis=f.choice("basis", BASES, default="chargeable"),
        handling_fen=f.integer("handling_fen", low=0, high=FEN_MAX, default=0),
    )


def _linear(f: _Fields) -> WeightLinear:
    return WeightLinear(
        fen=f.integer("fen", low=0, high=FEN_MAX),
        per_g=f.integer("per_g", low=1, high=GRAMS_MAX),
        basis=f.choice("basis", BASES, default="chargeable"),
        handling_fen=f.integer("handling_fen", low=0, high=FEN_MAX, default=0),
    )


def _bands(f: _Fields) -> Tariff:
    asked = enumerate(f.take("bands", default=[]))
    return WeightBands(tuple(_band(_Fields(f.reading, band, f"{f.where} bands[{n}]")) for n, band in asked))


def _band(f: _Fields) -> Band:
    up_to_g = f.integer("up_to_g", low=1, high=GRAMS_MAX)
    made = Band(up_to_g=up_to_g, tariff=_linear(f) if "per_g" in f.mapping else _steps(f))
    f.nothing_left()
    return made


def _flat(f: _Fields) -> Tariff:
    times = f.take("times")
    if times is not None and times not in ("items", "hs6_lines", "carton_pieces"):
        f.problem(f"times must be a counted input, got {times!r}")
    return Flat(fee_fen=f.integer("fee_fen", low=-FEN_MAX, high=FEN_MAX), times=times)


def _percent_of(f: _Fields) -> Tariff:
    lines = tuple(str(code) for code in f.take("lines", default=[]))
    return PercentOf(lines=lines, rate_bp=f.integer("rate_bp", low=-RATE_MAX, high=RATE_MAX))


def _packing(f: _Fields) -> Tariff:
    fee = None if "fee_fen" not in f.mapping else f.integer("fee_fen", low=0, high=FEN_MAX)
    return Packing(
        fee_fen=fee,
        pieces_min=f.integer("pieces_min", low=1, high=100_000),
        discount_bp=f.integer("discount_bp", low=0, high=RATE_MAX),
        pieces_input=f.choice("input", ("carton_pieces",), default="carton_pieces"),
    )


_KINDS: Mapping[str, Callable[[_Fields], Tariff]] = {
    "ad_valorem": _ad_valorem,
    "weight_steps": _steps,
    "weight_linear": _linear,
    "weight_bands": _bands,
    "flat": _flat,
    "percent_of": _percent_of,
    "packing": _packing,
}
