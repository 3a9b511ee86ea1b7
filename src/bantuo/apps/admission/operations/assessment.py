"""Step ②: the one evaluator answers each application, and its report (履约能力评估报告) is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from bantuo.apps.admission import models
from bantuo.apps.admission.models import Application, ApplicationState, AssessmentPurpose
from bantuo.apps.admission.operations.transitions import lock_applications, move_applications
from bantuo.apps.admission.queries import assessments_passed
from bantuo.apps.policies.models import PolicyVersion
from bantuo.apps.sql import run_statement
from bantuo.core.findings import FAIL, NOT_EVIDENCED
from bantuo.core.findings import Finding as GateFinding
from bantuo.engine.diagnosis import Assessment, Evaluator
from bantuo.engine.report import assessment_report


class VersionDiffers(ValueError):
    """The evaluator's book is not the published version that the report would cite."""


class DayDiffers(ValueError):
    """The evaluator was made for another day."""


@transaction.atomic
def assess_applications(
    seller_ids: Sequence[int],
    *,
    evaluator: Evaluator,
    policy_version_id: int,
    on: date,
    now: datetime,
    actor: str,
) -> dict[int, bool]:
    """Tell sellers whether they may join, each with the report that says why; True is yes.

    Assesses what is submitted; an application assessed already answers with its stored report.
    Raises ApplicationUnknown, IllegalTransition, VersionDiffers, DayDiffers.
    """
    check_stamp(evaluator, policy_version_id=policy_version_id, on=on)
    applications = lock_applications(seller_ids)
    stored = assessments_passed([application.pk for application in applications.values()])
    fresh = {s: a for s, a in applications.items() if a.pk not in stored}
    answers = {seller: evaluator.assess(application.profile) for seller, application in fresh.items()}
    store_reports(
        fresh,
        answers,
        purpose=AssessmentPurpose.ADMISSION,
        policy_version_id=policy_version_id,
        now=now,
    )
    for to, passed in ((ApplicationState.ASSESSED_PASS, True), (ApplicationState.ASSESSED_FAIL, False)):
        told = [application for seller, application in fresh.items() if answers[seller].passed is passed]
        reasons = {
            application.seller_id: assessed_reason(answers[application.seller_id]) for application in told
        }
        move_applications(told, to=to, reasons=reasons, now=now, actor=actor)
    return {
        seller: answers[seller].passed if seller in answers else stored[application.pk]
        for seller, application in applications.items()
    }


def check_stamp(evaluator: Evaluator, *, policy_version_id: int, on: date) -> None:
    """Make sure that a report will cite what really decided it; raises VersionDiffers, DayDiffers."""
    published = PolicyVersion.objects.defer("document").get(pk=policy_version_id)
    stamp = (published.book, published.version)
    if stamp != (evaluator.book.id, evaluator.book.version):
        raise VersionDiffers(f"{stamp} is cited, {(evaluator.book.id, evaluator.book.version)} evaluates")
    if evaluator.on != on:
        raise DayDiffers(f"the evaluator is for {evaluator.on}, not for {on}")


def assessed_reason(assessment: Assessment) -> str:
    """The rules that stand between the seller and admission, by what is wrong with each."""
    failed = [finding.rule for finding in assessment.findings if finding.status == FAIL]
    unknown = [finding.rule for finding in assessment.findings if finding.status == NOT_EVIDENCED]
    parts = [("failed", failed), ("not evidenced", unknown)]
    return "; ".join(f"{what}: {', '.join(rules)}" for what, rules in parts if rules) or "every gate passed"


def store_reports(
    applications: Mapping[int, Application],
    answers: Mapping[int, Assessment],
    *,
    purpose: AssessmentPurpose,
    policy_version_id: int,
    now: datetime,
) -> list[models.Assessment]:
    """Keep the answer to each application, by seller, with a finding for every gate."""
    reports = models.Assessment.objects.bulk_create(
        _report_row(a, answers[seller], purpose=purpose, policy_version_id=policy_version_id, now=now)
        for seller, a in applications.items()
    )
    rows = [
        _finding_row(finding, report) for report in reports for finding in answers[report.seller_id].findings
    ]
    run_statement(_FINDINGS, [json.dumps(rows, ensure_ascii=False)])
    return reports


def _report_row(
    application: Application,
    answer: Assessment,
    *,
    purpose: AssessmentPurpose,
    policy_version_id: int,
    now: datetime,
) -> models.Assessment:
    plain = assessment_report(answer)
    return models.Assessment(
        seller_id=application.seller_id,
        application=application,
        policy_version_id=policy_version_id,
        purpose=purpose,
        rated_on=answer.at,
        passed=answer.passed,
        fit=plain["fit"],
        warnings=plain["warnings"],
        assessed_at=now,
    )


_FINDINGS = """
    INSERT INTO admission_finding (seller_id, assessment_id, rule, failure_class, status, observed, required,
                                   evidence_zh, evidence_en, fix_zh, fix_en, fixable_now)
    SELECT seller_id, assessment_id, rule, class, status, observed, required, evidence, evidence,
           fix_zh, fix_en, fixable_now
    FROM jsonb_to_recordset(%s::jsonb)
        AS i(seller_id bigint, assessment_id bigint, rule text, class text, status text, observed text,
             required text, evidence text, fix_zh text, fix_en text, fixable_now bool)
"""


def _finding_row(finding: GateFinding, report: models.Assessment) -> dict[str, Any]:
    return {
        "seller_id": report.seller_id,
        "assessment_id": report.pk,
        "rule": finding.rule,
        "class": finding.failure_class,
        "status": finding.status,
        "observed": finding.observed,
        "required": finding.required,
        "evidence": "; ".join(finding.evidence),
        "fix_zh": finding.fix.zh if finding.fix else "",
        "fix_en": finding.fix.en if finding.fix else "",
        "fixable_now": finding.fixable_now,
    }
