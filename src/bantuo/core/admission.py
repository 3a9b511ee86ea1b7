"""Who may join: the gates of a policy book as data, turned into one rule that answers in bit masks.

A gate compares one metric of a seller with one limit of the book. Bit i of each mask belongs to
the i-th gate. A metric that is not known leaves its gate *not evidenced*, which never passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bantuo.core.policy import Book, InForce
from bantuo.core.vocabulary import Reader, Rule, Vocabulary

MASKS = ("failed", "not_evidenced", "not_applicable")
GATES_MAX = 62  # a mask is an int64 and stays positive

_COMPARISONS = {
    ">=": ">=", "<=": "<=", ">": ">", "<": "<", "==": "==", "!=": "!=",
    "ge": ">=", "le": "<=", "gt": ">", "lt": "<", "eq": "==", "ne": "!=", "=": "==",
    "at_least": ">=", "at_most": "<=", "contains": "==", "in": "==", "is": "==",
}  # fmt: skip
_SCALES = {"ppm": 1_000_000, "bp": 10_000, "percent": 100}


class GateUnreadable(ValueError):
    """A rule of the book says it is a gate, but not in a form that can be decided."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One comparison: `metric op limit`, a ratio against `limit / scale`."""

    cite: InForce
    kind: str
    metric: str
    op: str
    limit: int
    scale: int = 1
    applies_when: tuple[str, int] | None = None
    needs: tuple[str, int] | None = None

    @property
    def rule_id(self) -> str:
        return self.cite.rule.id

    @property
    def is_ratio(self) -> bool:
        return self.kind == "ratio"

    def inputs(self) -> tuple[str, ...]:
        """The metrics the gate reads: a ratio is a numerator and a denominator."""
        own = (f"{self.metric}_num", f"{self.metric}_den") if self.is_ratio else (self.metric,)
        other = [pair[0] for pair in (self.applies_when, self.needs) if pair]
        return (*own, *other)


def gates_in_force(book: Book, *, on: date, topic_prefix: str = "ELG-") -> tuple[Gate, ...]:
    """The gates that a seller meets on a day, in the order of the book.

    A rule without a value on that day is no gate yet (EPR before 2024-07-01), so it is left out.
    """
    return tuple(_gates(book, on, topic_prefix))


def _gates(book: Book, on: date, prefix: str) -> Iterator[Gate]:
    for rule_id, rule in book.rules.items():
        found = book.find(rule_id, on) if rule_id.startswith(prefix) and "gate" in rule.detail else None
        if found is not None:
            yield read_gate(book, found, on=on)


def read_gate(book: Book, cite: InForce, *, on: date) -> Gate:
    """The gate a rule describes; raises GateUnreadable naming the rule."""
    told: Mapping[str, Any] = cite.rule.detail["gate"]
    op = _COMPARISONS.get(str(told.get("op", "==")))
    if op is None or "metric" not in told or "kind" not in told:
        raise GateUnreadable(f"{cite.rule.id}: gate needs kind, metric and a known op, not {dict(told)}")
    unit = str(told.get("unit", cite.rule.unit))
    return Gate(
        cite=cite,
        kind=str(told["kind"]),
        metric=str(told["metric"]),
        op=op,
        limit=_limit(cite, told),
        scale=_SCALES.get(unit, _SCALES.get(cite.rule.unit, 1)) if told["kind"] == "ratio" else 1,
        applies_when=_condition(told.get("applies_when")),
        needs=_sample(book, told, on),
    )


def _limit(cite: InForce, told: Mapping[str, Any]) -> int:
    """A limit that is text or a list (a phrase, the category list) is met when its metric is 1."""
    value = told.get("equals", cite.amount)
    return int(value) if isinstance(value, int) else 1


def _condition(told: Mapping[str, Any] | None) -> tuple[str, int] | None:
    return (str(told["metric"]), int(told["equals"])) if told else None


def _sample(book: Book, told: Mapping[str, Any], on: date) -> tuple[str, int] | None:
    """A percentile counts as evidence only over enough calls (A-11)."""
    sample: Mapping[str, Any] | None = told.get("evidenced_by")
    return (str(sample["metric"]), int(book.amount(str(sample["rule"]), on))) if sample else None


def gate_inputs(gates: Sequence[Gate]) -> tuple[str, ...]:
    """Every metric that the gates read, once, in a stable order."""
    return tuple(dict.fromkeys(name for gate in gates for name in gate.inputs()))


def gate_rule(gates: Sequence[Gate]) -> Rule:
    """The one definition of admission: metrics in, masks `failed`, `not_evidenced`, `not_applicable` out.

    Inputs: for each name of `gate_inputs` an int `name` and `name_known` (1, or 0 and then the
    value is not looked at). Ratios are compared by cross-multiplication, so a limit is exact.
    """
    if len(gates) > GATES_MAX:
        raise GateUnreadable(f"{len(gates)} gates do not fit in one mask of {GATES_MAX} bits")

    def rule(k: Vocabulary, r: Reader) -> Mapping[str, Any]:
        masks = {name: k.lit(0) for name in MASKS}
        for index, gate in enumerate(gates):
            for name, bit in _bits(k, r, gate, 1 << index).items():
                masks[name] = masks[name] + bit
        return masks

    return rule


def _bits(k: Vocabulary, r: Reader, gate: Gate, bit: int) -> dict[str, Any]:
    on, off = k.lit(bit), k.lit(0)
    known = _known(k, r, gate)
    failed = k.where(known, k.where(_passes(k, r, gate), off, on), off)
    unknown = k.where(known, off, on)
    if gate.applies_when is None:
        return {"failed": failed, "not_evidenced": unknown}
    metric, wanted = gate.applies_when
    told = k.eq(r(f"{metric}_known"), k.lit(1))
    applies = k.eq(r(metric), k.lit(wanted))
    return {
        "failed": k.where(told & applies, failed, off),
        "not_evidenced": k.where(told, k.where(applies, unknown, off), on),
        "not_applicable": k.where(told, k.where(applies, off, on), off),
    }


def _known(k: Vocabulary, r: Reader, gate: Gate) -> Any:
    if gate.is_ratio:
        own = k.eq(r(f"{gate.metric}_num_known"), k.lit(1)) & k.eq(r(f"{gate.metric}_den_known"), k.lit(1))
        known = own & (r(f"{gate.metric}_den") > 0)  # nothing counted is no evidence
    else:
        known = k.eq(r(f"{gate.metric}_known"), k.lit(1))
    if gate.needs is None:
        return known
    sample, least = gate.needs
    return known & k.eq(r(f"{sample}_known"), k.lit(1)) & (r(sample) >= least)


def _passes(k: Vocabulary, r: Reader, gate: Gate) -> Any:
    if gate.is_ratio:
        left, right = r(f"{gate.metric}_num") * gate.scale, r(f"{gate.metric}_den") * gate.limit
    else:
        left, right = r(gate.metric), k.lit(gate.limit)
    match gate.op:
        case ">=":
            return left >= right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case "<":
            return left < right
        case "==":
            return k.eq(left, right)
        case _:
            return (left < right) | (left > right)
