"""What the dashboard shows of a period: states, causes of failure, time per step, the 72-hour clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bantuo.apps.sql import fetch_rows

Period = tuple[datetime, datetime]
STEPS = ("assessment", "review", "agreement", "deposit", "warehouse", "whole")


@dataclass(frozen=True, slots=True)
class Failures:
    """Applications refused in a period, by the evaluator or by a reviewer, and why.

    `causes` counts open gates and refused parts by class, the empty text has none; `located` were told
    their cause within the goal; `mendable` are those of them with nothing but what can be mended at once.
    """

    applications: int
    located: int
    mendable: int
    causes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LateCause:
    """A refusal whose cause was, or is, not located within the goal."""

    application_id: int
    seller_code: str
    seller_name: str
    failed_at: datetime
    located_at: datetime | None


def states_in(period: Period) -> dict[str, int]:
    """Where the applications handed in within a period stand now; drafts are those begun and open now."""
    return dict(
        fetch_rows(
            """
            SELECT state, count(*) FROM admission_application
            WHERE submitted_at >= %s AND submitted_at < %s GROUP BY state
            UNION ALL
            SELECT state, count(*) FROM admission_application
            WHERE state = 'draft' AND submitted_at IS NULL GROUP BY state
            """,
            period,
        )
    )


# By the evaluator: the report of step ② says the cause at once. By a reviewer: what was refused part by
# part; an application that the evaluator refused first counts once, by its report.
_REJECTED = """
    WITH rejections AS (
        SELECT DISTINCT ON (e.application_id) e.application_id, e.seller_id, e.happened_at
        FROM admission_applicationevent e
        WHERE e.state = 'rejected' AND e.happened_at >= %(since)s AND e.happened_at < %(until)s
            AND NOT EXISTS (SELECT FROM admission_assessment r WHERE r.application_id = e.application_id
                            AND r.purpose = 'admission' AND NOT r.passed)
        ORDER BY e.application_id, e.id DESC
    ), refused AS (
        SELECT j.application_id, j.happened_at, i.subject, i.decided_at
        FROM rejections j
        JOIN LATERAL (SELECT DISTINCT ON (subject) subject, verdict, decided_at FROM admission_reviewitem
                      WHERE application_id = j.application_id ORDER BY subject, id DESC) i
            ON i.verdict <> 'ok'
    )
"""
_FAILED = f"""
    {_REJECTED}, reports AS (
        SELECT id, application_id FROM admission_assessment
        WHERE purpose = 'admission' AND NOT passed
            AND assessed_at >= %(since)s AND assessed_at < %(until)s
    ), causes AS (
        SELECT r.application_id, coalesce(f.failure_class, '') AS class, f.fixable_now AS mendable,
               TRUE AS in_time
        FROM reports r JOIN admission_finding f
            ON f.assessment_id = r.id AND f.status IN ('fail', 'not_evidenced')
        UNION ALL
        SELECT i.application_id,
               CASE WHEN i.subject LIKE 'DOC-%%' THEN %(paper_class)s ELSE coalesce(g.failure_class, '') END,
               i.subject LIKE 'DOC-%%' OR coalesce(g.fixable_now, FALSE),
               i.decided_at <= i.happened_at + %(hours)s * interval '1 hour'
        FROM refused i
        LEFT JOIN LATERAL (SELECT f.failure_class, f.fixable_now FROM admission_finding f
                           JOIN admission_assessment r ON r.id = f.assessment_id
                           WHERE i.subject NOT LIKE 'DOC-%%' AND r.application_id = i.application_id
                               AND f.rule = i.subject
                           ORDER BY f.id DESC LIMIT 1) g ON TRUE
    )
"""


def failures_in(period: Period, *, hours: int, paper_class: str) -> Failures:
    """Who was refused in a period and why; `hours` is the goal of the clock (DIA-1).

    A refused paper counts in `paper_class`, the class of the document checklist.
    """
    asked = {"since": period[0], "until": period[1], "hours": hours, "paper_class": paper_class}
    rows = fetch_rows(
        f"""
        {_FAILED}, told AS (
            SELECT application_id, bool_or(in_time) AS located, bool_and(mendable) AS mendable
            FROM causes GROUP BY application_id
        )
        SELECT 'applications', (SELECT count(*) FROM reports) + (SELECT count(*) FROM rejections)
        UNION ALL SELECT 'located', count(*) FROM told WHERE located
        UNION ALL SELECT 'mendable', count(*) FROM told WHERE located AND mendable
        UNION ALL SELECT 'class:' || class, count(*) FROM causes GROUP BY class
        """,
        asked,
    )
    told = dict(rows)
    return Failures(
        applications=told["applications"],
        located=told["located"],
        mendable=told["mendable"],
        causes={name[6:]: n for name, n in sorted(told.items()) if name.startswith("class:")},
    )


def late_causes(period: Period, *, now: datetime, hours: int, most: int = 20) -> list[LateCause]:
    """Refusals of a period whose cause was not located within the goal, the oldest first."""
    rows = fetch_rows(
        f"""
        {_REJECTED}
        SELECT application_id, s.code, s.name, j.happened_at, c.located_at
        FROM rejections j
        JOIN parties_seller s ON s.id = j.seller_id
        LEFT JOIN (SELECT application_id, min(decided_at) AS located_at FROM refused
                   GROUP BY application_id) c USING (application_id)
        WHERE coalesce(c.located_at, %(now)s) > j.happened_at + %(hours)s * interval '1 hour'
        ORDER BY j.happened_at LIMIT %(most)s
        """,
        {"since": period[0], "until": period[1], "now": now, "hours": hours, "most": most},
    )
    return [LateCause(*row) for row in rows]


def step_days(period: Period, *, zone: str) -> dict[str, list[tuple[date, date, int]]]:
    """For each step, from which day to which it took how many applications handed in within a period."""
    rows = fetch_rows(
        """
        WITH taken AS (
            SELECT e.application_id,
                min(e.happened_at) FILTER (WHERE e.state = 'submitted') AS submitted,
                min(e.happened_at) FILTER (WHERE e.state IN ('assessed_pass', 'assessed_fail')) AS assessed,
                min(e.happened_at) FILTER (WHERE e.state = 'approved') AS approved,
                min(e.happened_at) FILTER (WHERE e.state = 'agreement_signed') AS signed,
                min(e.happened_at) FILTER (WHERE e.state = 'deposit_held') AS held,
                min(e.happened_at) FILTER (WHERE e.state = 'active') AS active
            FROM admission_application a JOIN admission_applicationevent e ON e.application_id = a.id
            WHERE a.submitted_at >= %(since)s AND a.submitted_at < %(until)s
            GROUP BY e.application_id
        )
        SELECT s.step, (s.began AT TIME ZONE %(zone)s)::date, (s.ended AT TIME ZONE %(zone)s)::date, count(*)
        FROM taken CROSS JOIN LATERAL (VALUES
            ('assessment', submitted, assessed), ('review', assessed, approved),
            ('agreement', approved, signed), ('deposit', signed, held), ('warehouse', held, active),
            ('whole', submitted, active)) AS s(step, began, ended)
        WHERE s.began IS NOT NULL AND s.ended IS NOT NULL
        GROUP BY 1, 2, 3
        """,
        {"since": period[0], "until": period[1], "zone": zone},
    )
    found: dict[str, list[tuple[date, date, int]]] = {step: [] for step in STEPS}
    for step, began, ended, number in rows:
        found[step].append((began, ended, number))
    return found
