"""16:00 for operators: the countdown, the days and their reports, a dry run, running it, taking it back."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from bantuo.apps.orders.cutoff_days import cut_day, cut_days, late_sellers, missing_skus, waiting_sellers
from bantuo.apps.orders.operations.cutover import CutOffNotReached, CutOverReport, cut_over, preview_cut_over
from bantuo.apps.orders.operations.reminders import tell_came_back
from bantuo.apps.orders.operations.reversal import (
    Reversal,
    ReversalForbidden,
    reverse_turning,
    turned_orders_of,
)
from bantuo.apps.parties.models import Seller
from bantuo.core.clock import operating_day
from bantuo.interfaces.operator.orders import DECIDERS, ReasonForm
from bantuo.interfaces.web.access import OPERATOR_ROLES, access
from bantuo.interfaces.web.order_words import reversal_text
from bantuo.interfaces.web.programme import programme_of
from bantuo.interfaces.web.requests import UserRequest

DAYS_SHOWN = 30
SELLERS_SHOWN = 50
MISSING_SHOWN = 100


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
            "waiting": waiting_sellers(day, limit=SELLERS_SHOWN),
            "days": cut_days(limit=DAYS_SHOWN, before=_day(request.GET.get("before", ""))),
            "may_act": bool(DECIDERS.intersection(request.user.roles)),
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
    """Run 16:00 of today, or go on with what was begun; a day that is done stays as it is."""
    programme = programme_of(request)
    day = operating_day(programme.book, programme.on)
    try:
        report = cut_over(book=programme.book, day=day, now=programme.now, actor=request.user.actor)
    except CutOffNotReached:
        messages.error(request, _("The cut-off of today has not come yet: before it nothing may be turned."))
        return redirect("operator:cutover")
    tell_came_back(day=day, now=programme.now)
    messages.success(request, _report_words(report))
    return redirect("operator:cutover_day", day.on.isoformat())


def _report_words(report: CutOverReport) -> str:
    back = report.orders_turned + report.orders_split
    told = ngettext("%(n)s order came back to its seller.", "%(n)s orders came back to their sellers.", back)
    return told % {"n": f"{back:,}"}


@access(view=OPERATOR_ROLES)
@require_safe
def cutover_day(request: UserRequest, day: str) -> HttpResponse:
    """The report of one day: what changed, the wider reading, who was late, and what came back to whom."""
    on, report = _cut(day)
    programme = programme_of(request)
    late = late_sellers(operating_day(programme.book, on), limit=SELLERS_SHOWN + 1, after=_after(request))
    return render(
        request,
        "operator/cutover_day.html",
        {
            "on": on,
            "report": report,
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
    return render(
        request,
        "operator/cutover_seller.html",
        {
            "on": on,
            "seller": seller,
            "report": cut_day(on),
            "missing": missing_skus(seller_id, day=operating, limit=MISSING_SHOWN)
            if on == programme.on
            else [],
            "is_today": on == programme.on,
            "turned": turned_orders_of(seller_id, day=operating),
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
    if on is None or not form.is_valid():
        return _seller_page(request, day, seller_id, form, status=422)
    programme = programme_of(request)
    orders = turned_orders_of(seller_id, day=operating_day(programme.book, on))
    try:
        results = reverse_turning(
            orders,
            reason=form.cleaned_data["reason"],
            book=programme.book,
            day=operating_day(programme.book, programme.on),
            now=programme.now,
            actor=request.user.actor,
        )
    except ReversalForbidden:
        form.add_error(None, _("By the rules in force nobody takes a fallback back."))
        return _seller_page(request, day, seller_id, form, status=422)
    done = sum(result.outcome == "reversed" for result in results)
    words = ngettext("%(n)s order is reserved again.", "%(n)s orders are reserved again.", done)
    (messages.success if done else messages.warning)(request, words % {"n": done})
    if done == len(results):
        return redirect("operator:cutover_seller", day, seller_id)
    return _seller_page(request, day, seller_id, ReasonForm(), status=422, results=results)
