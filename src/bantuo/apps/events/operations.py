"""Record what happened for those who must be told, in the transaction that made it happen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from bantuo.apps.sql import columns_of, run_statement


def emit_events(
    topic: str, events: Iterable[tuple[int | None, str, Mapping[str, Any]]], *, at: datetime
) -> int:
    """Add one outbox row per (seller id, key, payload). Must run inside the caller's transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"{topic}: an event belongs in the transaction that made it happen")
    sellers, keys, payloads = columns_of(events, 3)
    if not sellers:
        return 0
    return run_statement(
        """
        INSERT INTO events_outboxevent (topic, seller_id, key, payload, occurred_at)
        SELECT %s, e.seller_id, e.key, e.payload, %s
        FROM ROWS FROM (unnest(%s::bigint[]), unnest(%s::text[]), jsonb_array_elements(%s::jsonb))
            AS e(seller_id, key, payload)
        """,
        [topic, at, sellers, keys, json.dumps(payloads)],
    )
