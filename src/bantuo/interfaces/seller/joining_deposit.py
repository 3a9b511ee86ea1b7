"""The deposit: how to pay it, what the ledger holds, and the way out with its conditions."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bantuo.apps.admission.joining_queries import (
    cooling_ends_on,
    deposit_due_fen,
    deposit_lines,
    latest_deposit,
    refund_channel,
    release_conditions,
)
from bantuo.apps.admission.models import ApplicationState, Deposit, DepositState
from bantuo.apps.admission.operations.deposits import demand_deposits
from bantuo.apps.admission.operations.leaving import begin_exit, request_release
from bantuo.apps.admission.operations.payments import MANUAL, PROOF_KIND, pay_by_bank, report_payment
from bantuo.apps.admission.queries import deposits_held_fen, latest_application
from bantuo.apps.documents.operations import store_document
from bantuo.channels.bank import SandboxBank
from bantuo.channels.uploads import UploadRefused
from bantuo.core.calendar import CalendarYearUnknown
from bantuo.interfaces.web.access import SELLER_ROLES, Role, access
from bantuo.interfaces.web.joining_words import act_and_tell, condition_lines, refusal_words
from bantuo.interfaces.web.papers import (
    ACCEPT,
    client_address,
    refused_words,
    store,
    take_upload,
    vault,
)
from bantuo.interfaces.web.programme import Programme, programme_now
from bantuo.interfaces.web.requests import SellerRequest

PAYERS = {Role.SELLER_OWNER, Role.SELLER_FINANCE}
_LEAVABLE = frozenset(
    {
        ApplicationState.DEPOSIT_HELD,
        ApplicationState.WAREHOUSE_BOUND,
        ApplicationState.ACTIVE,
        ApplicationState.SUSPENDED,
    }
)
_BEFORE_RELEASE = frozenset({DepositState.HELD, DepositState.DEDUCTED, DepositState.TOP_UP_DUE})


class TransferForm(forms.Form):
    """A transfer made at the seller's own bank, for finance to find."""

    reference = forms.CharField(
        label=gettext_lazy("Bank reference"),
        max_length=80,
        help_text=gettext_lazy("As it stands on the bank's receipt."),
    )
    proof = forms.FileField(
        label=gettext_lazy("Proof of the transfer"),
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPT}),
        help_text=gettext_lazy("The bank's receipt as a picture or PDF."),
    )


@access(view=SELLER_ROLES)
@require_safe
def deposit(request: SellerRequest) -> HttpResponse:
    """What is held and due, how to pay, every ledger line, and what a refund waits for."""
    return _show(request, TransferForm())


def _show(request: SellerRequest, form: TransferForm) -> HttpResponse:
    programme = programme_now()
    application = latest_application(request.seller.pk)
    state = application.state if application else None
    if state == ApplicationState.AGREEMENT_SIGNED:
        _demand(request, programme)
    held = latest_deposit(request.seller.pk)
    context: dict[str, Any] = {
        "deposit": held,
        "state": state,
        "required_fen": held.required_fen if held else int(programme.book.amount("DEP-1", programme.on)),
        "form": form,
        "may_pay": bool(PAYERS.intersection(request.user.roles)),
        "is_owner": Role.SELLER_OWNER in request.user.roles,
        "can_leave": state in _LEAVABLE,
    }
    if held is not None:
        context |= _standing(request, held, programme)
    return render(request, "seller/deposit.html", context, status=422 if form.errors else 200)


def _demand(request: SellerRequest, programme: Programme) -> None:
    """Whoever signed is asked for the deposit, also when the signature came from elsewhere."""
    demand_deposits(
        [request.seller.pk],
        book=programme.book,
        on=programme.on,
        now=programme.now,
        actor=request.user.actor,
    )


def _standing(request: SellerRequest, deposit: Deposit, programme: Programme) -> dict[str, Any]:
    payments = list(deposit.payments.select_related("proof").order_by("-id"))
    conditions = release_conditions(
        request.seller.pk, book=programme.book, on=programme.on, now=programme.now
    )
    return {
        "held_fen": deposits_held_fen([deposit.pk]).get(deposit.pk, 0),
        "due_fen": deposit_due_fen(deposit),
        "payee": programme.book.amount("DEP-1.payee", programme.on),
        "payment_code": payment_code(deposit),
        "payments": payments,
        "is_waiting": any(payment.decided_at is None for payment in payments),
        "lines": deposit_lines(deposit.pk),
        "conditions": condition_lines(conditions),
        "route": refund_channel(deposit),
        "is_leaving": deposit.application.state in (ApplicationState.EXITING, ApplicationState.EXITED),
        "can_release": deposit.application.state == ApplicationState.EXITING
        and deposit.state in _BEFORE_RELEASE,
        **_cooling(programme, deposit),
    }


