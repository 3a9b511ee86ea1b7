"""Cancelling: sellers cancel and answer, the marketplace asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ninja import Router

from bantuo.apps.aftersales.operations import (
    CancelAnswer,
    Cancelling,
    CancelResult,
    accept_cancel,
    cancel_lines,
    refuse_cancel,
    request_cancel,
)
from bantuo.apps.integrations.scopes import Scope
from bantuo.core.clock import operating_day
from bantuo.interfaces.api.application import CallerRequest, NeedsScope
from bantuo.interfaces.api.order_schemas import (
    CancelAnswersIn,
    CancelIn,
    CancelRequestsIn,
    CancelsIn,
    RowsOut,
)
from bantuo.interfaces.api.own_orders import orders_named
from bantuo.interfaces.api.problems import field_error
from bantuo.interfaces.web.programme import programme_now

router = Router(tags=["orders"])
_WRITES = NeedsScope(Scope.ORDERS_WRITE)
_ASKS = NeedsScope(Scope.ORDERS_INTAKE)


@router.post("/cancellations", response=RowsOut, auth=_WRITES, operation_id="cancelOrders")
def cancel(request: CallerRequest, body: CancelsIn) -> Any:
    """Cancel orders or pieces of them, refunded in full. Once per order and reference."""
    caller, programme = request.auth, programme_now()
    rows = [_cancelling(at, row, "seller") for at, row in enumerate(body.rows)]
    return _told(cancel_lines(rows, seller_id=caller.seller, now=programme.now, actor=caller.actor))


@router.post("/cancel-answers", response=RowsOut, auth=_WRITES, operation_id="answerCancelRequests")
def answer(request: CallerRequest, body: CancelAnswersIn) -> Any:
    """Answer requests to cancel, in the order of the rows; whoever says no says why."""
    caller, now = request.auth, programme_now().now
    results: list[CancelResult] = []
    for at, row in enumerate(body.rows):
        act = accept_cancel if row.accept else refuse_cancel
        answers = [CancelAnswer(str(at), row.order, row.reason)]
        results += act(answers, seller_id=caller.seller, now=now, actor=caller.actor)
    return _told(results)


@router.post("/cancel-requests", response=RowsOut, auth=_ASKS, operation_id="requestCancels")
def ask(request: CallerRequest, body: CancelRequestsIn) -> Any:
    """Ask sellers to cancel, as the marketplace does for a buyer. Once per order and reference."""
    caller, programme = request.auth, programme_now()
    known = orders_named(caller, [row.order for row in body.rows])
    rows = [
        _cancelling(at, row, row.responsible, order=row.order if row.order in known else 0)
        for at, row in enumerate(body.rows)
    ]
    day = operating_day(programme.book, programme.on)
    results = request_cancel(
        rows, seller_id=caller.seller_id, book=programme.book, day=day, now=programme.now, actor=caller.actor
    )
    return _told(results)


def _cancelling(at: int, row: CancelIn, responsible: str, *, order: int | None = None) -> Cancelling:
    asked = row.order if order is None else order
    return Cancelling(str(at), asked, row.reference, row.reason, responsible, row.lines)


def _told(results: Sequence[CancelResult]) -> dict[str, Any]:
    rows = [
        {
            "row": int(result.row),
            "outcome": result.outcome,
            "order": result.order_id or None,
            "refusal": result.refusal and field_error(result.refusal),
        }
        for result in results
    ]
    return {"rows": rows}
