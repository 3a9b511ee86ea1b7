"""Webhook endpoints: registered, tested, their messages looked at and sent again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from bantuo.apps.integrations.models import WebhookEndpoint, WebhookMessage
from bantuo.apps.integrations.operations.endpoints import (
    EndpointKnown,
    EndpointUnknown,
    GivenEndpoint,
    choose_kinds,
    disable_endpoint,
    enable_endpoint,
    register_endpoint,
    remove_endpoint,
    rotate_secret,
    signing_secrets,
)
from bantuo.apps.integrations.operations.messages import make_test_message, redeliver_messages
from bantuo.apps.integrations.operations.sending import body_of, send_now
from bantuo.apps.integrations.queries import endpoints_of, messages_of, tries_of
from bantuo.channels.webhooks import HttpPoster
from bantuo.interfaces.seller.developer_forms import EndpointForm, KindsForm, MessageFilter, Messages
from bantuo.interfaces.web.access import SELLER_ROLES, Role, access
from bantuo.interfaces.web.papers import vault
from bantuo.interfaces.web.requests import SellerRequest
from bantuo.interfaces.web.tables import list_page

_ACTING = {Role.SELLER_OWNER, Role.SELLER_STOCK}
_SHOWN = "webhook_secret_shown"
_TEST_LIMIT_MS = 5_000  # somebody waits for the page


@access(view=SELLER_ROLES, act=_ACTING)
def webhooks(request: SellerRequest) -> HttpResponse:
    """The endpoints, and a form for another one."""
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            given = register_endpoint(
                request.seller.pk, **form.cleaned_data, vault=vault(), now=timezone.now(),
                actor=request.user.actor,
            )  # fmt: skip
        except EndpointKnown:
            form.add_error("url", _("This address is registered already, or there are too many."))
        else:
            return _show_once(request, given)
    context = {"form": form, "endpoints": list(endpoints_of(request.seller.pk)), "may_act": _may_act(request)}
    return render(request, "seller/webhooks.html", context, status=422 if form.errors else 200)


@access(view=SELLER_ROLES)
@require_GET
def webhook(request: SellerRequest, pk: int) -> HttpResponse:
    """One endpoint and everything that was sent to it."""
    return _endpoint_page(request, _endpoint(request, pk))


@access(view=SELLER_ROLES)
@require_GET
def message(request: SellerRequest, pk: int, message: int) -> HttpResponse:
    """One message: its body and every try."""
    found = get_object_or_404(WebhookMessage, pk=message, endpoint=_endpoint(request, pk))
    context = {
        "endpoint": found.endpoint,
        "message": found,
        "state": Messages.state_of(found),
        "body": body_of(found).decode(),
        "tries": tries_of([found.pk]),
        "may_act": _may_act(request),
    }
    return render(request, "seller/webhook_message.html", context)


@access(view=SELLER_ROLES, act=_ACTING)
@require_POST
def kinds(request: SellerRequest, pk: int) -> HttpResponse:
    """Which events the endpoint is told of."""
    endpoint = _endpoint(request, pk)
    form = KindsForm(request.POST)
    if not form.is_valid():
        return _endpoint_page(request, endpoint, form=form, status=422)
    choose_kinds(request.seller.pk, endpoint_id=pk, kinds=form.cleaned_data["kinds"])
    messages.success(request, _("The endpoint is told of these events from now on."))
    return redirect("seller:webhook", pk)


@access(view=SELLER_ROLES, act=_ACTING)
@require_POST
def rotate(request: SellerRequest, pk: int) -> HttpResponse:
    """A new secret; for a day both sign."""
    _endpoint(request, pk)
    moment: dict[str, Any] = {"now": timezone.now(), "actor": request.user.actor}
    return _show_once(request, rotate_secret(request.seller.pk, endpoint_id=pk, vault=vault(), **moment))


@access(view=SELLER_ROLES, act=_ACTING)
@require_POST
def test(request: SellerRequest, pk: int) -> HttpResponse:
    """Send a test event now and show what the endpoint answers."""
    endpoint = _endpoint(request, pk)
    made = make_test_message(request.seller.pk, endpoint_id=pk, now=timezone.now(), actor=request.user.actor)
    poster = HttpPoster(limit_ms=_TEST_LIMIT_MS)
    answer = send_now(made, poster=poster, vault=vault(), clock=timezone.now)
    return _endpoint_page(request, endpoint, tested={"message": made, "answer": answer})


@access(view=SELLER_ROLES, act=_ACTING)
@require_POST
def redeliver(request: SellerRequest, pk: int) -> HttpResponse:
    """Send messages again: the one named, or all that did not arrive."""
    _endpoint(request, pk)
    named = request.POST.get("message", "")
    ids = [int(named)] if named.isascii() and named.isdecimal() and len(named) < 19 else None
    if named and ids is None:
        raise Http404
    sent = redeliver_messages(request.seller.pk, endpoint_id=pk, message_ids=ids, now=timezone.now())
    if sent:
        messages.success(
            request, _("%(count)s messages are sent again in the next seconds.") % {"count": sent}
        )
    else:
        messages.info(request, _("There is nothing to send again, or the endpoint is disabled."))
    return redirect("seller:webhook", pk)


def _act(
    operation: Callable[..., None], done: Promise, **told: str
) -> Callable[[SellerRequest, int], HttpResponse]:
    def act(request: SellerRequest, pk: int) -> HttpResponse:
        try:
            operation(request.seller.pk, endpoint_id=pk, now=timezone.now(), actor=request.user.actor, **told)
        except EndpointUnknown as unknown:
            raise Http404 from unknown
        messages.success(request, str(done))
        gone = operation is remove_endpoint
        return redirect("seller:webhooks") if gone else redirect("seller:webhook", pk)

    return access(view=SELLER_ROLES, act=_ACTING)(require_POST(act))


disable = _act(
    disable_endpoint, gettext_lazy("The endpoint is disabled: nothing more is sent."), why="by_hand"
)
enable = _act(enable_endpoint, gettext_lazy("The endpoint is in use again."))
remove = _act(remove_endpoint, gettext_lazy("The endpoint is removed."))


def _endpoint(request: SellerRequest, pk: int) -> WebhookEndpoint:
    return get_object_or_404(endpoints_of(request.seller.pk), pk=pk)


def _may_act(request: SellerRequest) -> bool:
    return bool(_ACTING.intersection(request.user.roles))


def _show_once(request: SellerRequest, given: GivenEndpoint) -> HttpResponse:
    """Remember which endpoint's secret to show, never the secret itself."""
    request.session[_SHOWN] = given.endpoint.pk
    messages.success(request, _("Copy the signing secret now: it is shown this once."))
    return redirect("seller:webhook", given.endpoint.pk)


def _endpoint_page(
    request: SellerRequest,
    endpoint: WebhookEndpoint,
    *,
    form: KindsForm | None = None,
    tested: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    endpoint.refresh_from_db()
    secret = ""
    if request.session.get(_SHOWN) == endpoint.pk:
        del request.session[_SHOWN]
        secret = signing_secrets(endpoint, vault=vault(), now=timezone.now())[0]
    context = {
        "endpoint": endpoint,
        "state": "disabled" if endpoint.disabled_at else "failing" if endpoint.failing_since else "active",
        "secret": secret,
        "kinds_form": form or KindsForm(initial={"kinds": endpoint.kinds}),
        "tested": tested,
        "may_act": _may_act(request),
    }
    response = list_page(
        request, table=Messages, filter=MessageFilter, queryset=messages_of(endpoint),
        title=endpoint.title or _("Webhook endpoint"), template="seller/webhook.html", context=context,
    )  # fmt: skip
    response.status_code = status
    return response
