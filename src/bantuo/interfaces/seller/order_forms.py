"""Forms of an order's page: tracking, its correction, cancellation, another address."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.apps.orders.operations.shipping import CARRIER_MAX, NUMBER_MAX, URL_MAX
from bantuo.apps.orders.order_rows import ListedOrder
from bantuo.interfaces.web.form_choices import choice_field
from bantuo.interfaces.web.order_recipients import NamedForm

_NUMBER_HINT = gettext_lazy("As on the label, without blanks before or after")


class TrackingForm(NamedForm):
    """A shipment of an order: all that is left, or pieces by line."""

    stem = "tracking"

    carrier = forms.CharField(label=gettext_lazy("Carrier"), max_length=CARRIER_MAX)
    number = forms.CharField(
        label=gettext_lazy("Tracking number"), max_length=NUMBER_MAX, help_text=_NUMBER_HINT
    )
    url = forms.CharField(
        label=gettext_lazy("Link to follow it (optional)"), required=False, max_length=URL_MAX,
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://"}),
    )  # fmt: skip


class CorrectionForm(TrackingForm):
    """Another number for a shipment."""

    stem = "correction"

    shipment = forms.IntegerField(widget=forms.HiddenInput)


class CancelForm(NamedForm):
    """What of an order is cancelled, for whose sake and why; the token makes a second sending harmless."""

    stem = "cancel"

    extent = forms.ChoiceField(
        label=gettext_lazy("How much"), widget=forms.RadioSelect, initial="all", choices=[]
    )
    responsible = forms.ChoiceField(label=gettext_lazy("Whose doing it is"), initial="seller")
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)
    token = forms.CharField(widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["token"].initial = secrets.token_urlsafe(12)
        choice_field(self, "extent").choices = [
            ("all", _("the whole order")),
            ("pieces", _("the pieces named below")),
        ]
        choice_field(self, "responsible").choices = [
            ("seller", _("ours: we cannot deliver it")),
            ("buyer", _("the buyer asked for it")),
        ]


class AddressForm(NamedForm):
    """A recipient; the country stays."""

    stem = "address"

    name = forms.CharField(label=gettext_lazy("Name of the recipient"), max_length=100)
    mobile = forms.CharField(label=gettext_lazy("Phone"), max_length=40)
    country = forms.CharField(
        label=gettext_lazy("Country"), max_length=2, widget=forms.TextInput(attrs={"readonly": True})
    )
    province = forms.CharField(label=gettext_lazy("State or province"), required=False, max_length=100)
    city = forms.CharField(label=gettext_lazy("City"), max_length=100)
    address = forms.CharField(label=gettext_lazy("Address"), max_length=300)
    zip = forms.CharField(label=gettext_lazy("Postcode"), required=False, max_length=20)

    def told(self) -> dict[str, str]:
        """The fields that were filled in."""
        return {name: text for name, text in self.cleaned_data.items() if text}


def pieces_asked(sent: Mapping[str, Any], order: ListedOrder) -> dict[int, int] | None:
    """Pieces by line number from fields `pieces-<line>`; None where one cannot be read."""
    pieces: dict[int, int] = {}
    for line in order.lines:
        text = str(sent.get(f"pieces-{line.line_no}", "")).strip()
        if not text or text == "0":
            continue
        if not (text.isascii() and text.isdecimal() and len(text) < 10):
            return None
        pieces[line.line_no] = int(text)
    return pieces
