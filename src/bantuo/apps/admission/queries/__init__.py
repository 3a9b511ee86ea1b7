"""Why a seller stands where they stand: state, timeline, findings, deposit, what is still open."""

from bantuo.apps.admission.queries.appeals import seller_appeals
from bantuo.apps.admission.queries.deposits import (
    deductions_posted,
    deposits_held_fen,
    open_obligations,
    top_ups_demanded,
)
from bantuo.apps.admission.queries.failures import (
    FailureClock,
    failed_applications,
    failure_classes,
    failure_clock,
    refused_items,
)
from bantuo.apps.admission.queries.reports import (
    RunComparison,
    cited_rules,
    compare_runs,
    diagnosis_runs,
    last_run,
    open_by_report,
    report_gates,
)
from bantuo.apps.admission.queries.standing import (
    DECIDING,
    OPEN,
    Standing,
    applications_by_state,
    assessments_passed,
    deciding_report,
    latest_application,
    open_rules,
    refused_sellers,
    seller_standing,
)

__all__ = [
    "DECIDING",
    "OPEN",
    "FailureClock",
    "RunComparison",
    "Standing",
    "applications_by_state",
    "assessments_passed",
    "cited_rules",
    "compare_runs",
    "deciding_report",
    "deductions_posted",
    "deposits_held_fen",
    "diagnosis_runs",
    "failed_applications",
    "failure_classes",
    "failure_clock",
    "last_run",
    "latest_application",
    "open_by_report",
    "open_obligations",
    "open_rules",
    "refused_items",
    "refused_sellers",
    "report_gates",
    "seller_appeals",
    "seller_standing",
    "top_ups_demanded",
]
