"""Register sellers, open warehouses, bind one to the other, and record where a seller stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate

from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.models import ProgrammeState, Seller, Warehouse
from bantuo.apps.parties.queries import open_bindings, warehouse_ids
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.core.identifiers import check_uscc

DISTANCE_M_MAX = 6_000_000


@dataclass(frozen=True, slots=True)
class NewSeller:
    """A merchant as the marketplace knows it. The code is the shop's and never changes."""

    marketplace: str
    code: str
    name: str
    uscc: str | None
    ship_from: str


@dataclass(frozen=True, slots=True)
class NewWarehouse:
    """A designated warehouse with the supervision code of its exports (A-35)."""

    code: str
    kind: str
    name_zh: str
    name_en: str
    supervision_code: str
    opened_on: date


@dataclass(frozen=True, slots=True)
class NewBinding:
    """A seller's warehouse and the road distance with the quote it comes from."""

    seller_id: int
    warehouse_id: int
    distance_m: int
    distance_evidence: str


class SellerRefused(ValueError):
    """A seller that cannot be registered: names code, field, value and rule."""


class BindingRefused(ValueError):
    """A binding that cannot be made: names seller, field, value and rule."""


class SellerUnknown(LookupError):
    """No seller has that id."""


@transaction.atomic
def register_sellers(sellers: Sequence[NewSeller], *, now: datetime, actor: str) -> dict[str, int]:
    """Make merchants known here; returns the id of each code. One that is known stays as it is.

    Raises SellerRefused before anything is written: an empty or unreadable code, name or place, a
    company number with a wrong check digit, one code from two marketplaces.
    """
    for seller in sellers:
        _check_seller(seller)
    _check_codes_once(sellers)
    columns = columns_of(
        sorted(
            {
                (s.marketplace, s.code): (s.marketplace, s.code, s.name, s.uscc, s.ship_from) for s in sellers
            }.values()
        ),
        5,
    )
    made = fetch_rows(
        """
        INSERT INTO parties_seller (marketplace, code, name, uscc, ship_from, programme_state, created_at)
        SELECT i.*, 'outside', %s
        FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
            AS i(marketplace, code, name, uscc, ship_from)
        ORDER BY i.marketplace, i.code
        ON CONFLICT (marketplace, code) DO NOTHING RETURNING id, code
        """,
        [now, *columns],
    )
    emit_events("seller.registered", [(i, f"seller:{i}", {"code": c, "by": actor}) for i, c in made], at=now)
    return dict(
        fetch_rows(
            """
            SELECT s.code, s.id FROM parties_seller s
            JOIN unnest(%s::text[], %s::text[]) AS i(marketplace, code) USING (marketplace, code)
            """,
            columns[:2],
        )
    )


def _check_seller(seller: NewSeller) -> None:
    for field in ("marketplace", "code", "name", "ship_from"):
        value: str = getattr(seller, field)
        if not value.strip() or "\x00" in value:
            raise SellerRefused(f"{seller.code!r}: {field} {value!r}: text without NUL is needed")
    checked = check_uscc(seller.uscc) if seller.uscc is not None else None
    if checked and checked.verdict == "rejected":
        raise SellerRefused(f"{seller.code!r}: uscc {seller.uscc!r}: {checked.reason}")


def _check_codes_once(sellers: Sequence[NewSeller]) -> None:
    codes = Counter(code for _, code in {(s.marketplace, s.code) for s in sellers})
    for code, count in codes.items():
        if count > 1:
            raise SellerRefused(f"{code!r}: code of {count} marketplaces in one batch: send one at a time")


