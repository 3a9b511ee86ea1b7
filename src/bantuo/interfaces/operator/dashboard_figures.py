"""The figures of the dashboard with the article's claims beside them, as claims with their source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache

from bantuo.apps.admission.queries.programme_figures import (
    STEPS,
    Failures,
    LateCause,
    failures_in,
    late_causes,
    states_in,
    step_days,
)
from bantuo.apps.admission.queries.review_queue import start_of
from bantuo.core.policy import Book, InForce
from bantuo.core.review_time import Spread, spread_of_days
from bantuo.interfaces.web.programme import Programme

_PPM, _BP = 1_000_000, 10_000
_FRESH_SECONDS = 60  # counting again costs more than anything else on the page


@dataclass(frozen=True, slots=True)
class Span:
    """The business days that the figures are about, both included."""

    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Claim:
    """What the article says, in basis points or tenths of a working day, with its source."""

    rule: str
    amount: int
    source: Any
    note: Any


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything of a span. Shares are basis points, None where there is nothing to divide by."""

    span: Span
    states: Mapping[str, int]
    failures: Failures
    steps: Mapping[str, Spread]
    late: Sequence[LateCause]
    taken_at: datetime

    @property
    def causes(self) -> int:
        return sum(self.failures.causes.values())

    def share_of(self, failure_class: str) -> int | None:
        """The share of a class in all causes."""
        return share(self.failures.causes.get(failure_class, 0), self.causes)

    @property
    def located_share(self) -> int | None:
        return share(self.failures.located, self.failures.applications)

    @property
    def mendable_share(self) -> int | None:
        """Of those whose cause was located in time (A-14)."""
        return share(self.failures.mendable, self.failures.located)

    @property
    def mendable_share_of_all(self) -> int | None:
        return share(self.failures.mendable, self.failures.applications)


def share(part: int, whole: int) -> int | None:
    """Basis points, half up."""
    return (2 * part * _BP + whole) // (2 * whole) if whole else None


def figures_of(span: Span, programme: Programme) -> Figures:
    """The figures of a span of days; who looks again within a minute sees the same ones (`taken_at`)."""
    key = f"dashboard:{programme.book.version}:{programme.on}:{span.since}:{span.until}"
    held: Figures | None = cache.get(key)
    if held is None:
        held = _counted(span, programme)
        cache.set(key, held, _FRESH_SECONDS)
    return held


def _counted(span: Span, programme: Programme) -> Figures:
    book, zone = programme.book, programme.book.zone
    period = (start_of(span.since, zone=zone), start_of(span.until + timedelta(days=1), zone=zone))
    hours = int(book.amount("DIA-1", programme.on))
    paper_class = str(book.rules["DOC-0"].detail["failure_class"])
    taken = step_days(period, zone=zone)
    return Figures(
        span=span,
        states=states_in(period),
        failures=failures_in(period, hours=hours, paper_class=paper_class),
        steps={step: spread_of_days(taken[step]) for step in STEPS},
        late=late_causes(period, now=programme.now, hours=hours),
        taken_at=programme.now,
    )


def claims_of(book: Book, on: date) -> dict[str, Claim]:
    """The article's figures: first class, located, mendable (of located, of all), whole way, pilot."""
    first, located = _claim(book, "CLM-12", on), _claim(book, "CLM-12.located", on)
    mendable, whole = _claim(book, "CLM-12.mendable", on), book.in_force("CLM-7", on)
    shorter = int(book.in_force("CLM-7.shorter_than_pilot", on).amount)
    days = _told(whole, int(whole.amount))
    return {
        "first_class": first,
        "located": located,
        "mendable": mendable,
        "mendable_of_all": _derived(mendable, _half_up(located.amount * mendable.amount, _BP)),
        "whole": days,
        "pilot": _derived(days, _half_up(days.amount * 10 * _PPM, _PPM - shorter)),  # hundredths
    }


def _claim(book: Book, rule_id: str, on: date) -> Claim:
    found = book.in_force(rule_id, on)
    return _told(found, int(found.amount) * _BP // _PPM)


def _told(found: InForce, amount: int) -> Claim:
    return Claim(found.rule.id, amount, found.value.source.title, found.rule.detail.get("note"))


def _derived(claim: Claim, amount: int) -> Claim:
    return Claim(claim.rule, amount, claim.source, claim.note)


def _half_up(part: int, whole: int) -> int:
    return (2 * part + whole) // (2 * whole)
