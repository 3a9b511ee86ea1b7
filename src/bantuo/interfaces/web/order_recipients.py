"""A buyer's address on a page: the reason asked for, the fields once they are in clear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.apps.orders.operations.recipients import FIELDS


class NamedForm(forms.Form):
    """One of several forms on a page: its fields have ids of their own."""

    stem = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"{self.stem}-%s", **kwargs})


class UnmaskForm(NamedForm):
    """Why somebody looks at an address."""

    stem = "unmask"

    reason = forms.CharField(
        label=gettext_lazy("Reason to see it in clear"), max_length=300,
        help_text=gettext_lazy("Kept in the access log for good, with your name."),
    )  # fmt: skip


def recipient_facts(told: Mapping[str, str]) -> list[tuple[str, str]]:
    """The fields of a recipient in clear, with their labels."""
    labels = {
        "name": _("Name of the recipient"),
        "phone": _("Phone"),
        "mobile": _("Mobile"),
        "phone_country": _("Country code of the phone"),
        "country": _("Country"),
        "province": _("State or province"),
        "city": _("City"),
        "address": _("Address"),
        "address2": _("Second line of the address"),
        "zip": _("Postcode"),
        "tax_number": _("Tax number"),
        "email": _("Mail address"),
    }
    return [(labels[name], told[name]) for name in FIELDS if told.get(name)]
