"""Statements with what was refused of them, shortages with what was given back, and how days ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import django_filters
import django_tables2
from django import forms
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from bantuo.apps.orders.models import Order, RoutingDecision
from bantuo.apps.stock.models import Declaration, DeclarationRefusal, Movement, SellerDay, Shortage
from bantuo.core.routing import REASON_WORDS, Reason
from bantuo.interfaces.seller.stock import response_times
from bantuo.interfaces.web import stock_words
from bantuo.interfaces.web.access import SELLER_ROLES, access
from bantuo.interfaces.web.programme import programme_now
from bantuo.interfaces.web.requests import SellerRequest
from bantuo.interfaces.web.tables import (
    BadgeColumn,
    DayColumn,
    ListFilter,
    ListTable,
    NumberColumn,
    WhenColumn,
    list_page,
)
from bantuo.interfaces.web.templatetags.ui import badge
from bantuo.interfaces.web.words import choices, word_of


@dataclass(frozen=True, slots=True)
class GivenBack:
    """An order whose pieces went back to the seller, for want of stock."""

    order: Order
    quantity: int
    at: datetime
    url: str


class SyncFilter(ListFilter):
    """By day and door."""

    business_date = django_filters.DateFilter(
        label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    channel = django_filters.ChoiceFilter(
        label=_("Through"), choices=lambda: choices("stock_channel"), empty_label=_("all")
    )


class Syncs(ListTable):
    """Statements, the latest first."""

    received_at = WhenColumn(verbose_name=_("Received"), order_by="id")
    sequence = NumberColumn(verbose_name=_("Sequence"))
    channel = BadgeColumn(kind="stock_channel", verbose_name=_("Through"))
    basis = BadgeColumn(kind="stock_basis", verbose_name=_("Quantities"), orderable=False)
    rows_stated = NumberColumn(verbose_name=_("Stated"))
    rows_changed = NumberColumn(verbose_name=_("Changed"))
    rows_refused = NumberColumn(verbose_name=_("Refused"))

    class Meta(ListTable.Meta):
        model = Declaration
        fields = (
            "received_at", "sequence", "channel", "basis", "rows_stated", "rows_changed", "rows_refused",
        )  # fmt: skip
        order_by = "-received_at"

    empty_title = _("Nothing stated yet")
    empty_hint = _("State stock in the list, by a sheet, or by the interface.")

    def render_received_at(self, record: Declaration, value: Any) -> SafeString:
        url = reverse("seller:stock_sync", args=[record.pk])
        return format_html('<a href="{}">{}</a>', url, WhenColumn().render(value))


class Refusals(ListTable):
    """The rows of one statement that were not taken."""

    row = NumberColumn(verbose_name=_("Row"))
    field = django_tables2.Column(verbose_name=_("Field"), orderable=False)
    value = django_tables2.Column(verbose_name=_("Value"), orderable=False)
    rule = django_tables2.Column(verbose_name=_("Why"), orderable=False)

    class Meta(ListTable.Meta):
        model = DeclarationRefusal
        fields = ("row", "field", "value", "rule")
        order_by = "row"

    empty_title = _("Every row was taken")

    def render_field(self, value: str) -> str:
        return stock_words.field_words(value)

    def render_rule(self, value: str) -> str:
        return stock_words.refusal_words(value)

    def value_rule(self, value: str) -> str:
        return stock_words.refusal_words(value)


class ShortageFilter(ListFilter):
    """Open ones, or those that were closed."""

    is_open = django_filters.ChoiceFilter(
        label=_("State"),
        choices=(("yes", _("open")), ("no", _("made good"))),
        empty_label=_("all"),
        method="opened",
    )

    def opened(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(closed_at__isnull=value == "yes")


class Shortages(ListTable):
    """Where less was stated than was reserved, the latest first."""

    sku = django_tables2.Column(
        verbose_name=_("SKU"), accessor="balance__sku__code", order_by="balance__sku__code"
    )
    warehouse = django_tables2.Column(
        verbose_name=_("Warehouse"), accessor="balance__warehouse__code", orderable=False
    )
    opened_at = WhenColumn(verbose_name=_("Arose"), order_by="id")
    quantity_short = NumberColumn(verbose_name=_("Short"))
    quantity_returned = NumberColumn(verbose_name=_("Given back"))
    state = django_tables2.Column(
        verbose_name=_("State"), orderable=False, accessor="outcome", empty_values=()
    )
    closed_at = WhenColumn(verbose_name=_("Closed"), default="–")

    class Meta(ListTable.Meta):
        model = Shortage
        fields = (
            "opened_at", "sku", "warehouse", "quantity_short", "quantity_returned", "state", "closed_at",
        )  # fmt: skip
        order_by = "-opened_at"

    empty_title = _("No shortage")
    empty_hint = _("One opens when less is stated than is reserved for open orders.")

    def render_state(self, record: Shortage) -> SafeString:
        return badge(shortage_state(record), "shortage")

    def value_state(self, record: Shortage) -> str:
        return str(word_of("shortage", shortage_state(record)).label)

    def render_sku(self, record: Shortage, value: str) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("seller:stock_shortage", args=[record.pk]), value)


class DayFilter(ListFilter):
    """Late days, or those in time."""

    in_time = django_filters.ChoiceFilter(
        label=_("State"), choices=(("False", _("late")), ("True", _("in time"))), empty_label=_("all")
    )


class Days(ListTable):
    """How days stood at the cut-off, the latest first."""

    business_date = DayColumn(verbose_name=_("Day"))
    state = django_tables2.Column(
        verbose_name=_("State"), orderable=False, accessor="in_time", empty_values=()
    )
    listed = NumberColumn(verbose_name=_("To be stated"))
    stated = NumberColumn(verbose_name=_("Stated in time"))
    missing = NumberColumn(verbose_name=_("Missing"))

    class Meta(ListTable.Meta):
        model = SellerDay
        fields = ("business_date", "state", "listed", "stated", "missing")
        order_by = "-business_date"

    empty_title = _("No day has been closed yet")
    empty_hint = _("A day is closed at its cut-off, if there was an order or a statement.")

    def render_state(self, record: SellerDay) -> SafeString:
        return badge("in_time" if record.in_time else "late", "stock_day")

    def value_state(self, record: SellerDay) -> str:
        return str(word_of("stock_day", "in_time" if record.in_time else "late").label)


@access(view=SELLER_ROLES)
@require_GET
def syncs(request: SellerRequest) -> HttpResponse:
    """Every statement of the seller, and how fast the interface is."""
    return list_page(
        request,
        table=Syncs,
        filter=SyncFilter,
        queryset=Declaration.objects.filter(seller=request.seller),
        title=str(_("Statements of stock")),
        template="seller/stock_syncs.html",
        context={"times": list(response_times(request.seller, programme_now()))},
    )


@access(view=SELLER_ROLES)
@require_GET
def sync(request: SellerRequest, pk: int) -> HttpResponse:
    """One statement, with the rows that were refused."""
    declaration = get_object_or_404(Declaration, seller=request.seller, pk=pk)
    return list_page(
        request,
        table=Refusals,
        queryset=DeclarationRefusal.objects.filter(seller=request.seller, declaration=declaration),
        title=_("Statement no. %(sequence)s") % {"sequence": declaration.sequence},
        template="seller/stock_sync.html",
        context={"declaration": declaration},
    )


@access(view=SELLER_ROLES)
@require_GET
def shortages(request: SellerRequest) -> HttpResponse:
    """Every shortage of the seller."""
    found = Shortage.objects.filter(seller=request.seller)
    return list_page(
        request,
        table=Shortages,
        filter=ShortageFilter,
        queryset=found.select_related("balance__sku", "balance__warehouse"),
        title=str(_("Shortages")),
        template="seller/stock_list.html",
    )


@access(view=SELLER_ROLES)
@require_GET
def shortage(request: SellerRequest, pk: int) -> HttpResponse:
    """One shortage and the orders that went back to the seller for it."""
    found = get_object_or_404(
        Shortage.objects.select_related("balance__sku", "balance__warehouse"), seller=request.seller, pk=pk
    )
    return render(
        request,
        "seller/stock_shortage.html",
        {
            "shortage": found,
            "balance": found.balance,
            "state": shortage_state(found),
            "orders": orders_given_back(found),
            "reason": REASON_WORDS[Reason.SHORTAGE],
        },
    )


def shortage_state(found: Shortage) -> str:
    """The code of `shortage` in words: open, or how it ended."""
    return "open" if found.closed_at is None else found.outcome


def orders_given_back(found: Shortage) -> list[GivenBack]:
    """The orders that a shortage turned to the seller, from the movements and decisions of the moment."""
    released = Movement.objects.filter(
        seller=found.seller_id, balance=found.balance_id, code="release", moved_at__gte=found.opened_at,
        reference__startswith="order:",
    )  # fmt: skip
    if found.closed_at is not None:
        released = released.filter(moved_at__lte=found.closed_at)
    moves = {int(move.reference.partition(":")[2]): move for move in released.order_by("-id")[:500]}
    decisions = RoutingDecision.objects.filter(
        seller=found.seller_id, reason=Reason.SHORTAGE, decided_at__in={m.moved_at for m in moves.values()}
    )
    named = {(d.order.external_id, d.decided_at): d.order for d in decisions.select_related("order")}
    held = Order.objects.filter(seller=found.seller_id, pk__in=moves).order_by("-pk")
    turned = [(named.get((order.external_id, moves[order.pk].moved_at)), moves[order.pk]) for order in held]
    return [
        GivenBack(order, -move.reserved_delta, move.moved_at, _order_url(order))
        for order, move in turned
        if order is not None
    ]


def _order_url(order: Order) -> str:
    try:
        return reverse("seller:order", args=[order.pk])
    except NoReverseMatch:
        return ""


@access(view=SELLER_ROLES)
@require_GET
def days(request: SellerRequest) -> HttpResponse:
    """How the seller's days ended at the cut-off."""
    return list_page(
        request,
        table=Days,
        filter=DayFilter,
        queryset=SellerDay.objects.filter(seller=request.seller).annotate(missing=F("listed") - F("stated")),
        title=str(_("Days at the cut-off")),
        template="seller/stock_list.html",
    )
