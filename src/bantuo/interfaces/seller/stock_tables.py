"""The list of a seller's stock: what is asked of the day, what is low, and a field to state it in."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2
from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, Greatest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bantuo.apps.catalog.models import Sku
from bantuo.apps.parties.models import Binding, Seller, Warehouse
from bantuo.apps.stock.models import Balance, Shortage
from bantuo.apps.warehouse.models import CartonLine
from bantuo.core.clock import OperatingDay
from bantuo.core.stock_day import StockSignals
from bantuo.interfaces.web.stock_words import NARROWED
from bantuo.interfaces.web.tables import ListFilter, ListTable, NumberColumn
from bantuo.interfaces.web.templatetags.ui import badge
from bantuo.interfaces.web.words import word_of


def stock_rows(seller: Seller) -> QuerySet[Balance]:
    """A seller's balances with what can be sold, what sold lately and what is on the way."""
    coming = (
        CartonLine.objects.filter(
            sku=OuterRef("sku"),
            carton__shipment__warehouse=OuterRef("warehouse"),
            carton__shipment__received_at__isnull=True,
        )
        .values("sku")
        .annotate(pieces=Sum("expected"))
        .values("pieces")
    )
    short = Shortage.objects.filter(seller=seller, balance=OuterRef("pk"), closed_at__isnull=True)
    bound = Binding.objects.filter(seller=seller, warehouse=OuterRef("warehouse"), unbound_at__isnull=True)
    delisted = Sku.objects.filter(seller=seller, delisted_at__isnull=False)
    gone = Q(sku__in=delisted.values("pk"), on_hand=0, declared_reserved=0)
    return (
        Balance.objects.filter(seller=seller, sku__seller=seller)
        .exclude(gone)
        .select_related("sku__product", "warehouse", "sales")
        .annotate(
            reserved=F("declared_reserved") + F("on_hand_reserved"),
            sellable=F("on_hand")
            - F("on_hand_reserved")
            + Greatest(F("declared") - F("declared_reserved") - F("safety"), Value(0)),
            sold=Coalesce(F("sales__units"), Value(0)),
            on_the_way=Coalesce(Subquery(coming, output_field=IntegerField()), Value(0)),
            is_short=Exists(short),
            is_asked=ExpressionWrapper(
                Q(Exists(bound), sku__semi_managed=True, sku__delisted_at__isnull=True), BooleanField()
            ),
        )
    )


