"""Designated warehouses for operators: opened, described, closed; who is bound, and what was changed when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_tables2 import Column

from bantuo.apps.admission.models import BindingNotice
from bantuo.apps.admission.operations.rebinding import close_warehouse_from
from bantuo.apps.parties.models import Binding, Warehouse
from bantuo.apps.parties.operations import (
    WarehouseRefused,
    edit_warehouse,
    open_starter_warehouses,
    open_warehouses,
)
from bantuo.apps.parties.queries import warehouse_history
from bantuo.interfaces.operator.warehouse_forms import CloseForm, NewWarehouseForm, WarehouseForm
from bantuo.interfaces.web.access import OPERATOR_ROLES, Role, access
from bantuo.interfaces.web.joining_words import act_and_tell, refusal_words, warehouse_kind_rules
from bantuo.interfaces.web.programme import programme_now
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.tables import (
    BadgeColumn,
    DayColumn,
    ListFilter,
    ListTable,
    NumberColumn,
    list_page,
)
from bantuo.interfaces.web.templatetags.ui import badge, day, tr
from bantuo.interfaces.web.words import choices

MANAGERS = {Role.WAREHOUSE}
SELLERS_SHOWN = 50


class Warehouses(ListTable):
    """One row per warehouse, with the sellers bound to it now."""

    code = Column(verbose_name=gettext_lazy("Code"))
    name = Column(verbose_name=gettext_lazy("Name"), accessor="name_zh", orderable=False)
    kind = BadgeColumn(kind="warehouse_kind", verbose_name=gettext_lazy("Kind"))
    place = Column(verbose_name=gettext_lazy("Place"), orderable=False, empty_values=())
    supervision_code = Column(verbose_name=gettext_lazy("Supervision code"))
    parcels_per_day = NumberColumn(verbose_name=gettext_lazy("Parcels a day"))
    bound = NumberColumn(verbose_name=gettext_lazy("Sellers bound"))
    opened_on = DayColumn(verbose_name=gettext_lazy("Open since"))
    closed_on = DayColumn(verbose_name=gettext_lazy("Closes on"))

    class Meta(ListTable.Meta):
        model = Warehouse
        fields = (
            "code", "name", "kind", "place", "supervision_code", "parcels_per_day", "bound", "opened_on",
            "closed_on",
        )  # fmt: skip
        order_by = "code"

    empty_title = gettext_lazy("No warehouse is open yet")
    empty_hint = gettext_lazy("Open the three warehouses that the article names, or add your own.")

    def render_code(self, record: Warehouse) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', reverse("operator:warehouse", args=[record.pk]), record.code
        )

    def render_name(self, record: Warehouse) -> str:
        return tr(record.name)

    def render_place(self, record: Warehouse) -> str:
        return record.place or _("not stated")

    def render_closed_on(self, record: Warehouse, value: date) -> SafeString:
        return format_html("{} {}", day(value), badge(record.state_on(programme_now().on), "warehouse_state"))


class WarehouseFilter(ListFilter):
    """By words, kind and whether it is open."""

    q = django_filters.CharFilter(label=gettext_lazy("Code, name or place"), method="by_words")
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"), choices=choices("warehouse_kind"), empty_label=gettext_lazy("any")
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=[("open", gettext_lazy("takes sellers")), ("ending", gettext_lazy("closing or closed"))],
        empty_label=gettext_lazy("any"),
        method="by_state",
    )

    def by_words(self, queryset: QuerySet[Warehouse], name: str, value: str) -> QuerySet[Warehouse]:
        fields = ("code", "name_zh", "name_en", "place")
        wanted = Q()
        for field in fields:
            wanted |= Q(**{f"{field}__icontains": value})
        return queryset.filter(wanted)

    def by_state(self, queryset: QuerySet[Warehouse], name: str, value: str) -> QuerySet[Warehouse]:
        return queryset.filter(closed_on__isnull=value == "open")


@access(view=OPERATOR_ROLES)
@require_safe
def warehouse_list(request: UserRequest) -> HttpResponse:
    """All warehouses with their capacity, supervision code and bound sellers."""
    bound = Count("binding", filter=Q(binding__unbound_at__isnull=True))
    may_act = bool(MANAGERS.intersection(request.user.roles))
    return list_page(
        request,
        table=Warehouses,
        filter=WarehouseFilter,
        queryset=Warehouse.objects.annotate(bound=bound),
        title=_("Warehouses"),
        template="operator/warehouses.html",
        context={"may_act": may_act, "is_first": may_act and not Warehouse.objects.exists()},
    )


@access(view=MANAGERS, act=MANAGERS)
@require_POST
def open_starter(request: UserRequest) -> HttpResponse:
    """Open the three warehouses of the article as the first rows."""
    programme = programme_now()
    open_starter_warehouses(book=programme.book, on=programme.on, now=programme.now, actor=request.user.actor)
    messages.success(request, _("The three warehouses are open. Fill in what the article does not state."))
    return redirect("operator:warehouses")


@access(view=MANAGERS, act=MANAGERS)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest) -> HttpResponse:
    """Open a warehouse from a day on."""
    programme = programme_now()
    posted = request.method == "POST"
    form = NewWarehouseForm(request.POST) if posted else NewWarehouseForm(initial={"opened_on": programme.on})
    if posted and form.is_valid():
        try:
            ids = open_warehouses([form.new_warehouse()], now=programme.now, actor=request.user.actor)
        except WarehouseRefused as refused:
            form.refuse(refused, refusal_words(refused))
        else:
            messages.success(request, _("The warehouse is open."))
            return redirect("operator:warehouse", ids[form.cleaned_data["code"]])
    context = {"form": form, "kinds": warehouse_kind_rules(programme.book, programme.on)}
    return render(request, "operator/warehouse_new.html", context, status=422 if form.errors else 200)


@access(view=OPERATOR_ROLES, act=MANAGERS)
@require_http_methods(["GET", "HEAD", "POST"])
def warehouse(request: UserRequest, pk: int) -> HttpResponse:
    """One warehouse: described anew here, with who is bound to it and its history."""
    found = get_object_or_404(Warehouse, pk=pk)
    posted = request.method == "POST"
    form = WarehouseForm(request.POST) if posted else WarehouseForm.of(found)
    if posted and form.is_valid() and _edit(request, found, form):
        return redirect("operator:warehouse", pk)
    return _show(request, found, form, CloseForm())


def _edit(request: UserRequest, found: Warehouse, form: WarehouseForm) -> bool:
    try:
        changed = edit_warehouse(
            found.pk, changes=form.changes(), now=programme_now().now, actor=request.user.actor
        )
    except WarehouseRefused as refused:
        form.refuse(refused, refusal_words(refused))
        return False
    done = _("The warehouse is described anew.") if changed else _("Nothing was changed.")
    messages.success(request, done)
    return True


def _show(request: UserRequest, found: Warehouse, form: WarehouseForm, closing: CloseForm) -> HttpResponse:
    programme = programme_now()
    bound = Binding.objects.filter(warehouse=found, unbound_at__isnull=True).select_related("seller")
    coming = BindingNotice.objects.filter(applied_at__isnull=True, withdrawn_at__isnull=True)
    leaving = coming.filter(seller_id__in=bound.values("seller_id")).exclude(warehouse=found)
    context = {
        "warehouse": found,
        "state": found.state_on(programme.on),
        "kind_rule": warehouse_kind_rules(programme.book, programme.on).get(found.kind),
        "form": form,
        "closing": closing,
        "may_act": bool(MANAGERS.intersection(request.user.roles)),
        "bound": bound.order_by("seller__code")[:SELLERS_SHOWN],
        "bound_count": bound.count(),
        "leaving": dict(leaving.values_list("seller_id", "effective_on")),
        "coming": coming.filter(warehouse=found).select_related("seller").order_by("effective_on"),
        "history": [
            _event(event.topic, event.payload, event.occurred_at) for event in warehouse_history(found.pk)
        ],
    }
    return render(
        request, "operator/warehouse.html", context, status=422 if form.errors or closing.errors else 200
    )


def _event(topic: str, payload: Mapping[str, Any], at: Any) -> dict[str, Any]:
    """What happened to the warehouse as the time line shows it."""
    titles = {
        "warehouse.opened": _("opened"),
        "warehouse.changed": _("described anew"),
        "warehouse.closed": _("closing announced"),
    }
    text = payload.get("closed_on", "")
    if "changed" in payload:
        labels = WarehouseForm.base_fields
        text = "; ".join(
            f"{labels[name].label if name in labels else name}: {_told(old)} → {_told(new)}"
            for name, (old, new) in payload["changed"].items()
            if name in labels
        )
    return {"at": at, "title": titles.get(topic, topic), "text": text, "actor": payload.get("by", "")}


def _told(value: Any) -> str:
    return "–" if value in (None, "") else str(value)


@access(view=MANAGERS, act=MANAGERS)
@require_POST
def close(request: UserRequest, pk: int) -> HttpResponse:
    """Close a warehouse from a day on, once every seller bound to it has announced to leave."""
    found, programme = get_object_or_404(Warehouse, pk=pk), programme_now()
    form = CloseForm(request.POST)
    if not form.is_valid():
        return _show(request, found, WarehouseForm.of(found), form)
    act_and_tell(
        request,
        lambda: close_warehouse_from(
            pk,
            closed_on=form.cleaned_data["closed_on"],
            on=programme.on,
            now=programme.now,
            actor=request.user.actor,
        ),
        done=_("The warehouse takes nobody new and closes on that day."),
        nothing_new=_("It closes on that day already."),
    )
    return redirect("operator:warehouse", pk)
