"""Somebody asks for an order to be cancelled, the seller answers; while it is open nothing moves on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from bantuo.apps.aftersales.operations.cancelling import (
    TEXT_MAX,
    Cancelling,
    CancelResult,
    OpenOrder,
    cancel_refusal,
    lock_open_orders,
    take_out,
)
from bantuo.apps.events.operations import emit_events
from bantuo.apps.orders.operations.history import record_events
from bantuo.apps.orders.operations.incoming import Refusal
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.core.clock import OperatingDay
from bantuo.core.policy import Book

RULE = "ORD-2"
SYSTEM = "system:jobs"


@dataclass(frozen=True, slots=True)
class CancelAnswer:
    """The seller's word on the open cancel request of an order; `reason` is needed to refuse."""

    row: str
    order_id: int
    reason: str = ""


@transaction.atomic
def request_cancel(
    rows: Sequence[Cancelling],
    *,
    seller_id: int | None,
    book: Book,
    day: OperatingDay,
    now: datetime,
    actor: str,
) -> list[CancelResult]:
    """Ask the sellers to cancel orders or pieces of them; each is to answer within ORD-2.

    Once per (order, reference). Refused: what could not be cancelled, an order with an open request.
    """
    orders = lock_open_orders([row.order_id for row in rows], seller_id=seller_id)
    known = _known(rows)
    results: dict[int, CancelResult] = {}
    fresh: dict[int, tuple[int, Cancelling]] = {}
    for at, row in enumerate(rows):
        order = orders.get(row.order_id)
        if order is not None and (row.order_id, row.reference) in known:
            results[at] = CancelResult(row.row, "repeated", row.order_id)
            continue
        refusal = cancel_refusal(row, order)
        if refusal is None and order is not None and (order.request_id or row.order_id in fresh):
            refusal = Refusal(row.row, "order", str(row.order_id), RULE, "a cancel request is open already")
        if refusal is not None:
            results[at] = CancelResult(row.row, "refused", row.order_id, refusal=refusal)
        else:
            fresh[row.order_id] = at, row
            results[at] = CancelResult(row.row, "asked", row.order_id)
    answer_by = now + timedelta(hours=int(book.amount(RULE, day.on)))
    _open([row for _, row in fresh.values()], orders, answer_by=answer_by, now=now, actor=actor)
    return [results[at] for at in range(len(rows))]


def _known(rows: Sequence[Cancelling]) -> set[tuple[int, str]]:
    return {
        (r[0], r[1])
        for r in fetch_rows(
            """
            SELECT c.order_id, c.reference FROM orders_cancelrequest c
            JOIN unnest(%s::bigint[], %s::text[]) AS k(order_id, reference) USING (order_id, reference)
            """,
            columns_of([(row.order_id, row.reference) for row in rows], 2),
        )
    }


def _open(
    rows: Sequence[Cancelling],
    orders: Mapping[int, OpenOrder],
    *,
    answer_by: datetime,
    now: datetime,
    actor: str,
) -> None:
    kept = [
        (
            orders[r.order_id].seller_id, r.order_id, r.reference, json.dumps(dict(r.lines)), r.responsible,
            r.reason.strip(),
        )
        for r in rows
    ]  # fmt: skip
    if not kept:
        return
    run_statement(
        """
        INSERT INTO orders_cancelrequest (seller_id, order_id, reference, lines, responsible, reason,
            asked_by, asked_at, answer_by, answer, answer_reason, answered_by)
        SELECT i.seller, i.ord, i.reference, i.lines::jsonb, i.responsible, i.reason, %s, %s, %s, '', '', ''
        FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[])
            AS i(seller, ord, reference, lines, responsible, reason)
        """,
        [actor, now, answer_by, *columns_of(kept, 6)],
    )
    _tell("cancel_requested", [(k[0], k[1], k[5]) for k in kept], now=now, actor=actor)


