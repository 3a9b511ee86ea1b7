"""A new value of a rule as an operator types it: percent, yuan, days, a choice; stored in the rule's unit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.apps.policies.operations.books import plain
from bantuo.core.policy import Rule
from bantuo.core.policy_amend import (
    AmendmentRefused,
    LeavesGap,
    NotInFuture,
    RuleUnknown,
    ValueUnchanged,
    ValueUnfit,
    WordsMissing,
    value_of,
)
from bantuo.core.policy_units import NUMBER_UNITS, misfit
from bantuo.interfaces.web.policy_words import code_word, unit_word, value_words

# unit → decimals that people write of it
_PLACES: Mapping[str, int] = {
    "bp": 2, "ppm": 4, "fen": 2, "usd_cent": 2, "score_1e4": 4, "tenth_days": 1, "tenth_working_days": 1,
}  # fmt: skip
_DECIMAL = re.compile(r"(\d{1,15})(?:\.(\d{1,6}))?")
_SIGNS = re.compile(r"[\s,，%％¥￥]")
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})")


class Written(forms.Field):
    """Text as a person types it, read into what the rule's unit holds."""

    widget: Any = forms.TextInput
    nothing: Any = None

    def to_python(self, value: Any) -> Any:
        text = "" if value is None else str(value).strip()
        if "\0" in text:
            raise ValidationError(_("Contains characters that cannot be printed"))
        return self.read(text) if text else self.nothing

    def read(self, text: str) -> Any:
        """The value that a text stands for; raises ValidationError."""
        raise NotImplementedError


class WrittenNumber(Written):
    """A quantity as people write it, `65`, `65%` or `20,000.00`, read exactly into the rule's unit."""

    def __init__(self, *, unit: str, **options: Any) -> None:
        super().__init__(**options)
        self.unit, self.places = unit, _PLACES.get(unit, 0)
        self.widget.attrs |= {"inputmode": "decimal" if self.places else "numeric", "autocomplete": "off"}

    def read(self, text: str) -> int:
        found = _DECIMAL.fullmatch(_SIGNS.sub("", text))
        if found is None:
            raise ValidationError(_("Write a number, without a sign: %(told)s") % {"told": text[:40]})
        whole, decimals = found[1], (found[2] or "").rstrip("0")
        if len(decimals) > self.places:
            raise ValidationError(self._too_fine())
        return int(int(whole) * 10**self.places) + int(decimals.ljust(self.places, "0") or 0)

    def validate(self, value: Any) -> None:
        super().validate(value)
        low, high = NUMBER_UNITS[self.unit]
        if not low <= value <= high:
            told = {"low": value_words(low, self.unit), "high": value_words(high, self.unit)}
            raise ValidationError(_("Must be from %(low)s to %(high)s") % told)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        whole, rest = divmod(value, 10**self.places)
        return f"{whole}.{rest:0{self.places}d}".rstrip("0").rstrip(".") if self.places else str(value)

    def _too_fine(self) -> str:
        if not self.places:
            return _("Write a whole number of this unit: %(unit)s") % {"unit": unit_word(self.unit)}
        return _("At most %(places)s decimals") % {"places": self.places}


class WrittenVersion(Written):
    """An API version, `3.2`; `3.10` is later than `3.2`."""

    def read(self, text: str) -> int:
        found = _VERSION.fullmatch(text.removeprefix("V").removeprefix("v"))
        if found is None:
            raise ValidationError(_("Write a version such as 3.2"))
        return int(found[1]) * 10_000 + int(found[2])

    def prepare_value(self, value: Any) -> Any:
        return f"{value // 10_000}.{value % 10_000}" if isinstance(value, int) else value


class WrittenTime(forms.TimeField):
    """A time of day in minutes since midnight."""

    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    def clean(self, value: Any) -> int | None:
        read = super().clean(value)
        return read.hour * 60 + read.minute if isinstance(read, time) else None

    def prepare_value(self, value: Any) -> Any:
        return f"{value // 60:02d}:{value % 60:02d}" if isinstance(value, int) else value


class WrittenLines(Written):
    """One word a line: a set without a closed list, or the parts of a rule."""

    widget = forms.Textarea(attrs={"rows": 5, "spellcheck": "false"})
    nothing: Any = ()

    def read(self, text: str) -> tuple[str, ...]:
        return tuple(line.strip() for line in text.splitlines() if line.strip())

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, tuple | list) else value


class WrittenTable(Written):
    """Rows as JSON: a list of objects with the same columns, whole numbers only."""

    widget = forms.Textarea(attrs={"rows": 14, "spellcheck": "false", "class": "font-monospace"})
    empty_values = [None, ""]

    def read(self, text: str) -> Any:
        try:
            return value_of(json.loads(text, parse_float=_no_float, parse_constant=_no_float), unit="table")
        except json.JSONDecodeError as fault:
            told = {"line": fault.lineno, "fault": fault.msg}
            raise ValidationError(_("Not JSON, line %(line)s: %(fault)s") % told) from None
        except (RecursionError, ValueError) as fault:
            raise ValidationError(str(fault)) from None

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) or value is None:
            return value
        rows = ",\n".join(f"  {json.dumps(plain(row), ensure_ascii=False)}" for row in value)
        return f"[\n{rows}\n]"


