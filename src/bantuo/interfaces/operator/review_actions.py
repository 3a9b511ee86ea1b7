"""What a reviewer does: one step on one application, or a safe step on many."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from bantuo.apps.admission.models import Appeal, Application, Override
from bantuo.apps.admission.operations.appeal_answers import decide_appeal
from bantuo.apps.admission.operations.assignment import (
    assign_application,
    release_application,
    take_application,
)
from bantuo.apps.admission.operations.overrides import confirm_override, decline_override, request_override
from bantuo.apps.admission.operations.reviewing import (
    accept_application,
    accept_clear_application,
    ask_for_more,
    judge_item,
    reassess,
    reject_application,
)
from bantuo.apps.admission.queries.review import active_reviewers
from bantuo.interfaces.operator.review import ACTING, READERS, application_page
from bantuo.interfaces.operator.review_forms import (
    AnswerForm,
    AssignForm,
    BulkForm,
    JudgeForm,
    OptionalReasonForm,
    OverrideForm,
    PartsForm,
    ReasonForm,
    SubjectForm,
)
from bantuo.interfaces.operator.review_page import ReviewFile, judge_prefix
from bantuo.interfaces.operator.review_words import REFUSALS, refusal_words
from bantuo.interfaces.web.access import access
from bantuo.interfaces.web.programme import Programme, programme_now
from bantuo.interfaces.web.requests import UserRequest

Act = Callable[[dict[str, Any], Programme], str]  # does it, and says what was done ("": it said so itself)
reviewers_act = access(view=READERS, act=ACTING)


@reviewers_act
@require_POST
def take(request: UserRequest, pk: int) -> HttpResponse:
    """Take an application for review; another's with a reason."""

    def act(told: dict[str, Any], programme: Programme) -> str:
        take_application(pk, reason=told["reason"], **_who(request, programme))
        return _("The application is yours.")

    return _step(request, pk, OptionalReasonForm, "take", act)


@reviewers_act
@require_POST
def release(request: UserRequest, pk: int) -> HttpResponse:
    """Put an application back into the queue."""

    def act(told: dict[str, Any], programme: Programme) -> str:
        release_application(pk, reason=told["reason"], **_who(request, programme))
        return _("It is back in the queue.")

    return _step(request, pk, OptionalReasonForm, "release", act)


@reviewers_act
@require_POST
def assign(request: UserRequest, pk: int) -> HttpResponse:
    """Give an application to a reviewer."""

    def act(told: dict[str, Any], programme: Programme) -> str:
        given = assign_application(
            pk, reviewer_id=told["reviewer"], reason=told["reason"], **_who(request, programme)
        )
        holder = given.assigned_to
        return _("Given to %(name)s.") % {"name": (holder.name or holder.email) if holder else ""}

    return _step(request, pk, AssignForm, "assign", act, reviewers=active_reviewers())


@reviewers_act
@require_POST
def judge(request: UserRequest, pk: int) -> HttpResponse:
    """Judge one part of an application; several forms of the page differ by their prefix."""
    prefix = request.POST.get("prefix", "judge")

    def act(told: dict[str, Any], programme: Programme) -> str:
        judge_item(
            pk,
            subject=told["subject"],
            verdict=told["verdict"],
            reason=told["reason"],
            **_who(request, programme),
        )
        return _("The judgement is recorded.")

    if prefix == "judge":
        file = ReviewFile(_application(pk), request, programme_now())
        return _step(request, pk, SubjectForm, prefix, act, anchor="decide", subjects=file.subjects)
    subject = request.POST.get(f"{prefix}-subject", "")
    return _step(request, pk, JudgeForm, prefix, act, anchor=judge_prefix(subject))


@reviewers_act
@require_POST
def more(request: UserRequest, pk: int) -> HttpResponse:
    """Ask the seller for more, part by part."""

    def act(told: dict[str, Any], programme: Programme) -> str:
        ask_for_more(pk, items=told["parts"], reason=told["reason"], **_who(request, programme))
        return _("The seller is asked for more.")

    return _parts_step(request, pk, "more", act)


