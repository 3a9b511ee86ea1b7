"""Sending: messages are claimed for a while, posted outside any transaction, and what came of it is kept.

Killed anywhere, a message is due again when its claim has run out, and is sent with the same id. Two
senders at once never hold the same message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from django.db import transaction
from django.db.models import F

from bantuo.apps.integrations.models import WebhookEndpoint, WebhookMessage, WebhookTry
from bantuo.apps.integrations.operations.endpoints import SecretVault, signing_secrets, stop_sending
from bantuo.apps.integrations.retries import FAILING_MAX, endpoint_pause, pause_after
from bantuo.apps.sql import fetch_rows

CLAIM_LASTS = timedelta(seconds=60)
_PER_ENDPOINT = 50
_THREADS = 8
_ROUND_LASTS = timedelta(seconds=8)  # after that an endpoint's other messages wait for the next round
_ACTOR = "system:jobs"
_GONE = 410


class Posted(Protocol):
    """How one post went; `status` None: there was no answer."""

    @property
    def status(self) -> int | None: ...
    @property
    def took_ms(self) -> int: ...
    @property
    def detail(self) -> str: ...
    @property
    def retry_after_s(self) -> int | None: ...
    @property
    def is_delivered(self) -> bool: ...


class Poster(Protocol):
    """Posts one signed message. It never raises: what goes wrong is an answer as well."""

    def post(self, url: str, *, message_id: str, body: bytes, secrets: Sequence[str]) -> Posted: ...


class Letter(NamedTuple):
    """A claimed message, ready to be posted."""

    message: WebhookMessage
    body: bytes
    secrets: Sequence[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A message, when it was tried, and how that went."""

    message: WebhookMessage
    at: datetime
    posted: Posted


Clock = Callable[[], datetime]


def send_due(poster: Poster, *, vault: SecretVault, clock: Clock) -> int:
    """Send what is due, each endpoint's messages in their order; returns how many were tried.

    After a failure the endpoint's others wait: it is asked with one message at a time until it answers.
    """
    letters = claim_messages(vault=vault, now=clock())
    by_endpoint: dict[int, list[Letter]] = {}
    for letter in letters:
        by_endpoint.setdefault(letter.message.endpoint_id, []).append(letter)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="webhook") as threads:
        rounds = threads.map(lambda row: _post_row(poster, row, clock), by_endpoint.values())
        outcomes = [outcome for outcomes in rounds for outcome in outcomes]
    tried = {outcome.message.pk for outcome in outcomes}
    keep_outcomes(outcomes)
    _give_back([letter.message.pk for letter in letters if letter.message.pk not in tried], now=clock())
    return len(outcomes)


def send_now(message: WebhookMessage, *, poster: Poster, vault: SecretVault, clock: Clock) -> Posted:
    """Send one message at once, as the tester does; it counts in the log and is not tried again."""
    (outcome,) = _post_row(poster, [_letter(message, vault=vault, now=clock())], clock)
    keep_outcomes([outcome], is_retried=False)
    return outcome.posted


@transaction.atomic
def claim_messages(*, vault: SecretVault, now: datetime) -> list[Letter]:
    """Take what is due for a while: of an endpoint that fails one message, of others the next ones."""
    ids = [
        row[0]
        for row in fetch_rows(
            """
            SELECT m.id FROM integrations_webhookendpoint e CROSS JOIN LATERAL (
                SELECT id FROM integrations_webhookmessage m
                WHERE m.endpoint_id = e.id AND m.due_at <= %s
                ORDER BY m.sequence LIMIT CASE WHEN e.failing_since IS NULL THEN %s ELSE 1 END
                FOR NO KEY UPDATE SKIP LOCKED) m
            WHERE e.removed_at IS NULL AND e.disabled_at IS NULL
              AND (e.wait_until IS NULL OR e.wait_until <= %s)
            """,
            [now, _PER_ENDPOINT, now],
        )
    ]
    WebhookMessage.objects.filter(pk__in=ids).update(due_at=now + CLAIM_LASTS)
    claimed = WebhookMessage.objects.filter(pk__in=ids).select_related("endpoint").order_by("sequence")
    return [_letter(message, vault=vault, now=now) for message in claimed]


