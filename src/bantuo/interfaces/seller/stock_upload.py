"""A sheet of stock: sent in, answered row by row, and fetched again with the answers in it."""

from __future__ import annotations

import uuid

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from bantuo.apps.parties.queries import current_binding
from bantuo.apps.stock.models import Balance, StockFile
from bantuo.apps.stock.operations import StockSheet, open_balances, take_stock_sheet
from bantuo.channels.uploads import clean_name
from bantuo.core.clock import operating_day
from bantuo.interfaces.seller.stock import ACTING
from bantuo.interfaces.seller.stock_sheets import (
    BYTES_MAX,
    ROWS_MAX,
    SheetUnusable,
    read_sheet,
    refusal_counts,
    result_workbook,
    sheet_template,
)
from bantuo.interfaces.web.access import SELLER_ROLES, access
from bantuo.interfaces.web.programme import programme_now
from bantuo.interfaces.web.requests import SellerRequest
from bantuo.interfaces.web.stock_words import field_words, refusal_words

ROWS_SHOWN = 100
FILES_SHOWN = 10
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class SheetForm(forms.Form):
    """The file, and whether its quantities hold the pieces of open orders."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    basis = forms.ChoiceField(
        label=gettext_lazy("The quantities"),
        choices=(
            ("gross", gettext_lazy("include the pieces reserved for open orders")),
            ("net", gettext_lazy("are what is left beside open orders")),
        ),
        initial="gross",
        widget=forms.RadioSelect,
    )
    file = forms.FileField(
        label=gettext_lazy("File"), widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"})
    )


@access(view=SELLER_ROLES, act=ACTING)
def upload(request: SellerRequest) -> HttpResponse:
    """Take a sheet in; what became of its rows is on the page that follows."""
    if request.method != "POST":
        return _show(request, SheetForm(initial={"token": uuid.uuid4()}))
    form = SheetForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, form, status=422)
    try:
        made = _take(request, form)
    except SheetUnusable as unusable:
        form.add_error("file", str(unusable))
        return _show(request, form, status=422)
    return redirect("seller:stock_file", pk=made.pk)


def _take(request: SellerRequest, form: SheetForm) -> StockFile:
    told, programme = form.cleaned_data, programme_now()
    file: UploadedFile[bytes] = told["file"]
    bound = current_binding(request.seller.pk)
    rows = read_sheet(file, warehouse=bound.warehouse.code if bound else "")
    sheet = StockSheet(told["token"], clean_name(file.name or ""), told["basis"], rows)
    return take_stock_sheet(
        request.seller.pk,
        sheet,
        day=operating_day(programme.book, programme.on),
        now=programme.now,
        actor=request.user.actor,
    )


def _show(request: SellerRequest, form: SheetForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "files": StockFile.objects.filter(seller=request.seller).defer("rows").order_by("-id")[:FILES_SHOWN],
        "bytes_max": BYTES_MAX >> 20,
        "rows_max": ROWS_MAX,
        "may_act": bool(ACTING.intersection(request.user.roles)),
    }
    return render(request, "seller/stock_upload.html", context, status=status)


@access(view=SELLER_ROLES)
@require_GET
def template(request: SellerRequest) -> HttpResponse:
    """The seller's SKUs with their quantities, as a sheet to fill in."""
    with transaction.atomic():
        open_balances([request.seller.pk], now=programme_now().now)
    listed = Balance.objects.filter(
        seller=request.seller, sku__semi_managed=True, sku__delisted_at__isnull=True
    ).order_by("sku__code", "warehouse__code")
    rows = listed.values_list("sku__code", "warehouse__code", "declared")
    return _file(sheet_template(list(rows[:ROWS_MAX])), "stock.xlsx")


@access(view=SELLER_ROLES)
@require_GET
def stock_file(request: SellerRequest, pk: int) -> HttpResponse:
    """What became of a sheet, with the first rows that were refused."""
    file = get_object_or_404(StockFile, seller=request.seller, pk=pk)
    refused = [row for row in file.rows if row[6]]
    shown = [
        {
            "row": row, "sku": sku, "warehouse": warehouse, "field": field_words(name), "value": value,
            "why": refusal_words(rule),
        }
        for row, sku, warehouse, _written, name, value, rule in refused[:ROWS_SHOWN]
    ]  # fmt: skip
    context = {
        "file": file, "refused": shown, "reasons": refusal_counts(file), "hidden": len(refused) - len(shown),
    }  # fmt: skip
    return render(request, "seller/stock_file.html", context)


@access(view=SELLER_ROLES)
@require_GET
def stock_file_result(request: SellerRequest, pk: int) -> HttpResponse:
    """The sheet with what became of each row beside it."""
    file = get_object_or_404(StockFile, seller=request.seller, pk=pk)
    stem = file.file_name.rpartition(".")[0] or file.file_name
    return _file(result_workbook(file), f"{stem}-{_('result')}.xlsx")


def _file(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=_XLSX)
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    return response
