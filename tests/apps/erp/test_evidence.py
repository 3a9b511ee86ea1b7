"""What the calls prove: count, percentile, method and version, over the last hundred."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from bantuo.apps.erp.models import ProbeCall, SandboxKey
from bantuo.apps.erp.operations import (
    CallReplayed,
    SandboxCall,
    VersionUnreadable,
    record_call,
    register_endpoint,
    rotate_key,
    run_probe,
    start_probe,
)
from bantuo.apps.erp.queries import (
    erp_evidence,
    evidence_calls,
    probe_progress,
    progress_mark,
    terms_in_force,
)
from bantuo.channels.probe import Answer
from bantuo.core.endpoints import EndpointRefused
from bantuo.core.response_times import ProbeTerms
from tests.apps.erp.erps import (
    ENDPOINT,
    FAST,
    LATER,
    RULES,
    SELLER,
    VAULT,
    Endpoint,
    a_key,
    an_endpoint,
    clock,
    sandbox_calls,
)
from tests.apps.factories import DAY, NOW, make_sellers, outbox

pytestmark = pytest.mark.django_db

TERMS = ProbeTerms(version=30_002, limit_ms=3000, calls=100, percentile=95, erp_required=True)
CALL = SandboxCall("nonce-of-sixteen", "3.2", 12, True, "200")


def pull(seller_id: int, *answers: Answer, calls: int = 100) -> None:
    start_probe(seller_id, calls=calls, now=LATER, actor=SELLER)
    run_probe(
        seller_id,
        caller=Endpoint(list(answers)),
        vault=VAULT,
        limit_ms=3000,
        calls_max=calls,
        clock=clock(LATER),
    )


def test_the_terms_are_those_of_the_book_in_force() -> None:
    assert terms_in_force(DAY) == TERMS


def test_without_calls_there_is_no_evidence() -> None:
    (seller,) = make_sellers("S1")
    an_endpoint(seller)

    assert erp_evidence(seller) is None


def test_a_hundred_signed_calls_are_evidence() -> None:
    (seller,) = make_sellers("S1")
    sandbox_calls(a_key(seller).app_key, *range(1, 101))

    assert erp_evidence(seller) == {
        "api_version": "3.2",
        "probe": {"calls": 100, "p95_ms": 95, "method": "signed_calls"},
    }


def test_only_the_last_hundred_count() -> None:
    (seller,) = make_sellers("S1")
    key = a_key(seller).app_key
    sandbox_calls(key, *[9000] * 50, *[10] * 99)
    assert erp_evidence(seller) == {
        "api_version": "3.2",
        "probe": {"calls": 100, "p95_ms": 10, "method": "signed_calls"},
    }
    assert [call.took_ms for call in evidence_calls(seller, method="signed_calls", calls=100)][:2] == [
        9000,
        10,
    ]


def test_a_failed_call_counts_as_over_the_limit() -> None:
    (seller,) = make_sellers("S1")
    sandbox_calls(a_key(seller).app_key, *[10] * 100, failed=6)

    evidence = erp_evidence(seller)
    assert evidence is not None
    assert evidence["probe"] == {"calls": 100, "p95_ms": 3001, "method": "signed_calls"}


def test_a_change_of_version_begins_the_count_anew() -> None:
    (seller,) = make_sellers("S1")
    key = a_key(seller).app_key
    sandbox_calls(key, *[10] * 100, version="3.1")
    sandbox_calls(key, 20, 30, version="3.2")

    assert erp_evidence(seller) == {
        "api_version": "3.2",
        "probe": {"calls": 2, "p95_ms": 30, "method": "signed_calls"},
    }


def test_one_call_in_an_older_version_is_seen_at_once() -> None:
    (seller,) = make_sellers("S1")
    key = a_key(seller).app_key
    sandbox_calls(key, *[10] * 100)
    sandbox_calls(key, 10, version="3.1")

    progress = probe_progress(seller, terms=TERMS)
    assert progress.chosen is not None
    assert (progress.chosen.api_version, progress.chosen.calls) == ("3.1", 1)
    assert not progress.chosen.is_version_met


def test_version_three_ten_is_later_than_three_two() -> None:
    (seller,) = make_sellers("S1")
    sandbox_calls(a_key(seller).app_key, 10, version="3.10")
    chosen = probe_progress(seller, terms=TERMS).chosen

    assert chosen is not None
    assert chosen.is_version_met


def test_calls_of_a_replaced_key_still_count() -> None:
    (seller,) = make_sellers("S1")
    old = a_key(seller).app_key
    sandbox_calls(old, *[10] * 60)
    new = rotate_key(seller, app_key=old, vault=VAULT, now=LATER, actor=SELLER)
    sandbox_calls(new.app_key, *[20] * 40)

    evidence = erp_evidence(seller)
    assert evidence is not None
    assert evidence["probe"]["calls"] == 100


def test_the_same_call_counts_once() -> None:
    (seller,) = make_sellers("S1")
    key = SandboxKey.objects.get(app_key=a_key(seller).app_key)
    record_call(key, call=CALL, now=NOW)

    with pytest.raises(CallReplayed):
        record_call(key, call=replace(CALL, took_ms=1), now=LATER)
    assert list(ProbeCall.objects.values_list("took_ms", "called_at")) == [(12, NOW)]


def test_two_sellers_may_use_the_same_nonce() -> None:
    for seller in make_sellers("S1", "S2"):
        record_call(SandboxKey.objects.get(app_key=a_key(seller).app_key), call=CALL, now=NOW)
        assert ProbeCall.objects.filter(seller_id=seller).count() == 1


def test_a_key_remembers_when_it_was_last_used_to_the_minute() -> None:
    (seller,) = make_sellers("S1")
    app_key = a_key(seller).app_key

    def used(seconds: int) -> object:
        sandbox_calls(app_key, 1, now=NOW + timedelta(seconds=seconds))
        return SandboxKey.objects.get().last_used_at

    assert [used(0), used(59), used(60)] == [NOW, NOW, NOW + timedelta(seconds=60)]


def test_calls_are_never_changed_or_removed() -> None:
    (seller,) = make_sellers("S1")
    sandbox_calls(a_key(seller).app_key, 5000)

    for change in (lambda: ProbeCall.objects.update(took_ms=1), lambda: ProbeCall.objects.all().delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_of_two_methods_one_with_enough_calls_goes_first() -> None:
    (seller,) = make_sellers("S1")
    an_endpoint(seller)
    pull(seller, FAST)
    sandbox_calls(a_key(seller).app_key, 1, 2, 3, now=LATER)

    assert erp_evidence(seller) == {
        "vendor": "Example ERP",
        "api_version": "3.2",
        "probe": {"calls": 100, "p95_ms": 40, "method": "pull_probe"},
    }


def test_of_two_complete_methods_the_later_one_is_taken() -> None:
    (seller,) = make_sellers("S1")
    an_endpoint(seller)
    pull(seller, FAST)
    sandbox_calls(a_key(seller).app_key, *[7] * 100, now=LATER)

    evidence = erp_evidence(seller)
    assert evidence is not None
    assert evidence["probe"] == {"calls": 100, "p95_ms": 7, "method": "signed_calls"}


def test_another_endpoint_begins_the_count_anew_and_the_same_one_does_not() -> None:
    (seller,) = make_sellers("S1")
    an_endpoint(seller)
    pull(seller, FAST)
    after = LATER + timedelta(hours=1)

    an_endpoint(seller, replace(ENDPOINT, vendor="Renamed ERP"), now=after)
    evidence = erp_evidence(seller)
    assert evidence is not None
    assert (evidence["vendor"], evidence["probe"]["calls"]) == ("Renamed ERP", 100)

    an_endpoint(seller, replace(ENDPOINT, url="https://fast.example.com/stock"), now=after)
    assert erp_evidence(seller) is None


def test_the_version_that_the_endpoint_says_goes_before_the_declared_one() -> None:
    (seller,) = make_sellers("S1")
    an_endpoint(seller)
    pull(seller, replace(FAST, api_version="V3.1"), calls=1)

    evidence = erp_evidence(seller)
    assert evidence is not None
    assert evidence["api_version"] == "3.1"


def test_other_terms_judge_the_same_calls() -> None:
    (seller,) = make_sellers("S1")
    sandbox_calls(a_key(seller).app_key, *range(1, 101))
    asked = replace(TERMS, calls=10, percentile=50)

    evidence = erp_evidence(seller, terms=asked)
    assert evidence is not None
    assert evidence["probe"] == {"calls": 10, "p95_ms": 95, "method": "signed_calls"}


def test_a_day_before_the_programme_has_no_terms() -> None:
    with pytest.raises(LookupError):
        terms_in_force(date(2023, 10, 1))


@pytest.mark.parametrize(
    ("times", "failed", "is_complete", "is_fast_enough"),
    [
        ([10] * 99, 0, False, False),
        ([10] * 100, 0, True, True),
        ([10] * 100, 6, True, False),
        ([3000] * 100, 0, True, True),
        ([3001] * 100, 0, True, False),
    ],
)
def test_progress_says_whether_it_is_enough_and_fast_enough(
    times: list[int], failed: int, is_complete: bool, is_fast_enough: bool
) -> None:
    (seller,) = make_sellers("S1")
    sandbox_calls(a_key(seller).app_key, *times, failed=failed)
    chosen = probe_progress(seller, terms=TERMS).chosen

    assert chosen is not None
    assert (chosen.calls, chosen.failed) == (len(times), failed)
    assert (chosen.is_complete, chosen.is_fast_enough) == (is_complete, is_fast_enough)


def test_the_mark_changes_with_every_call_and_state_of_a_run() -> None:
    (seller,) = make_sellers("S1")
    marks = [progress_mark(seller)]
    sandbox_calls(a_key(seller).app_key, 1)
    marks.append(progress_mark(seller))
    an_endpoint(seller)
    start_probe(seller, calls=1, now=NOW, actor=SELLER)
    marks.append(progress_mark(seller))
    run_probe(seller, caller=Endpoint([FAST]), vault=VAULT, limit_ms=3000, calls_max=1, clock=clock())
    marks.append(progress_mark(seller))

    assert len(set(marks)) == 4
    assert probe_progress(seller, terms=TERMS).mark == marks[-1]


@pytest.mark.parametrize("version", ["", "three", "3.x", "3.99999", "-1"])
def test_an_endpoint_names_a_version(version: str) -> None:
    (seller,) = make_sellers("S1")

    with pytest.raises(VersionUnreadable):
        an_endpoint(seller, replace(ENDPOINT, api_version=version))


def test_an_endpoint_at_home_is_not_registered() -> None:
    (seller,) = make_sellers("S1")
    bad = replace(ENDPOINT, url="http://127.0.0.1/")

    with pytest.raises(EndpointRefused):
        register_endpoint(seller, endpoint=bad, rules=RULES, now=NOW, actor=SELLER)
    assert outbox("erp.endpoint_registered") == []


def test_registering_an_endpoint_is_told() -> None:
    (seller,) = make_sellers("S1")
    an_endpoint(seller)
    an_endpoint(seller)

    assert [payload for _, payload in outbox("erp.endpoint_registered")] == [
        {"url": "https://erp.example.com/stock", "verb": "GET", "api_version": "3.2", "by": SELLER}
    ]
