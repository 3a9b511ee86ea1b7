"""How long the papers of sellers who are not served are kept: from the day it ended, by the book."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate

from bantuo.apps.admission.operations.applications import CLOSED
from bantuo.apps.documents.operations.upkeep import keep_retention_open, limit_retention
from bantuo.apps.sql import fetch_rows
from bantuo.core.policy import Book

_LATEST = """
    SELECT DISTINCT ON (a.seller_id) a.seller_id, a.state,
        (SELECT max(e.happened_at) FROM admission_applicationevent e
         WHERE e.application_id = a.id AND e.state = a.state) AS since
    FROM admission_application a ORDER BY a.seller_id, a.attempt DESC
"""


def limit_kept_papers(*, book: Book, on: date) -> int:
    """Date the papers of refused and departed sellers, and keep those of sellers who apply again.

    Sensitive ones by DOC-0.retention_sensitive, the others by DOC-0.retention_other. Returns how many
    sellers it concerned; run again, it finds nothing to do. Each seller is a transaction of its own.
    """
    ended, resumed = _ended(), _resumed()
    for seller_id, since in ended:
        _limit(seller_id, since=localdate(since), book=book, on=on)
    for seller_id in resumed:
        keep_retention_open(seller_id)
    return len(ended) + len(resumed)


@transaction.atomic
def _limit(seller_id: int, *, since: date, book: Book, on: date) -> None:
    """The nearer day first: a paper that is due earlier stays due earlier."""
    sensitive = since + timedelta(days=int(book.amount("DOC-0.retention_sensitive", on)))
    limit_retention(seller_id, until=sensitive, kinds=_sensitive_kinds(book))
    other = since + timedelta(days=int(book.amount("DOC-0.retention_other", on)))
    limit_retention(seller_id, until=other)


def _sensitive_kinds(book: Book) -> list[str]:
    rules = book.rules.values()
    return [rule.id for rule in rules if rule.detail.get("document", {}).get("sensitive")]


def _ended() -> list[tuple[int, datetime]]:
    """Sellers whose last attempt is over, with papers that nobody has dated yet."""
    rows = fetch_rows(
        f"""
        SELECT l.seller_id, l.since FROM ({_LATEST}) l
        WHERE l.state = ANY(%s) AND l.since IS NOT NULL AND EXISTS (
            SELECT 1 FROM documents_document d WHERE d.seller_id = l.seller_id
            AND d.destroyed_at IS NULL AND d.retain_until IS NULL)
        ORDER BY l.seller_id
        """,
        [[state.value for state in CLOSED]],
    )
    return [(row[0], row[1]) for row in rows]


def _resumed() -> list[int]:
    """Sellers who have applied again, with papers in use that are still dated."""
    rows = fetch_rows(
        f"""
        SELECT l.seller_id FROM ({_LATEST}) l
        WHERE NOT l.state = ANY(%s) AND EXISTS (
            SELECT 1 FROM documents_document d WHERE d.seller_id = l.seller_id
            AND d.destroyed_at IS NULL AND d.replaced_at IS NULL AND d.retain_until IS NOT NULL)
        ORDER BY l.seller_id
        """,
        [[state.value for state in CLOSED]],
    )
    return [row[0] for row in rows]
