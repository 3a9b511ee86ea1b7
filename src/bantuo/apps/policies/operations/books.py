"""Publish policy books for decisions to cite, and say which one is in force now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db import transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.policies.models import PolicyVersion
from bantuo.apps.policies.queries import publications, published_amendments
from bantuo.apps.sql import fetch_rows
from bantuo.core.policy import Book, Rule, Value
from bantuo.core.policy_amend import amend_book
from bantuo.engine.books import DEFAULT_BOOK, load_book


@dataclass(frozen=True, slots=True)
class CurrentBook:
    """The book that decides now, and the published version that a decision by it cites."""

    book: Book
    version_id: int


def current_book(*, now: datetime, actor: str) -> CurrentBook:
    """The programme's book with everything that operators have published on top of it.

    The first to ask after a publication keeps the version for decisions to cite; later ones ask one
    question. Raises what `amend_book` raises when a newly installed book cannot carry an amendment.
    """
    shipped = load_book(DEFAULT_BOOK)
    newest, kept = publications(shipped.id)
    book = _amended(shipped.version, newest)
    version_id = kept.get(book.version) or publish_book(book, now=now, actor=actor).pk
    return CurrentBook(book=book, version_id=version_id)


@lru_cache(maxsize=8)
def _amended(shipped_version: str, newest: int | None) -> Book:
    """The shipped version and the newest amendment settle the content: amendments are append-only."""
    shipped = load_book(DEFAULT_BOOK)
    return amend_book(shipped, published_amendments(shipped.id, up_to=newest)) if newest else shipped


@transaction.atomic
def publish_book(book: Book, *, now: datetime, actor: str) -> PolicyVersion:
    """Keep a policy book as it is, so that a decision citing it can be opened for ever.

    A version is its content's hash: publishing it again returns the first publication.
    """
    found = PolicyVersion.objects.filter(book=book.id, version=book.version).first()
    if found is not None:
        return found
    made = fetch_rows(
        """
        INSERT INTO policies_policyversion (book, version, document, published_at, published_by)
        VALUES (%s, %s, %s::jsonb, %s, %s)
        ON CONFLICT (book, version) DO NOTHING RETURNING id
        """,
        [book.id, book.version, json.dumps(book_document(book), ensure_ascii=False), now, actor],
    )
    payload = {"book": book.id, "version": book.version, "by": actor}
    emit_events("policy.published", [(None, f"policy:{i}", payload) for (i,) in made], at=now)
    return PolicyVersion.objects.get(book=book.id, version=book.version)


def book_document(book: Book) -> dict[str, Any]:
    """The whole book as plain JSON values; days are ISO text, tuples are lists."""
    return {
        "id": book.id,
        "version": book.version,
        "title": asdict(book.title),
        "currency": book.currency,
        "zone": book.zone,
        "rules": {rule_id: _rule_document(rule) for rule_id, rule in book.rules.items()},
        "cards": plain(book.cards),
    }


def _rule_document(rule: Rule) -> dict[str, Any]:
    return {
        "topic": rule.topic,
        "label": asdict(rule.label),
        "unit": rule.unit,
        "status": rule.status,
        "readings": [asdict(reading) for reading in rule.readings],
        "values": [_value_document(value) for value in rule.values],
        "detail": plain(rule.detail),
    }


def _value_document(value: Value) -> dict[str, Any]:
    return {
        "from": plain(value.since),
        "until": plain(value.until),
        "date_status": value.date_status,
        "value": plain(value.value),
        "source": plain(asdict(value.source)),
        "quote": value.quote,
    }


def plain(part: Any) -> Any:
    """A part of a book as JSON takes it: days are ISO text, tuples are lists."""
    match part:
        case Mapping():
            return {str(key): plain(value) for key, value in part.items()}
        case tuple() | list():
            return [plain(value) for value in part]
        case set() | frozenset():
            return sorted(part)
        case date():
            return part.isoformat()
        case _:
            return part
