"""How many calls one caller may make: a fixed window per minute, counted in this process."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

_WINDOW_S = 60
_CALLERS_MAX = 100_000


@dataclass(slots=True)
class RateLimit:
    """Lets `calls` through per caller and minute. Every process of the server counts its own."""

    calls: int
    _window: int = 0
    _seen: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_s(self, caller: str, *, now_s: int) -> int:
        """Seconds to wait, 0 when the call may go through; the call is counted."""
        with self._lock:
            if now_s // _WINDOW_S != self._window or len(self._seen) > _CALLERS_MAX:
                self._window, self._seen = now_s // _WINDOW_S, Counter()
            self._seen[caller] += 1
            return _WINDOW_S - now_s % _WINDOW_S if self._seen[caller] > self.calls else 0

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self._seen = Counter()