@reviewers_act
@require_POST
def reject(request: UserRequest, pk: int) -> HttpResponse:
    """Refuse the seller, part by part."""

    def act(told: dict[str, Any], programme: Programme) -> str:
        reject_application(pk, causes=told["parts"], reason=told["reason"], **_who(request, programme))
        return _("The application is rejected, and the seller is told why.")

    return _parts_step(request, pk, "reject", act)


@reviewers_act
@require_POST
def accept(request: UserRequest, pk: int) -> HttpResponse:
    """Let the seller in."""

    def act(told: dict[str, Any], programme: Programme) -> str:
        papers = programme.evaluator().terms.documents
        accept_application(pk, papers=papers, reason=told["reason"], **_who(request, programme))
        return _("The seller is let in and can sign the agreement.")

    return _step(request, pk, ReasonForm, "accept", act)


@reviewers_act
@require_POST
def assess(request: UserRequest, pk: int) -> HttpResponse:
    """Evaluate again, with the papers, ticks and evidence of this moment."""

    def act(told: dict[str, Any], programme: Programme) -> str:
        report = reassess(
            pk,
            evaluator=programme.evaluator(),
            policy_version_id=programme.policy_version_id,
            on=programme.on,
            **_who(request, programme),
        )
        if report.passed:
            return _("Assessed again: every gate passed.")
        messages.warning(request, _("Assessed again: gates are open."))
        return ""

    return _step(request, pk, forms.Form, "assess", act, anchor="findings")


@reviewers_act
@require_POST
def override(request: UserRequest, pk: int) -> HttpResponse:
    """Ask for open gates to be set aside."""
    file = ReviewFile(_application(pk), request, programme_now())
    gates = file.forms["override"].fields["rules"].choices

    def act(told: dict[str, Any], programme: Programme) -> str:
        request_override(pk, rules=told["rules"], reason=told["reason"], **_who(request, programme))
        return _("A second reviewer has to confirm it.")

    return _step(request, pk, OverrideForm, "override", act, gates=gates)


@reviewers_act
@require_POST
def answer_override(request: UserRequest, pk: int) -> HttpResponse:
    """Confirm or decline a request for an override, as the second person."""
    asked = get_object_or_404(Override, pk=pk)
    confirms = request.POST.get("answer") == "confirm"

    def act(told: dict[str, Any], programme: Programme) -> str:
        answered = confirm_override if confirms else decline_override
        answered(asked.pk, reason=told["reason"], **_who(request, programme))
        return _("The gates are set aside.") if confirms else _("The request is declined.")

    return _step(request, asked.application_id, AnswerForm, "answer_override", act)


@reviewers_act
@require_POST
def answer_appeal(request: UserRequest, pk: int) -> HttpResponse:
    """Uphold or dismiss an appeal, as somebody else than who refused."""
    appeal = get_object_or_404(Appeal, pk=pk)
    upholds = request.POST.get("answer") == "uphold"

    def act(told: dict[str, Any], programme: Programme) -> str:
        decide_appeal(
            appeal.pk,
            verdict="uphold" if upholds else "dismiss",
            answer=told["reason"],
            **_who(request, programme),
        )
        return _("The appeal is upheld: the review goes on.") if upholds else _("The appeal is dismissed.")

    return _step(request, appeal.application_id, AnswerForm, "answer_appeal", act)


@reviewers_act
@require_POST
def bulk(request: UserRequest) -> HttpResponse:
    """One safe step for many rows; what became of each row is said by name."""
    form = BulkForm(request.POST, reviewers=active_reviewers())
    back = redirect(_back(request))
    if not form.is_valid() or (form.cleaned_data["step"] == "assign" and not form.cleaned_data["reviewer"]):
        messages.error(request, _("Choose what to do, and for “give to a reviewer” whom to."))
        return back
    chosen = request.POST.getlist("shown" if form.cleaned_data["every"] else "chosen")
    rows = list(
        Application.objects.filter(pk__in=[int(pk) for pk in chosen if pk.isdecimal()])
        .select_related("seller")
        .defer("profile")
        .order_by("waiting_since", "pk")
    )
    if not rows:
        messages.warning(request, _("No row is chosen."))
    _tell(request, _done_and_refused(rows, form.cleaned_data, request))
    return back


