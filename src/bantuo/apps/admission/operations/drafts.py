"""Step ① in the browser: begin an application, fill it section by section, hand it in, mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from bantuo.apps.admission.models import Application, ApplicationState, Assessment, AssessmentPurpose
from bantuo.apps.admission.operations.applications import CLOSED, ApplicationUnreadable
from bantuo.apps.admission.operations.assessment import (
    assess_applications,
    check_stamp,
    store_reports,
)
from bantuo.apps.admission.operations.transitions import (
    lock_applications,
    move_applications,
    record_steps,
    same_reason,
)
from bantuo.apps.admission.queries import deciding_report, latest_application
from bantuo.apps.admission.queries.drafts import composed_profile, missing_consent
from bantuo.apps.admission.sections import merge_section, reusable_profile, stale_part
from bantuo.apps.parties.operations import lock_sellers
from bantuo.engine.diagnosis import Evaluator
from bantuo.engine.profiles import profile_problems

EDITABLE = frozenset({ApplicationState.DRAFT.value, ApplicationState.NEEDS_MORE.value})


@dataclass(frozen=True, slots=True)
class SectionSaved:
    """A section as it stands now. `overwritten`: what another device had put there meanwhile, or None."""

    application: Application
    overwritten: Any


class StillOpen(ValueError):
    """The seller has an application under way: a next attempt begins when that one is closed."""

    def __init__(self, *, seller_id: int, state: str) -> None:
        super().__init__(f"seller {seller_id}: the last attempt is {state}")
        self.state = state


class DraftClosed(ValueError):
    """The application was handed in or overtaken by a later attempt: it can no longer be changed."""

    def __init__(self, *, application_id: int, state: str) -> None:
        super().__init__(f"application {application_id} is {state}")
        self.state = state


class SectionUnreadable(ValueError):
    """Values that do not go into a profile: `problems` has path, value and rule of each."""

    def __init__(self, *, section: str, problems: list[dict[str, Any]]) -> None:
        first = problems[0]
        super().__init__(f"{section}: {first['path']} {first['value']!r}: {first['rule']}")
        self.section, self.problems = section, problems


class ConsentMissing(ValueError):
    """The legal representative has not agreed (`consent`), or is not named yet (`identity`)."""

    def __init__(self, *, seller_id: int, missing: str) -> None:
        super().__init__(f"seller {seller_id}: the legal representative's {missing} is missing")
        self.missing = missing


@transaction.atomic
def start_draft(seller_id: int, *, now: datetime, actor: str) -> Application:
    """Begin an application, or go on with the one begun; a next attempt starts from what was stated last.

    Two that begin at once get the same draft. Raises SellerUnknown, StillOpen.
    """
    seller = lock_sellers([seller_id])[seller_id]
    last = latest_application(seller_id)
    if last is not None and last.state in EDITABLE:
        return last
    if last is not None and last.state not in CLOSED:
        raise StillOpen(seller_id=seller_id, state=last.state)
    stated = {"name": seller.name[:200]} if last is None else reusable_profile(last.profile)
    made = Application.objects.create(
        seller_id=seller_id,
        attempt=1 if last is None else last.attempt + 1,
        profile={**stated, "code": seller.code},
        started_at=now,
    )
    reason = "begun" if last is None else f"begun again after attempt {last.attempt} ({last.state})"
    record_steps([(made, ApplicationState.DRAFT.value, reason)], now=now, actor=actor)
    return made


@transaction.atomic
def save_section(
    application_id: int,
    section: str,
    values: Mapping[str, Any],
    *,
    revision: str | None,
    now: datetime,
    actor: str,
) -> SectionSaved:
    """Keep what a seller entered in one section, whatever the others hold; the last write wins.

    `revision` names what the section held when the form was opened (`sections.section_revision`); what
    another device saved in between comes back as `overwritten`. Raises SectionUnknown, RowUnknown,
    DraftClosed, SectionUnreadable; then nothing is kept.
    """
    draft = _lock_draft(application_id)
    overwritten = stale_part(draft.profile, section, values, revision=revision)
    changed = merge_section(draft.profile, section, values)
    problems = [problem for problem in profile_problems(changed) if problem["path"] != "code"]
    if problems:
        raise SectionUnreadable(section=section, problems=problems)
    if changed != draft.profile:
        draft.profile, draft.revision = changed, draft.revision + 1
        draft.save(update_fields=["profile", "revision"])
    return SectionSaved(application=draft, overwritten=overwritten)


@transaction.atomic
def submit_draft(
    application_id: int,
    *,
    evaluator: Evaluator,
    policy_version_id: int,
    on: date,
    now: datetime,
    actor: str,
) -> bool:
    """Hand a draft in: freeze what it says with papers and evidence, and assess it; True is passed.

    One that was handed in before answers with its report. Raises ConsentMissing, ApplicationUnreadable,
    DraftClosed.
    """
    application = _lock(application_id)
    if application.state != ApplicationState.DRAFT:
        return _answer(application)
    _freeze(application)
    reasons = same_reason([application], reason="handed in")
    move_applications([application], to=ApplicationState.SUBMITTED, reasons=reasons, now=now, actor=actor)
    seller_id = application.seller_id
    answers = assess_applications(
        [seller_id], evaluator=evaluator, policy_version_id=policy_version_id, on=on, now=now, actor=actor
    )
    return answers[seller_id]


@transaction.atomic
def answer_request(
    application_id: int,
    *,
    evaluator: Evaluator,
    policy_version_id: int,
    on: date,
    now: datetime,
    actor: str,
) -> Assessment:
    """Send what a reviewer asked for back to review, with a fresh report on what was mended.

    Sent back already, it answers with the last report. Raises DraftClosed when nothing was asked for,
    ConsentMissing, ApplicationUnreadable.
    """
    check_stamp(evaluator, policy_version_id=policy_version_id, on=on)
    application = _lock(application_id)
    if application.state != ApplicationState.NEEDS_MORE:
        report = deciding_report(application)
        if application.state != ApplicationState.IN_REVIEW or report is None:
            raise DraftClosed(application_id=application_id, state=application.state)
        return report
    _freeze(application)
    (report,) = store_reports(
        {application.seller_id: application},
        {application.seller_id: evaluator.assess(application.profile)},
        purpose=AssessmentPurpose.REVIEW,
        policy_version_id=policy_version_id,
        now=now,
    )
    reasons = same_reason([application], reason="mended and sent back")
    move_applications([application], to=ApplicationState.IN_REVIEW, reasons=reasons, now=now, actor=actor)
    return report


def _lock(application_id: int) -> Application:
    """The application under lock; raises DraftClosed when a later attempt has taken its place."""
    seller_id = Application.objects.only("seller_id").get(pk=application_id).seller_id
    held = lock_applications([seller_id])[seller_id]
    if held.pk != application_id:
        raise DraftClosed(application_id=application_id, state="superseded")
    return held


def _lock_draft(application_id: int) -> Application:
    held = _lock(application_id)
    if held.state not in EDITABLE:
        raise DraftClosed(application_id=application_id, state=held.state)
    return held


def _freeze(application: Application) -> None:
    """Put papers and evidence of this moment into the profile that is decided on."""
    missing = missing_consent(application.seller_id)
    if missing is not None:
        raise ConsentMissing(seller_id=application.seller_id, missing=missing)
    profile = composed_profile(application)
    problems = profile_problems(profile)
    if problems:
        raise ApplicationUnreadable(seller_id=application.seller_id, problems=problems)
    application.profile = profile
    application.save(update_fields=["profile"])


def _answer(application: Application) -> bool:
    report = deciding_report(application)
    if report is None:
        raise DraftClosed(application_id=application.pk, state=application.state)
    return report.passed
