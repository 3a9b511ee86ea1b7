"""What a review says, in the reader's words: subjects, refusals, steps of the trail, who acts next."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bantuo.apps.admission.models import Application
from bantuo.apps.admission.operations import IllegalTransition, ReasonMissing
from bantuo.apps.admission.operations.appeal_answers import AppealClosed
from bantuo.apps.admission.operations.applications import ApplicationUnreadable
from bantuo.apps.admission.operations.assignment import HeldByAnother, NotAReviewer, NotInReview
from bantuo.apps.admission.operations.overrides import (
    GateNotOpen,
    OverrideClosed,
    OverrideUnderWay,
    SecondPersonNeeded,
)
from bantuo.apps.admission.operations.reviewing import (
    CauseMissing,
    DecidedAlready,
    NotAcceptable,
    SubjectUnknown,
)
from bantuo.apps.admission.queries.review_trail import TrailEntry
from bantuo.apps.documents.operations.representative import SUBJECT as REPRESENTATIVE
from bantuo.core.policy import Book
from bantuo.core.review_time import LATE, SOON, UNKNOWN, ReviewTime
from bantuo.interfaces.web.finding_words import PLACES, TICKS, paper_label
from bantuo.interfaces.web.paper_words import reason_words as look_reason
from bantuo.interfaces.web.templatetags.ui import actor as name_of
from bantuo.interfaces.web.templatetags.ui import day, tr
from bantuo.interfaces.web.words import Word, add_words, word_of

add_words(
    "verdict",
    {
        "ok": Word(gettext_lazy("in order"), "ok"),
        "not_ok": Word(gettext_lazy("not in order"), "bad"),
        "more": Word(gettext_lazy("more is wanted"), "warn"),
    },
)
add_words(
    "review",
    {
        "taken": Word(gettext_lazy("taken for review"), "info"),
        "assigned": Word(gettext_lazy("given to a reviewer"), "info"),
        "released": Word(gettext_lazy("put back into the queue"), "mute"),
        "reassessed": Word(gettext_lazy("assessed again"), "info"),
        "judged": Word(gettext_lazy("judged"), "info"),
        "override_requested": Word(gettext_lazy("override requested"), "warn"),
        "override_confirmed": Word(gettext_lazy("override confirmed"), "warn"),
        "override_declined": Word(gettext_lazy("override declined"), "mute"),
        "appeal_upheld": Word(gettext_lazy("appeal upheld"), "ok"),
        "appeal_dismissed": Word(gettext_lazy("appeal dismissed"), "bad"),
    },
)
add_words(
    "tick",
    {
        "ticked": Word(gettext_lazy("ticked on the paper"), "ok"),
        "unticked": Word(gettext_lazy("not in order on the paper"), "bad"),
    },
)
add_words(
    "access",
    {
        "upload": Word(gettext_lazy("paper handed in"), "info"),
        "preview": Word(gettext_lazy("paper looked at, masked"), "mute"),
        "unmask": Word(gettext_lazy("paper looked at, unmasked"), "warn"),
        "download": Word(gettext_lazy("paper downloaded"), "warn"),
        "replace": Word(gettext_lazy("paper replaced"), "info"),
        "destroy": Word(gettext_lazy("paper destroyed"), "mute"),
        "consent": Word(gettext_lazy("consent recorded"), "ok"),
        "keep": Word(gettext_lazy("identity kept"), "info"),
        "withdraw": Word(gettext_lazy("consent withdrawn"), "warn"),
    },
)
add_words(
    "purpose",
    {
        "admission": Word(gettext_lazy("step ②"), "info"),
        "diagnostic": Word(gettext_lazy("the seller's own run"), "mute"),
        "review": Word(gettext_lazy("review"), "info"),
    },
)
add_words(
    "passed", {"True": Word(gettext_lazy("passed"), "ok"), "False": Word(gettext_lazy("not passed"), "bad")}
)

SECTIONS: Mapping[str, Promise] = {
    "company": gettext_lazy("Company"),
    "account": gettext_lazy("Account evidence"),
    "statements": gettext_lazy("Bank statements"),
    "brand": gettext_lazy("Brand"),
    "categories": gettext_lazy("Categories"),
    "products": gettext_lazy("Products"),
    "epr": gettext_lazy("EPR numbers"),
    "size_charts": gettext_lazy("Size charts"),
    "erp": gettext_lazy("ERP"),
    "metrics": gettext_lazy("Shop metrics"),
}

_NEXT: Mapping[str, Promise] = {
    "draft": gettext_lazy("The seller fills it in and hands it in."),
    "submitted": gettext_lazy("The system assesses it."),
    "assessed_pass": gettext_lazy("A reviewer looks at the papers and decides."),
    "assessed_fail": gettext_lazy(
        "The seller mends and applies again, or appeals; two reviewers may set gates aside."
    ),
    "in_review": gettext_lazy("A reviewer decides."),
    "needs_more": gettext_lazy("The seller mends what was asked for and sends it back."),
    "approved": gettext_lazy("The seller signs the agreement."),
    "agreement_signed": gettext_lazy("The seller pays the deposit."),
    "deposit_held": gettext_lazy("The seller binds a warehouse."),
    "warehouse_bound": gettext_lazy("The service begins."),
    "active": gettext_lazy("Nothing: the seller is served."),
    "rejected": gettext_lazy("The seller applies again, or appeals."),
    "withdrawn": gettext_lazy("Nothing: the seller took it back."),
    "suspended": gettext_lazy("The operator reinstates the seller, or the seller leaves."),
    "exiting": gettext_lazy("Open obligations end, then the deposit is paid back."),
    "exited": gettext_lazy("Nothing: the seller has left."),
}  # fmt: skip


def next_words(application: Application, *, has_appeal: bool, has_override: bool) -> str:
    """Who acts next on an application, in one sentence."""
    if has_appeal:
        return _("A reviewer other than the one who refused answers the appeal.")
    if has_override:
        return _("A second reviewer answers the request for an override.")
    return str(_NEXT.get(application.state, ""))


def subject_words(subject: str, book: Book) -> str:
    """A gate, a paper or one of its items, or a place of the profile, by its name."""
    kind, _colon, tick = subject.partition(":")
    if tick:
        told = {"subject": paper_label(kind, book), "word": TICKS.get(tick, tick)}
        return _("%(subject)s: %(word)s") % told
    if subject in book.rules:
        return f"{subject} {tr(book.rules[subject].label)}"
    if subject == REPRESENTATIVE:
        return _("legal representative")
    return str(SECTIONS.get(subject) or PLACES.get(subject) or subject)


def subjects_words(subjects: Iterable[str], book: Book) -> str:
    """Several of them, in one line."""
    return _(", ").join(subject_words(subject, book) for subject in subjects)


def time_words(time: ReviewTime) -> str:
    """How long a reviewer has left."""
    if time.state == UNKNOWN or time.left is None or time.due_on is None:
        return _("cannot be told: the calendar of that year is not published")
    if time.state == LATE:
        late = -time.left
        told = ngettext("overdue by %(days)s working day", "overdue by %(days)s working days", late)
        return told % {"days": late}
    if time.left == 0:
        return _("due today")
    told = ngettext("%(days)s working day left", "%(days)s working days left", time.left)
    return told % {"days": time.left}


TIME_TONES: Mapping[str, str] = {LATE: "bad", SOON: "warn", UNKNOWN: "mute"}


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the audit trail."""

    at: datetime
    title: str
    text: str
    actor: str
    tone: str


