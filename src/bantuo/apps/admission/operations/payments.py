"""Money for and from the deposit: reported by the seller, confirmed by finance or the bank, paid back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from django.db import transaction

from bantuo.apps.admission.joining_queries import deposit_due_fen, refund_channel
from bantuo.apps.admission.models import Application, ApplicationState, Deposit, DepositPayment, DepositState
from bantuo.apps.admission.operations.deposits import RULE, demand_deposits, hold_deposits, hold_top_ups
from bantuo.apps.admission.operations.leaving import refund_deposits
from bantuo.apps.admission.operations.transitions import (
    ReasonMissing,
    lock_applications,
    lock_deposits,
    record_steps,
)
from bantuo.apps.documents.models import Document
from bantuo.core.money import format_fen
from bantuo.core.policy import Book

MANUAL, SANDBOX = "manual", "sandbox"
CHANNELS = (MANUAL, SANDBOX)
REFUND_ROUTE = "DEP-1.refund_route"
PROOF_KIND = "deposit_proof"


class DepositBank(Protocol):
    """Takes deposits and pays them back. A transfer's key makes repeating it harmless.

    It is called before the transaction commits; one that fails after it is repeated with the same key.
    """

    @property
    def name(self) -> str: ...

    def collect(self, transfers: Sequence[tuple[str, str, int]]) -> list[str]:
        """Take each (key, payer, amount in fen); the bank's reference of each, in the order given."""

    def pay(self, transfers: Sequence[tuple[str, str, int]]) -> list[str]:
        """Send each (key, payee, amount in fen); the bank's reference of each, in the order given."""


class PaymentUnusable(ValueError):
    """A report without a reference, or a transfer by hand without its proof."""


class PaymentUnknown(LookupError):
    """No such payment was reported."""


class NothingDue(ValueError):
    """The seller owes nothing on its deposit now."""


class AmountDiffers(ValueError):
    """The deposit is paid in one transfer of exactly what is due: `due_fen` against `amount_fen`."""

    def __init__(self, *, due_fen: int, amount_fen: int) -> None:
        super().__init__(f"CNY {format_fen(due_fen)} is due, not CNY {format_fen(amount_fen)}")
        self.due_fen, self.amount_fen = due_fen, amount_fen


class PaymentPending(ValueError):
    """An earlier transfer waits for finance: two at once would pay the deposit twice."""


class PaymentDecided(ValueError):
    """The payment was decided already, and the other way: `confirmed` says which."""

    def __init__(self, payment: DepositPayment) -> None:
        word = "confirmed" if payment.confirmed else "refused"
        super().__init__(f"payment {payment.reference} was {word} already")
        self.confirmed = bool(payment.confirmed)


class ReferenceMissing(ValueError):
    """A transfer by hand is recorded with the bank's reference."""


class RefundRouteUnsupported(ValueError):
    """DEP-1.refund_route asks for a route other than the original one."""


@transaction.atomic
def report_payment(
    seller_id: int,
    *,
    channel: str,
    amount_fen: int,
    reference: str,
    proof_id: int | None,
    now: datetime,
    actor: str,
) -> DepositPayment:
    """Tell finance that the deposit is on its way; the same report again answers with the first.

    Raises PaymentUnusable, NothingDue, AmountDiffers, PaymentPending, PaymentDecided (that reference was
    refused), DepositUnknown.
    """
    told = reference.strip()
    if not told or "\x00" in told or channel not in CHANNELS:
        raise PaymentUnusable(f"channel {channel!r}, reference {reference!r}")
    application, deposit = _lock_one(seller_id)
    held = DepositPayment.objects.filter(seller_id=seller_id, channel=channel, reference=told).first()
    if held is not None:
        return _same(held, amount_fen)
    _check_due(deposit, amount_fen)
    _check_proof(seller_id, channel, proof_id)
    if DepositPayment.objects.filter(deposit=deposit, decided_at__isnull=True).exists():
        raise PaymentPending(f"seller {seller_id}: a transfer waits for finance")
    payment = DepositPayment.objects.create(
        seller_id=seller_id,
        deposit=deposit,
        channel=channel,
        amount_fen=amount_fen,
        reference=told,
        proof_id=proof_id,
        reported_by=actor,
        reported_at=now,
    )
    _record(application, payment, "reported", now=now, actor=actor)
    return payment


