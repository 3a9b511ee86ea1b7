"""Orders that the seller ships: the list with its deadlines, tracking numbers by page and by file."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from bantuo.apps.orders.operations.shipping import NewShipment, ShipResult, ship_orders
from bantuo.apps.orders.operations.tracking import Correction, correct_shipments
from bantuo.apps.orders.order_lists import OrderFilter, count_orders, listed_orders
from bantuo.interfaces.seller.order_forms import CorrectionForm, TrackingForm, pieces_asked
from bantuo.interfaces.seller.orders import SHIPPERS, own_order, show_order
from bantuo.interfaces.seller.tracking_files import (
    TrackingRow,
    read_tracking,
    result_rows,
    template_rows,
    typed_rows,
)
from bantuo.interfaces.web.access import SELLER_ROLES, access
from bantuo.interfaces.web.order_page import rows_of
from bantuo.interfaces.web.order_sheets import SheetUnusable, workbook, workbook_response, xlsx_response
from bantuo.interfaces.web.order_words import refusal_text
from bantuo.interfaces.web.programme import programme_of
from bantuo.interfaces.web.requests import SellerRequest

PAGE_ROWS = 20
TEMPLATE_ROWS = 5_000
_KEPT_SECONDS = 3600
_SHOWN_MAX = 200


def _waiting(request: SellerRequest) -> OrderFilter:
    return OrderFilter(request.seller.pk, states=("to_ship",), route="self")


@access(view=SELLER_ROLES)
@require_safe
def to_ship(request: SellerRequest) -> HttpResponse:
    """What the seller has to ship, the longest waiting first, with a line for each tracking number."""
    return _list(request)


def _list(
    request: SellerRequest,
    *,
    status: int = 200,
    refused: Mapping[int, tuple[NewShipment, str, str]] | None = None,
) -> HttpResponse:
    text = request.GET.get("after", "")
    after = int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None
    asked = _waiting(request)
    found = listed_orders(replace(asked, after_id=after), limit=PAGE_ROWS + 1, newest_first=False)
    shown = found[:PAGE_ROWS]
    count, more = count_orders(asked)
    return render(
        request,
        "seller/to_ship.html",
        {
            "rows": [
                (row, *(refused or {}).get(row.order.id, (None, "", "")))
                for row in rows_of(shown, programme_of(request))
            ],
            "refused": bool(refused),
            "next_after": shown[-1].id if len(found) > PAGE_ROWS else None,
            "after": after,
            "count": f"{count:,}{'+' if more else ''}",
            "may_act": bool(SHIPPERS.intersection(request.user.roles)),
        },
        status=status,
    )


@access(view=SHIPPERS, act=SHIPPERS)
@require_POST
def ship_page(request: SellerRequest) -> HttpResponse:
    """Take the tracking numbers typed into the list; rows left empty wait on."""
    rows = typed_rows(request.POST)
    if not rows:
        messages.error(request, _("Enter a carrier and a tracking number for at least one order."))
        return redirect("seller:to_ship")
    results = _ship(request, rows)
    pairs = zip(rows, results, strict=True)
    refused = {row.order_id: (row, refusal_text(r.refusal), r.refusal.field) for row, r in pairs if r.refusal}
    _tell(request, results)
    if not refused:
        return redirect("seller:to_ship")
    return _list(request, status=422, refused=refused)


def _ship(request: SellerRequest, rows: Sequence[NewShipment]) -> list[ShipResult]:
    now, actor = programme_of(request).now, request.user.actor
    return ship_orders(rows, seller_id=request.seller.pk, now=now, actor=actor)


def _tell(request: SellerRequest, results: Sequence[ShipResult]) -> None:
    taken = sum(r.outcome in ("shipped", "shipped_in_part", "corrected") for r in results)
    if taken:
        words = ngettext(
            "%(n)s tracking number was taken in.", "%(n)s tracking numbers were taken in.", taken
        )
        messages.success(request, words % {"n": taken})
    known = sum(r.outcome == "repeated" for r in results)
    if known:
        words = ngettext("%(n)s was known already.", "%(n)s were known already.", known)
        messages.info(request, words % {"n": known})


@access(view=SELLER_ROLES)
@require_safe
def tracking_template(request: SellerRequest) -> HttpResponse:
    """A workbook with the orders that wait, to be filled in and sent back."""
    waiting = listed_orders(_waiting(request), limit=TEMPLATE_ROWS, newest_first=False)
    waiting = [order for order in waiting if order.cancel_id is None]
    return workbook_response(_("Orders to ship"), template_rows(waiting))


@access(view=SHIPPERS, act=SHIPPERS)
@require_POST
def upload_tracking(request: SellerRequest) -> HttpResponse:
    """Take in a file of tracking numbers row by row; a bad row stops no other and is named."""
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, _("Choose a file first."))
        return redirect("seller:to_ship")
    try:
        sheet, rows = read_tracking(file, seller_id=request.seller.pk)
    except SheetUnusable as unusable:
        messages.error(request, str(unusable))
        return redirect("seller:to_ship")
    good = [row.shipment for row in rows if row.shipment is not None]
    results = {r.row: r for r in _ship(request, good)}
    told = [(row, results.get(str(row.number)) or _refused(row)) for row in rows]
    token = secrets.token_urlsafe(18)
    cells, bad = result_rows(sheet, told)
    cache.set(_key(request, token), workbook(cells, bad=bad), _KEPT_SECONDS)
    return _results(request, told, token)


def _refused(row: TrackingRow) -> ShipResult:
    return ShipResult(str(row.number), "refused", refusal=row.refusal)


def _key(request: SellerRequest, token: str) -> str:
    return f"tracking:{request.seller.pk}:{token}"


def _results(request: SellerRequest, told: list[tuple[TrackingRow, ShipResult]], token: str) -> HttpResponse:
    """What became of each row, those that were refused first."""
    shown = [
        {
            "number": row.number,
            "order": row.told["order"],
            "tracking": row.told["number"],
            "outcome": result.outcome,
            "field": result.refusal.field if result.refusal else "",
            "value": result.refusal.value if result.refusal else "",
            "rule": result.refusal.rule if result.refusal else "",
            "words": refusal_text(result.refusal) if result.refusal else "",
        }
        for row, result in told
    ]
    shown.sort(key=lambda row: (row["outcome"] != "refused", row["number"]))
    counts = {
        "taken": sum(row["outcome"] in ("shipped", "shipped_in_part") for row in shown),
        "repeated": sum(row["outcome"] == "repeated" for row in shown),
        "refused": sum(row["outcome"] == "refused" for row in shown),
    }
    context = {
        "rows": shown[:_SHOWN_MAX],
        "more": max(0, len(shown) - _SHOWN_MAX),
        "counts": counts,
        "file_url": reverse("seller:tracking_results", args=[token]),
    }
    return render(request, "seller/tracking_results.html", context, status=422 if counts["refused"] else 200)


@access(view=SHIPPERS)
@require_safe
def tracking_results(request: SellerRequest, token: str) -> HttpResponse:
    """The file that was sent, with what is wrong beside each cell; kept for an hour."""
    content = cache.get(_key(request, token))
    if content is None:
        raise Http404
    return xlsx_response(content, name="tracking-results.xlsx")


@access(view=SHIPPERS, act=SHIPPERS)
@require_POST
def ship_order(request: SellerRequest, pk: int) -> HttpResponse:
    """Tell what was sent of one order: all that is left, or the pieces named."""
    detail, form = own_order(request, pk), TrackingForm(request.POST)
    if not form.is_valid():
        return show_order(request, detail, status=422, tracking_form=form)
    pieces = pieces_asked(request.POST, detail.order)
    if pieces is None:
        form.add_error(None, _("Pieces are whole numbers."))
        return show_order(request, detail, status=422, tracking_form=form)
    told = form.cleaned_data
    row = NewShipment(str(pk), pk, told["carrier"], told["number"], told["url"], pieces)
    (result,) = _ship(request, [row])
    if result.refusal is not None:
        form.add_error(None, refusal_text(result.refusal))
        return show_order(request, detail, status=422, tracking_form=form)
    _tell(request, [result])
    return redirect("seller:order", pk)


@access(view=SHIPPERS, act=SHIPPERS)
@require_POST
def correct_shipment(request: SellerRequest, pk: int) -> HttpResponse:
    """Put another number in the place of one that was told."""
    detail, form = own_order(request, pk), CorrectionForm(request.POST)
    standing = {s.id for s in detail.order.shipments if s.replaced_at is None}
    if not form.is_valid():
        return show_order(request, detail, status=422, correction_form=form)
    told = form.cleaned_data
    if told["shipment"] not in standing:
        raise Http404
    (result,) = correct_shipments(
        [Correction(str(pk), told["shipment"], told["carrier"], told["number"], told["url"])],
        seller_id=request.seller.pk,
        now=programme_of(request).now,
        actor=request.user.actor,
    )
    if result.refusal is not None:
        form.add_error(None, refusal_text(result.refusal))
        return show_order(request, detail, status=422, correction_form=form)
    messages.success(request, _("The tracking number is corrected; the old one stays in the history."))
    return redirect("seller:order", pk)
