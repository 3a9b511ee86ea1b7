"""One product: its SKUs with their costs, attributes, pictures, size chart, EPR numbers, history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bantuo.apps.catalog.models import (
    EprRegistration,
    ListingChange,
    ListingRequest,
    PriceChange,
    Product,
)
from bantuo.apps.catalog.operations import (
    NewEpr,
    RequestDecided,
    list_skus,
    register_epr,
    withdraw_request,
)
from bantuo.apps.catalog.operations.capabilities import mode_of
from bantuo.apps.catalog.operations.snapshots import row_of, snapshot
from bantuo.apps.catalog.queries import listing_history
from bantuo.core.listing import size_chart_problems
from bantuo.engine.attributes import category_attributes
from bantuo.engine.terms import load_schema
from bantuo.interfaces.seller.application import WRITERS
from bantuo.interfaces.seller.categories import category_names
from bantuo.interfaces.seller.listing_costs import reckoner_for
from bantuo.interfaces.seller.listing_tables import sku_rows
from bantuo.interfaces.seller.listing_words import field_words, refusal_words, value_words
from bantuo.interfaces.seller.listings import tab_context
from bantuo.interfaces.seller.section_fields import PlainField
from bantuo.interfaces.seller.size_charts import (
    ChartForm,
    chart_fields,
    chart_grid,
    chart_told,
    problem_words,
)
from bantuo.interfaces.web.access import SELLER_ROLES, access
from bantuo.interfaces.web.programme import programme_of
from bantuo.interfaces.web.requests import SellerRequest
from bantuo.interfaces.web.templatetags.ui import fen, tr

_HISTORY_SHOWN = 50


class EprForm(forms.Form):
    """A producer-responsibility number of the product."""

    market = forms.ChoiceField(label=gettext_lazy("Country"), choices=[("DE", "DE"), ("FR", "FR")])
    stream = forms.ChoiceField(
        label=gettext_lazy("Stream"),
        choices=[
            ("packaging", gettext_lazy("packaging")),
            ("weee", gettext_lazy("electrical")),
            ("battery", gettext_lazy("battery")),
        ],
    )
    number = PlainField(label=gettext_lazy("Number"), max_length=60)
    valid_until = forms.DateField(
        label=gettext_lazy("Valid until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


@dataclass(frozen=True, slots=True)
class Happening:
    """An entry of the history as the timeline shows it."""

    at: datetime
    title: str
    text: str
    actor: str
    tone: str = ""


@access(view=SELLER_ROLES)
@require_safe
def product(request: SellerRequest, pk: int) -> HttpResponse:
    """Everything of a product on one page."""
    held = get_object_or_404(Product, pk=pk, seller=request.seller)
    return _show(request, held, EprForm())


def _show(request: SellerRequest, held: Product, form: EprForm, *, status: int = 200) -> HttpResponse:
    programme = programme_of(request)
    reckoner = reckoner_for(request.seller.pk, programme)
    skus = list(sku_rows(request.seller.pk).filter(product=held).order_by("delisted_at", "id"))
    schema = load_schema("size_chart")
    context = {
        **tab_context(request, "skus"),
        "product": held,
        "category": category_names(programme.on).get(held.category),
        "mode": mode_of(skus[0]) if skus else "self",
        "skus": [{"sku": sku, "mode": mode_of(sku), "cost": reckoner.cost(sku)} for sku in skus],
        "distance_m": reckoner.distance_m,
        "attributes": list(_attributes(held)),
        "chart_problems": size_chart_problems(held.size_chart, schema=schema) if held.apparel else (),
        "epr": EprRegistration.objects.filter(seller=request.seller, product=held).order_by(
            "market", "stream"
        ),
        "epr_form": form,
        "asked": ListingRequest.objects.filter(seller=request.seller, product=held, state="open"),
        "history": [_happening(change) for change in listing_history(request.seller.pk, held.pk)][
            :_HISTORY_SHOWN
        ],
    }
    return render(request, "seller/listings/product.html", context, status=status)


def _attributes(held: Product) -> Iterator[dict[str, Any]]:
    """What the category asks for, then what was given beside it."""
    given = dict(held.attributes)
    for attribute in category_attributes(held.category):
        value = given.pop(attribute.name, "")
        yield {
            "label": tr(attribute.label),
            "value": value,
            "is_missing": attribute.is_required and not value,
        }
    for name, value in given.items():
        yield {"label": name, "value": value, "is_missing": False}


def _happening(change: ListingChange | PriceChange) -> Happening:
    code = change.sku.code if change.sku else ""
    if isinstance(change, PriceChange):
        told = (
            fen(change.new_fen)
            if change.old_fen is None
            else f"{fen(change.old_fen)} → {fen(change.new_fen)}"
        )
        return Happening(change.changed_at, f"{code} {field_words(change.kind)}", told, change.actor)
    told = f"{value_words('', change.old)[:80]} → {value_words('', change.new)[:80]}"
    return Happening(change.changed_at, f"{code} {field_words(change.field)}".strip(), told, change.actor)


@access(view=(), act=WRITERS)
@require_POST
def epr(request: SellerRequest, pk: int) -> HttpResponse:
    """Keep an EPR number of the product (ELG-17)."""
    held = get_object_or_404(Product, pk=pk, seller=request.seller)
    form = EprForm(request.POST)
    if form.is_valid():
        until: date | None = form.cleaned_data["valid_until"]
        row = NewEpr(
            1, request.seller.pk, held.code, form.cleaned_data["market"], form.cleaned_data["stream"],
            form.cleaned_data["number"], until,
        )  # fmt: skip
        done = register_epr([row], now=programme_of(request).now, actor=request.user.actor)
        for refused in done.refused:
            form.add_error("number", _("Wrong form: %(why)s") % {"why": refused.reason})
        if not done.refused:
            messages.success(request, _("The EPR number is kept."))
            return redirect("seller:listing_product", held.pk)
    return _show(request, held, form, status=422)


@access(view=(), act=WRITERS)
@require_POST
def withdraw(request: SellerRequest, pk: int) -> HttpResponse:
    """Take back a wish that the operator has not decided yet."""
    asked = get_object_or_404(ListingRequest, pk=pk, seller=request.seller)
    try:
        withdraw_request(
            pk, seller_id=request.seller.pk, now=programme_of(request).now, actor=request.user.actor
        )
        messages.success(request, _("The request is withdrawn."))
    except RequestDecided:
        messages.warning(request, _("The operator has decided already."))
    return redirect("seller:listing_product", asked.product_id)


@access(view=SELLER_ROLES, act=WRITERS)
def size_chart(request: SellerRequest, pk: int) -> HttpResponse:
    """The size chart of a product, built in a grid."""
    held = get_object_or_404(Product, pk=pk, seller=request.seller)
    if request.method != "POST":
        return _show_chart(request, held, chart_fields(held.size_chart))
    if request.POST.get("act") == "draw":
        return _show_chart(request, held, request.POST)
    chart = chart_told(request.POST)
    problems = size_chart_problems(chart, schema=load_schema("size_chart"))
    sku = held.skus.filter(delisted_at__isnull=True).select_related("product").order_by("id").first()
    if problems or sku is None:
        return _show_chart(request, held, request.POST, problems=problems, status=422)
    programme = programme_of(request)
    row = row_of(snapshot(sku) | {"size_chart": chart}, row=1, seller_id=request.seller.pk, sku_code=sku.code)
    done = list_skus([row], book=programme.book, on=programme.on, now=programme.now, actor=request.user.actor)
    for refused in done.refused:
        messages.error(request, refusal_words(refused))
    if not done.refused:
        messages.success(request, _("The size chart is saved."))
    return redirect("seller:listing_product", held.pk)


def _show_chart(
    request: SellerRequest,
    held: Product,
    fields: QueryDict,
    *,
    problems: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    found = problems or size_chart_problems(chart_told(fields), schema=load_schema("size_chart"))
    context = {
        **tab_context(request, "skus"),
        "product": held,
        "form": ChartForm(initial={**fields.dict(), "columns": fields.getlist("columns")}),
        "grid": chart_grid(fields),
        "problems": [problem_words(problem) for problem in found] if fields or problems else [],
        "is_sound": bool(fields) and not found,
    }
    drawn = request.headers.get("HX-Request") and request.POST.get("act") == "draw"
    template = "seller/parts/chart_grid.html" if drawn else "seller/listings/size_chart.html"
    return render(request, template, context, status=status)
