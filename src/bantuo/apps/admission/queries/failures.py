"""Why sellers are refused: the clock from a failure to its cause, and the share of each class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bantuo.apps.admission.models import Application, ApplicationState, ReviewItem
from bantuo.apps.sql import fetch_rows

_FAILURES = (ApplicationState.ASSESSED_FAIL.value, ApplicationState.REJECTED.value)


@dataclass(frozen=True, slots=True)
class FailureClock:
    """From a failure to its located cause (DIA-1): a goal the operator set itself."""

    failed_at: datetime
    due_at: datetime
    located_at: datetime | None

    def is_late(self, now: datetime) -> bool:
        """Whether the goal was missed, or is being missed at `now`."""
        return (self.located_at or now) > self.due_at


def failure_clock(application: Application, *, hours: int) -> FailureClock | None:
    """The clock of an application's last failure; None when it never failed.

    A gate that the evaluator found open is located with the report itself; a reviewer's rejection is
    located once an item is refused with its cause.
    """
    failure = application.events.filter(state__in=_FAILURES).order_by("-id").first()
    if failure is None:
        return None
    located = failure.happened_at
    if failure.state == ApplicationState.REJECTED:
        causes = [item.decided_at for item in refused_items(application)]
        return FailureClock(
            failed_at=located,
            due_at=located + timedelta(hours=hours),
            located_at=max(located, *causes) if causes else None,
        )
    return FailureClock(failed_at=located, due_at=located + timedelta(hours=hours), located_at=located)


def refused_items(application: Application) -> list[ReviewItem]:
    """What a reviewer refuses or wants more of, by the last word on each subject; in order of subject."""
    last = ReviewItem.objects.filter(application=application).order_by("subject", "-id").distinct("subject")
    return [item for item in last if item.verdict != "ok"]


def failure_classes(*, since: datetime | None = None) -> dict[str | None, int]:
    """How many open gates the reports of refused applications found, by class; None has no class."""
    return dict(
        fetch_rows(
            """
            SELECT f.failure_class, count(*)
            FROM admission_assessment r JOIN admission_finding f ON f.assessment_id = r.id
            WHERE r.purpose = 'admission' AND NOT r.passed AND f.status IN ('fail', 'not_evidenced')
                AND (%(since)s::timestamptz IS NULL OR r.assessed_at >= %(since)s)
            GROUP BY f.failure_class
            """,
            {"since": since},
        )
    )


def failed_applications(seller_id: int) -> Sequence[Application]:
    """The attempts of a seller that were refused, last first."""
    return list(Application.objects.filter(seller_id=seller_id, state__in=_FAILURES).order_by("-attempt"))