def _letter(message: WebhookMessage, *, vault: SecretVault, now: datetime) -> Letter:
    secrets = signing_secrets(message.endpoint, vault=vault, now=now)
    return Letter(message, body_of(message), secrets)


def body_of(message: WebhookMessage) -> bytes:
    """The body: type, instant and data as Standard Webhooks has them, with seller and sequence beside."""
    told = {
        "type": message.kind,
        "timestamp": message.happened_at.isoformat().replace("+00:00", "Z"),
        "seller": message.seller_id,
        "sequence": message.sequence,
        "data": dict(sorted(message.content.items())),  # the same bytes whenever it is made
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _post_row(poster: Poster, row: Iterable[Letter], clock: Clock) -> list[Outcome]:
    """Post an endpoint's messages one after the other, until one fails or the round is over."""
    outcomes: list[Outcome] = []
    until = clock() + _ROUND_LASTS
    for letter in row:
        at = clock()
        if at > until:
            break
        message = letter.message
        posted = poster.post(
            message.endpoint.url, message_id=message.message_id, body=letter.body, secrets=letter.secrets
        )
        outcomes.append(Outcome(message, at, posted))
        if not posted.is_delivered:
            break
    return outcomes


@transaction.atomic
def keep_outcomes(outcomes: Sequence[Outcome], *, is_retried: bool = True) -> None:
    """Write what became of each message into the log; decide about the next try and about the endpoint."""
    endpoints = {
        endpoint.pk: endpoint
        for endpoint in WebhookEndpoint.objects.select_for_update()
        .filter(pk__in={outcome.message.endpoint_id for outcome in outcomes})
        .order_by("id")
    }
    WebhookTry.objects.bulk_create(
        WebhookTry(
            seller_id=o.message.seller_id, message=o.message, tried_at=o.at, status=o.posted.status,
            took_ms=o.posted.took_ms, detail=o.posted.detail,
        )
        for o in outcomes
    )  # fmt: skip
    for outcome in outcomes:
        _settle(outcome, is_retried=is_retried)
        _judge(endpoints[outcome.message.endpoint_id], outcome)


def _settle(outcome: Outcome, *, is_retried: bool) -> None:
    """The message's own fate. One that somebody else has delivered meanwhile stays delivered."""
    posted, at, tries = outcome.posted, outcome.at, outcome.message.tries + 1
    told = {"tries": F("tries") + 1, "last_status": posted.status, "last_detail": posted.detail}
    waiting = WebhookMessage.objects.filter(pk=outcome.message.pk, delivered_at__isnull=True)
    if posted.is_delivered:
        waiting.update(**told, delivered_at=at, due_at=None, given_up_at=None)
        return
    pause = pause_after(tries, retry_after_s=posted.retry_after_s) if is_retried else None
    if pause is None:
        waiting.update(**told, due_at=None, given_up_at=at)
    else:
        waiting.update(**told, due_at=at + pause)


def _judge(endpoint: WebhookEndpoint, outcome: Outcome) -> None:
    """Whether the endpoint still works, fails, or is to be left alone."""
    if outcome.posted.is_delivered:
        if endpoint.failing_since is not None:
            endpoint.failing_since = endpoint.wait_until = None
            endpoint.save(update_fields=["failing_since", "wait_until"])
        return
    if endpoint.disabled_at is not None or endpoint.removed_at is not None:
        return
    endpoint.failing_since = endpoint.failing_since or outcome.at
    wait = endpoint_pause(outcome.message.tries + 1, retry_after_s=outcome.posted.retry_after_s)
    endpoint.wait_until = outcome.at + wait
    endpoint.save(update_fields=["failing_since", "wait_until"])
    if outcome.posted.status == _GONE:
        stop_sending(endpoint, why="gone", now=outcome.at, actor=_ACTOR)
    elif outcome.at - endpoint.failing_since >= FAILING_MAX:
        stop_sending(endpoint, why="failing", now=outcome.at, actor=_ACTOR)


def _give_back(message_ids: Sequence[int], *, now: datetime) -> None:
    """Messages that were claimed and not tried are due as before."""
    WebhookMessage.objects.filter(pk__in=message_ids, due_at__isnull=False, delivered_at__isnull=True).update(
        due_at=now
    )
