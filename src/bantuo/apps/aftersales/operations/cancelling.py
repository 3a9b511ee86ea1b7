"""Cancel an order or some of its pieces: what is cancelled becomes a part of its own, refunded in full.

So nothing that was placed is ever rewritten: the parts of an order add up to it, the rest is charged on
what it then is, and the refund is an after-sales case of the cancelled part.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from bantuo.apps.aftersales.models import Responsible
from bantuo.apps.aftersales.operations.cases import Case, cancel_orders
from bantuo.apps.orders.operations.advance import advance_orders
from bantuo.apps.orders.operations.history import record_events
from bantuo.apps.orders.operations.incoming import Refusal
from bantuo.apps.orders.operations.parting import part_orders
from bantuo.apps.orders.queries import lock_orders
from bantuo.apps.sql import columns_of, fetch_rows, run_statement

RULE = "RSP-1"
TEXT_MAX = 500
WHOLE_IN = ("reserved", "released", "picking", "packed", "to_ship")  # the goods have not left
LINES_IN = ("reserved", "released", "picking", "to_ship")  # nothing is packed yet
PIECES_IN = ("reserved", "to_ship")  # no carton brings the line yet


@dataclass(frozen=True, slots=True)
class Cancelling:
    """What to cancel of an order: pieces by line number, empty: all of it.

    `reference` is the asker's own name for it, which makes it happen once; `row` the caller's own.
    """

    row: str
    order_id: int
    reference: str
    reason: str
    responsible: str = Responsible.BUYER.value
    lines: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CancelResult:
    """What became of a row: cancelled, asked, answered, repeated or refused; `part_id`: what is cancelled."""

    row: str
    outcome: str
    order_id: int
    part_id: int | None = None
    refusal: Refusal | None = None


@dataclass(slots=True)
class OpenOrder:
    """An order under lock: its state, and of each line the id, the pieces and those sent already."""

    seller_id: int
    state: str
    request_id: int | None
    lines: dict[int, tuple[int, int, int]] = field(default_factory=dict)

    @property
    def is_sent_in_part(self) -> bool:
        return any(sent for _, _, sent in self.lines.values())


def lock_open_orders(ids: Sequence[int], *, seller_id: int | None) -> dict[int, OpenOrder]:
    """Lock these orders by id; those of the seller (None: all), as they then are."""
    lock_orders(ids)
    orders: dict[int, OpenOrder] = {}
    rows = fetch_rows(
        """
        SELECT o.id, o.seller_id, o.state, c.id, l.line_no, l.id, l.quantity, COALESCE((
            SELECT sum(i.quantity) FROM orders_shipmentline i
            JOIN orders_shipment h ON h.id = i.shipment_id AND h.replaced_at IS NULL
            WHERE i.order_line_id = l.id), 0)::int
        FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
        LEFT JOIN orders_cancelrequest c ON c.order_id = o.id AND c.answer = ''
        WHERE o.id = ANY(%s::bigint[]) AND (%s::bigint IS NULL OR o.seller_id = %s) ORDER BY o.id, l.line_no
        """,
        [sorted(set(ids)), seller_id, seller_id],
    )
    for order_id, seller, state, request, line_no, line_id, pieces, sent in rows:
        order = orders.setdefault(order_id, OpenOrder(seller, state, request))
        order.lines[line_no] = line_id, pieces, sent
    return orders


def is_whole(row: Cancelling, order: OpenOrder) -> bool:
    """Whether a row takes everything that the order holds."""
    return not row.lines or dict(row.lines) == {no: pieces for no, (_, pieces, _) in order.lines.items()}


def cancel_refusal(row: Cancelling, order: OpenOrder | None) -> Refusal | None:
    """What keeps an order, or these pieces of it, from being cancelled."""
    if order is None:
        return Refusal(row.row, "order", str(row.order_id), RULE, "the order is not known")
    if not row.reason.strip() or len(row.reason) > TEXT_MAX:
        return Refusal(row.row, "reason", row.reason[:TEXT_MAX], RULE, "a reason is needed")
    if row.responsible not in Responsible.values:
        return Refusal(row.row, "responsible", row.responsible, RULE, "not known to be responsible")
    for line_no, pieces in row.lines.items():
        if line_no not in order.lines:
            return Refusal(row.row, "line", str(line_no), RULE, "the order has no such line")
        _, held, sent = order.lines[line_no]
        if not 0 < pieces <= held - sent:
            return Refusal(
                row.row, "pieces", str(pieces), f"1…{held - sent}", "more than is left of the line"
            )
    return _state_refusal(row, order)


def _state_refusal(row: Cancelling, order: OpenOrder) -> Refusal | None:
    if order.state not in WHOLE_IN:
        return Refusal(row.row, "order", order.state, RULE, "the order has left or is closed")
    if is_whole(row, order):
        if order.is_sent_in_part:
            return Refusal(row.row, "order", str(row.order_id), RULE, "pieces of it were sent already")
        return None
    if order.state not in LINES_IN:
        return Refusal(row.row, "order", order.state, RULE, "it is packed: cancel all of it")
    broken = [no for no, pieces in row.lines.items() if pieces != order.lines[no][1]]
    if broken and order.state not in PIECES_IN:
        return Refusal(row.row, "line", str(broken[0]), RULE, "after release only whole lines are cancelled")
    return None


@transaction.atomic
def cancel_lines(
    rows: Sequence[Cancelling], *, seller_id: int | None, now: datetime, actor: str
) -> list[CancelResult]:
    """Cancel orders or pieces of them at once; reservations return, the buyer is refunded in full.

    Once per (order, reference). Of several rows on one order the first decides, the others are
    refused. `seller_id` None: the marketplace or an operator acts for any seller.
    """
    orders = lock_open_orders([row.order_id for row in rows], seller_id=seller_id)
    known = _answered(rows)
    results: dict[int, CancelResult] = {}
    taken: list[tuple[int, Cancelling]] = []
    touched: set[int] = set()
    for at, row in enumerate(rows):
        order = orders.get(row.order_id)
        refusal = cancel_refusal(row, order)
        if order is not None and (row.order_id, row.reference) in known:
            part = known[row.order_id, row.reference]
            results[at] = CancelResult(row.row, "repeated", row.order_id, part)
            continue
        if refusal is None and row.order_id in touched:
            refusal = Refusal(row.row, "order", str(row.order_id), RULE, "the order stands in another row")
        if refusal is None and order is not None and order.request_id is not None:
            refusal = Refusal(row.row, "order", str(row.order_id), "ORD-2", "answer the cancel request first")
        if refusal is not None:
            results[at] = CancelResult(row.row, "refused", row.order_id, refusal=refusal)
            continue
        touched.add(row.order_id)
        taken.append((at, row))
    parts = take_out([row for _, row in taken], orders, now=now, actor=actor)
    _keep_answers([row for _, row in taken], orders, parts, now=now, actor=actor)
    for at, row in taken:
        results[at] = CancelResult(row.row, "cancelled", row.order_id, parts[row.order_id])
    return [results[at] for at in range(len(rows))]


def _answered(rows: Sequence[Cancelling]) -> dict[tuple[int, str], int | None]:
    return {
        (r[0], r[1]): r[2]
        for r in fetch_rows(
            """
            SELECT c.order_id, c.reference, c.part_id FROM orders_cancelrequest c
            JOIN unnest(%s::bigint[], %s::text[]) AS k(order_id, reference) USING (order_id, reference)
            WHERE c.answer <> ''
            """,
            columns_of([(row.order_id, row.reference) for row in rows], 2),
        )
    }


def take_out(
    rows: Sequence[Cancelling], orders: Mapping[int, OpenOrder], *, now: datetime, actor: str
) -> dict[int, int]:
    """Part off what is cancelled of locked orders and cancel it; order → the order or part cancelled."""
    parts = part_orders(
        {
            row.order_id: {orders[row.order_id].lines[no][0]: pieces for no, pieces in row.lines.items()}
            for row in rows
            if not is_whole(row, orders[row.order_id])
        },
        actor=actor,
    )
    gone = {row.order_id: parts.get(row.order_id, row.order_id) for row in rows}
    cases = [Case(gone[r.order_id], now, r.responsible, r.reason.strip(), RULE) for r in rows]
    cancel_orders(cases, actor=actor)
    record_events(
        [(orders[order].seller_id, order, "cancelled_in_part", "", now) for order in sorted(parts)],
        actor=actor,
    )
    done = [row.order_id for row in rows if row.order_id in parts and _is_all_sent(row, orders[row.order_id])]
    moves = [(order, now) for order in sorted(done)]
    advance_orders(moves, to="shipped", reason="nothing_left", actor=actor)
    return gone


def _is_all_sent(row: Cancelling, order: OpenOrder) -> bool:
    """Whether, without what is cancelled, everything of an order that its seller ships was sent."""
    left = [pieces - sent - row.lines.get(no, 0) for no, (_, pieces, sent) in order.lines.items()]
    return order.state == "to_ship" and not any(left)


def _keep_answers(
    rows: Sequence[Cancelling],
    orders: Mapping[int, OpenOrder],
    parts: Mapping[int, int],
    *,
    now: datetime,
    actor: str,
) -> None:
    if not rows:
        return
    kept = [
        (
            orders[r.order_id].seller_id, r.order_id, r.reference, json.dumps(dict(r.lines)), r.responsible,
            r.reason.strip(), parts[r.order_id],
        )
        for r in rows
    ]  # fmt: skip
    run_statement(
        """
        INSERT INTO orders_cancelrequest (seller_id, order_id, reference, lines, responsible, reason, part_id,
            asked_by, asked_at, answer, answer_reason, answered_by, answered_at)
        SELECT i.seller, i.ord, i.reference, i.lines::jsonb, i.responsible, i.reason, i.part,
               %s, %s, 'accepted', '', %s, %s
        FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[])
            AS i(seller, ord, reference, lines, responsible, reason, part)
        """,
        [actor, now, actor, now, *columns_of(kept, 7)],
    )
