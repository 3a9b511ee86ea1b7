"""Times of the open-platform protocol: when a call was signed, and dates in US Pacific time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

SKEW_S_MAX = 7200  # a call by `/sync` or `/rest`
SKEW_S_MAX_CLASSIC = 600  # a call by `/router/rest`
PACIFIC = ZoneInfo("America/Los_Angeles")
_CHINA = timezone(timedelta(hours=8))
_EPOCH_MS = re.compile(r"[0-9]{12,13}", re.ASCII)
_FORM = "%Y-%m-%d %H:%M:%S"
_DAY_FORM = "%Y-%m-%d"


class TimeUnreadable(ValueError):
    """Not a time in a form that is taken."""


def read_timestamp(text: str) -> datetime:
    """When a call was signed: milliseconds since 1970, `2017-11-11T12:00:00Z`, or Chinese wall time.

    Raises TimeUnreadable.
    """
    stripped = text.strip()
    try:
        if _EPOCH_MS.fullmatch(stripped):
            return datetime.fromtimestamp(int(stripped) // 1000, UTC) + timedelta(
                milliseconds=int(stripped) % 1000
            )
        if "T" in stripped:
            at = datetime.fromisoformat(stripped)
            return at if at.tzinfo else at.replace(tzinfo=UTC)
        return datetime.strptime(stripped, _FORM).replace(tzinfo=_CHINA)
    except (ValueError, OverflowError) as problem:
        forms = "milliseconds since 1970, 2017-11-11T12:00:00Z, or 2017-11-11 20:00:00 in UTC+8"
        raise TimeUnreadable(f"{text[:40]!r} is none of: {forms}") from problem


def skew_s(signed_at: datetime, *, now: datetime) -> int:
    """By how many whole seconds a caller's clock departs from ours, whichever way, rounded up."""
    off = abs(signed_at - now)
    return off.days * 86_400 + off.seconds + (1 if off.microseconds else 0)


def pacific_text(at: datetime) -> str:
    """An instant as the protocol writes it: wall time of Los Angeles, summer time and all."""
    return at.astimezone(PACIFIC).strftime(_FORM)


def read_pacific(text: str, *, is_end: bool = False) -> datetime:
    """A wall time of Los Angeles; a bare date is its first second, or as an end its last.

    The hour that comes twice in autumn is the first of the two for a beginning and the second for an
    end, so that a range never leaves out what it should hold. Raises TimeUnreadable.
    """
    stripped = text.strip()
    is_day = len(stripped) == len("2026-01-31")
    try:
        at = datetime.strptime(stripped, _DAY_FORM if is_day else _FORM).replace(tzinfo=PACIFIC)
        if is_day and is_end:
            at += timedelta(days=1, seconds=-1)
        return at.replace(fold=int(is_end)).astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise TimeUnreadable(f"{text[:40]!r} is not a time like 2026-01-31 08:00:00") from problem
