"""What the programme asks of people, on any day: the rules with their words, readings and sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from bantuo.apps.policies.models import PolicyVersion
from bantuo.apps.policies.queries import rule_cited, version_cited
from bantuo.interfaces.web.access import public
from bantuo.interfaces.web.form_choices import choice_field
from bantuo.interfaces.web.policy_pages import RuleView, by_topic, rule_lines, rule_view
from bantuo.interfaces.web.policy_words import TOPICS
from bantuo.interfaces.web.programme import Programme, programme_now


class RulesForm(forms.Form):
    """What somebody looks for among the rules."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    topic = forms.ChoiceField(label=_("Topic"), required=False)
    on = forms.DateField(
        label=_("On"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        choice_field(self, "topic").choices = [("", _("all topics")), *TOPICS.items()]


@public
@require_safe
def list_rules(request: HttpRequest) -> HttpResponse:
    """Every rule by topic, with its value on a day."""
    programme = programme_now()
    asked = {"on": programme.on.isoformat(), **request.GET.dict()}
    form = RulesForm({**asked, "on": asked["on"] or programme.on.isoformat()})
    is_sound = form.is_valid()
    on = form.cleaned_data.get("on") or programme.on
    wanted, topic = form.cleaned_data.get("q") or "", form.cleaned_data.get("topic") or ""
    lines = rule_lines(programme.book, on=on, wanted=wanted, topic=topic) if is_sound else []
    context = {
        "form": form,
        "topics": by_topic(lines, tuple(TOPICS)),
        "count": len(lines),
        "on": on,
        "is_today": on == programme.on,
        "version": programme.book.version,
        "is_filtered": bool(wanted or topic),
    }
    return render(request, "public/rules.html", context)


@public
@require_safe
def show_rule(request: HttpRequest, rule_id: str) -> HttpResponse:
    """One rule: value on a day, history, words, source, readings, what it means and its kin."""
    return render(request, "public/rule.html", _asked(request, rule_id).context)


@public
@require_safe
def show_drawer(request: HttpRequest, rule_id: str) -> HttpResponse:
    """The same in brief, for the drawer of any page."""
    return render(request, "public/rule_drawer.html", _asked(request, rule_id).context)


@dataclass
class _Asked:
    """A rule as the address asks for it: today's or on a day, or as a past decision cited it."""

    programme: Programme
    rule_id: str
    on: date
    cited: PolicyVersion | None

    @cached_property
    def view(self) -> RuleView:
        book = self.programme.book
        rule = rule_cited(self.rule_id, self.cited) if self.cited else book.rules.get(self.rule_id)
        if rule is None:
            raise Http404(f"no rule {self.rule_id}")
        return rule_view(book, rule, on=self.on)

    @property
    def _differs_now(self) -> bool:
        in_force = self.programme.book.rules.get(self.rule_id)
        return in_force is None or in_force.values != self.view.rule.values

    @property
    def context(self) -> dict[str, Any]:
        return {
            "view": self.view,
            "on": self.on,
            "today": self.programme.on,
            "is_today": self.on == self.programme.on,
            "version": self.cited.version if self.cited else self.programme.book.version,
            "book_id": self.programme.book.id,
            "cited": self.cited,
            "differs_now": self.cited is not None and self._differs_now,
        }


def _asked(request: HttpRequest, rule_id: str) -> _Asked:
    programme = programme_now()
    version = request.GET.get("version", "")
    cited = version_cited(programme.book.id, version) if version else None
    if version and cited is None:
        raise Http404(f"nothing was decided by version {version}")
    return _Asked(programme, rule_id, _day_asked(request, programme.on), cited)


def _day_asked(request: HttpRequest, today: date) -> date:
    """The day of the address; what is no day is today."""
    try:
        return date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return today
