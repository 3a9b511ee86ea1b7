"""Keys of marketplaces: with one, a marketplace pushes the orders of all its sellers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from bantuo.apps.integrations.models import ApiKey
from bantuo.apps.integrations.operations.keys import KeyUnknown, Owner, create_key, revoke_key, rotate_key
from bantuo.apps.integrations.queries import calls_of
from bantuo.apps.integrations.scopes import MARKETPLACE_SCOPES
from bantuo.apps.parties.queries import marketplaces
from bantuo.interfaces.web.access import OPERATOR_ROLES, Role, access
from bantuo.interfaces.web.api_keys import OVERLAP, Calls, KeyForm, show_once, shown_keys, shown_once
from bantuo.interfaces.web.form_choices import choice_field
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.tables import list_page

_ACTING = {Role.ADMINISTRATOR}


class MarketplaceKeyForm(KeyForm):
    """A new key of a marketplace."""

    marketplace = forms.ChoiceField(label=gettext_lazy("Marketplace"))
    field_order = ("marketplace", "title", "kind", "scopes")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, scopes=MARKETPLACE_SCOPES, **options)
        choice_field(self, "marketplace").choices = [(name, name) for name in marketplaces()]


@access(view=OPERATOR_ROLES)
@require_GET
def api_keys(request: UserRequest) -> HttpResponse:
    """Every marketplace's keys."""
    return _page(request, MarketplaceKeyForm())


@access(view=OPERATOR_ROLES, act=_ACTING)
@require_POST
def create(request: UserRequest) -> HttpResponse:
    """A new key; its secret is shown on the page that follows."""
    form = MarketplaceKeyForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    owner = Owner(form.cleaned_data.pop("marketplace"))
    given = create_key(owner, **form.cleaned_data, now=timezone.now(), actor=request.user.actor)
    show_once(request, given)
    messages.success(request, _("The key is ready. Copy its secret now: it is shown this once."))
    return redirect("operator:api_keys")


@access(view=OPERATOR_ROLES, act=_ACTING)
@require_POST
def rotate(request: UserRequest, pk: int) -> HttpResponse:
    """A new secret; the one before ends at once or in a day."""
    overlap = OVERLAP if request.POST.get("overlap") == "day" else timedelta()
    try:
        given = rotate_key(
            pk, owner=_owner(pk), overlap=overlap, now=timezone.now(), actor=request.user.actor
        )
    except KeyUnknown as unknown:
        raise Http404 from unknown
    show_once(request, given)
    messages.success(request, _("The new secret is ready. Copy it now: it is shown this once."))
    return redirect("operator:api_keys")


@access(view=OPERATOR_ROLES, act=_ACTING)
@require_POST
def revoke(request: UserRequest, pk: int) -> HttpResponse:
    """No call with this key any more."""
    try:
        revoke_key(pk, owner=_owner(pk), now=timezone.now(), actor=request.user.actor)
    except KeyUnknown as unknown:
        raise Http404 from unknown
    messages.success(request, _("The key is revoked: within seconds its calls are refused."))
    return redirect("operator:api_keys")


@access(view=OPERATOR_ROLES)
@require_GET
def calls(request: UserRequest) -> HttpResponse:
    """The last calls of the marketplaces' keys."""
    names = {key.pk: key.title or key.name_shown for key in _keys()}
    return list_page(
        request, table=Calls, queryset=calls_of(names), title=_("Log of calls"),
        template="operator/api_calls.html", table_options={"names": names},
    )  # fmt: skip


def _keys() -> list[ApiKey]:
    return list(ApiKey.objects.filter(seller_id__isnull=True).order_by("-revoked_at", "-id"))


def _owner(pk: int) -> Owner:
    return Owner(get_object_or_404(ApiKey, pk=pk, seller_id__isnull=True).marketplace)


def _page(request: UserRequest, form: MarketplaceKeyForm, *, status: int = 200) -> HttpResponse:
    keys = _keys()
    context = {
        "form": form,
        "keys": shown_keys(keys),
        "shown": shown_once(request, keys),
        "may_act": bool(_ACTING.intersection(request.user.roles)),
    }
    return render(request, "operator/api_keys.html", context, status=status)
