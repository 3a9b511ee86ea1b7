"""A list of orders on a page: filters, a person's saved ones, pages by key, a bounded count, a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.apps.orders.models import OrderState, SavedFilter
from bantuo.apps.orders.operations.saved_filters import FilterRefused, forget_filter, save_filter
from bantuo.apps.orders.order_lists import OrderFilter, count_orders, every_order, listed_orders
from bantuo.apps.orders.order_rows import ListedOrder
from bantuo.apps.parties.models import Seller
from bantuo.core.money import format_fen
from bantuo.core.order_steps import CLOSED
from bantuo.interfaces.web.form_choices import choice_field
from bantuo.interfaces.web.order_page import rows_of
from bantuo.interfaces.web.order_sheets import workbook_response
from bantuo.interfaces.web.order_words import reason_choices, reason_text
from bantuo.interfaces.web.programme import programme_of
from bantuo.interfaces.web.words import choices, word_of

PAGE_ROWS = 20
EXPORT_ROWS = 100_000
OPEN, CANCEL_ASKED = "open", "cancel_asked"
_KEYS = ("after", "before", "export")


class OrderFilterForm(forms.Form):
    """What may be asked of a list of orders."""

    q = forms.CharField(
        label=gettext_lazy("Order or tracking number"), required=False, max_length=120,
        widget=forms.TextInput(attrs={"type": "search"}),
    )  # fmt: skip
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    route = forms.ChoiceField(label=gettext_lazy("Shipped by"), required=False)
    reason = forms.ChoiceField(label=gettext_lazy("Reason of the route"), required=False)
    sku = forms.CharField(label=gettext_lazy("SKU"), required=False, max_length=100)
    seller = forms.CharField(label=gettext_lazy("Seller's code"), required=False, max_length=100)
    since = forms.DateField(
        label=gettext_lazy("Received from"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("Received until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: QueryDict, *, of_all_sellers: bool) -> None:
        super().__init__(data)
        if not of_all_sellers:
            del self.fields["seller"]
        states = [(code, word_of("order_state", code).label) for code in OrderState.values]
        own = [("", _("all")), (OPEN, _("all in progress")), *states]
        own.append((CANCEL_ASKED, str(word_of("order_state", CANCEL_ASKED).label)))
        for name, told in (
            ("state", own),
            ("route", [("", _("all")), *choices("order_route")]),
            ("reason", [("", _("all")), *reason_choices()]),
        ):
            choice_field(self, name).choices = told

    def asked(self, seller_id: int | None) -> OrderFilter:
        """The filter; what cannot be read asks for nothing, and the form says so."""
        told = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        state, seller = told.get("state") or "", told.get("seller")
        if seller:
            found = Seller.objects.filter(code=seller.replace("\x00", "")).values_list("pk", flat=True)
            seller_id = found.first() or -1
        states: tuple[str, ...] = (state,) if state in OrderState.values else ()
        if state == OPEN:
            states = tuple(code for code in OrderState.values if code not in CLOSED)
        return OrderFilter(
            seller_id,
            states=states,
            cancel_asked=state == CANCEL_ASKED,
            route=told.get("route") or None,
            reason=told.get("reason") or None,
            sku=(told.get("sku") or "").replace("\x00", "") or None,
            text=told.get("q") or "",
            received_from=told.get("since"),
            received_until=told.get("until"),
        )


def conditions_of(query: QueryDict) -> str:
    """The conditions in an address, without the place in the list."""
    kept = query.copy()
    for name in list(kept):
        if name in _KEYS or not kept[name]:
            del kept[name]
    return kept.urlencode()


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


def order_list(
    request: HttpRequest,
    *,
    page: str,
    seller_id: int | None,
    template: str,
    detail_url: str,
    context: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Answer a list of orders, newest first: one page of it, or for `?export=xlsx` all that fit."""
    form = OrderFilterForm(request.GET, of_all_sellers=seller_id is None)
    asked = form.asked(seller_id)
    if request.GET.get("export") == "xlsx":
        rows = every_order(asked, most=EXPORT_ROWS)
        return workbook_response(_("Orders"), export_rows(rows, with_seller=seller_id is None))
    told = page_of(request, asked)
    told["rows"] = rows_of(told["orders"], programme_of(request))
    return render(
        request,
        template,
        {
            **told,
            "form": form,
            "conditions": conditions_of(request.GET),
            "saved": SavedFilter.objects.filter(user_id=request.user.pk or 0, page=page).order_by("name"),
            "filter_url": reverse(f"{page}_filter"),
            "detail_url": detail_url,
            "of_all_sellers": seller_id is None,
            **(context or {}),
        },
    )


