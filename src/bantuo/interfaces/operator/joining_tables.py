"""The list of deposits for finance: its columns and filters."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from django_tables2 import Column

from bantuo.apps.admission.models import Deposit, DepositState
from bantuo.interfaces.web.tables import (
    BadgeColumn,
    DayColumn,
    ListFilter,
    ListTable,
    MoneyColumn,
    NumberColumn,
)
from bantuo.interfaces.web.templatetags.ui import badge
from bantuo.interfaces.web.words import choices, word_of


class Deposits(ListTable):
    """One row per deposit, what waits for finance first."""

    seller = Column(verbose_name=gettext_lazy("Seller"), accessor="seller__code", order_by="seller__code")
    name = Column(verbose_name=gettext_lazy("Shop name"), accessor="seller__name", orderable=False)
    state = BadgeColumn(kind="deposit", verbose_name=gettext_lazy("State"))
    required_fen = MoneyColumn(verbose_name=gettext_lazy("Amount required"))
    held_fen = MoneyColumn(verbose_name=gettext_lazy("Held"), orderable=False)
    due_fen = MoneyColumn(verbose_name=gettext_lazy("Due"), orderable=False, empty_values=())
    days = NumberColumn(
        verbose_name=gettext_lazy("Days since asked"), accessor="due_at", order_by="-due_at", empty_values=()
    )
    cooling_until = DayColumn(verbose_name=gettext_lazy("Refund from"))
    waiting = Column(verbose_name=gettext_lazy("Payment"), orderable=False)

    class Meta(ListTable.Meta):
        model = Deposit
        fields = ("seller", "name", "state", "required_fen", "held_fen", "due_fen", "days", "cooling_until",
                  "waiting")  # fmt: skip
        order_by = "-id"

    empty_title = gettext_lazy("No deposit has been asked for yet")
    empty_hint = gettext_lazy("A deposit is asked for as soon as a seller signs the agreement.")

    def render_seller(self, record: Deposit) -> SafeString:
        url = reverse("operator:deposit", args=[record.pk])
        return format_html('<a href="{}">{}</a>', url, record.seller.code)

    def value_seller(self, record: Deposit) -> str:
        return record.seller.code

    def render_state(self, record: Deposit) -> SafeString:
        return badge(record.state, "deposit")

    def value_state(self, record: Deposit) -> str:
        return str(word_of("deposit", record.state).label)

    def render_waiting(self, record: Any) -> SafeString | str:
        return badge("waiting", "payment") if record.waiting else "–"

    def value_waiting(self, record: Any) -> str:
        return str(word_of("payment", "waiting").label) if record.waiting else ""

    def render_due_fen(self, record: Deposit) -> str:
        return MoneyColumn().render(_due(record))

    def value_due_fen(self, record: Deposit) -> str:
        return MoneyColumn().value(_due(record))

    def render_days(self, record: Deposit) -> str:
        return f"{_days(record):,}" if record.held_at is None else "–"

    def value_days(self, record: Deposit) -> int:
        return _days(record)


def _due(record: Any) -> int:
    """As `deposit_due_fen`, from what the list has read already."""
    if record.state == DepositState.DUE:
        return int(record.required_fen)
    return int(record.required_fen - record.held_fen) if record.state == DepositState.TOP_UP_DUE else 0


def _days(record: Deposit) -> int:
    return (timezone.localdate() - timezone.localdate(record.due_at)).days


class DepositFilter(ListFilter):
    """By seller, by state, and whether a payment waits."""

    q = django_filters.CharFilter(label=gettext_lazy("Shop code or name"), method="by_seller")
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=choices("deposit"), empty_label=gettext_lazy("any")
    )
    waiting = django_filters.ChoiceFilter(
        label=gettext_lazy("Payment"),
        choices=[("yes", gettext_lazy("waits for finance"))],
        empty_label=gettext_lazy("any"),
        method="by_waiting",
    )

    def by_seller(self, queryset: QuerySet[Deposit], name: str, value: str) -> QuerySet[Deposit]:
        return queryset.filter(Q(seller__code__icontains=value) | Q(seller__name__icontains=value))

    def by_waiting(self, queryset: QuerySet[Deposit], name: str, value: str) -> QuerySet[Deposit]:
        return queryset.filter(**{"waiting": True})
