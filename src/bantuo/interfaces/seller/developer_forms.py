"""Forms, lists and words of webhook endpoints."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import django_filters
import django_tables2
from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bantuo.apps.integrations.models import WebhookMessage
from bantuo.channels.probe import rules_of_place
from bantuo.core.endpoints import URL_LENGTH_MAX, EndpointRefused, check_address, read_endpoint
from bantuo.interfaces.seller.erp_words import refusal_words
from bantuo.interfaces.web.tables import ListFilter, ListTable, NumberColumn, WhenColumn
from bantuo.interfaces.web.templatetags.ui import badge
from bantuo.interfaces.web.words import BAD, INFO, MUTE, OK, WARN, Word, add_words, choices

GROUPS = (
    ("order.*", _("orders: placed, changed, shipped, cancelled, and turned to you at 16:00")),
    ("stock.*", _("stock: shortages, adjustments, the warning at 15:00")),
    ("price_alert.*", _("price alerts raised and cleared")),
    ("application.*", _("steps of your application")),
    ("cut_over.*", _("16:00: done, and days that were late")),
)
add_words(
    "webhook",
    {
        "active": Word(_("in use"), OK),
        "failing": Word(_("fails at present"), WARN),
        "disabled": Word(_("disabled"), BAD),
    },
)
add_words(
    "webhook_message",
    {
        "delivered": Word(_("delivered"), OK),
        "waiting": Word(_("waits"), INFO),
        "again": Word(_("will be tried again"), WARN),
        "given_up": Word(_("not delivered"), BAD),
        "test": Word(_("test"), MUTE),
    },
)
add_words(
    "webhook_why",
    {
        "gone": Word(_("it answered that it is gone (410)"), BAD),
        "failing": Word(_("nothing had gone through for days"), BAD),
        "by_hand": Word(_("somebody of the shop did it"), MUTE),
    },
)


class KindsForm(forms.Form):
    """What an endpoint is told of."""

    kinds = forms.MultipleChoiceField(
        label=_("Tell it of"), choices=GROUPS, widget=forms.CheckboxSelectMultiple
    )


class EndpointForm(KindsForm):
    """A new endpoint."""

    url = forms.CharField(
        label=_("Address"),
        max_length=URL_LENGTH_MAX,
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("It begins with https:// and is on the public network. We send POST with JSON."),
    )
    title = forms.CharField(label=_("Name"), max_length=80, required=False)
    field_order = ("url", "title", "kinds")

    def clean_url(self) -> str:
        """An address that we may call, as far as it can be told without looking it up."""
        url = str(self.cleaned_data["url"]).strip()
        try:
            endpoint = read_endpoint(url, rules=rules_of_place())
            if _is_address(endpoint.host):
                check_address(endpoint.host, rules=rules_of_place())
        except EndpointRefused as refusal:
            raise forms.ValidationError(refusal_words(refusal.code), code=refusal.code) from refusal
        return url


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class Messages(ListTable):
    """What was sent to an endpoint."""

    sequence = NumberColumn(verbose_name=_("No."), orderable=False)
    happened_at = WhenColumn(verbose_name=_("When"), orderable=False)
    kind = django_tables2.Column(verbose_name=_("Event"), orderable=False)
    state = django_tables2.Column(verbose_name=_("State"), empty_values=(), orderable=False)
    tries = NumberColumn(verbose_name=_("Tries"), orderable=False)
    last_detail = django_tables2.Column(verbose_name=_("Last answer"), orderable=False)

    class Meta(ListTable.Meta):
        model = WebhookMessage
        fields = ("sequence", "happened_at", "kind", "state", "tries", "last_detail")
        order_by = "-id"

    empty_title = _("Nothing was sent yet")
    empty_hint = _("Send a test event, or wait until something happens.")

    @staticmethod
    def state_of(record: WebhookMessage) -> str:
        """How far a message has come."""
        if record.delivered_at is not None:
            return "delivered"
        if record.due_at is not None:
            return "again" if record.tries else "waiting"
        return "given_up"

    def render_kind(self, record: WebhookMessage, value: str) -> SafeString:
        """The kind, leading to the message."""
        url = reverse("seller:webhook_message", args=[record.endpoint_id, record.pk])
        return format_html('<a href="{}"><code>{}</code></a>', url, value)

    def value_kind(self, value: str) -> str:
        """The kind alone, in an export."""
        return value

    def render_state(self, record: WebhookMessage) -> SafeString:
        """As a badge."""
        return badge(self.state_of(record), "webhook_message")

    def value_state(self, record: WebhookMessage) -> str:
        """The code, in an export."""
        return self.state_of(record)


class MessageFilter(ListFilter):
    """Messages by how far they have come."""

    state = django_filters.ChoiceFilter(
        label=_("State"), method="by_state", empty_label=_("all"),
        choices=lambda: [c for c in choices("webhook_message") if c[0] in ("delivered", "again", "given_up")],
    )  # fmt: skip

    class Meta:
        model = WebhookMessage
        fields: list[str] = []

    def by_state(self, queryset: QuerySet[WebhookMessage], name: str, value: str) -> QuerySet[WebhookMessage]:
        """One of the states."""
        asked: dict[str, Any] = {
            "delivered": Q(delivered_at__isnull=False),
            "again": Q(due_at__isnull=False),
            "given_up": Q(given_up_at__isnull=False),
        }
        return queryset.filter(asked.get(value, Q()))