def _cooling(programme: Programme, deposit: Deposit) -> dict[str, Any]:
    """The first day a refund can be made: as recorded, else as it would be if cooling began today."""
    days = int(programme.book.amount("DEP-1.cooling_days", programme.on))
    try:
        ends: date | None = deposit.cooling_until or cooling_ends_on(book=programme.book, on=programme.on)
    except CalendarYearUnknown as unknown:
        return {"cooling_days": days, "cooling_ends": None, "calendar_note": refusal_words(unknown)}
    return {"cooling_days": days, "cooling_ends": ends, "calendar_note": ""}


def payment_code(deposit: Deposit) -> str:
    """What the seller writes into the transfer, so that finance finds it."""
    return f"DEP-{deposit.seller.code}-{deposit.pk}"


@access(view=PAYERS, act=PAYERS)
@require_POST
def pay_sandbox(request: SellerRequest) -> HttpResponse:
    """Let the sandbox bank take what is due: no money moves."""
    programme = programme_now()
    act_and_tell(
        request,
        lambda: pay_by_bank(
            request.seller.pk,
            bank=SandboxBank(),
            book=programme.book,
            on=programme.on,
            policy_version_id=programme.policy_version_id,
            now=programme.now,
            actor=request.user.actor,
        ),
        done=_("The sandbox bank reports the deposit as paid. Next: bind a warehouse."),
        nothing_new=_("Nothing is due on the deposit."),
    )
    return redirect("seller:deposit")


@access(view=PAYERS, act=PAYERS)
@require_POST
def report(request: SellerRequest) -> HttpResponse:
    """Tell finance of a transfer made at the seller's own bank, with its proof."""
    form = TransferForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, form)
    try:
        proof = _keep_proof(request, form)
    except UploadRefused as refused:
        form.add_error("proof", refused_words(refused))
        return _show(request, form)
    act_and_tell(
        request,
        lambda: _report(request, form.cleaned_data["reference"], proof),
        done=_("Finance has been told. You are told as soon as the money is found."),
    )
    return redirect("seller:deposit")


def _keep_proof(request: SellerRequest, form: TransferForm) -> int:
    programme = programme_now()
    kept = store_document(
        take_upload(form.cleaned_data["proof"], programme=programme),
        seller_id=request.seller.pk,
        kind=PROOF_KIND,
        subject=form.cleaned_data["reference"][:80],
        vault=vault(),
        store=store(),
        now=programme.now,
        actor=request.user.actor,
        address=client_address(request),
    )
    return int(kept.pk)


def _report(request: SellerRequest, reference: str, proof_id: int) -> bool:
    held = latest_deposit(request.seller.pk)
    report_payment(
        request.seller.pk,
        channel=MANUAL,
        amount_fen=deposit_due_fen(held) if held else 0,
        reference=reference,
        proof_id=proof_id,
        now=programme_now().now,
        actor=request.user.actor,
    )
    return True


@access(view={Role.SELLER_OWNER}, act={Role.SELLER_OWNER})
@require_POST
def leave(request: SellerRequest) -> HttpResponse:
    """Leave the programme: no new orders from now on, open ones are completed."""
    reason = request.POST.get("reason", "").strip()[:500]
    if not reason:
        messages.error(request, _("Say in a few words why you leave."))
        return redirect("seller:deposit")
    act_and_tell(
        request,
        lambda: begin_exit(
            [request.seller.pk], reason=reason, now=programme_now().now, actor=request.user.actor
        ),
        done=_("You are leaving: open orders go on, new ones are not taken. Now ask for the deposit back."),
        nothing_new=_("You are leaving already."),
    )
    return redirect("seller:deposit")


@access(view=PAYERS, act=PAYERS)
@require_POST
def release(request: SellerRequest) -> HttpResponse:
    """Ask for the deposit back."""
    act_and_tell(
        request,
        lambda: request_release([request.seller.pk], now=programme_now().now, actor=request.user.actor),
        done=_("Finance has been asked to release the deposit."),
        nothing_new=_("The release was asked for already."),
    )
    return redirect("seller:deposit")
