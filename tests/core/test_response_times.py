"""The percentile of a stock interface: nearest rank on whole milliseconds, failures over the limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bantuo.core.policy import PolicyNotInForce
from bantuo.core.response_times import ProbeTerms, TimedCall, counted_ms, percentile_ms, probe_terms
from bantuo.engine.books import load_book

TERMS = ProbeTerms(version=30_002, limit_ms=3000, calls=100, percentile=95, erp_required=True)


def answered(*times: int) -> list[TimedCall]:
    return [TimedCall(took_ms, succeeded=True) for took_ms in times]


def test_the_terms_are_the_books() -> None:
    assert probe_terms(load_book("aliexpress-semi"), on=date(2024, 8, 1)) == TERMS


def test_before_the_programme_there_are_no_terms() -> None:
    with pytest.raises(PolicyNotInForce):
        probe_terms(load_book("aliexpress-semi"), on=date(2023, 10, 31))


@pytest.mark.parametrize(
    ("percentile", "times", "expected"),
    [
        (95, range(1, 101), 95),
        (95, range(1, 102), 96),  # 95.95 → the 96th
        (95, range(1, 21), 19),
        (95, [7], 7),
        (95, [1, 2], 2),
        (50, [4, 1, 3, 2], 2),
        (99, range(1, 101), 99),
        (1, range(1, 101), 1),
    ],
)
def test_the_percentile_is_the_smallest_time_that_enough_calls_kept(
    percentile: int, times: range, expected: int
) -> None:
    assert percentile_ms(answered(*times), terms=replace(TERMS, percentile=percentile)) == expected


def test_no_calls_have_no_percentile() -> None:
    assert percentile_ms([], terms=TERMS) is None


def test_five_failures_of_a_hundred_are_let_pass_and_six_are_not() -> None:
    failed = [TimedCall(2, succeeded=False)]

    assert percentile_ms(answered(*[40] * 95) + failed * 5, terms=TERMS) == 40
    assert percentile_ms(answered(*[40] * 94) + failed * 6, terms=TERMS) == 3001


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (TimedCall(2, succeeded=True), 2),
        (TimedCall(3000, succeeded=True), 3000),
        (TimedCall(3400, succeeded=True), 3400),
        (TimedCall(2, succeeded=False), 3001),
        (TimedCall(3400, succeeded=False), 3400),
    ],
)
def test_a_failed_call_counts_as_over_the_limit(call: TimedCall, expected: int) -> None:
    assert counted_ms(call, limit_ms=3000) == expected
