"""16:00 for operators: the countdown, the days and their reports, a dry run, running it, taking it back."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from bantuo.apps.orders.cutoff_days import (
    WaitingSeller,
    cut_day,
    cut_days,
    late_sellers,
    missing_skus,
    waiting_sellers,
)
from bantuo.apps.orders.models import Order
from bantuo.apps.orders.operations.cutover import CutOffNotReached, fence_day, preview_cut_over
from bantuo.apps.orders.operations.reversal import Reversal, turned_orders_of
from bantuo.apps.parties.models import Seller
from bantuo.core.clock import OperatingDay, operating_day
from bantuo.interfaces.operator.orders import DECIDERS, ReasonForm, take_back
from bantuo.interfaces.web.access import OPERATOR_ROLES, access
from bantuo.interfaces.web.order_runs import defer_turning
from bantuo.interfaces.web.order_words import reversal_text
from bantuo.interfaces.web.programme import programme_of
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.workers import is_worker_running

DAYS_SHOWN = 30
SELLERS_SHOWN = 50
_KEPT_SECONDS = 15
MISSING_SHOWN, TURNED_SHOWN = 100, 20


@access(view=OPERATOR_ROLES)
@require_safe
def cutover(request: UserRequest) -> HttpResponse:
    """Today's cut-off and how it stands, and the days before."""
    return _page(request)


def _page(request: UserRequest, **context: Any) -> HttpResponse:
    programme = programme_of(request)
    day = operating_day(programme.book, programme.on)
    left = day.cutoff_at - programme.now
    return render(
        request,
        "operator/cutover.html",
        {
            "day": day,
            "today": cut_day(programme.on),
            "is_past": day.is_cut(programme.now),
            "minutes_left": max(0, int(left / timedelta(minutes=1))),
            "waiting": _waiting(day),
            "days": cut_days(limit=DAYS_SHOWN, before=_day(request.GET.get("before", ""))),
            "may_act": bool(DECIDERS.intersection(request.user.roles)),
            "has_worker": is_worker_running(),
            **context,
        },
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@access(view=OPERATOR_ROLES)
@require_safe
def preview(request: UserRequest) -> HttpResponse:
    """What cutting the day at this moment would change; nothing is changed."""
    programme = programme_of(request)
    report = preview_cut_over(day=operating_day(programme.book, programme.on))
    return _page(request, preview=report)


@access(view=DECIDERS, act=DECIDERS)
@require_POST
def run(request: UserRequest) -> HttpResponse:
    """Fence today at once and have a worker turn its orders; a day that is done stays as it is."""
    programme = programme_of(request)
    day = operating_day(programme.book, programme.on)
    try:
        with transaction.atomic():
            fence = fence_day(book=programme.book, day=day, now=programme.now)
            if not fence.finished:
                defer_turning(day.on, actor=request.user.actor)
    except CutOffNotReached:
        messages.error(request, _("The cut-off of today has not come yet: before it nothing may be turned."))
        return redirect("operator:cutover")
    if fence.finished:
        messages.info(request, _("16:00 of today is done already; nothing has changed."))
    else:
        messages.success(request, _("Today is closed. Its orders are being turned; you may leave this page."))
    return redirect("operator:cutover_day", day.on.isoformat())


@access(view=OPERATOR_ROLES)
@require_safe
def cutover_day(request: UserRequest, day: str) -> HttpResponse:
    """The report of one day: what changed, the wider reading, who was late, and what came back to whom.

    While its orders are being turned, the page asks again and again how far it has got.
    """
    on, report = _cut(day)
    progress = {"report": report, "has_worker": report.finished_at is not None or is_worker_running()}
    if request.headers.get("HX-Request"):
        answer = render(request, "operator/parts/cut_progress.html", progress)
        if report.finished_at is not None:
            answer.headers["HX-Refresh"] = "true"  # the whole report, and no more asking
        return answer
    programme = programme_of(request)
    late = late_sellers(operating_day(programme.book, on), limit=SELLERS_SHOWN + 1, after=_after(request))
    return render(
        request,
        "operator/cutover_day.html",
        {
            "on": on,
            **progress,
            "late": late[:SELLERS_SHOWN],
            "more": late[SELLERS_SHOWN - 1].code if len(late) > SELLERS_SHOWN else "",
            "is_today": on == programme.on,
        },
    )


def _after(request: UserRequest) -> str:
    return request.GET.get("after", "").replace("\x00", "")


def _cut(day: str) -> tuple[date, Any]:
    on = _day(day)
    report = cut_day(on) if on else None
    if on is None or report is None:
        raise Http404
    return on, report


@access(view=OPERATOR_ROLES)
@require_safe
def cutover_seller(request: UserRequest, day: str, seller_id: int) -> HttpResponse:
    """A late seller's day: what is still missing, what came back, and taking all of it back."""
    return _seller_page(request, day, seller_id, ReasonForm())


def _seller_page(
    request: UserRequest,
    day: str,
    seller_id: int,
    form: ReasonForm,
    *,
    status: int = 200,
    results: list[Reversal] | None = None,
) -> HttpResponse:
    on = _day(day)
    if on is None:
        raise Http404
    seller = get_object_or_404(Seller, pk=seller_id)
    programme = programme_of(request)
    operating = operating_day(programme.book, on)
    refused = Counter(reversal_text(r.reason) for r in results or () if r.outcome == "refused")
    is_today = on == programme.on
    turned = turned_orders_of(seller_id, day=operating)
    missing = missing_skus(seller_id, day=operating, limit=MISSING_SHOWN + 1) if is_today else []
    return render(
        request,
        "operator/cutover_seller.html",
        {
            "on": on,
            "seller": seller,
            "report": cut_day(on),
            "missing": missing[:MISSING_SHOWN],
            "has_more_missing": len(missing) > MISSING_SHOWN,
            "is_today": is_today,
            "turned": turned,
            "turned_shown": Order.objects.filter(pk__in=turned[:TURNED_SHOWN]).order_by("pk"),
            "form": form,
            "refused": refused.most_common(),
            "may_act": bool(DECIDERS.intersection(request.user.roles)),
        },
        status=status,
    )


@access(view=DECIDERS, act=DECIDERS)
@require_POST
def reverse_seller_day(request: UserRequest, day: str, seller_id: int) -> HttpResponse:
    """Take back everything that came back to a seller on a day, as far as there is stock."""
    on, form = _day(day), ReasonForm(request.POST)
    if on is None:
        raise Http404
    turned = turned_orders_of(seller_id, day=operating_day(programme_of(request).book, on))
    results = take_back(request, turned, form)
    if results is None:
        return _seller_page(request, day, seller_id, form, status=422)
    done = sum(result.outcome == "reversed" for result in results)
    words = ngettext("%(n)s order is reserved again.", "%(n)s orders are reserved again.", done)
    (messages.success if done else messages.warning)(request, words % {"n": done})
    if done == len(results):
        return redirect("operator:cutover_seller", day, seller_id)
    return _seller_page(request, day, seller_id, ReasonForm(), status=422, results=results)


def _waiting(day: OperatingDay) -> list[WaitingSeller]:
    """Who has not stated everything, asked anew after a few seconds: it reads every balance."""
    key = f"cutover.waiting:{day.on}"
    kept: list[WaitingSeller] | None = cache.get(key)
    if kept is None:
        kept = waiting_sellers(day, limit=SELLERS_SHOWN)
        cache.set(key, kept, _KEPT_SECONDS)
    return kept
