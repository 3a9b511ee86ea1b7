"""A new value of a rule, from draft to publication: the book changes from a day on, for everybody at once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from bantuo.apps.events.operations import emit_events
from bantuo.apps.policies.models import DraftState, PolicyAmendment, PolicyDraft
from bantuo.apps.policies.operations.books import current_book, plain, publish_book
from bantuo.core.policy import Book
from bantuo.core.policy_amend import Amendment, check_amendment, value_of

OPEN = (DraftState.DRAFT, DraftState.CHECKED)


class DraftUnknown(LookupError):
    """There is no such draft."""


class DraftClosed(ValueError):
    """The draft was published or discarded."""


class CheckMissing(ValueError):
    """Nobody has seen yet what the draft would change."""


class CheckOutdated(ValueError):
    """The book has changed since the check: somebody published another value."""


@transaction.atomic
def draft_value(
    rule_id: str,
    *,
    valid_from: date,
    value: Any,
    source: str,
    quote: str,
    reason: str,
    book: Book,
    on: date,
    now: datetime,
    actor: str,
) -> PolicyDraft:
    """Propose a value for a rule from a day on; nothing decides by it before it is published.

    `book` is the one in force. The same proposal of the same person again is the first one. Raises
    AmendmentRefused (RuleUnknown, NotInFuture, WordsMissing, ValueUnchanged, ValueUnfit, LeavesGap).
    """
    amendment = Amendment(
        rule=rule_id,
        since=valid_from,
        value=value,
        source=source.strip(),
        reason=reason.strip(),
        published_on=on,
        quote=quote.strip() or None,
    )
    check_amendment(book, amendment, on=on)
    said = {
        "book": book.id,
        "rule": rule_id,
        "valid_from": valid_from,
        "value": plain(value),
        "source": amendment.source,
        "quote": amendment.quote or "",
        "reason": amendment.reason,
        "created_by": actor,
    }
    held = PolicyDraft.objects.filter(state__in=OPEN, **said).order_by("id").first()
    return held or PolicyDraft.objects.create(**said, created_at=now)


def lock_draft(draft_id: int) -> PolicyDraft:
    """The draft if it is still open, with all open drafts of its book locked, in the order of their ids.

    Publishing is thereby one at a time. Raises DraftUnknown, DraftClosed.
    """
    found = PolicyDraft.objects.filter(pk=draft_id).first()
    if found is None:
        raise DraftUnknown(f"draft {draft_id}")
    rows = PolicyDraft.objects.filter(book=found.book, state__in=OPEN).order_by("pk")
    locked = {draft.pk: draft for draft in rows.select_for_update().defer("report")}
    if draft_id not in locked:
        state = PolicyDraft.objects.values_list("state", flat=True).get(pk=draft_id)
        raise DraftClosed(f"draft {draft_id} is {state}")
    return locked[draft_id]


def amendment_drafted(draft: PolicyDraft, *, book: Book, on: date) -> Amendment:
    """What the draft would lay upon the book, published on `on`."""
    rule = book.rules.get(draft.rule)
    return Amendment(
        rule=draft.rule,
        since=draft.valid_from,
        value=value_of(draft.value, unit=rule.unit if rule else ""),
        source=draft.source,
        reason=draft.reason,
        published_on=on,
        quote=draft.quote or None,
    )


@transaction.atomic
def publish_draft(draft_id: int, *, on: date, now: datetime, actor: str) -> PolicyAmendment:
    """Make a checked draft part of the book: from its first day on, every decision cites the new value.

    Publishing the same draft again is the first publication. Of two drafts published at once one is
    refused. Raises DraftUnknown, DraftClosed, CheckMissing, CheckOutdated, AmendmentRefused.
    """
    published = PolicyAmendment.objects.filter(draft_id=draft_id).first()
    if published is not None:
        return published
    draft = _lock_to_publish(draft_id)
    if isinstance(draft, PolicyAmendment):
        return draft
    if draft.state != DraftState.CHECKED:
        raise CheckMissing(f"draft {draft_id} was not checked")
    book = current_book(now=now, actor=actor).book
    if draft.checked_version != book.version:
        raise CheckOutdated(f"checked against {draft.checked_version}, now in force is {book.version}")
    amended = check_amendment(book, amendment_drafted(draft, book=book, on=on), on=on)
    amendment = _store(draft, base=book, made=amended, on=on, now=now, actor=actor)
    draft.state, draft.closed_by, draft.closed_at = DraftState.PUBLISHED, actor, now
    draft.save(update_fields=["state", "closed_by", "closed_at"])
    publish_book(amended, now=now, actor=actor)
    _tell(amendment)
    return amendment


def _lock_to_publish(draft_id: int) -> PolicyDraft | PolicyAmendment:
    """A double click that waited for the first one gets what the first one made."""
    try:
        return lock_draft(draft_id)
    except DraftClosed:
        published = PolicyAmendment.objects.filter(draft_id=draft_id).first()
        if published is None:
            raise
        return published


def _store(
    draft: PolicyDraft, *, base: Book, made: Book, on: date, now: datetime, actor: str
) -> PolicyAmendment:
    try:
        with transaction.atomic():
            return PolicyAmendment.objects.create(
                draft=draft,
                book=draft.book,
                base_version=base.version,
                version=made.version,
                rule=draft.rule,
                valid_from=draft.valid_from,
                value=draft.value,
                source=draft.source,
                quote=draft.quote,
                reason=draft.reason,
                published_on=on,
                published_at=now,
                published_by=actor,
            )
    except IntegrityError as fault:
        raise CheckOutdated(f"{base.version} was amended in the same moment") from fault


def _tell(amendment: PolicyAmendment) -> None:
    payload = {
        "book": amendment.book,
        "version": amendment.version,
        "rule": amendment.rule,
        "from": str(amendment.valid_from),
        "reason": amendment.reason,
        "by": amendment.published_by,
    }
    key = f"policy_amendment:{amendment.pk}"
    emit_events("policy.value_published", [(None, key, payload)], at=amendment.published_at)


@transaction.atomic
def discard_draft(draft_id: int, *, now: datetime, actor: str) -> PolicyDraft:
    """Put a draft aside for good; discarding it again changes nothing. Raises DraftUnknown, DraftClosed."""
    held = PolicyDraft.objects.filter(pk=draft_id, state=DraftState.DISCARDED).first()
    if held is not None:
        return held
    draft = lock_draft(draft_id)
    draft.state, draft.closed_by, draft.closed_at = DraftState.DISCARDED, actor, now
    draft.save(update_fields=["state", "closed_by", "closed_at"])
    return draft
