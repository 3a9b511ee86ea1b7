"""A seller's orders: the list, one order, and what the seller may do with it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bantuo.apps.aftersales.operations import (
    CancelAnswer,
    Cancelling,
    CancelResult,
    accept_cancel,
    cancel_lines,
    refuse_cancel,
)
from bantuo.apps.orders.operations.recipients import NewRecipient, change_address
from bantuo.apps.orders.order_rows import OrderDetail, order_detail
from bantuo.interfaces.seller.order_forms import (
    AddressForm,
    CancelForm,
    TrackingForm,
    pieces_asked,
)
from bantuo.interfaces.web.access import SELLER_ROLES, Role, access
from bantuo.interfaces.web.order_desk import order_list, save_list_filter
from bantuo.interfaces.web.order_page import order_context
from bantuo.interfaces.web.order_recipients import UnmaskForm, reveal
from bantuo.interfaces.web.order_words import refusal_text
from bantuo.interfaces.web.papers import vault
from bantuo.interfaces.web.programme import programme_of
from bantuo.interfaces.web.requests import SellerRequest

SHIPPERS = {Role.SELLER_OWNER, Role.SELLER_STOCK}
PAGE = "seller:orders"


@access(view=SELLER_ROLES)
@require_safe
def orders(request: SellerRequest) -> HttpResponse:
    """All orders of the seller, newest first."""
    return order_list(
        request,
        page=PAGE,
        seller_id=request.seller.pk,
        template="seller/orders.html",
        detail_url="seller:order",
    )


@access(view=SELLER_ROLES, act=SELLER_ROLES)
@require_POST
def save_orders_filter(request: SellerRequest) -> HttpResponse:
    """Keep a filter of the list, or take one away."""
    return save_list_filter(request, page=PAGE, back=PAGE)


def own_order(request: SellerRequest, pk: int) -> OrderDetail:
    """An order of this seller; no other exists."""
    detail = order_detail(request.seller.pk, pk)
    if detail is None:
        raise Http404
    return detail


@access(view=SELLER_ROLES)
@require_safe
def order(request: SellerRequest, pk: int) -> HttpResponse:
    """One order with its reasons, money and history, and what may be done with it now."""
    return show_order(request, own_order(request, pk))


def show_order(
    request: SellerRequest, detail: OrderDetail, *, status: int = 200, **context: Any
) -> HttpResponse:
    """The page of an order, with forms that were sent and found wrong."""
    shown = order_context(detail, programme_of(request))
    told = detail.order
    may_act = bool(SHIPPERS.intersection(request.user.roles))
    forms_shown = {
        "unmask_form": UnmaskForm(),
        "tracking_form": TrackingForm(),
        "cancel_form": CancelForm(),
        "address_form": AddressForm(initial={"country": told.destination, "province": told.region}),
    }
    return render(
        request,
        "seller/order.html",
        {
            **shown,
            **forms_shown,
            "may_act": may_act,
            "may_unmask": may_act,
            "may_ship": may_act
            and told.route == "self"
            and told.state == "to_ship"
            and told.cancel_id is None,
            "may_correct": may_act and told.state in ("to_ship", "shipped"),
            "detail_url": "seller:order",
            **context,
        },
        status=status,
    )


@access(view=SHIPPERS, act=SHIPPERS)
@require_POST
def unmask(request: SellerRequest, pk: int) -> HttpResponse:
    """The recipient in clear for one look, with a reason that is kept."""
    detail, form = own_order(request, pk), UnmaskForm(request.POST)
    facts = reveal(request, pk, seller_id=request.seller.pk, form=form)
    if facts is None:
        return show_order(request, detail, status=422, unmask_form=form)
    return show_order(request, detail, revealed=facts)


@access(view=SHIPPERS, act=SHIPPERS)
@require_POST
def change_order_address(request: SellerRequest, pk: int) -> HttpResponse:
    """Send the order elsewhere within its country, before it is released."""
    detail, form = own_order(request, pk), AddressForm(request.POST)
    if form.is_valid():
        (result,) = change_address(
            [NewRecipient(str(pk), pk, form.told())],
            seller_id=request.seller.pk,
            vault=vault(),
            now=programme_of(request).now,
            actor=request.user.actor,
        )
        if result.refusal is None:
            messages.success(request, _("The address is changed. It is shown masked from now on."))
            return redirect("seller:order", pk)
        form.add_error(None, refusal_text(result.refusal))
    return show_order(request, detail, status=422, address_form=form)


@access(view=SHIPPERS, act=SHIPPERS)
@require_POST
def cancel_order(request: SellerRequest, pk: int) -> HttpResponse:
    """Cancel all of an order or pieces of it; the buyer is refunded."""
    detail, form = own_order(request, pk), CancelForm(request.POST)
    if form.is_valid() and (pieces := _pieces(request, detail, form)) is not None:
        row = Cancelling(
            row=str(pk),
            order_id=pk,
            reference=f"page:{form.cleaned_data['token']}",
            reason=form.cleaned_data["reason"],
            responsible=form.cleaned_data["responsible"],
            lines=pieces,
        )
        (result,) = cancel_lines(
            [row], seller_id=request.seller.pk, now=programme_of(request).now, actor=request.user.actor
        )
        if result.refusal is None:
            messages.success(request, _("Cancelled. What was reserved is free again, the buyer is refunded."))
            return redirect("seller:order", pk)
        form.add_error(None, refusal_text(result.refusal))
    return show_order(request, detail, status=422, cancel_form=form)


def _pieces(request: SellerRequest, detail: OrderDetail, form: forms.Form) -> dict[int, int] | None:
    """Pieces by line; empty for the whole order; None, with the form saying so, where none is named."""
    if form.cleaned_data["extent"] == "all":
        return {}
    pieces = pieces_asked(request.POST, detail.order)
    if not pieces:
        form.add_error(None, _("Say how many pieces of which line: whole numbers, at least one."))
        return None
    return pieces


class AnswerForm(forms.Form):
    """Yes or no to a cancel request; a no says why."""

    answer = forms.ChoiceField(choices=[("accept", ""), ("refuse", "")])
    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=500)


@access(view=SHIPPERS, act=SHIPPERS)
@require_POST
def answer_cancel(request: SellerRequest, pk: int) -> HttpResponse:
    """Accept or refuse the open cancel request of an order."""
    detail, form = own_order(request, pk), AnswerForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose an answer."))
        return redirect("seller:order", pk)
    answer = CancelAnswer(str(pk), pk, form.cleaned_data["reason"])
    result = _answer(request, answer, form.cleaned_data["answer"])
    if result.refusal is not None:
        messages.error(request, refusal_text(result.refusal))
    elif form.cleaned_data["answer"] == "accept":
        messages.success(request, _("Cancelled, and the buyer is refunded."))
    else:
        messages.success(request, _("Refused. The order goes on."))
    back = request.POST.get("back")
    return redirect("seller:order_cancels") if back == "list" else redirect("seller:order", detail.order.id)


def _answer(request: SellerRequest, answer: CancelAnswer, word: str) -> CancelResult:
    act = accept_cancel if word == "accept" else refuse_cancel
    now, actor = programme_of(request).now, request.user.actor
    return act([answer], seller_id=request.seller.pk, now=now, actor=actor)[0]
