"""What a seller sent of the orders it fulfils itself: carrier and number, of all or of a part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.orders.operations.advance import advance_orders
from bantuo.apps.orders.operations.history import record_events
from bantuo.apps.orders.operations.incoming import Refusal
from bantuo.apps.orders.queries import lock_orders
from bantuo.apps.sql import columns_of, fetch_rows, run_statement

CARRIER_MAX, URL_MAX, NUMBER_MAX = 100, 500, 60
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{2,58}[A-Za-z0-9]")
_SHORTENED = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
RULE = "ORD-1"


@dataclass(frozen=True, slots=True)
class NewShipment:
    """A shipment of one order; `pieces` by line number, empty: all that is left. `row`: the caller's name."""

    row: str
    order_id: int
    carrier: str
    number: str
    url: str = ""
    pieces: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShipResult:
    """What became of a row: shipped, shipped_in_part, corrected, repeated or refused."""

    row: str
    outcome: str
    order_id: int | None = None
    shipment_id: int | None = None
    refusal: Refusal | None = None


@dataclass(slots=True)
class _Open:
    """An order under lock: what is left of it to send, by line number."""

    seller_id: int
    route: str
    state: str
    cancel_asked: bool
    lines: dict[int, int] = field(default_factory=dict)  # line number → line id
    left: dict[int, int] = field(default_factory=dict)  # line number → pieces


def tidy(text: str) -> str:
    """As typed or pasted, without blanks round it and what no carrier prints."""
    return " ".join(text.replace("\x00", "").split())


def tracking_refusal(row: str, carrier: str, number: str, url: str) -> Refusal | None:
    """What is wrong with a carrier, a number or a link, whatever the order."""
    if not carrier or len(carrier) > CARRIER_MAX:
        return Refusal(row, "carrier", carrier[:CARRIER_MAX], RULE, "a carrier has a name")
    if _SHORTENED.fullmatch(number):
        return Refusal(row, "number", number, RULE, "a spreadsheet has shortened this number")
    if not _NUMBER.fullmatch(number):
        return Refusal(row, "number", number[:NUMBER_MAX], RULE, "not a tracking number")
    if url and (len(url) > URL_MAX or not re.fullmatch(r"https?://[^\s/]+(/\S*)?", url)):
        return Refusal(row, "url", url[:URL_MAX], RULE, "not a web address")
    return None


@transaction.atomic
def ship_orders(
    rows: Sequence[NewShipment], *, seller_id: int, now: datetime, actor: str
) -> list[ShipResult]:
    """Record what a seller sent; an order all of which was sent becomes `shipped`.

    Idempotent by (order, carrier, number). Refused per row: another's order, one that the programme
    fulfils, one in another state or with an open cancel request, more pieces than are left.
    """
    tidied = [_tidied(row) for row in rows]
    orders = _open_orders([row.order_id for row in tidied], seller_id=seller_id)
    known = live_shipments(orders)
    results: dict[int, ShipResult] = {}
    taken: list[tuple[int, NewShipment, dict[int, int]]] = []
    for at, row in enumerate(tidied):
        key = (row.order_id, row.carrier, row.number)
        if key in known:
            results[at] = ShipResult(row.row, "repeated", row.order_id, known[key])
            continue
        refusal = tracking_refusal(row.row, row.carrier, row.number, row.url) or _refusal(row, orders)
        if refusal is not None:
            results[at] = ShipResult(row.row, "refused", row.order_id, refusal=refusal)
            continue
        order = orders[row.order_id]
        pieces = dict(row.pieces) or {no: left for no, left in order.left.items() if left}
        for no, count in pieces.items():
            order.left[no] -= count
        taken.append((at, row, pieces))
        known[key] = 0
    ids = _keep(taken, orders, now=now, actor=actor)
    done = _move_on({row.order_id for _, row, _ in taken}, orders, now=now, actor=actor)
    for (at, row, _), shipment in zip(taken, ids, strict=True):
        outcome = "shipped" if row.order_id in done else "shipped_in_part"
        results[at] = ShipResult(row.row, outcome, row.order_id, shipment)
    return [results[at] for at in range(len(rows))]


def _tidied(row: NewShipment) -> NewShipment:
    return NewShipment(
        row.row, row.order_id, tidy(row.carrier), tidy(row.number), row.url.strip(), row.pieces
    )


