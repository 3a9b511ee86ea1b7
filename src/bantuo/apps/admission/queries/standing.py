"""Why a seller stands where they stand: state, timeline, findings, deposit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bantuo.apps.admission.models import (
    Application,
    ApplicationEvent,
    Assessment,
    AssessmentPurpose,
    Deposit,
    Finding,
)
from bantuo.apps.admission.queries.deposits import deposits_held_fen
from bantuo.apps.sql import fetch_rows

# The reports that decide; what a seller runs for itself never does.
DECIDING = (AssessmentPurpose.ADMISSION.value, AssessmentPurpose.REVIEW.value)
OPEN = ("fail", "not_evidenced")


@dataclass(frozen=True, slots=True)
class Standing:
    """The latest application of a seller with everything that explains it."""

    application: Application
    events: tuple[ApplicationEvent, ...]
    assessment: Assessment | None
    findings: tuple[Finding, ...]  # what is open first, then by rule
    deposit: Deposit | None
    deposit_held_fen: int


def seller_standing(seller_id: int) -> Standing | None:
    """Where a seller stands and why; None when they never applied."""
    application = latest_application(seller_id)
    if application is None:
        return None
    assessment = deciding_report(application)
    findings = Finding.objects.filter(assessment=assessment).order_by("id") if assessment else ()
    deposit = Deposit.objects.filter(application=application).first()
    return Standing(
        application=application,
        events=tuple(application.events.order_by("id")),
        assessment=assessment,
        findings=tuple(sorted(findings, key=lambda finding: finding.status not in OPEN)),
        deposit=deposit,
        deposit_held_fen=deposits_held_fen([deposit.pk]).get(deposit.pk, 0) if deposit else 0,
    )


def latest_application(seller_id: int) -> Application | None:
    """The last attempt of a seller, whatever its state; None when they never began one."""
    return Application.objects.filter(seller_id=seller_id).order_by("-attempt").first()


def deciding_report(application: Application) -> Assessment | None:
    """The last report that decides: of step ②, or of the review after mending; no diagnostic run."""
    return application.assessments.filter(purpose__in=DECIDING).order_by("-id").first()


def refused_sellers() -> list[tuple[int, str, str]]:
    """Every seller whose latest application was refused: id, state, reason; in order of seller."""
    rows = fetch_rows(
        """
        SELECT a.seller_id, a.state, e.reason
        FROM (SELECT DISTINCT ON (seller_id) * FROM admission_application
              ORDER BY seller_id, attempt DESC) a
        CROSS JOIN LATERAL (SELECT reason FROM admission_applicationevent e
                            WHERE e.application_id = a.id AND e.state = a.state
                            ORDER BY e.id DESC LIMIT 1) e
        WHERE a.state IN ('assessed_fail', 'rejected') ORDER BY a.seller_id
        """
    )
    return [(row[0], row[1], row[2]) for row in rows]


def applications_by_state() -> dict[str, int]:
    """How many sellers stand in each state, by their latest application."""
    return dict(
        fetch_rows(
            """
            SELECT state, count(*) FROM (SELECT DISTINCT ON (seller_id) state FROM admission_application
                                         ORDER BY seller_id, attempt DESC) a
            GROUP BY state ORDER BY state
            """
        )
    )


def assessments_passed(application_ids: Sequence[int]) -> dict[int, bool]:
    """The answer of the last report that decides, of each application that has one."""
    reports = Assessment.objects.filter(application_id__in=application_ids, purpose__in=DECIDING).order_by(
        "id"
    )
    return dict(reports.values_list("application_id", "passed"))


def open_rules(application_ids: Sequence[int]) -> dict[int, list[str]]:
    """By seller, the rules that the last deciding report of an application found open; none left out."""
    return dict(
        fetch_rows(
            """
            SELECT r.seller_id, array_agg(f.rule ORDER BY f.id)
            FROM (SELECT DISTINCT ON (application_id) id, seller_id FROM admission_assessment
                  WHERE application_id = ANY(%s) AND purpose <> 'diagnostic'
                  ORDER BY application_id, id DESC) r
            JOIN admission_finding f ON f.assessment_id = r.id
            WHERE f.status IN ('fail', 'not_evidenced') GROUP BY r.seller_id
            """,
            [list(application_ids)],
        )
    )
