"""The worked cases of a book, decided by another version of it or on another day."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bantuo.core.clock import operating_day
from bantuo.core.health import kpi_results, kpis_in_force
from bantuo.core.listing import price_alert
from bantuo.core.policy import Book
from bantuo.core.policy_cases import Case
from bantuo.engine.diagnosis import Evaluator
from bantuo.engine.quotes import quoter_for
from bantuo.engine.trace import compile_rule

NOT_COMPUTABLE = "not_computable"
_CARD = "semi"
_DAY, _MONTH = re.compile(r"\d{4}-\d{2}-\d{2}"), re.compile(r"\d{4}-\d{2}")
Outcome = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaseChange:
    """A worked case that two versions of a book answer differently on the same day."""

    case: Case
    on: date
    before: Outcome
    after: Outcome

    @property
    def breaks(self) -> bool:
        """Whether the first could answer and the second cannot."""
        return NOT_COMPUTABLE in self.after and NOT_COMPUTABLE not in self.before


def case_changes(
    cases: Sequence[Case], *, before: Book, after: Book, on: date | None = None
) -> list[CaseChange]:
    """The cases that come out differently, each on its own day or all on `on`."""
    old, new = Bench(before), Bench(after)
    found = (_compared(case, old, new, on or case.on) for case in cases)
    return [change for change in found if change.before != change.after]


def _compared(case: Case, old: Bench, new: Bench, on: date) -> CaseChange:
    return CaseChange(case=case, on=on, before=old.outcome(case, on=on), after=new.outcome(case, on=on))


@dataclass
class Bench:
    """Decides cases by one version of a book, each kind as its users get it."""

    book: Book
    _evaluators: dict[date, Evaluator] = field(default_factory=dict)

    def outcome(self, case: Case, *, on: date) -> Outcome:
        """What comes of a case on a day; a book that cannot answer says why under `not_computable`."""
        try:
            return _RUNNERS[case.kind](self, case, on)
        except (ValueError, LookupError, ArithmeticError) as fault:
            return {NOT_COMPUTABLE: f"{type(fault).__name__}: {fault}"}

    def evaluator(self, on: date) -> Evaluator:
        if on not in self._evaluators:
            self._evaluators[on] = Evaluator(self.book, on)
        return self._evaluators[on]


def _quoted(bench: Bench, case: Case, on: date) -> Outcome:
    return quoter_for(bench.book, _CARD, on=on).amounts(case.given)


def _gated(bench: Bench, case: Case, on: date) -> Outcome:
    evaluator = bench.evaluator(on)
    profile = _laid_over(_sound_profile(evaluator), _moved(case.given, case.on, on))
    statuses = {finding.rule: finding.status for finding in evaluator.assess(profile).findings}
    rule = case.expect["rule"]
    return {"rule": rule, "status": statuses.get(rule, "absent")}


def _sound_profile(evaluator: Evaluator) -> dict[str, Any]:
    """What a gate case takes for granted: every paper with every tick, and one address."""
    asked = evaluator.terms.documents
    papers = [
        {"kind": paper.kind, "ticks": dict.fromkeys(paper.ticks, True)}
        for paper in asked
        if not paper.instead
    ]
    stand_ins = [evidence for paper in asked for evidence in paper.instead]
    return {
        "code": "CASE",
        "company": {"licence_address": "-", "operating_address": "-"},
        "bank": {"account_evidence": stand_ins[0]} if stand_ins else {},
        "documents": papers,
    }


def _moved(part: Any, since: date, to: date) -> Any:
    """The days and months of a case as far from `to` as they were from its own day."""
    match part:
        case Mapping():
            return {key: _moved(value, since, to) for key, value in part.items()}
        case tuple():
            return tuple(_moved(value, since, to) for value in part)
        case date():
            return part + (to - since)
        case str() if _DAY.fullmatch(part):
            return str(date.fromisoformat(part) + (to - since))
        case str() if _MONTH.fullmatch(part):
            months = (
                int(part[:4]) * 12 + int(part[5:]) - 1 + (to.year - since.year) * 12 + to.month - since.month
            )
            return f"{months // 12:04d}-{months % 12 + 1:02d}"
    return part


def _laid_over(base: Any, part: Any) -> Any:
    """`part` over `base`, mapping by mapping; null takes a key away; a list replaces a list."""
    if not (isinstance(base, Mapping) and isinstance(part, Mapping)):
        return [_laid_over({}, item) for item in part] if isinstance(part, tuple) else part
    kept = {key: value for key, value in base.items() if key not in part}
    return kept | {
        key: _laid_over(base.get(key, {}), value) for key, value in part.items() if value is not None
    }


def _listed(bench: Bench, case: Case, on: date) -> Outcome:
    threshold_bp = bench.book.amount("PRC-1", on)
    function, names = compile_rule(price_alert(threshold_bp=threshold_bp), tuple(case.given))
    answer = dict(zip(names, function(*case.given.values()), strict=True))
    return {"alert": bool(answer["alert"]), "exclusive_fen_max": answer["exclusive_fen_max"]}


def _measured(bench: Bench, case: Case, on: date) -> Outcome:
    kpis = [kpi for kpi in kpis_in_force(bench.book, on=on) if kpi.cite.rule.id == case.given["rule"]]
    counts = {kpis[0].numerator: case.given["numerator"], kpis[0].denominator: case.given["denominator"]}
    (result,) = kpi_results(kpis, counts=counts)
    return {"value": result.value, "pass": result.met}


def _routed(bench: Bench, case: Case, on: date) -> Outcome:
    """The clock time of the case, on the day asked for."""
    stated_at = datetime.fromisoformat(case.given["stated_at"]) + (on - case.on)
    return {"in_time": stated_at <= operating_day(bench.book, on).last_in_time}


_RUNNERS: Mapping[str, Callable[[Bench, Case, date], Outcome]] = {
    "quote": _quoted,
    "gate": _gated,
    "listing": _listed,
    "kpi": _measured,
    "routing": _routed,
}
