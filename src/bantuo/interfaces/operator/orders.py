"""All orders for operators: the list, one order, its recipient in clear, a fallback taken back, a split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bantuo.apps.orders.operations.reversal import Reversal, ReversalForbidden, reverse_turning
from bantuo.apps.orders.operations.warehouses import WarehouseSplit, split_by_warehouse
from bantuo.apps.orders.order_rows import OrderDetail, order_detail
from bantuo.apps.parties.models import Binding, Warehouse
from bantuo.core.clock import operating_day
from bantuo.interfaces.web.access import OPERATOR_ROLES, WRITING_OPERATORS, Role, access
from bantuo.interfaces.web.form_choices import choice_field
from bantuo.interfaces.web.order_desk import order_list, save_list_filter
from bantuo.interfaces.web.order_page import order_context
from bantuo.interfaces.web.order_recipients import NamedForm, UnmaskForm, reveal
from bantuo.interfaces.web.order_words import refusal_text, reversal_text
from bantuo.interfaces.web.programme import programme_of
from bantuo.interfaces.web.requests import UserRequest

PAGE = "operator:orders"
# Who decides on orders: the warehouse manager; who may look at an address: also a reviewer of disputes.
DECIDERS = {Role.WAREHOUSE}
UNMASKERS = {Role.WAREHOUSE, Role.REVIEWER}


@access(view=OPERATOR_ROLES)
@require_safe
def orders(request: UserRequest) -> HttpResponse:
    """Every seller's orders, newest first."""
    return order_list(
        request, page=PAGE, seller_id=None, template="operator/orders.html", detail_url="operator:order"
    )


@access(view=OPERATOR_ROLES, act=WRITING_OPERATORS)
@require_POST
def save_orders_filter(request: UserRequest) -> HttpResponse:
    """Keep a filter of the list, or take one away."""
    return save_list_filter(request, page=PAGE, back=PAGE)


class ReasonForm(NamedForm):
    """Why an operator decides otherwise."""

    stem = "decide"
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("Kept with the decision for good."),
    )


class SplitForm(NamedForm):
    """Another warehouse, and the lines it serves."""

    stem = "split"

    warehouse = forms.ChoiceField(label=gettext_lazy("Warehouse"))
    lines = forms.MultipleChoiceField(
        label=gettext_lazy("Lines it serves"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, detail: OrderDetail, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        used = Binding.objects.filter(seller_id=detail.order.seller_id).values("warehouse")
        places = Warehouse.objects.filter(pk__in=used).exclude(code=detail.order.warehouse).order_by("code")
        choice_field(self, "warehouse").choices = [(w.code, f"{w.code} {w.name_en}") for w in places]
        choice_field(self, "lines").choices = [
            (str(line.line_no), f"{line.sku} × {line.quantity}") for line in detail.order.lines
        ]


def any_order(pk: int) -> OrderDetail:
    """An order of any seller."""
    detail = order_detail(None, pk)
    if detail is None:
        raise Http404
    return detail


@access(view=OPERATOR_ROLES)
@require_safe
def order(request: UserRequest, pk: int) -> HttpResponse:
    """One order with its reasons, money and history."""
    return _show(request, any_order(pk))


def _show(request: UserRequest, detail: OrderDetail, *, status: int = 200, **context: Any) -> HttpResponse:
    roles = set(request.user.roles)
    may_decide = bool(DECIDERS & roles)
    split = SplitForm(detail=detail)
    return render(
        request,
        "operator/order.html",
        {
            **order_context(detail, programme_of(request)),
            "detail_url": "operator:order",
            "unmask_form": UnmaskForm(),
            "reason_form": ReasonForm(),
            "split_form": split,
            "may_decide": may_decide,
            "may_unmask": bool(UNMASKERS & roles),
            "may_split": may_decide
            and detail.order.state in ("reserved", "to_ship")
            and bool(choice_field(split, "warehouse").choices),
            **context,
        },
        status=status,
    )


@access(view=UNMASKERS, act=UNMASKERS)
@require_POST
def unmask(request: UserRequest, pk: int) -> HttpResponse:
    """The recipient in clear for one look, with a reason that is kept."""
    detail, form = any_order(pk), UnmaskForm(request.POST)
    facts = reveal(request, pk, seller_id=None, form=form)
    if facts is None:
        return _show(request, detail, status=422, unmask_form=form)
    return _show(request, detail, revealed=facts)


def take_back(request: UserRequest, orders: Sequence[int], form: ReasonForm) -> list[Reversal] | None:
    """Take the fallback of these orders back for the reason given; None, with the form saying why not."""
    if not form.is_valid():
        return None
    programme = programme_of(request)
    try:
        return reverse_turning(
            orders,
            reason=form.cleaned_data["reason"],
            book=programme.book,
            day=operating_day(programme.book, programme.on),
            now=programme.now,
            actor=request.user.actor,
        )
    except ReversalForbidden:
        form.add_error(None, _("By the rules in force nobody takes a fallback back."))
        return None


@access(view=DECIDERS, act=DECIDERS)
@require_POST
def reverse(request: UserRequest, pk: int) -> HttpResponse:
    """Take the fallback of one order back, with a reason."""
    detail, form = any_order(pk), ReasonForm(request.POST)
    results = take_back(request, [pk], form)
    if results is None:
        return _show(request, detail, status=422, reason_form=form)
    (result,) = results
    if result.outcome == "refused":
        told = reversal_text(result.reason)
        if result.line_no:
            told = _("%(why)s (line %(line)s)") % {"why": told, "line": result.line_no}
        messages.error(request, _("Not taken back: %(why)s.") % {"why": told})
        return _show(request, detail, status=422, reason_form=form)
    messages.success(request, _("Taken back: the order is reserved again, with your reason beside it."))
    return redirect("operator:order", pk)


@access(view=DECIDERS, act=DECIDERS)
@require_POST
def split(request: UserRequest, pk: int) -> HttpResponse:
    """Let another warehouse serve lines of an order from what lies there."""
    detail = any_order(pk)
    form = SplitForm(request.POST, detail=detail)
    if not form.is_valid():
        return _show(request, detail, status=422, split_form=form)
    programme = programme_of(request)
    lines = [int(no) for no in form.cleaned_data["lines"]]
    (result,) = split_by_warehouse(
        [WarehouseSplit(str(pk), pk, form.cleaned_data["warehouse"], lines)],
        seller_id=None,
        book=programme.book,
        day=operating_day(programme.book, programme.on),
        now=programme.now,
        actor=request.user.actor,
    )
    if result.refusal is not None:
        form.add_error(None, refusal_text(result.refusal))
        return _show(request, detail, status=422, split_form=form)
    messages.success(request, _("These lines are served from the other warehouse now."))
    return redirect("operator:order", result.part_id or pk)
