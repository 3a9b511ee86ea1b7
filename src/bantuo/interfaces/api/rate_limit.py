"""How many calls a key may make: a fixed window per minute, counted in this process, nothing to wait for."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

_WINDOW_S = 60


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a caller's minute."""

    limit: int
    remaining: int
    reset_s: int

    @property
    def headers(self) -> dict[str, str]:
        """As every answer says it."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(self.remaining, 0)),
            "RateLimit-Reset": str(self.reset_s),
        }


@dataclass(slots=True)
class RateLimit:
    """Counts the calls of each caller in the current minute. Every process of the server counts its own."""

    _window: int = 0
    _seen: dict[int | str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, caller: int | str, *, limit: int, now_s: int | None = None) -> Allowance:
        """Count a call; with `remaining` below zero it must not be served."""
        now = int(time.time()) if now_s is None else now_s
        with self._lock:
            if now // _WINDOW_S != self._window:
                self._window, self._seen = now // _WINDOW_S, {}
            seen = self._seen[caller] = self._seen.get(caller, 0) + 1
        return Allowance(limit, limit - seen, _WINDOW_S - now % _WINDOW_S)

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self._seen = {}


CALLS = RateLimit()
FAILED_SIGN_INS = RateLimit()
