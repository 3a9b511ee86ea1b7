"""A probe run: numbered calls, each once, wherever it is stopped or killed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bantuo.apps.erp.models import ProbeCall, ProbeRun, SandboxKey
from bantuo.apps.erp.operations import EndpointUnknown, run_probe, start_probe, stop_probe
from bantuo.apps.erp.queries import open_runs, probe_progress, terms_in_force
from bantuo.channels.probe import Answer
from bantuo.core.signatures import SignedCall, check_signature
from tests.apps.erp.erps import (
    ENDPOINT,
    FAST,
    LATER,
    SELLER,
    VAULT,
    Endpoint,
    Unreachable,
    a_key,
    an_endpoint,
    clock,
)
from tests.apps.factories import DAY, NOW, make_sellers, outbox

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process goes away in the middle of a call."""


def a_run(calls: int = 3, **changed: str) -> int:
    (seller,) = make_sellers("S1")
    an_endpoint(seller, replace(ENDPOINT, **changed))
    start_probe(seller, calls=calls, now=NOW, actor=SELLER)
    return seller


def go_on(seller: int, endpoint: Endpoint | Unreachable, calls_max: int = 100) -> int:
    return run_probe(
        seller, caller=endpoint, vault=VAULT, limit_ms=3000, calls_max=calls_max, clock=clock(LATER)
    )


def made(seller: int) -> list[tuple[str | None, int, bool, str]]:
    calls = ProbeCall.objects.filter(seller_id=seller).order_by("id")
    return [(c.call_key, c.took_ms, c.succeeded, c.detail) for c in calls]


def test_a_run_makes_its_calls_and_ends() -> None:
    seller = a_run(3)
    slow = Answer(3001, False, "no answer within 3000 ms")
    assert go_on(seller, Endpoint([FAST, slow, FAST])) == 3
    run = ProbeRun.objects.get()

    assert made(seller) == [
        (f"run:{run.pk}:1", 40, True, "200"),
        (f"run:{run.pk}:2", 3001, False, "no answer within 3000 ms"),
        (f"run:{run.pk}:3", 40, True, "200"),
    ]
    assert (run.outcome, run.ended_at is not None) == ("finished", True)
    assert [payload for _, payload in outbox("erp.probe_ended")] == [
        {"calls": 3, "outcome": "finished", "by": SELLER}
    ]


def test_without_an_endpoint_there_is_no_run() -> None:
    (seller,) = make_sellers("S1")

    with pytest.raises(EndpointUnknown):
        start_probe(seller, calls=100, now=NOW, actor=SELLER)


def test_starting_twice_is_one_run() -> None:
    seller = a_run(3)
    again = start_probe(seller, calls=50, now=LATER, actor=SELLER)

    assert (again.calls, ProbeRun.objects.count()) == (3, 1)
    assert len(outbox("erp.probe_started")) == 1


def test_a_job_makes_a_few_calls_and_the_next_goes_on() -> None:
    seller = a_run(5)
    endpoint = Endpoint([FAST])

    assert [go_on(seller, endpoint, calls_max=2) for _ in range(4)] == [2, 2, 1, 0]
    assert len(endpoint.seen) == ProbeCall.objects.count() == 5


def test_a_run_killed_in_the_middle_of_a_call_goes_on_there() -> None:
    seller = a_run(5)

    def die(number: int) -> None:
        if number == 2:
            raise Killed

    with pytest.raises(Killed):
        go_on(seller, Endpoint([FAST], before_each=die))
    assert [run.seller_id for run in open_runs()] == [seller]

    assert go_on(seller, Endpoint([FAST])) == 3
    assert len({key for key, *_ in made(seller)}) == 5
    assert open_runs() == []


