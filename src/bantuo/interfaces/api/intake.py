"""POST /orders and /orders/batch: what a marketplace pushes, each order once, reserved and routed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from time import monotonic
from typing import Any

import msgspec
from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse

from bantuo.apps.integrations.scopes import Scope
from bantuo.apps.orders.operations.incoming import IntakeResult
from bantuo.apps.orders.operations.intake import place_orders
from bantuo.apps.orders.operations.recipients import NewRecipient, keep_recipients
from bantuo.apps.parties.models import Seller
from bantuo.core.clock import business_date, operating_day
from bantuo.core.policy import Book
from bantuo.interfaces.api.callers import Caller, caller_of
from bantuo.interfaces.api.intake_queue import IntakeQueue, QueueFull, WaitedTooLong, Waiting
from bantuo.interfaces.api.intake_shapes import (
    Answer,
    BatchAnswer,
    OrderBody,
    Unreadable,
    answer_of,
    read_batch,
    read_order,
)
from bantuo.interfaces.api.problems import Problem, invalid
from bantuo.interfaces.web.clock import moment
from bantuo.interfaces.web.papers import vault
from bantuo.interfaces.web.programme import programme_now

_ANSWER_SECONDS = 30
_BOOK_SECONDS = 1.0  # a published value holds from a later day, so that a second changes nothing
_BODY_MAX = 16 * 1024 * 1024


def post_order(request: HttpRequest) -> HttpResponse:
    """One order: 201 placed, 200 known already, 422 refused. Waits for the commit that holds it."""
    caller = caller_of(request, scope=Scope.ORDERS_INTAKE)
    try:
        body = read_order(_body_of(request))
    except Unreadable as fault:
        raise _unreadable(fault) from fault
    waiting = _waiting(body, caller, row="")
    try:
        result = QUEUE.put(waiting).result(_ANSWER_SECONDS)
    except (QueueFull, WaitedTooLong, OperationalError, InterfaceError) as fault:
        raise _busy() from fault
    if result.outcome == "refused":
        raise invalid(answer_of(result).errors, detail=f"the order {body.external_id} was not taken")
    return json_answer(answer_of(result), status=201 if result.outcome == "placed" else 200)


def post_orders(request: HttpRequest) -> HttpResponse:
    """Up to a thousand orders, each by itself (`each`) or all of them or none (`all`)."""
    caller = caller_of(request, scope=Scope.ORDERS_INTAKE)
    try:
        batch = read_batch(_body_of(request))
    except Unreadable as fault:
        raise _unreadable(fault) from fault
    answers: list[Answer | None] = [None] * len(batch.orders)
    items: list[tuple[int, Waiting]] = []
    for row, raw in enumerate(batch.orders):
        try:
            items.append((row, _waiting(read_order(raw, row=row), caller, row=str(row))))
        except Unreadable as fault:
            answers[row] = Answer("", "", "refused", errors=[fault.error])
    try:
        with transaction.atomic():
            for (row, _), result in zip(items, write_orders([item for _, item in items]), strict=True):
                answers[row] = answer_of(result, row=row)
            told = [answer for answer in answers if answer is not None]
            if batch.mode == "all" and any(answer.outcome == "refused" for answer in told):
                transaction.set_rollback(True)
    except (OperationalError, InterfaceError) as fault:
        raise _busy() from fault
    refused = [error for answer in told if answer.outcome == "refused" for error in answer.errors]
    if batch.mode == "all" and refused:
        raise invalid(refused, detail="nothing was taken: the mode is `all` and some orders cannot be")
    outcomes = Counter(answer.outcome for answer in told)
    return json_answer(BatchAnswer(outcomes["placed"], outcomes["repeated"], outcomes["refused"], told))


def write_orders(items: Sequence[Waiting]) -> list[IntakeResult]:
    """Place orders of several callers in one transaction; who they go to is sealed with them."""
    now, book = moment(), book_in_force()
    day = operating_day(book, business_date(now, zone=book.zone))
    results: list[IntakeResult] = []
    with transaction.atomic():
        for actor, group in groupby(items, key=lambda item: item.actor):
            found = list(group)
            placed = place_orders([i.order for i in found], book=book, day=day, now=now, actor=actor)
            results += _with_recipients(found, placed, actor=actor)
    return results


def _with_recipients(
    items: Sequence[Waiting], results: Sequence[IntakeResult], *, actor: str
) -> list[IntakeResult]:
    """Keep the recipients of what was placed. One that cannot be kept keeps no order out; it is told."""
    rows = [
        NewRecipient(str(at), result.order_id, item.recipient.told(), item.recipient.oaid)
        for at, (item, result) in enumerate(zip(items, results, strict=True))
        if item.recipient is not None and result.outcome == "placed" and result.order_id is not None
    ]
    told = list(results)
    for kept in (
        keep_recipients(rows, seller_id=None, vault=vault(), now=moment(), actor=actor) if rows else ()
    ):
        if kept.refusal is not None:
            fault = replace(kept.refusal, field=f"recipient.{kept.refusal.field}")
            told[int(kept.row)] = replace(told[int(kept.row)], refusals=(fault,))
    return told


QUEUE = IntakeQueue(write_orders)


def _waiting(body: OrderBody, caller: Caller, *, row: str) -> Waiting:
    seller = body.seller if caller.seller_id is None else _code_of(caller.seller_id)
    if caller.seller_id is not None and body.seller not in (None, seller):
        raise Problem(403, "not-your-order", title="The order is another seller's",
                      detail=f"the key belongs to {seller}; the order names another seller")  # fmt: skip
    order = body.order(marketplace=caller.marketplace, seller=seller or "", row=row)
    return Waiting(order, body.recipient, caller.actor)


@lru_cache(maxsize=10_000)
def _code_of(seller_id: int) -> str:
    """A seller's code, which never changes."""
    return str(Seller.objects.values_list("code", flat=True).get(pk=seller_id))


@dataclass(slots=True)
class _Held:
    book: Book | None = None
    until: float = 0.0


_HELD = _Held()


def book_in_force() -> Book:
    """The book in force, asked for at most once a second."""
    if _HELD.book is None or monotonic() >= _HELD.until:
        _HELD.book, _HELD.until = programme_now().book, monotonic() + _BOOK_SECONDS
    return _HELD.book


def _body_of(request: HttpRequest) -> bytes:
    if int(request.META.get("CONTENT_LENGTH") or 0) > _BODY_MAX:
        raise Problem(
            413, "body-too-large", title="The body is too large", detail=f"at most {_BODY_MAX} bytes"
        )
    return bytes(request.read())


def _unreadable(fault: Unreadable) -> Problem:
    if fault.error.rule == "OpenAPI":
        return invalid([fault.error])
    return Problem(400, "json-unreadable", title="The body is not JSON", detail=fault.error.reason,
                   errors=[fault.error])  # fmt: skip


def _busy() -> Problem:
    return Problem(503, "busy", title="Orders wait too long just now", headers={"Retry-After": "1"},
                   detail="send it again: an order is taken once, however often it is sent")  # fmt: skip


def json_answer(content: Any, *, status: int = 200) -> HttpResponse:
    """An answer in JSON."""
    return HttpResponse(msgspec.json.encode(content), status=status, content_type="application/json")
