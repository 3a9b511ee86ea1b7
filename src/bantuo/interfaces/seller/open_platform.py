"""ERP apps: which may act for the shop, the shop's own one, and how a client is pointed at us."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bantuo.apps.open_platform.models import OpenApp
from bantuo.apps.open_platform.operations import (
    ACCESS_LIFE,
    AppExists,
    IssuedApp,
    Tokens,
    close_app,
    grant_private,
    open_app_secret,
    register_private_app,
    replace_secret,
    revoke_app,
)
from bantuo.apps.open_platform.queries import leaves_of, private_app
from bantuo.channels.vault import VaultRefused
from bantuo.interfaces.web.access import SELLER_ROLES, Role, access
from bantuo.interfaces.web.open_platform_words import MEANINGS
from bantuo.interfaces.web.papers import vault
from bantuo.interfaces.web.requests import SellerRequest

_OWNER = {Role.SELLER_OWNER}
_SECRET_SHOWN, _TOKEN_SHOWN = "open_app_secret_shown", "open_app_token_shown"
_SAMPLES = ("npm", "classic", "rest")


@access(view=SELLER_ROLES)
@require_safe
def apps(request: SellerRequest) -> HttpResponse:
    """Who may act for the shop, the shop's own app, and samples for three clients."""
    now, own = timezone.now(), private_app(request.seller.pk)
    context: dict[str, Any] = {
        "leaves": leaves_of(request.seller.pk, now=now),
        "own": own,
        "secret": _secret_once(request, own),
        "tokens": _tokens_once(request),
        "may_act": Role.SELLER_OWNER in request.user.roles,
        "meanings": MEANINGS.items(),
        "base_url": settings.BASE_URL,
        "access_days": ACCESS_LIFE.days,
        "samples": _samples(own),
    }
    return render(request, "seller/open_platform.html", context)


def _samples(own: OpenApp | None) -> Mapping[str, str]:
    """As they stand on the page, with the shop's own key; the secret and the token stay out of them."""
    host, _, port = settings.BASE_URL.partition("://")[2].partition(":")
    secure = settings.BASE_URL.startswith("https")
    told = {
        "base_url": settings.BASE_URL,
        "host": host,
        "port": port or ("443" if secure else "80"),
        "app_key": own.app_key if own else "50…",
    }
    return {
        name: render_to_string(f"seller/open_platform_sample_{name}.txt", told).strip() for name in _SAMPLES
    }


@access(view=SELLER_ROLES, act=_OWNER)
@require_POST
def revoke(request: SellerRequest, pk: int) -> HttpResponse:
    """Let an app act for the shop no more."""
    if not OpenApp.objects.filter(pk=pk, grants__seller=request.seller).exists():
        raise Http404
    if revoke_app(request.seller.pk, app_id=pk, now=timezone.now(), actor=request.user.actor):
        messages.success(request, _("The app may not act for you any more; its calls are refused at once."))
    else:
        messages.info(request, _("This app may not act for you already."))
    return redirect("seller:open_apps")


@access(view=SELLER_ROLES, act=_OWNER)
@require_POST
def make_own(request: SellerRequest) -> HttpResponse:
    """A private app of the shop's; its secret is shown on the page that follows."""
    try:
        issued = register_private_app(
            request.seller.pk,
            request.seller.name,
            vault=vault(),
            now=timezone.now(),
            actor=request.user.actor,
        )
    except AppExists:
        messages.info(request, _("There is an app of your own already."))
        return _back()
    return _show_secret(request, issued)


@access(view=SELLER_ROLES, act=_OWNER)
@require_POST
def new_secret(request: SellerRequest) -> HttpResponse:
    """Replace the secret of the shop's own app."""
    own = private_app(request.seller.pk)
    if own is None:
        return _gone(request)
    return _show_secret(
        request, replace_secret(own.pk, vault=vault(), now=timezone.now(), actor=request.user.actor)
    )


@access(view=SELLER_ROLES, act=_OWNER)
@require_POST
def new_token(request: SellerRequest) -> HttpResponse:
    """Tokens for the shop's own app, without the way over the consent page."""
    own = private_app(request.seller.pk)
    if own is None:
        return _gone(request)
    tokens = grant_private(own, account=request.user.email, now=timezone.now(), actor=request.user.actor)
    request.session[_TOKEN_SHOWN] = _sealed(request, tokens)
    messages.success(request, _("The token is ready. Copy it now: it is shown this once."))
    return _back("token")


@access(view=SELLER_ROLES, act=_OWNER)
@require_POST
def close_own(request: SellerRequest) -> HttpResponse:
    """End the shop's own app with all its tokens."""
    own = private_app(request.seller.pk)
    if own is None:
        return _gone(request)
    close_app(own.pk, now=timezone.now(), actor=request.user.actor)
    messages.success(request, _("The app is closed: calls signed with its key are refused from now on."))
    return _back()


def _show_secret(request: SellerRequest, issued: IssuedApp) -> HttpResponse:
    """Remember whose secret to show, never the secret: that is opened from the vault for the one page."""
    request.session[_SECRET_SHOWN] = issued.app_id
    messages.success(request, _("The secret is ready. Copy it now: it is shown this once."))
    return _back("secret")


def _secret_once(request: SellerRequest, own: OpenApp | None) -> str:
    shown = request.session.pop(_SECRET_SHOWN, None)
    return open_app_secret(own, vault=vault()) if own is not None and own.pk == shown else ""


def _sealed(request: SellerRequest, tokens: Tokens) -> str:
    """Tokens are kept as hashes, so that until the next page they wait in the session, sealed."""
    told = json.dumps({"access": tokens.access_token, "refresh": tokens.refresh_token}).encode()
    return base64.b64encode(vault().seal(told, context=_context(request))).decode("ascii")


def _tokens_once(request: SellerRequest) -> dict[str, str]:
    sealed = request.session.pop(_TOKEN_SHOWN, None)
    if sealed is None:
        return {}
    try:
        told: dict[str, str] = json.loads(vault().unseal(base64.b64decode(sealed), context=_context(request)))
    except VaultRefused:  # the master key was changed meanwhile: new tokens are asked for
        return {}
    return told


def _context(request: SellerRequest) -> str:
    return f"open_platform.token:{request.seller.pk}:{request.user.pk}"


def _gone(request: SellerRequest) -> HttpResponse:
    messages.info(request, _("There is no app of your own (any more)."))
    return _back()


def _back(place: str = "own") -> HttpResponse:
    return redirect(f"{reverse('seller:open_apps')}#{place}")
