"""Weekly counts from the floor, and the stored reports opened to rule, source and who answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bantuo.apps.sql import fetch_rows
from bantuo.core.health import KpiResult, kpi_results, kpis_in_force
from bantuo.core.policy import Book, InForce


@dataclass(frozen=True, slots=True)
class WeekCounts:
    """One seller's week on the floor, as whole numbers that can be added up."""

    seller_id: int
    inbound_due: int
    inbound_on_time: int
    packed: int
    mis_shipped: int
    packing_seconds: int
    packing_seconds_high: int | None  # the percentile shown beside the mean
    wrong_scans: int

    @property
    def by_name(self) -> Mapping[str, int]:
        """The counts under the names that the policy book's measures use."""
        return {
            "inbound_due": self.inbound_due,
            "inbound_on_time": self.inbound_on_time,
            "shipped": self.packed,
            "mis_shipped": self.mis_shipped,
            "packed": self.packed,
            "packing_seconds": self.packing_seconds,
        }


@dataclass(frozen=True, slots=True)
class ReportedKpi:
    """One indicator of a stored report: the counts, the answer, and the rule with its source."""

    result: KpiResult
    cite: InForce


@dataclass(frozen=True, slots=True)
class HealthReport:
    """《仓配健康度报告》 of one seller and ISO week."""

    seller_id: int
    week_start: date
    kpis: tuple[ReportedKpi, ...]
    packing_seconds_p90: int | None
    wrong_scans: int
    failed: tuple[Mapping[str, str], ...]
    reported_at: datetime
    book: str
    version: str  # of the policy that decided, as published


def weekly_counts(
    *, starts_at: datetime, ends_at: datetime, active_until: date, percentile: int
) -> list[WeekCounts]:
    """The week `[starts_at, ends_at)` of every seller in the programme since before `active_until`.

    A shipment counts in the week it was received, a parcel in the week it was packed. A seller with
    neither in the week is left out: there is nothing to report. Percentile: nearest rank, as
    core.health.percentile_seconds.
    """
    rows = fetch_rows(
        """
        SELECT s.id, COALESCE(i.due, 0), COALESCE(i.on_time, 0), COALESCE(p.packed, 0),
               COALESCE(p.mis_shipped, 0), COALESCE(p.seconds, 0), p.high, COALESCE(p.wrong_scans, 0)
        FROM parties_seller s
        LEFT JOIN (
            SELECT seller_id, count(*) AS due, count(*) FILTER (WHERE in_time) AS on_time
            FROM warehouse_shipment WHERE received_at >= %(starts)s AND received_at < %(ends)s GROUP BY 1
        ) i ON i.seller_id = s.id
        LEFT JOIN (
            SELECT seller_id, count(*) AS packed, count(*) FILTER (WHERE mis_shipped) AS mis_shipped,
                   sum(seconds)::bigint AS seconds, sum(wrong_scans)::bigint AS wrong_scans,
                   min(seconds) FILTER (WHERE place * 100 >= of_all * %(percentile)s) AS high
            FROM (
                SELECT *, row_number() OVER (PARTITION BY seller_id ORDER BY seconds, id) AS place,
                       count(*) OVER (PARTITION BY seller_id) AS of_all
                FROM warehouse_parcel WHERE packed_at >= %(starts)s AND packed_at < %(ends)s
            ) ranked GROUP BY 1
        ) p ON p.seller_id = s.id
        WHERE s.programme_state IN ('active', 'suspended', 'exiting') AND s.active_from <= %(active)s
            AND (i.seller_id IS NOT NULL OR p.seller_id IS NOT NULL)
        ORDER BY s.id
        """,
        {"starts": starts_at, "ends": ends_at, "active": active_until, "percentile": percentile},
    )
    return [WeekCounts(*row) for row in rows]


def health_reports(seller_id: int, *, book: Book) -> list[HealthReport]:
    """Every weekly report of a seller, newest first, each indicator opened by the book."""
    rows = fetch_rows(
        """
        SELECT h.seller_id, h.inbound_total, h.inbound_in_time, h.parcels, h.mis_shipped, h.pack_seconds,
               h.pack_seconds_p90, h.wrong_scans, h.week_start, h.failed::text, h.reported_at,
               v.book, v.version
        FROM health_weeklyhealth h JOIN policies_policyversion v ON v.id = h.policy_version_id
        WHERE h.seller_id = %s ORDER BY h.week_start DESC
        """,
        [seller_id],
    )
    return [_report(row, book=book) for row in rows]


def _report(row: tuple[Any, ...], *, book: Book) -> HealthReport:
    *counts, week_start, failed, reported_at, book_id, version = row
    week = WeekCounts(*counts)
    kpis = kpis_in_force(book, on=week_start)
    results = kpi_results(kpis, counts=week.by_name)
    return HealthReport(
        seller_id=week.seller_id,
        week_start=week_start,
        kpis=tuple(ReportedKpi(r, kpi.cite) for kpi, r in zip(kpis, results, strict=True)),
        packing_seconds_p90=week.packing_seconds_high,
        wrong_scans=week.wrong_scans,
        failed=tuple(json.loads(failed)),
        reported_at=reported_at,
        book=book_id,
        version=version,
    )
