"""What operators fill in about papers: the tick-list and the reasons for a look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from bantuo.apps.documents.models import DocumentTick
from bantuo.interfaces.web.paper_words import tick_words

IN_ORDER, WRONG, UNSEEN = "yes", "no", ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of one item."""

    tick: str
    ticked: bool
    note: str


class TicksForm(forms.Form):
    """One word for each item: in order, or wrong with a note for the seller; or not looked at yet."""

    def __init__(
        self, ticks: tuple[str, ...], words: Mapping[str, DocumentTick], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.ticks = ticks
        for tick in ticks:
            held = words.get(tick)
            self.fields[tick] = forms.ChoiceField(
                label=tick_words(tick),
                choices=[(IN_ORDER, _("in order")), (WRONG, _("not in order"))],
                widget=forms.RadioSelect,
                required=False,
                initial=UNSEEN if held is None else IN_ORDER if held.ticked else WRONG,
            )
            self.fields[f"{tick}_note"] = forms.CharField(
                label=_("What is wrong (the seller reads this)"),
                required=False,
                max_length=300,
                initial=held.note if held and not held.ticked else "",
            )

    @property
    def rows(self) -> Iterator[tuple[BoundField, BoundField]]:
        """Each item with its note."""
        return ((self[tick], self[f"{tick}_note"]) for tick in self.ticks)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for tick in self.ticks:
            if cleaned.get(tick) == WRONG and not cleaned.get(f"{tick}_note", "").strip():
                self.add_error(f"{tick}_note", _("Say what is wrong, so that the seller can mend it."))
        return cleaned

    @property
    def verdicts(self) -> list[Verdict]:
        """What was said, of those items that something was said of."""
        told = self.cleaned_data
        return [
            Verdict(tick, told[tick] == IN_ORDER, told[f"{tick}_note"] if told[tick] == WRONG else "")
            for tick in self.ticks
            if told[tick] != UNSEEN
        ]


class ReasonForm(forms.Form):
    """Why a masked paper or identity has to be seen in clear."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("It stands in the access log with your name, and the seller can read it."),
    )
