"""The moment that pages and jobs go by: the real one, unless a demonstration or a test has shifted it.

`BANTUO_DEMO_CLOCK` names a file that holds a number of seconds to add. It is there to show what happens
at 15:00 and 16:00 without waiting for them; an installation in service does not set it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone


def moment() -> datetime:
    """Now, as the programme sees it."""
    named = settings.DEMO_CLOCK
    return timezone.now() + _shift(Path(named)) if named else timezone.now()


def _shift(path: Path) -> timedelta:
    try:
        return timedelta(seconds=int(path.read_text(encoding="ascii")))
    except (OSError, ValueError):
        return timedelta()