def _lock_one(seller_id: int) -> tuple[Application, Deposit]:
    applications = lock_applications([seller_id])
    return applications[seller_id], lock_deposits(applications)[seller_id]


def _same(held: DepositPayment, amount_fen: int) -> DepositPayment:
    if held.amount_fen != amount_fen:
        raise AmountDiffers(due_fen=held.amount_fen, amount_fen=amount_fen)
    if held.confirmed is False:
        raise PaymentDecided(held)
    return held


def _check_due(deposit: Deposit, amount_fen: int) -> None:
    due = deposit_due_fen(deposit)
    if not due:
        raise NothingDue(f"seller {deposit.seller_id}: deposit {deposit.state}")
    if amount_fen != due:
        raise AmountDiffers(due_fen=due, amount_fen=amount_fen)


def _check_proof(seller_id: int, channel: str, proof_id: int | None) -> None:
    if channel != MANUAL:
        return
    proofs = Document.objects.filter(seller_id=seller_id, kind=PROOF_KIND)
    if proof_id is None or not proofs.filter(pk=proof_id).exists():
        raise PaymentUnusable(f"seller {seller_id}: a transfer by hand needs the bank's proof")


def _record(
    application: Application, payment: DepositPayment, word: str, *, now: datetime, actor: str, why: str = ""
) -> None:
    told = f"{RULE}: CNY {format_fen(payment.amount_fen)}, {payment.channel}, reference {payment.reference}"
    step = (application, f"payment:{word}", f"{told}: {why}" if why else told)
    record_steps([step], now=now, actor=actor)


@transaction.atomic
def confirm_payment(
    payment_id: int, *, book: Book, on: date, policy_version_id: int, now: datetime, actor: str
) -> bool:
    """Record that reported money arrived: the deposit is held, or whole again; False if it was before.

    Raises PaymentUnknown, PaymentDecided (refused before), NothingDue, AmountDiffers when what is due
    has changed meanwhile: then it is refused and sent back.
    """
    application, deposit, payment = _lock_payment(payment_id)
    if payment.confirmed:
        return False
    if payment.decided_at is not None:
        raise PaymentDecided(payment)
    if deposit.pk != payment.deposit_id:
        raise NothingDue(f"payment {payment.reference}: of an earlier deposit")
    _check_due(deposit, payment.amount_fen)
    _decide(payment, confirmed=True, reason="", now=now, actor=actor)
    _record(application, payment, "confirmed", now=now, actor=actor)
    _hold(deposit, book=book, on=on, policy_version_id=policy_version_id, now=now, actor=actor)
    return True


def _lock_payment(payment_id: int) -> tuple[Application, Deposit, DepositPayment]:
    found = DepositPayment.objects.filter(pk=payment_id).values_list("seller_id", flat=True).first()
    if found is None:
        raise PaymentUnknown(f"no payment {payment_id}")
    application, deposit = _lock_one(found)
    return application, deposit, DepositPayment.objects.select_for_update().get(pk=payment_id)


def _decide(payment: DepositPayment, *, confirmed: bool, reason: str, now: datetime, actor: str) -> None:
    payment.confirmed, payment.reason = confirmed, reason
    payment.decided_at, payment.decided_by = now, actor
    payment.save(update_fields=["confirmed", "reason", "decided_at", "decided_by"])


