"""Safety stock per SKU × warehouse: how much is held back from sale, one of the article's instant fixes."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bantuo.apps.stock.models import Balance
from bantuo.apps.stock.operations import QUANTITY_MAX, SellerRow, StatedRow, set_safety
from bantuo.interfaces.seller.section_fields import plain_text
from bantuo.interfaces.web.access import SELLER_ROLES, Role, access
from bantuo.interfaces.web.programme import programme_now
from bantuo.interfaces.web.requests import SellerRequest

PAGE = 50


@access(view=SELLER_ROLES, act={Role.SELLER_OWNER, Role.SELLER_STOCK})
def stock_threshold(request: SellerRequest) -> HttpResponse:
    """The seller's SKUs with what is held back of each, and a field to change it."""
    if request.method == "POST":
        return _set(request)
    return _show(request, {})


def _show(request: SellerRequest, refused: dict[str, str], *, status: int = 200) -> HttpResponse:
    balances = (
        Balance.objects.filter(seller=request.seller)
        .select_related("sku", "warehouse")
        .order_by("sku__code", "warehouse__code")
    )
    page = Paginator(balances, PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "balance": balance,
            "value": request.POST.get(f"safety_{balance.pk}", balance.safety),
            "error": refused.get(str(balance.pk), ""),
            "sellable": max(balance.declared - balance.declared_reserved - balance.safety, 0),
        }
        for balance in page
    ]
    context = {"page": page, "rows": rows, "is_active": request.seller.programme_state == "active"}
    return render(request, "seller/stock_threshold.html", context, status=status)


def _set(request: SellerRequest) -> HttpResponse:
    """Set what differs; a field that is no quantity is named and the others are kept."""
    wanted = {
        name.removeprefix("safety_"): text for name, text in request.POST.items() if name[:7] == "safety_"
    }
    keys = [int(key) for key in wanted if key.isdecimal()]
    balances = Balance.objects.filter(seller=request.seller, pk__in=keys).select_related("sku", "warehouse")
    rows, refused = [], {}
    for balance in balances:
        text = plain_text(wanted[str(balance.pk)])
        if text.isdecimal() and int(text) <= QUANTITY_MAX:
            stated = StatedRow(balance.pk, balance.sku.code, balance.warehouse.code, int(text))
            rows.append(SellerRow(request.seller.pk, stated))
        else:
            told = _("“%(value)s”: a whole number from 0 to %(high)s.")
            refused[str(balance.pk)] = told % {"value": text, "high": f"{QUANTITY_MAX:,}"}
    reason = _("set by the seller")
    done = set_safety(rows, reason=reason, now=programme_now().now, actor=request.user.actor)
    changed = ngettext("%(n)s SKU was changed.", "%(n)s SKUs were changed.", done.changed) % {
        "n": done.changed
    }
    messages.success(request, changed)
    if refused:
        return _show(request, refused, status=422)
    return redirect(request.get_full_path())
