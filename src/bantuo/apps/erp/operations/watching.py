"""The regular calls to the stock endpoints of active sellers, a few at a time beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction

from bantuo.apps.erp.models import ProbeTarget
from bantuo.apps.erp.operations.endpoint import VersionUnreadable, plain_version
from bantuo.apps.erp.operations.keys import SecretVault
from bantuo.apps.erp.operations.probing import (
    Clock,
    PinnedEndpoint,
    ProbeAnswer,
    StockCaller,
    call_body,
    call_headers,
)
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.core.endpoints import EndpointRefused

_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class WatchTerms:
    """How often each endpoint is called, how long it may take, and how many of its calls are kept."""

    every: timedelta  # STK-2.every
    limit_ms: int  # ELG-12
    kept: int  # ELG-12.calls


@dataclass(frozen=True, slots=True)
class _Due:
    target: ProbeTarget
    number: int


@dataclass(frozen=True, slots=True)
class _Refused:
    """The answer of an endpoint that may not be called."""

    detail: str
    took_ms: int = 0
    succeeded: bool = False
    api_version: str = ""


def watch_endpoints(
    *, caller: StockCaller, vault: SecretVault, terms: WatchTerms, most: int, clock: Clock
) -> int:
    """Call the endpoints of active sellers that are due, at most `most`; how many were called.

    An endpoint is claimed before it is called, so that two workers share the work; killed in between,
    it waits for its next time. Only the last `kept` answers of each are kept, in a ring.
    """
    due = _claim(terms=terms, most=most, clock=clock)
    if not due:
        return 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        pinned = list(pool.map(lambda d: _pin(d.target.url, caller), due))
        calls = [
            partial(endpoint.call, **_asked(d, endpoint, vault=vault, clock=clock), limit_ms=terms.limit_ms)
            if not isinstance(endpoint, _Refused)
            else partial(_itself, endpoint)
            for d, endpoint in zip(due, pinned, strict=True)
        ]
        answers = list(pool.map(lambda call: call(), calls))
    _keep(due, answers, terms=terms, clock=clock)
    return len(due)


def _itself(answer: ProbeAnswer) -> ProbeAnswer:
    return answer


@transaction.atomic
def _claim(*, terms: WatchTerms, most: int, clock: Clock) -> list[_Due]:
    now = clock()
    claimed = dict(
        fetch_rows(
            """
            UPDATE erp_probetarget t SET watched_at = %s, watch_no = watch_no + 1
            WHERE id IN (
                SELECT p.id FROM erp_probetarget p
                JOIN parties_seller s ON s.id = p.seller_id AND s.programme_state = 'active'
                WHERE p.watched_at IS NULL OR p.watched_at <= %s
                ORDER BY p.watched_at NULLS FIRST, p.id LIMIT %s FOR UPDATE OF p SKIP LOCKED)
            RETURNING t.id, t.watch_no
            """,
            [now, now - terms.every, most],
        )
    )
    targets = ProbeTarget.objects.filter(pk__in=list(claimed)).order_by("pk")
    return [_Due(target, claimed[target.pk]) for target in targets]


def _pin(url: str, caller: StockCaller) -> PinnedEndpoint | _Refused:
    """In a thread of its own, as the call later: neither touches the database."""
    try:
        return caller.pin(url)
    except EndpointRefused as refusal:
        return _Refused(f"not called: {refusal.code}")


def _asked(due: _Due, endpoint: PinnedEndpoint, *, vault: SecretVault, clock: Clock) -> dict[str, Any]:
    """What is asked: verb, headers with the signature, and body."""
    body = call_body(due.target, due.number)
    headers = call_headers(due.target, target=endpoint.target, body=body, vault=vault, now=clock())
    return {"verb": due.target.verb, "headers": headers, "body": body}


def _keep(due: Sequence[_Due], answers: Sequence[ProbeAnswer], *, terms: WatchTerms, clock: Clock) -> None:
    rows = [
        (d.target.seller_id, d.number % terms.kept, _version(d.target, answer), answer.took_ms,
         answer.succeeded, answer.detail)
        for d, answer in zip(due, answers, strict=True)
    ]  # fmt: skip
    run_statement(
        """
        INSERT INTO erp_watchcall (seller_id, place, api_version, took_ms, succeeded, detail, called_at)
        SELECT i.*, %s
        FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::int[], %s::bool[], %s::text[]) AS i
        ON CONFLICT (seller_id, place) DO UPDATE
            SET api_version = excluded.api_version, took_ms = excluded.took_ms,
                succeeded = excluded.succeeded, detail = excluded.detail, called_at = excluded.called_at
        """,
        [clock(), *columns_of(rows, 6)],
    )


def _version(target: ProbeTarget, answer: ProbeAnswer) -> str:
    """What the endpoint says of itself, else what the seller declared."""
    try:
        return plain_version(answer.api_version or target.api_version)
    except VersionUnreadable:
        return target.api_version
