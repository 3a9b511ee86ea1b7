"""The checklist as a seller sees it: a card per paper, with its parts, its state and the notes on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.apps.admission.models import Application
from bantuo.apps.admission.models import ApplicationState as S
from bantuo.apps.admission.operations.drafts import EDITABLE
from bantuo.apps.admission.queries import latest_application
from bantuo.apps.documents.checklist import (
    ACCEPTED,
    EXPIRED,
    MISSING,
    NOT_ACCEPTED,
    RECEIVED,
    PaperKind,
    paper_kinds,
    paper_state,
    required_kinds,
)
from bantuo.apps.documents.models import Document, DocumentTick
from bantuo.apps.documents.queries import ONE_SUFFICES, current_documents, current_ticks
from bantuo.engine.terms import terms_in_force
from bantuo.interfaces.seller.section_forms import recent_months
from bantuo.interfaces.web.paper_words import subject_words, tick_words
from bantuo.interfaces.web.programme import Programme

NOT_NEEDED = "not_needed"
BRAND = "DOC-7"
# While somebody decides on them, the papers stay as they were handed in.
LOCKED = frozenset({S.SUBMITTED.value, S.ASSESSED_PASS.value, S.IN_REVIEW.value})
_REMOVABLE = EDITABLE | {S.ASSESSED_FAIL.value, S.REJECTED.value, S.WITHDRAWN.value, S.EXITED.value}
_WORST_FIRST = (MISSING, EXPIRED, NOT_ACCEPTED, RECEIVED, ACCEPTED)
_EXPIRING = frozenset({"DOC-1", "DOC-2", "DOC-6", "DOC-7"})  # papers that say until when they are good
_HELP: Mapping[str, Promise] = {
    "DOC-1": gettext_lazy("A scan or photograph of the licence with the company seal on it."),
    "DOC-2": gettext_lazy("The legal representative holding the card: one photograph of each side."),
    "DOC-3": gettext_lazy("Either will do: the old permit, or the filing sheet of the basic account."),
    "DOC-4": gettext_lazy("One of the last months is enough; cross-border receipts must be visible."),
    "DOC-5": gettext_lazy("Print the template, sign it by hand, and seal it across the pages."),
    "DOC-6": gettext_lazy("For goods sold to Germany or France: the certificate of each registration."),
    "DOC-7": gettext_lazy("For each brand of somebody else that you sell."),
}


@dataclass(frozen=True, slots=True)
class Note:
    """What a reviewer found wrong with one item."""

    item: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a paper (a side of the card, a month) with what was uploaded for it."""

    subject: str
    label: str
    document: Document | None
    state: str
    notes: Sequence[Note] = ()


@dataclass(frozen=True, slots=True)
class PaperCard:
    """One paper of the checklist."""

    kind: PaperKind
    state: str
    parts: Sequence[Part]
    help: str
    items: Sequence[str] = field(default_factory=tuple)  # the reviewer's tick-list, in words

    @property
    def is_alternatives(self) -> bool:
        """Whether one of its parts is enough."""
        return self.kind.rule_id in ONE_SUFFICES

    @property
    def takes_name(self) -> bool:
        """Whether its parts are named freely (brands)."""
        return self.kind.rule_id == BRAND

    @property
    def takes_expiry(self) -> bool:
        """Whether the paper says until when it is good."""
        return self.kind.rule_id in _EXPIRING

    @property
    def is_open(self) -> bool:
        """Whether something is to be done about it."""
        return self.state in (MISSING, EXPIRED, NOT_ACCEPTED)

    @property
    def uploaded(self) -> Sequence[Part]:
        return [part for part in self.parts if part.document is not None]


def paper_cards(seller_id: int, programme: Programme) -> list[PaperCard]:
    """Every paper of the checklist as it stands now, what is needed first."""
    application = latest_application(seller_id)
    profile = application.profile if application else {}
    held = current_documents(seller_id)
    ticks = current_ticks([paper.pk for paper in held])
    needed = required_kinds(profile, book=programme.book, on=programme.on)
    cards = [
        _card(kind, held, ticks, profile, programme, is_needed=kind.rule_id in needed)
        for kind in paper_kinds(programme.book, on=programme.on)
    ]
    return sorted(cards, key=lambda card: card.state == NOT_NEEDED)


