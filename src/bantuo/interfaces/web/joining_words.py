"""Words of steps ③ and ④: payments, warehouses, conditions, and why something was not done."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.apps.admission.joining_queries import Condition
from bantuo.apps.admission.operations.agreements import AgreementChanged, VersionTaken, VersionTooEarly
from bantuo.apps.admission.operations.deposits import DeductionUnusable, DepositTooSmall
from bantuo.apps.admission.operations.joining import AgreementUnreadable
from bantuo.apps.admission.operations.leaving import ReleaseBlocked, StillCooling
from bantuo.apps.admission.operations.payments import (
    AmountDiffers,
    NothingDue,
    PaymentDecided,
    PaymentPending,
    PaymentUnusable,
    ReferenceMissing,
    RefundRouteUnsupported,
)
from bantuo.apps.admission.operations.rebinding import BindingUnchanged, NoticeNeeded, NoticeOpen
from bantuo.apps.admission.operations.transitions import (
    ApplicationUnknown,
    DepositUnknown,
    IllegalTransition,
    ReasonMissing,
)
from bantuo.apps.parties.operations import BindingRefused, DivisionUnknown, WarehouseInUse, WarehouseRefused
from bantuo.core.calendar import CalendarYearUnknown, known_years
from bantuo.core.policy import Book
from bantuo.interfaces.web.templatetags.ui import fen, km
from bantuo.interfaces.web.words import BAD, INFO, MUTE, OK, WARN, Word, add_words, word_of

add_words(
    "payment",
    {
        "waiting": Word(gettext_lazy("waits for finance"), INFO),
        "reported": Word(gettext_lazy("payment reported"), INFO),
        "confirmed": Word(gettext_lazy("payment confirmed"), OK),
        "refused": Word(gettext_lazy("payment refused"), BAD),
    },
)
add_words(
    "payment_channel",
    {
        "sandbox": Word(gettext_lazy("sandbox bank"), MUTE),
        "manual": Word(gettext_lazy("bank transfer with proof"), MUTE),
    },
)
add_words("agreement", {"signed_again": Word(gettext_lazy("new version of the agreement signed"), OK)})
add_words(
    "binding",
    {
        "noticed": Word(gettext_lazy("change of warehouse announced"), INFO),
        "withdrawn": Word(gettext_lazy("change of warehouse withdrawn"), MUTE),
        "applied": Word(gettext_lazy("change of warehouse in force"), OK),
    },
)
add_words(
    "warehouse_kind",
    {
        "bonded": Word(gettext_lazy("bonded"), INFO),
        "consolidation": Word(gettext_lazy("consolidation"), INFO),
        "regional": Word(gettext_lazy("regional"), INFO),
    },
)
add_words(
    "warehouse_state",
    {
        "open": Word(gettext_lazy("in operation"), OK),
        "planned": Word(gettext_lazy("opens later"), INFO),
        "closing": Word(gettext_lazy("closing"), WARN),
        "closed": Word(gettext_lazy("warehouse closed"), MUTE),
    },
)
add_words(
    "ledger_kind",
    {
        "deposit_held": Word(gettext_lazy("deposit received")),
        "deposit_topped_up": Word(gettext_lazy("top-up received")),
        "deposit_deducted": Word(gettext_lazy("deducted from the deposit")),
        "deposit_refunded": Word(gettext_lazy("paid back to the seller")),
    },
)
add_words(
    "release_condition",
    {
        "no_open_order": Word(gettext_lazy("orders not completed")),
        "no_open_dispute": Word(gettext_lazy("after-sales cases not decided")),
        "no_open_claim": Word(gettext_lazy("money owed to the programme")),
        "no_open_violation": Word(gettext_lazy("violations not settled")),
    },
)
add_words(
    "against_line",
    {
        "within": Word(gettext_lazy("within the line"), OK),
        "close": Word(gettext_lazy("close to the line"), WARN),
        "beyond": Word(gettext_lazy("beyond the line"), WARN),
    },
)
add_words(
    "difference",
    {
        "added": Word(gettext_lazy("added"), OK),
        "removed": Word(gettext_lazy("removed"), BAD),
        "changed": Word(gettext_lazy("changed"), WARN),
    },
)

Act = Callable[[], Any]


def act_and_tell(request: HttpRequest, act: Act, *, done: str, nothing_new: str = "") -> bool:
    """Do it and say so, or say why it was not done; True when it was (now or before)."""
    try:
        changed = act()
    except tuple(_WORDS) as refusal:
        messages.error(request, refusal_words(refusal))
        return False
    if changed or not nothing_new:
        messages.success(request, done)
    else:
        messages.info(request, nothing_new)
    return True


def refusal_words(refusal: Exception) -> str:
    """Why something was not done and what to do, in the reader's language."""
    for kind, words in _WORDS.items():
        if isinstance(refusal, kind):
            return words(refusal)
    return str(refusal)


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """A condition of the deposit's release in words, with how much of it is open."""

    is_open: bool
    words: str


