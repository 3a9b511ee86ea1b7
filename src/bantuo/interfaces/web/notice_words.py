"""What a notice says and where it leads, in the language of whoever reads it.

Titles and texts hold no names and no numbers of people: they also go out by mail. What a person
wrote (the reason of a decision) and the shop's name are shown in the inbox only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bantuo.apps.notices.models import Notice
from bantuo.apps.notices.topics import Subject
from bantuo.interfaces.web.words import BAD, INFO, MUTE, OK, WARN


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """How one kind of notice speaks; the action names the page it leads to."""

    title: str | Promise
    text: str | Promise = ""
    action: str | Promise = ""
    tone: str = INFO
    shows_reason: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice ready to be shown."""

    notice: Notice
    words: NoticeWords
    url: str
    reason: str
    shop: str


_DIAGNOSE = _("Open the diagnosis")
_DEPOSIT = _("Open the deposit")
WORDS: Mapping[str, NoticeWords] = {
    "assessment_passed": NoticeWords(
        _("Assessment passed"),
        _("Every gate is passed; a reviewer looks at the application next."),
        _("Open the report"),
        OK,
    ),
    "assessment_failed": NoticeWords(
        _("Assessment not passed"),
        _("Some gates are not passed or lack evidence. The diagnosis says what to mend, the quickest first."),
        _DIAGNOSE,
        BAD,
    ),
    "in_review": NoticeWords(
        _("Your application is in review"),
        _("A reviewer of the programme has it. You will be told what they decide."),
        _("Open the application"),
    ),
    "review_waiting": NoticeWords(
        _("An application waits for review"), action=_("Open the application"), tone=WARN
    ),
    "more_asked": NoticeWords(
        _("The reviewer asks for more"),
        _("Mend what is named in your application and send it back; nothing has to be filled in twice."),
        _("Open the application"),
        WARN,
        shows_reason=True,
    ),
    "approved": NoticeWords(
        _("Application approved"),
        _("Next: read and sign the service agreement."),
        _("Open the agreement"),
        OK,
    ),
    "rejected": NoticeWords(
        _("Application refused"),
        _("The diagnosis says why. You may mend and apply again, or appeal."),
        _DIAGNOSE,
        BAD,
        shows_reason=True,
    ),
    "appeal_waiting": NoticeWords(
        _("An appeal waits for a second reviewer"),
        _("Whoever refused the application cannot decide it."),
        _("Open the application"),
        WARN,
    ),
    "appeal_upheld": NoticeWords(
        _("Your appeal was upheld"),
        _("The application is in review again."),
        _("Open the application"),
        OK,
        shows_reason=True,
    ),
    "appeal_refused": NoticeWords(
        _("Your appeal was refused"),
        _("You may mend what was found and apply again."),
        _DIAGNOSE,
        BAD,
        shows_reason=True,
    ),
    "override_waiting": NoticeWords(
        _("An override waits for a second person"),
        _("Somebody asks to set a gate aside. Another person has to confirm or refuse it."),
        _("Open the application"),
        WARN,
    ),
    "override_decided": NoticeWords(
        _("Your request for an override was decided"), action=_("Open the application")
    ),
    "clock_running_out": NoticeWords(
        _("The time to find the cause is running out"),
        _("An application was refused and no diagnosis has been run on it since."),
        _("Open the application"),
        WARN,
    ),
    "clock_seller": NoticeWords(
        _("Find out what to mend"),
        _("Your application was not passed and you have not looked at the diagnosis yet: it takes a minute."),
        _DIAGNOSE,
        WARN,
    ),
    "deposit_due": NoticeWords(
        _("The deposit is due"),
        _("The agreement is signed. The page has the amount and how to pay it."),
        _DEPOSIT,
        WARN,
    ),
    "deposit_reported": NoticeWords(
        _("A deposit payment waits for confirmation"),
        _("A seller reports a transfer; compare it with the bank statement."),
        _("Open the deposits"),
        WARN,
    ),
    "deposit_held": NoticeWords(
        _("Deposit received"), _("Next: bind a designated warehouse."), _("Choose a warehouse"), OK
    ),
    "deposit_payment_refused": NoticeWords(
        _("Your deposit payment was not confirmed"),
        _("The page says why, and how to report the transfer again."),
        _DEPOSIT,
        BAD,
        shows_reason=True,
    ),
    "deposit_deducted": NoticeWords(_("Money was taken from your deposit"), action=_DEPOSIT, tone=WARN),
    "deposit_top_up_due": NoticeWords(
        _("Your deposit has to be topped up"), action=_DEPOSIT, tone=WARN, shows_reason=True
    ),
    "deposit_release_asked": NoticeWords(
        _("A seller asks for the deposit back"),
        _("Check that no order, dispute or claim is open."),
        _("Open the deposits"),
        WARN,
    ),
    "deposit_cooling": NoticeWords(
        _("Your deposit is on its way back"),
        _("The waiting period has begun; the page says until when."),
        _DEPOSIT,
    ),
    "deposit_refunded": NoticeWords(_("Deposit refunded"), action=_DEPOSIT, tone=OK),
    "agreement_changed": NoticeWords(
        _("A new version of the service agreement"),
        _("Please read what changes and sign the new version."),
        _("Open the agreement"),
        WARN,
    ),
    "document_expiring": NoticeWords(
        _("A document expires soon"),
        _("Upload a new one before that day, so that nothing stops."),
        _("Open the documents"),
        WARN,
    ),
    "document_expired": NoticeWords(
        _("A document has expired"), _("Upload a new one."), _("Open the documents"), BAD
    ),
    "policy_published": NoticeWords(
        _("A rule of the programme changes"),
        _("A new value was published. The page shows it with its date and source."),
        _("Open the rules"),
    ),
    "categories_published": NoticeWords(
        _("A new list of admitted categories"),
        _("It was published with the day it takes effect on."),
        _("Open the rules"),
    ),
    "warehouse_change": NoticeWords(
        _("A change of warehouse was announced"),
        _("The page says which warehouse, and from which day."),
        _("Open the warehouse page"),
    ),
    "warehouse_changed": NoticeWords(
        _("Your warehouse has changed"), action=_("Open the warehouse page"), tone=OK
    ),
    "active": NoticeWords(
        _("You are active in the programme"),
        _("Next: list goods with an exclusive price, and state your stock every day before the cut-off."),
        _("Open the seller centre"),
        OK,
    ),
    "suspended": NoticeWords(
        _("Your participation is suspended"), action=_("Open the seller centre"), tone=BAD, shows_reason=True
    ),
    "exited": NoticeWords(
        _("You have left the programme"), action=_("Open the seller centre"), tone=MUTE
    ),
}  # fmt: skip

SUBJECTS: Mapping[str, str | Promise] = {
    Subject.APPLICATION: _("My application: assessment, questions, decisions"),
    Subject.REVIEW: _("Work waiting for review, appeals, overrides"),
    Subject.DEPOSIT: _("Deposit"),
    Subject.AGREEMENT: _("Service agreement"),
    Subject.DOCUMENTS: _("Documents that expire"),
    Subject.WAREHOUSE: _("Warehouse"),
    Subject.POLICY: _("Changes of the programme's rules"),
}


def show_notice(notice: Notice) -> Shown:
    """A notice in words; one of a kind that is not known any more shows its code."""
    words = WORDS.get(notice.topic) or NoticeWords(notice.topic)
    reason = str(notice.payload.get("reason", "")) if words.shows_reason else ""
    return Shown(notice, words, notice_url(notice), reason, str(notice.payload.get("shop", "")))


def notice_url(notice: Notice) -> str:
    """The address a notice leads to; empty when there is no such page any more."""
    name, *arguments = notice.link.split()
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