def paper_card(seller_id: int, kind: str, programme: Programme) -> PaperCard:
    """One paper of the checklist; raises StopIteration for what is none."""
    return next(card for card in paper_cards(seller_id, programme) if card.kind.rule_id == kind)


def may_upload(application: Application | None) -> bool:
    """Whether papers may be handed in or replaced now."""
    return application is None or application.state not in LOCKED


def may_remove(application: Application | None) -> bool:
    """Whether a paper may be taken away without another in its place."""
    return application is None or application.state in _REMOVABLE


def _card(
    kind: PaperKind,
    held: Iterable[Document],
    ticks: Mapping[int, Mapping[str, DocumentTick]],
    profile: Mapping[str, Any],
    programme: Programme,
    *,
    is_needed: bool,
) -> PaperCard:
    papers = {paper.subject: paper for paper in held if paper.kind == kind.rule_id}
    subjects = list(dict.fromkeys([*part_names(kind.rule_id, profile, programme), *papers]))
    parts = [_part(kind, name, papers.get(name), ticks, programme) for name in subjects]
    return PaperCard(
        kind=kind,
        state=_state(kind, parts, is_needed=is_needed),
        parts=parts,
        help=str(_HELP.get(kind.rule_id, "")),
        items=[tick_words(tick) for tick in kind.ticks],
    )


def part_names(kind: str, profile: Mapping[str, Any], programme: Programme) -> list[str]:
    """The parts that a paper has by nature; brands have none until they are named."""
    match kind:
        case "DOC-2":
            return ["front", "back"]
        case "DOC-3":
            return ["basic_account_filing", "permit"]
        case "DOC-4":
            months = terms_in_force(programme.book, programme.on).turnover_months
            return recent_months(programme.on, count=months)
        case "DOC-6":
            return _registrations(profile, programme)
        case "DOC-7":
            return []
    return [""]


def _registrations(profile: Mapping[str, Any], programme: Programme) -> list[str]:
    """Country and stream of every registration that the seller's goods need."""
    goods = profile.get("products", ())
    needs = terms_in_force(programme.book, programme.on).epr_streams
    return [
        f"{need.site}/{need.stream}"
        for need in needs
        if any(
            need.site in product.get("sites", ())
            and (need.applies_to == "all" or product.get(need.applies_to))
            for product in goods
        )
    ]


def _part(
    kind: PaperKind,
    subject: str,
    paper: Document | None,
    ticks: Mapping[int, Mapping[str, DocumentTick]],
    programme: Programme,
) -> Part:
    label = subject_words(kind.rule_id, subject)
    if paper is None:
        return Part(subject, label, None, MISSING)
    words = ticks[paper.pk]
    state = paper_state(
        expires_on=paper.expires_on,
        ticks={name: word.ticked for name, word in words.items()},
        wanted=kind.ticks,
        on=programme.on,
    )
    notes = [Note(tick_words(name), word.note) for name, word in words.items() if not word.ticked]
    return Part(subject, label, paper, state, notes)


def _state(kind: PaperKind, parts: Sequence[Part], *, is_needed: bool) -> str:
    """Of alternatives the best counts, of parts that are all needed the worst."""
    there = [part.state for part in parts if part.document is not None]
    if not there:
        return MISSING if is_needed else NOT_NEEDED
    if kind.rule_id in ONE_SUFFICES:
        return max(there, key=_WORST_FIRST.index)
    missing = [MISSING] if is_needed and len(there) < len(parts) else []
    return min([*there, *missing], key=_WORST_FIRST.index)


def locked_words(application: Application | None) -> str:
    """Why papers cannot be changed now; empty when they can."""
    if may_upload(application):
        return ""
    return _("Your papers are with the reviewers: they stay as you handed them in until there is an answer.")
