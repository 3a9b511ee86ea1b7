"""Business days and the 16:00 cut-off in Asia/Shanghai, as the policy book sets them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bantuo.core.policy import Book


@dataclass(frozen=True, slots=True)
class OperatingDay:
    """One business day: its UTC bounds `[starts_at, ends_at)` and the last instant that is in time."""

    on: date
    starts_at: datetime
    cutoff_at: datetime
    last_in_time: datetime
    ends_at: datetime
    scope: str  # unsynced_lines | all_unreleased
    restores: str  # next_business_day | at_once

    @property
    def stated_until(self) -> datetime:
        """The last instant of a first statement that still opens the declared pool today."""
        return self.ends_at if self.restores == "at_once" else self.last_in_time

    def is_cut(self, now: datetime) -> bool:
        """Whether the day's cut-off has passed at `now`."""
        return now > self.last_in_time


def business_date(at: datetime, *, zone: str) -> date:
    """The calendar day of an instant in the programme's zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def operating_day(book: Book, on: date) -> OperatingDay:
    """The day's cut-off per OPS-1 (time, zone, inclusive, scope, when a late statement restores)."""
    zone = ZoneInfo(book.amount("OPS-1.zone", on))
    midnight = datetime.combine(on, time(), zone)
    # Added before the change to UTC: 16:00 is what the wall clock shows, also on a day of 23 or 25 hours.
    cutoff_at = (midnight + timedelta(minutes=book.amount("OPS-1.cutoff", on))).astimezone(UTC)
    inclusive = book.amount("OPS-1.inclusive", on)
    return OperatingDay(
        on=on,
        starts_at=midnight.astimezone(UTC),
        cutoff_at=cutoff_at,
        last_in_time=cutoff_at if inclusive else cutoff_at - timedelta(microseconds=1),
        ends_at=datetime.combine(on + timedelta(days=1), time(), zone).astimezone(UTC),
        scope=book.amount("OPS-1.scope", on),
        restores=book.amount("OPS-1.late_sync_restores", on),
    )
