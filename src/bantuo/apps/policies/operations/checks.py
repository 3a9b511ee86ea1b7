"""Check a draft before it can be published: the history it makes, what it decides, whom it reaches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from django.db import transaction

from bantuo.apps.policies.models import DraftState, PolicyDraft
from bantuo.apps.policies.operations.books import plain
from bantuo.apps.policies.operations.drafts import amendment_drafted, lock_draft
from bantuo.apps.policies.reach import Candidate, Scales
from bantuo.apps.policies.worked_cases import CaseChange, case_changes
from bantuo.core.policy import Book, PolicyNotInForce, Rule
from bantuo.core.policy_amend import AmendmentRefused, check_amendment, is_operators
from bantuo.core.policy_cases import Case
from bantuo.engine.diagnosis import Evaluator
from bantuo.engine.quotes import quoter_for


class ProgrammeBreaks(AmendmentRefused):
    """With this value the programme could not decide any more: a card, a gate or a case has no answer."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Whose answers a check compares: active sellers, and applications handed in but not yet active."""

    sellers: Iterable[Candidate]
    applications: Iterable[Candidate]


@transaction.atomic
def check_draft(
    draft_id: int,
    *,
    book: Book,
    cases: Sequence[Case],
    reached: Reached,
    categories: Collection[str] | None,
    on: date,
    now: datetime,
    actor: str,
) -> PolicyDraft:
    """Say what a draft would change, so that somebody can decide to publish it.

    `book` is the one in force, `categories` the admission list of the new value's first day. Checking
    again replaces the report. Raises DraftClosed, and the AmendmentRefused that keeps the value out.
    """
    draft = lock_draft(draft_id)
    amendment = amendment_drafted(draft, book=book, on=on)
    amended = check_amendment(book, amendment, on=on)
    draft.report = {
        "made_on": on.isoformat(),
        "history": history_document(amended.rules[draft.rule], since=amendment.since),
        "seams": _seams(amended.rules[draft.rule]),
        **_case_report(cases, book, amended, amendment.since),
        **_reach_report(reached, book, amended, amendment.since, categories),
    }
    draft.state, draft.checked_version = DraftState.CHECKED, book.version
    draft.checked_by, draft.checked_at = actor, now
    draft.save()
    return draft


def history_document(rule: Rule, *, since: date) -> list[dict[str, Any]]:
    """The values of a rule in order, the one that begins on `since` marked as new."""
    return [
        {
            "from": plain(value.since),
            "until": plain(value.until),
            "value": plain(value.value),
            "source": plain(asdict(value.source.title)),
            "by_operator": is_operators(value.source),
            "is_new": value.since == since,
        }
        for value in rule.values
    ]


def _seams(rule: Rule) -> list[dict[str, Any]]:
    """Where one value ends and the next begins: the same day each time, or the history has a fault."""
    return [
        {"ends": plain(earlier.until), "begins": plain(later.since), "sound": earlier.until == later.since}
        for earlier, later in pairwise(rule.values)
    ]


def _case_report(cases: Sequence[Case], before: Book, after: Book, since: date) -> Mapping[str, Any]:
    on_own_days = case_changes([case for case in cases if case.on < since], before=before, after=after)
    on_first_day = case_changes(cases, before=before, after=after, on=since)
    broken = [change for change in on_first_day if change.breaks]
    if broken:
        told = next(iter(broken[0].after.values()))
        raise ProgrammeBreaks(f"case {broken[0].case.id} could not be decided: {told}")
    return {
        "cases_run": len(cases),
        "past_cases_changed": [_case_document(change) for change in on_own_days],
        "cases_changed": [_case_document(change) for change in on_first_day],
    }


def _case_document(change: CaseChange) -> dict[str, Any]:
    case = change.case
    told = {"id": case.id, "kind": case.kind, "on": change.on.isoformat(), "given": plain(case.given)}
    return {**told, "before": plain(change.before), "after": plain(change.after), "cites": list(case.cites)}


def _reach_report(
    reached: Reached, before: Book, after: Book, since: date, categories: Collection[str] | None
) -> Mapping[str, Any]:
    """Nobody is asked about a rule that decides no admission."""
    scales = _scales(before, after, since, categories)
    sellers, applications = (reached.sellers, reached.applications) if scales.can_differ else ((), ())
    return {
        "decides_admission": scales.can_differ,
        "sellers": asdict(scales.weigh(sellers)),
        "applications": asdict(scales.weigh(applications)),
    }


def _scales(before: Book, after: Book, since: date, categories: Collection[str] | None) -> Scales:
    """Both evaluators of the first day; a book that cannot make one, or a card, may not be published."""
    old = Evaluator(before, since, categories=categories)
    try:
        new = Evaluator(after, since, categories=categories)
        _ = new.gates.masks({})
        for card_id in _cards_that_price(before, since):
            quoter_for(after, card_id, on=since)
    except (ValueError, LookupError, TypeError, ArithmeticError) as fault:
        raise ProgrammeBreaks(f"{type(fault).__name__}: {fault}") from fault
    return Scales(old, new)


def _cards_that_price(book: Book, on: date) -> list[str]:
    return [card_id for card_id in book.cards if _prices(book, card_id, on)]


def _prices(book: Book, card_id: str, on: date) -> bool:
    """A card of another mode may rest on rules that have not begun."""
    try:
        quoter_for(book, card_id, on=on)
    except (PolicyNotInForce, ValueError):
        return False
    return True