def _done_and_refused(
    rows: Iterable[Application], told: dict[str, Any], request: UserRequest
) -> dict[str, list[str]]:
    """The names of the rows by what became of them; the empty text is: done."""
    programme, became = programme_now(), dict[str, list[str]]()
    for row in rows:
        try:
            _BULK[told["step"]](row.pk, told, programme, request)
            outcome = ""
        except REFUSALS as refusal:
            outcome = refusal_words(refusal, programme.book)
        became.setdefault(outcome, []).append(row.seller.name)
    return became


def _tell(request: UserRequest, became: dict[str, list[str]]) -> None:
    for outcome, names in became.items():
        told = {"n": len(names), "names": _(", ").join(names), "why": outcome}
        if outcome:
            messages.warning(request, _("Not done for %(names)s: %(why)s") % told)
        else:
            messages.success(
                request, ngettext("Done for %(n)s: %(names)s", "Done for %(n)s: %(names)s", len(names)) % told
            )


def _accept_clear(pk: int, told: dict[str, Any], programme: Programme, request: UserRequest) -> None:
    papers = programme.evaluator().terms.documents
    accept_clear_application(pk, papers=papers, reason=told["reason"], **_who(request, programme))


_BULK: dict[str, Callable[[int, dict[str, Any], Programme, UserRequest], object]] = {
    "take": lambda pk, told, programme, request: take_application(
        pk, reason=told["reason"], **_who(request, programme)
    ),
    "release": lambda pk, told, programme, request: release_application(
        pk, reason=told["reason"], **_who(request, programme)
    ),
    "assign": lambda pk, told, programme, request: assign_application(
        pk, reviewer_id=told["reviewer"], reason=told["reason"], **_who(request, programme)
    ),
    "accept": _accept_clear,
}


def _who(request: UserRequest, programme: Programme) -> dict[str, Any]:
    return {"now": programme.now, "actor": request.user.actor}


def _parts_step(request: UserRequest, pk: int, name: str, act: Act) -> HttpResponse:
    file = ReviewFile(_application(pk), request, programme_now())

    class Parts(PartsForm):
        """With what it says of each part beside the fields."""

        def clean(self) -> dict[str, Any]:
            told = super().clean()
            return told if self.errors else {**told, "parts": self.parts}

    return _step(request, pk, Parts, name, act, subjects=file.subjects)


def _step(
    request: UserRequest,
    pk: int,
    form_class: type[forms.Form],
    name: str,
    act: Act,
    *,
    anchor: str = "",
    **options: Any,
) -> HttpResponse:
    """Do one step and come back to the page; a refusal keeps what was typed and says why."""
    application, programme = _application(pk), programme_now()
    form = form_class(request.POST, prefix=name, **options)
    if form.is_valid():
        try:
            said = act(form.cleaned_data, programme)
        except REFUSALS as refusal:
            form.add_error(None, refusal_words(refusal, programme.book))
        else:
            if said:
                messages.success(request, said)
            place = f"#{anchor}" if anchor else ""
            return redirect(f"{reverse('operator:application', args=[pk])}{place}")
    for error in form.non_field_errors():
        messages.error(request, str(error))
    application.refresh_from_db()
    return application_page(request, application, bound={name: form}, status=422)


def _application(pk: int) -> Application:
    return get_object_or_404(Application.objects.select_related("seller", "assigned_to"), pk=pk)


def _back(request: UserRequest) -> str:
    """The queue as it was filtered."""
    query = request.POST.get("query", "")
    return f"{reverse('operator:applications')}{'?' + query if query else ''}"
