"""Messages for endpoints: made from events, sent again by hand, forgotten when they are old."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from bantuo.apps.integrations.event_kinds import TEST_KIND, HookEvent, is_wanted
from bantuo.apps.integrations.models import WebhookEndpoint, WebhookMessage
from bantuo.apps.integrations.operations.endpoints import EndpointUnknown
from bantuo.apps.integrations.retries import MESSAGES_KEPT
from bantuo.apps.sql import columns_of, fetch_rows, run_statement


def make_messages(events: Sequence[HookEvent], *, now: datetime) -> int:
    """One message per event and endpoint that asked for its kind; returns how many.

    Must run in the transaction that takes the events out of the outbox, so that each is made once.
    A disabled endpoint's are kept without being sent.
    """
    sellers = {event.seller_id for event in events if event.seller_id is not None}
    endpoints = _listening(None if any(e.seller_id is None for e in events) else sellers)
    meant = [
        (endpoint, event)
        for event in events
        for endpoint in endpoints
        if event.seller_id in (None, endpoint.seller_id) and is_wanted(event.kind, endpoint.kinds)
    ]
    if not meant:
        return 0
    ends = _take_sequences(Counter(endpoint.pk for endpoint, _ in meant))
    rows = [(endpoint, event, _next(ends, endpoint.pk)) for endpoint, event in meant]
    return _insert(rows, now=now)


def _listening(sellers: set[int] | None) -> list[WebhookEndpoint]:
    found = WebhookEndpoint.objects.filter(removed_at__isnull=True)
    return list((found if sellers is None else found.filter(seller_id__in=sellers)).order_by("id"))


def _take_sequences(wanted: Counter[int]) -> dict[int, int]:
    """The numbers that each endpoint's messages begin after; the endpoints are locked in order."""
    return dict(
        fetch_rows(
            """
            WITH wanted AS (
                SELECT e.id, i.n FROM unnest(%s::bigint[], %s::bigint[]) AS i(id, n)
                JOIN integrations_webhookendpoint e USING (id) ORDER BY e.id FOR NO KEY UPDATE OF e
            )
            UPDATE integrations_webhookendpoint e SET sequence = e.sequence + w.n
            FROM wanted w WHERE e.id = w.id RETURNING e.id, e.sequence - w.n
            """,
            columns_of(sorted(wanted.items()), 2),
        )
    )


def _next(ends: dict[int, int], endpoint_id: int) -> int:
    ends[endpoint_id] += 1
    return ends[endpoint_id]


def _insert(rows: Iterable[tuple[WebhookEndpoint, HookEvent, int]], *, now: datetime) -> int:
    *columns, contents = columns_of(
        [
            (e.seller_id, e.pk, event.message_id, sequence, event.kind, event.occurred_at,
             e.disabled_at is None, event.content)
            for e, event, sequence in rows
        ],
        8,
    )  # fmt: skip
    return run_statement(
        """
        INSERT INTO integrations_webhookmessage
            (seller_id, endpoint_id, message_id, sequence, kind, happened_at, content, tries, due_at,
             given_up_at, last_detail)
        SELECT i.seller_id, i.endpoint_id, i.message_id, i.sequence, i.kind, i.happened_at, i.content, 0,
               CASE WHEN i.is_sent THEN %s END, CASE WHEN NOT i.is_sent THEN %s END, ''
        FROM ROWS FROM (unnest(%s::bigint[]), unnest(%s::bigint[]), unnest(%s::text[]), unnest(%s::bigint[]),
                        unnest(%s::text[]), unnest(%s::timestamptz[]), unnest(%s::bool[]),
                        jsonb_array_elements(%s::jsonb))
            AS i(seller_id, endpoint_id, message_id, sequence, kind, happened_at, is_sent, content)
        ON CONFLICT (seller_id, endpoint_id, message_id) DO NOTHING
        """,
        [now, now, *columns, json.dumps(contents)],
    )


@transaction.atomic
def make_test_message(seller_id: int, *, endpoint_id: int, now: datetime, actor: str) -> WebhookMessage:
    """A message that says it is a test, due at no time: whoever makes it sends it. Raises EndpointUnknown."""
    found = WebhookEndpoint.objects.filter(pk=endpoint_id, seller_id=seller_id, removed_at__isnull=True)
    endpoint = found.first()
    if endpoint is None:
        raise EndpointUnknown(f"seller {seller_id}: no endpoint {endpoint_id}")
    ends = _take_sequences(Counter([endpoint.pk]))
    return WebhookMessage.objects.create(
        seller_id=seller_id,
        endpoint=endpoint,
        message_id=f"test_{secrets.token_hex(8)}",
        sequence=_next(ends, endpoint.pk),
        kind=TEST_KIND,
        content={"endpoint": endpoint.pk, "test": True},
        happened_at=now,
    )


def redeliver_messages(
    seller_id: int, *, endpoint_id: int, message_ids: Sequence[int] | None, now: datetime
) -> int:
    """Send messages once more, with the same ids; None: everything that did not arrive. Returns how many.

    Counting of tries begins anew. Nothing is sent while the endpoint is disabled.
    """
    chosen = WebhookMessage.objects.filter(
        seller_id=seller_id,
        endpoint_id=endpoint_id,
        due_at__isnull=True,
        endpoint__removed_at__isnull=True,
        endpoint__disabled_at__isnull=True,
    ).exclude(kind=TEST_KIND)
    if message_ids is None:
        chosen = chosen.filter(delivered_at__isnull=True)
    else:
        chosen = chosen.filter(pk__in=list(message_ids))
    return chosen.update(due_at=now, tries=0, delivered_at=None, given_up_at=None)


def forget_messages(*, now: datetime) -> int:
    """Remove messages that were settled long ago; returns how many."""
    return run_statement(
        """
        WITH old AS (
            DELETE FROM integrations_webhooktry WHERE message_id IN (
                SELECT id FROM integrations_webhookmessage WHERE happened_at < %(until)s AND due_at IS NULL)
        )
        DELETE FROM integrations_webhookmessage WHERE happened_at < %(until)s AND due_at IS NULL
        """,
        {"until": now - MESSAGES_KEPT},
    )
