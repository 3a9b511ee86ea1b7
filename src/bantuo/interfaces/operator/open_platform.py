"""ERP apps for operators: registered for vendors, with how many sellers let each act for them."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_tables2 import Column

from bantuo.apps.open_platform.models import OpenApp, Scope
from bantuo.apps.open_platform.operations import (
    AppUnknown,
    IssuedApp,
    RedirectUnfit,
    check_redirect,
    close_app,
    open_app_secret,
    register_app,
    replace_secret,
)
from bantuo.apps.open_platform.operations.registering import NAME_LENGTH_MAX
from bantuo.apps.open_platform.queries import registered_apps
from bantuo.interfaces.web.access import OPERATOR_ROLES, Role, access
from bantuo.interfaces.web.form_choices import choice_field
from bantuo.interfaces.web.open_platform_words import MEANINGS
from bantuo.interfaces.web.papers import vault
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.tables import (
    BadgeColumn,
    ListFilter,
    ListTable,
    NumberColumn,
    WhenColumn,
    list_page,
)
from bantuo.interfaces.web.templatetags.ui import badge
from bantuo.interfaces.web.words import choices

_ACTS = {Role.ADMINISTRATOR}
_SHOWN = "open_app_secret_shown"


class Apps(ListTable):
    """Every app, an operator's or a seller's own."""

    name = Column(verbose_name=gettext_lazy("Name"))
    app_key = Column(verbose_name=gettext_lazy("App key"))
    kind = Column(verbose_name=gettext_lazy("Acts for"), accessor="private_to__name", order_by="private_to",
                  empty_values=())  # fmt: skip
    scopes = Column(verbose_name=gettext_lazy("May"), orderable=False)
    sellers = NumberColumn(verbose_name=gettext_lazy("Shops that allow it"))
    state = BadgeColumn(kind="open_app", verbose_name=gettext_lazy("State"), order_by="closed_at")
    registered_at = WhenColumn(verbose_name=gettext_lazy("Registered"))

    class Meta(ListTable.Meta):
        model = OpenApp
        fields = ("name", "app_key", "kind", "scopes", "sellers", "state", "registered_at")
        order_by = "-registered_at"

    empty_title = gettext_lazy("No app is registered yet")
    empty_hint = gettext_lazy("Register the program of an ERP vendor, so that sellers can allow it.")

    def render_name(self, record: OpenApp) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("operator:open_app", args=[record.pk]), record.name)

    def render_kind(self, record: OpenApp) -> str:
        return record.private_to.name if record.private_to else _("every shop that allows it")

    def render_scopes(self, value: list[str]) -> SafeString:
        return format_html_join(" ", "{}", ((badge(scope, "open_scope"),) for scope in value))

    def value_scopes(self, value: list[str]) -> str:
        return ", ".join(value)


class AppFilter(ListFilter):
    """By words, kind and state."""

    q = django_filters.CharFilter(method="by_words", label=gettext_lazy("Name or app key"))
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"),
        choices=[("vendor", gettext_lazy("of a vendor")), ("own", gettext_lazy("a shop's own"))],
        empty_label=gettext_lazy("any"),
        method="by_kind",
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=[("open", gettext_lazy("in use")), ("closed", gettext_lazy("closed"))],
        empty_label=gettext_lazy("any"),
        method="by_state",
    )

    def by_words(self, found: QuerySet[OpenApp], name: str, value: str) -> QuerySet[OpenApp]:
        return found.filter(Q(name__icontains=value) | Q(app_key__startswith=value))

    def by_kind(self, found: QuerySet[OpenApp], name: str, value: str) -> QuerySet[OpenApp]:
        return found.filter(private_to__isnull=value == "vendor")

    def by_state(self, found: QuerySet[OpenApp], name: str, value: str) -> QuerySet[OpenApp]:
        return found.filter(closed_at__isnull=value == "open")


class AppForm(forms.Form):
    """What is registered of a vendor's app."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME_LENGTH_MAX,
        help_text=gettext_lazy("As sellers know the program and its vendor."),
    )
    redirect_uris = forms.CharField(
        label=gettext_lazy("Addresses to return to"),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One in a line, complete: only exactly these are accepted. They begin with https://."
        ),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=(),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("A seller is told all of this before saying yes."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        told = [(scope, f"{label}: {MEANINGS[Scope(scope)]}") for scope, label in choices("open_scope")]
        choice_field(self, "scopes").choices = told

    def clean_redirect_uris(self) -> list[str]:
        """Addresses that a browser may be sent to with a code."""
        uris = [line.strip() for line in self.cleaned_data["redirect_uris"].splitlines() if line.strip()]
        for uri in uris:
            try:
                check_redirect(uri)
            except RedirectUnfit as unfit:
                told = _("“%(uri)s” cannot be used: https:// and a host, no fragment, no spaces.")
                raise forms.ValidationError(told % {"uri": uri[:100]}, code="redirect") from unfit
        return uris


@access(view=OPERATOR_ROLES)
@require_safe
def apps(request: UserRequest) -> HttpResponse:
    """Every app."""
    return list_page(
        request,
        table=Apps,
        filter=AppFilter,
        queryset=registered_apps(now=timezone.now()),
        title=_("ERP apps"),
        template="operator/open_apps.html",
        context={"may_act": _may_act(request)},
    )


@access(view=_ACTS, act=_ACTS)
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: UserRequest) -> HttpResponse:
    """Register a vendor's app; its secret is shown on the page that follows."""
    form = (
        AppForm(request.POST) if request.method == "POST" else AppForm(initial={"scopes": Scope.values[:3]})
    )
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        issued = register_app(
            told["name"],
            redirect_uris=told["redirect_uris"],
            scopes=told["scopes"],
            vault=vault(),
            now=timezone.now(),
            actor=request.user.actor,
        )
        return _show_secret(request, issued)
    return render(request, "operator/open_app_new.html", {"form": form}, status=422 if form.errors else 200)


