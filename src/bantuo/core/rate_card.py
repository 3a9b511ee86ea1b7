"""A rate card as plain typed values: what a programme or carrier charges, with every integer resolved.

A card is a currency, a way to find the chargeable weight, and lines in order. `core.card_text`
reads it from a mapping; `core.fees` says what it means; `core.fee_words` says it in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bantuo.core.policy import InForce, Text

# Name → (lowest, highest) of every input that a card may read. The highest are absurd on purpose
# (a tonne, ten metres, ten thousand million yuan): within them no card can leave 64 bits.
INPUT_RANGES: Mapping[str, tuple[int, int]] = {
    "receipts_fen": (-1_000_000_000_000, 1_000_000_000_000),
    "weight_g": (1, 1_000_000),
    "volume_mm3": (1, 1_000_000_000_000),
    "length_mm": (1, 10_000),
    "width_mm": (1, 10_000),
    "height_mm": (1, 10_000),
    "distance_m": (0, 40_000_000),
    "label": (0, 1),
    "photo_qc": (0, 1),
    "carton_pieces": (0, 100_000),
    "granted_rate_bp": (0, 10_000),
    "items": (1, 100_000),
    "hs6_lines": (1, 1_000),
}
SIDES = ("length_mm", "width_mm", "height_mm")

# What an input is when it is not given: a service that was not ticked, a rate that was not granted.
# Every other input must be stated, since a guess would under- or overcharge.
DEFAULTS: Mapping[str, int] = {
    "label": 0,
    "photo_qc": 0,
    "carton_pieces": 0,
    "granted_rate_bp": 0,
    "items": 1,
}

WEIGHT_MODES = ("actual", "greater_of", "half_throw")
BASES = ("chargeable", "actual", "volumetric")
OPERATORS = ("gt", "ge", "lt", "le", "eq")
DERIVED = ("chargeable_g", "longest_side_mm")  # what a condition may ask beside the inputs


@dataclass(frozen=True, slots=True)
class Condition:
    """When a line applies: `input op value`, the value in the unit of the input's name."""

    input: str
    op: str
    value: int


@dataclass(frozen=True, slots=True)
class WeightRule:
    """How actual and dimensional weight become the chargeable weight.

    The dimensional weight is volume ÷ `divisor` (mm³ per gram). It counts only if some side
    reaches `any_side_mm` and if it exceeds the actual weight by more than `excess_g` (free throw).
    """

    divisor: int = 1
    mode: str = "actual"
    ceil_side_mm: int = 1
    any_side_mm: int = 0
    excess_g: int = 0
    round_up_g: int = 0  # 0: the exact fraction of a gram is kept
    minimum_g: int = 0
    maximum_g: int = 0  # 0: the card has no upper limit

    @property
    def scale(self) -> int:
        """The chargeable weight is an integer number of 1/scale gram: never rounded on the way."""
        if self.round_up_g or self.mode == "actual":
            return 1
        return 2 * self.divisor if self.mode == "half_throw" else self.divisor


@dataclass(frozen=True, slots=True)
class AdValorem:
    """A rate on an amount; a granted rate (0 = none) may lower it, to no less than the floor."""

    of: str
    rate_bp: int
    granted_input: str | None = None
    floor_bp: int = 0
    floor_rule: str = ""  # the rule that gives the floor, for the refusal


@dataclass(frozen=True, slots=True)
class WeightSteps:
    """First weight, then started (or continuous) steps; `first_g` 0 makes every step alike."""

    first_g: int
    first_fen: int
    step_g: int
    step_fen: int
    steps: str = "started"  # started | continuous
    basis: str = "chargeable"
    handling_fen: int = 0


@dataclass(frozen=True, slots=True)
class WeightLinear:
    """`fen` for each `per_g` grams, exactly by weight, and a handling fee."""

    fen: int
    per_g: int
    basis: str = "chargeable"
    handling_fen: int = 0


@dataclass(frozen=True, slots=True)
class Band:
    """A tariff for parcels up to and including a weight."""

    up_to_g: int
    tariff: WeightSteps | WeightLinear


@dataclass(frozen=True, slots=True)
class WeightBands:
    """The band of the chargeable weight chooses the tariff of the whole parcel."""

    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Flat:
    """A fee per parcel, or per unit counted by an input."""

    fee_fen: int
    times: str | None = None


@dataclass(frozen=True, slots=True)
class PercentOf:
    """A share of earlier lines: fuel, mark-up, tax; negative for a discount."""

    lines: tuple[str, ...]
    rate_bp: int


@dataclass(frozen=True, slots=True)
class Packing:
    """The packing fee and its discount for full cartons; None if the card names no packing fee."""

    fee_fen: int | None
    pieces_min: int
    discount_bp: int
    pieces_input: str = "carton_pieces"


Tariff = AdValorem | WeightSteps | WeightLinear | WeightBands | Flat | PercentOf | Packing


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a quote: what is charged, when, and the rules it rests on."""

    code: str
    label: Text
    tariff: Tariff
    when: tuple[Condition, ...] = ()
    minimum_fen: int = 0
    round_to_fen: int = 1  # 10 rounds the line to the jiao, half away from zero
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A rate card ready to be priced: integers only, with the rules that gave them."""

    id: str
    label: Text
    currency: str
    weight: WeightRule
    lines: tuple[Line, ...]
    citations: Mapping[str, InForce] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The inputs that the card reads, in the order of INPUT_RANGES."""
        read = set(self._conditions()) | set(self._tariff_inputs())
        if self.reads_weight:
            read |= {"weight_g"}
            read |= set(SIDES) if self.reads_sides else {"volume_mm3"} if self.reads_volume else set()
        return tuple(name for name in INPUT_RANGES if name in read - set(DERIVED))

    @property
    def reads_weight(self) -> bool:
        """Whether any line or condition depends on the weight."""
        by_weight = any(isinstance(t, WeightSteps | WeightLinear | WeightBands) for t in self._tariffs())
        return by_weight or "chargeable_g" in self._conditions() or self.weight.maximum_g > 0

    @property
    def reads_volume(self) -> bool:
        """Whether the dimensional weight can matter."""
        return self.weight.mode != "actual" or "volumetric" in _bases(self._tariffs())

    @property
    def reads_sides(self) -> bool:
        """Whether the three sides are needed, not only their product."""
        by_side = self.reads_volume and (self.weight.ceil_side_mm > 1 or self.weight.any_side_mm > 0)
        return by_side or "longest_side_mm" in self._conditions()

    def _tariffs(self) -> Iterator[Tariff]:
        return (line.tariff for line in self.lines)

    def _conditions(self) -> set[str]:
        return {condition.input for line in self.lines for condition in line.when}

    def _tariff_inputs(self) -> Iterator[str]:
        for tariff in self._tariffs():
            match tariff:
                case AdValorem(of=of, granted_input=granted):
                    yield from (name for name in (of, granted) if name)
                case Flat(times=str(times)):
                    yield times
                case Packing(pieces_input=pieces):
                    yield pieces
                case _:
                    pass


def _bases(tariffs: Iterator[Tariff]) -> set[str]:
    found: set[str] = set()
    for tariff in tariffs:
        inner = [b.tariff for b in tariff.bands] if isinstance(tariff, WeightBands) else [tariff]
        found |= {t.basis for t in inner if isinstance(t, WeightSteps | WeightLinear)}
    return found
