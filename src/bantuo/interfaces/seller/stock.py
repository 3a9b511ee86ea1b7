"""The stock page: how the day stands, how long until the cut-off, and every SKU × warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from bantuo.apps.erp.models import Method, ProbeTarget
from bantuo.apps.erp.queries import evidence_calls
from bantuo.apps.parties.models import Seller
from bantuo.apps.stock.queries import call_times, last_syncs, late_days, sync_state
from bantuo.core.clock import OperatingDay, operating_day
from bantuo.core.response_times import ProbeTerms, counted_ms, nearest_rank, probe_terms
from bantuo.core.response_times import TimedCall as Timed
from bantuo.core.stock_day import stock_signals, warning_at
from bantuo.interfaces.seller.stock_tables import StockFilter, StockTable, StockView, stock_rows
from bantuo.interfaces.web.access import SELLER_ROLES, Role, access
from bantuo.interfaces.web.context import Banner, banner_source
from bantuo.interfaces.web.programme import Programme, programme_of
from bantuo.interfaces.web.requests import SellerRequest
from bantuo.interfaces.web.stock_words import day_code
from bantuo.interfaces.web.tables import list_page

ACTING = {Role.SELLER_OWNER, Role.SELLER_STOCK}
LATE_DAYS_SHOWN = 30
SYNCS_SHOWN = 10
_SOON = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Countdown:
    """The time left until the cut-off, as a clock that the server sets."""

    left: timedelta
    warning: bool

    @property
    def clock(self) -> str:
        """`2:05` in hours, `9:58` in minutes of the last ten."""
        seconds = int(self.left.total_seconds())
        if self.left > _SOON:
            return f"{seconds // 3600}:{seconds // 60 % 60:02d}"
        return f"{seconds // 60}:{seconds % 60:02d}"

    @property
    def unit(self) -> str:
        return _("hours : minutes") if self.left > _SOON else _("minutes : seconds")

    @property
    def every(self) -> int:
        """Seconds until the page asks again."""
        return 20 if self.left > _SOON else 5


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """How fast one side of the stock interface is."""

    label: str
    calls: int
    p50_ms: int | None
    p95_ms: int | None
    failed: int
    note: str
    tone: str = ""


@access(view=SELLER_ROLES)
@require_GET
def stock(request: SellerRequest) -> HttpResponse:
    """The day, and the list with a field to state each quantity in."""
    programme = programme_of(request)
    view = stock_view(programme)
    request.stock_day, request.stock_signals = view.day, view.signals  # type: ignore[attr-defined]
    may_act = may_state(request)
    return list_page(
        request,
        table=StockTable,
        filter=StockFilter,
        queryset=stock_rows(request.seller),
        title=_("Stock"),
        template="seller/stock.html",
        context={**day_context(request), "may_act": may_act},
        table_options={"view": view, "may_act": may_act, "token": get_token(request)},
    )


@access(view=SELLER_ROLES)
@require_GET
def stock_day(request: SellerRequest) -> HttpResponse:
    """The card of the day, which the page asks for again and again."""
    context = {**day_context(request), "may_act": may_state(request)}
    return render(request, "seller/stock_day.html", context)


@access(view=SELLER_ROLES)
@require_GET
def stock_recent(request: SellerRequest) -> HttpResponse:
    """The last statements and how fast the interface is; the page fetches it once it is there."""
    return render(
        request,
        "seller/stock_recent.html",
        {
            "syncs": last_syncs(request.seller.pk, SYNCS_SHOWN),
            "times": list(response_times(request.seller, programme_of(request))),
        },
    )


def may_state(request: SellerRequest) -> bool:
    """Whether whoever looks may state stock."""
    return bool(ACTING.intersection(request.user.roles))


def stock_view(programme: Programme) -> StockView:
    """How rows of stock are judged today."""
    return StockView(
        day=operating_day(programme.book, programme.on), signals=stock_signals(programme.book, programme.on)
    )


def day_context(request: SellerRequest) -> dict[str, Any]:
    """How the day stands, in figures and words."""
    programme, seller = programme_of(request), request.seller
    day = operating_day(programme.book, programme.on)
    state = sync_state(seller.pk, day, now=programme.now, syncs=1)
    request.stock_missing = state.missing  # type: ignore[attr-defined]
    since = programme.on - timedelta(days=LATE_DAYS_SHOWN)
    return {
        "sync": state,
        "day": day,
        "cutoff": timezone.localtime(day.cutoff_at),
        "code": day_code(
            listed=state.listed,
            is_complete=bool(state.in_time) if day.is_cut(programme.now) else state.is_complete,
            is_cut=day.is_cut(programme.now),
        ),
        "countdown": _countdown(day, programme),
        "is_cut": day.is_cut(programme.now),
        "last": state.syncs[0] if state.syncs else None,
        "late": late_days(seller.pk, since=since),
        "late_window": LATE_DAYS_SHOWN,
        "restores_next_day": day.restores == "next_business_day",
    }


def _countdown(day: OperatingDay, programme: Programme) -> Countdown | None:
    if day.is_cut(programme.now):
        return None
    left = max(day.cutoff_at - programme.now, timedelta())
    return Countdown(left, programme.now >= warning_at(programme.book, programme.on))


def response_times(seller: Seller, programme: Programme) -> Iterator[ResponseTimes]:
    """Calls of the seller to our stock interface, and ours to the seller's."""
    terms = probe_terms(programme.book, on=programme.on)
    ours = call_times(seller.pk, calls=terms.calls)
    note = _("on our side, over the last calls by REST and the gateway")
    if ours.calls:
        yield ResponseTimes(_("Your calls to us"), *ours, note)
    else:
        yield _evidence(seller, Method.SIGNED_CALLS.value, terms, label=_("Your calls to our sandbox"))
    if ProbeTarget.objects.filter(seller=seller).exists():
        yield _evidence(seller, Method.PULL_PROBE.value, terms, label=_("Our calls to your endpoint"))


