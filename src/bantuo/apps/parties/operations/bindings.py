"""Which seller uses which warehouse, and the road distance that the transfer fee rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate

from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.models import Warehouse
from bantuo.apps.parties.operations.sellers import lock_sellers
from bantuo.apps.parties.queries import open_bindings
from bantuo.apps.sql import columns_of, run_statement

DISTANCE_M_MAX = 6_000_000


@dataclass(frozen=True, slots=True)
class NewBinding:
    """A seller's warehouse and the road distance with the quote it comes from."""

    seller_id: int
    warehouse_id: int
    distance_m: int
    distance_evidence: str


class BindingRefused(ValueError):
    """A binding that cannot be made: names seller, field, value and rule."""


@transaction.atomic
def bind_warehouses(bindings: Sequence[NewBinding], *, now: datetime, actor: str) -> int:
    """Bind sellers to warehouses (step ④); a seller bound elsewhere leaves that warehouse now.

    Returns how many bindings are new: a seller already bound just so is left alone. Raises
    BindingRefused, before anything is written, for a distance without evidence or out of range,
    and for a warehouse that is unknown, not open on the day or about to close.
    """
    wanted = {b.seller_id: b for b in bindings}
    lock_sellers(sorted(wanted))
    check_bindings(list(wanted.values()), on=localdate(now))
    bound = open_bindings(list(wanted))
    fresh = [
        (b.seller_id, b.warehouse_id, b.distance_m, b.distance_evidence)
        for _, b in sorted(wanted.items())
        if bound.get(b.seller_id) != (b.warehouse_id, b.distance_m, b.distance_evidence)
    ]
    run_statement(
        "UPDATE parties_binding SET unbound_at = %s WHERE seller_id = ANY(%s) AND unbound_at IS NULL",
        [now, [row[0] for row in fresh]],
    )
    run_statement(
        """
        INSERT INTO parties_binding (seller_id, warehouse_id, distance_m, distance_evidence, bound_at)
        SELECT i.*, %s FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[]) AS i
        """,
        [now, *columns_of(fresh, 4)],
    )
    emit_events(
        "seller.warehouse_bound",
        [
            (seller, f"seller:{seller}", {"warehouse": warehouse, "distance_m": distance, "by": actor})
            for seller, warehouse, distance, _ in fresh
        ],
        at=now,
    )
    return len(fresh)


def check_bindings(bindings: Sequence[NewBinding], *, on: date) -> None:
    """Refuse a binding that could not be made on a day, and hold its warehouse open for who makes it.

    Raises BindingRefused: no evidence, out of range, a warehouse that is unknown, not open that day
    or about to close: it takes nobody new.
    """
    shared = Warehouse.objects.select_for_update(no_key=True).order_by("id")
    known = {w.pk: w for w in shared.filter(pk__in={b.warehouse_id for b in bindings})}
    for binding in bindings:
        where, warehouse = f"seller {binding.seller_id}", known.get(binding.warehouse_id)
        if not 0 <= binding.distance_m <= DISTANCE_M_MAX:
            raise BindingRefused(f"{where}: distance_m {binding.distance_m}: 0…{DISTANCE_M_MAX}")
        if not binding.distance_evidence.strip():
            raise BindingRefused(
                f"{where}: distance_evidence: a distance is charged on evidence only (FEE-5)"
            )
        if warehouse is None:
            raise BindingRefused(f"{where}: warehouse_id {binding.warehouse_id}: unknown")
        if warehouse.opened_on > on:
            raise BindingRefused(f"{where}: warehouse {warehouse.code}: not open on {on}")
        if warehouse.closed_on is not None:
            raise BindingRefused(f"{where}: warehouse {warehouse.code}: closes on {warehouse.closed_on}")