def condition_lines(conditions: Iterable[Condition]) -> list[ConditionLine]:
    """Each condition as pages show it; what is owed is money, everything else a number of things."""
    return [ConditionLine(c.is_open, _condition(c)) for c in conditions]


def _condition(condition: Condition) -> str:
    word = word_of("release_condition", condition.code).label
    if condition.count is None:
        return _("%(what)s: cannot be told by this system") % {"what": word}
    amount = fen(condition.count) if condition.code == "no_open_claim" else f"{condition.count:,}"
    return f"{word}: {amount}"


def reason_told(reason: str) -> str:
    """A reason that an operation of these steps recorded, in the reader's language; others as they are.

    For time lines: what a person wrote within it stays as it was written.
    """
    for pattern, words in _REASONS:
        found = pattern.fullmatch(reason)
        if found:
            return words(found.groupdict(default=""))
    return reason


def warehouse_kind_rules(book: Book, on: date) -> dict[str, str]:
    """The rule behind each kind of warehouse: bonded → WHS-1."""
    named = [rule for rule in book.rules if rule.startswith("WHS-") and "." not in rule]
    return {str(found.amount): rule for rule in named if (found := book.find(rule, on)) is not None}


def _illegal(error: Any) -> str:
    kind, _blank, code = error.before.rpartition(" ")
    state = word_of(kind or "application", code).label
    return _("This cannot be done while the state is “%(state)s”.") % {"state": state}


def _blocked(error: Any) -> str:
    codes = [told.partition(":")[0] for open_ in error.obligations.values() for told in open_]
    words = "、".join(str(word_of("release_condition", code).label) for code in codes)
    return _("The deposit cannot be released yet. Still open: %(conditions)s.") % {"conditions": words}


def _amount(error: Any) -> str:
    told = {"due": fen(error.due_fen), "amount": fen(error.amount_fen)}
    return _("Exactly %(due)s is due, in one transfer; this is %(amount)s.") % told


def _decided(error: Any) -> str:
    if error.confirmed:
        return _("This payment is confirmed already.")
    return _("This payment was refused already. Report the new transfer under its own reference.")


def _in_use(error: Any) -> str:
    told = {"count": len(error.seller_ids), "code": error.code}
    return (
        _(
            "%(count)s sellers are bound to %(code)s or are coming to it. Each of them first announces a "
            "change of warehouse that is in force by then."
        )
        % told
    )


def _calendar(error: Any) -> str:
    first, last = known_years()
    return _(
        "The working days cannot be counted: the holiday calendar is known for %(first)s to %(last)s only. "
        "Update the calendar, then try again."
    ) % {"first": first, "last": last}


