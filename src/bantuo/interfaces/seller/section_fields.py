"""Fields that read exact amounts, shares and scores as people and spreadsheets write them."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bantuo.core.money import (
    AmountUnreadable,
    format_fen,
    format_kilograms,
    parse_fen,
    parse_grams,
    parse_size,
)

COUNT_MAX = 10**12  # of the seller schema
GRAMS_MAX = 1_000_000
SIDE_MM_MAX = 10_000
_PERCENT = re.compile(r"(100(\.0{1,6})?|[0-9]{1,2}(\.[0-9]{1,6})?) ?%")
_PARTS = re.compile(r"([0-9][0-9,]{0,14}) */ *([0-9][0-9,]{0,14})")
_SCORE = re.compile(r"[0-4](\.[0-9]{1,4})?|5(\.0{1,4})?")
_COUNTRY = re.compile(r"[A-Z]{2}")


def plain_text(value: Any) -> str:
    """Full-width digits and signs as the plain ones, without spaces at the ends."""
    return unicodedata.normalize("NFKC", str(value or "")).strip()


class PlainField(forms.CharField):
    """A short text in which full-width signs are the same as plain ones."""

    def to_python(self, value: Any) -> str:
        return plain_text(super().to_python(value))


class DayField(forms.DateField):
    """A day; its value is ISO text, as the profile keeps it."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})

    def clean(self, value: Any) -> Any:
        day = super().clean(plain_text(value))
        return day.isoformat() if day else None


class ShareField(PlainField):
    """A share, either `82%` or two whole numbers `164/200`; exact in both forms."""

    def __init__(self, *, part: str, whole: str, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=40, **kwargs)
        self.part, self.whole = part, whole

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        if _PERCENT.fullmatch(text):
            return text
        found = _PARTS.fullmatch(text)
        if not found:
            raise ValidationError(
                _("“%(value)s”: write a percentage with its sign (82%%) or two whole numbers (164/200)."),
                params={"value": text},
            )
        part, whole = (int(number.replace(",", "")) for number in found.groups())
        if part > whole:
            raise ValidationError(
                _("“%(value)s”: the first number is a part of the second and cannot be larger."),
                params={"value": text},
            )
        return {self.part: part, self.whole: whole}

    def prepare_value(self, value: Any) -> Any:
        return f"{value[self.part]}/{value[self.whole]}" if isinstance(value, dict) else value


class ScoreField(PlainField):
    """A score from 0 to 5 with up to four decimals, kept as it is written."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=20, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text and not _SCORE.fullmatch(text):
            raise ValidationError(
                _("“%(value)s”: a score from 0 to 5 with at most four decimals, as in 4.78."),
                params={"value": text},
            )
        return text or None


class CountField(PlainField):
    """A whole number from 0."""

    def __init__(self, *, high: int = COUNT_MAX, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=20, **kwargs)
        self.high = high
        self.widget.attrs["inputmode"] = "numeric"

    def clean(self, value: Any) -> Any:
        text = super().clean(value).replace(",", "")
        if not text:
            return None
        if not text.isdecimal() or int(text) > self.high:
            raise ValidationError(
                _("“%(value)s”: a whole number from 0 to %(high)s."),
                params={"value": text, "high": f"{self.high:,}"},
            )
        return int(text)

    def prepare_value(self, value: Any) -> Any:
        return "" if value is None else str(value)


class YuanField(PlainField):
    """An amount in yuan, kept in fen."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=30, **kwargs)
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            fen = parse_fen(text)
        except AmountUnreadable as unreadable:
            raise ValidationError(
                _("“%(value)s”: an amount in yuan with at most two decimals, as in 620000.00."),
                params={"value": text},
            ) from unreadable
        if not 0 <= fen <= COUNT_MAX:
            raise ValidationError(_("“%(value)s”: out of range."), params={"value": text})
        return fen

    def prepare_value(self, value: Any) -> Any:
        return format_fen(value) if isinstance(value, int) else value


class WeightField(PlainField):
    """A weight in kilograms (or with its unit), kept in grams."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=20, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            grams = parse_grams(text)
        except AmountUnreadable:
            grams = 0
        if not 1 <= grams <= GRAMS_MAX:
            raise ValidationError(
                _("“%(value)s”: a weight in kilograms to the gram, as in 1.2, at most 1000."),
                params={"value": text},
            )
        return grams

    def prepare_value(self, value: Any) -> Any:
        return format_kilograms(value) if isinstance(value, int) else value


class SizeField(PlainField):
    """Three sides in centimetres (or with their unit), kept in millimetres."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=40, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            sides = parse_size(text)
        except AmountUnreadable:
            sides = (0, 0, 0)
        if not all(1 <= side <= SIDE_MM_MAX for side in sides):
            raise ValidationError(
                _("“%(value)s”: length × width × height in centimetres, as in 30x25x20."),
                params={"value": text},
            )
        return sides

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return " × ".join(f"{mm // 10}.{mm % 10}".removesuffix(".0") for mm in value)
        return value


class CountriesField(PlainField):
    """Countries by their two-letter codes, separated by anything."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=400, **kwargs)

    def clean(self, value: Any) -> Any:
        codes = [code for code in re.split(r"[\s,;、/]+", super().clean(value).upper()) if code]
        wrong = [code for code in codes if not _COUNTRY.fullmatch(code)]
        if wrong:
            raise ValidationError(
                _("“%(value)s”: countries are two capital letters, as in DE, FR."),
                params={"value": wrong[0]},
            )
        return list(dict.fromkeys(codes))

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value


class YesNoField(forms.TypedChoiceField):
    """Yes, no, or not said yet."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [("", _("not said")), ("yes", _("yes")), ("no", _("no"))]
        super().__init__(choices=choices, required=False, coerce=_is_yes, empty_value=None, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no", None: ""}.get(value, value)


def _is_yes(value: str) -> bool:
    return value == "yes"
