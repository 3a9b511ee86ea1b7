"""The inbox of price alerts: each mended with one click, or all of them."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from bantuo.apps.catalog.models import PriceAlert
from bantuo.apps.catalog.operations import repair_prices
from bantuo.core.listing import exclusive_fen_max
from bantuo.interfaces.seller.application import WRITERS
from bantuo.interfaces.seller.listing_words import refusal_words
from bantuo.interfaces.seller.listings import tab_context
from bantuo.interfaces.web.access import SELLER_ROLES, access
from bantuo.interfaces.web.programme import programme_of
from bantuo.interfaces.web.requests import SellerRequest

PAGE = 20
CLEARED_SHOWN = 10


@access(view=SELLER_ROLES)
@require_safe
def alerts(request: SellerRequest) -> HttpResponse:
    """Every open alert with the highest price allowed, and the last ones that were cleared."""
    programme = programme_of(request)
    threshold = int(programme.book.amount("PRC-1", programme.on))
    every = PriceAlert.objects.filter(seller=request.seller).select_related("sku__product")
    page = Paginator(every.filter(cleared_at__isnull=True).order_by("-raised_at", "-id"), PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        **tab_context(request, "alerts"),
        "page": page,
        "rows": [
            {
                "alert": alert,
                "sku": alert.sku,
                "allowed_fen": exclusive_fen_max(alert.sku.ordinary_fen, threshold_bp=threshold),
            }
            for alert in page
        ],
        "share_bp": threshold,
        "mode": programme.book.amount("PRC-1.mode", programme.on),
        "cleared": every.filter(cleared_at__isnull=False).order_by("-cleared_at", "-id")[:CLEARED_SHOWN],
    }
    return render(request, "seller/listings/alerts.html", context)


@access(view=(), act=WRITERS)
@require_POST
def repair(request: SellerRequest) -> HttpResponse:
    """Lower the exclusive price of the alerts named, or of all, to the highest allowed."""
    programme = programme_of(request)
    named = (
        None if "all" in request.POST else [int(pk) for pk in request.POST.getlist("alert") if pk.isdecimal()]
    )
    done = repair_prices(
        request.seller.pk,
        alerts=named,
        book=programme.book,
        on=programme.on,
        now=programme.now,
        actor=request.user.actor,
    )
    if done.changed:
        told = ngettext("%(n)s price was lowered.", "%(n)s prices were lowered.", done.changed)
        messages.success(request, told % {"n": done.changed})
    elif not done.refused:
        messages.info(request, _("Nothing was left to mend."))
    for refused in done.refused[:5]:
        messages.error(request, f"{refused.value}: {refusal_words(refused)}")
    return redirect("seller:listing_alerts")