def _hold(
    deposit: Deposit, *, book: Book, on: date, policy_version_id: int, now: datetime, actor: str
) -> None:
    sellers, version = [deposit.seller_id], policy_version_id
    if deposit.state == DepositState.DUE:
        hold_deposits(sellers, book=book, on=on, policy_version_id=version, now=now, actor=actor)
    else:
        hold_top_ups(sellers, on=on, policy_version_id=version, now=now, actor=actor)


@transaction.atomic
def refuse_payment(payment_id: int, *, reason: str, now: datetime, actor: str) -> bool:
    """Record that reported money did not arrive, or not as it must, for a reason the seller is told.

    False if it was refused before. Raises PaymentUnknown, PaymentDecided (confirmed before),
    ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing("a refusal needs a reason")
    application, _deposit, payment = _lock_payment(payment_id)
    if payment.confirmed:
        raise PaymentDecided(payment)
    if payment.decided_at is not None:
        return False
    _decide(payment, confirmed=False, reason=reason.strip(), now=now, actor=actor)
    _record(application, payment, "refused", now=now, actor=actor, why=reason.strip())
    return True


@transaction.atomic
def pay_by_bank(
    seller_id: int,
    *,
    bank: DepositBank,
    book: Book,
    on: date,
    policy_version_id: int,
    now: datetime,
    actor: str,
) -> bool:
    """Let the bank take what is due and hold it at once; False when nothing is due.

    A seller who signed is asked for the deposit first, if nobody has yet. Raises PaymentPending while
    a transfer by hand waits for finance, IllegalTransition, DepositUnknown.
    """
    application = lock_applications([seller_id])[seller_id]
    if application.state == ApplicationState.AGREEMENT_SIGNED:
        demand_deposits([seller_id], book=book, on=on, now=now, actor=actor)
    deposit = lock_deposits({seller_id: application})[seller_id]
    due = deposit_due_fen(deposit)
    if not due:
        return False
    confirmed = DepositPayment.objects.filter(deposit=deposit, confirmed=True).count()
    key = f"deposit:{deposit.pk}:{confirmed + 1}"
    if DepositPayment.objects.filter(deposit=deposit, decided_at__isnull=True).exists():
        raise PaymentPending(f"seller {seller_id}: a transfer waits for finance")
    (reference,) = bank.collect([(key, application.seller.code, due)])
    payment = report_payment(
        seller_id, channel=bank.name, amount_fen=due, reference=reference, proof_id=None, now=now, actor=actor
    )
    return confirm_payment(
        payment.pk,
        book=book,
        on=on,
        policy_version_id=policy_version_id,
        now=now,
        actor=f"system:{bank.name}-bank",
    )


@transaction.atomic
def pay_back_deposit(
    seller_id: int,
    *,
    bank: DepositBank,
    reference: str,
    book: Book,
    on: date,
    policy_version_id: int,
    now: datetime,
    actor: str,
) -> int:
    """Pay the deposit back by the route it came (DEP-1.refund_route); 1 when it is new.

    What the bank took it sends back; a transfer by hand is made by finance, which gives its
    `reference`. Raises RefundRouteUnsupported, ReferenceMissing, and as `refund_deposits`.
    """
    if book.amount(REFUND_ROUTE, on) != "original":
        raise RefundRouteUnsupported(f"{REFUND_ROUTE}: only original is provided for")
    _application, deposit = _lock_one(seller_id)
    by_bank = refund_channel(deposit) == bank.name
    if not by_bank and not reference.strip() and deposit.state != DepositState.REFUNDED:
        raise ReferenceMissing(f"seller {seller_id}: the deposit came by hand and goes back by hand")

    def send(transfers: Sequence[tuple[str, str, int]]) -> list[str]:
        return bank.pay(transfers) if by_bank else [f"{MANUAL}:{reference.strip()}" for _ in transfers]

    return refund_deposits(
        [seller_id],
        book=book,
        on=on,
        policy_version_id=policy_version_id,
        now=now,
        actor=actor,
        send=send,
    )
