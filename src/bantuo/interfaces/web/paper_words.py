"""What papers, their parts and the looks at them are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.apps.accounts.queries import actor_names
from bantuo.apps.documents.models import Document, DocumentAccess, DocumentTick
from bantuo.core.policy import Book
from bantuo.interfaces.web.finding_words import STREAMS, TICKS
from bantuo.interfaces.web.templatetags.ui import tr
from bantuo.interfaces.web.words import BAD, INFO, MUTE, OK, WARN, Word, add_words

add_words(
    "paper",
    {
        "missing": Word(gettext_lazy("missing"), WARN),
        "not_needed": Word(gettext_lazy("not asked for"), MUTE),
        "received": Word(gettext_lazy("received"), INFO),
        "accepted": Word(gettext_lazy("looked at, in order"), OK),
        "not_accepted": Word(gettext_lazy("not accepted"), BAD),
        "expired": Word(gettext_lazy("out of date"), BAD),
        "replaced": Word(gettext_lazy("replaced"), MUTE),
        "destroyed": Word(gettext_lazy("destroyed"), MUTE),
    },
)
add_words(
    "look",
    {
        "upload": Word(gettext_lazy("uploaded"), INFO),
        "preview": Word(gettext_lazy("looked at"), MUTE),
        "unmask": Word(gettext_lazy("unmasked"), WARN),
        "download": Word(gettext_lazy("downloaded"), WARN),
        "replace": Word(gettext_lazy("replaced"), INFO),
        "destroy": Word(gettext_lazy("destroyed"), BAD),
        "consent": Word(gettext_lazy("consent recorded"), OK),
        "keep": Word(gettext_lazy("identity kept"), INFO),
        "withdraw": Word(gettext_lazy("consent withdrawn"), WARN),
    },
)
_KINDS: dict[str, Promise] = {
    "appeal": gettext_lazy("evidence for an appeal"),
    "deposit_proof": gettext_lazy("proof of a deposit payment"),
    "distance": gettext_lazy("evidence of the road distance"),
    "epr": gettext_lazy("EPR evidence"),
}
_SUBJECTS: dict[str, Promise] = {
    "front": gettext_lazy("portrait side"),
    "back": gettext_lazy("emblem side"),
    "permit": gettext_lazy("account-opening permit"),
    "basic_account_filing": gettext_lazy("basic-account filing"),
}


def kind_words(kind: str, *, book: Book) -> str:
    """What a kind of paper is called, in the reader's language."""
    if kind in book.rules:
        return tr(book.rules[kind].label)
    return str(_KINDS.get(kind, kind))


def subject_words(kind: str, subject: str) -> str:
    """What a paper belongs to within its kind: a side of the card, a month, a country and stream."""
    if kind == "DOC-6" and "/" in subject:
        site, _slash, stream = subject.partition("/")
        return f"{site} · {STREAMS.get(stream, stream)}"
    return str(_SUBJECTS.get(subject, subject))


def paper_words(document: Document, *, book: Book) -> str:
    """A paper's name for people: its kind and what it belongs to."""
    part = subject_words(document.kind, document.subject)
    kind = kind_words(document.kind, book=book)
    return _("%(kind)s (%(part)s)") % {"kind": kind, "part": part} if part else kind


def tick_words(tick: str) -> str:
    """What an item of a tick-list is called."""
    return str(TICKS.get(tick, tick))


@dataclass(frozen=True, slots=True)
class SeenItem:
    """What a reviewer said of one item."""

    label: str
    ticked: bool
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """One entry of the access log as people read it."""

    action: str
    reason: str
    happened_at: datetime
    who: str


def seen_items(words: Mapping[str, DocumentTick]) -> list[SeenItem]:
    """The last word on every item that was looked at."""
    return [SeenItem(tick_words(name), w.ticked, w.note, w.ticked_at) for name, w in words.items()]


_REASONS: dict[str, Promise] = {
    "removed by the seller": gettext_lazy("removed by the seller"),
    "retention ended": gettext_lazy("kept as long as it may be"),
    "consent withdrawn": gettext_lazy("consent withdrawn"),
}


def reason_words(action: str, reason: str) -> str:
    """A reason that the system wrote, in the reader's language; a person's own words as they are."""
    match action:
        case "replace":
            return _("by paper no. %(number)s") % {"number": reason.removeprefix("document ")}
        case "consent":
            return _("version %(version)s of the text") % {"version": reason.partition(" ")[0]}
        case "destroy":
            return str(_REASONS.get(reason, reason))
    return reason


def looks_of(entries: Iterable[DocumentAccess]) -> list[Look]:
    """Entries of the access log with the names of the people, asked for once."""
    held = list(entries)
    names = actor_names({entry.actor for entry in held})
    return [
        Look(
            entry.action,
            reason_words(entry.action, entry.reason),
            entry.happened_at,
            names.get(entry.actor) or _("system"),
        )
        for entry in held
    ]


def kind_choices(book: Book) -> list[tuple[str, str]]:
    """Every kind of paper with its name, for a select: the checklist's, then the others."""
    listed = [
        rule_id for rule_id, rule in book.rules.items() if rule.detail.get("document", {}).get("step") == 1
    ]
    return [(kind, kind_words(kind, book=book)) for kind in [*listed, *_KINDS]]
