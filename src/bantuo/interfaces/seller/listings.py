"""The listings of a shop: the list, the findings, the services ticked by default, export."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from bantuo.apps.catalog.models import ListingRequest, Product
from bantuo.apps.catalog.operations import SkuToDelist, delist_skus, set_listing_defaults
from bantuo.apps.catalog.operations.snapshots import snapshot
from bantuo.apps.catalog.queries import (
    incomplete_products,
    listing_counts,
    listing_defaults,
    repeated_listings,
)
from bantuo.core.policy import Text
from bantuo.engine.listing_books import listing_export
from bantuo.interfaces.seller.application import WRITERS
from bantuo.interfaces.seller.categories import category_names
from bantuo.interfaces.seller.listing_costs import NEAR_STEP, reckoner_for
from bantuo.interfaces.seller.listing_tables import SkuFilter, Skus, sku_rows
from bantuo.interfaces.web.access import SELLER_ROLES, access
from bantuo.interfaces.web.programme import programme_of
from bantuo.interfaces.web.requests import SellerRequest
from bantuo.interfaces.web.tables import EXPORT_ROWS, list_page

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHOWN_MAX = 50


def tab_context(request: SellerRequest, tab: str) -> dict[str, Any]:
    """What the tabs above every page of listings need, and whether the reader may change anything."""
    counts = listing_counts(request.seller.pk)
    return {
        "tab": tab,
        "counts": counts,
        "may_write": bool(WRITERS.intersection(request.user.roles)),
        "is_active": request.seller.programme_state == "active",
    }


@access(view=SELLER_ROLES)
@require_safe
def listings(request: SellerRequest) -> HttpResponse:
    """The SKUs with both prices, what each costs to serve and what is left."""
    programme = programme_of(request)
    reckoner = reckoner_for(request.seller.pk, programme)
    return list_page(
        request,
        table=Skus,
        filter=SkuFilter,
        queryset=sku_rows(request.seller.pk),
        title=_("Listings"),
        template="seller/listings/list.html",
        context={
            **tab_context(request, "skus"),
            "distance_m": reckoner.distance_m,
            "near_rule": NEAR_STEP,
        },
        table_options={"reckoner": reckoner},
    )


@access(view=SELLER_ROLES)
@require_safe
def export(request: SellerRequest) -> HttpResponse:
    """The SKUs on sale in the shape of our template: change it and import it again."""
    skus = sku_rows(request.seller.pk).filter(delisted_at__isnull=True).order_by("id")[:EXPORT_ROWS]
    content = listing_export(snapshot(sku) for sku in skus)
    return download(content, name=f"listings-{request.seller.code}-{timezone.localdate()}.xlsx")


def download(content: bytes, *, name: str) -> HttpResponse:
    """A workbook to keep."""
    response = HttpResponse(content, content_type=XLSX)
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@access(view=(), act=WRITERS)
@require_POST
def delist(request: SellerRequest) -> HttpResponse:
    """Take SKUs off sale; open orders go on."""
    rows = [
        SkuToDelist(at, request.seller.pk, code)
        for at, code in enumerate(request.POST.getlist("sku"), start=1)
    ]
    reason = _("taken off sale by the seller")
    done = delist_skus(rows, reason=reason, now=programme_of(request).now, actor=request.user.actor)
    told = ngettext("%(n)s SKU is off sale.", "%(n)s SKUs are off sale.", done.delisted)
    messages.success(request, told % {"n": done.delisted})
    return redirect("seller:listings")


@access(view=SELLER_ROLES)
@require_safe
def findings(request: SellerRequest) -> HttpResponse:
    """Goods listed too often, and required attributes that are missing."""
    programme = programme_of(request)
    times_max = int(programme.book.amount("ELG-10", programme.on))
    missing_max = int(programme.book.amount("ELG-8", programme.on))
    incomplete, names = incomplete_products(request.seller.pk), category_names(programme.on)
    context = {
        **tab_context(request, "findings"),
        "times_max": times_max,
        "missing_bp": missing_max // 100,
        "repeated": repeated_listings(request.seller.pk, times_max=times_max)[:_SHOWN_MAX],
        "incomplete": [
            {
                "product": product,
                "category": names.get(product.category, Text(product.category, product.category)),
                "is_over": _is_over(product, missing_max),
            }
            for product in incomplete[:_SHOWN_MAX]
        ],
        "incomplete_count": incomplete.count(),
        "requests": ListingRequest.objects.filter(seller=request.seller)
        .select_related("product")
        .order_by("-id")[:_SHOWN_MAX],
    }
    return render(request, "seller/listings/findings.html", context)


def _is_over(product: Product, missing_ppm_max: int) -> bool:
    """Whether more is missing than ELG-8 lets apparel miss."""
    return product.attributes_missing * 1_000_000 > product.attributes_required * missing_ppm_max


class ServicesForm(forms.Form):
    """What is ticked for a SKU that does not say."""

    label = forms.BooleanField(label=gettext_lazy("Labelling"), required=False)
    photo_qc = forms.BooleanField(label=gettext_lazy("Photo quality check"), required=False)
    apply_to_listed = forms.BooleanField(
        label=gettext_lazy("Set it for all SKUs on sale too"),
        required=False,
        help_text=gettext_lazy("Orders that are placed already keep what was ticked then."),
    )


@access(view=SELLER_ROLES, act=WRITERS)
def services(request: SellerRequest) -> HttpResponse:
    """Labelling and photo check for SKUs that do not say."""
    label, photo_qc = listing_defaults(request.seller.pk)
    form = ServicesForm(request.POST or None, initial={"label": label, "photo_qc": photo_qc})
    if request.method == "POST" and form.is_valid():
        changed = set_listing_defaults(request.seller.pk, now=programme_of(request).now, **form.cleaned_data)
        told = ngettext("Saved; %(n)s SKU was changed.", "Saved; %(n)s SKUs were changed.", changed)
        messages.success(request, told % {"n": changed} if changed else _("Saved for SKUs to come."))
        return redirect("seller:listing_services")
    context = {**tab_context(request, "services"), "form": form}
    return render(request, "seller/listings/services.html", context)
