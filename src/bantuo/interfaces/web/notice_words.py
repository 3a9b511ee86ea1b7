"""What a notice says and where it leads, in the language of whoever reads it.

Titles and texts hold no names and no numbers of people: they also go out by mail. What a person
wrote (the reason of a decision) and the shop's name are shown in the inbox only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bantuo.apps.notices.models import Notice
from bantuo.apps.notices.topics import Subject
from bantuo.engine.books import load_book
from bantuo.interfaces.web.templatetags.ui import day, tr
from bantuo.interfaces.web.words import BAD, INFO, MUTE, OK, WARN

Payload = Mapping[str, Any]


def _nothing(payload: Payload) -> str:
    return ""


def _paper(payload: Payload) -> str:
    """The paper and its last day."""
    rule = load_book().rules.get(str(payload.get("kind")))
    name = tr(rule.label) if rule else str(payload.get("kind"))
    until = date.fromisoformat(payload["expires_on"])
    return gettext("%(paper)s: until %(day)s") % {"paper": name, "day": day(until)}


def _rule(payload: Payload) -> str:
    """The rule and the day its new value holds from."""
    rule = load_book().rules.get(str(payload.get("rule")))
    name = f"{payload['rule']} {tr(rule.label)}" if rule else str(payload["rule"])
    since = date.fromisoformat(payload["from"])
    return gettext("%(rule)s: from %(day)s") % {"rule": name, "day": day(since)}


def _list(payload: Payload) -> str:
    since = date.fromisoformat(payload["valid_from"])
    told = {"count": payload["categories"], "day": day(since)}
    return gettext("%(count)s categories: from %(day)s") % told


def _day_missing(payload: Payload) -> str:
    """How much is missing, and until when it can be stated."""
    until = timezone.localtime(datetime.fromisoformat(payload["cutoff_at"]))
    told = {"missing": payload["missing"], "listed": payload["listed"], "time": f"{until:%H:%M}"}
    text = gettext("%(missing)s of %(listed)s SKU × warehouse are missing; until %(time)s, Beijing time")
    return text % told


def _orders(payload: Payload) -> str:
    told = {"orders": payload["orders"], "day": day(date.fromisoformat(payload["day"]))}
    return gettext("%(orders)s orders, %(day)s") % told


def _version(payload: Payload) -> str:
    since = date.fromisoformat(payload["from"])
    return gettext("Version %(version)s: from %(day)s") % {"version": payload["version"], "day": day(since)}


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """How one kind of notice speaks; the action names the page it leads to."""

    title: str | Promise
    text: str | Promise = ""
    action: str | Promise = ""
    tone: str = INFO
    shows_reason: bool = False
    detail: Callable[[Payload], str] = _nothing


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice ready to be shown."""

    notice: Notice
    words: NoticeWords
    url: str
    detail: str
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
    "appeal_dismissed": NoticeWords(
        _("Your appeal was dismissed"),
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
    "override_confirmed": NoticeWords(
        _("An override was confirmed"),
        _("The gates named were set aside for one application; its audit trail has the reason."),
        _("Open the application"),
        OK,
    ),
    "override_declined": NoticeWords(
        _("An override was declined"),
        _("The gates named stay as they were found."),
        _("Open the application"),
        MUTE,
    ),
    "clock_running_out": NoticeWords(
        _("The time to find the cause is running out"),
        _("An application was rejected, and no item of it names the cause yet."),
        _("Open the application"),
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
        detail=_version,
    ),
    "document_expiring": NoticeWords(
        _("A document expires soon"),
        _("Upload a new one before that day, so that nothing stops."),
        _("Open the documents"),
        WARN,
        detail=_paper,
    ),
    "document_expired": NoticeWords(
        _("A document has expired"), _("Upload a new one."), _("Open the documents"), BAD, detail=_paper
    ),
    "policy_published": NoticeWords(
        _("A rule of the programme changes"),
        _("A new value was published. The page shows it with its date and source."),
        _("Open the rules"),
        detail=_rule,
    ),
    "categories_published": NoticeWords(
        _("A new list of admitted categories"),
        _("It was published with the day it takes effect on."),
        _("Open the rules"),
        detail=_list,
    ),
    "app_let_in": NoticeWords(
        _("An ERP app may act for your shop"),
        _("An owner allowed it, or made a token for it. If that is not right, end its access at once."),
        _("Open the ERP apps"),
    ),
    "webhook_gone": NoticeWords(
        _("A webhook endpoint is disabled: it says that it is gone"),
        _("It answered with status 410. What happened since is kept and can be sent again."),
        _("Open the endpoint"),
        WARN,
    ),
    "webhook_failing": NoticeWords(
        _("A webhook endpoint is disabled: nothing has gone through for days"),
        _("What happened since is kept and can be sent again once the endpoint answers."),
        _("Open the endpoint"),
        BAD,
    ),
    "stock_day_warned": NoticeWords(
        _("Today's stock is not complete yet"),
        _("What is not stated by the cut-off turns its open orders of the day back to you."),
        _("See what is missing"),
        WARN,
        detail=_day_missing,
    ),
    "stock_day_late": NoticeWords(
        _("Stock was not complete at the cut-off"),
        _("The stock page shows what was missing; a statement counts again from the next business day."),
        _("Open the stock page"),
        BAD,
    ),
    "orders_came_back": NoticeWords(
        _("Orders came back at the cut-off: they are yours to ship"),
        _("Their stock was not stated in time. The page says which orders and which SKUs."),
        _("See what came back"),
        BAD,
        detail=_orders,
    ),
    "orders_ship_due": NoticeWords(
        _("Orders are to be shipped today or soon, or are late"),
        _("Enter the tracking numbers, one by one or by file."),
        _("Open the list"),
        WARN,
        detail=_orders,
    ),
    "order_cancel_requested": NoticeWords(
        _("The cancellation of an order is asked for"),
        _("Until it is answered the order is neither released nor shipped."),
        _("Answer it"),
        WARN,
        shows_reason=True,
    ),
    "order_turning_reversed": NoticeWords(
        _("An operator took a fallback back"),
        _("The order is with the programme again; state its stock so that it can be released."),
        _("Open the order"),
        OK,
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
    "listing_request_waiting": NoticeWords(
        _("A seller asks for a new main image or video"),
        action=_("Open the request"),
        tone=WARN,
    ),
    "listing_request_approved": NoticeWords(
        _("A change of your listing is approved"), action=_("Open the requests"), tone=OK
    ),
    "listing_request_refused": NoticeWords(
        _("A change of your listing is refused"), action=_("Open the requests"), tone=BAD, shows_reason=True
    ),
    "import_done": NoticeWords(
        _("An import of listings is done"), action=_("See what became of it"), tone=OK
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
    Subject.STOCK: _("Stock: what is missing before and at the cut-off"),
    Subject.ORDERS: _("Orders: what came back, cancellations, deadlines"),
    Subject.INTEGRATIONS: _("Interfaces: webhook endpoints"),
    Subject.LISTINGS: _("Listings: imports, requests and what was decided"),
}


def show_notice(notice: Notice) -> Shown:
    """A notice in words; one of a kind that is not known any more shows its code."""
    words = WORDS.get(notice.topic) or NoticeWords(notice.topic)
    said = notice.payload
    reason = str(said.get("answer") or said.get("reason") or "") if words.shows_reason else ""
    return Shown(notice, words, notice_url(notice), words.detail(said), reason, str(said.get("shop", "")))


def notice_url(notice: Notice) -> str:
    """The address a notice leads to; empty when there is no such page any more."""
    name, *arguments = notice.link.split() or [""]
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
