"""What a caller does with policy: publish books, change a value from a day on, grant tier quotes."""

from bantuo.apps.policies.operations.books import CurrentBook, book_document, current_book, publish_book
from bantuo.apps.policies.operations.checks import ProgrammeBreaks, Reached, check_draft
from bantuo.apps.policies.operations.drafts import (
    CheckMissing,
    CheckOutdated,
    DraftClosed,
    DraftUnknown,
    discard_draft,
    draft_value,
    publish_draft,
)
from bantuo.apps.policies.operations.rates import (
    MonthNotEvidenced,
    RateAboveStandard,
    RateBelowFloor,
    RateOverlaps,
    RatePeriodEmpty,
    RateRefused,
    TooFewOrders,
    complete_months,
    grant_rate,
)

__all__ = [
    "CheckMissing",
    "CheckOutdated",
    "CurrentBook",
    "DraftClosed",
    "DraftUnknown",
    "MonthNotEvidenced",
    "ProgrammeBreaks",
    "RateAboveStandard",
    "RateBelowFloor",
    "RateOverlaps",
    "RatePeriodEmpty",
    "RateRefused",
    "Reached",
    "TooFewOrders",
    "book_document",
    "check_draft",
    "complete_months",
    "current_book",
    "discard_draft",
    "draft_value",
    "grant_rate",
    "publish_book",
    "publish_draft",
]
