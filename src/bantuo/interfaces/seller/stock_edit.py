"""Stating a quantity in its row, setting what is held back, and the history of one SKU × warehouse."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from bantuo.apps.orders.models import Order
from bantuo.apps.stock.models import Balance, Movement, Shortage
from bantuo.apps.stock.operations import (
    QUANTITY_MAX,
    BalanceRestated,
    BalanceUnknown,
    SellerRow,
    StatedRow,
    restate_balance,
    restate_missing,
    set_safety,
)
from bantuo.core.clock import operating_day
from bantuo.interfaces.seller.section_fields import plain_text
from bantuo.interfaces.seller.stock import ACTING, may_state, stock_view
from bantuo.interfaces.seller.stock_tables import declared_cell, stock_rows
from bantuo.interfaces.web.access import SELLER_ROLES, access
from bantuo.interfaces.web.programme import programme_now, programme_of
from bantuo.interfaces.web.requests import SellerRequest
from bantuo.interfaces.web.tables import (
    BadgeColumn,
    ListFilter,
    ListTable,
    NumberColumn,
    WhenColumn,
    list_page,
)
from bantuo.interfaces.web.words import choices

SHORTAGES_SHOWN = 5


class MovementFilter(ListFilter):
    """By kind of movement and pool."""

    code = django_filters.ChoiceFilter(
        label=gettext_lazy("Movement"), choices=lambda: choices("stock_move"), empty_label=gettext_lazy("all")
    )
    pool = django_filters.ChoiceFilter(
        label=gettext_lazy("Pool"), choices=lambda: choices("stock_pool"), empty_label=gettext_lazy("both")
    )


class Movements(ListTable):
    """What changed a balance, the latest first; nothing of it is ever altered."""

    moved_at = WhenColumn(verbose_name=gettext_lazy("When"), order_by="id")
    code = BadgeColumn(kind="stock_move", verbose_name=gettext_lazy("Movement"), orderable=False)
    pool = BadgeColumn(kind="stock_pool", verbose_name=gettext_lazy("Pool"), orderable=False)
    quantity_delta = NumberColumn(verbose_name=gettext_lazy("Quantity"), orderable=False)
    reserved_delta = NumberColumn(verbose_name=gettext_lazy("Reserved"), orderable=False)
    reference = BadgeColumn(kind="", verbose_name=gettext_lazy("On account of"), orderable=False)

    class Meta(ListTable.Meta):
        model = Movement
        fields = ("moved_at", "code", "pool", "quantity_delta", "reserved_delta", "reference")
        order_by = "-moved_at"

    empty_title = gettext_lazy("Nothing has moved yet")
    empty_hint = gettext_lazy("The first statement, order or delivery begins the history.")

    def render_quantity_delta(self, value: int) -> str:
        return _signed(value)

    def render_reserved_delta(self, value: int) -> str:
        return _signed(value)

    @cached_property
    def orders(self) -> dict[str, Order]:
        """The orders that the movements shown were made for, by reference."""
        moves = [row.record for row in self.paginated_rows]
        parts = {move.reference.partition(":") for move in moves}
        numbers = [int(number) for kind, _colon, number in parts if kind == "order" and number.isdecimal()]
        sellers = {move.seller_id for move in moves}
        found = Order.objects.filter(pk__in=numbers, seller__in=sellers).only("external_id", "part")
        return {f"order:{order.pk}": order for order in found}

    def render_reference(self, record: Movement) -> str:
        order = self.orders.get(record.reference)
        if order is None:
            return reference_words(record.reference)
        url, name = reverse("seller:order", args=[order.pk]), _order_name(order)
        return format_html('<a href="{}">{}</a>', url, reference_words(f"order:{name}"))

    def value_reference(self, record: Movement) -> str:
        order = self.orders.get(record.reference)
        return record.reference if order is None else f"order:{_order_name(order)}"


def _signed(value: int) -> str:
    return f"+{value:,}" if value > 0 else f"−{-value:,}" if value else "–"


def _order_name(order: Order) -> str:
    """As the marketplace calls it, with the part where it was split."""
    return f"{order.external_id}-{order.part}" if order.part else order.external_id


def reference_words(reference: str) -> str:
    """`order:E-12` in words; another reference as it is."""
    kind, _colon, number = reference.partition(":")
    words = {
        "declaration": gettext_lazy("statement no. %s"),
        "order": gettext_lazy("order %s"),
        "shipment": gettext_lazy("shipment %s"),
        "stock-take": gettext_lazy("stock-take: %s"),
    }.get(kind)
    return str(words) % number if words and number else reference


@access(view=SELLER_ROLES, act=ACTING)
@require_POST
def declare(request: SellerRequest, pk: int) -> HttpResponse:
    """One quantity stated anew, if nobody stated it since it was shown."""
    text, seen = plain_text(request.POST.get("quantity", "")), request.POST.get("sequence", "")
    programme = programme_now()
    error = _quantity_error(text)
    if not error:
        try:
            restate_balance(
                request.seller.pk,
                pk,
                quantity=int(text),
                seen_sequence=int(seen) if seen.isdecimal() and len(seen) < 19 else -1,
                day=operating_day(programme.book, programme.on),
                now=programme.now,
                actor=request.user.actor,
            )
        except BalanceUnknown:
            raise Http404 from None
        except BalanceRestated as changed:
            told = _("Stated anew meanwhile: it is %(declared)s now. Send again to state yours.")
            error = told % {"declared": f"{changed.balance.declared:,}"}
    return _row(request, pk, error=error, typed=text)


def _quantity_error(text: str) -> str:
    if text.isdecimal() and len(text) < 12 and int(text) <= QUANTITY_MAX:
        return ""
    told = _("“%(value)s”: a whole number from 0 to %(high)s.")
    return told % {"value": text[:20], "high": f"{QUANTITY_MAX:,}"}


def _row(request: SellerRequest, pk: int, *, error: str, typed: str) -> HttpResponse:
    """The changed parts of the row; without script, back to the list."""
    balance = get_object_or_404(stock_rows(request.seller), pk=pk)
    if "HX-Request" not in request.headers:
        if error:
            messages.error(request, f"{balance.sku.code}: {error}")
        else:
            messages.success(request, _("%(sku)s is stated.") % {"sku": balance.sku.code})
        return redirect("seller:stock")
    view = stock_view(programme_of(request))
    cell = declared_cell(
        balance, may_act=True, token=get_token(request), error=error, typed=typed if error else ""
    )
    context = {
        "cell": cell, "balance": balance, "state": view.row_state(balance), "signal": view.signal(balance),
        "is_stated": not error,
    }  # fmt: skip
    answer = render(request, "seller/stock_row.html", context, status=422 if error else 200)
    if not error:
        answer.headers["HX-Trigger"] = "stock-stated"
    return answer


@access(view=SELLER_ROLES, act=ACTING)
@require_POST
def confirm_missing(request: SellerRequest) -> HttpResponse:
    """State everything that is missing today with the quantity it has."""
    programme = programme_now()
    stated = restate_missing(
        request.seller.pk,
        day=operating_day(programme.book, programme.on),
        now=programme.now,
        actor=request.user.actor,
    )
    done = stated.result.stated if stated else 0
    told = ngettext(
        "%(n)s SKU × warehouse is stated as it was.", "%(n)s SKU × warehouse are stated as they were.", done
    )
    messages.success(request, told % {"n": done})
    return redirect("seller:stock")


@access(view=SELLER_ROLES)
@require_GET
def stock_balance(request: SellerRequest, pk: int) -> HttpResponse:
    """One SKU × warehouse: how it stands, its shortages, and every movement."""
    balance = get_object_or_404(stock_rows(request.seller), pk=pk)
    view = stock_view(programme_of(request))
    moved: QuerySet[Movement] = Movement.objects.filter(balance=balance, seller=request.seller)
    context: dict[str, Any] = {
        "balance": balance,
        "state": view.row_state(balance),
        "signal": view.signal(balance),
        "sales": getattr(balance, "sales", None),
        "shortages": Shortage.objects.filter(seller=request.seller, balance=balance).order_by("-id")[
            :SHORTAGES_SHOWN
        ],
        "may_act": may_state(request),
        "quantity_max": QUANTITY_MAX,
        "cell": declared_cell(balance, may_act=may_state(request), token=get_token(request), is_cell=False),
    }
    return list_page(
        request,
        table=Movements,
        filter=MovementFilter,
        queryset=moved,
        title=f"{balance.sku.code} × {balance.warehouse.code}",
        template="seller/stock_balance.html",
        context=context,
    )


@access(view=SELLER_ROLES, act=ACTING)
@require_POST
def safety(request: SellerRequest, pk: int) -> HttpResponse:
    """What is held back of one SKU × warehouse."""
    balance = get_object_or_404(
        Balance.objects.select_related("sku", "warehouse"), seller=request.seller, pk=pk
    )
    text = plain_text(request.POST.get("safety", ""))
    error = _quantity_error(text)
    if error:
        messages.error(request, error)
        return redirect("seller:stock_balance", pk=pk)
    row = StatedRow(1, balance.sku.code, balance.warehouse.code, int(text))
    now, reason = programme_now().now, _("set by the seller")
    set_safety([SellerRow(request.seller.pk, row)], reason=reason, now=now, actor=request.user.actor)
    messages.success(request, _("%(n)s pieces are held back from sale.") % {"n": f"{int(text):,}"})
    return redirect("seller:stock_balance", pk=pk)
