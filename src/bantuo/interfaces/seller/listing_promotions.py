"""Promotions of the seller's own: a name, days, and what SKUs cost in them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, F, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from bantuo.apps.catalog.models import Promotion
from bantuo.apps.catalog.operations import (
    NewPromotionPrice,
    PromotionUnknown,
    PromotionUnusable,
    drop_promotion_price,
    end_promotion,
    open_promotion,
    price_promotion,
)
from bantuo.apps.catalog.operations.promotions import promotion_named, promotion_state
from bantuo.interfaces.seller.application import WRITERS
from bantuo.interfaces.seller.listing_words import refusal_words
from bantuo.interfaces.seller.listings import tab_context
from bantuo.interfaces.seller.section_fields import PlainField, YuanField
from bantuo.interfaces.web.access import SELLER_ROLES, access
from bantuo.interfaces.web.programme import programme_of
from bantuo.interfaces.web.requests import SellerRequest

PAGE = 20


class PromotionForm(forms.Form):
    """A promotion to come."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    first_on = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    last_on = forms.DateField(label=gettext_lazy("Last day"), widget=forms.DateInput(attrs={"type": "date"}))


class PriceForm(forms.Form):
    """What a SKU costs in a promotion."""

    sku_code = PlainField(label=gettext_lazy("SKU"), max_length=100)
    price_fen = YuanField(label=gettext_lazy("Promotional price in yuan"))

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if told.get("price_fen") is None and "price_fen" not in self.errors:
            self.add_error("price_fen", _("An amount is needed."))
        return told


@access(view=SELLER_ROLES, act=WRITERS)
def promotions(request: SellerRequest) -> HttpResponse:
    """All promotions, and a new one."""
    programme = programme_of(request)
    form = PromotionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = open_promotion(
                request.seller.pk,
                **form.cleaned_data,
                on=programme.on,
                now=programme.now,
                actor=request.user.actor,
            )
            return redirect("seller:listing_promotion", made.pk)
        except PromotionUnusable as unusable:
            form.add_error(unusable.field, _unusable_words(unusable))
    counted = Promotion.objects.filter(seller=request.seller).annotate(
        skus=Count("prices"),
        alerts=Count("prices", filter=Q(prices__price_fen__gt=F("prices__price_fen_max"))),
    )
    page = Paginator(counted.order_by("-first_on", "-id"), PAGE).get_page(request.GET.get("page"))
    context = {
        **tab_context(request, "promotions"),
        "page": page,
        "rows": [{"promotion": p, "state": promotion_state(p, on=programme.on)} for p in page],
        "form": form,
    }
    return render(request, "seller/listings/promotions.html", context, status=422 if form.errors else 200)


def _unusable_words(unusable: PromotionUnusable) -> str:
    match unusable.reason:
        case "taken":
            return _("There is a promotion with this name already.")
        case "order":
            return _("The last day comes before the first.")
        case "past":
            return _("The last day is over already.")
    return _("1 to %(n)s characters") % {"n": 100}


@access(view=SELLER_ROLES, act=WRITERS)
def promotion(request: SellerRequest, pk: int) -> HttpResponse:
    """One promotion with its prices; a price above the share of PRC-1 is marked, not stopped."""
    held, programme = _own(request, pk), programme_of(request)
    form = PriceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        row = NewPromotionPrice(1, form.cleaned_data["sku_code"], form.cleaned_data["price_fen"])
        done = price_promotion(
            pk, [row], seller_id=request.seller.pk, book=programme.book, on=programme.on,
            now=programme.now, actor=request.user.actor,
        )  # fmt: skip
        for refused in done.refused:
            form.add_error(refused.field, refusal_words(refused))
        if not done.refused:
            messages.success(request, _("%(sku)s is in the promotion.") % {"sku": row.sku_code})
            if done.alerts:
                messages.warning(request, _("The price is above its share of the ordinary price."))
            return redirect("seller:listing_promotion", pk)
    prices = held.prices.select_related("sku__product").order_by("sku__code")
    page = Paginator(prices, PAGE).get_page(request.GET.get("page"))
    context = {
        **tab_context(request, "promotions"),
        "promotion": held,
        "state": promotion_state(held, on=programme.on),
        "share_bp": programme.book.amount("PRC-1", programme.on),
        "page": page,
        "rows": [{"price": p, "is_alert": p.price_fen > p.price_fen_max} for p in page],
        "form": form,
    }
    return render(request, "seller/listings/promotion.html", context, status=422 if form.errors else 200)


@access(view=(), act=WRITERS)
@require_POST
def drop_price(request: SellerRequest, pk: int, sku_pk: int) -> HttpResponse:
    """Take a SKU out of a promotion."""
    _own(request, pk)
    drop_promotion_price(pk, sku_pk, seller_id=request.seller.pk)
    return redirect("seller:listing_promotion", pk)


@access(view=(), act=WRITERS)
@require_POST
def end(request: SellerRequest, pk: int) -> HttpResponse:
    """Call a promotion off."""
    _own(request, pk)
    end_promotion(pk, seller_id=request.seller.pk, now=programme_of(request).now, actor=request.user.actor)
    messages.success(request, _("The promotion is called off."))
    return redirect("seller:listing_promotion", pk)


def _own(request: SellerRequest, pk: int) -> Promotion:
    try:
        return promotion_named(pk, seller_id=request.seller.pk)
    except PromotionUnknown:
        raise Http404 from None
