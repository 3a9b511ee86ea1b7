"""The log of calls: lines added in batches, kept to the last ones of each key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from bantuo.apps.sql import columns_of, run_statement

CALLS_KEPT = 1_000  # per key
ANSWERS_KEPT = timedelta(hours=24)


class NewCall(NamedTuple):
    """One call that was answered."""

    key_id: int
    method: str
    path: str
    status: int
    took_ms: int
    request_id: str
    called_at: datetime


@transaction.atomic
def record_calls(calls: Sequence[NewCall]) -> int:
    """Add calls to the log, and note when each key was last used: at most once a minute."""
    run_statement(
        """
        INSERT INTO integrations_apicall (key_id, method, path, status, took_ms, request_id, called_at)
        SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::int[], %s::int[], %s::text[],
                             %s::timestamptz[])
        """,
        columns_of(calls, 7),
    )
    last = sorted({call.key_id: call.called_at for call in calls}.items())
    run_statement(
        """
        WITH used AS (
            SELECT k.id, i.at FROM unnest(%s::bigint[], %s::timestamptz[]) AS i(id, at)
            JOIN integrations_apikey k USING (id)
            WHERE k.last_used_at IS NULL OR k.last_used_at < i.at - interval '1 minute'
            ORDER BY k.id FOR NO KEY UPDATE OF k SKIP LOCKED
        )
        UPDATE integrations_apikey k SET last_used_at = used.at FROM used WHERE k.id = used.id
        """,
        columns_of(last, 2),
    )
    return len(calls)


def forget_calls() -> int:
    """Keep the last calls of each key and forget the others; returns how many were forgotten."""
    return run_statement(
        """
        DELETE FROM integrations_apicall c USING integrations_apikey k
        WHERE c.key_id = k.id AND c.id <= (
            SELECT l.id FROM integrations_apicall l WHERE l.key_id = k.id
            ORDER BY l.id DESC OFFSET %s LIMIT 1)
        """,
        [CALLS_KEPT],
    )


def forget_answers(*, now: datetime) -> int:
    """Forget answers to idempotent calls that nobody will repeat any more."""
    return run_statement("DELETE FROM integrations_keptanswer WHERE kept_at <= %s", [now - ANSWERS_KEPT])