def _evidence(seller: Seller, method: str, terms: ProbeTerms, *, label: str) -> ResponseTimes:
    calls = evidence_calls(seller.pk, method=method, calls=terms.calls)
    took = sorted(counted_ms(Timed(c.took_ms, c.succeeded), limit_ms=terms.limit_ms) for c in calls)
    if not took:
        return ResponseTimes(label, 0, None, None, 0, _("no call yet"))
    p50, p95 = (nearest_rank(took, share) for share in (50, terms.percentile))
    told = {"version": calls[-1].api_version, "limit": f"{terms.limit_ms:,}"}
    note = _("version %(version)s; at most %(limit)s ms") % told
    failed = sum(not call.succeeded for call in calls)
    tone = "ok" if p95 <= terms.limit_ms else "bad"
    return ResponseTimes(label, len(took), p50, p95, failed, note, tone)


@banner_source
def missing_before_cutoff(request: HttpRequest) -> Iterator[Banner]:
    """Between the warning and the cut-off, every page says so while something is missing."""
    seller = getattr(request, "seller", None)
    if seller is None or seller.programme_state != "active":
        return
    programme = programme_of(request)
    day = operating_day(programme.book, programme.on)
    if programme.now < warning_at(programme.book, programme.on) or day.is_cut(programme.now):
        return
    missing = getattr(request, "stock_missing", None)
    if missing is None:
        missing = sync_state(seller.pk, day, now=programme.now, syncs=0).missing
    if missing:
        told = _("%(missing)s SKU × warehouse are not stated yet; the cut-off is at %(time)s.")
        values = {"missing": f"{missing:,}", "time": f"{timezone.localtime(day.cutoff_at):%H:%M}"}
        yield Banner(told % values, f"{reverse('seller:stock')}?show=missing", _("See what is missing"))
