"""What the style guide shows: every component with made-up content, said to be so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.interfaces.web.charts import bars, bars_beside, lines
from bantuo.interfaces.web.words import WORDS


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the sample stepper."""

    label: str
    state: str
    url: str = ""
    phase: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the sample time line."""

    at: datetime
    title: str
    text: str = ""
    actor: str = ""
    tone: str = ""


class SampleForm(forms.Form):
    """A field of each kind, with and without a mistake."""

    name = forms.CharField(label=gettext_lazy("Text"), help_text=gettext_lazy("With a line of help."))
    amount = forms.IntegerField(label=gettext_lazy("Number with a mistake"), min_value=0)
    choice = forms.ChoiceField(label=gettext_lazy("Choice"), choices=[("a", "A"), ("b", "B")])
    day = forms.DateField(label=gettext_lazy("Date"), widget=forms.DateInput(attrs={"type": "date"}))
    radio = forms.ChoiceField(
        label=gettext_lazy("One of several"), choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect
    )
    tick = forms.BooleanField(label=gettext_lazy("A tick"), required=False)


def style_samples(now: datetime) -> dict[str, Any]:
    """Everything that the page /styleguide shows."""
    form = SampleForm({"name": "半托", "amount": "-1", "choice": "a", "day": str(now.date()), "radio": "a"})
    form.is_valid()
    words = [(kind, list(codes)) for kind, codes in WORDS.items()]
    return {
        "form": form,
        "kinds": words,
        "tones": ["ok", "warn", "bad", "info"],
        "steps": [
            Step(_("done"), "done", url="#stepper"),
            Step(_("needs mending"), "failed"),
            Step(_("current step"), "current"),
            Step(_("to do"), "todo"),
        ],
        "events": [
            Event(now, _("approved"), _("Every gate passed."), "system", "ok"),
            Event(now, _("more material asked for"), "DOC-1", "system", "warn"),
            Event(now, _("submitted"), "", "system", "info"),
        ],
        "charts": [
            bars(_("Sample: counts by name"), rows=[("A", 12), ("B", 7)], columns=(_("name"), _("count"))),
            bars_beside(
                _("Sample: two series"),
                rows=[("A", "1", 12), ("A", "2", 9), ("B", "1", 7), ("B", "2", 11)],
                columns=(_("name"), _("series"), _("count")),
            ),
            lines(
                _("Sample: a course with a limit"),
                rows=[(n, "p95", 400 + (n * 37) % 90) for n in range(1, 13)],
                columns=(_("week"), _("series"), _("count")),
                limit=480,
            ),
        ],
    }
