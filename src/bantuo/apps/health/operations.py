"""Push the weekly health report: counted from the floor, judged by the book, stored once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.health.queries import WeekCounts, weekly_counts
from bantuo.apps.sql import columns_of, fetch_rows
from bantuo.core.health import WEEK, Kpi, KpiResult, kpi_results, kpis_in_force
from bantuo.core.health import week_start as monday_of
from bantuo.core.policy import Book

_INBOUND, _MIS_SHIPS, _PACKING = "KPI-1", "KPI-2", "KPI-3"  # the columns that a report keeps


class NotAWeek(ValueError):
    """The day that was given as a week's start is not a Monday."""


@dataclass(frozen=True, slots=True)
class _Judged:
    counts: WeekCounts
    results: dict[str, KpiResult]

    @property
    def failed(self) -> list[dict[str, str]]:
        """The rules missed, each with who is accountable (A-33); nothing counted is nothing missed."""
        return [
            {"rule": r.rule, "accountable": r.accountable} for r in self.results.values() if r.met is False
        ]

    def value(self, rule: str) -> int | None:
        """The rounded figure of an indicator that is in force and counted something."""
        return self.results[rule].value if rule in self.results else None


@transaction.atomic
def report_week(week_start: date, *, book: Book, policy_version_id: int, now: datetime, actor: str) -> int:
    """Report the ISO week from `week_start` to every seller that is due; returns how many were added.

    Due: the first Monday on or after activation and OPS-2.days has come by the week's end (A-38), and
    something was received or packed in the week. A report that is stored already stays as it is.
    Raises NotAWeek.
    """
    if week_start != monday_of(week_start):
        raise NotAWeek(f"{week_start} is not a Monday")
    report_on = week_start + WEEK
    kpis = kpis_in_force(book, on=week_start)
    judged = [_judge(week, kpis) for week in _weeks_due(week_start, report_on, book=book)]
    added = _keep_reports(judged, week_start=week_start, now=now, policy_version_id=policy_version_id)
    emit_events(
        "health.reported",
        [
            (seller, f"health:{seller}/{week_start}", {"failed": failed, "actor": actor})
            for seller, failed in added
        ],
        at=now,
    )
    return len(added)


def _weeks_due(week_start: date, report_on: date, *, book: Book) -> list[WeekCounts]:
    latest = report_on - timedelta(days=book.amount("OPS-2.days", week_start))
    return weekly_counts(
        starts_at=_midnight(week_start, book),
        ends_at=_midnight(report_on, book),
        active_until=latest,
        percentile=book.amount("KPI-3.percentile", week_start),
    )


def _midnight(on: date, book: Book) -> datetime:
    return datetime.combine(on, time(), ZoneInfo(book.zone))


def _judge(counts: WeekCounts, kpis: Sequence[Kpi]) -> _Judged:
    return _Judged(counts, {r.rule: r for r in kpi_results(kpis, counts=counts.by_name)})


def _keep_reports(
    judged: Sequence[_Judged], *, week_start: date, now: datetime, policy_version_id: int
) -> list[tuple[int, list[dict[str, str]]]]:
    """Add the reports that are not there yet: (seller, what it missed)."""
    rows = [
        (
            j.counts.seller_id, j.counts.inbound_due, j.counts.inbound_on_time, j.counts.packed,
            j.counts.mis_shipped, j.counts.packing_seconds, j.counts.packing_seconds_high,
            j.counts.wrong_scans, j.value(_INBOUND), j.value(_MIS_SHIPS), j.value(_PACKING),
            json.dumps(j.failed),
        )
        for j in judged
    ]  # fmt: skip
    added = fetch_rows(
        """
        INSERT INTO health_weeklyhealth (seller_id, inbound_total, inbound_in_time, parcels, mis_shipped,
            pack_seconds, pack_seconds_p90, wrong_scans, inbound_ppm, mis_ship_ppm, pack_mean_s, failed,
            week_start, policy_version_id, reported_at)
        SELECT i.seller, i.due, i.on_time, i.parcels, i.mis, i.seconds, i.high, i.wrong, i.inbound, i.ships,
               i.mean, i.failed::jsonb, %s, %s, %s
        FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[], %s::int[], %s::bigint[], %s::int[],
                    %s::int[], %s::int[], %s::int[], %s::int[], %s::text[])
            AS i(seller, due, on_time, parcels, mis, seconds, high, wrong, inbound, ships, mean, failed)
        ON CONFLICT (seller_id, week_start) DO NOTHING RETURNING seller_id, failed::text
        """,
        [week_start, policy_version_id, now, *columns_of(rows, 12)],
    )
    return [(seller, json.loads(failed)) for seller, failed in added]
