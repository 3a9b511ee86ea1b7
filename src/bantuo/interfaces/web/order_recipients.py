"""A buyer's address on a page: the reason asked for, the fields once they are in clear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.apps.documents.operations import RecipientUnknown, reveal_recipient
from bantuo.apps.orders.operations.recipients import FIELDS
from bantuo.interfaces.web.papers import client_address, vault
from bantuo.interfaces.web.programme import programme_of
from bantuo.interfaces.web.requests import UserRequest


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


def reveal(
    request: UserRequest, order_id: int, *, seller_id: int | None, form: UnmaskForm
) -> list[tuple[str, str]] | None:
    """An order's recipient in clear for the reason given, logged; None, with the form saying why not."""
    if not form.is_valid():
        return None
    try:
        told = reveal_recipient(
            order_id,
            seller_id=seller_id,
            reason=form.cleaned_data["reason"],
            vault=vault(),
            now=programme_of(request).now,
            actor=request.user.actor,
            address=client_address(request),
        )
    except RecipientUnknown:
        form.add_error(None, _("The address is not kept any more."))
        return None
    return recipient_facts(told)


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
