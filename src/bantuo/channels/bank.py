"""Paying sellers and taking their deposits: the sandbox bank, which moves no money and says so.

A bank is anything with a `name`, `pay` and `collect` as below (the settlement room's `PayoutBank`, the
admission room's `DepositBank`); the key of a transfer makes repeating it harmless, so what is tried
again pays nobody twice and takes from nobody twice.
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
        return self._accept(transfers, way="")

    def collect(self, transfers: Sequence[tuple[str, str, int]]) -> list[str]:
        """Take each (key, payer, amount in fen); the bank's reference of each, in the order given."""
        return self._accept(transfers, way="in:")

    def _accept(self, transfers: Sequence[tuple[str, str, int]], *, way: str) -> list[str]:
        """Each way has keys of its own: money that came in and money that went out are not one transfer."""
        for key, party, amount_fen in transfers:
            if amount_fen <= 0:
                raise ValueError(f"{key}: a transfer of {amount_fen} fen")
            if self.accepted.setdefault(way + key, (party, amount_fen)) != (party, amount_fen):
                raise TransferDiffers(f"{key}: already accepted with another party or amount")
        return [f"{self.name}:{way}{key}" for key, _, _ in transfers]
