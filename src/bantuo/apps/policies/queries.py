"""Which rate quotes hold on a day, what a policy version says, and what operators changed in the book."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import QuerySet

from bantuo.apps.policies.models import DraftState, PolicyAmendment, PolicyDraft, PolicyVersion
from bantuo.apps.sql import columns_of, fetch_rows
from bantuo.core.policy import Reading, Rule, Source, Text, Value
from bantuo.core.policy_amend import Amendment, value_of
from bantuo.engine.books import load_book


def granted_rates(pairs: Iterable[tuple[int, date]]) -> dict[tuple[int, date], int]:
    """The granted base fee rate in basis points of each (seller, day) that has one (FEE-7)."""
    return {
        (r[0], r[1]): r[2]
        for r in fetch_rows(
            """
            SELECT k.seller_id, k.on_day, g.rate_bp
            FROM unnest(%s::bigint[], %s::date[]) AS k(seller_id, on_day)
            JOIN policies_grantedrate g ON g.seller_id = k.seller_id
                AND g.valid_from <= k.on_day AND g.valid_until > k.on_day
            """,
            columns_of(sorted(set(pairs)), 2),
        )
    }


def published_rule(rule_id: str, *, policy_version_id: int) -> dict[str, Any]:
    """A rule as it stood when a decision cited it: values, sources, quotes, readings.

    Raises KeyError if that version has no such rule.
    """
    document: dict[str, Any] = PolicyVersion.objects.get(pk=policy_version_id).document
    rule: dict[str, Any] = document["rules"][rule_id]
    return rule


def publications(book_id: str) -> tuple[int | None, dict[str, int]]:
    """Of a book: the id of the last value that an operator published, and its versions by their hash."""
    rows = fetch_rows(
        """
        SELECT a.newest, v.version, v.id
        FROM (SELECT max(id) AS newest FROM policies_policyamendment WHERE book = %s) a
        LEFT JOIN policies_policyversion v ON v.book = %s
        """,
        [book_id, book_id],
    )
    return rows[0][0], {version: pk for _, version, pk in rows if pk is not None}


def published_amendments(book_id: str, *, up_to: int | None = None) -> list[Amendment]:
    """What operators published on top of a book that ships, first to last; at most up to that id."""
    rows = PolicyAmendment.objects.filter(book=book_id).order_by("id")
    return [amendment_of(row) for row in (rows if up_to is None else rows.filter(id__lte=up_to))]


def amendment_of(row: PolicyAmendment) -> Amendment:
    """A stored amendment as `core.policy_amend` lays it upon the book."""
    rule = load_book(row.book).rules.get(row.rule)
    return Amendment(
        rule=row.rule,
        since=row.valid_from,
        value=value_of(row.value, unit=rule.unit if rule else ""),
        source=row.source,
        reason=row.reason,
        published_on=row.published_on,
        quote=row.quote or None,
    )


def version_cited(book_id: str, version: str) -> PolicyVersion | None:
    """A published version by the hash that decisions show, None when nothing was decided by it."""
    return PolicyVersion.objects.filter(book=book_id, version=version).first()


def rule_cited(rule_id: str, cited: PolicyVersion) -> Rule | None:
    """A rule exactly as a past decision had it; None when that version has no such rule."""
    told = cited.document["rules"].get(rule_id)
    return rule_of(rule_id, told) if told else None


def rule_of(rule_id: str, told: Mapping[str, Any]) -> Rule:
    """A rule from its published JSON form."""
    return Rule(
        id=rule_id,
        topic=told["topic"],
        label=Text(**told["label"]),
        unit=told["unit"],
        status=told["status"],
        readings=tuple(
            Reading(id=r["id"], question=Text(**r["question"]), chosen=Text(**r["chosen"]))
            for r in told["readings"]
        ),
        values=tuple(_value_of(value, unit=told["unit"]) for value in told["values"]),
        detail=value_of(told["detail"], unit=""),
    )


def _value_of(told: Mapping[str, Any], *, unit: str) -> Value:
    source = told["source"]
    return Value(
        since=_day(told["from"]),
        until=_day(told["until"]),
        date_status=told["date_status"],
        value=value_of(told["value"], unit=unit),
        source=Source(
            id=source["id"],
            title=Text(**source["title"]),
            published_on=_day(source["published_on"]),
            url=source.get("url"),
        ),
        quote=told["quote"],
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def open_drafts() -> QuerySet[PolicyDraft]:
    """Proposals that are neither published nor discarded, the newest first."""
    return PolicyDraft.objects.filter(state__in=[DraftState.DRAFT, DraftState.CHECKED]).order_by("-id")
