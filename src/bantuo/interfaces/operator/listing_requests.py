"""What sellers under a fully managed contract ask: a new main image or film, approved or refused."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django_tables2 import Column

from bantuo.apps.catalog.models import ListingRequest
from bantuo.apps.catalog.operations import (
    ReasonMissing,
    RequestDecided,
    approve_request,
    refuse_request,
)
from bantuo.interfaces.web.access import OPERATOR_ROLES, Role, access
from bantuo.interfaces.web.programme import programme_of
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.tables import (
    ActorColumn,
    BadgeColumn,
    ListFilter,
    ListTable,
    WhenColumn,
    list_page,
)
from bantuo.interfaces.web.words import choices

DECIDING = {Role.REVIEWER}


class Requests(ListTable):
    """One row per request, those that wait first."""

    id = Column(verbose_name=gettext_lazy("Request"))
    seller = Column(verbose_name=gettext_lazy("Seller"), accessor="seller__code", order_by="seller__code")
    product = Column(verbose_name=gettext_lazy("Product"), accessor="product__title", orderable=False)
    kind = BadgeColumn(kind="request_kind", verbose_name=gettext_lazy("Change"))
    state = BadgeColumn(kind="listing_request", verbose_name=gettext_lazy("State"))
    requested_at = WhenColumn(verbose_name=gettext_lazy("Asked"))
    decided_by = ActorColumn(verbose_name=gettext_lazy("Decided by"), orderable=False)

    class Meta(ListTable.Meta):
        model = ListingRequest
        fields = ("id", "seller", "product", "kind", "state", "requested_at", "decided_by")
        order_by = "-id"

    empty_title = gettext_lazy("No seller has asked for anything")
    empty_hint = gettext_lazy(
        "Under a fully managed contract a new main image needs your consent; such requests stand here."
    )

    def render_id(self, record: ListingRequest) -> SafeString:
        url = reverse("operator:listing_request", args=[record.pk])
        return format_html('<a href="{}">{}</a>', url, record.pk)

    def value_id(self, record: ListingRequest) -> int:
        return record.pk


class RequestFilter(ListFilter):
    """By state and seller."""

    q = django_filters.CharFilter(label=gettext_lazy("Shop code or name"), method="by_seller")
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=choices("listing_request"), empty_label=gettext_lazy("any")
    )

    def by_seller(
        self, queryset: QuerySet[ListingRequest], name: str, value: str
    ) -> QuerySet[ListingRequest]:
        return queryset.filter(Q(seller__code__icontains=value) | Q(seller__name__icontains=value))


@access(view=OPERATOR_ROLES)
@require_safe
def listing_requests(request: UserRequest) -> HttpResponse:
    """All requests, and how many wait."""
    return list_page(
        request,
        table=Requests,
        filter=RequestFilter,
        queryset=ListingRequest.objects.select_related("seller", "product"),
        title=_("Listing requests"),
        template="operator/listing_requests.html",
        context={"waiting": ListingRequest.objects.filter(state="open").count()},
    )


class RefusalForm(forms.Form):
    """Why not."""

    reason = forms.CharField(
        label=gettext_lazy("Reason (the seller reads it)"),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@access(view=OPERATOR_ROLES)
@require_safe
def listing_request(request: UserRequest, pk: int) -> HttpResponse:
    """What stands there now and what is asked for."""
    return _show(request, pk, RefusalForm())


def _show(request: UserRequest, pk: int, form: RefusalForm) -> HttpResponse:
    asked = get_object_or_404(ListingRequest.objects.select_related("seller", "product"), pk=pk)
    context: dict[str, Any] = {
        "asked": asked,
        "skus": asked.product.skus.order_by("delisted_at", "id")[:20],
        "form": form,
        "may_act": bool(DECIDING.intersection(request.user.roles)) and asked.state == "open",
    }
    return render(request, "operator/listing_request.html", context, status=422 if form.errors else 200)


@access(view=(), act=DECIDING)
@require_POST
def approve(request: UserRequest, pk: int) -> HttpResponse:
    """Let the change be made."""
    get_object_or_404(ListingRequest, pk=pk)
    try:
        approve_request(pk, now=programme_of(request).now, actor=request.user.actor)
        messages.success(request, _("Approved: the listing shows the new one from now on."))
    except RequestDecided:
        messages.warning(request, _("Somebody has decided already, or the seller has asked anew."))
    return redirect("operator:listing_request", pk)


@access(view=(), act=DECIDING)
@require_POST
def refuse(request: UserRequest, pk: int) -> HttpResponse:
    """Leave the listing as it is, with the reason."""
    get_object_or_404(ListingRequest, pk=pk)
    form = RefusalForm(request.POST)
    if not form.is_valid():
        return _show(request, pk, form)
    try:
        refuse_request(
            pk, reason=form.cleaned_data["reason"], now=programme_of(request).now, actor=request.user.actor
        )
        messages.success(request, _("Refused; the seller is told why."))
    except RequestDecided:
        messages.warning(request, _("Somebody has decided already, or the seller has asked anew."))
    except ReasonMissing:
        form.add_error("reason", _("A refusal needs a reason."))
        return _show(request, pk, form)
    return redirect("operator:listing_request", pk)