def _open_orders(ids: Sequence[int], *, seller_id: int) -> dict[int, _Open]:
    """The orders of this seller among these, locked by id, with what is left to send of each."""
    lock_orders(ids)
    orders: dict[int, _Open] = {}
    rows = fetch_rows(
        """
        SELECT o.id, o.route, o.state, EXISTS (SELECT 1 FROM orders_cancelrequest c
                                               WHERE c.order_id = o.id AND c.answer = ''),
               l.line_no, l.id, l.quantity - COALESCE((
                   SELECT sum(i.quantity) FROM orders_shipmentline i
                   JOIN orders_shipment h ON h.id = i.shipment_id AND h.replaced_at IS NULL
                   WHERE i.order_line_id = l.id), 0)::int
        FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
        WHERE o.id = ANY(%s::bigint[]) AND o.seller_id = %s ORDER BY o.id, l.line_no
        """,
        [sorted(set(ids)), seller_id],
    )
    for order_id, route, state, cancel_asked, line_no, line_id, left in rows:
        order = orders.setdefault(order_id, _Open(seller_id, route, state, cancel_asked))
        order.lines[line_no], order.left[line_no] = line_id, left
    return orders


def live_shipments(ids: Iterable[int]) -> dict[tuple[int, str, str], int]:
    """The shipments that stand, by (order, carrier, number)."""
    return {
        (r[0], r[1], r[2]): r[3]
        for r in fetch_rows(
            "SELECT order_id, carrier, number, id FROM orders_shipment"
            " WHERE order_id = ANY(%s::bigint[]) AND replaced_at IS NULL",
            [list(ids)],
        )
    }


def _refusal(row: NewShipment, orders: Mapping[int, _Open]) -> Refusal | None:
    order = orders.get(row.order_id)
    if order is None:
        return Refusal(row.row, "order", str(row.order_id), RULE, "the order is not known")
    if order.route != "self":
        return Refusal(row.row, "order", str(row.order_id), "RSP-2", "the programme ships this order")
    if order.state != "to_ship":
        return Refusal(row.row, "order", order.state, RULE, "the order is not waiting to be shipped")
    if order.cancel_asked:
        return Refusal(row.row, "order", str(row.order_id), "ORD-2", "answer the cancel request first")
    for line_no, count in row.pieces.items():
        if line_no not in order.left:
            return Refusal(row.row, "line", str(line_no), RULE, "the order has no such line")
        if not 0 < count <= order.left[line_no]:
            rule = f"1…{order.left[line_no]}"
            return Refusal(row.row, "pieces", str(count), rule, "more than is left of the line")
    if not any(order.left.values()):
        return Refusal(row.row, "order", str(row.order_id), RULE, "everything of it was sent already")
    return None


def _keep(
    taken: Sequence[tuple[int, NewShipment, dict[int, int]]],
    orders: Mapping[int, _Open],
    *,
    now: datetime,
    actor: str,
) -> list[int]:
    if not taken:
        return []
    rows = [(orders[r.order_id].seller_id, r.order_id, r.carrier, r.number, r.url) for _, r, _ in taken]
    made = {
        (r[0], r[1], r[2]): r[3]
        for r in fetch_rows(
            """
            INSERT INTO orders_shipment (seller_id, order_id, carrier, number, url, shipped_at, actor)
            SELECT i.*, %s, %s
            FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[]) AS i
            RETURNING order_id, carrier, number, id
            """,
            [now, actor, *columns_of(rows, 5)],
        )
    }
    ids = [made[r.order_id, r.carrier, r.number] for _, r, _ in taken]
    _keep_lines(
        (orders[r.order_id].seller_id, shipment, orders[r.order_id].lines[no], count)
        for shipment, (_, r, pieces) in zip(ids, taken, strict=True)
        for no, count in pieces.items()
    )
    emit_events(
        "order.tracking",
        [(seller, f"order:{order}", {"carrier": c, "number": n}) for seller, order, c, n, _ in rows],
        at=now,
    )
    return ids


def _keep_lines(rows: Iterable[tuple[int, int, int, int]]) -> None:
    run_statement(
        """
        INSERT INTO orders_shipmentline (seller_id, shipment_id, order_line_id, quantity)
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[])
        """,
        columns_of(rows, 4),
    )


def _move_on(ids: set[int], orders: Mapping[int, _Open], *, now: datetime, actor: str) -> set[int]:
    """Orders with nothing left are shipped; of the others the timeline says that a part was sent."""
    complete = [order for order in sorted(ids) if not any(orders[order].left.values())]
    moved = set(advance_orders([(o, now) for o in complete], to="shipped", reason="tracking", actor=actor))
    partly = [(orders[o].seller_id, o, "shipped_in_part", "", now) for o in sorted(ids - moved)]
    record_events(partly, actor=actor)
    return moved
