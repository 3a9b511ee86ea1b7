"""The list of a seller's SKUs: its columns, its filters, what each costs to serve."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tables2 import Column

from bantuo.apps.catalog.models import PriceAlert, Sku
from bantuo.apps.catalog.operations.capabilities import mode_of
from bantuo.interfaces.seller.listing_costs import CostReckoner, SkuCost
from bantuo.interfaces.web.tables import ListFilter, ListTable, MoneyColumn
from bantuo.interfaces.web.templatetags.ui import badge, bp, fen, icon
from bantuo.interfaces.web.words import choices, word_of


class Skus(ListTable):
    """One row per SKU: what it is, what it costs the buyer, what it costs to serve."""

    code = Column(verbose_name=gettext_lazy("SKU"))
    product = Column(
        verbose_name=gettext_lazy("Product"), accessor="product__title", order_by="product__title"
    )
    mode = Column(verbose_name=gettext_lazy("Mode"), accessor="semi_managed", order_by="semi_managed")
    ordinary_fen = MoneyColumn(verbose_name=gettext_lazy("Ordinary price"))
    exclusive_fen = MoneyColumn(verbose_name=gettext_lazy("Exclusive price"))
    cost = MoneyColumn(verbose_name=gettext_lazy("Fees"), empty_values=(), orderable=False, accessor="pk")
    margin = MoneyColumn(
        verbose_name=gettext_lazy("Left of the price"), empty_values=(), orderable=False, accessor="pk"
    )
    weight_g = Column(verbose_name=gettext_lazy("Weight"))
    state = Column(verbose_name=gettext_lazy("State"), accessor="delisted_at", empty_values=())

    class Meta(ListTable.Meta):
        model = Sku
        fields = ("code", "product", "mode", "ordinary_fen", "exclusive_fen", "cost", "margin", "weight_g",
                  "state")  # fmt: skip
        order_by = "-id"

    empty_title = gettext_lazy("Nothing is listed yet")
    empty_hint = gettext_lazy("List a product, or import a sheet: exports of 店小秘 and 领星 are recognised.")

    def __init__(self, *args: Any, reckoner: CostReckoner, **options: Any) -> None:
        super().__init__(*args, **options)
        self.reckoner = reckoner

    def _cost(self, sku: Sku) -> SkuCost | None:
        """Worked out once per row."""
        if not hasattr(sku, "cost_found"):
            sku.cost_found = self.reckoner.cost(sku)  # type: ignore[attr-defined]
        found: SkuCost | None = sku.cost_found  # type: ignore[attr-defined]
        return found

    def render_code(self, record: Sku) -> SafeString:
        return format_html(
            '<a class="text-nowrap" href="{}">{}</a>',
            reverse("seller:listing_sku", args=[record.pk]),
            record.code,
        )

    def value_code(self, record: Sku) -> str:
        return record.code

    def render_product(self, record: Sku) -> SafeString:
        url = reverse("seller:listing_product", args=[record.product_id])
        return format_html(
            '<a class="text-body" href="{}">{}</a>', url, record.product.title or record.product.code
        )

    def value_product(self, record: Sku) -> str:
        return record.product.title

    def render_mode(self, record: Sku) -> SafeString:
        return badge(mode_of(record), "listing_mode")

    def value_mode(self, record: Sku) -> str:
        return str(word_of("listing_mode", mode_of(record)).label)

    def render_exclusive_fen(self, record: Any) -> SafeString | str:
        if not record.has_alert:
            return fen(record.exclusive_fen)
        told = _("too high: price alert")
        return format_html(
            '<a class="text-bad" href="{}" title="{}">{} {}<span class="visually-hidden"> {}</span></a>',
            reverse("seller:listing_alerts"), told, icon("alert-triangle"), fen(record.exclusive_fen), told,
        )  # fmt: skip

    def value_exclusive_fen(self, record: Sku) -> str:
        return "" if record.exclusive_fen is None else MoneyColumn().value(record.exclusive_fen)

    def render_cost(self, record: Sku) -> SafeString | str:
        found = self._cost(record)
        if found is None:
            return "–"
        if found.step is None:
            return fen(found.total_fen)
        told = _("%(g)s g less saves %(saving)s") % {
            "g": found.step.over_g, "saving": fen(found.saving_fen),
        }  # fmt: skip
        return format_html(
            '{}<br><span class="text-warn small">{} {}</span>', fen(found.total_fen), icon("scale"), told
        )

    def value_cost(self, record: Sku) -> str:
        found = self._cost(record)
        return "" if found is None else MoneyColumn().value(found.total_fen)

    def render_margin(self, record: Sku) -> SafeString | str:
        found = self._cost(record)
        if found is None:
            return "–"
        tone = "text-bad" if found.margin_fen < 0 else "text-secondary"
        return format_html(
            '{}<br><span class="{} small">{}</span>', fen(found.margin_fen), tone, bp(found.margin_bp)
        )

    def value_margin(self, record: Sku) -> str:
        found = self._cost(record)
        return "" if found is None else MoneyColumn().value(found.margin_fen)

    def render_weight_g(self, value: int) -> str:
        return f"{value:,}\u00a0g"

    def value_weight_g(self, value: int) -> int:
        return value

    def render_state(self, record: Sku) -> SafeString:
        return badge(_state(record), "listing_state")

    def value_state(self, record: Sku) -> str:
        return str(word_of("listing_state", _state(record)).label)


def _state(sku: Sku) -> str:
    return "listed" if sku.delisted_at is None else "delisted"


class SkuFilter(ListFilter):
    """By code or title, by mode, by state, by price alert."""

    q = django_filters.CharFilter(label=gettext_lazy("SKU, product or title"), method="by_words")
    mode = django_filters.ChoiceFilter(
        label=gettext_lazy("Mode"),
        choices=choices("listing_mode"),
        empty_label=gettext_lazy("any"),
        method="by_mode",
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=choices("listing_state"),
        empty_label=gettext_lazy("any"),
        method="by_state",
    )
    alert = django_filters.ChoiceFilter(
        label=gettext_lazy("Price alert"),
        choices=[("yes", gettext_lazy("open"))],
        empty_label=gettext_lazy("any"),
        method="by_alert",
    )

    def by_words(self, queryset: QuerySet[Sku], name: str, value: str) -> QuerySet[Sku]:
        return queryset.filter(
            Q(code__icontains=value) | Q(product__code__icontains=value) | Q(product__title__icontains=value)
        )

    def by_mode(self, queryset: QuerySet[Sku], name: str, value: str) -> QuerySet[Sku]:
        if value == "full":
            return queryset.filter(product__fully_managed=True)
        return queryset.filter(product__fully_managed=False, semi_managed=value == "semi")

    def by_state(self, queryset: QuerySet[Sku], name: str, value: str) -> QuerySet[Sku]:
        return queryset.filter(delisted_at__isnull=value == "listed")

    def by_alert(self, queryset: QuerySet[Sku], name: str, value: str) -> QuerySet[Sku]:
        return queryset.filter(Q(has_alert=True))


def sku_rows(seller_id: int) -> QuerySet[Sku]:
    """All SKUs of a seller with their product and whether a price alert is open."""
    alerts = PriceAlert.objects.filter(sku=OuterRef("pk"), seller_id=seller_id, cleared_at__isnull=True)
    return (
        Sku.objects.filter(seller_id=seller_id).select_related("product").annotate(has_alert=Exists(alerts))
    )