def trail_words(entry: TrailEntry, book: Book) -> Happening:
    """A line of the trail as people read it."""
    if entry.kind == "step":
        return _step_words(entry, book)
    word = word_of("verdict" if entry.kind == "item" else entry.kind, entry.code)
    subject = subject_words(entry.subject, book) if entry.subject else ""
    title = _("%(subject)s: %(word)s") % {"subject": subject, "word": word.label}
    text = look_reason(entry.code, entry.text) if entry.kind == "access" else entry.text
    return Happening(entry.at, title if subject else str(word.label), text, entry.actor, word.tone)


def _step_words(entry: TrailEntry, book: Book) -> Happening:
    kind, _colon, code = entry.code.rpartition(":")
    word = word_of(kind or "application", code)
    title = _("deposit: %(state)s") % {"state": word.label} if kind == "deposit" else str(word.label)
    return Happening(entry.at, title, reason_words(entry.text, book), entry.actor, word.tone)


_PLAIN: Mapping[str, Promise] = {
    "begun": gettext_lazy("begun"),
    "handed in": gettext_lazy("handed in"),
    "every gate passed": gettext_lazy("every gate passed"),
    "mended and sent back": gettext_lazy("mended and sent back"),
}
_ASSESSED = re.compile(r"(failed|not evidenced): ([A-Z0-9, -]+)")
_PERSON = re.compile(r"(?:taken|put back) by (user:\d+)")
_LED = ("appeal: ", "override requested: ")


