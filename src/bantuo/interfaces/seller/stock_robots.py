"""The robots of the seller's chat groups: added, tried, removed, with what they were told."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from bantuo.apps.stock.models import Robot, RobotMessage
from bantuo.apps.stock.operations import NewRobot, add_robot, ask_test_message, remove_robot
from bantuo.channels.robots import PLACES, RobotCaller
from bantuo.core.endpoints import EndpointRefused
from bantuo.interfaces.seller.erp_words import refusal_words
from bantuo.interfaces.seller.stock import ACTING, may_state
from bantuo.interfaces.web.access import SELLER_ROLES, access
from bantuo.interfaces.web.clock import moment
from bantuo.interfaces.web.papers import vault
from bantuo.interfaces.web.requests import SellerRequest
from bantuo.interfaces.web.stock_words import message_words
from bantuo.interfaces.web.words import choices

MESSAGES_SHOWN = 20
_REFUSED: dict[str, Promise] = {
    "robot-host": gettext_lazy("Robots of this kind have addresses at %(host)s."),
    "robot-path": gettext_lazy(
        "The address must be the one that the group shows: https://%(host)s%(path)s?…"
    ),
    "robot-key": gettext_lazy("The address must end with ?%(key)s=… and nothing else."),
}


class RobotForm(forms.Form):
    """The address as the group shows it, and DingTalk's signing secret where it asks for one."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=lambda: choices("robot"), widget=forms.RadioSelect
    )
    url = forms.CharField(
        label=gettext_lazy("Webhook address"),
        max_length=600,
        help_text=gettext_lazy("Copy it whole from the robot's page in the group. It is kept sealed."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url", "spellcheck": "false"}),
    )
    secret = forms.CharField(
        label=gettext_lazy("Signing secret"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("DingTalk only, where the robot's security setting is “sign” (加签)."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the messages"), choices=(("zh-hans", "中文"), ("en", "English"))
    )

    def clean(self) -> dict[str, Any]:
        """The address is checked with its kind, before anything is kept."""
        told: dict[str, Any] = super().clean() or {}
        kind, url = told.get("kind"), told.get("url")
        if kind == "wecom" and told.get("secret"):
            self.add_error("secret", _("WeCom robots have no signing secret."))
        if kind and url:
            try:
                RobotCaller().check(kind, url)
            except EndpointRefused as refusal:
                self.add_error("url", refused(kind, refusal.code))
        return told


def refused(kind: str, code: str) -> str:
    """Why an address is no robot's, in words."""
    place = PLACES[kind]
    words = _REFUSED.get(code)
    if words is None:
        return refusal_words(code)
    return str(words) % {"host": place.host, "path": place.path, "key": place.key}


@access(view=SELLER_ROLES)
@require_GET
def robots(request: SellerRequest) -> HttpResponse:
    """The robots there are, and the last messages to them."""
    language = request.user.language or "zh-hans"
    return _show(request, RobotForm(initial={"kind": "wecom", "language": language}))


@access(view=SELLER_ROLES, act=ACTING)
@require_POST
def add(request: SellerRequest) -> HttpResponse:
    """Have a group told from now on."""
    form = RobotForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    add_robot(
        request.seller.pk,
        robot=NewRobot(**form.cleaned_data),
        vault=vault(),
        now=moment(),
        actor=request.user.actor,
    )
    messages.success(request, _("The robot is kept. Send a test message to see that it works."))
    return redirect("seller:stock_robots")


@access(view=SELLER_ROLES, act=ACTING)
@require_POST
def test(request: SellerRequest, pk: int) -> HttpResponse:
    """Have a robot say that it works."""
    robot = get_object_or_404(Robot, seller=request.seller, pk=pk, removed_at__isnull=True)
    ask_test_message(request.seller.pk, robot.pk, now=moment(), actor=request.user.actor)
    messages.success(request, _("The test message is on its way; its outcome appears below."))
    return redirect("seller:stock_robots")


@access(view=SELLER_ROLES, act=ACTING)
@require_POST
def remove(request: SellerRequest, pk: int) -> HttpResponse:
    """Tell this group nothing any more."""
    get_object_or_404(Robot, seller=request.seller, pk=pk)
    if remove_robot(request.seller.pk, pk, now=moment(), actor=request.user.actor):
        messages.success(request, _("The robot is removed."))
    return redirect("seller:stock_robots")


def _show(request: SellerRequest, form: RobotForm, *, status: int = 200) -> HttpResponse:
    told = RobotMessage.objects.filter(seller=request.seller).select_related("robot").order_by("-id")
    shown = [(message, message_words(message.detail)) for message in told[:MESSAGES_SHOWN]]
    context = {
        "form": form,
        "robots": Robot.objects.filter(seller=request.seller, removed_at__isnull=True).order_by("kind"),
        "told": shown,
        "is_waiting": any(message.state == "waiting" for message, _said in shown),
        "may_act": may_state(request),
    }
    name = "stock_robots_told" if "HX-Request" in request.headers else "stock_robots"
    return render(request, f"seller/{name}.html", context, status=status)
