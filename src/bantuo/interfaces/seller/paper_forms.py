"""What a seller fills in about papers: the upload, its expiry, the legal representative."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bantuo.channels.uploads import clean_name
from bantuo.interfaces.seller.paper_cards import PaperCard

NAME_CHARS = 60


def _day(**options: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


class UploadForm(forms.Form):
    """One file for one part of a paper."""

    subject = forms.CharField(required=False)
    expires_on = _day(label=_("Good until"), required=False)
    file = forms.FileField(label=_("File"), required=False, allow_empty_file=True)
    camera = forms.FileField(required=False, allow_empty_file=True)

    def __init__(self, card: PaperCard, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"id_{card.kind.rule_id}_%s")
        super().__init__(*args, **kwargs)
        self.card = card
        if not card.takes_expiry:
            del self.fields["expires_on"]
        self._name_parts()

    def _name_parts(self) -> None:
        """Which part the file is for: chosen from a list, typed in, or not asked for at all."""
        if self.card.takes_name:
            self.fields["subject"] = forms.CharField(label=_("Brand"), max_length=NAME_CHARS)
        elif len(self.card.parts) > 1 or (self.card.parts and self.card.parts[0].subject):
            choices = [(part.subject, part.label) for part in self.card.parts]
            self.fields["subject"] = forms.ChoiceField(label=_("What it is"), choices=choices)
        else:
            del self.fields["subject"]

    def clean_subject(self) -> str:
        """A brand's name as plain text, without anything that a file name may not have either."""
        subject = str(self.cleaned_data["subject"])
        return clean_name(subject.replace("/", "-")) if self.card.takes_name else subject

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        chosen = cleaned.get("file") or cleaned.get("camera")
        if chosen is None and "file" not in self.errors:
            self.add_error("file", _("Choose a file first."))
        cleaned["chosen"] = chosen
        return cleaned


class ExpiryForm(forms.Form):
    """Until when a paper is good, as it says itself."""

    expires_on = _day(
        label=_("Good until"), required=False, help_text=_("Leave empty if it does not expire.")
    )


class RepresentativeForm(forms.Form):
    """The legal representative's identity as it stands on the card."""

    name = forms.CharField(
        label=_("Full name"), max_length=50, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    number = forms.CharField(
        label=_("Identity number"),
        max_length=30,
        help_text=_("18 characters, as on the card; the last may be X."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    is_long_term = forms.BooleanField(label=_("The card is long-term (长期)"), required=False)
    expires_on = _day(label=_("Card good until"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if (
            not cleaned.get("is_long_term")
            and not cleaned.get("expires_on")
            and "expires_on" not in self.errors
        ):
            self.add_error("expires_on", _("Enter the day on the card, or tick that it is long-term."))
        if cleaned.get("is_long_term"):
            cleaned["expires_on"] = None
        return cleaned