_WORDS: Mapping[type[Exception], Callable[[Any], str]] = {
    AgreementChanged: lambda e: _("A newer version is in force by now. Read it, then sign."),
    AgreementUnreadable: lambda e: _("The version, the text in both languages and the name are needed."),
    VersionTaken: lambda e: _(
        "That version is published already, with another text or day: choose a new one."
    ),
    VersionTooEarly: lambda e: _("A new version begins after the last one, and not on a day that is past."),
    AmountDiffers: _amount,
    PaymentDecided: _decided,
    PaymentPending: lambda e: _("A transfer waits for finance already. Wait for its answer."),
    PaymentUnusable: lambda e: _("The bank's reference and the proof of the transfer are needed."),
    NothingDue: lambda e: _("Nothing is due on the deposit."),
    DepositUnknown: lambda e: _("No deposit has been asked for yet."),
    ApplicationUnknown: lambda e: _("There is no application yet."),
    ReasonMissing: lambda e: _("A reason is needed: the seller is told."),
    ReleaseBlocked: _blocked,
    StillCooling: lambda e: _("The cooling days are not over yet."),
    CalendarYearUnknown: _calendar,
    ReferenceMissing: lambda e: _("Enter the bank's reference of the transfer back."),
    RefundRouteUnsupported: lambda e: _("The policy asks for a refund route that is not provided for."),
    DepositTooSmall: lambda e: _("The deposit holds less than that."),
    DeductionUnusable: lambda e: _("An amount, a reference, a rule and a reason are needed."),
    IllegalTransition: _illegal,
    BindingRefused: lambda e: _(
        "The warehouse takes nobody new, or the distance lacks its evidence. Choose again."
    ),
    BindingUnchanged: lambda e: _("You are bound exactly so already."),
    NoticeOpen: lambda e: _("A change is announced already. Withdraw it before you announce another."),
    NoticeNeeded: lambda e: _("Your present warehouse closes: the change cannot be withdrawn."),
    DivisionUnknown: lambda e: _("Choose a place from the list."),
    WarehouseInUse: _in_use,
    WarehouseRefused: lambda e: (
        _("Field %(field)s cannot be “%(value)s”: %(rule)s.")
        % {"field": e.field, "value": e.value, "rule": e.rule}
    ),
}


Told = Mapping[str, str]


def _money(told: Told) -> str:
    return fen(int(told["yuan"].replace(".", "")))


def _transfer(told: Told) -> str:
    channel = word_of("payment_channel", told["channel"]).label
    words = _("%(amount)s, %(channel)s, reference %(reference)s") % {
        "amount": _money(told),
        "channel": channel,
        "reference": told["reference"],
    }
    return f"{words}: {told['why']}" if told["why"] else words


def _distance(told: Told) -> str:
    words = {"code": told["code"], "distance": km(int(told["metres"])), "day": told["day"]}
    return _("warehouse %(code)s, %(distance)s by road, from %(day)s") % words


# As the operations write them; the English of a reason is what the audit trail keeps.
_REASONS: tuple[tuple[re.Pattern[str], Callable[[Told], str]], ...] = (
    (
        re.compile(
            r"\S+: CNY (?P<yuan>\d+\.\d\d), (?P<channel>sandbox|manual), "
            r"reference (?P<reference>\S+?)(?:: (?P<why>.*))?",
            re.DOTALL,
        ),
        _transfer,
    ),
    (
        re.compile(r"\S+: CNY (?P<yuan>\d+\.\d\d) received"),
        lambda t: _("%(amount)s received") % {"amount": _money(t)},
    ),
    (
        re.compile(r"\S+: CNY (?P<yuan>\d+\.\d\d) in all"),
        lambda t: _("%(amount)s in all") % {"amount": _money(t)},
    ),
    (
        re.compile(r"\S+: CNY (?P<yuan>\d+\.\d\d) paid back(?:, (?P<reference>.+))?"),
        lambda t: (
            _("%(amount)s paid back %(reference)s") % {"amount": _money(t), "reference": t["reference"]}
        ),
    ),
    (
        re.compile(r"(?P<rule>\S+): CNY (?P<yuan>\d+\.\d\d): (?P<why>.+)", re.DOTALL),
        lambda t: f"{_money(t)} ({t['rule']}): {t['why']}",
    ),
    (re.compile(r"\S+: CNY (?P<yuan>\d+\.\d\d)"), _money),
    (
        re.compile(r"DEP-1\.cooling_days: (?P<days>\d+) working days, until (?P<day>\S+)"),
        lambda t: _("%(days)s working days of cooling, until %(day)s") % t,
    ),
    (re.compile("asked for by the seller"), lambda t: _("asked for by the seller")),
    (
        re.compile(r"agreement version (?P<version>.+?) signed by (?P<name>.+)"),
        lambda t: _("agreement version %(version)s signed by %(name)s") % t,
    ),
    (re.compile(r"BND-1: warehouse (?P<code>\S+), (?P<metres>\d+) m, from (?P<day>\S+)"), _distance),
    (
        re.compile(r"warehouse \d+, (?P<metres>\d+) m"),
        lambda t: _("%(distance)s by road") % {"distance": km(int(t["metres"]))},
    ),
    (re.compile(r"served from (?P<day>\S+)"), lambda t: _("served from %(day)s") % t),
    (re.compile("step ④ is complete"), lambda t: _("step ④ is complete")),
    (re.compile("the deposit is paid back"), lambda t: _("the deposit is paid back")),
)