def test_a_call_made_twice_counts_once() -> None:
    """The process died after the call was kept by another that had taken the run over."""
    seller = a_run(2)
    run = ProbeRun.objects.get()

    def overtake(number: int) -> None:
        if number == 0:
            ProbeCall.objects.create(
                seller_id=seller, run=run, method="pull_probe", call_key=f"run:{run.pk}:1",
                api_version="3.2", took_ms=9, succeeded=True, detail="200", called_at=NOW,
            )  # fmt: skip

    go_on(seller, Endpoint([FAST], before_each=overtake))
    assert [(key, took) for key, took, *_ in made(seller)] == [
        (f"run:{run.pk}:1", 9),
        (f"run:{run.pk}:2", 40),
    ]


def test_a_stopped_run_makes_no_further_call() -> None:
    seller = a_run(5)
    endpoint = Endpoint([FAST])

    def stop(number: int) -> None:
        if number == 1:
            stop_probe(seller, now=LATER, actor=SELLER)

    endpoint.before_each = stop
    assert go_on(seller, endpoint) == 2
    assert (len(endpoint.seen), ProbeRun.objects.get().outcome) == (2, "stopped")
    assert go_on(seller, endpoint) == 0


def test_stopping_what_does_not_run_changes_nothing() -> None:
    (seller,) = make_sellers("S1")

    assert stop_probe(seller, now=NOW, actor=SELLER) is False
    assert outbox("erp.probe_ended") == []


def test_a_run_stopped_at_its_last_call_stays_stopped() -> None:
    seller = a_run(1)
    endpoint = Endpoint(
        [FAST], before_each=lambda _: bool(stop_probe(seller, now=LATER, actor=SELLER)) or None
    )
    go_on(seller, endpoint)

    assert ProbeRun.objects.get().outcome == "stopped"
    assert len(outbox("erp.probe_ended")) == 1


def test_an_endpoint_that_may_not_be_called_ends_the_run_with_the_reason() -> None:
    seller = a_run(5)
    assert go_on(seller, Unreachable()) == 0
    run = ProbeRun.objects.get()

    assert (run.outcome, run.detail) == ("refused", "address: https://erp.example.com/stock is at home")
    assert made(seller) == []


def test_calls_are_signed_with_the_sellers_key() -> None:
    (seller,) = make_sellers("S1")
    issued = a_key(seller)
    an_endpoint(seller, replace(ENDPOINT, verb="POST"))
    start_probe(seller, calls=2, now=NOW, actor=SELLER)
    endpoint = Endpoint([FAST])
    go_on(seller, endpoint)
    first, second = endpoint.seen

    for seen in (first, second):
        call = SignedCall(
            "POST", "/stock", seen.headers["X-Bantuo-Timestamp"], seen.headers["X-Bantuo-Nonce"], seen.body
        )
        signature = seen.headers["X-Bantuo-Signature"]
        check_signature(call, signature=signature, secret=issued.secret, now_ms=int(LATER.timestamp() * 1000))
    assert first.headers["X-Bantuo-Nonce"] != second.headers["X-Bantuo-Nonce"]
    assert first.headers["X-Bantuo-Key"] == issued.app_key
    assert (first.verb, first.body, first.limit_ms) == ("POST", b'{"request": "stock", "call": 1}', 3000)


def test_without_a_key_calls_are_not_signed() -> None:
    seller = a_run(1)
    endpoint = Endpoint([FAST])
    go_on(seller, endpoint)

    assert SandboxKey.objects.count() == 0
    assert endpoint.seen[0].headers == {"X-Bantuo-Version": "3.2", "Accept": "application/json"}
    assert endpoint.seen[0].body == b""


def test_progress_counts_the_calls_of_the_run() -> None:
    seller = a_run(5)
    go_on(seller, Endpoint([FAST]), calls_max=2)
    progress = probe_progress(seller, terms=terms_in_force(DAY))

    assert progress.run is not None
    assert (progress.run.calls, progress.run_calls, progress.run.outcome) == (5, 2, "")
    assert [call.took_ms for call in progress.newest] == [40, 40]


def test_a_version_that_is_none_leaves_the_declared_one() -> None:
    seller = a_run(1)
    go_on(seller, Endpoint([replace(FAST, api_version="V3.99999")]))

    assert ProbeCall.objects.get().api_version == "3.2"
