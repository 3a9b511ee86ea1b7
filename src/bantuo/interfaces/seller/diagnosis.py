"""半托管诊断工具: causes by class with their share, what to mend and where, runs and the 72-hour clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from bantuo.apps.admission.models import Assessment, ReviewItem
from bantuo.apps.admission.operations.applications import ApplicationUnreadable
from bantuo.apps.admission.operations.diagnosis import run_diagnosis
from bantuo.apps.admission.operations.drafts import StillOpen, start_draft
from bantuo.apps.admission.queries import (
    compare_runs,
    deciding_report,
    diagnosis_runs,
    failure_classes,
    failure_clock,
    open_by_report,
    refused_items,
    report_gates,
)
from bantuo.apps.admission.queries.drafts import composed_profile
from bantuo.core.policy import Book
from bantuo.engine.profiles import profile_problems
from bantuo.engine.report import finding_report
from bantuo.interfaces.seller.desk import Desk, open_desk, with_mend
from bantuo.interfaces.seller.report import by_effort
from bantuo.interfaces.seller.sections import mend_url
from bantuo.interfaces.web.access import SELLER_ROLES, Role, access
from bantuo.interfaces.web.finding_words import TICKS, gate_words, paper_label
from bantuo.interfaces.web.programme import Programme
from bantuo.interfaces.web.requests import SellerRequest
from bantuo.interfaces.web.templatetags.ui import tr
from bantuo.interfaces.web.words import INFO, MUTE, Word, add_words, word_of

RUNNERS = {Role.SELLER_OWNER, Role.SELLER_LISTING, Role.SELLER_STOCK}
CLASSES = ("F1", "F2", "F3", "")
_WHOLE_BP = 10_000
_PPM_IN_BP = 100
Gate = Mapping[str, Any]

add_words(
    "run",
    {
        "admission": Word(gettext_lazy("assessment"), INFO),
        "diagnostic": Word(gettext_lazy("own run"), MUTE),
        "review": Word(gettext_lazy("after mending"), INFO),
    },
)


@dataclass(frozen=True, slots=True)
class CauseClass:
    """One class of causes: its words, the shares, and what of it is open."""

    code: str
    label: str
    claimed_bp: int | None  # what the article claims; None: not disclosed
    measured_bp: int | None  # what this programme found; None: nothing to count yet
    gates: list[Gate]
    items: list[dict[str, Any]]

    @property
    def is_empty(self) -> bool:
        return not self.gates and not self.items


@dataclass(frozen=True, slots=True)
class Run:
    """One line of the history: a report, its open rules, and what changed since the one before."""

    report: Assessment
    open_rules: Sequence[str]
    mended: Sequence[str]
    new: Sequence[str]


@access(view=SELLER_ROLES)
@require_GET
def diagnosis(request: SellerRequest) -> HttpResponse:
    """Every cause by class, with evidence, how to mend it, and the field where that is done."""
    desk = open_desk(request.seller.pk)
    if desk is None:
        return render(request, "seller/diagnosis_none.html")
    runs = _runs(desk)
    shown = runs[0] if runs else None
    gates = [with_mend(gate, desk.programme) for gate in report_gates(shown.report)] if shown else []
    hours = int(desk.programme.book.amount("DIA-1", desk.programme.on))
    return render(
        request,
        "seller/diagnosis.html",
        {
            "desk": desk,
            "shown": shown,
            "classes": list(cause_classes(desk, by_effort(gates))),
            "open_count": sum(gate["is_open"] for gate in gates),
            "at_once": sum(gate["is_open"] and gate["fixable_now"] for gate in gates),
            "runs": runs,
            "labels": _labels(desk.programme.book, runs),
            "clock": failure_clock(desk.application, hours=hours),
            "hours": hours,
            "now": desk.programme.now,
            "claim": desk.programme.book.in_force("CLM-12", desk.programme.on),
            "may_appeal": desk.application.state in ("assessed_fail", "rejected"),
        },
    )


def _runs(desk: Desk) -> list[Run]:
    """The reports of the application, last first, each compared with the one before."""
    reports = diagnosis_runs(desk.application)
    found = open_by_report(reports)
    made = []
    for at, report in enumerate(reports):
        before = found.get(reports[at + 1].pk, ()) if at + 1 < len(reports) else ()
        compared = compare_runs(before, found.get(report.pk, ()))
        is_first = at + 1 == len(reports)
        made.append(Run(report, found.get(report.pk, ()), compared.mended, () if is_first else compared.new))
    return made


def _labels(book: Book, runs: Sequence[Run]) -> dict[str, str]:
    rules = {rule for run in runs for rule in (*run.open_rules, *run.mended, *run.new)}
    return {rule: tr(book.rules[rule].label) for rule in rules if rule in book.rules}


def cause_classes(desk: Desk, gates: Sequence[Gate]) -> Iterator[CauseClass]:
    """The three classes of the article and the gates it gives no class, with their shares."""
    book, on = desk.programme.book, desk.programme.on
    counted = failure_classes()
    total = sum(counted.values())
    items = [item_words(item, book) for item in refused_items(desk.application)]
    for code in CLASSES:
        rule = book.rules.get(code)
        measured = counted.get(code or None, 0) * _WHOLE_BP // total if total else None
        yield CauseClass(
            code=code,
            label=tr(rule.label) if rule else str(word_of("failure_class", "").label),
            claimed_bp=int(book.amount("CLM-12", on)) // _PPM_IN_BP if code == "F1" else None,
            measured_bp=measured,
            gates=[gate for gate in gates if (gate["class"] or "") == code],
            items=[item for item in items if item["class"] == code],
        )


def item_words(item: ReviewItem, book: Book) -> dict[str, Any]:
    """What a reviewer refused, by what it is, its class, and where it is mended."""
    rule_id, _colon, tick = item.subject.partition(":")
    rule = book.rules.get("DOC-0" if rule_id.startswith("DOC-") else rule_id)
    label = paper_label(rule_id, book)
    if tick:
        label = f"{label}: {TICKS.get(tick, tick)}"
    evidence = [f"{rule_id}: refused"] if rule_id.startswith("DOC-") else []
    return {
        "item": item,
        "label": label,
        "class": (rule.detail.get("failure_class") or "") if rule else "",
        "rule": rule.id if rule else "",
        "evidence": evidence,
        "mend_url": mend_url(rule.id, evidence, book=book) if rule else None,
    }


@access(view=RUNNERS, act=RUNNERS)
@require_POST
def run(request: SellerRequest) -> HttpResponse:
    """Run the evaluator now on what is there now, and say what changed."""
    desk = open_desk(request.seller.pk)
    if desk is None:
        return redirect("seller:application")
    before = _runs(desk)
    programme = desk.programme
    try:
        made = run_diagnosis(
            request.seller.pk,
            evaluator=programme.evaluator(),
            policy_version_id=programme.policy_version_id,
            on=programme.on,
            now=programme.now,
            actor=request.user.actor,
        )
    except ApplicationUnreadable as unreadable:
        for problem in unreadable.problems[:5]:
            messages.error(request, f"{problem['path']}: {problem['value']}: {problem['rule']}")
        return redirect("seller:diagnosis")
    _tell(request, made, before)
    return redirect("seller:diagnosis")


def _tell(request: SellerRequest, made: Assessment, before: Sequence[Run]) -> None:
    last = before[0] if before else None
    if last is not None and last.report.pk == made.pk:
        messages.info(request, _("Nothing has changed since the last run."))
        return
    found = open_by_report([made]).get(made.pk, ())
    if not found:
        messages.success(request, _("Every gate would pass now."))
        return
    compared = compare_runs(last.open_rules if last else (), found)
    told = _("Run again: %(mended)s mended, %(new)s new, %(open)s still open.") % {
        "mended": len(compared.mended),
        "new": len(compared.new) if last else 0,
        "open": len(compared.still_open) if last else len(found),
    }
    messages.info(request, told)


@access(view={Role.SELLER_OWNER, Role.SELLER_LISTING}, act={Role.SELLER_OWNER, Role.SELLER_LISTING})
@require_POST
def mend(request: SellerRequest) -> HttpResponse:
    """Lead to the field that mends a gate, beginning the next attempt when the last one is closed."""
    desk = open_desk(request.seller.pk)
    if desk is None:
        return redirect("seller:application")
    rule, place = request.POST.get("rule", ""), request.POST.get("place", "")
    if not desk.is_editable:
        try:
            start_draft(request.seller.pk, now=desk.programme.now, actor=request.user.actor)
        except StillOpen as still:
            word = word_of("application", still.state).label
            messages.warning(request, _("An application is under way already: %(state)s.") % {"state": word})
            return redirect("seller:diagnosis")
        messages.success(request, _("The next attempt is begun, with everything you stated before."))
    url = mend_url(rule, [place] if place else [], book=desk.programme.book)
    return redirect(url or "seller:application")


@access(view=SELLER_ROLES)
@require_GET
def replay(request: SellerRequest, pk: int) -> HttpResponse:
    """What is there now, judged by the rules as of an earlier report and as of today, gate by gate."""
    desk = open_desk(request.seller.pk)
    held = Assessment.objects.select_related("policy_version", "application").defer(
        "policy_version__document"
    )
    earlier = get_object_or_404(held, pk=pk, seller=request.seller)
    if desk is None:
        return redirect("seller:diagnosis")
    profile = _replayed_profile(earlier)
    problems = profile_problems(profile)
    context = {
        "earlier": earlier,
        "desk": desk,
        "problems": problems,
        "is_frozen": deciding_report(earlier.application) == earlier,
        "rows": [] if problems else list(_replayed(profile, earlier, desk.programme)),
    }
    return render(request, "seller/diagnosis_replay.html", context)


def _replayed_profile(earlier: Assessment) -> dict[str, Any]:
    """A decided application as it was frozen; what is still open as it is now."""
    application = earlier.application
    return dict(application.profile) if "documents" in application.profile else composed_profile(application)


def _replayed(
    profile: Mapping[str, Any], earlier: Assessment, programme: Programme
) -> Iterator[dict[str, Any]]:
    then = programme.evaluator(earlier.rated_on).assess(profile)
    today = programme.evaluator().assess(profile)
    stored = {gate["rule"]: gate_words(gate, programme.book) for gate in report_gates(earlier)}
    by_then = {f.rule: gate_words(finding_report(f), programme.book) for f in then.findings}
    by_now = {f.rule: gate_words(finding_report(f), programme.book) for f in today.findings}
    for rule in dict.fromkeys((*by_then, *by_now)):
        label = programme.book.rules[rule].label
        told = {"stored": stored.get(rule), "then": by_then.get(rule), "now": by_now.get(rule)}
        yield {"rule": rule, "label": label, **told, "differs": _status(told["then"]) != _status(told["now"])}


def _status(gate: Gate | None) -> str | None:
    return gate["status"] if gate else None
