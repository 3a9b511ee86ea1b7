"""A stored report opened again: every gate with the label, quote, source and reading it was decided by."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bantuo.apps.admission.models import Application, Assessment, AssessmentPurpose, Finding
from bantuo.apps.admission.queries.standing import OPEN
from bantuo.apps.sql import fetch_rows

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunComparison:
    """What changed from one run to the next, by rule."""

    mended: tuple[str, ...]
    new: tuple[str, ...]
    still_open: tuple[str, ...]


def report_gates(assessment: Assessment) -> list[Plain]:
    """Every gate of a stored report in the form of `engine.report.finding_report`, in the book's order."""
    findings = list(Finding.objects.filter(assessment=assessment).order_by("id"))
    rules = cited_rules(assessment.policy_version_id, [finding.rule for finding in findings])
    return [_gate(finding, rules.get(finding.rule, {}), on=assessment.rated_on) for finding in findings]


def cited_rules(policy_version_id: int, rule_ids: Iterable[str]) -> dict[str, Plain]:
    """Rules as the cited version of the book has them; one that it does not have is left out."""
    return {
        rule: json.loads(told)
        for rule, told in fetch_rows(
            """
            SELECT i.rule, v.document -> 'rules' ->> i.rule
            FROM policies_policyversion v CROSS JOIN unnest(%s::text[]) AS i(rule)
            WHERE v.id = %s AND v.document -> 'rules' ? i.rule
            """,
            [sorted(set(rule_ids)), policy_version_id],
        )
    }


def _gate(finding: Finding, rule: Mapping[str, Any], *, on: date) -> Plain:
    value = _value_on(rule.get("values", ()), on=on)
    source = value.get("source") or {}
    fix = {"zh": finding.fix_zh, "en": finding.fix_en}
    return {
        "rule": finding.rule,
        "label": rule.get("label") or {"zh": finding.rule, "en": finding.rule},
        "class": finding.failure_class,
        "status": finding.status,
        "observed": finding.observed or None,
        "required": finding.required,
        "evidence": [place for place in finding.evidence_en.split("; ") if place],
        "fix": fix if finding.fix_en else None,
        "fixable_now": finding.fixable_now,
        "source": {key: source.get(key) for key in ("id", "title", "published_on", "url")},
        "quote": value.get("quote"),
        "reading": [{"id": r["id"], "chosen": r["chosen"]} for r in rule.get("readings", ())],
    }


def _value_on(values: Iterable[Mapping[str, Any]], *, on: date) -> Mapping[str, Any]:
    day = on.isoformat()
    for value in values:
        if (value["from"] or "") <= day and (value["until"] is None or day < value["until"]):
            return value
    return {}


def diagnosis_runs(application: Application) -> list[Assessment]:
    """Every report of an application, the seller's own runs among them, last first."""
    return list(
        application.assessments.select_related("policy_version")
        .defer("policy_version__document")
        .order_by("-id")
    )


def last_run(application: Application) -> Assessment | None:
    """The last run of the diagnostic tool on an application."""
    own = application.assessments.filter(purpose=AssessmentPurpose.DIAGNOSTIC)
    return own.order_by("-id").first()


def open_by_report(assessments: Sequence[Assessment]) -> dict[int, tuple[str, ...]]:
    """The open rules of each report, in the book's order; a report without any is left out."""
    rows = Finding.objects.filter(assessment__in=assessments, status__in=OPEN).order_by("id")
    found: dict[int, tuple[str, ...]] = {}
    for assessment_id, rule in rows.values_list("assessment_id", "rule"):
        found[assessment_id] = (*found.get(assessment_id, ()), rule)
    return found


def compare_runs(before: Sequence[str], after: Sequence[str]) -> RunComparison:
    """What was mended, what is new and what is still open from one list of open rules to the next."""
    return RunComparison(
        mended=tuple(rule for rule in before if rule not in after),
        new=tuple(rule for rule in after if rule not in before),
        still_open=tuple(rule for rule in after if rule in before),
    )