def page_of(request: HttpRequest, asked: OrderFilter) -> dict[str, Any]:
    """The rows of the page asked for, what leads to the pages beside it, and the bounded count."""
    after, before = _number(request.GET.get("after", "")), _number(request.GET.get("before", ""))
    if after is not None:
        rows = listed_orders(replace(asked, after_id=after), limit=PAGE_ROWS + 1, newest_first=False)
        newer, older, rows = len(rows) > PAGE_ROWS, True, rows[:PAGE_ROWS][::-1]
    else:
        rows = listed_orders(replace(asked, before_id=before), limit=PAGE_ROWS + 1)
        newer, older, rows = before is not None, len(rows) > PAGE_ROWS, rows[:PAGE_ROWS]
    count, more = (len(rows), False) if not (newer or older) else count_orders(asked)
    return {
        "orders": rows,
        "newer": rows[0].id if rows and newer else None,
        "older": rows[-1].id if rows and older else None,
        "count": f"{count:,}{'+' if more else ''}",
        "is_filtered": bool(conditions_of(request.GET)),
    }


def save_list_filter(request: HttpRequest, *, page: str, back: str) -> HttpResponse:
    """Keep the conditions sent under a name, or take one away."""
    if number := _number(request.POST.get("forget", "")):
        if forget_filter(number, user_id=request.user.pk or 0):
            messages.success(request, _("The filter is taken away."))
        return redirect(back)
    query = conditions_of(QueryDict(request.POST.get("query", "")))
    try:
        saved = save_filter(
            request.user.pk or 0,
            page=page,
            name=request.POST.get("name", ""),
            query=query,
            now=timezone.now(),
        )
    except FilterRefused as refused:
        words = {
            "name": _("Filter the list first, and give the filter a name of at most 60 characters."),
            "too_many": _("Twenty filters are kept for a list: take one away first."),
        }
        messages.error(request, words[str(refused)])
    else:
        messages.success(request, _("The filter “%(name)s” is saved.") % {"name": saved.name})
    answer = redirect(back)
    answer["Location"] += f"?{query}" if query else ""
    return answer


def export_rows(orders: Iterator[ListedOrder], *, with_seller: bool) -> Iterator[list[Any]]:
    """Headings, then a row for each line of each order."""
    head = [_("Order"), _("Part"), _("Placed"), _("State"), _("Shipped by"), _("Reason"), _("Warehouse"),
            _("Destination"), _("Line no."), _("SKU"), _("Pieces"), _("Goods in yuan"), _("Freight in yuan"),
            _("Carrier"), _("Tracking number")]  # fmt: skip
    yield [_("Seller"), *head] if with_seller else head
    for order in orders:
        sent = [s for s in order.shipments if s.replaced_at is None]
        for line in order.lines:
            row = [
                order.external_id, order.part, timezone.localtime(order.placed_at).replace(tzinfo=None),
                str(word_of("order_state", order.state).label),
                str(word_of("order_route", order.route).label),
                reason_text(order.reason), order.warehouse or "", order.destination, line.line_no, line.sku,
                line.quantity, format_fen(line.goods_fen), format_fen(line.freight_fen),
                ", ".join(s.carrier for s in sent), ", ".join(s.number for s in sent),
            ]  # fmt: skip
            yield [order.seller, *row] if with_seller else row
