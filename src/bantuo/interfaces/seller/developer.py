"""Developers: keys and OAuth2 clients, a first call, and the log of the last calls."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from bantuo.apps.integrations.models import ApiKey
from bantuo.apps.integrations.operations.keys import KeyUnknown, Owner, create_key, revoke_key, rotate_key
from bantuo.apps.integrations.queries import calls_of, keys_of
from bantuo.apps.integrations.scopes import SELLER_SCOPES
from bantuo.interfaces.web.access import SELLER_ROLES, Role, access
from bantuo.interfaces.web.api_keys import OVERLAP, Calls, KeyForm, show_once, shown_keys, shown_once
from bantuo.interfaces.web.requests import SellerRequest
from bantuo.interfaces.web.tables import list_page

_ACTING = {Role.SELLER_OWNER}


@access(view=SELLER_ROLES)
@require_GET
def developers(request: SellerRequest) -> HttpResponse:
    """The keys, and what to do with them."""
    return _page(request, KeyForm(scopes=SELLER_SCOPES))


@access(view=SELLER_ROLES, act=_ACTING)
@require_POST
def create(request: SellerRequest) -> HttpResponse:
    """A new key or client; its secret is shown on the page that follows."""
    form = KeyForm(request.POST, scopes=SELLER_SCOPES)
    if not form.is_valid():
        return _page(request, form, status=422)
    given = create_key(
        Owner.of(request.seller), **form.cleaned_data, now=timezone.now(), actor=request.user.actor
    )
    show_once(request, given)
    messages.success(request, _("The key is ready. Copy its secret now: it is shown this once."))
    return redirect("seller:developers")


@access(view=SELLER_ROLES, act=_ACTING)
@require_POST
def rotate(request: SellerRequest, pk: int) -> HttpResponse:
    """A new secret; the one before ends at once or in a day."""
    overlap = OVERLAP if request.POST.get("overlap") == "day" else timedelta()
    try:
        given = rotate_key(
            pk, owner=Owner.of(request.seller), overlap=overlap, now=timezone.now(), actor=request.user.actor
        )
    except KeyUnknown as unknown:
        raise Http404 from unknown
    show_once(request, given)
    messages.success(request, _("The new secret is ready. Copy it now: it is shown this once."))
    return redirect("seller:developers")


@access(view=SELLER_ROLES, act=_ACTING)
@require_POST
def revoke(request: SellerRequest, pk: int) -> HttpResponse:
    """No call with this key any more."""
    try:
        revoke_key(pk, owner=Owner.of(request.seller), now=timezone.now(), actor=request.user.actor)
    except KeyUnknown as unknown:
        raise Http404 from unknown
    messages.success(request, _("The key is revoked: within seconds its calls are refused."))
    return redirect("seller:developers")


@access(view=SELLER_ROLES)
@require_GET
def calls(request: SellerRequest) -> HttpResponse:
    """The last calls of all keys, the newest first."""
    names = {key.pk: key.title or key.name_shown for key in _keys(request)}
    return list_page(
        request, table=Calls, queryset=calls_of(names), title=_("Log of calls"),
        template="seller/developer_calls.html", table_options={"names": names},
    )  # fmt: skip


def _keys(request: SellerRequest) -> list[ApiKey]:
    return list(keys_of(marketplace=request.seller.marketplace, seller_id=request.seller.pk))


def _page(request: SellerRequest, form: KeyForm, *, status: int = 200) -> HttpResponse:
    keys = _keys(request)
    told = {"base": f"{settings.BASE_URL}/api/v3.2"}
    context = {
        "form": form,
        "keys": shown_keys(keys),
        "shown": shown_once(request, keys),
        "may_act": bool(_ACTING.intersection(request.user.roles)),
        "sample_curl": render_to_string("seller/developer_sample.sh.txt", told).rstrip(),
        "sample_python": render_to_string("seller/developer_sample.py.txt", told).rstrip(),
        "sample_token": render_to_string("seller/developer_token.sh.txt", told).rstrip(),
    }
    return render(request, "seller/developers.html", context, status=status)
