"""The weekly health of a seller's warehousing: indicators from the book, when reported, who answers.

An indicator is two whole numbers, a numerator and a denominator, which add up over any shards; it
is divided once, at the end. No penalty is stated anywhere, so nothing here has a consequence (A-33).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bantuo.core.policy import Book, InForce
from bantuo.core.vocabulary import Ints, Reader, Rule, Vocabulary, ratio_half_up

_SCALES = {"ppm": 1_000_000, "bp": 10_000, "seconds": 1}
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Kpi:
    """One indicator: `numerator / denominator op limit`, and who is accountable for it."""

    cite: InForce
    numerator: str
    denominator: str
    op: str
    limit: int
    scale: int
    accountable: str

    @property
    def key(self) -> str:
        """The rule id as a column name: `KPI-1` → `kpi_1`."""
        return self.cite.rule.id.lower().replace("-", "_")


@dataclass(frozen=True, slots=True)
class KpiResult:
    """One indicator over one period; `value` and `met` are None when nothing was counted."""

    rule: str
    numerator: int
    denominator: int
    value: int | None
    unit: str
    met: bool | None
    accountable: str


def kpis_in_force(book: Book, *, on: date) -> tuple[Kpi, ...]:
    """The indicators of a day, in the order of the book."""
    return tuple(_kpis(book, on))


def _kpis(book: Book, on: date) -> Iterator[Kpi]:
    for rule_id, rule in book.rules.items():
        found = book.find(rule_id, on) if "measure" in rule.detail else None
        if found is not None:
            told: Mapping[str, Any] = rule.detail["measure"]
            yield Kpi(
                cite=found,
                numerator=str(told["numerator"]),
                denominator=str(told["denominator"]),
                op=str(told["op"]),
                limit=int(found.amount),
                scale=_SCALES[rule.unit],
                accountable=str(book.amount(f"{rule_id}.accountable", on)),
            )


def kpi_rule(kpis: Sequence[Kpi]) -> Rule:
    """The one definition of the indicators over counts.

    In: the numerator and denominator columns. Out, per indicator: `<key>_value` in its unit, rounded
    half up and 0 where nothing was counted; `<key>_met` 1 or 0, decided exactly on the counts, not on
    the rounded value; `<key>_counted` 1 where there is anything to report.
    """

    def rule(k: Vocabulary, r: Reader) -> Mapping[str, Any]:
        results: dict[str, Any] = {}
        for kpi in kpis:
            over, under = r(kpi.numerator) * kpi.scale, r(kpi.denominator)
            holds = over >= under * kpi.limit if kpi.op == ">=" else over <= under * kpi.limit
            counted = under > 0
            value = ratio_half_up(k, over, under)
            results[f"{kpi.key}_value"] = k.where(counted, value, k.lit(0))
            results[f"{kpi.key}_met"] = k.where(counted & holds, k.lit(1), k.lit(0))
            results[f"{kpi.key}_counted"] = k.where(counted, k.lit(1), k.lit(0))
        return results

    return rule


def kpi_results(kpis: Sequence[Kpi], *, counts: Mapping[str, int]) -> tuple[KpiResult, ...]:
    """Every indicator for one seller and period; a count that is absent counts as nothing counted."""
    answers = kpi_rule(kpis)(Ints(), lambda name: counts.get(name, 0))
    return tuple(_result(kpi, counts, answers) for kpi in kpis)


def _result(kpi: Kpi, counts: Mapping[str, int], answers: Mapping[str, int]) -> KpiResult:
    counted = bool(answers[f"{kpi.key}_counted"])
    return KpiResult(
        rule=kpi.cite.rule.id,
        numerator=counts.get(kpi.numerator, 0),
        denominator=counts.get(kpi.denominator, 0),
        value=answers[f"{kpi.key}_value"] if counted else None,
        unit=kpi.cite.rule.unit,
        met=bool(answers[f"{kpi.key}_met"]) if counted else None,
        accountable=kpi.accountable,
    )


def percentile_seconds(histogram: Mapping[int, int], *, percentile: int) -> int | None:
    """The smallest duration that at least `percentile` % of the orders kept (nearest rank).

    The histogram maps whole seconds to orders, so that shards add up in any order (A-37: p90).
    """
    wanted = sum(histogram.values()) * percentile
    reached = 0
    for seconds, orders in sorted(histogram.items()):
        reached += orders
        if orders and reached * 100 >= wanted:
            return seconds
    return None


def week_start(day: date) -> date:
    """The Monday of the ISO week that holds the day."""
    return day - timedelta(days=day.weekday())


def first_report_on(activated_on: date, *, days: int) -> date:
    """The first ISO week boundary on or after day `days` from activation (A-38): always a Monday."""
    earliest = activated_on + timedelta(days=days)
    monday = week_start(earliest)
    return monday if monday == earliest else monday + WEEK


def reported_period(report_on: date) -> tuple[date, date]:
    """The full ISO week before the report, half-open `[from, until)`."""
    until = week_start(report_on)
    return until - WEEK, until


def is_report_due(activated_on: date, *, on: date, days: int) -> bool:
    """Whether the seller's weekly report is pushed on this day."""
    return on.weekday() == 0 and on >= first_report_on(activated_on, days=days)
