"""The way of a seller through the programme: apply, be assessed, join, pay the deposit, leave."""

from bantuo.apps.admission.operations.applications import (
    ApplicationDiffers,
    ApplicationUnreadable,
    AttemptOutOfOrder,
    NewApplication,
    submit_applications,
)
from bantuo.apps.admission.operations.assessment import DayDiffers, VersionDiffers, assess_applications
from bantuo.apps.admission.operations.deposits import (
    Deduction,
    DepositTooSmall,
    deduct_deposits,
    demand_deposits,
    demand_top_ups,
    hold_deposits,
    hold_top_ups,
)
from bantuo.apps.admission.operations.joining import (
    AgreementUnreadable,
    bind_and_activate,
    reinstate_sellers,
    sign_agreements,
    suspend_sellers,
)
from bantuo.apps.admission.operations.leaving import (
    ReleaseBlocked,
    StillCooling,
    begin_exit,
    refund_deposits,
    request_release,
    start_cooling,
)
from bantuo.apps.admission.operations.review import (
    appeal_applications,
    approve_applications,
    open_reviews,
    reject_applications,
    withdraw_applications,
)
from bantuo.apps.admission.operations.transitions import (
    ApplicationUnknown,
    DepositUnknown,
    IllegalTransition,
    ReasonMissing,
)

__all__ = [
    "AgreementUnreadable",
    "ApplicationDiffers",
    "ApplicationUnknown",
    "ApplicationUnreadable",
    "AttemptOutOfOrder",
    "DayDiffers",
    "Deduction",
    "DepositTooSmall",
    "DepositUnknown",
    "IllegalTransition",
    "NewApplication",
    "ReasonMissing",
    "ReleaseBlocked",
    "StillCooling",
    "VersionDiffers",
    "appeal_applications",
    "approve_applications",
    "assess_applications",
    "begin_exit",
    "bind_and_activate",
    "deduct_deposits",
    "demand_deposits",
    "demand_top_ups",
    "hold_deposits",
    "hold_top_ups",
    "open_reviews",
    "refund_deposits",
    "reinstate_sellers",
    "reject_applications",
    "request_release",
    "sign_agreements",
    "start_cooling",
    "submit_applications",
    "suspend_sellers",
    "withdraw_applications",
]
