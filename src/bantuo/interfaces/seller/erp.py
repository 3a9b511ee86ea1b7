"""ERP evidence: keys for the sandbox, the probe of the seller's endpoint, and calls as they arrive."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from bantuo.apps.erp.models import ProbeTarget, SandboxKey
from bantuo.apps.erp.operations import (
    EndpointUnknown,
    IssuedKey,
    KeyExists,
    KeyUnknown,
    issue_key,
    open_secret,
    register_endpoint,
    revoke_key,
    rotate_key,
    start_probe,
    stop_probe,
)
from bantuo.apps.erp.queries import active_key, progress_mark
from bantuo.channels.probe import rules_of_place
from bantuo.core.signatures import CLOCK_SKEW_MS_MAX
from bantuo.interfaces.seller.erp_forms import EndpointForm, endpoint_form
from bantuo.interfaces.seller.erp_progress import arriving_context, required_version
from bantuo.interfaces.seller.erp_words import REFUSALS
from bantuo.interfaces.web.access import SELLER_ROLES, Role, access
from bantuo.interfaces.web.papers import vault
from bantuo.interfaces.web.probe_runs import defer_probe
from bantuo.interfaces.web.programme import programme_now
from bantuo.interfaces.web.requests import SellerRequest

_ACTING = {Role.SELLER_OWNER, Role.SELLER_STOCK}
_SHOWN = "erp_key_shown"
WAYS = ("sandbox", "probe")


@access(view=SELLER_ROLES)
@require_GET
def erp(request: SellerRequest) -> HttpResponse:
    """What is proved so far, and the two ways to prove it."""
    return _page(request, form=endpoint_form(_target(request)), way=_way(request))


@access(view=SELLER_ROLES)
@require_GET
def arriving(request: SellerRequest) -> HttpResponse:
    """The part of the page that changes while calls arrive; nothing when there is nothing new."""
    if request.GET.get("mark") == progress_mark(request.seller.pk):
        return HttpResponse(status=204)
    context = arriving_context(request.seller.pk, programme=programme_now())
    return render(request, "seller/erp_arriving.html", context)


@access(view=SELLER_ROLES)
@require_GET
def version(request: SellerRequest) -> HttpResponse:
    """What was found when the ERP speaks a version that is too old, and what to do."""
    return render(
        request, "seller/erp_version.html", arriving_context(request.seller.pk, programme=programme_now())
    )


@access(view=SELLER_ROLES, act=_ACTING)
@require_POST
def create_key(request: SellerRequest) -> HttpResponse:
    """A first key; its secret is shown on the page that follows."""
    try:
        issued = issue_key(request.seller.pk, vault=vault(), now=timezone.now(), actor=request.user.actor)
    except KeyExists:
        messages.info(request, _("There is an active key already."))
        return _back("sandbox")
    return _show_once(request, issued)


@access(view=SELLER_ROLES, act=_ACTING)
@require_POST
def replace_key(request: SellerRequest) -> HttpResponse:
    """A new key in place of the one named in the form."""
    try:
        issued = rotate_key(
            request.seller.pk,
            app_key=request.POST.get("app_key", ""),
            vault=vault(),
            now=timezone.now(),
            actor=request.user.actor,
        )
    except KeyUnknown:
        messages.info(request, _("That key was replaced or revoked before."))
        return _back("sandbox")
    return _show_once(request, issued)


@access(view=SELLER_ROLES, act=_ACTING)
@require_POST
def end_key(request: SellerRequest) -> HttpResponse:
    """No key any more."""
    app_key = request.POST.get("app_key", "")
    try:
        revoke_key(request.seller.pk, app_key=app_key, now=timezone.now(), actor=request.user.actor)
    except KeyUnknown:
        messages.info(request, _("That key was replaced or revoked before."))
    else:
        messages.success(request, _("The key is revoked: calls signed with it are refused from now on."))
    return _back("sandbox")


@access(view=SELLER_ROLES, act=_ACTING)
@require_POST
def save_endpoint(request: SellerRequest) -> HttpResponse:
    """Name the endpoint that is to be measured."""
    form = EndpointForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, way="probe", status=422)
    register_endpoint(
        request.seller.pk,
        endpoint=form.endpoint(),
        rules=rules_of_place(),
        now=timezone.now(),
        actor=request.user.actor,
    )
    messages.success(request, _("The endpoint is registered. Start the measurement when it is ready."))
    return _back("probe")


@access(view=SELLER_ROLES, act=_ACTING)
@require_POST
def start(request: SellerRequest) -> HttpResponse:
    """Have the platform call the endpoint as often as the book asks."""
    programme = programme_now()
    calls = programme.book.amount("ELG-12.calls", programme.on)
    try:
        start_probe(request.seller.pk, calls=calls, now=programme.now, actor=request.user.actor)
    except EndpointUnknown:
        messages.warning(request, _("Register the endpoint first."))
        return _back("probe")
    defer_probe(request.seller.pk)
    messages.success(request, _("The measurement has started. You may leave this page; it goes on."))
    return _back("probe")


@access(view=SELLER_ROLES, act=_ACTING)
@require_POST
def stop(request: SellerRequest) -> HttpResponse:
    """End the measurement; what was measured stays."""
    if stop_probe(request.seller.pk, now=timezone.now(), actor=request.user.actor):
        messages.success(request, _("The measurement is stopped. The calls made so far still count."))
    return _back("probe")


def _page(request: SellerRequest, *, form: EndpointForm, way: str, status: int = 200) -> HttpResponse:
    programme = programme_now()
    key = active_key(request.seller.pk)
    context: dict[str, Any] = {
        **arriving_context(request.seller.pk, programme=programme),
        "way": way,
        "key": key,
        "secret": _secret_once(request, key),
        "form": form,
        "target": _target(request),
        "may_act": bool(_ACTING.intersection(request.user.roles)),
        "base_url": settings.BASE_URL,
        "problems": REFUSALS,
        "skew_minutes": CLOCK_SKEW_MS_MAX // 60_000,
        **_samples(key, version=required_version(programme)),
    }
    return render(request, "seller/erp.html", context, status=status)


def _samples(key: SandboxKey | None, *, version: str) -> dict[str, str]:
    """The samples with the seller's own key and our address; the secret stays out of them."""
    told = {
        "base_url": settings.BASE_URL,
        "app_key": key.app_key if key else "sbx-…",
        "path": reverse("sandbox:stock", kwargs={"version": version}),
        "ping": reverse("sandbox:ping", kwargs={"version": version}),
    }
    return {
        "sample_curl": render_to_string("seller/erp_sample.sh.txt", told).rstrip(),
        "sample_python": render_to_string("seller/erp_sample.py.txt", told).rstrip(),
        "stock_path": told["path"],
        "ping_path": told["ping"],
    }


def _show_once(request: SellerRequest, issued: IssuedKey) -> HttpResponse:
    """Remember which key to show, never its secret: that is opened from the vault for the one page."""
    request.session[_SHOWN] = issued.key_id
    messages.success(request, _("The key is ready. Copy its secret now: it is shown this once."))
    return _back("sandbox", place="secret")


def _secret_once(request: SellerRequest, key: SandboxKey | None) -> str:
    shown = request.session.pop(_SHOWN, None)
    return open_secret(key, vault=vault()) if key is not None and key.pk == shown else ""


def _target(request: SellerRequest) -> ProbeTarget | None:
    return ProbeTarget.objects.filter(seller=request.seller).first()


def _way(request: SellerRequest) -> str:
    asked = request.GET.get("way", "")
    if asked in WAYS:
        return asked
    has_target = _target(request) is not None and active_key(request.seller.pk) is None
    return "probe" if has_target else "sandbox"


def _back(way: str, *, place: str = "ways") -> HttpResponse:
    return redirect(f"{reverse('seller:erp')}?way={way}#{place}")
