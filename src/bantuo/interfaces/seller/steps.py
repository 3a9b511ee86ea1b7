"""The seven steps over three phases: where a seller stands, what comes next, and who does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bantuo.apps.admission.models import ApplicationState as S
from bantuo.interfaces.web.programme import Programme
from bantuo.interfaces.web.templatetags.ui import tr

# The step that each state is in the middle of, counted from 1, and whether it is stuck there.
_AT: Mapping[str, tuple[int, str]] = {
    S.DRAFT: (1, "current"),
    S.NEEDS_MORE: (1, "failed"),
    S.SUBMITTED: (2, "current"),
    S.ASSESSED_PASS: (2, "current"),
    S.IN_REVIEW: (2, "current"),
    S.ASSESSED_FAIL: (2, "failed"),
    S.REJECTED: (2, "failed"),
    S.APPROVED: (3, "current"),
    S.AGREEMENT_SIGNED: (3, "current"),
    S.DEPOSIT_HELD: (4, "current"),
    S.WAREHOUSE_BOUND: (4, "current"),
    S.ACTIVE: (5, "current"),
    S.SUSPENDED: (5, "failed"),
    S.EXITING: (8, "done"),
    S.EXITED: (8, "done"),
    S.WITHDRAWN: (1, "current"),
}
_PAGES = {1: "seller:application", 2: "seller:report", 3: "seller:agreement", 4: "seller:warehouse"}
YOU, OPERATOR, SYSTEM = _("you"), _("the operator"), _("the system")


@dataclass(frozen=True, slots=True)
class Step:
    """One step as the stepper shows it."""

    label: str
    state: str
    url: str = ""
    phase: str = ""


@dataclass(frozen=True, slots=True)
class NextAction:
    """What happens next: who acts, what it is, where, and why."""

    who: Promise
    title: Promise
    text: Promise
    page: str = ""
    action: Promise | str = ""

    @property
    def url(self) -> str:
        return page_url(self.page)


_NEXT: Mapping[str | None, NextAction] = {
    None: NextAction(
        YOU, _("Begin your application"),
        _("Fill it in section by section; everything is kept as you go, on any device."),
        "seller:application", _("Begin"),
    ),
    S.DRAFT: NextAction(
        YOU, _("Complete and hand in your application"),
        _("Each section shows whether its gates would pass. Hand it in when you are ready."),
        "seller:application", _("Go on with the application"),
    ),
    S.SUBMITTED: NextAction(
        SYSTEM, _("Your application is being assessed"), _("The report appears here in a moment."),
        "seller:report", _("Report"),
    ),
    S.ASSESSED_PASS: NextAction(
        OPERATOR, _("A reviewer looks at your papers"),
        _("Every gate passed. You are told as soon as something is decided or asked for."),
        "seller:report", _("See the report"),
    ),
    S.IN_REVIEW: NextAction(
        OPERATOR, _("A reviewer looks at your application"),
        _("You are told as soon as something is decided or asked for."),
        "seller:report", _("See the report"),
    ),
    S.NEEDS_MORE: NextAction(
        YOU, _("The reviewer asks for more"),
        _("Mend what is listed, then send the application back. It keeps its place."),
        "seller:application", _("Mend the application"),
    ),
    S.ASSESSED_FAIL: NextAction(
        YOU, _("Mend what did not pass"),
        _("The diagnostic tool shows every cause and leads to the field that mends it."),
        "seller:diagnosis", _("Open the diagnostic tool"),
    ),
    S.REJECTED: NextAction(
        YOU, _("Your application was refused"),
        _("See the causes, mend them in a next attempt, or appeal to a second reviewer."),
        "seller:diagnosis", _("See the causes"),
    ),
    S.APPROVED: NextAction(
        YOU, _("Sign the service agreement"), _("Read it to the end and sign it here."),
        "seller:agreement", _("To the agreement"),
    ),
    S.AGREEMENT_SIGNED: NextAction(
        YOU, _("Pay the deposit"), _("The instructions and the state of your payment are on the page."),
        "seller:deposit", _("To the deposit"),
    ),
    S.DEPOSIT_HELD: NextAction(
        YOU, _("Bind a designated warehouse"), _("Compare distance, fee and capacity, then choose."),
        "seller:warehouse", _("Choose a warehouse"),
    ),
    S.WAREHOUSE_BOUND: NextAction(
        SYSTEM, _("You become active"), _("The last step is taken on its own."),
        "seller:warehouse", _("See the warehouse"),
    ),
    S.ACTIVE: NextAction(
        YOU, _("You are active"), _("List with an exclusive price and state your stock every day."),
    ),
    S.SUSPENDED: NextAction(
        OPERATOR, _("You are suspended"), _("The reason stands in the time line; the operator lifts it."),
    ),
    S.EXITING: NextAction(
        OPERATOR, _("You are leaving the programme"), _("The deposit page shows what is still open."),
        "seller:deposit", _("To the deposit"),
    ),
    S.EXITED: NextAction(
        YOU, _("You have left the programme"), _("You may apply again."),
        "seller:application", _("Apply again"),
    ),
    S.WITHDRAWN: NextAction(
        YOU, _("You withdrew the application"), _("What you stated is kept for a next attempt."),
        "seller:application", _("Begin again"),
    ),
}  # fmt: skip


def page_url(name: str) -> str:
    """The address of a page; empty for a page that this installation does not have."""
    try:
        return reverse(name) if name else ""
    except NoReverseMatch:
        return ""


def next_action(state: str | None) -> NextAction:
    """What comes next for an application in this state; None: there is none yet."""
    return _NEXT[state]


def seller_steps(
    state: str | None, programme: Programme, *, done: frozenset[int] = frozenset()
) -> list[Step]:
    """STEP-1 to STEP-7 of the book under their phases; `done` are steps an active seller has taken."""
    at, how = _AT[state] if state else (1, "current")
    book, on = programme.book, programme.on
    phases = [f"PHASE-{n}" for n in (1, 2, 3)]
    firsts = {book.amount(phase, on)[0]: tr(book.rules[phase].label) for phase in phases}
    steps = []
    for number in range(1, 8):
        rule = f"STEP-{number}"
        shown = "done" if number < at or number in done else how if number == at else "todo"
        url = page_url(_PAGES.get(number, "")) if shown != "todo" else ""
        steps.append(Step(tr(book.rules[rule].label), shown, url, firsts.get(rule, "")))
    return steps
