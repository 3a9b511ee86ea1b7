"""When a message is tried again, as the Standard Webhooks specification suggests, and when we stop."""

from __future__ import annotations

from datetime import timedelta

# After each failed try; the first is made at once.
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# An endpoint through which nothing has gone for so long is disabled, and its owner is told.
FAILING_MAX = timedelta(days=5)
# The longest wait that a Retry-After is believed.
RETRY_AFTER_MAX = timedelta(hours=24)
# The longest that all messages of an endpoint wait because one has failed, unless it asks for more.
_ENDPOINT_PAUSE_MAX = timedelta(minutes=5)
MESSAGES_KEPT = timedelta(days=30)


def pause_after(tries: int, *, retry_after_s: int | None) -> timedelta | None:
    """How long to wait after so many failed tries; None: no more."""
    if tries > len(PAUSES):
        return None
    asked = min(timedelta(seconds=retry_after_s or 0), RETRY_AFTER_MAX)
    return max(PAUSES[tries - 1], asked)


def endpoint_pause(tries: int, *, retry_after_s: int | None) -> timedelta:
    """How long an endpoint is left alone after so many failed tries of one message."""
    own = PAUSES[min(tries, len(PAUSES)) - 1]
    asked = min(timedelta(seconds=retry_after_s or 0), RETRY_AFTER_MAX)
    return max(min(own, _ENDPOINT_PAUSE_MAX), asked)
