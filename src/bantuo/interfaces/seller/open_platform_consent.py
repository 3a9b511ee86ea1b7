"""`/oauth/authorize`: an ERP app sends its user here, and the owner of the shop says yes or no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bantuo.apps.open_platform.models import OpenApp
from bantuo.apps.open_platform.operations import (
    AppNotForSeller,
    RedirectMismatch,
    check_consent,
    give_consent,
)
from bantuo.apps.open_platform.queries import open_app
from bantuo.interfaces.web.access import SELLER_ROLES, Role, access
from bantuo.interfaces.web.middleware import content_policy
from bantuo.interfaces.web.open_platform_words import MEANINGS
from bantuo.interfaces.web.requests import SellerRequest

_OWNER = {Role.SELLER_OWNER}
_STATE_MAX = 2_000


class BackToApp(HttpResponseRedirect):
    """Home to the app: its address was registered with us, letter by letter."""

    allowed_schemes = ["https", "http"]


@access(view=SELLER_ROLES, act=_OWNER)
@require_http_methods(["GET", "HEAD", "POST"])
def authorize(request: SellerRequest) -> HttpResponse:
    """Ask for consent; with it, send the app home with a code, without it, with the reason."""
    told = request.POST if request.method == "POST" else request.GET
    app = open_app(told.get("client_id", ""))
    redirect_uri = told.get("redirect_uri", "")
    refusal = _refusal(app, redirect_uri, request.seller.pk)
    if app is None or refusal:
        return render(request, "seller/open_platform_refused.html", {"reason": refusal}, status=400)
    state = told.get("state", "").replace("\x00", "")[:_STATE_MAX]
    if told.get("response_type", "code") != "code":
        return BackToApp(_with(redirect_uri, error="unsupported_response_type", state=state))
    if request.method != "POST":
        return _question(request, app, redirect_uri, state)
    if told.get("decision") != "allow":
        return BackToApp(_with(redirect_uri, error="access_denied", state=state))
    code = give_consent(
        app,
        request.seller.pk,
        redirect_uri=redirect_uri,
        account=request.user.email,
        now=timezone.now(),
        actor=request.user.actor,
    )
    return BackToApp(_with(redirect_uri, code=code, state=state))


def _refusal(app: OpenApp | None, redirect_uri: str, seller_id: int) -> str:
    """Why nobody is asked. Nothing is sent to an address that the app did not register."""
    if app is None:
        return _("There is no such app, or it was closed. Its vendor should check the app key (client_id).")
    try:
        check_consent(app, seller_id, redirect_uri=redirect_uri)
    except RedirectMismatch:
        return _(
            "The address that the app wants to return to is not one that it registered. "
            "Its vendor should compare redirect_uri letter by letter."
        )
    except AppNotForSeller:
        return _("This app is private to another shop.")
    return ""


def _question(request: SellerRequest, app: OpenApp, redirect_uri: str, state: str) -> HttpResponse:
    home = urlsplit(redirect_uri)
    context: Mapping[str, Any] = {
        "app": app,
        "redirect_uri": redirect_uri,
        "host": home.netloc,
        "state": state,
        "scopes": [(scope, MEANINGS[scope]) for scope in MEANINGS if scope in app.scopes],
        "may_act": Role.SELLER_OWNER in request.user.roles,
    }
    response = render(request, "seller/open_platform_consent.html", context)
    # A browser checks the way home of a form against this, too.
    response.headers["Content-Security-Policy"] = content_policy(f"{home.scheme}://{home.netloc}")
    return response


def _with(uri: str, **told: str) -> str:
    """The address with more in its query; what stands in it stays."""
    parts = urlsplit(uri)
    query = [*parse_qsl(parts.query, keep_blank_values=True), *((k, v) for k, v in told.items() if v)]
    return urlunsplit(parts._replace(query=urlencode(query)))
