"""Fields that read what people type: a percentage, a score, yuan, kilograms, a size, yes or no."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bantuo.core.money import (
    AmountUnreadable,
    format_percent,
    parse_basis_points,
    parse_fen,
    parse_grams,
    parse_metres,
    parse_ratio,
    parse_score,
    parse_size,
)

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as Words

YES_NO = [("", _("don't know yet")), ("yes", _("yes")), ("no", _("no"))]
WHOLE_MAX = 1_000_000_000_000
TEXT_MAX = 10_000


class ReadField(forms.CharField):
    """A text that is read exactly or refused with what is wanted."""

    wanted: Words = ""
    suffix: Words = ""

    def __init__(self, label: Words, *, read: Callable[[str], Any], wanted: Words, **options: Any) -> None:
        shown = forms.TextInput(attrs={"inputmode": options.pop("mode", "decimal"), "autocomplete": "off"})
        super().__init__(
            label=label, required=options.pop("required", False), max_length=40, widget=shown,
            help_text=options.pop("help_text", wanted), **options,
        )  # fmt: skip
        self.read, self.wanted = read, wanted

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return self.read(text)
        except (AmountUnreadable, ValueError) as wrong:
            raise ValidationError(
                _("%(value)s cannot be read. Wanted: %(wanted)s"),
                params={"value": text, "wanted": self.wanted},
            ) from wrong


def read_percentage(text: str) -> str:
    """`65`, `65%` and `65％` as `65%`, exactly; at most 100."""
    plain = text.strip().rstrip("%％").strip()
    numerator, denominator = parse_ratio(f"{plain}%")
    decimals = plain.partition(".")[2]
    if not 0 <= numerator <= denominator or len(decimals) > 6:
        raise ValueError(text)
    return f"{plain}%"


def read_score(text: str) -> str:
    """A score from 0 to 5 as exact text."""
    if not 0 <= parse_score(text) <= 50_000:
        raise ValueError(text)
    return text.strip()


def read_rate(text: str) -> int:
    """A rate in basis points from `8` or `8%`."""
    rate = parse_basis_points(f"{text.strip().rstrip('%％').strip()}%")
    if not 0 <= rate <= 10_000:
        raise ValueError(format_percent(rate))
    return rate


def read_amount(text: str) -> int:
    """Yuan as fen, not negative."""
    fen = parse_fen(text)
    if not 0 <= fen <= WHOLE_MAX:
        raise ValueError(text)
    return fen


def percentage(label: Words, **options: Any) -> ReadField:
    return ReadField(label, read=read_percentage, wanted=_("a percentage, as in 65%"), **options)


def score(label: Words, **options: Any) -> ReadField:
    return ReadField(label, read=read_score, wanted=_("a score from 0 to 5, as in 4.78"), **options)


def yuan(label: Words, **options: Any) -> ReadField:
    return ReadField(label, read=read_amount, wanted=_("an amount in yuan, as in 120.00"), **options)


def kilograms(label: Words, **options: Any) -> ReadField:
    return ReadField(label, read=parse_grams, wanted=_("kilograms, as in 1.2"), **options)


def kilometres(label: Words, **options: Any) -> ReadField:
    return ReadField(label, read=parse_metres, wanted=_("kilometres, as in 250"), **options)


def rate(label: Words, **options: Any) -> ReadField:
    return ReadField(label, read=read_rate, wanted=_("a percentage, as in 8%"), **options)


def size(label: Words, **options: Any) -> ReadField:
    return ReadField(
        label,
        read=parse_size,
        wanted=_("length x width x height in centimetres, as in 30x25x20"),
        mode="text",
        **options,
    )


def whole(label: Words, *, most: int = WHOLE_MAX, **options: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=most, **options)


def yes_no(label: Words, **options: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        required=False,
        choices=YES_NO,
        coerce=lambda said: said == "yes",
        empty_value=None,
        **options,
    )


def text(label: Words, *, rows: int = 0, most: int = TEXT_MAX, **options: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, required=False, max_length=most, widget=widget, **options)


def on_day(label: Words, **options: Any) -> forms.DateField:
    shown = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=shown, **options)


class JsonField(forms.CharField):
    """A pasted JSON object."""

    def __init__(self, label: Words, **options: Any) -> None:
        super().__init__(
            label=label,
            required=False,
            max_length=100_000,
            widget=forms.Textarea(attrs={"rows": 3}),
            **options,
        )

    def clean(self, value: Any) -> Any:
        said = super().clean(value)
        if not said:
            return None
        try:
            return json.loads(said, parse_float=str)  # nothing here is a float
        except (ValueError, RecursionError) as wrong:
            raise ValidationError(_("This is not JSON: %(fault)s"), params={"fault": str(wrong)}) from wrong
