"""The form that names a seller's stock endpoint."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.apps.erp.models import ProbeTarget
from bantuo.apps.erp.operations import NewEndpoint, VersionUnreadable
from bantuo.apps.erp.operations.endpoint import plain_version
from bantuo.channels.probe import rules_of_place
from bantuo.core.endpoints import URL_LENGTH_MAX, EndpointRefused, read_endpoint
from bantuo.interfaces.seller.erp_words import refusal_words


class EndpointForm(forms.Form):
    """Address, way of calling, version and vendor."""

    url = forms.CharField(
        label=gettext_lazy("Address of the stock endpoint"),
        max_length=URL_LENGTH_MAX,
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("It begins with https://, is on the public network, and answers with JSON."),
    )
    verb = forms.ChoiceField(
        label=gettext_lazy("How we call it"),
        choices=(("GET", "GET"), ("POST", "POST")),
        help_text=gettext_lazy("With POST the body is a small JSON object."),
    )
    api_version = forms.CharField(
        label=gettext_lazy("API version that your ERP speaks"),
        max_length=12,
        help_text=gettext_lazy("Such as 3.2. If the endpoint names its version itself, that one counts."),
    )
    vendor = forms.CharField(label=gettext_lazy("ERP vendor"), max_length=100, required=False)

    def clean_url(self) -> str:
        """An address that we may call, as far as it can be told without looking it up."""
        url = str(self.cleaned_data["url"]).strip()
        try:
            read_endpoint(url, rules=rules_of_place())
        except EndpointRefused as refusal:
            raise forms.ValidationError(refusal_words(refusal.code), code=refusal.code) from refusal
        return url

    def clean_api_version(self) -> str:
        """Major and minor."""
        try:
            return plain_version(self.cleaned_data["api_version"])
        except VersionUnreadable as problem:
            raise forms.ValidationError(_("A version looks like 3.2."), code="version") from problem

    def endpoint(self) -> NewEndpoint:
        """What was filled in."""
        told: dict[str, Any] = self.cleaned_data
        return NewEndpoint(told["url"], told["verb"], told["api_version"], told["vendor"])


def endpoint_form(target: ProbeTarget | None) -> EndpointForm:
    """The form with what is registered."""
    names = ("url", "verb", "api_version", "vendor")
    return EndpointForm(initial={name: getattr(target, name) for name in names} if target else None)
