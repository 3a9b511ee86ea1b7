"""Deposit payments: reported, confirmed or refused once, taken and paid back by the bank they came by."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from bantuo.apps.admission import operations as admission
from bantuo.apps.admission.joining_queries import (
    cooling_ends_on,
    deposit_due_fen,
    deposit_lines,
    latest_deposit,
    refund_channel,
    release_conditions,
)
from bantuo.apps.admission.models import Deposit, DepositPayment
from bantuo.apps.admission.operations.payments import (
    AmountDiffers,
    NothingDue,
    PaymentDecided,
    PaymentPending,
    PaymentUnknown,
    PaymentUnusable,
    ReferenceMissing,
    confirm_payment,
    pay_back_deposit,
    pay_by_bank,
    refuse_payment,
    report_payment,
)
from bantuo.apps.documents.models import Document
from bantuo.apps.ledger.queries import check_ledger, seller_balances
from bantuo.channels.bank import SandboxBank
from bantuo.core.calendar import CalendarYearUnknown
from tests.apps import factories as make
from tests.apps.admission import steps

pytestmark = pytest.mark.django_db
DUE = 2_000_000
REFUND_DAY = date(2024, 8, 15)  # ten Chinese working days after Thursday 2024-08-01


def _rules(on: date = make.DAY) -> dict[str, Any]:
    return {"book": make.the_book(), "on": on, "policy_version_id": make.policy_version(), **steps.WHEN}


def _proof(seller: int, kind: str = "deposit_proof") -> int:
    made = Document.objects.create(
        seller_id=seller,
        kind=kind,
        name="proof.pdf",
        media_type="application/pdf",
        size_bytes=1,
        sha256="0" * 64,
        store_key=f"{seller}/{kind}/{Document.objects.count()}",
        sealed_key=b"k",
        uploaded_by=make.ACTOR,
        uploaded_at=make.NOW,
    )
    return made.pk


def _report(seller: int, reference: str = "TT-1", **changed: Any) -> DepositPayment:
    told: dict[str, Any] = {"channel": "manual", "amount_fen": DUE, "reference": reference, **changed}
    if "proof_id" not in told:
        told["proof_id"] = _proof(seller)
    return report_payment(seller, **told, **steps.WHEN)


@pytest.fixture
def signed() -> int:
    (seller,) = make.make_sellers("S1")
    steps.submit(seller)
    for step in (steps.assess, steps.approve, steps.sign):
        step(seller)
    admission.demand_deposits([seller], book=make.the_book(), on=make.DAY, **steps.WHEN)
    return seller


def test_finance_confirms_what_a_seller_reported(signed: int) -> None:
    payment = _report(signed)
    assert confirm_payment(payment.pk, **_rules()) is True
    assert confirm_payment(payment.pk, **_rules()) is False
    payment.refresh_from_db()
    assert (payment.confirmed, payment.decided_by, payment.decided_at) == (True, make.ACTOR, make.NOW)
    assert (steps.state_of(signed), steps.deposit_of(signed)) == ("deposit_held", "held")
    assert seller_balances([signed]) == {(signed, "bank"): DUE, (signed, "seller_deposit"): -DUE}
    assert check_ledger().is_sound
    assert [step for step, _ in steps.timeline(signed)[-4:]] == [
        "payment:reported",
        "payment:confirmed",
        "deposit:held",
        "deposit_held",
    ]


def test_every_line_of_the_ledger_names_its_account_and_rule(signed: int) -> None:
    confirm_payment(_report(signed).pk, **_rules())
    steps.deduct(signed, 300_000)
    deposit = Deposit.objects.get()
    lines = [
        (line.on, line.kind, line.account, line.amount_fen, line.rule) for line in deposit_lines(deposit.pk)
    ]
    assert lines == [
        (make.DAY, "deposit_held", "bank", DUE, "DEP-1"),
        (make.DAY, "deposit_held", "seller_deposit", -DUE, "DEP-1"),
        (make.DAY, "deposit_deducted", "seller_deposit", 300_000, "DEP-1"),
        (make.DAY, "deposit_deducted", "seller_payable", -300_000, "DEP-1"),
    ]
    assert deposit_lines(deposit.pk)[0].account_zh == "银行存款"
    assert sum(line.amount_fen for line in deposit_lines(deposit.pk)) == 0


def test_a_report_again_is_the_same_report(signed: int) -> None:
    assert _report(signed).pk == _report(signed, "  TT-1 ").pk
    with pytest.raises(AmountDiffers):
        _report(signed, amount_fen=1)
    assert DepositPayment.objects.count() == 1


@pytest.mark.parametrize("amount_fen", [1, DUE - 1, DUE + 1, -DUE])
def test_the_deposit_is_paid_in_one_exact_transfer(signed: int, amount_fen: int) -> None:
    with pytest.raises(AmountDiffers) as caught:
        _report(signed, amount_fen=amount_fen)
    assert (caught.value.due_fen, caught.value.amount_fen) == (DUE, amount_fen)
    assert DepositPayment.objects.count() == 0


@pytest.mark.parametrize(
    "broken",
    [
        {"reference": " "},
        {"reference": "a\x00"},
        {"channel": "cheque"},
        {"proof_id": None},
        {"proof_id": 4711},
    ],
)
def test_a_report_has_a_reference_a_channel_and_a_proof(signed: int, broken: dict[str, Any]) -> None:
    with pytest.raises(PaymentUnusable):
        _report(signed, **broken)


def test_another_sellers_paper_or_another_kind_of_paper_is_no_proof(signed: int) -> None:
    (other,) = make.make_sellers("S2")
    for proof in (_proof(other), _proof(signed, kind="appeal")):
        with pytest.raises(PaymentUnusable):
            _report(signed, proof_id=proof)


def test_two_transfers_do_not_wait_at_once(signed: int) -> None:
    first = _report(signed)
    with pytest.raises(PaymentPending):
        _report(signed, "TT-2")
    with pytest.raises(PaymentPending):
        pay_by_bank(signed, bank=SandboxBank(), **_rules())
    assert refuse_payment(first.pk, reason="not on our account", **steps.WHEN) is True
    assert _report(signed, "TT-2").pk != first.pk


def test_a_refusal_says_why_and_stands(signed: int) -> None:
    payment = _report(signed)
    with pytest.raises(admission.ReasonMissing):
        refuse_payment(payment.pk, reason=" ", **steps.WHEN)
    assert refuse_payment(payment.pk, reason="payer is someone else", **steps.WHEN) is True
    assert refuse_payment(payment.pk, reason="payer is someone else", **steps.WHEN) is False
    with pytest.raises(PaymentDecided, match="refused already"):
        confirm_payment(payment.pk, **_rules())
    with pytest.raises(PaymentDecided):
        _report(signed)
    assert steps.deposit_of(signed) == "due"
    assert seller_balances([signed]) == {}
    assert steps.timeline(signed)[-1] == (
        "payment:refused",
        "DEP-1: CNY 20000.00, manual, reference TT-1: payer is someone else",
    )


def test_a_confirmed_payment_is_not_refused_any_more(signed: int) -> None:
    payment = _report(signed)
    confirm_payment(payment.pk, **_rules())
    with pytest.raises(PaymentDecided, match="confirmed already"):
        refuse_payment(payment.pk, reason="oops", **steps.WHEN)
    assert steps.deposit_of(signed) == "held"


def test_money_that_is_not_due_any_more_is_not_confirmed(signed: int) -> None:
    payment = _report(signed)
    steps.hold(signed)
    with pytest.raises(NothingDue):
        confirm_payment(payment.pk, **_rules())
    with pytest.raises(NothingDue):
        _report(signed, "TT-2")
    assert seller_balances([signed])[signed, "seller_deposit"] == -DUE


def test_a_payment_nobody_reported_is_named() -> None:
    with pytest.raises(PaymentUnknown, match="4711"):
        confirm_payment(4711, **_rules())


def test_who_was_never_asked_reports_nothing() -> None:
    (seller,) = make.make_sellers("S1")
    steps.submit(seller)
    with pytest.raises(admission.DepositUnknown):
        _report(seller)


def test_a_top_up_is_exactly_what_is_missing(signed: int) -> None:
    confirm_payment(_report(signed).pk, **_rules())
    steps.deduct(signed, 300_000)
    admission.demand_top_ups([signed], **steps.WHEN)
    deposit = Deposit.objects.get()
    assert deposit_due_fen(deposit) == 300_000
    waiting = _report(signed, "TT-2", amount_fen=300_000)
    steps.deduct(signed, 1, "claim-2")
    admission.demand_top_ups([signed], **steps.WHEN)
    with pytest.raises(AmountDiffers, match=r"CNY 3000\.01 is due, not CNY 3000\.00"):
        confirm_payment(waiting.pk, **_rules())
    refuse_payment(waiting.pk, reason="more is due by now", **steps.WHEN)
    assert confirm_payment(_report(signed, "TT-3", amount_fen=300_001).pk, **_rules()) is True
    assert (steps.deposit_of(signed), deposit_due_fen(Deposit.objects.get())) == ("held", 0)
    assert seller_balances([signed])[signed, "seller_deposit"] == -DUE
    assert check_ledger().is_sound


def test_the_sandbox_bank_takes_the_deposit_at_once_and_only_once(signed: int) -> None:
    bank = SandboxBank()
    assert pay_by_bank(signed, bank=bank, **_rules()) is True
    assert pay_by_bank(signed, bank=bank, **_rules()) is False
    payment, deposit = DepositPayment.objects.get(), Deposit.objects.get()
    assert (payment.channel, payment.reference, payment.decided_by) == (
        "sandbox",
        f"sandbox:in:deposit:{deposit.pk}:1",
        "system:sandbox-bank",
    )
    assert bank.accepted == {f"in:deposit:{deposit.pk}:1": ("S1", DUE)}
    assert steps.state_of(signed) == "deposit_held"


def test_who_signed_but_was_not_asked_yet_is_asked_by_paying() -> None:
    (seller,) = make.make_sellers("S1")
    steps.submit(seller)
    with pytest.raises(admission.DepositUnknown):
        pay_by_bank(seller, bank=SandboxBank(), **_rules())
    for step in (steps.assess, steps.approve, steps.sign):
        step(seller)
    assert pay_by_bank(seller, bank=SandboxBank(), **_rules()) is True


def test_the_bank_takes_a_top_up_as_a_transfer_of_its_own(signed: int) -> None:
    bank = SandboxBank()
    pay_by_bank(signed, bank=bank, **_rules())
    steps.deduct(signed, 500)
    admission.demand_top_ups([signed], **steps.WHEN)
    assert pay_by_bank(signed, bank=bank, **_rules()) is True
    assert [fen for _, fen in bank.accepted.values()] == [DUE, 500]
    assert steps.deposit_of(signed) == "held"


def _leave(seller: int) -> None:
    steps.activate(seller)
    steps.leave(seller)
    admission.request_release([seller], **steps.WHEN)
    steps.cool(seller)


def test_what_the_bank_took_it_sends_back(signed: int) -> None:
    bank = SandboxBank()
    pay_by_bank(signed, bank=bank, **_rules())
    _leave(signed)
    deposit = Deposit.objects.get()
    assert refund_channel(deposit) == "sandbox"
    with pytest.raises(admission.StillCooling):
        pay_back_deposit(signed, bank=bank, reference="", **_rules(REFUND_DAY - timedelta(days=1)))
    assert pay_back_deposit(signed, bank=bank, reference="", **_rules(REFUND_DAY)) == 1
    assert pay_back_deposit(signed, bank=bank, reference="", **_rules(REFUND_DAY)) == 0
    assert bank.accepted[f"deposit:{deposit.pk}:refund"] == ("S1", DUE)
    assert ("deposit:refunded", f"DEP-1: CNY 20000.00 paid back, sandbox:deposit:{deposit.pk}:refund") in (
        steps.timeline(signed)
    )
    assert seller_balances([signed])[signed, "seller_deposit"] == 0
    assert check_ledger().is_sound


def test_what_came_by_hand_goes_back_by_hand_with_its_reference(signed: int) -> None:
    bank = SandboxBank()
    confirm_payment(_report(signed).pk, **_rules())
    _leave(signed)
    with pytest.raises(ReferenceMissing):
        pay_back_deposit(signed, bank=bank, reference=" ", **_rules(REFUND_DAY))
    assert pay_back_deposit(signed, bank=bank, reference="OUT-9", **_rules(REFUND_DAY)) == 1
    assert bank.accepted == {}
    assert ("deposit:refunded", "DEP-1: CNY 20000.00 paid back, manual:OUT-9") in steps.timeline(signed)


def test_nothing_is_sent_while_something_speaks_against_it(signed: int) -> None:
    bank = SandboxBank()
    pay_by_bank(signed, bank=bank, **_rules())
    steps.activate(signed)
    steps.leave(signed)
    with pytest.raises(admission.IllegalTransition, match="deposit held → deposit refunded"):
        pay_back_deposit(signed, bank=bank, reference="", **_rules(REFUND_DAY))
    assert list(bank.accepted) == [f"in:deposit:{Deposit.objects.get().pk}:1"]


def test_the_conditions_of_a_release_are_counted_as_they_stand(signed: int) -> None:
    confirm_payment(_report(signed).pk, **_rules())
    asked: dict[str, Any] = {"book": make.the_book(), "on": make.DAY, "now": make.NOW}
    clear = [(c.code, c.is_open, c.count) for c in release_conditions(signed, **asked)]
    assert clear == [(code, False, 0) for code in ("no_open_order", "no_open_dispute", "no_open_claim")]
    admission.deduct_deposits(
        [admission.Deduction(signed, 100, "c", "DEP-1", "fees")],
        on=make.DAY,
        policy_version_id=make.policy_version(),
        **steps.WHEN,
    )
    assert [c.count for c in release_conditions(signed, **asked)] == [0, 0, 0]


def test_the_end_of_cooling_is_told_or_said_to_be_unknown() -> None:
    book = make.the_book()
    assert cooling_ends_on(book=book, on=make.DAY) == REFUND_DAY
    with pytest.raises(CalendarYearUnknown):
        cooling_ends_on(book=book, on=date(2099, 1, 1))


def test_the_latest_deposit_is_the_one_of_the_latest_application(signed: int) -> None:
    (other,) = make.make_sellers("S2")
    assert latest_deposit(signed) == Deposit.objects.get()
    assert latest_deposit(other) is None
