"""Another warehouse or another road distance: noticed days ahead, in force from that day on (BND-1)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from bantuo.apps.admission.models import Application, ApplicationState, BindingNotice
from bantuo.apps.admission.operations.transitions import IllegalTransition, lock_applications, record_steps
from bantuo.apps.parties.models import Binding, Warehouse
from bantuo.apps.parties.operations import NewBinding, WarehouseInUse, bind_warehouses, close_warehouse
from bantuo.apps.parties.operations.bindings import check_bindings
from bantuo.apps.parties.operations.warehouses import lock_warehouse
from bantuo.apps.parties.queries import current_binding
from bantuo.core.policy import Book

RULE = "BND-1"
_SERVED = frozenset({ApplicationState.ACTIVE, ApplicationState.SUSPENDED})


class NoticeOpen(ValueError):
    """A notice is given already: it is withdrawn before another one is given."""


class BindingUnchanged(ValueError):
    """The seller is bound just so."""


class NoticeNeeded(ValueError):
    """The seller's present warehouse closes: the notice that leaves it cannot be withdrawn."""


@transaction.atomic
def give_binding_notice(
    wanted: NewBinding, *, book: Book, on: date, now: datetime, actor: str
) -> BindingNotice:
    """Announce a seller's change of warehouse or distance, in force after the days of BND-1.

    The same notice again answers with the one given. Raises NoticeOpen, BindingUnchanged,
    BindingRefused (as on the day it takes effect), IllegalTransition for a seller not served.
    """
    application = _lock_served(wanted.seller_id)
    effective_on = on + timedelta(days=int(book.amount(RULE, on)))
    held = _open_notice(wanted.seller_id)
    if held is not None:
        if _is_same(held, wanted):
            return held
        raise NoticeOpen(f"seller {wanted.seller_id}: a change is announced for {held.effective_on}")
    bound = current_binding(wanted.seller_id)
    if bound is not None and _is_same(bound, wanted):
        raise BindingUnchanged(f"seller {wanted.seller_id}: bound to warehouse {wanted.warehouse_id} so")
    check_bindings([wanted], on=effective_on)
    notice = BindingNotice.objects.create(
        seller_id=wanted.seller_id,
        warehouse_id=wanted.warehouse_id,
        distance_m=wanted.distance_m,
        distance_evidence=wanted.distance_evidence,
        given_by=actor,
        given_at=now,
        effective_on=effective_on,
    )
    _record(application, notice, "noticed", now=now, actor=actor)
    return notice


def _lock_served(seller_id: int) -> Application:
    application = lock_applications([seller_id])[seller_id]
    if application.state not in _SERVED:
        raise IllegalTransition(seller_id=seller_id, before=application.state, wanted="change of warehouse")
    return application


def _open_notice(seller_id: int) -> BindingNotice | None:
    return BindingNotice.objects.filter(
        seller_id=seller_id, applied_at__isnull=True, withdrawn_at__isnull=True
    ).first()


def _is_same(held: BindingNotice | Binding, wanted: NewBinding) -> bool:
    told = (held.warehouse_id, held.distance_m, held.distance_evidence)
    return told == (wanted.warehouse_id, wanted.distance_m, wanted.distance_evidence)


def _record(application: Application, notice: BindingNotice, word: str, *, now: datetime, actor: str) -> None:
    code = Warehouse.objects.values_list("code", flat=True).get(pk=notice.warehouse_id)
    told = f"{RULE}: warehouse {code}, {notice.distance_m} m, from {notice.effective_on}"
    record_steps([(application, f"binding:{word}", told)], now=now, actor=actor)


@transaction.atomic
def withdraw_binding_notice(seller_id: int, *, now: datetime, actor: str) -> bool:
    """Take an announced change back; False when there is none. Raises NoticeNeeded."""
    application = lock_applications([seller_id])[seller_id]
    notice = _open_notice(seller_id)
    if notice is None:
        return False
    bound = current_binding(seller_id)
    if bound is not None:
        held = Warehouse.objects.select_for_update(no_key=True).get(pk=bound.warehouse_id)
        if held.closed_on is not None:
            raise NoticeNeeded(f"seller {seller_id}: warehouse {held.code} closes on {held.closed_on}")
    _withdraw(application, notice, now=now, actor=actor)
    return True


def _withdraw(application: Application, notice: BindingNotice, *, now: datetime, actor: str) -> None:
    notice.withdrawn_at = now
    notice.save(update_fields=["withdrawn_at"])
    _record(application, notice, "withdrawn", now=now, actor=actor)


def apply_binding_notices(on: date, *, now: datetime, actor: str) -> int:
    """Bind whoever announced a change for `on` or an earlier day; returns how many. Run every day.

    A seller who has left meanwhile is not bound: its notice is withdrawn. Each seller is one
    transaction, so one that cannot be bound does not hold up the others.
    """
    due = BindingNotice.objects.filter(
        effective_on__lte=on, applied_at__isnull=True, withdrawn_at__isnull=True
    ).order_by("effective_on", "id")
    sellers = list(due.values_list("seller_id", flat=True))
    return sum(_apply(seller, on=on, now=now, actor=actor) for seller in sellers)


@transaction.atomic
def _apply(seller_id: int, *, on: date, now: datetime, actor: str) -> bool:
    application = lock_applications([seller_id])[seller_id]
    notice = _open_notice(seller_id)
    if notice is None or notice.effective_on > on:
        return False
    if application.state not in _SERVED or not _is_open(notice.warehouse_id, on):
        _withdraw(application, notice, now=now, actor=actor)
        return False
    binding = NewBinding(seller_id, notice.warehouse_id, notice.distance_m, notice.distance_evidence)
    bind_warehouses([binding], now=now, actor=actor)
    notice.applied_at = now
    notice.save(update_fields=["applied_at"])
    _record(application, notice, "applied", now=now, actor=actor)
    return True


def _is_open(warehouse_id: int, on: date) -> bool:
    warehouse = Warehouse.objects.get(pk=warehouse_id)
    return warehouse.opened_on <= on and (warehouse.closed_on is None or warehouse.closed_on > on)


@transaction.atomic
def close_warehouse_from(warehouse_id: int, *, closed_on: date, on: date, now: datetime, actor: str) -> bool:
    """Close a warehouse from a day on, by which every seller bound to it has announced to leave it.

    False when it closes that day already. Raises as `parties.close_warehouse`, and WarehouseInUse
    while a seller has announced to come.
    """
    warehouse = lock_warehouse(warehouse_id)
    notices = BindingNotice.objects.filter(applied_at__isnull=True, withdrawn_at__isnull=True)
    coming = notices.filter(warehouse_id=warehouse_id).order_by("seller_id")
    if coming.exists():
        raise WarehouseInUse(code=warehouse.code, seller_ids=list(coming.values_list("seller_id", flat=True)))
    leaving = frozenset(notices.filter(effective_on__lte=closed_on).values_list("seller_id", flat=True))
    return close_warehouse(warehouse_id, closed_on=closed_on, on=on, leaving=leaving, now=now, actor=actor)
