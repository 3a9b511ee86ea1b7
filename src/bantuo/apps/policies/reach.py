"""Whom a new value of a rule would reach: sellers and applications whose answer it changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bantuo.core.admission import MASKS
from bantuo.core.findings import FAIL, NOT_EVIDENCED, mask_statuses
from bantuo.core.metrics import Measured, seller_metrics
from bantuo.engine.diagnosis import Evaluator, GateSet

WHO_MAX = 500  # named in a report; the counts are of all
_OPEN = (FAIL, NOT_EVIDENCED)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A seller, or an applicant, by the latest profile handed in."""

    seller_id: int
    code: str
    name: str
    state: str
    profile: Mapping[str, Any]


@dataclass(slots=True)
class Reach:
    """What becomes of a group: how many were asked, whose answer turns, and whose gates change at all."""

    asked: int = 0
    unreadable: int = 0  # a profile that cannot be measured by the rules of that day
    to_fail: int = 0
    to_pass: int = 0
    gates_only: int = 0  # another gate decides already, but this one changes too
    who: list[dict[str, Any]] = field(default_factory=list)


class Scales:
    """Two evaluators of the same day, asked about the same profiles."""

    def __init__(self, before: Evaluator, after: Evaluator) -> None:
        self._before, self._after = before, after
        self._same_terms = before.terms == after.terms

    @property
    def can_differ(self) -> bool:
        """Whether anybody at all could be told something else: a fee or a card decides no admission."""
        return not self._same_terms or _limits(self._before.gates) != _limits(self._after.gates)

    def weigh(self, candidates: Iterable[Candidate]) -> Reach:
        """Answer everybody by both rule sets and keep those who are told something else."""
        reach = Reach()
        for candidate in candidates:
            reach.asked += 1
            try:
                old, new = self._statuses(candidate.profile)
            except (ValueError, LookupError, TypeError, AttributeError):
                reach.unreadable += 1
                continue
            if old != new:
                _count(reach, candidate, old, new)
        return reach

    def _statuses(self, profile: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
        measured = _measured(self._before, profile)
        again = measured if self._same_terms else _measured(self._after, profile)
        return _answers(self._before.gates, measured), _answers(self._after.gates, again)


def _limits(gates: GateSet) -> list[tuple[Any, ...]]:
    """What the gates compare, whatever version they cite."""
    return [(g.rule_id, g.metric, g.op, g.limit, g.scale, g.applies_when, g.needs) for g in gates.gates]


def _measured(evaluator: Evaluator, profile: Mapping[str, Any]) -> Measured:
    return seller_metrics(profile, on=evaluator.on, terms=evaluator.terms)


def _answers(gates: GateSet, measured: Measured) -> dict[str, str]:
    masks = gates.masks(measured.values)
    statuses = mask_statuses(gates.gates, masks={name: masks[name] for name in MASKS})
    return {gate.rule_id: status for gate, status in zip(gates.gates, statuses, strict=True)}


def _count(reach: Reach, candidate: Candidate, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    passed, passes = (not any(status in _OPEN for status in told.values()) for told in (old, new))
    reach.to_fail += passed and not passes
    reach.to_pass += passes and not passed
    reach.gates_only += passed is passes
    if len(reach.who) < WHO_MAX:
        changed = [rule for rule in {**old, **new} if old.get(rule) != new.get(rule)]
        reach.who.append(
            {
                "seller_id": candidate.seller_id,
                "code": candidate.code,
                "name": candidate.name,
                "state": candidate.state,
                "before": passed,
                "after": passes,
                "gates": {rule: [old.get(rule, "absent"), new.get(rule, "absent")] for rule in changed},
            }
        )
