"""The sandbox bank: same key, same transfer; it moves no money and says so."""

from __future__ import annotations

import pytest

from bantuo.apps.admission.operations.payments import DepositBank
from bantuo.apps.settlement.operations.runs import PayoutBank
from bantuo.channels.bank import SandboxBank, TransferDiffers


def test_the_sandbox_is_a_payout_bank_that_says_what_it_is() -> None:
    bank: PayoutBank = SandboxBank()

    assert bank.name == "sandbox"
    assert bank.pay([("R1/a", "a", 5), ("R1/b", "b", 7)]) == ["sandbox:R1/a", "sandbox:R1/b"]


def test_repeating_a_transfer_is_harmless() -> None:
    bank = SandboxBank()

    assert bank.pay([("R1/a", "a", 5)]) == bank.pay([("R1/a", "a", 5)])
    assert bank.accepted == {"R1/a": ("a", 5)}


def test_a_key_stands_for_one_payee_and_amount() -> None:
    bank = SandboxBank()
    bank.pay([("R1/a", "a", 5)])

    with pytest.raises(TransferDiffers):
        bank.pay([("R1/a", "a", 6)])


@pytest.mark.parametrize("amount_fen", [0, -1])
def test_nothing_or_less_is_not_sent(amount_fen: int) -> None:
    with pytest.raises(ValueError, match=f"transfer of {amount_fen} fen"):
        SandboxBank().pay([("R1/a", "a", amount_fen)])


def test_it_takes_deposits_too_and_keeps_the_two_ways_apart() -> None:
    bank: DepositBank = SandboxBank()

    assert bank.collect([("deposit:1:1", "a", 5)]) == bank.collect([("deposit:1:1", "a", 5)])
    assert bank.collect([("deposit:1:1", "a", 5)]) == ["sandbox:in:deposit:1:1"]
    assert bank.pay([("deposit:1:1", "b", 7)]) == ["sandbox:deposit:1:1"]
    with pytest.raises(TransferDiffers):
        bank.collect([("deposit:1:1", "a", 6)])