@transaction.atomic
def open_warehouses(warehouses: Sequence[NewWarehouse], *, now: datetime, actor: str) -> dict[str, int]:
    """Open designated warehouses; returns the id of each code. One that is open stays as it is."""
    wanted = sorted({w.code: w for w in warehouses}.values(), key=lambda w: w.code)
    made = fetch_rows(
        """
        INSERT INTO parties_warehouse (code, kind, name_zh, name_en, supervision_code, opened_on)
        SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::date[])
        ON CONFLICT (code) DO NOTHING RETURNING id, code, supervision_code
        """,
        columns_of(
            [(w.code, w.kind, w.name_zh, w.name_en, w.supervision_code, w.opened_on) for w in wanted], 6
        ),
    )
    emit_events(
        "warehouse.opened",
        [
            (None, f"warehouse:{made_id}", {"code": code, "supervision_code": supervision, "by": actor})
            for made_id, code, supervision in made
        ],
        at=now,
    )
    return warehouse_ids([w.code for w in warehouses])


@transaction.atomic
def bind_warehouses(bindings: Sequence[NewBinding], *, now: datetime, actor: str) -> int:
    """Bind sellers to warehouses (step ④); a seller bound elsewhere leaves that warehouse now.

    Returns how many bindings are new: a seller already bound just so is left alone. Raises
    BindingRefused, before anything is written, for a distance without evidence or out of range,
    and for a warehouse that is unknown or not open on the day.
    """
    wanted = {b.seller_id: b for b in bindings}
    _check_bindings(wanted, on=localdate(now))
    lock_sellers(sorted(wanted))
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


def _check_bindings(wanted: dict[int, NewBinding], *, on: date) -> None:
    known = Warehouse.objects.in_bulk({b.warehouse_id for b in wanted.values()})
    for binding in wanted.values():
        where, warehouse = f"seller {binding.seller_id}", known.get(binding.warehouse_id)
        if not 0 <= binding.distance_m <= DISTANCE_M_MAX:
            raise BindingRefused(f"{where}: distance_m {binding.distance_m}: 0…{DISTANCE_M_MAX}")
        if not binding.distance_evidence.strip():
            raise BindingRefused(
                f"{where}: distance_evidence: a distance is charged on evidence only (FEE-5)"
            )
        if warehouse is None:
            raise BindingRefused(f"{where}: warehouse_id {binding.warehouse_id}: unknown")
        if warehouse.opened_on > on or (warehouse.closed_on is not None and warehouse.closed_on <= on):
            raise BindingRefused(f"{where}: warehouse {warehouse.code}: not open on {on}")


@transaction.atomic
def set_programme_state(
    seller_ids: Sequence[int],
    *,
    state: str,
    reason: str,
    now: datetime,
    actor: str,
    active_from: date | None = None,
) -> int:
    """Record where sellers stand, so that every room above knows whom the programme serves.

    Returns how many changed. The first day of activity is kept when `active_from` is not given.
    """
    ProgrammeState(state)
    lock_sellers(sorted(set(seller_ids)))
    changed = fetch_rows(
        """
        UPDATE parties_seller SET programme_state = %s, active_from = COALESCE(%s::date, active_from)
        WHERE id = ANY(%s) AND (programme_state, active_from)
              IS DISTINCT FROM (%s, COALESCE(%s::date, active_from))
        RETURNING id
        """,
        [state, active_from, list(seller_ids), state, active_from],
    )
    emit_events(
        "seller.programme_state",
        [(i, f"seller:{i}", {"state": state, "reason": reason, "by": actor}) for (i,) in sorted(changed)],
        at=now,
    )
    return len(changed)


def lock_sellers(seller_ids: Sequence[int]) -> dict[int, Seller]:
    """Hold sellers until the end of the transaction, in order of id; raises SellerUnknown.

    Whoever changes what hangs on a seller as a whole (binding, listing, grants) locks here first.
    """
    locked = Seller.objects.select_for_update(no_key=True).filter(id__in=seller_ids).order_by("id")
    found = {seller.pk: seller for seller in locked}
    missing = sorted(set(seller_ids) - found.keys())
    if missing:
        raise SellerUnknown(f"no seller with id {', '.join(map(str, missing[:5]))}")
    return found
