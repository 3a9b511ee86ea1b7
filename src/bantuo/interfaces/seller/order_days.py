"""What came back at 16:00 and why; and the cancel requests to answer."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bantuo.apps.orders.cutoff_days import (
    came_back_counts,
    came_back_orders,
    came_back_skus,
    missing_skus,
    seller_cut,
)
from bantuo.apps.orders.order_lists import OrderFilter, listed_orders
from bantuo.apps.orders.order_rows import orders_by_id
from bantuo.core.clock import operating_day
from bantuo.interfaces.seller.orders import SHIPPERS
from bantuo.interfaces.web.access import SELLER_ROLES, access
from bantuo.interfaces.web.order_page import rows_of
from bantuo.interfaces.web.order_words import reason_text
from bantuo.interfaces.web.programme import programme_of
from bantuo.interfaces.web.requests import SellerRequest

PAGE_ROWS = 20
MISSING_MAX = 20  # the stock page has them all


@access(view=SELLER_ROLES)
@require_safe
def came_back(request: SellerRequest, day: str = "") -> HttpResponse:
    """A day's cut-off as it was for the seller: what came back and why, and what was not stated."""
    programme = programme_of(request)
    on = _day(day or request.GET.get("day", ""), today=programme.on)
    operating, seller = operating_day(programme.book, on), request.seller.pk
    text = request.GET.get("before", "")
    before = int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None
    ids = came_back_orders(seller, day=operating, limit=PAGE_ROWS + 1, before_id=before)
    return render(
        request,
        "seller/came_back.html",
        {
            "on": on,
            "is_today": on == programme.on,
            "day": operating,
            "is_cut": operating.is_cut(programme.now),
            "yesterday": on - timedelta(days=1),
            "tomorrow": on + timedelta(days=1) if on < programme.on else None,
            "cut": seller_cut(seller, on),
            "counts": came_back_counts(seller, day=operating),
            "skus": [(sku, reason_text(sku.reason)) for sku in came_back_skus(seller, day=operating)],
            "missing": missing_skus(seller, day=operating, limit=MISSING_MAX) if on == programme.on else [],
            "rows": rows_of(orders_by_id(ids[:PAGE_ROWS]), programme),
            "older": ids[PAGE_ROWS - 1] if len(ids) > PAGE_ROWS else None,
        },
    )


def _day(text: str, *, today: date) -> date:
    """The day asked for; nonsense and days to come are today."""
    try:
        return min(date.fromisoformat(text), today)
    except ValueError:
        return today


@access(view=SELLER_ROLES)
@require_safe
def order_cancels(request: SellerRequest) -> HttpResponse:
    """Orders whose cancellation is asked for, oldest first."""
    found = listed_orders(OrderFilter(request.seller.pk, cancel_asked=True), limit=100, newest_first=False)
    return render(
        request,
        "seller/order_cancels.html",
        {
            "rows": rows_of(found, programme_of(request)),
            "may_act": bool(SHIPPERS.intersection(request.user.roles)),
        },
    )