def reason_words(reason: str, book: Book) -> str:
    """What the system wrote in the reader's language; a person's words as they are."""
    if reason in _PLAIN:
        return str(_PLAIN[reason])
    if _PERSON.fullmatch(reason):
        return ""  # the title and the name beside it say it
    for lead in _LED:
        if reason.startswith(lead):
            return reason.removeprefix(lead)
    parts = reason.split("; ")
    if all(_ASSESSED.fullmatch(part) for part in parts):
        return _("; ").join(_assessed(part, book) for part in parts)
    return reason


def _assessed(part: str, book: Book) -> str:
    what, _colon, rules = part.partition(": ")
    named = subjects_words(rules.split(", "), book)
    told = _("not passed: %(rules)s") if what == "failed" else _("not evidenced: %(rules)s")
    return told % {"rules": named}


REFUSALS = (
    AppealClosed, ApplicationUnreadable, CauseMissing, DecidedAlready, GateNotOpen, HeldByAnother,
    IllegalTransition, NotAReviewer, NotAcceptable, NotInReview, OverrideClosed, OverrideUnderWay,
    ReasonMissing, SecondPersonNeeded, SubjectUnknown,
)  # fmt: skip


def refusal_words(refusal: Exception, book: Book) -> str:
    """Why an operation was refused, and what can be done about it."""
    words = _REFUSED.get(type(refusal))
    return words(refusal, book) if words else str(refusal)


def _decided(refusal: Any, book: Book) -> str:
    state = word_of("application", refusal.state).label
    told = {"state": state, "name": name_of(refusal.by) or _("somebody else")}
    return _("%(name)s was quicker: it is already “%(state)s”. Nothing was changed.") % told


def _not_in_review(refusal: Any, book: Book) -> str:
    if refusal.state == "superseded":
        return _("A later attempt of this seller has taken its place.")
    state = word_of("application", refusal.state).label
    return _("It is “%(state)s” now: there is nothing to review on it.") % {"state": state}


def _not_acceptable(refusal: Any, book: Book) -> str:
    what = subjects_words(refusal.subjects, book)
    return str(_AGAINST[refusal.why]) % {"what": what}


_AGAINST: Mapping[str, Promise] = {
    "gates": gettext_lazy("These gates are open and nobody has set them aside: %(what)s"),
    "items": gettext_lazy("These parts are still judged not in order: %(what)s"),
    "unseen": gettext_lazy("Nobody has looked at these items of the papers yet: %(what)s"),
    "stale": gettext_lazy("Papers or ticks changed after the last report: assess again first."),
    "appeal": gettext_lazy("An appeal waits for its answer: answer it first."),
    "report": gettext_lazy("There is no report to decide by."),
    "override": gettext_lazy("Not every gate passed: look at it one by one."),
    "warnings": gettext_lazy("A person has to look at it first: %(what)s"),
}
_REFUSED: Mapping[type[Exception], Callable[[Any, Book], str]] = {
    AppealClosed: lambda r, b: _("The appeal was answered already."),
    ApplicationUnreadable: lambda r, b: (
        _("The profile cannot be assessed: %(problem)s") % {"problem": r.problems[0]["path"]}
    ),
    CauseMissing: lambda r, b: _("Name at least one part and what is wrong with it: the seller must know."),
    DecidedAlready: _decided,
    GateNotOpen: lambda r, b: _("Choose gates that are open now."),
    HeldByAnother: lambda r, b: (
        _("%(name)s holds it. Take it over with a reason first.") % {"name": r.holder.name or r.holder.email}
    ),
    IllegalTransition: lambda r, b: _("That step does not follow the state it is in now."),
    NotAReviewer: lambda r, b: _("Only an active reviewer can do this."),
    NotAcceptable: _not_acceptable,
    NotInReview: _not_in_review,
    OverrideClosed: lambda r, b: _("The request was answered already."),
    OverrideUnderWay: lambda r, b: _("Another request waits for its second person: answer that one first."),
    ReasonMissing: lambda r, b: _("Say why: the reason is recorded, and the seller is told."),
    SecondPersonNeeded: lambda r, b: _("A second person has to answer: you asked for it, or you refused."),
    SubjectUnknown: lambda r, b: _("That is no part of this application."),
}


def due_words(time: ReviewTime) -> str:
    """Until when, for a remark under the time left."""
    return _("until the end of %(day)s") % {"day": day(time.due_on)} if time.due_on else ""