def _no_float(text: str) -> Any:
    raise ValueError(_("Write whole numbers only, not %(told)s") % {"told": text})


class WrittenZone(forms.CharField):
    """A time zone that the system knows."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value not in available_timezones():
            raise ValidationError(_("No such time zone, write for example Asia/Shanghai"))


class DayField(forms.DateField):
    """A day, picked or written as 2027-01-01."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _yes_no(**options: Any) -> forms.Field:
    return forms.TypedChoiceField(
        choices=[("true", gettext_lazy("yes")), ("false", gettext_lazy("no"))],
        coerce=lambda told: told == "true",
        widget=forms.RadioSelect,
        **{**options, "initial": {True: "true", False: "false"}.get(options.get("initial"))},  # type: ignore[arg-type]
    )


def value_field(rule: Rule, *, initial: Any) -> forms.Field:
    """The control for a new value of a rule, by its unit, filled with `initial`."""
    told: dict[str, Any] = {
        "label": _("New value (%(unit)s)") % {"unit": unit_word(rule.unit)},
        "initial": initial,
    }
    if rule.unit == "table":
        told["help_text"] = _table_hint(rule)
    choices = [(code, code_word(code)) for code in rule.detail.get("choices", ())]
    if rule.unit in ("code", "text") and choices:
        return forms.ChoiceField(choices=choices, **told)
    if rule.unit == "set" and choices:
        picks = forms.CheckboxSelectMultiple
        return forms.TypedMultipleChoiceField(
            choices=choices, widget=picks, required=False, empty_value=[], **told
        )
    return _FIELDS.get(rule.unit, _number_or_text(rule.unit))(**told)


def _table_hint(rule: Rule) -> str:
    """What may stand in each column that has a closed list."""
    covers = rule.detail.get("covers", {})
    columns = {**covers.get("cases", {}), **covers.get("answers", {})}
    told = (
        _("%(column)s: one of %(answers)s") % {"column": column, "answers": ", ".join(map(str, answers))}
        for column, answers in columns.items()
    )
    return _("One row a line, as JSON. %(columns)s") % {"columns": "; ".join(told)}


def _number_or_text(unit: str) -> Callable[..., forms.Field]:
    if unit in NUMBER_UNITS:
        return lambda **told: WrittenNumber(unit=unit, **told)
    return lambda **told: forms.CharField(max_length=2000, **told)


_FIELDS: Mapping[str, Callable[..., forms.Field]] = {
    "version": WrittenVersion,
    "time_of_day": WrittenTime,
    "flag": _yes_no,
    "set": lambda **told: WrittenLines(required=False, **told),
    "rules": WrittenLines,
    "table": WrittenTable,
    "date": DayField,
    "zone": WrittenZone,
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a sound form says."""

    valid_from: date
    value: Any
    source: str
    quote: str
    reason: str


class ValueForm(forms.Form):
    """Propose a value from a day on, with who says so and why."""

    valid_from = DayField(label=gettext_lazy("In force from"))
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=300,
        help_text=gettext_lazy("Who decided so and in which paper, such as the number of a notice"),
    )
    quote = forms.CharField(
        label=gettext_lazy("Words of the source (Chinese, optional)"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    field_order = ("value", "valid_from", "source", "quote", "reason")

    def __init__(self, *arguments: Any, rule: Rule, held: Any, today: date, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.rule, self.today = rule, today
        self.fields["value"] = value_field(rule, initial=held)
        self.fields["valid_from"].initial = next_month(today)
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        """What the unit itself refuses is told beside the field, before anything is tried."""
        told: dict[str, Any] = super().clean() or {}
        if isinstance(told.get("value"), list):
            told["value"] = tuple(told["value"])
        wrong = misfit(told["value"], self.rule.unit) if told.get("value") is not None else None
        if wrong:
            self.add_error("value", _("Not a value of this rule: %(told)s") % {"told": wrong})
        return told

    @property
    def proposal(self) -> Proposal:
        told = self.cleaned_data
        return Proposal(told["valid_from"], told["value"], told["source"], told["quote"], told["reason"])

    def refuse(self, refused: AmendmentRefused) -> None:
        """Tell beside the field at fault why the book does not take the value."""
        self.add_error(refused.field if refused.field in self.fields else None, refusal_words(refused))


def next_month(today: date) -> date:
    """The day on which most changes begin."""
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)


def refusal_words(refused: AmendmentRefused) -> str:
    """Why a value may not be laid upon the book, to the person who proposed it."""
    match refused:
        case NotInFuture():
            return _("The first day must be after today: what was decided by a rule stays decided by it.")
        case ValueUnchanged():
            return _("The rule has this value on that day already.")
        case LeavesGap():
            return _("Nothing would be in force before that day: begin when the last value ends.")
        case WordsMissing():
            return _("This cannot be left out.")
        case RuleUnknown():
            return _("The book has no such rule any more.")
        case ValueUnfit():
            told = "; ".join(refused.problems)
            return _("Not a value of this rule: %(told)s") % {"told": told}
    return _("With this value the programme could not decide any more: %(told)s") % {"told": refused}
