"""Grant tier quotes: a lower base fee for one seller for a period (FEE-7, A-26)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.operations import lock_sellers
from bantuo.apps.policies.models import GrantedRate
from bantuo.core.money import format_percent
from bantuo.core.policy import Book


class RateRefused(ValueError):
    """A rate quote that may not be granted: names the rule and the fact."""


class RateBelowFloor(RateRefused):
    """Lower than any quote may be (FEE-7.rate_min)."""


class RateAboveStandard(RateRefused):
    """Not lower than the rate that everybody has (FEE-1.rate)."""


class MonthNotEvidenced(RateRefused):
    """One of the last complete months has no count of orders (FEE-7.months)."""


class TooFewOrders(RateRefused):
    """The mean of the last complete months is below FEE-7.orders."""


class RatePeriodEmpty(RateRefused):
    """The period ends before it begins."""


class RateOverlaps(RateRefused):
    """Another quote of the seller holds in part of the period."""


@transaction.atomic
def grant_rate(
    seller_id: int,
    *,
    rate_bp: int,
    valid_from: date,
    valid_until: date,
    monthly_orders: Mapping[date, int],
    book: Book,
    on: date,
    policy_version_id: int,
    now: datetime,
    actor: str,
) -> GrantedRate:
    """Lower one seller's base fee rate for the period [valid_from, valid_until).

    `monthly_orders` counts the seller's orders per month, keyed by the month's first day; the last
    FEE-7.months complete months before `on` must all be there, with a mean of FEE-7.orders at least.
    The same quote granted again is the first one. Raises a RateRefused.
    """
    if valid_until <= valid_from:
        raise RatePeriodEmpty(f"seller {seller_id}: from {valid_from} until {valid_until}")
    lock_sellers([seller_id])
    evidence = _qualify(rate_bp, monthly_orders, book=book, on=on)
    for held in GrantedRate.objects.filter(
        seller_id=seller_id, valid_from__lt=valid_until, valid_until__gt=valid_from
    ):
        if (held.rate_bp, held.valid_from, held.valid_until) == (rate_bp, valid_from, valid_until):
            return held
        raise RateOverlaps(
            f"seller {seller_id}: a quote holds from {held.valid_from} until {held.valid_until}"
        )
    granted = GrantedRate.objects.create(
        seller_id=seller_id,
        rate_bp=rate_bp,
        valid_from=valid_from,
        valid_until=valid_until,
        approved_by=actor,
        evidence=evidence,
        policy_version_id=policy_version_id,
        granted_at=now,
    )
    payload = {"rate_bp": rate_bp, "from": str(valid_from), "until": str(valid_until), "rule": "FEE-7"}
    emit_events("policy.rate_granted", [(seller_id, f"granted_rate:{granted.pk}", payload)], at=now)
    return granted


def _qualify(rate_bp: int, monthly_orders: Mapping[date, int], *, book: Book, on: date) -> str:
    """What qualifies the seller, in words; raises the first reason against it."""
    floor, standard = book.amount("FEE-7.rate_min", on), book.amount("FEE-1.rate", on)
    if rate_bp < floor:
        raise RateBelowFloor(f"{format_percent(rate_bp)} is below FEE-7.rate_min {format_percent(floor)}")
    if rate_bp >= standard:
        raise RateAboveStandard(
            f"{format_percent(rate_bp)} is not below FEE-1.rate {format_percent(standard)}"
        )
    months = complete_months(on, count=book.amount("FEE-7.months", on))
    for month in months:
        if month not in monthly_orders:
            raise MonthNotEvidenced(f"FEE-7.months: no count of orders for {month:%Y-%m}")
    total, needed = sum(monthly_orders[m] for m in months), book.amount("FEE-7.orders", on) * len(months)
    told = ", ".join(f"{month:%Y-%m}: {monthly_orders[month]}" for month in months)
    if total < needed:
        raise TooFewOrders(f"FEE-7.orders: {told}; {total} in all, {needed} needed")
    return told


def complete_months(on: date, *, count: int) -> list[date]:
    """The first days of the last `count` months that were over before `on`, oldest first."""
    last = on.year * 12 + on.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(last - count, last)]
