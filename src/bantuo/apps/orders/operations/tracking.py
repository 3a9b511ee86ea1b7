"""Correct the carrier, number or link of a shipment that a seller told before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.orders.operations.history import record_events
from bantuo.apps.orders.operations.incoming import Refusal
from bantuo.apps.orders.operations.shipping import RULE, ShipResult, live_shipments, tidy, tracking_refusal
from bantuo.apps.orders.queries import lock_orders
from bantuo.apps.sql import fetch_rows, run_statement


@dataclass(frozen=True, slots=True)
class Correction:
    """Another carrier or number for a shipment that was told before."""

    row: str
    shipment_id: int
    carrier: str
    number: str
    url: str = ""


@transaction.atomic
def correct_shipments(
    rows: Sequence[Correction], *, seller_id: int, now: datetime, actor: str
) -> list[ShipResult]:
    """Put a corrected carrier, number or link in the place of what was told, until the order is delivered.

    The old number stays in the history. Unchanged rows are repeated.
    """
    held = _held_shipments([row.shipment_id for row in rows], seller_id=seller_id)
    lock_orders(order for order, *_ in held.values())
    held = _held_shipments([row.shipment_id for row in rows], seller_id=seller_id)
    taken_numbers = set(live_shipments({order for order, *_ in held.values()}))
    results = []
    for row in rows:
        result = _correct(row, held.get(row.shipment_id), taken_numbers, seller_id, now=now, actor=actor)
        results.append(result)
    return results


def _held_shipments(ids: Sequence[int], *, seller_id: int) -> dict[int, tuple[int, str, str, str, str]]:
    """Order, its state, carrier, number and link of each shipment of the seller that stands."""
    return {
        r[0]: (r[1], r[2], r[3], r[4], r[5])
        for r in fetch_rows(
            """
            SELECT h.id, h.order_id, o.state, h.carrier, h.number, h.url FROM orders_shipment h
            JOIN orders_order o ON o.id = h.order_id
            WHERE h.id = ANY(%s::bigint[]) AND h.seller_id = %s AND h.replaced_at IS NULL ORDER BY h.id
            """,
            [sorted(set(ids)), seller_id],
        )
    }


def _correct(
    row: Correction,
    held: tuple[int, str, str, str, str] | None,
    taken: set[tuple[int, str, str]],
    seller_id: int,
    *,
    now: datetime,
    actor: str,
) -> ShipResult:
    carrier, number, url = tidy(row.carrier), tidy(row.number), row.url.strip()
    refusal = tracking_refusal(row.row, carrier, number, url)
    if held is None:
        refusal = Refusal(row.row, "shipment", str(row.shipment_id), RULE, "the shipment is not known")
    elif held[1] not in ("to_ship", "shipped"):
        refusal = Refusal(row.row, "order", held[1], RULE, "the order has arrived: its number stays")
    elif (carrier, number) != held[2:4] and (held[0], carrier, number) in taken:
        refusal = Refusal(row.row, "number", number, RULE, "another shipment of the order has this number")
    if refusal is not None or held is None:
        return ShipResult(row.row, "refused", held[0] if held else None, row.shipment_id, refusal)
    order_id = held[0]
    if (carrier, number, url) == held[2:]:
        return ShipResult(row.row, "repeated", order_id, row.shipment_id)
    taken.discard((order_id, held[2], held[3]))
    taken.add((order_id, carrier, number))
    fresh = _replace(row.shipment_id, carrier, number, url, now=now, actor=actor)
    record_events([(seller_id, order_id, "tracking_corrected", "", now)], actor=actor)
    told = {"carrier": carrier, "number": number, "instead_of": held[3]}
    emit_events("order.tracking", [(seller_id, f"order:{order_id}", told)], at=now)
    return ShipResult(row.row, "corrected", order_id, fresh)


def _replace(shipment_id: int, carrier: str, number: str, url: str, *, now: datetime, actor: str) -> int:
    run_statement("UPDATE orders_shipment SET replaced_at = %s WHERE id = %s", [now, shipment_id])
    ((fresh,),) = fetch_rows(
        """
        INSERT INTO orders_shipment (seller_id, order_id, carrier, number, url, shipped_at, actor)
        SELECT seller_id, order_id, %s, %s, %s, shipped_at, %s FROM orders_shipment WHERE id = %s RETURNING id
        """,
        [carrier, number, url, actor, shipment_id],
    )
    run_statement(
        """
        INSERT INTO orders_shipmentline (seller_id, shipment_id, order_line_id, quantity)
        SELECT seller_id, %s, order_line_id, quantity FROM orders_shipmentline WHERE shipment_id = %s
        """,
        [fresh, shipment_id],
    )
    return int(fresh)
