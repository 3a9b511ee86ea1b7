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

_ERP_METRICS = ("erp_api_version", "sync_p95_ms")
_OPS = ("<", "<=", "==", ">=", ">")
_SCALES = {"ppm": 1_000_000, "bp": 10_000}


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
    profile: str | None = None

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


def gates_in_force(book: Book, *, on: date) -> tuple[Gate, ...]:
    """The gates that a seller meets on a day, in the order of the book.

    A rule without a value on that day is no gate yet (EPR before 2024-07-01), so it is left out.
    """
    return tuple(gate for gate in _gates(book, on) if gate.profile is None)


def fit_gates_in_force(book: Book, *, on: date) -> tuple[Gate, ...]:
    """The parts of the fit profiles: compared like gates, but advice and never a reason to refuse."""
    return tuple(gate for gate in _gates(book, on) if gate.profile is not None)


def _gates(book: Book, on: date) -> Iterator[Gate]:
    for rule_id, rule in book.rules.items():
        found = book.find(rule_id, on) if "gate" in rule.detail else None
        if found is not None:
            yield read_gate(book, found, on=on)


def read_gate(book: Book, cite: InForce, *, on: date) -> Gate:
    """The gate a rule describes; raises GateUnreadable naming the rule."""
    told: Mapping[str, Any] = cite.rule.detail["gate"]
    if told.get("kind") == "ratio" and cite.rule.unit not in _SCALES:
        raise GateUnreadable(f"{cite.rule.id}: a ratio is compared in {' or '.join(_SCALES)}")
    if told.get("op") not in _OPS or "metric" not in told or "kind" not in told:
        raise GateUnreadable(f"{cite.rule.id}: gate needs kind, metric and one of {' '.join(_OPS)}")
    return Gate(
        cite=cite,
        kind=str(told["kind"]),
        metric=str(told["metric"]),
        op=str(told["op"]),
        limit=_limit(cite),
        scale=_SCALES[cite.rule.unit] if told["kind"] == "ratio" else 1,
        applies_when=_condition(book, cite.rule.id, told, on),
        needs=_sample(book, told, on),
        profile=told.get("profile"),
    )


def _limit(cite: InForce) -> int:
    """A limit that is text or a list (a phrase, the category list) is met when its metric is 1."""
    return int(cite.amount) if isinstance(cite.amount, int) else 1


def _condition(book: Book, rule_id: str, told: Mapping[str, Any], on: date) -> tuple[str, int] | None:
    """Whom the gate is for, unless the book widens it to all or asks no ERP of anybody."""
    scope, erp = book.find(f"{rule_id}.scope", on), book.find("ELG-11.erp_required", on)
    if scope is not None and scope.amount == "all":
        return None
    if told["metric"] in _ERP_METRICS and erp is not None and not erp.amount:
        return ("has_erp", 1)
    when: Mapping[str, Any] | None = told.get("applies_when")
    return (str(when["metric"]), int(when["equals"])) if when else None


def _sample(book: Book, told: Mapping[str, Any], on: date) -> tuple[str, int] | None:
    """A percentile counts as evidence only over enough calls (A-11)."""
    sample: Mapping[str, Any] | None = told.get("evidenced_by")
    return (str(sample["metric"]), int(book.amount(str(sample["rule"]), on))) if sample else None


def gate_inputs(gates: Sequence[Gate]) -> tuple[str, ...]:
    """Every metric that the gates read, once, in a stable order."""
    return tuple(dict.fromkeys(name for gate in gates for name in gate.inputs()))


def gate_rule(gates: Sequence[Gate]) -> Rule:
    """The one definition of admission: metrics in, masks `failed`, `not_evidenced`, `not_applicable` out.

    Inputs: for each name of `gate_inputs` an int `name` and a condition `name_known` (where it does
    not hold, the value makes no difference). Ratios are cross-multiplied, so a limit is exact.
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
    known = _known(r, gate)
    failed = k.where(known, k.where(_passes(k, r, gate), off, on), off)
    unknown = k.where(known, off, on)
    if gate.applies_when is None:
        return {"failed": failed, "not_evidenced": unknown}
    metric, wanted = gate.applies_when
    told = r(f"{metric}_known")
    applies = k.eq(r(metric), k.lit(wanted))
    return {
        "failed": k.where(told & applies, failed, off),
        "not_evidenced": k.where(told, k.where(applies, unknown, off), on),
        "not_applicable": k.where(told, k.where(applies, off, on), off),
    }


def _known(r: Reader, gate: Gate) -> Any:
    if gate.is_ratio:
        own = r(f"{gate.metric}_num_known") & r(f"{gate.metric}_den_known")
        known = own & (r(f"{gate.metric}_den") > 0)  # nothing counted is no evidence
    else:
        known = r(f"{gate.metric}_known")
    if gate.needs is None:
        return known
    sample, least = gate.needs
    return known & r(f"{sample}_known") & (r(sample) >= least)


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
        case _:
            return k.eq(left, right)
