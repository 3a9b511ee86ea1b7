"""The pull probe: the platform calls a seller's stock endpoint and keeps how long each answer took.

A run survives being killed anywhere: its calls are numbered, each number counts once, and whoever
goes on with it begins at the first number that is missing.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from django.db import transaction

from bantuo.apps.erp.models import Method, ProbeRun, ProbeTarget
from bantuo.apps.erp.operations.endpoint import EndpointUnknown, VersionUnreadable, plain_version
from bantuo.apps.erp.operations.keys import SecretVault, open_secret
from bantuo.apps.erp.queries import active_key
from bantuo.apps.events.operations import emit_events
from bantuo.apps.parties.operations import lock_sellers
from bantuo.apps.sql import fetch_rows, run_statement
from bantuo.core import signatures
from bantuo.core.endpoints import EndpointRefused
from bantuo.core.signatures import SignedCall, sign_call

_ADVISORY = 7301  # the class of the advisory locks of this operation; the second number is the seller
FINISHED, STOPPED, REFUSED = "finished", "stopped", "refused"


class ProbeAnswer(Protocol):
    """How one call went; `api_version` is what the endpoint said of itself, if anything."""

    @property
    def took_ms(self) -> int: ...
    @property
    def succeeded(self) -> bool: ...
    @property
    def detail(self) -> str: ...
    @property
    def api_version(self) -> str: ...


class PinnedEndpoint(Protocol):
    """An endpoint whose address was looked up and checked, and is not looked up again."""

    @property
    def target(self) -> str: ...

    def call(self, *, verb: str, headers: Mapping[str, str], body: bytes, limit_ms: int) -> ProbeAnswer: ...


class StockCaller(Protocol):
    """Reaches other people's servers; `pin` raises core.endpoints.EndpointRefused."""

    def pin(self, url: str) -> PinnedEndpoint: ...


Clock = Callable[[], datetime]


@transaction.atomic
def start_probe(seller_id: int, *, calls: int, now: datetime, actor: str) -> ProbeRun:
    """Ask for a run of calls to the seller's endpoint; a run under way is left alone.

    The caller has `run_probe` done after commit. Raises EndpointUnknown, SellerUnknown.
    """
    lock_sellers([seller_id])
    under_way = ProbeRun.objects.filter(seller_id=seller_id, ended_at__isnull=True).first()
    if under_way is not None:
        return under_way
    target = ProbeTarget.objects.filter(seller_id=seller_id).first()
    if target is None:
        raise EndpointUnknown(f"seller {seller_id} has registered no stock endpoint")
    run = ProbeRun.objects.create(
        seller_id=seller_id,
        url=target.url,
        verb=target.verb,
        api_version=target.api_version,
        calls=calls,
        started_by=actor,
        started_at=now,
    )
    _tell("erp.probe_started", run, now=now)
    return run


@transaction.atomic
def stop_probe(seller_id: int, *, now: datetime, actor: str) -> bool:
    """End the run under way after the call it is at; whether there was one."""
    lock_sellers([seller_id])
    run = ProbeRun.objects.filter(seller_id=seller_id, ended_at__isnull=True).first()
    if run is None:
        return False
    return _end_run(run, outcome=STOPPED, detail=actor, now=now)


def run_probe(
    seller_id: int,
    *,
    caller: StockCaller,
    vault: SecretVault,
    limit_ms: int,
    calls_max: int,
    clock: Clock,
) -> int:
    """Make calls that the seller's open run still lacks, at most `calls_max`; how many were made.

    Repeatable and resumable: it goes on at the first number that is missing. While one process is at
    it, another leaves at once. The run ends with its last call, or when its endpoint may not be called.
    """
    with _alone(seller_id) as alone:
        run = ProbeRun.objects.filter(seller_id=seller_id, ended_at__isnull=True).first()
        if run is None or not alone:
            return 0
        try:
            endpoint = caller.pin(run.url)
        except EndpointRefused as refusal:
            _end_run(run, outcome=REFUSED, detail=f"{refusal.code}: {refusal}", now=clock())
            return 0
        missing = _numbers_missing(run)
        for made, number in enumerate(missing[:calls_max]):
            if not ProbeRun.objects.filter(pk=run.pk, ended_at__isnull=True).exists():
                return made
            _make_call(run, number, endpoint, vault=vault, limit_ms=limit_ms, clock=clock)
        if len(missing) <= calls_max:
            _end_run(run, outcome=FINISHED, detail="", now=clock())
        return min(len(missing), calls_max)


