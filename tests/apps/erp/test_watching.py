"""Regular calls to the endpoints of active sellers: when, how many are kept, and that they are evidence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bantuo.apps.erp.models import ProbeTarget, WatchCall
from bantuo.apps.erp.operations import WatchTerms, watch_endpoints
from bantuo.apps.erp.queries import erp_evidence, evidence_calls, watch_calls
from bantuo.channels.probe import Answer
from bantuo.core import signatures
from bantuo.core.signatures import SignedCall, sign_call
from tests.apps.erp.erps import FAST, NOW, VAULT, Endpoint, Unreachable, a_key, an_endpoint, sandbox_calls
from tests.apps.factories import make_active_sellers, make_sellers

pytestmark = pytest.mark.django_db
TERMS = WatchTerms(every=timedelta(minutes=30), limit_ms=3000, kept=100)


def watch(caller: Any, at: datetime, *, most: int = 50, terms: WatchTerms = TERMS) -> int:
    return watch_endpoints(caller=caller, vault=VAULT, terms=terms, most=most, clock=lambda: at)


def watched(seller: int, *answers: Answer, times: int | None = None) -> Endpoint:
    """Called half an hour apart, as often as there are answers."""
    endpoint = Endpoint(list(answers))
    for number in range(times or len(answers)):
        assert watch(endpoint, NOW + timedelta(minutes=30 * (number + 1))) == 1
    return endpoint


def test_only_active_sellers_with_an_endpoint_are_called_and_only_when_it_is_time() -> None:
    active, _silent = make_active_sellers("A1", "A2")
    (applicant,) = make_sellers("S1")
    an_endpoint(active)
    an_endpoint(applicant)
    endpoint = Endpoint([FAST])
    assert watch(endpoint, NOW) == 1
    assert watch(endpoint, NOW + timedelta(minutes=29)) == 0
    assert watch(endpoint, NOW + timedelta(minutes=30)) == 1
    told = WatchCall.objects.values_list("seller", "place", "took_ms", "succeeded", "api_version")
    assert sorted(told) == [(active, 1, 40, True, "3.2"), (active, 2, 40, True, "3.2")]
    assert [seen.limit_ms for seen in endpoint.seen] == [3000, 3000]


def test_a_turn_takes_the_longest_waiting_first() -> None:
    first, second, third = make_active_sellers("A1", "A2", "A3")
    for seller in (first, second, third):
        an_endpoint(seller)
    ProbeTarget.objects.filter(seller=first).update(watched_at=NOW - timedelta(minutes=40))
    ProbeTarget.objects.filter(seller=second).update(watched_at=NOW - timedelta(minutes=50))
    endpoint = Endpoint([FAST])
    assert watch(endpoint, NOW, most=2) == 2
    assert sorted(WatchCall.objects.values_list("seller", flat=True)) == sorted([second, third])
    assert watch(endpoint, NOW, most=2) == 1


def test_the_ring_keeps_the_last_calls_and_no_more() -> None:
    (seller,) = make_active_sellers("A1")
    an_endpoint(seller)
    terms = WatchTerms(timedelta(minutes=30), 3000, kept=3)
    for number in range(5):
        at = NOW + timedelta(minutes=30 * number)
        watch(Endpoint([Answer(100 + number, True, "200")]), at, terms=terms)
    assert [call.took_ms for call in watch_calls(seller)] == [104, 103, 102]


def test_the_last_hundred_calls_are_the_evidence_of_an_active_seller() -> None:
    (seller,) = make_active_sellers("A1")
    an_endpoint(seller)
    slow = [Answer(2_900, True, "200", "3.2.1")] * 6
    watched(seller, *slow, *[Answer(50, True, "200", "3.2.1")] * 94)
    assert erp_evidence(seller) == {
        "vendor": "Example ERP",
        "api_version": "3.2",
        "probe": {"calls": 100, "p95_ms": 2_900, "method": "pull_probe"},
    }
    assert [c.took_ms for c in evidence_calls(seller, method="pull_probe", calls=7)] == [50] * 7


def test_a_failed_or_refused_call_counts_as_over_the_limit() -> None:
    (seller,) = make_active_sellers("A1")
    an_endpoint(seller)
    watched(seller, Answer(12, False, "status 500"))
    assert watch(Unreachable(), NOW + timedelta(hours=5)) == 1
    told = [(call.detail, call.succeeded) for call in watch_calls(seller)]
    assert told == [("not called: address", False), ("status 500", False)]
    evidence = erp_evidence(seller)
    assert evidence is not None
    assert evidence["probe"] == {"calls": 2, "p95_ms": 3001, "method": "pull_probe"}


def test_regular_calls_go_before_older_ones_to_the_sandbox_once_there_are_enough() -> None:
    (seller,) = make_active_sellers("A1")
    sandbox_calls(a_key(seller).app_key, *[7] * 100)
    an_endpoint(seller)
    watched(seller, *[FAST] * 99)
    evidence = erp_evidence(seller)
    assert evidence is not None
    assert evidence["probe"]["method"] == "signed_calls"
    watch(Endpoint([FAST]), NOW + timedelta(days=9))
    evidence = erp_evidence(seller)
    assert evidence is not None
    assert evidence["probe"] == {"calls": 100, "p95_ms": 40, "method": "pull_probe"}


def test_another_endpoint_begins_the_count_anew() -> None:
    (seller,) = make_active_sellers("A1")
    an_endpoint(seller)
    watched(seller, *[FAST] * 3)
    ProbeTarget.objects.update(registered_at=NOW + timedelta(days=1))
    assert erp_evidence(seller) is None


def test_calls_are_signed_with_the_sellers_key() -> None:
    (seller,) = make_active_sellers("A1")
    issued = a_key(seller)
    an_endpoint(seller)
    (seen,) = watched(seller, FAST).seen
    call = SignedCall(
        "GET", "/stock", seen.headers[signatures.TIMESTAMP_HEADER], seen.headers[signatures.NONCE_HEADER], b""
    )
    assert seen.headers[signatures.SIGNATURE_HEADER] == sign_call(call, secret=issued.secret)
