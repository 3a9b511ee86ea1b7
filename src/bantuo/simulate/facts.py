"""Seeded facts: numbers that anybody can derive again from the layout's words, without our code.

h(fact, keys…) is the first 8 bytes, big-endian, of SHA-256 of "seed|fact|key1|key2…".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

BASIS = 10_000


class FactUnknown(KeyError):
    """The layout derives no fact of that name, or not with those keys."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The `[facts]` of a layout, ready to answer for any key."""

    seed: str
    specs: Mapping[str, Mapping[str, Any]]

    def number(self, name: str) -> Callable[..., int]:
        """The function of a `range` or `share_bp` fact (0 or 1 for a share)."""
        spec = self._spec(name)
        if "share_bp" in spec:
            share = int(spec["share_bp"])
            return lambda *keys: int(self._draw(name, keys) % BASIS < share)
        low, high, step = (int(part) for part in spec["range"])
        count = (high - low) // step + 1
        return lambda *keys: low + step * (self._draw(name, keys) % count)

    def choice(self, name: str) -> Callable[..., str]:
        """The function of a `pick` fact: one of its choices, by weight, in the order written."""
        weights = [(str(choice), int(weight)) for choice, weight in self._spec(name)["pick"].items()]
        total = sum(weight for _, weight in weights)

        def pick(*keys: str) -> str:
            left = self._draw(name, keys) % total
            for choice, weight in weights:
                if left < weight:
                    return choice
                left -= weight
            raise AssertionError("weights sum to their total")

        return pick

    def _spec(self, name: str) -> Mapping[str, Any]:
        if name not in self.specs:
            raise FactUnknown(f"the layout has no [facts.{name}]")
        return self.specs[name]

    def _draw(self, name: str, keys: tuple[str, ...]) -> int:
        text = "|".join((self.seed, name, *keys))
        return int.from_bytes(sha256(text.encode()).digest()[:8], "big")
