"""The evaluator on the real book: boundaries through a profile, dates, and many sellers at once."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bantuo.core.findings import FAIL, NOT_APPLICABLE, NOT_EVIDENCED, PASS
from bantuo.core.metric_sheet import METRICS
from bantuo.core.policy import PolicyNotInForce
from bantuo.engine.books import load_book
from bantuo.engine.diagnosis import Evaluator
from bantuo.engine.report import assessment_report

EXAMPLES = Path(__file__).parents[2] / "examples"
READY: dict[str, Any] = json.loads((EXAMPLES / "seller_ready.json").read_text(encoding="utf-8"))
BEFORE, AFTER = date(2024, 6, 30), date(2024, 7, 1)
EVALUATOR = Evaluator(load_book(), AFTER)
GATES = EVALUATOR.gates


def changed(**parts: Any) -> dict[str, Any]:
    """The ready seller with parts of its profile merged in; None takes a part away."""
    merged = json.loads(json.dumps(READY))
    for key, part in parts.items():
        merged[key] = {**merged[key], **part} if isinstance(part, dict) else part
    return merged


def statuses(profile: dict[str, Any], *, on: date = AFTER) -> dict[str, str]:
    return {f.rule: f.status for f in Evaluator(load_book(), on).assess(profile).findings}


def test_ready_seller_passes_every_gate() -> None:
    assessment = EVALUATOR.assess(READY)
    assert assessment.passed
    assert {f.status for f in assessment.findings} == {PASS, NOT_APPLICABLE}
    assert [(fit.profile, fit.status) for fit in assessment.fit] == [
        ("FIT-1", PASS), ("FIT-2", PASS), ("FIT-3", PASS),
    ]  # fmt: skip
    assert (assessment.book, assessment.version) == ("aliexpress-semi", load_book().version)


def test_empty_profile_is_not_evidenced_anywhere() -> None:
    assessment = EVALUATOR.assess({"code": "SIM-0009"})
    assert not assessment.passed
    assert {f.status for f in assessment.findings} == {NOT_EVIDENCED}


@pytest.mark.parametrize(
    ("part", "rule", "status"),
    [
        ({"metrics": {"disputes": "0.8%"}}, "ELG-9", PASS),
        ({"metrics": {"disputes": "0.8001%"}}, "ELG-9", FAIL),
        ({"metrics": {"sell_through": "65%"}}, "ELG-1", PASS),
        ({"metrics": {"sell_through": "64.999999%"}}, "ELG-1", FAIL),
        ({"metrics": {"dsr": "4.78"}}, "ELG-2", PASS),
        ({"metrics": {"dsr": "4.7799"}}, "ELG-2", FAIL),
        ({"erp": {"api_version": "3.10"}}, "ELG-11", PASS),
        ({"erp": {"api_version": "3.1"}}, "ELG-11", FAIL),
        ({"erp": {"probe": {"calls": 100, "p95_ms": 3000}}}, "ELG-12", PASS),
        ({"erp": {"probe": {"calls": 100, "p95_ms": 3001}}}, "ELG-12", FAIL),
        ({"erp": {"probe": {"calls": 99, "p95_ms": 1}}}, "ELG-12", NOT_EVIDENCED),
        ({"erp": None}, "ELG-11", FAIL),
        ({"company": {"registered_on": "2024-01-03"}}, "ELG-5", PASS),
        ({"company": {"registered_on": "2024-01-04"}}, "ELG-5", FAIL),
        ({"bank": {"account_evidence": "permit"}}, "DOC-0", FAIL),
        ({"documents": []}, "DOC-0", FAIL),
        ({"brand": {"authorisation": "failed"}}, "ELG-4", FAIL),
    ],
)
def test_boundary_through_a_profile(part: dict[str, Any], rule: str, status: str) -> None:
    assert statuses(changed(**part))[rule] == status


def test_eligible_but_poor_fit() -> None:
    assessment = EVALUATOR.assess(changed(metrics={"dsr": "4.79", "dsr_logistics": "4.75"}))
    assert assessment.passed
    assert {fit.profile: fit.status for fit in assessment.fit}["FIT-3"] == FAIL


def test_epr_is_asked_for_from_the_first_of_july() -> None:
    bare = changed(products=[{k: v for k, v in p.items() if k != "epr"} for p in READY["products"]])
    assert "ELG-17" not in statuses(bare, on=BEFORE)
    assert Evaluator(load_book(), BEFORE).assess(bare).passed
    assert statuses(bare, on=AFTER)["ELG-17"] == FAIL
    assert not EVALUATOR.assess(bare).passed


def test_nobody_is_assessed_before_the_programme() -> None:
    with pytest.raises(PolicyNotInForce, match="no gate is in force on 2023-10-31"):
        Evaluator(load_book(), date(2023, 10, 31))


def test_attribute_warning_for_goods_that_are_not_apparel() -> None:
    lamp = READY["products"][0] | {"attributes_required": 100, "attributes_missing": 6}
    assessment = EVALUATOR.assess(changed(products=[lamp]))
    assert assessment.passed
    assert [(w.rule, w.observed) for w in assessment.warnings] == [("ELG-8", "6% (6/100)")]


def test_imported_category_list_replaces_the_starter_list() -> None:
    assert not Evaluator(load_book(), AFTER, categories={"other"}).assess(READY).passed


def test_report_opens_every_finding() -> None:
    report = assessment_report(EVALUATOR.assess(changed(metrics={"disputes": "0.8001%"})))
    assert [finding["rule"] for finding in report["findings"]] == ["ELG-9"]
    finding = report["findings"][0]
    assert finding["class"] == "F2"
    assert (finding["observed"], finding["required"]) == ("0.8001% (8001/1000000)", "≤ 0.8%")
    assert finding["source"]["title"]["zh"]
    assert finding["fix"]["zh"]
    assert [reading["id"] for reading in finding["reading"]] == ["A-12"]
    assert json.loads(json.dumps(report)) == report


def value(name: str) -> st.SearchStrategy[int | None]:
    metric = METRICS[name]
    return st.none() | st.integers(max(metric.low, -5), min(metric.high, 60_000))


sellers = st.lists(st.fixed_dictionaries({n: value(n) for n in GATES.inputs}), min_size=1, max_size=15)


@settings(max_examples=40, deadline=None)
@given(sellers)
def test_screening_equals_one_seller_at_a_time(rows: list[dict[str, int | None]]) -> None:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(GATES.inputs, pl.Int64))
    screened = EVALUATOR.screen(frame.with_row_index("code").lazy()).collect()
    for row, answer in zip(rows, screened.iter_rows(named=True), strict=True):
        masks = GATES.masks({name: v for name, v in row.items() if v is not None})
        assert {name: answer[f"{name}_mask"] for name in masks} == masks
        named = [g.rule_id for i, g in enumerate(GATES.gates) if masks["failed"] >> i & 1]
        assert answer["failed"] == ",".join(named)
        assert answer["passed"] == (masks["failed"] == masks["not_evidenced"] == 0)


def test_screening_a_file_without_a_column_leaves_its_gate_unevidenced() -> None:
    screened = EVALUATOR.screen(pl.LazyFrame({"code": ["a"], "dsr": [47_799]})).collect().row(0, named=True)
    assert screened["failed"] == "ELG-2"
    assert "ELG-1," in screened["not_evidenced"]
    assert not screened["passed"]