@access(view=OPERATOR_ROLES)
@require_safe
def app(request: UserRequest, pk: int) -> HttpResponse:
    """One app: what it may do, where it returns to, who lets it."""
    found = get_object_or_404(registered_apps(now=timezone.now()), pk=pk)
    shown = request.session.pop(_SHOWN, None)
    context = {
        "app": found,
        "secret": open_app_secret(found, vault=vault()) if shown == found.pk and not found.closed_at else "",
        "may_act": _may_act(request) and found.private_to_id is None,
        "may_close": _may_act(request),
    }
    return render(request, "operator/open_app.html", context)


@access(view=_ACTS, act=_ACTS)
@require_POST
def new_secret(request: UserRequest, pk: int) -> HttpResponse:
    """Replace the secret of a vendor's app."""
    found = get_object_or_404(OpenApp, pk=pk, private_to__isnull=True)
    try:
        issued = replace_secret(found.pk, vault=vault(), now=timezone.now(), actor=request.user.actor)
    except AppUnknown:
        messages.info(request, _("The app is closed."))
        return redirect("operator:open_app", pk)
    return _show_secret(request, issued)


@access(view=_ACTS, act=_ACTS)
@require_POST
def close(request: UserRequest, pk: int) -> HttpResponse:
    """Close an app, a seller's own one as well: nobody is acted for by it any more."""
    found = get_object_or_404(OpenApp, pk=pk)
    try:
        close_app(found.pk, now=timezone.now(), actor=request.user.actor)
        messages.success(request, _("The app is closed: its calls are refused from now on."))
    except AppUnknown:
        messages.info(request, _("The app is closed."))
    return redirect("operator:open_app", pk)


def _show_secret(request: UserRequest, issued: IssuedApp) -> HttpResponse:
    """Remember whose secret to show, never the secret."""
    request.session[_SHOWN] = issued.app_id
    messages.success(request, _("The secret is ready. Copy it now: it is shown this once."))
    return redirect("operator:open_app", issued.app_id)


def _may_act(request: UserRequest) -> bool:
    return bool(_ACTS.intersection(request.user.roles))
