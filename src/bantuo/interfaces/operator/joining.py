"""Deposits for finance: payments to confirm, what is held, deductions, and the way back to the seller."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bantuo.apps.admission.joining_queries import (
    cooling_ends_on,
    deposit_due_fen,
    deposit_lines,
    deposits_listed,
    refund_channel,
    release_conditions,
)
from bantuo.apps.admission.models import (
    ApplicationEvent,
    ApplicationState,
    Deposit,
    DepositPayment,
    DepositState,
)
from bantuo.apps.admission.operations.deposits import Deduction, deduct_deposits, demand_top_ups
from bantuo.apps.admission.operations.joining import reinstate_sellers, suspend_sellers
from bantuo.apps.admission.operations.leaving import start_cooling
from bantuo.apps.admission.operations.payments import confirm_payment, pay_back_deposit, refuse_payment
from bantuo.channels.bank import SandboxBank
from bantuo.core.calendar import CalendarYearUnknown
from bantuo.interfaces.operator.joining_tables import DepositFilter, Deposits
from bantuo.interfaces.web.access import OPERATOR_ROLES, Role, access
from bantuo.interfaces.web.joining_words import act_and_tell, condition_lines, reason_told, refusal_words
from bantuo.interfaces.web.programme import Programme, programme_now
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.tables import (
    list_page,
)
from bantuo.interfaces.web.words import word_of

FINANCE = {Role.FINANCE}
PROOF_READERS = {Role.FINANCE, Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR}
SUSPENDERS = {Role.REVIEWER, Role.ADMINISTRATOR}
REASON_MAX = 500


class DeductionForm(forms.Form):
    """What is taken from the deposit and why: the seller reads every word of it."""

    yuan = forms.DecimalField(
        label=gettext_lazy("Amount in yuan"), min_value=0, max_digits=12, decimal_places=2
    )
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=80,
        help_text=gettext_lazy("The claim or statement it pays; taken once only."),
    )
    rule = forms.CharField(label=gettext_lazy("Rule"), max_length=40, initial="DEP-1")
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=REASON_MAX)

    def clean_rule(self) -> str:
        rule = str(self.cleaned_data["rule"]).strip()
        if rule not in programme_now().book.rules:
            raise forms.ValidationError(_("The policy book has no such rule."))
        return rule


@access(view=OPERATOR_ROLES)
@require_safe
def deposits(request: UserRequest) -> HttpResponse:
    """All deposits: filter by state, by seller, and by payments that wait."""
    waiting = DepositPayment.objects.filter(decided_at__isnull=True).count()
    return list_page(
        request,
        table=Deposits,
        filter=DepositFilter,
        queryset=deposits_listed(),
        title=_("Deposits"),
        template="operator/deposits.html",
        context={"waiting": waiting},
    )


@access(view=OPERATOR_ROLES)
@require_safe
def deposit(request: UserRequest, pk: int) -> HttpResponse:
    """One deposit with its payments, ledger lines, conditions of release, and what may be done now."""
    found = get_object_or_404(Deposit.objects.select_related("seller", "application"), pk=pk)
    return _show(request, found, DeductionForm())


def _show(request: UserRequest, deposit: Deposit, form: DeductionForm) -> HttpResponse:
    programme = programme_now()
    lines = deposit_lines(deposit.pk)
    context = {
        "deposit": deposit,
        "form": form,
        "lines": lines,
        "held_fen": -sum(line.amount_fen for line in lines if line.account == "seller_deposit"),
        "due_fen": deposit_due_fen(deposit),
        "payments": list(deposit.payments.select_related("proof").order_by("-id")),
        "events": _events(deposit),
        "may_see_proof": bool(PROOF_READERS.intersection(request.user.roles)),
        "is_finance": Role.FINANCE in request.user.roles,
        "is_suspender": bool(SUSPENDERS.intersection(request.user.roles)),
        **_release(deposit, programme),
        **_possible(deposit, programme),
    }
    return render(request, "operator/deposit.html", context, status=422 if form.errors else 200)


def _release(deposit: Deposit, programme: Programme) -> dict[str, Any]:
    told = release_conditions(deposit.seller_id, book=programme.book, on=programme.on, now=programme.now)
    ends: date | None = deposit.cooling_until
    note = ""
    if ends is None:
        try:
            ends = cooling_ends_on(book=programme.book, on=programme.on)
        except CalendarYearUnknown as unknown:
            note = refusal_words(unknown)
    return {
        "conditions": condition_lines(told),
        "is_clear": not any(condition.is_open for condition in told),
        "cooling_days": programme.book.amount("DEP-1.cooling_days", programme.on),
        "cooling_ends": ends,
        "calendar_note": note,
        "route": refund_channel(deposit),
    }


def _possible(deposit: Deposit, programme: Programme) -> dict[str, bool]:
    """Which step may be taken now; the operations decide again."""
    state, application = deposit.state, deposit.application.state
    cooled = deposit.cooling_until is not None and deposit.cooling_until <= programme.on
    return {
        "can_cool": state == DepositState.RELEASE_REQUESTED,
        "can_refund": state == DepositState.COOLING and cooled,
        "can_deduct": state not in (DepositState.DUE, DepositState.REFUNDED),
        "can_top_up": state == DepositState.DEDUCTED and application != ApplicationState.EXITING,
        "can_suspend": application == ApplicationState.ACTIVE,
        "can_reinstate": application == ApplicationState.SUSPENDED,
    }


def _events(deposit: Deposit) -> list[dict[str, Any]]:
    """What happened to the deposit and its payments, latest first."""
    told = ApplicationEvent.objects.filter(application_id=deposit.application_id).filter(
        Q(state__startswith="deposit:") | Q(state__startswith="payment:")
    )
    return [_event(event) for event in told.order_by("-id")]


def _event(event: ApplicationEvent) -> dict[str, Any]:
    kind, _colon, code = event.state.partition(":")
    word = word_of(kind, code)
    title = _("deposit: %(state)s") % {"state": word.label} if kind == "deposit" else word.label
    return {"at": event.happened_at, "title": title, "text": reason_told(event.reason), "actor": event.actor,
            "tone": word.tone}  # fmt: skip


@access(view=FINANCE, act=FINANCE)
@require_POST
def confirm(request: UserRequest, pk: int) -> HttpResponse:
    """The money was found on the account: the deposit is held."""
    payment, programme = get_object_or_404(DepositPayment, pk=pk), programme_now()
    act_and_tell(
        request,
        lambda: confirm_payment(
            pk,
            book=programme.book,
            on=programme.on,
            policy_version_id=programme.policy_version_id,
            now=programme.now,
            actor=request.user.actor,
        ),
        done=_("The payment is confirmed and stands in the ledger. The seller has been told."),
        nothing_new=_("This payment is confirmed already."),
    )
    return redirect("operator:deposit", payment.deposit_id)


@access(view=FINANCE, act=FINANCE)
@require_POST
def refuse(request: UserRequest, pk: int) -> HttpResponse:
    """The money did not arrive, or not as it must: the seller is told why."""
    payment = get_object_or_404(DepositPayment, pk=pk)
    act_and_tell(
        request,
        lambda: refuse_payment(
            pk, reason=_reason(request), now=programme_now().now, actor=request.user.actor
        ),
        done=_("The payment is refused. The seller has been told why."),
        nothing_new=_("This payment was refused already."),
    )
    return redirect("operator:deposit", payment.deposit_id)


def _reason(request: UserRequest) -> str:
    return request.POST.get("reason", "").strip()[:REASON_MAX]


@access(view=FINANCE, act=FINANCE)
@require_POST
def demand_top_up(request: UserRequest, pk: int) -> HttpResponse:
    """Ask the seller to fill the deposit up again."""
    found = get_object_or_404(Deposit, pk=pk)
    act_and_tell(
        request,
        lambda: demand_top_ups([found.seller_id], now=programme_now().now, actor=request.user.actor),
        done=_("The seller has been asked to top the deposit up."),
        nothing_new=_("The top-up was asked for already."),
    )
    return redirect("operator:deposit", pk)


@access(view=FINANCE, act=FINANCE)
@require_POST
def deduct(request: UserRequest, pk: int) -> HttpResponse:
    """Pay what the seller owes out of its deposit."""
    found = get_object_or_404(Deposit.objects.select_related("seller", "application"), pk=pk)
    form = DeductionForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form)
    told, programme = form.cleaned_data, programme_now()
    deduction = Deduction(
        found.seller_id, int(told["yuan"] * 100), told["reference"], told["rule"], told["reason"]
    )
    act_and_tell(
        request,
        lambda: deduct_deposits(
            [deduction],
            on=programme.on,
            policy_version_id=programme.policy_version_id,
            now=programme.now,
            actor=request.user.actor,
        ),
        done=_("The amount is taken from the deposit. The seller has been told."),
        nothing_new=_("That reference was taken already: nothing was taken again."),
    )
    return redirect("operator:deposit", pk)


@access(view=FINANCE, act=FINANCE)
@require_POST
def cool(request: UserRequest, pk: int) -> HttpResponse:
    """Begin the cooling days, once nothing is open."""
    found, programme = get_object_or_404(Deposit, pk=pk), programme_now()
    act_and_tell(
        request,
        lambda: start_cooling(
            [found.seller_id],
            book=programme.book,
            on=programme.on,
            now=programme.now,
            actor=request.user.actor,
        ),
        done=_("The cooling days have begun."),
        nothing_new=_("The cooling days have begun before."),
    )
    return redirect("operator:deposit", pk)


@access(view=FINANCE, act=FINANCE)
@require_POST
def refund(request: UserRequest, pk: int) -> HttpResponse:
    """Pay the deposit back by the route it came."""
    found, programme = get_object_or_404(Deposit, pk=pk), programme_now()
    act_and_tell(
        request,
        lambda: pay_back_deposit(
            found.seller_id,
            bank=SandboxBank(),
            reference=request.POST.get("reference", "")[:80],
            book=programme.book,
            on=programme.on,
            policy_version_id=programme.policy_version_id,
            now=programme.now,
            actor=request.user.actor,
        ),
        done=_("The deposit is paid back, and the seller has left the programme."),
        nothing_new=_("The deposit was paid back before."),
    )
    return redirect("operator:deposit", pk)


@access(view=SUSPENDERS, act=SUSPENDERS)
@require_POST
def suspend(request: UserRequest, pk: int) -> HttpResponse:
    """Stop serving a seller for a time, for a reason it is told."""
    return _serve(request, pk, suspend_sellers, _("The seller is suspended and has been told why."))


@access(view=SUSPENDERS, act=SUSPENDERS)
@require_POST
def reinstate(request: UserRequest, pk: int) -> HttpResponse:
    """Serve a suspended seller again."""
    return _serve(request, pk, reinstate_sellers, _("The seller is served again."))


def _serve(request: UserRequest, pk: int, step: Any, done: str) -> HttpResponse:
    found, reason = get_object_or_404(Deposit, pk=pk), _reason(request)
    if not reason:
        messages.error(request, _("A reason is needed: the seller is told."))
        return redirect("operator:deposit", pk)
    now = programme_now().now
    act_and_tell(
        request,
        lambda: step([found.seller_id], reason=reason, now=now, actor=request.user.actor),
        done=done,
        nothing_new=_("That was so already."),
    )
    return redirect("operator:deposit", pk)
