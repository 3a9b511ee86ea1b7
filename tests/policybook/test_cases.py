"""The worked cases beside the rules, run through the same decisions that users get, to the fen."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bantuo.core.clock import operating_day
from bantuo.core.health import kpi_results, kpis_in_force
from bantuo.core.listing import price_alert
from bantuo.core.policy_cases import CASE_KINDS, Case
from bantuo.engine.books import load_book, load_cases
from bantuo.engine.diagnosis import Evaluator
from bantuo.engine.profiles import profile_problems
from bantuo.engine.quotes import quoter_for
from bantuo.engine.trace import compile_rule

BOOK = load_book()
CASES = load_cases()
READY = json.loads((Path(__file__).parents[2] / "examples" / "seller_ready.json").read_text(encoding="utf-8"))
EVIDENCED = {"pass", "fail"}


def laid_over(base: Any, part: Any) -> Any:
    """`part` over `base`, mapping by mapping; null takes a key away; a list replaces a list."""
    if not (isinstance(base, Mapping) and isinstance(part, Mapping)):
        return [laid_over({}, item) for item in part] if isinstance(part, tuple) else part
    kept = {key: value for key, value in base.items() if key not in part}
    return kept | {
        key: laid_over(base.get(key, {}), value) for key, value in part.items() if value is not None
    }


def quoted(case: Case) -> Mapping[str, Any]:
    quoter = quoter_for(BOOK, "semi", on=case.on)
    quote = quoter.quote(case.given)
    spelled = {line.code: line.fen for line in quote.lines} | {"total_fen": quote.total_fen}
    assert quoter.amounts(case.given) == spelled
    assert set(case.cites) <= {rule_id for line in quote.lines for rule_id in line.rules}
    return spelled


def gated(case: Case) -> Mapping[str, Any]:
    profile = laid_over(READY, case.given)
    assert list(profile_problems(profile)) == []
    findings = {finding.rule: finding for finding in Evaluator(BOOK, case.on).assess(profile).findings}
    found = findings.get(case.expect["rule"])
    if found is None:
        return {"rule": case.expect["rule"], "status": "absent"}
    others = {rule for rule, finding in findings.items() if finding.is_open} - {found.rule}
    assert others <= set(case.cites), "the case must fail only what it names"
    return {"rule": found.rule, "status": found.status}


def listed(case: Case) -> Mapping[str, Any]:
    threshold_bp = BOOK.amount("PRC-1", case.on)
    function, names = compile_rule(price_alert(threshold_bp=threshold_bp), tuple(case.given))
    answer = dict(zip(names, function(*case.given.values()), strict=True))
    return {"alert": bool(answer["alert"]), "exclusive_fen_max": answer["exclusive_fen_max"]}


def measured(case: Case) -> Mapping[str, Any]:
    kpis = [kpi for kpi in kpis_in_force(BOOK, on=case.on) if kpi.cite.rule.id == case.given["rule"]]
    counts = {kpis[0].numerator: case.given["numerator"], kpis[0].denominator: case.given["denominator"]}
    (result,) = kpi_results(kpis, counts=counts)
    return {"value": result.value, "pass": result.met}


def routed(case: Case) -> Mapping[str, Any]:
    stated_at = datetime.fromisoformat(case.given["stated_at"]).astimezone(UTC)
    return {"in_time": stated_at <= operating_day(BOOK, case.on).last_in_time}


RUNNERS: Mapping[str, Callable[[Case], Mapping[str, Any]]] = {
    "quote": quoted,
    "gate": gated,
    "listing": listed,
    "kpi": measured,
    "routing": routed,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_worked_case(case: Case) -> None:
    assert RUNNERS[case.kind](case) == case.expect


@pytest.mark.parametrize("on", ["2024-06-30", "2024-07-01", "2024-09-01", "2026-10-14"])
def test_the_base_profile_passes_every_gate(on: str) -> None:
    day = datetime.fromisoformat(on).date()
    open_findings = [f for f in Evaluator(BOOK, day).assess(READY).findings if f.is_open]
    assert open_findings == []


def test_every_kind_has_cases() -> None:
    assert {case.kind for case in CASES} == set(CASE_KINDS) == set(RUNNERS)


def test_every_gate_has_a_case_that_passes_and_one_that_fails() -> None:
    seen: dict[str, set[str]] = {}
    for case in CASES:
        if case.kind == "gate":
            seen.setdefault(case.expect["rule"], set()).add(case.expect["status"])
    gates = {
        name for name, rule in BOOK.rules.items() if "profile" not in rule.detail.get("gate", {"profile": ""})
    }
    assert {rule for rule in gates if not seen.get(rule, set()) >= EVIDENCED} == set()
