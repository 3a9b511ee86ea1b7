"""Cancel before shipping, take back after it, and answer those who ask for it."""

from bantuo.apps.aftersales.operations.cancelling import Cancelling, CancelResult, cancel_lines
from bantuo.apps.aftersales.operations.cases import Case, cancel_orders, return_orders
from bantuo.apps.aftersales.operations.requests import (
    CancelAnswer,
    accept_cancel,
    answer_overdue_cancels,
    refuse_cancel,
    request_cancel,
)

__all__ = [
    "CancelAnswer",
    "CancelResult",
    "Cancelling",
    "Case",
    "accept_cancel",
    "answer_overdue_cancels",
    "cancel_lines",
    "cancel_orders",
    "refuse_cancel",
    "request_cancel",
    "return_orders",
]
