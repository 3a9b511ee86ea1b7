"""What a mask of gates means in words: one finding per gate, with the rule, its source and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bantuo.core.admission import Gate, gate_rule
from bantuo.core.money import format_fen, format_fraction
from bantuo.core.policy import InForce, Reading, Source, Text
from bantuo.core.vocabulary import Ints

PASS, FAIL = "pass", "fail"
NOT_EVIDENCED, NOT_APPLICABLE = "not_evidenced", "not_applicable"
REVIEW = "review"  # of a warning: a person has to look, nothing is refused
_SIGNS = {">=": "≥", "<=": "≤", "==": "=", ">": ">", "<": "<"}
_PROVIDE = Text(zh="补充资料:", en="Hand in what is needed for: ")


@dataclass(frozen=True, slots=True)
class Finding:
    """One gate as it stands for one seller on one day.

    `observed` and `required` are text without language (numbers, units, yes / no); `evidence`
    names the places of the profile; `fix` says what to do, also when evidence is missing.
    """

    rule: str
    label: Text
    failure_class: str | None
    status: str
    observed: str
    required: str
    evidence: tuple[str, ...]
    fix: Text | None
    fixable_now: bool
    source: Source
    quote: str | None
    reading: tuple[Reading, ...]
    version: str

    @property
    def is_open(self) -> bool:
        """Whether it stands between the seller and admission."""
        return self.status in (FAIL, NOT_EVIDENCED)


def mask_statuses(gates: Sequence[Gate], *, masks: Mapping[str, int]) -> tuple[str, ...]:
    """The status of every gate, in order: a bit stands in at most one mask, none is a pass."""
    return tuple(_status(1 << index, masks) for index in range(len(gates)))


def _status(bit: int, masks: Mapping[str, int]) -> str:
    if masks["failed"] & bit:
        return FAIL
    if masks["not_evidenced"] & bit:
        return NOT_EVIDENCED
    return NOT_APPLICABLE if masks["not_applicable"] & bit else PASS


def mask_rules(gates: Sequence[Gate], *, mask: int) -> str:
    """The rule ids of one mask as one text, `ELG-2,ELG-9`."""
    return ",".join(gate.rule_id for index, gate in enumerate(gates) if mask >> index & 1)


def gate_findings(
    gates: Sequence[Gate],
    *,
    masks: Mapping[str, int],
    values: Mapping[str, int],
    evidence: Mapping[str, tuple[str, ...]],
) -> Iterator[Finding]:
    """A finding for every gate, those that pass as well."""
    for gate, status in zip(gates, mask_statuses(gates, masks=masks), strict=True):
        yield gate_finding(gate, status=status, values=values, evidence=evidence.get(gate.metric, ()))


def gate_finding(gate: Gate, *, status: str, values: Mapping[str, int], evidence: tuple[str, ...]) -> Finding:
    """One gate in words, with everything needed to open it."""
    cite, detail = gate.cite, gate.cite.rule.detail
    return Finding(
        rule=gate.rule_id,
        label=cite.rule.label,
        failure_class=detail.get("failure_class"),
        status=status,
        observed=observed_text(gate, values=values),
        required=required_text(gate),
        evidence=evidence or _where_to_look(detail),
        fix=_fix(cite, status),
        fixable_now=bool(detail.get("fixable_now", False)) or status == NOT_EVIDENCED,
        source=cite.value.source,
        quote=cite.value.quote,
        reading=cite.rule.readings,
        version=cite.version,
    )


def _where_to_look(detail: Mapping[str, object]) -> tuple[str, ...]:
    """The place of the profile that the gate reads, when the profile has nothing there."""
    return (str(detail["mend"]),) if "mend" in detail else ()


def _fix(cite: InForce, status: str) -> Text | None:
    if status not in (FAIL, NOT_EVIDENCED):
        return None
    told, needed = as_text(cite.rule.detail.get("fix")), as_text(cite.rule.detail.get("evidence"))
    if status == NOT_EVIDENCED:
        needed = needed or cite.rule.label
        return Text(zh=_PROVIDE.zh + needed.zh, en=_PROVIDE.en + needed.en)
    return told


def as_text(told: object) -> Text | None:
    """A bilingual sentence of a rule's detail, whether still a mapping or read already."""
    if isinstance(told, Mapping):
        return Text(zh=str(told["zh"]), en=str(told["en"]))
    return told if isinstance(told, Text) else None


def observed_text(gate: Gate, *, values: Mapping[str, int]) -> str:
    """The metric as the seller would write it; empty when it is not known."""
    if gate.is_ratio:
        num, den = values.get(f"{gate.metric}_num"), values.get(f"{gate.metric}_den")
        if num is None or den is None:
            return ""
        return f"{format_fraction(num * 100, den, places=4)}% ({num}/{den})" if den > 0 else f"{num}/{den}"
    known = values.get(gate.metric)
    return "" if known is None else quantity_text(known, unit=_unit(gate))


def required_text(gate: Gate) -> str:
    """The limit with its sign, `≥ 65%`."""
    if gate.is_ratio:
        return f"{_SIGNS[gate.op]} {format_fraction(gate.limit * 100, gate.scale, places=4)}%"
    if isinstance(gate.cite.amount, str):
        return f"contains {gate.cite.amount}"
    return f"{_SIGNS[gate.op]} {quantity_text(gate.limit, unit=_unit(gate))}"


def _unit(gate: Gate) -> str:
    is_text = not isinstance(gate.cite.amount, int)
    return "flag" if is_text or gate.kind in ("flag", "membership") else gate.cite.rule.unit


def quantity_text(amount: int, *, unit: str) -> str:
    """An integer of the book in the unit people read it in."""
    match unit:
        case "flag":
            return "yes" if amount else "no"
        case "fen":
            return f"CNY {format_fen(amount)}"
        case "score_1e4":
            return format_fraction(amount, 10_000, places=4)
        case "version":
            return f"{amount // 10_000}.{amount % 10_000}"
        case "days" | "months" | "ms" | "g" | "mm3" | "orders":
            return f"{amount} {unit}"
        case _:
            return str(amount)


def gate_warnings(
    gates: Sequence[Gate], *, values: Mapping[str, int], evidence: Mapping[str, tuple[str, ...]]
) -> Iterator[Finding]:
    """What refuses nobody but is worth saying.

    A limit that is not for this seller, yet crossed (attributes of goods that are not apparel, A-06),
    and what a person has to look at: EPR numbers of unknown shape, a brand still under review.
    """
    for gate in gates:
        if gate.applies_when is not None and _is_spared(gate, values):
            bare = replace(gate, applies_when=None)
            if judge_gate(bare, values=values) == FAIL:
                yield gate_finding(bare, status=FAIL, values=values, evidence=evidence.get(gate.metric, ()))
        waiting = _FOR_REVIEW.get(gate.metric, "")
        if values.get(waiting, 0) > 0:
            yield gate_finding(gate, status=REVIEW, values=values, evidence=evidence.get(waiting, ()))


_FOR_REVIEW = {"epr_missing": "epr_to_review", "brand_failed": "brand_pending"}


def _is_spared(gate: Gate, values: Mapping[str, int]) -> bool:
    return judge_gate(gate, values=values) == NOT_APPLICABLE


def judge_gate(gate: Gate, *, values: Mapping[str, int]) -> str:
    """The status of one gate by the one rule, for a metric or two; whole sellers go by masks."""

    def read(name: str) -> int:
        return int(name.removesuffix("_known") in values) if name.endswith("_known") else values.get(name, 0)

    return mask_statuses((gate,), masks=gate_rule((gate,))(Ints(), read))[0]
