"""The words and tones of every code that pages show. A code that stands here nowhere is shown as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

OK, WARN, BAD, INFO, MUTE = "ok", "warn", "bad", "info", "mute"


@dataclass(frozen=True, slots=True)
class Word:
    """How a code is shown."""

    label: str | Promise
    tone: str = MUTE


WORDS: dict[str, dict[str, Word]] = {
    "application": {
        "draft": Word(_("draft"), MUTE),
        "submitted": Word(_("submitted"), INFO),
        "assessed_pass": Word(_("assessed: passed"), OK),
        "assessed_fail": Word(_("assessed: not passed"), BAD),
        "in_review": Word(_("in review"), INFO),
        "needs_more": Word(_("more material asked for"), WARN),
        "approved": Word(_("approved"), OK),
        "agreement_signed": Word(_("agreement signed"), OK),
        "deposit_held": Word(_("deposit held"), OK),
        "warehouse_bound": Word(_("warehouse bound"), OK),
        "active": Word(_("active"), OK),
        "rejected": Word(_("rejected"), BAD),
        "withdrawn": Word(_("withdrawn"), MUTE),
        "suspended": Word(_("suspended"), WARN),
        "exiting": Word(_("leaving"), WARN),
        "exited": Word(_("left"), MUTE),
    },
    "finding": {
        "pass": Word(_("passed"), OK),
        "fail": Word(_("not passed"), BAD),
        "not_evidenced": Word(_("not evidenced"), WARN),
        "not_applicable": Word(_("not applicable"), MUTE),
        "review": Word(_("for a reviewer"), INFO),
    },
    "failure_class": {
        "F1": Word(_("flaw in the papers"), WARN),
        "F2": Word(_("data out of line"), WARN),
        "F3": Word(_("technical block"), WARN),
        "": Word(_("hard gate, no class given"), MUTE),
    },
    "deposit": {
        "due": Word(_("due"), WARN),
        "held": Word(_("held"), OK),
        "deducted": Word(_("deducted"), WARN),
        "top_up_due": Word(_("top-up due"), BAD),
        "release_requested": Word(_("release requested"), INFO),
        "cooling": Word(_("cooling"), INFO),
        "refunded": Word(_("refunded"), MUTE),
    },
    "rule_status": {
        "seed": Word(_("from the article"), INFO),
        "practice": Word(_("practice or our choice"), MUTE),
        "law": Word(_("law"), OK),
    },
    "date_status": {"stated": Word(_("date stated"), OK), "assumed": Word(_("date assumed"), MUTE)},
    "role": {
        "seller_owner": Word(_("owner")),
        "seller_listing": Word(_("listing")),
        "seller_stock": Word(_("stock")),
        "seller_finance": Word(_("finance")),
        "operator_reviewer": Word(_("reviewer")),
        "operator_policy": Word(_("policy owner")),
        "operator_finance": Word(_("operator finance")),
        "operator_warehouse": Word(_("warehouse manager")),
        "operator_auditor": Word(_("auditor, reads only")),
        "operator_administrator": Word(_("administrator")),
    },
    "listing_request": {
        "open": Word(_("waits for the operator"), WARN),
        "approved": Word(_("approved"), OK),
        "refused": Word(_("refused"), BAD),
        "replaced": Word(_("replaced by a later one"), MUTE),
        "withdrawn": Word(_("withdrawn"), MUTE),
    },
    "request_kind": {"main_image": Word(_("main image"), INFO), "video": Word(_("video"), INFO)},
    "yes_no": {"True": Word(_("yes"), OK), "False": Word(_("no"), MUTE)},
}


def word_of(kind: str, code: str) -> Word:
    """The word of a code; an unknown one is shown as it is, never hidden."""
    return WORDS.get(kind, {}).get(code) or Word(code or "–")


def add_words(kind: str, words: dict[str, Word]) -> None:
    """Let the pages of one topic add the codes that only they show."""
    WORDS.setdefault(kind, {}).update(words)


def choices(kind: str) -> list[tuple[str, Any]]:
    """The codes of a kind with their words, for a select."""
    return [(code, word.label) for code, word in WORDS[kind].items() if code]
