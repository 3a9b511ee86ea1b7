"""半托管诊断工具: the seller's own run of the evaluator, as often as they like, deciding nothing."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from bantuo.apps.admission.models import Application, Assessment, AssessmentPurpose, Finding
from bantuo.apps.admission.operations.applications import ApplicationUnreadable
from bantuo.apps.admission.operations.assessment import check_stamp, store_reports
from bantuo.apps.admission.operations.transitions import lock_applications
from bantuo.apps.admission.queries import last_run
from bantuo.apps.admission.queries.drafts import composed_profile
from bantuo.engine import diagnosis as engine
from bantuo.engine.diagnosis import Evaluator
from bantuo.engine.profiles import profile_problems


@transaction.atomic
def run_diagnosis(
    seller_id: int,
    *,
    evaluator: Evaluator,
    policy_version_id: int,
    on: date,
    now: datetime,
    actor: str,
) -> Assessment:
    """Tell a seller what stands in the way now, with the papers and evidence of this moment.

    Works on the latest application in any state and changes nothing of it. A run that finds exactly
    what the last one found is that one. Raises ApplicationUnknown, ApplicationUnreadable,
    VersionDiffers, DayDiffers.
    """
    check_stamp(evaluator, policy_version_id=policy_version_id, on=on)
    application = lock_applications([seller_id])[seller_id]
    profile = composed_profile(application)
    problems = profile_problems(profile)
    if problems:
        raise ApplicationUnreadable(seller_id=seller_id, problems=problems)
    answer = evaluator.assess(profile)
    last = last_run(application)
    if last is not None and _is_same(last, answer, policy_version_id=policy_version_id, on=on):
        return last
    return _keep(application, answer, policy_version_id=policy_version_id, now=now)


def _is_same(run: Assessment, answer: engine.Assessment, *, policy_version_id: int, on: date) -> bool:
    if (run.policy_version_id, run.rated_on) != (policy_version_id, on):
        return False
    found = Finding.objects.filter(assessment=run).order_by("id")
    told = [(f.rule, f.status, f.observed, "; ".join(f.evidence)) for f in answer.findings]
    return list(found.values_list("rule", "status", "observed", "evidence_en")) == told


def _keep(
    application: Application, answer: engine.Assessment, *, policy_version_id: int, now: datetime
) -> Assessment:
    (run,) = store_reports(
        {application.seller_id: application},
        {application.seller_id: answer},
        purpose=AssessmentPurpose.DIAGNOSTIC,
        policy_version_id=policy_version_id,
        now=now,
    )
    return run
