"""The review of one application: judge its parts, ask for more, assess again, let in, refuse."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from bantuo.apps.admission.models import Application, Assessment, AssessmentPurpose, ReviewItem
from bantuo.apps.admission.models import ApplicationState as S
from bantuo.apps.admission.operations.applications import ApplicationUnreadable
from bantuo.apps.admission.operations.assessment import assessed_reason, check_stamp, store_reports
from bantuo.apps.admission.operations.assignment import (
    REVIEW,
    WAITING,
    NotInReview,
    hold_application,
    lock_application,
    needed,
)
from bantuo.apps.admission.operations.transitions import move_applications, record_steps
from bantuo.apps.admission.queries import deciding_report
from bantuo.apps.admission.queries.drafts import composed_profile
from bantuo.apps.admission.queries.review import (
    current_items,
    has_newer_papers,
    is_same_report,
    open_appeal_of,
    standing_gates,
    unseen_items,
    unsettled_items,
)
from bantuo.apps.admission.sections import SECTIONS
from bantuo.apps.events.operations import emit_events
from bantuo.core.documents import DocumentRule
from bantuo.engine import diagnosis as engine
from bantuo.engine.diagnosis import Evaluator
from bantuo.engine.profiles import profile_problems

OK, NOT_OK, MORE = "ok", "not_ok", "more"
VERDICTS = (OK, NOT_OK, MORE)
_PAPER = re.compile(r"DOC-[1-9][0-9]?(:[a-z_]{1,40})?")
_PLACES = frozenset(SECTIONS) | {"bank", "documents", "name"}
_SUBJECT_LENGTH = 200


class DecidedAlready(ValueError):
    """Somebody else has decided on it meanwhile: `state` and `by` say what and who."""

    def __init__(self, *, application_id: int, state: str, by: str) -> None:
        super().__init__(f"application {application_id} is {state} by {by}")
        self.state, self.by = state, by


class NotAcceptable(ValueError):
    """What stands against letting the seller in; `why` says of what kind, `subjects` names each.

    gates: open gates that nobody has set aside; items: parts that a reviewer refuses or wants more of;
    unseen: items of tick-lists that nobody looked at; stale: the report is older than papers or ticks;
    appeal: an appeal waits for its answer; report: there is no report; override, warnings: not for a bulk.
    """

    def __init__(self, why: str, subjects: Sequence[str] = ()) -> None:
        super().__init__(f"{why}: {', '.join(subjects)}" if subjects else why)
        self.why, self.subjects = why, tuple(subjects)


class CauseMissing(ValueError):
    """A refusal, or a request for more, names at least one part with what is wrong with it."""


class SubjectUnknown(ValueError):
    """Not a gate of the report, a paper, or a place of the profile."""


@transaction.atomic
def judge_item(
    application_id: int, *, subject: str, verdict: str, reason: str = "", now: datetime, actor: str
) -> ReviewItem:
    """Say of one part of an application that it is ok, not ok, or that more is wanted, and why.

    The same word of the same person again changes nothing. Raises NotInReview, HeldByAnother,
    SubjectUnknown, ReasonMissing.
    """
    application = lock_application(application_id, states=WAITING)
    hold_application(application, now=now, actor=actor)
    return _judge(application, subject, verdict=verdict, reason=reason, now=now, actor=actor)


@transaction.atomic
def ask_for_more(
    application_id: int, *, items: Mapping[str, str], reason: str, now: datetime, actor: str
) -> Application:
    """Send an application back to the seller, with what is wanted of each part.

    What was judged `more` before counts too. Asked already by the same person, nothing changes. Raises
    NotInReview, HeldByAnother, DecidedAlready, SubjectUnknown, ReasonMissing, CauseMissing.
    """
    application = _lock_undecided(application_id, wanted=S.NEEDS_MORE, now=now, actor=actor)
    if application.state == S.NEEDS_MORE:
        return application
    for subject, told in items.items():
        _judge(application, subject, verdict=MORE, reason=told, now=now, actor=actor)
    asked = [item for item in unsettled_items(application) if item.verdict == MORE]
    if not asked:
        raise CauseMissing("nothing is asked for")
    _move(application, to=S.NEEDS_MORE, reason=needed(reason), now=now, actor=actor)
    told_items = {item.subject: item.reason for item in asked}
    payload = {"items": told_items, "reason": reason, "by": actor}
    emit_events("admission.more_asked", [(application.seller_id, _key(application), payload)], at=now)
    return application


@transaction.atomic
def accept_application(
    application_id: int, *, papers: Sequence[DocumentRule], reason: str, now: datetime, actor: str
) -> Application:
    """Let a seller in, when nothing stands against it any more (see NotAcceptable).

    `papers` is the tick-list of the day. Accepted already by the same person, nothing changes. Raises
    NotInReview, HeldByAnother, DecidedAlready, ReasonMissing, NotAcceptable.
    """
    application = _lock_undecided(application_id, wanted=S.APPROVED, now=now, actor=actor)
    if application.state == S.APPROVED:
        return application
    _check_acceptable(application, papers)
    return _move(application, to=S.APPROVED, reason=needed(reason), now=now, actor=actor)


@transaction.atomic
def accept_clear_application(
    application_id: int, *, papers: Sequence[DocumentRule], reason: str, now: datetime, actor: str
) -> Application:
    """As `accept_application`, but only what needs no second look: every gate passed, nothing to review."""
    report = deciding_report(lock_application(application_id, states=frozenset(S.values)))
    if report is not None and not report.passed:
        raise NotAcceptable("override", ())
    if report is not None and report.warnings:
        raise NotAcceptable("warnings", [warning["rule"] for warning in report.warnings])
    return accept_application(application_id, papers=papers, reason=reason, now=now, actor=actor)


@transaction.atomic
def reject_application(
    application_id: int, *, causes: Mapping[str, str], reason: str, now: datetime, actor: str
) -> Application:
    """Refuse a seller, with the cause part by part: the 72-hour clock stops with it (DIA-1).

    What was judged `not_ok` before counts too. Refused already by the same person, nothing changes.
    Raises NotInReview, HeldByAnother, DecidedAlready, SubjectUnknown, ReasonMissing, CauseMissing,
    NotAcceptable (an appeal is answered as an appeal).
    """
    application = _lock_undecided(application_id, wanted=S.REJECTED, now=now, actor=actor)
    if application.state == S.REJECTED:
        return application
    if open_appeal_of(application) is not None:
        raise NotAcceptable("appeal")
    refuse(application, causes=causes, reason=reason, now=now, actor=actor)
    return application


@transaction.atomic
def reassess(
    application_id: int,
    *,
    evaluator: Evaluator,
    policy_version_id: int,
    on: date,
    now: datetime,
    actor: str,
) -> Assessment:
    """Evaluate again, with the papers, ticks and evidence of this moment, which are frozen into it.

    When the last report found exactly that by the same rules on the same day, that one is returned.
    Raises NotInReview, HeldByAnother, ApplicationUnreadable, VersionDiffers, DayDiffers.
    """
    check_stamp(evaluator, policy_version_id=policy_version_id, on=on)
    application = lock_application(application_id, states=WAITING)
    hold_application(application, now=now, actor=actor)
    profile = _composed(application)
    answer = evaluator.assess(profile)
    last = deciding_report(application)
    if last is not None and _is_answered(last, answer, policy_version_id=policy_version_id):
        return last
    application.profile = profile
    application.save(update_fields=["profile"])
    (report,) = store_reports(
        {application.seller_id: application},
        {application.seller_id: answer},
        purpose=AssessmentPurpose.REVIEW,
        policy_version_id=policy_version_id,
        now=now,
    )
    record_steps([(application, f"{REVIEW}reassessed", assessed_reason(answer))], now=now, actor=actor)
    return report


def _composed(application: Application) -> dict[str, Any]:
    profile = composed_profile(application)
    problems = profile_problems(profile)
    if problems:
        raise ApplicationUnreadable(seller_id=application.seller_id, problems=problems)
    return profile


def _is_answered(last: Assessment, answer: engine.Assessment, *, policy_version_id: int) -> bool:
    """Whether the last report says just this, and of the papers and ticks as they are now."""
    if (last.policy_version_id, last.rated_on) != (policy_version_id, answer.at):
        return False
    told = [(f.rule, f.status, f.observed, "; ".join(f.evidence)) for f in answer.findings]
    is_current = not has_newer_papers(last.seller_id, since=last.assessed_at)
    return is_current and is_same_report(last, told)


def refuse(
    application: Application, *, causes: Mapping[str, str], reason: str, now: datetime, actor: str
) -> None:
    """Refuse a locked application with its causes; raises CauseMissing when no part is refused."""
    for subject, told in causes.items():
        _judge(application, subject, verdict=NOT_OK, reason=told, now=now, actor=actor)
    if not any(item.verdict == NOT_OK for item in unsettled_items(application)):
        raise CauseMissing("no part is refused")
    _move(application, to=S.REJECTED, reason=needed(reason), now=now, actor=actor)


def settle_items(application: Application, *, reason: str, now: datetime, actor: str) -> None:
    """Take back what was refused, for one reason: an appeal was upheld."""
    for item in unsettled_items(application):
        _judge(application, item.subject, verdict=OK, reason=reason, now=now, actor=actor)


def _lock_undecided(application_id: int, *, wanted: str, now: datetime, actor: str) -> Application:
    """The application under lock and held by the actor; as it is when the actor has decided so already."""
    application = lock_application(application_id, states=frozenset(S.values))
    if application.state in WAITING:
        hold_application(application, now=now, actor=actor)
        return application
    last = application.events.filter(state=application.state).order_by("-id").first()
    by = last.actor if last else ""
    if application.state == wanted and by == actor:
        return application
    if application.decided_at is None and application.state != S.NEEDS_MORE:
        raise NotInReview(application_id=application_id, state=application.state)
    raise DecidedAlready(application_id=application_id, state=application.state, by=by)


def _check_acceptable(application: Application, papers: Sequence[DocumentRule]) -> None:
    report = deciding_report(application)
    if report is None:
        raise NotAcceptable("report")
    if open_appeal_of(application) is not None:
        raise NotAcceptable("appeal")
    if items := [item.subject for item in unsettled_items(application)]:
        raise NotAcceptable("items", items)
    if unseen := unseen_items(application.seller_id, papers):
        raise NotAcceptable("unseen", unseen)
    if has_newer_papers(application.seller_id, since=report.assessed_at):
        raise NotAcceptable("stale")
    if gates := standing_gates(application, report):
        raise NotAcceptable("gates", gates)


def _judge(
    application: Application, subject: str, *, verdict: str, reason: str, now: datetime, actor: str
) -> ReviewItem:
    _check_subject(application, subject)
    if verdict not in VERDICTS:
        raise SubjectUnknown(f"no verdict {verdict!r}")
    told = reason.replace("\x00", "").strip() if verdict == OK else needed(reason)
    last = current_items(application).get(subject)
    if last is not None and (last.verdict, last.reason, last.decided_by) == (verdict, told, actor):
        return last
    item = ReviewItem.objects.create(
        seller_id=application.seller_id,
        application=application,
        subject=subject,
        verdict=verdict,
        reason=told,
        decided_by=actor,
        decided_at=now,
    )
    step = f"{REVIEW}judged"
    record_steps([(application, step, f"{subject}: {verdict}: {told}")], now=now, actor=actor)
    return item


def _check_subject(application: Application, subject: str) -> None:
    place = re.split(r"[.\[:]", subject, maxsplit=1)[0]
    if len(subject) <= _SUBJECT_LENGTH and (_PAPER.fullmatch(subject) or place in _PLACES):
        return
    report = deciding_report(application)
    if report is None or not report.findings.filter(rule=subject).exists():
        raise SubjectUnknown(f"{subject!r} is no part of application {application.pk}")


def _move(application: Application, *, to: str, reason: str, now: datetime, actor: str) -> Application:
    """One step; what passed its assessment comes into review with the first decision on it."""
    told = {application.seller_id: reason}
    if application.state in (S.ASSESSED_PASS, S.ASSESSED_FAIL):
        move_applications([application], to=S.IN_REVIEW, reasons=told, now=now, actor=actor)
    move_applications([application], to=to, reasons=told, now=now, actor=actor)
    return application


def _key(application: Application) -> str:
    return f"application:{application.pk}"
