"""A seller leaves: exit, release of the deposit once nothing is open, cooling, refund (A-28)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from django.db import transaction

from bantuo.apps.admission.models import Application, ApplicationState, Deposit, DepositState
from bantuo.apps.admission.operations.deposits import RULE
from bantuo.apps.admission.operations.transitions import (
    IllegalTransition,
    lock_applications,
    lock_deposits,
    move_applications,
    move_deposits,
    same_reason,
)
from bantuo.apps.admission.queries import deposits_held_fen, open_obligations
from bantuo.apps.ledger.operations import NewEntry, post_entries
from bantuo.apps.parties.models import Seller
from bantuo.apps.parties.operations import set_programme_state
from bantuo.core.calendar import add_working_days
from bantuo.core.money import format_fen
from bantuo.core.policy import Book

Send = Callable[[Sequence[tuple[str, str, int]]], list[str]]
_LEAVING = (ApplicationState.EXITING, ApplicationState.EXITED)


class ReleaseBlocked(ValueError):
    """Something is still open: `obligations` names it per seller, by DEP-1.release_conditions."""

    def __init__(self, obligations: Mapping[int, Sequence[str]]) -> None:
        told = "; ".join(f"seller {seller}: {', '.join(open_)}" for seller, open_ in obligations.items())
        super().__init__(f"DEP-1.release_conditions: {told}")
        self.obligations = obligations


class StillCooling(ValueError):
    """The days of DEP-1.cooling_days are not over."""


@transaction.atomic
def begin_exit(seller_ids: Sequence[int], *, reason: str, now: datetime, actor: str) -> int:
    """Stop serving sellers who leave; what is open with them goes on. Returns how many are new."""
    staying = [a for a in lock_applications(seller_ids).values() if a.state not in _LEAVING]
    reasons = same_reason(staying, reason=reason)
    moved = move_applications(staying, to=ApplicationState.EXITING, reasons=reasons, now=now, actor=actor)
    sellers = [a.seller_id for a in staying]
    set_programme_state(sellers, state="exiting", reason=reason, now=now, actor=actor)
    return moved


@transaction.atomic
def request_release(seller_ids: Sequence[int], *, now: datetime, actor: str) -> int:
    """Ask for the deposit back, which only a seller who leaves can; returns how many are new."""
    applications = lock_applications(seller_ids)
    for application in applications.values():
        if application.state not in _LEAVING:
            raise IllegalTransition(
                seller_id=application.seller_id, before=application.state, wanted="deposit release_requested"
            )
    past = (DepositState.RELEASE_REQUESTED, DepositState.COOLING, DepositState.REFUNDED)
    deposits = [d for d in lock_deposits(applications).values() if d.state not in past]
    reasons = {d.seller_id: "asked for by the seller" for d in deposits}
    return _step(deposits, DepositState.RELEASE_REQUESTED, applications, reasons, now=now, actor=actor)


@transaction.atomic
def start_cooling(seller_ids: Sequence[int], *, book: Book, on: date, now: datetime, actor: str) -> int:
    """Begin the wait before the refund, once nothing is open; returns how many are new.

    Raises ReleaseBlocked naming every open obligation, CalendarYearUnknown, IllegalTransition.
    """
    applications = lock_applications(seller_ids)
    past = (DepositState.COOLING, DepositState.REFUNDED)
    deposits = [d for d in lock_deposits(applications).values() if d.state not in past]
    _check_clear([d.seller_id for d in deposits], book=book, on=on, now=now)
    days = int(book.amount("DEP-1.cooling_days", on))
    until = add_working_days(on, days=days)
    for deposit in deposits:
        deposit.cooling_until = until
    reasons = {d.seller_id: f"DEP-1.cooling_days: {days} working days, until {until}" for d in deposits}
    return _step(deposits, DepositState.COOLING, applications, reasons, now=now, actor=actor)


@transaction.atomic
def refund_deposits(
    seller_ids: Sequence[int],
    *,
    book: Book,
    on: date,
    policy_version_id: int,
    now: datetime,
    actor: str,
    send: Send | None = None,
) -> int:
    """Pay back what is left of the deposits and end the exit; returns how many are new.

    `send` takes the transfers, (key, payee, fen) each, once nothing speaks against them any more, and
    answers with a reference for each; a transfer's key makes repeating it harmless. Raises
    StillCooling, ReleaseBlocked (something opened meanwhile), IllegalTransition.
    """
    applications = lock_applications(seller_ids)
    deposits = [d for d in lock_deposits(applications).values() if d.state != DepositState.REFUNDED]
    _check_cooled(deposits, on=on)
    _check_clear([d.seller_id for d in deposits], book=book, on=on, now=now)
    held = deposits_held_fen([deposit.pk for deposit in deposits])
    amounts = {d.seller_id: held.get(d.pk, 0) for d in deposits}
    sent = _send([d for d in deposits if amounts[d.seller_id]], amounts, send)
    reasons = {s: f"{RULE}: CNY {format_fen(fen)} paid back{sent.get(s, '')}" for s, fen in amounts.items()}
    moved = _step(deposits, DepositState.REFUNDED, applications, reasons, now=now, actor=actor)
    post_entries(
        [_paid_back(d, amounts[d.seller_id], on) for d in deposits if amounts[d.seller_id]],
        now=now,
        policy_version_id=policy_version_id,
    )
    leaving = [a for a in applications.values() if a.state == ApplicationState.EXITING]
    gone = same_reason(leaving, reason="the deposit is paid back")
    move_applications(leaving, to=ApplicationState.EXITED, reasons=gone, now=now, actor=actor)
    sellers = [a.seller_id for a in leaving]
    set_programme_state(sellers, state="exited", reason="the deposit is paid back", now=now, actor=actor)
    return moved


def _check_cooled(deposits: Sequence[Deposit], *, on: date) -> None:
    for deposit in deposits:
        if deposit.state != DepositState.COOLING:
            raise IllegalTransition(
                seller_id=deposit.seller_id, before=f"deposit {deposit.state}", wanted="deposit refunded"
            )
        if deposit.cooling_until is not None and on < deposit.cooling_until:
            raise StillCooling(f"seller {deposit.seller_id}: until {deposit.cooling_until}, today is {on}")


def _send(deposits: Sequence[Deposit], amounts: Mapping[int, int], send: Send | None) -> dict[int, str]:
    """By seller, the reference of its transfer as the reason tells it."""
    if send is None or not deposits:
        return {}
    codes = dict(Seller.objects.filter(pk__in=[d.seller_id for d in deposits]).values_list("pk", "code"))
    transfers = [(f"deposit:{d.pk}:refund", codes[d.seller_id], amounts[d.seller_id]) for d in deposits]
    return {d.seller_id: f", {told}" for d, told in zip(deposits, send(transfers), strict=True)}


def _paid_back(deposit: Deposit, fen: int, on: date) -> NewEntry:
    postings = (("seller_deposit", fen, RULE), ("bank", -fen, RULE))
    return NewEntry(deposit.seller_id, "deposit_refunded", f"deposit:{deposit.pk}", on, postings)


def _check_clear(seller_ids: Sequence[int], *, book: Book, on: date, now: datetime) -> None:
    conditions = book.amount("DEP-1.release_conditions", on)
    blocked = open_obligations(seller_ids, conditions=conditions, now=now)
    if blocked:
        raise ReleaseBlocked(blocked)


def _step(
    deposits: Sequence[Deposit],
    to: DepositState,
    applications: Mapping[int, Application],
    reasons: Mapping[int, str],
    *,
    now: datetime,
    actor: str,
) -> int:
    return move_deposits(deposits, to=to, applications=applications, reasons=reasons, now=now, actor=actor)
