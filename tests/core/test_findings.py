"""Masks in words: what was seen, what is asked, and what to do."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bantuo.core.admission import gates_in_force
from bantuo.core.findings import (
    FAIL,
    NOT_APPLICABLE,
    NOT_EVIDENCED,
    PASS,
    REVIEW,
    gate_findings,
    gate_warnings,
    judge_gate,
    mask_rules,
    mask_statuses,
    quantity_text,
)  # fmt: skip
from tests.core.hand_book import hand_book

GATES = gates_in_force(hand_book(), on=date(2024, 8, 1))
BY_RULE = {gate.rule_id: gate for gate in GATES}
STATUSES = st.sampled_from([PASS, FAIL, NOT_EVIDENCED, NOT_APPLICABLE])


@given(st.lists(STATUSES, min_size=len(GATES), max_size=len(GATES)))
def test_masks_decode_back_to_the_statuses(statuses: list[str]) -> None:
    words = {FAIL: "failed", NOT_EVIDENCED: "not_evidenced", NOT_APPLICABLE: "not_applicable"}
    masks = dict.fromkeys(words.values(), 0)
    for index, status in enumerate(statuses):
        if status != PASS:
            masks[words[status]] |= 1 << index
    assert list(mask_statuses(GATES, masks=masks)) == statuses
    failed = [gate.rule_id for gate, status in zip(GATES, statuses, strict=True) if status == FAIL]
    assert mask_rules(GATES, mask=masks["failed"]) == ",".join(failed)


@pytest.mark.parametrize(
    ("rule", "values", "observed", "required"),
    [
        ("ELG-9", {"disputes_num": 8001, "disputes_den": 1_000_000}, "0.8001% (8001/1000000)", "≤ 0.8%"),
        ("ELG-9", {"disputes_num": 0, "disputes_den": 0}, "0/0", "≤ 0.8%"),
        ("ELG-2", {"dsr": 47_800}, "4.78", "≥ 4.78"),
        ("ELG-11", {"erp_api_version": 30_010}, "3.10", "≥ 3.2"),
        ("ELG-13", {"scope_contains": 0}, "no", "contains 货物进出口"),
        ("ELG-6", {"category_admitted": 1}, "yes", "= yes"),
        ("ELG-12", {"sync_p95_ms": 3001}, "3001 ms", "≤ 3000 ms"),
        ("ELG-5", {}, "", "≥ 180 days"),
    ],
)
def test_observed_and_required(rule: str, values: dict[str, int], observed: str, required: str) -> None:
    found = {f.rule: f for f in gate_findings(GATES, masks=NO_MASK, values=values, evidence={})}[rule]
    assert (found.observed, found.required) == (observed, required)


NO_MASK = {"failed": 0, "not_evidenced": 0, "not_applicable": 0}


def test_missing_evidence_asks_for_it_and_can_be_mended_at_once() -> None:
    masks = NO_MASK | {"not_evidenced": 1}
    first = next(iter(gate_findings(GATES, masks=masks, values={}, evidence={})))
    assert (first.status, first.fixable_now, first.is_open) == (NOT_EVIDENCED, True, True)
    assert first.fix is not None
    assert first.fix.en.endswith("ELG-1")


def test_a_pass_asks_for_nothing() -> None:
    assert all(f.fix is None for f in gate_findings(GATES, masks=NO_MASK, values={}, evidence={}))


def test_limit_that_is_not_for_this_seller_is_a_warning() -> None:
    values = {"apparel": 0, "attributes_missing_num": 6, "attributes_missing_den": 100}
    assert judge_gate(BY_RULE["ELG-8"], values=values) == NOT_APPLICABLE
    warnings = list(gate_warnings(GATES, values=values, evidence={}))
    assert [(w.rule, w.status) for w in warnings] == [("ELG-8", FAIL)]
    assert not list(gate_warnings(GATES, values=values | {"attributes_missing_num": 5}, evidence={}))


def test_numbers_of_unknown_shape_are_for_a_reviewer() -> None:
    warnings = list(gate_warnings(GATES, values={"epr_to_review": 1}, evidence={"epr_to_review": ("here",)}))
    assert [(w.rule, w.status, w.evidence) for w in warnings] == [("ELG-17", REVIEW, ("here",))]


def test_quantities_read_as_people_write_them() -> None:
    assert quantity_text(50_000_000, unit="fen") == "CNY 500000.00"
    assert quantity_text(7, unit="count") == "7"