def _tell(what: str, rows: Sequence[tuple[int, int, str]], *, now: datetime, actor: str) -> None:
    """Of each (seller, order, reason): in the timeline and in the outbox."""
    record_events([(seller, order, what, reason, now) for seller, order, reason in rows], actor=actor)
    emit_events(
        f"order.{what}",
        [(seller, f"order:{order}", {"reason": reason, "by": actor}) for seller, order, reason in rows],
        at=now,
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    request_id: int
    cancelling: Cancelling


@transaction.atomic
def accept_cancel(
    answers: Sequence[CancelAnswer], *, seller_id: int | None, now: datetime, actor: str
) -> list[CancelResult]:
    """Say yes: what was asked for is cancelled and refunded. Refused per row: nothing open, it has left."""
    orders = lock_open_orders([a.order_id for a in answers], seller_id=seller_id)
    taken, results = _sorted_out(
        answers, orders, lambda found, answer: cancel_refusal(found.cancelling, orders[answer.order_id])
    )
    parts = take_out([found.cancelling for found, _ in taken], orders, now=now, actor=actor)
    _answer(taken, "accepted", parts, now=now, actor=actor)
    told = [(orders[a.order_id].seller_id, a.order_id, a.reason.strip()) for _, a in taken]
    _tell("cancel_accepted", told, now=now, actor=actor)
    return results


@transaction.atomic
def refuse_cancel(
    answers: Sequence[CancelAnswer], *, seller_id: int | None, now: datetime, actor: str
) -> list[CancelResult]:
    """Say no, with a reason: the order goes on where it stood."""
    orders = lock_open_orders([a.order_id for a in answers], seller_id=seller_id)
    taken, results = _sorted_out(answers, orders, lambda _, answer: _reason_missing(answer))
    _answer(taken, "refused", {}, now=now, actor=actor)
    told = [(orders[a.order_id].seller_id, a.order_id, a.reason.strip()) for _, a in taken]
    _tell("cancel_refused", told, now=now, actor=actor)
    return results


def _sorted_out(
    answers: Sequence[CancelAnswer],
    orders: Mapping[int, OpenOrder],
    refusal_of: Callable[[_Asked, CancelAnswer], Refusal | None],
) -> tuple[list[tuple[_Asked, CancelAnswer]], list[CancelResult]]:
    """The answers that count, each with its request, and what every one is told; answered once."""
    asked = _asked(orders)
    taken, results = list[tuple[_Asked, CancelAnswer]](), list[CancelResult]()
    for answer in answers:
        found = asked.get(answer.order_id)
        refusal = refusal_of(found, answer) if found else _nothing_open(answer)
        if found is None or refusal is not None:
            results.append(CancelResult(answer.row, "refused", answer.order_id, refusal=refusal))
            continue
        del asked[answer.order_id]
        taken.append((found, answer))
        results.append(CancelResult(answer.row, "answered", answer.order_id))
    return taken, results


def _nothing_open(answer: CancelAnswer) -> Refusal:
    return Refusal(answer.row, "order", str(answer.order_id), RULE, "no cancel request of it is open")


def _reason_missing(answer: CancelAnswer) -> Refusal | None:
    if answer.reason.strip() and len(answer.reason) <= TEXT_MAX:
        return None
    return Refusal(answer.row, "reason", answer.reason[:TEXT_MAX], RULE, "a reason is needed")


def _asked(orders: Mapping[int, OpenOrder]) -> dict[int, _Asked]:
    """The open request of each of these locked orders."""
    rows = fetch_rows(
        """
        SELECT id, order_id, reference, reason, responsible, lines::text FROM orders_cancelrequest
        WHERE id = ANY(%s::bigint[])
        """,
        [[order.request_id for order in orders.values() if order.request_id]],
    )
    return {
        order: _Asked(
            request,
            Cancelling(
                str(order), order, reference, reason, responsible,
                {int(no): pieces for no, pieces in json.loads(lines).items()},
            ),
        )
        for request, order, reference, reason, responsible, lines in rows
    }  # fmt: skip


def _answer(
    taken: Sequence[tuple[_Asked, CancelAnswer]],
    answer: str,
    parts: Mapping[int, int],
    *,
    now: datetime,
    actor: str,
) -> None:
    rows = [(found.request_id, a.reason.strip(), parts.get(a.order_id)) for found, a in taken]
    run_statement(
        """
        UPDATE orders_cancelrequest c SET answer = %s, answer_reason = i.reason, part_id = i.part,
            answered_by = %s, answered_at = %s
        FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS i(id, reason, part) WHERE i.id = c.id
        """,
        [answer, actor, now, *columns_of(rows, 3)],
    )


def answer_overdue_cancels(*, book: Book, day: OperatingDay, now: datetime) -> int:
    """Let the rule answer requests that nobody answered in time; returns how many.

    One that can no longer be accepted, because the goods have left, is refused with that reason.
    """
    due = fetch_rows(
        "SELECT order_id FROM orders_cancelrequest WHERE answer = '' AND answer_by < %s ORDER BY order_id",
        [now],
    )
    answers = [CancelAnswer(str(r[0]), r[0], "not answered in time") for r in due]
    if not answers:
        return 0
    if book.amount("ORD-2.unanswered", day.on) == "refused":
        return len(refuse_cancel(answers, seller_id=None, now=now, actor=SYSTEM))
    gone = [
        CancelAnswer(r.row, r.order_id, r.refusal.reason)
        for r in accept_cancel(answers, seller_id=None, now=now, actor=SYSTEM)
        if r.refusal
    ]
    refuse_cancel(gone, seller_id=None, now=now, actor=SYSTEM)
    return len(answers)
