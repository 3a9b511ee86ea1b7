"""Paying sellers: the sandbox bank, which moves no money and says so.

A bank is anything with a `name` and `pay` as below (the settlement room's `PayoutBank`); the key of
a transfer makes repeating it harmless, so a run that is tried again pays nobody twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


class TransferDiffers(ValueError):
    """A transfer key was used again with another payee or amount."""


@dataclass(slots=True)
class SandboxBank:
    """Accepts every transfer and moves no money; its references are made from the transfers' keys."""

    name: str = "sandbox"
    accepted: dict[str, tuple[str, int]] = field(default_factory=dict)

    def pay(self, transfers: Sequence[tuple[str, str, int]]) -> list[str]:
        """Accept each (key, payee, amount in fen); the bank's reference of each, in the order given."""
        for key, payee, amount_fen in transfers:
            if amount_fen <= 0:
                raise ValueError(f"{key}: a transfer of {amount_fen} fen")
            if self.accepted.setdefault(key, (payee, amount_fen)) != (payee, amount_fen):
                raise TransferDiffers(f"{key}: already accepted with another payee or amount")
        return [f"{self.name}:{key}" for key, _, _ in transfers]
