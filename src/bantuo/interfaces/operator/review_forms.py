"""The forms of a review: judge a part, ask for more, let in, refuse, set gates aside, answer, hand over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bantuo.apps.accounts.models import User
from bantuo.interfaces.web.form_choices import choice_field
from bantuo.interfaces.web.words import choices

_ROWS = 3
_REASON = 2000


def reason_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.CharField:
    """A reason in a few lines."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=_REASON,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class JudgeForm(forms.Form):
    """A reviewer's word on one part."""

    subject = forms.CharField(widget=forms.HiddenInput, max_length=200)
    verdict = forms.ChoiceField(label=_("Verdict"), choices=lambda: [("", _("choose")), *choices("verdict")])
    reason = forms.CharField(
        label=_("Why (the seller reads it unless it is in order)"), required=False, max_length=_REASON
    )


class SubjectForm(JudgeForm):
    """A word on a part chosen from all of them."""

    def __init__(self, *arguments: Any, subjects: Sequence[tuple[str, Any]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        chosen: Any = [("", _("choose a part")), *subjects]
        self.fields["subject"] = forms.ChoiceField(label=_("Part"), choices=chosen)


class ReasonForm(forms.Form):
    """A decision that needs nothing but its reason."""

    reason = reason_field(_("Reason"))


class OptionalReasonForm(forms.Form):
    """A step that needs a reason only when it takes something from somebody."""

    reason = forms.CharField(
        label=_("Reason (needed when another reviewer holds it)"), required=False, max_length=_REASON
    )


class PartsForm(forms.Form):
    """Parts of an application with what is wrong with each, and one reason for all."""

    reason = reason_field(_("What the seller is told"))

    def __init__(self, *arguments: Any, subjects: Sequence[tuple[str, Any]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        shown: Any = [("", _("choose a part")), *subjects]
        for row in range(1, _ROWS + 1):
            self.fields[f"subject_{row}"] = forms.ChoiceField(label=_("Part"), choices=shown, required=False)
            self.fields[f"cause_{row}"] = forms.CharField(
                label=_("What is wrong or wanted"), required=False, max_length=_REASON
            )
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])

    @property
    def rows(self) -> Iterable[tuple[Any, Any]]:
        """The pairs of fields, as the page lays them out."""
        return [(self[f"subject_{row}"], self[f"cause_{row}"]) for row in range(1, _ROWS + 1)]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        for row in range(1, _ROWS + 1):
            subject, cause = told.get(f"subject_{row}"), told.get(f"cause_{row}")
            if subject and not cause:
                self.add_error(f"cause_{row}", _("Say what is wrong with it."))
            if cause and not subject:
                self.add_error(f"subject_{row}", _("Choose the part that this is about."))
        return told

    @property
    def parts(self) -> dict[str, str]:
        """What is wrong, by part."""
        told = self.cleaned_data
        rows = range(1, _ROWS + 1)
        return {told[f"subject_{row}"]: told[f"cause_{row}"] for row in rows if told[f"subject_{row}"]}


class OverrideForm(forms.Form):
    """Open gates to be set aside, and why."""

    rules = forms.MultipleChoiceField(label=_("Open gates"), widget=forms.CheckboxSelectMultiple)
    reason = reason_field(_("Reason"), help_text=_("A second reviewer reads it before confirming."))

    def __init__(self, *arguments: Any, gates: Sequence[tuple[str, Any]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        choice_field(self, "rules").choices = gates


class AnswerForm(forms.Form):
    """The answer to a request or an appeal."""

    reason = reason_field(_("Answer"))


class AssignForm(forms.Form):
    """Who is to review it."""

    reviewer = forms.TypedChoiceField(label=_("Reviewer"), coerce=int)
    reason = forms.CharField(
        label=_("Reason (needed when another reviewer holds it)"), required=False, max_length=_REASON
    )

    def __init__(self, *arguments: Any, reviewers: Iterable[User], **options: Any) -> None:
        super().__init__(*arguments, **options)
        choice_field(self, "reviewer").choices = [(user.pk, user.name or user.email) for user in reviewers]


class BulkForm(forms.Form):
    """One step for many rows of the queue."""

    STEPS = (
        ("take", _("take")),
        ("release", _("put back")),
        ("assign", _("give to a reviewer")),
        ("accept", _("let in what is clear")),
    )
    step = forms.ChoiceField(label=_("With the chosen rows"), choices=STEPS)
    reviewer = forms.TypedChoiceField(label=_("Reviewer"), coerce=int, required=False, empty_value=None)
    reason = forms.CharField(label=_("Reason"), required=False, max_length=_REASON)
    every = forms.BooleanField(label=_("every row of this page"), required=False)

    def __init__(self, *arguments: Any, reviewers: Iterable[User], **options: Any) -> None:
        super().__init__(*arguments, **options)
        choice_field(self, "reviewer").choices = [
            ("", "–"),
            *((user.pk, user.name or user.email) for user in reviewers),
        ]
