"""The checklist by the book in force: which papers, their tick-lists, and how one of them stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bantuo.core.documents import documents_missing
from bantuo.core.policy import Book, Text
from bantuo.engine.terms import terms_in_force

MISSING, EXPIRED, NOT_ACCEPTED, RECEIVED, ACCEPTED = (
    "missing",
    "expired",
    "not_accepted",
    "received",
    "accepted",
)


@dataclass(frozen=True, slots=True)
class PaperKind:
    """One paper of the checklist; a sensitive one is shown blurred until it is unmasked with a reason."""

    rule_id: str
    label: Text
    ticks: tuple[str, ...]
    is_sensitive: bool


def paper_kinds(book: Book, *, on: date) -> list[PaperKind]:
    """The papers of step ① in the order of the book."""
    return [paper_kind(rule.kind, book=book, on=on) for rule in terms_in_force(book, on).documents]


def paper_kind(kind: str, *, book: Book, on: date) -> PaperKind:
    """One paper of the checklist; raises PolicyNotInForce for what is none."""
    found = book.in_force(kind, on)
    told: Mapping[str, Any] = found.rule.detail.get("document", {})
    return PaperKind(kind, found.rule.label, tuple(found.amount), bool(told.get("sensitive")))


def required_kinds(profile: Mapping[str, Any], *, book: Book, on: date) -> frozenset[str]:
    """The papers that this seller must hand in: what would be missing if nothing were there."""
    rules = terms_in_force(book, on).documents
    lines = documents_missing({**profile, "documents": []}, on=on, rules=rules) or ()
    return frozenset(line.partition(":")[0] for line in lines)


def paper_state(
    *, expires_on: date | None, ticks: Mapping[str, bool], wanted: Sequence[str], on: date
) -> str:
    """How a paper that is there stands, the worst first."""
    if expires_on is not None and expires_on < on:
        return EXPIRED
    if any(ticks.get(tick) is False for tick in wanted):
        return NOT_ACCEPTED
    return ACCEPTED if wanted and all(ticks.get(tick) for tick in wanted) else RECEIVED
