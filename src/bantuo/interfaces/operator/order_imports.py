"""Files of marketplace orders: uploaded, looked at, taken in by a worker, given back with what is wrong."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bantuo.apps.orders.models import OrderImport
from bantuo.apps.orders.operations.imports import (
    ALL_ROWS_MAX,
    ImportClosed,
    TooManyRows,
    discard_import,
    draft_import,
    start_import,
)
from bantuo.apps.parties.models import Seller
from bantuo.interfaces.operator.order_files import (
    orders_template,
    problems_of,
    read_orders,
    results_workbook,
)
from bantuo.interfaces.operator.orders import DECIDERS
from bantuo.interfaces.web.access import OPERATOR_ROLES, access
from bantuo.interfaces.web.form_choices import choice_field
from bantuo.interfaces.web.order_runs import defer_import
from bantuo.interfaces.web.order_sheets import SheetUnusable, xlsx_response
from bantuo.interfaces.web.programme import programme_of
from bantuo.interfaces.web.requests import UserRequest

SHOWN = 20
_PROBLEMS_SHOWN = 100


class ImportForm(forms.Form):
    """A file, its marketplace, and whether one bad row stops all."""

    marketplace = forms.ChoiceField(label=gettext_lazy("Marketplace"))
    mode = forms.ChoiceField(
        label=gettext_lazy("If a row is refused"),
        choices=[
            ("each", gettext_lazy("take the other orders in")),
            ("all", gettext_lazy("take nothing in")),
        ],
    )
    file = forms.FileField(
        label=gettext_lazy("Orders as XLSX or CSV"),
        help_text=gettext_lazy("A row per line of an order. Nothing is taken in before you say so."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Seller.objects.order_by("marketplace").values_list("marketplace", flat=True).distinct()
        choice_field(self, "marketplace").choices = [(name, name) for name in names[:50]]


@access(view=OPERATOR_ROLES)
@require_safe
def order_imports(request: UserRequest) -> HttpResponse:
    """The last files, and the way to another one."""
    return _list(request, ImportForm())


def _list(request: UserRequest, form: ImportForm, *, status: int = 200) -> HttpResponse:
    may_act = bool(DECIDERS.intersection(request.user.roles))
    held = OrderImport.objects.order_by("-id")[:SHOWN]
    context = {"imports": held, "form": form, "may_act": may_act}
    return render(request, "operator/order_imports.html", context, status=status)


@access(view=OPERATOR_ROLES)
@require_safe
def orders_file_template(request: UserRequest) -> HttpResponse:
    """A workbook to fill in."""
    return xlsx_response(orders_template(), name="orders-template.xlsx")


@access(view=DECIDERS, act=DECIDERS)
@require_POST
def upload_orders(request: UserRequest) -> HttpResponse:
    """Read a file and keep its rows for a look."""
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, status=422)
    told = form.cleaned_data
    try:
        sheet, rows = read_orders(told["file"])
        if not rows:
            raise SheetUnusable(_("The file has no rows."))
        draft = draft_import(
            rows,
            columns=sheet.columns,
            marketplace=told["marketplace"],
            mode=told["mode"],
            file_name=told["file"].name,
            now=programme_of(request).now,
            actor=request.user.actor,
        )
    except SheetUnusable as unusable:
        form.add_error("file", str(unusable))
        return _list(request, form, status=422)
    except TooManyRows:
        words = _("As a whole at most %(rows)s rows are taken in: choose row by row, or split the file.")
        form.add_error("mode", words % {"rows": f"{ALL_ROWS_MAX:,}"})
        return _list(request, form, status=422)
    return redirect("operator:order_import", draft.pk)


@access(view=OPERATOR_ROLES)
@require_safe
def order_import(request: UserRequest, pk: int) -> HttpResponse:
    """A file as it was read, how far it has got, and what is wrong with it."""
    held = get_object_or_404(OrderImport, pk=pk)
    counts = dict(held.rows.values_list("outcome").annotate(Count("id")).order_by())
    wrong = held.rows.exclude(problems=[]).order_by("row")[:_PROBLEMS_SHOWN]
    total = sum(counts.values())
    waiting = counts.get("", 0)
    template = "parts/order_import_progress" if request.headers.get("HX-Request") else "order_import"
    return render(
        request,
        f"operator/{template}.html",
        {
            "held": held,
            "total": total,
            "counts": {name: counts.get(name, 0) for name in ("placed", "repeated", "refused")},
            "waiting": waiting,
            "percent": (total - waiting) * 100 // total if total else 100,
            "shown": held.rows.order_by("row")[:SHOWN],
            "problems": list(problems_of(wrong))[:_PROBLEMS_SHOWN],
            "may_act": bool(DECIDERS.intersection(request.user.roles)) and held.state == "draft",
        },
    )


@access(view=DECIDERS, act=DECIDERS)
@require_POST
def start_order_import(request: UserRequest, pk: int) -> HttpResponse:
    """Let a worker take the file in."""
    get_object_or_404(OrderImport, pk=pk)
    try:
        start_import(pk)
    except ImportClosed:
        messages.warning(request, _("This file was taken in or discarded already."))
    else:
        defer_import(pk)
        messages.success(request, _("The orders are being taken in; you may leave this page."))
    return redirect("operator:order_import", pk)


@access(view=DECIDERS, act=DECIDERS)
@require_POST
def discard_order_import(request: UserRequest, pk: int) -> HttpResponse:
    """Put a file aside."""
    get_object_or_404(OrderImport, pk=pk)
    try:
        discard_import(pk, now=programme_of(request).now)
    except ImportClosed:
        messages.warning(request, _("This file was taken in or discarded already."))
    else:
        messages.success(request, _("The file is discarded; nothing has changed."))
    return redirect("operator:order_imports")


@access(view=OPERATOR_ROLES)
@require_safe
def order_import_file(request: UserRequest, pk: int) -> HttpResponse:
    """The file as it came, with what is wrong beside each cell."""
    held = get_object_or_404(OrderImport, pk=pk)
    content = results_workbook(held, held.rows.order_by("row").iterator(chunk_size=2000))
    return xlsx_response(content, name=f"orders-{held.pk}-results.xlsx")
