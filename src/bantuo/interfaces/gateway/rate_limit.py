"""How often somebody may call: a fixed window per minute, counted in this process."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

_WINDOW_S = 60
_CALLERS_MAX = 100_000


@dataclass(slots=True)
class RateLimit:
    """Counts the calls of each caller in the present minute."""

    _window: int = 0
    _seen: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_over(self, caller: str, *, limit: int) -> bool:
        """Count one call; whether it is beyond the limit."""
        now = time.monotonic_ns() // (_WINDOW_S * 1_000_000_000)
        with self._lock:
            if now != self._window or len(self._seen) > _CALLERS_MAX:
                self._window, self._seen = now, Counter()
            self._seen[caller] += 1
            return self._seen[caller] > limit

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self._seen = Counter()


CALLS = RateLimit()
REFUSALS = RateLimit()
REFUSALS_PER_MINUTE = 300  # of one address: nobody finds a secret by trying, but it need not cost us