def _make_call(
    run: ProbeRun,
    number: int,
    endpoint: PinnedEndpoint,
    *,
    vault: SecretVault,
    limit_ms: int,
    clock: Clock,
) -> None:
    body = call_body(run, number)
    headers = call_headers(run, target=endpoint.target, body=body, vault=vault, now=clock())
    answer = endpoint.call(verb=run.verb, headers=headers, body=body, limit_ms=limit_ms)
    _keep_call(run, number, answer, now=clock())


def _numbers_missing(run: ProbeRun) -> list[int]:
    return [
        number
        for (number,) in fetch_rows(
            """
            SELECT n FROM generate_series(1, %s) AS n
            WHERE NOT EXISTS (
                SELECT FROM erp_probecall WHERE seller_id = %s AND call_key = 'run:' || %s || ':' || n)
            ORDER BY n
            """,
            [run.calls, run.seller_id, str(run.pk)],
        )
    ]


def call_body(asked: ProbeRun | ProbeTarget, number: int) -> bytes:
    """What is sent to an endpoint: nothing, or a numbered request where it takes a POST."""
    return json.dumps({"request": "stock", "call": number}).encode() if asked.verb == "POST" else b""


def call_headers(
    asked: ProbeRun | ProbeTarget, *, target: str, body: bytes, vault: SecretVault, now: datetime
) -> dict[str, str]:
    """Version and, when the seller has a key, the signature that its endpoint may check."""
    told = {signatures.VERSION_HEADER: asked.api_version, "Accept": "application/json"}
    if body:
        told["Content-Type"] = "application/json"
    key = active_key(asked.seller_id)
    if key is None:
        return told
    call = SignedCall(asked.verb, target, str(_milliseconds(now)), secrets.token_hex(16), body)
    return told | {
        signatures.KEY_HEADER: key.app_key,
        signatures.TIMESTAMP_HEADER: call.timestamp,
        signatures.NONCE_HEADER: call.nonce,
        signatures.SIGNATURE_HEADER: sign_call(call, secret=open_secret(key, vault=vault)),
    }


def _milliseconds(now: datetime) -> int:
    return int(now.timestamp()) * 1000 + now.microsecond // 1000


def _keep_call(run: ProbeRun, number: int, answer: ProbeAnswer, *, now: datetime) -> None:
    """The version is what the endpoint says of itself, else what the seller declared."""
    try:
        version = plain_version(answer.api_version or run.api_version)
    except VersionUnreadable:
        version = run.api_version
    run_statement(
        """
        INSERT INTO erp_probecall
            (seller_id, run_id, method, call_key, api_version, took_ms, succeeded, detail, called_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (seller_id, call_key) DO NOTHING
        """,
        [run.seller_id, run.pk, Method.PULL_PROBE.value, f"run:{run.pk}:{number}", version,
         answer.took_ms, answer.succeeded, answer.detail, now],
    )  # fmt: skip


@transaction.atomic
def _end_run(run: ProbeRun, *, outcome: str, detail: str, now: datetime) -> bool:
    """End a run once; whoever comes second changes nothing."""
    still_open = ProbeRun.objects.filter(pk=run.pk, ended_at__isnull=True)
    if not still_open.update(ended_at=now, outcome=outcome, detail=detail):
        return False
    run.outcome = outcome
    _tell("erp.probe_ended", run, now=now)
    return True


def _tell(topic: str, run: ProbeRun, *, now: datetime) -> None:
    payload = {"calls": run.calls, "outcome": run.outcome, "by": run.started_by}
    emit_events(topic, [(run.seller_id, f"probe_run:{run.pk}", payload)], at=now)


@contextmanager
def _alone(seller_id: int) -> Iterator[bool]:
    """Whether no other process probes for this seller; the lock goes with its session when that dies."""
    alone = bool(fetch_rows("SELECT pg_try_advisory_lock(%s, %s::int)", [_ADVISORY, seller_id])[0][0])
    try:
        yield alone
    finally:
        if alone:
            fetch_rows("SELECT pg_advisory_unlock(%s, %s::int)", [_ADVISORY, seller_id])