class StockFilter(ListFilter):
    """What needs looking at, and a search by SKU, title or warehouse."""

    q = django_filters.CharFilter(label=_("SKU, title or warehouse"), method="named")
    show = django_filters.ChoiceFilter(
        label=_("Show"), choices=NARROWED, method="shown", empty_label=_("everything")
    )

    def named(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        text = value.replace("\x00", "").strip()
        if Warehouse.objects.filter(code__iexact=text).exists():
            return queryset.filter(warehouse__code__iexact=text)
        # Which SKUs these are is asked by itself: the database then begins with them.
        skus = Sku.objects.filter(
            Q(code__icontains=text) | Q(product__title__icontains=text), seller=self.request.seller
        )
        return queryset.filter(sku__in=skus.values("pk"))

    def shown(self, queryset: Any, name: str, value: str) -> Any:
        signals: StockSignals = self.request.stock_signals
        sold = Coalesce(F("sales__units"), Value(0))
        stock = F("sellable") * Coalesce(F("sales__days"), Value(1))
        match value:
            case "missing":
                return queryset.filter(is_asked=True).exclude(stated_in_time(self.request.stock_day))
            case "shortage":
                return queryset.filter(is_short=True)
            case "risk":
                return queryset.alias(stock=stock).filter(stock__lt=sold * signals.risk_days)
            case _:
                is_low = Q(sellable=0) | Q(stock__lt=sold * signals.low_days)
                return queryset.alias(stock=stock).filter(is_low, sku__delisted_at__isnull=True)


def stated_in_time(day: OperatingDay) -> Q:
    """Stated on the day, by its cut-off."""
    return Q(stated_on=day.on, stated_first_at__lte=day.last_in_time)


class StockTable(ListTable):
    """One SKU × warehouse a row."""

    sku = django_tables2.Column(verbose_name=_("SKU"), accessor="sku__code", order_by="sku__code")
    warehouse = django_tables2.Column(
        verbose_name=_("Warehouse"), accessor="warehouse__code", order_by="warehouse__code"
    )
    declared = NumberColumn(verbose_name=_("Declared"))
    on_hand = NumberColumn(verbose_name=_("On hand"))
    reserved = NumberColumn(verbose_name=_("Reserved"))
    on_the_way = NumberColumn(verbose_name=_("On the way"), orderable=False)
    safety = NumberColumn(verbose_name=_("Safety"))
    sellable = NumberColumn(verbose_name=_("Sellable"))
    sold = NumberColumn(verbose_name=_("Ordered lately"))
    stated = django_tables2.Column(verbose_name=_("Today"), empty_values=(), order_by="stated_first_at")
    signal = django_tables2.Column(verbose_name=_("Look at"), empty_values=(), orderable=False)

    class Meta(ListTable.Meta):
        model = Balance
        fields = (
            "sku", "warehouse", "declared", "on_hand", "reserved", "on_the_way", "safety", "sellable", "sold",
            "stated", "signal",
        )  # fmt: skip
        order_by = "sku"

    empty_title = _("No stock yet")
    empty_hint = _("A line appears here for every listed SKU at the warehouse you are bound to.")

    def __init__(self, *args: Any, view: StockView, may_act: bool, token: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.view, self.may_act, self.token = view, may_act, token

    def render_sku(self, record: Balance) -> SafeString:
        url = reverse("seller:stock_balance", args=[record.pk])
        return format_html(
            '<a href="{}"><strong>{}</strong></a><div class="text-secondary small">{}</div>',
            url,
            record.sku.code,
            record.sku.product.title,
        )

    def value_sku(self, record: Balance) -> str:
        return record.sku.code

    def render_declared(self, record: Balance) -> SafeString:
        return declared_cell(record, may_act=self.may_act, token=self.token)

    def value_declared(self, record: Balance) -> int:
        return record.declared

    def render_sellable(self, record: Any) -> SafeString:
        return format_html('<span id="sellable-{}">{}</span>', record.pk, f"{record.sellable:,}")

    def value_sellable(self, record: Any) -> int:
        return int(record.sellable)

    def render_stated(self, record: Balance) -> SafeString:
        code = self.view.row_state(record)
        return format_html('<span id="stated-{}">{}</span>', record.pk, badge(code, "stock_row"))

    def value_stated(self, record: Balance) -> str:
        return str(word_of("stock_row", self.view.row_state(record)).label)

    def render_signal(self, record: Any) -> SafeString | str:
        code = self.view.signal(record)
        told = badge(code, "stock_signal") if code else "–"
        return format_html('<span id="signal-{}">{}</span>', record.pk, told)

    def value_signal(self, record: Any) -> str:
        code = self.view.signal(record)
        return str(word_of("stock_signal", code).label) if code else ""


class StockView:
    """How the rows of one seller are judged on one day."""

    def __init__(self, *, day: OperatingDay, signals: StockSignals) -> None:
        self.day, self.signals = day, signals

    def row_state(self, balance: Any) -> str:
        """Whether the day asks for it, and whether it was stated by the cut-off."""
        if balance.stated_on == self.day.on and balance.stated_first_at is not None:
            return "stated" if balance.stated_first_at <= self.day.last_in_time else "late"
        return "missing" if balance.is_asked else ""

    def signal(self, balance: Any) -> str:
        """The most pressing thing about it, if any."""
        if balance.is_short:
            return "shortage"
        sales = getattr(balance, "sales", None)
        if balance.sku.delisted_at is not None:
            return ""
        units, days = (sales.units, sales.days) if sales else (0, 1)
        return self.signals.of(sellable=balance.sellable, units=units, days=days)


def declared_cell(
    balance: Balance, *, may_act: bool, token: str, error: str = "", typed: str = "", is_cell: bool = True
) -> SafeString:
    """The declared quantity, with a field to state it anew for whoever may."""
    if not may_act:
        return format_html("{}", f"{balance.declared:,}")
    context = {
        "balance": balance,
        "token": token,
        "error": error,
        "typed": typed or balance.declared,
        "is_cell": is_cell,
    }
    return SafeString(render_to_string("seller/stock_declared.html", context))


__all__ = [
    "StockFilter", "StockTable", "StockView",  "declared_cell", "get_token", "stated_in_time",
    "stock_rows",
]  # fmt: skip
