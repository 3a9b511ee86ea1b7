"""A stored report beside what the rules of its day, and the rules of today, say of the profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bantuo.apps.admission.models import Assessment
from bantuo.apps.admission.queries import report_gates
from bantuo.apps.catalog.queries import admitted_categories
from bantuo.apps.policies.models import PolicyAmendment
from bantuo.apps.policies.queries import published_amendments
from bantuo.core.policy import Book
from bantuo.core.policy_amend import amend_book
from bantuo.engine.books import load_book
from bantuo.engine.diagnosis import Evaluator
from bantuo.engine.profiles import profile_problems
from bantuo.engine.report import finding_report
from bantuo.interfaces.web.finding_words import gate_words
from bantuo.interfaces.web.programme import Programme

Gate = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One gate as stored, by the rules of then, and by the rules of now; None where it is not known."""

    rule: str
    label: Any
    stored: Gate | None
    then: Gate | None
    now: Gate | None

    @property
    def differs(self) -> bool:
        told = {gate["status"] for gate in (self.stored, self.then, self.now) if gate is not None}
        return len(told) > 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """All gates; `has_then` is False when the book of that version is not installed any more."""

    lines: list[Line]
    has_then: bool
    is_readable: bool
    version_now: str


def compare_reports(report: Assessment, programme: Programme) -> Comparison:
    """Nothing of it is kept: a report that decides is made by a reviewer on the application's page."""
    profile = report.application.profile
    is_readable = not profile_problems(profile)
    stored = _by_rule(report_gates(report), programme.book)
    book = book_of_version(report.policy_version.book, report.policy_version.version, programme)
    then: dict[str, Gate] = {}
    if is_readable and book is not None:
        day = report.rated_on
        then = _assess(Evaluator(book, day, categories=admitted_categories(day)), profile, book)
    now = _assess(programme.evaluator(), profile, programme.book) if is_readable else {}
    rules = dict.fromkeys([*stored, *then, *now])
    lines = [
        Line(rule, (stored.get(rule) or then.get(rule) or now[rule])["label"], stored.get(rule),
             then.get(rule), now.get(rule))
        for rule in rules
    ]  # fmt: skip
    return Comparison(lines, book is not None, is_readable, programme.book.version)


def book_of_version(book_id: str, version: str, programme: Programme) -> Book | None:
    """The book whose content has that version, with the amendments of then; None if it is not installed."""
    if version == programme.book.version:
        return programme.book
    shipped = load_book(book_id)
    if version == shipped.version:
        return shipped
    amendment = PolicyAmendment.objects.filter(book=book_id, version=version).first()
    if amendment is None:
        return None
    amended = amend_book(shipped, published_amendments(book_id, up_to=amendment.pk))
    return amended if amended.version == version else None


def _assess(evaluator: Evaluator, profile: Mapping[str, Any], book: Book) -> dict[str, Gate]:
    return _by_rule([finding_report(f) for f in evaluator.assess(profile).findings], book)


def _by_rule(gates: list[dict[str, Any]], book: Book) -> dict[str, Gate]:
    return {gate["rule"]: gate_words(gate, book) for gate in gates}
