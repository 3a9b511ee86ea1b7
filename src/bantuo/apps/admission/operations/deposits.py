"""The deposit (履约保证金): asked for, held, drawn on, topped up. The money itself is in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from bantuo.apps.admission.models import Application, ApplicationState, Deposit, DepositState
from bantuo.apps.admission.operations.transitions import (
    IllegalTransition,
    lock_applications,
    lock_deposits,
    move_applications,
    move_deposits,
    not_yet,
    record_steps,
)
from bantuo.apps.admission.queries import deductions_posted, deposits_held_fen, top_ups_demanded
from bantuo.apps.ledger.operations import NewEntry, post_entries
from bantuo.core.money import format_fen
from bantuo.core.policy import Book

RULE = "DEP-1"


@dataclass(frozen=True, slots=True)
class Deduction:
    """What the deposit pays for: `reference` makes taking it twice impossible, `rule` says why it may."""

    seller_id: int
    amount_fen: int
    reference: str
    rule: str
    reason: str


class DepositTooSmall(ValueError):
    """The deposit holds less than is to be taken from it."""


class DeductionUnusable(ValueError):
    """A deduction without an amount, a reference, a rule or a reason; or two of one seller at once."""


@transaction.atomic
def demand_deposits(seller_ids: Sequence[int], *, book: Book, on: date, now: datetime, actor: str) -> int:
    """Ask sellers who signed for the deposit in force (DEP-1); returns how many were not asked yet."""
    return _demand(lock_applications(seller_ids), book=book, on=on, now=now, actor=actor)


def _demand(
    applications: Mapping[int, Application], *, book: Book, on: date, now: datetime, actor: str
) -> int:
    asked = set(
        Deposit.objects.filter(application__in=applications.values()).values_list("seller_id", flat=True)
    )
    fresh = [a for seller, a in applications.items() if seller not in asked]
    for application in fresh:
        if application.state != ApplicationState.AGREEMENT_SIGNED:
            raise IllegalTransition(
                seller_id=application.seller_id,
                before=application.state,
                wanted=ApplicationState.DEPOSIT_HELD,
            )
    required = int(book.amount(RULE, on))
    Deposit.objects.bulk_create(
        Deposit(seller_id=a.seller_id, application=a, required_fen=required, rule=RULE, due_at=now)
        for a in fresh
    )
    told = f"{RULE}: CNY {format_fen(required)}"
    return record_steps([(a, "deposit:due", told) for a in fresh], now=now, actor=actor)


@transaction.atomic
def hold_deposits(
    seller_ids: Sequence[int],
    *,
    book: Book,
    on: date,
    policy_version_id: int,
    now: datetime,
    actor: str,
) -> int:
    """Record that the deposits arrived (step ③): money into the ledger, the way to a warehouse free.

    A seller not asked yet is asked for the amount in force on `on`. Returns how many are new.
    """
    waiting = not_yet(lock_applications(seller_ids), reached=ApplicationState.DEPOSIT_HELD)
    applications = {a.seller_id: a for a in waiting}
    _demand(applications, book=book, on=on, now=now, actor=actor)
    deposits = lock_deposits(applications)
    amounts = {seller: deposit.required_fen for seller, deposit in deposits.items()}
    post_entries(
        [
            _paid_in(deposits[s], fen, "deposit_held", f"deposit:{deposits[s].pk}", on)
            for s, fen in amounts.items()
        ],
        now=now,
        policy_version_id=policy_version_id,
    )
    reasons = {seller: f"{RULE}: CNY {format_fen(fen)} received" for seller, fen in amounts.items()}
    move_deposits(
        list(deposits.values()),
        to=DepositState.HELD,
        applications=applications,
        reasons=reasons,
        now=now,
        actor=actor,
    )
    return move_applications(waiting, to=ApplicationState.DEPOSIT_HELD, reasons=reasons, now=now, actor=actor)


def _paid_in(deposit: Deposit, fen: int, kind: str, reference: str, on: date) -> NewEntry:
    postings = (("bank", fen, RULE), ("seller_deposit", -fen, RULE))
    return NewEntry(deposit.seller_id, kind, reference, on, postings)


@transaction.atomic
def deduct_deposits(
    deductions: Sequence[Deduction], *, on: date, policy_version_id: int, now: datetime, actor: str
) -> int:
    """Pay what sellers owe out of their deposits, into their payable; returns how many are new.

    A deduction whose reference is posted already is left alone; one on a deposit that was about to
    be released stops the release. Raises DepositTooSmall, DeductionUnusable, IllegalTransition.
    """
    wanted = _checked(deductions)
    applications = lock_applications(wanted)
    posted = deductions_posted([(d.seller_id, d.reference) for d in wanted.values()])
    fresh = {s: d for s, d in wanted.items() if (s, d.reference) not in posted}
    applications = {seller: applications[seller] for seller in fresh}
    deposits = lock_deposits(applications)
    held = deposits_held_fen([deposit.pk for deposit in deposits.values()])
    for seller, deduction in fresh.items():
        if deduction.amount_fen > held.get(deposits[seller].pk, 0):
            raise DepositTooSmall(
                f"seller {seller}: {deduction.reference} takes {deduction.amount_fen} fen, "
                f"{held.get(deposits[seller].pk, 0)} fen are held"
            )
    for deposit in deposits.values():
        deposit.cooling_until = None
    moved = move_deposits(
        list(deposits.values()),
        to=DepositState.DEDUCTED,
        applications=applications,
        reasons={s: f"{d.rule}: CNY {format_fen(d.amount_fen)}: {d.reason}" for s, d in fresh.items()},
        now=now,
        actor=actor,
    )
    post_entries(
        [_taken(deposits[seller], deduction, on) for seller, deduction in fresh.items()],
        now=now,
        policy_version_id=policy_version_id,
    )
    return moved


def _checked(deductions: Sequence[Deduction]) -> dict[int, Deduction]:
    for deduction in deductions:
        told = deduction.reference.strip() and deduction.rule.strip() and deduction.reason.strip()
        if deduction.amount_fen <= 0 or not told:
            raise DeductionUnusable(f"seller {deduction.seller_id}: {deduction}")
    wanted = {deduction.seller_id: deduction for deduction in deductions}
    if len(wanted) != len(deductions):
        raise DeductionUnusable("two deductions of one seller: take one after the other")
    return dict(sorted(wanted.items()))


def _taken(deposit: Deposit, deduction: Deduction, on: date) -> NewEntry:
    fen, rule = deduction.amount_fen, deduction.rule
    postings = (("seller_deposit", fen, rule), ("seller_payable", -fen, rule))
    reference = f"deposit:{deposit.pk}:{deduction.reference}"
    return NewEntry(deposit.seller_id, "deposit_deducted", reference, on, postings)


@transaction.atomic
def demand_top_ups(seller_ids: Sequence[int], *, now: datetime, actor: str) -> int:
    """Ask sellers whose deposit was drawn on to fill it up again; returns how many were not asked yet."""
    applications = lock_applications(seller_ids)
    deposits = [d for d in lock_deposits(applications).values() if d.state != DepositState.TOP_UP_DUE]
    return move_deposits(
        deposits,
        to=DepositState.TOP_UP_DUE,
        applications=applications,
        reasons={d.seller_id: f"{RULE}: CNY {format_fen(d.required_fen)} in all" for d in deposits},
        now=now,
        actor=actor,
    )


@transaction.atomic
def hold_top_ups(
    seller_ids: Sequence[int], *, on: date, policy_version_id: int, now: datetime, actor: str
) -> int:
    """Record that what was missing arrived, so that the deposit is whole again; returns how many are new."""
    applications = lock_applications(seller_ids)
    deposits = {s: d for s, d in lock_deposits(applications).items() if d.state != DepositState.HELD}
    for deposit in deposits.values():
        if deposit.state != DepositState.TOP_UP_DUE:
            raise IllegalTransition(
                seller_id=deposit.seller_id, before=f"deposit {deposit.state}", wanted="deposit topped up"
            )
    held = deposits_held_fen([deposit.pk for deposit in deposits.values()])
    demands = top_ups_demanded([deposit.application_id for deposit in deposits.values()])
    missing = {s: d.required_fen - held.get(d.pk, 0) for s, d in deposits.items()}
    moved = move_deposits(
        list(deposits.values()),
        to=DepositState.HELD,
        applications=applications,
        reasons={seller: f"{RULE}: CNY {format_fen(fen)} received" for seller, fen in missing.items()},
        now=now,
        actor=actor,
    )
    post_entries(
        [
            _paid_in(deposits[s], fen, "deposit_topped_up", f"deposit:{deposits[s].pk}:{demands[s]}", on)
            for s, fen in missing.items()
        ],
        now=now,
        policy_version_id=policy_version_id,
    )
    return moved
