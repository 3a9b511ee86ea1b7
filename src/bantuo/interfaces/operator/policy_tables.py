"""The lists of the policy console: rules with their values, open drafts, published changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import django_filters
import django_tables2
from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from bantuo.apps.accounts.queries import actor_names
from bantuo.apps.policies.models import DraftState, PolicyAmendment, PolicyDraft
from bantuo.core.policy import Book
from bantuo.core.policy_amend import value_of
from bantuo.interfaces.web.form_choices import choice_field
from bantuo.interfaces.web.policy_pages import RuleLine, amount_words
from bantuo.interfaces.web.policy_words import TOPICS, topic_word
from bantuo.interfaces.web.tables import BadgeColumn, DayColumn, ListFilter, ListTable, WhenColumn
from bantuo.interfaces.web.templatetags.ui import day, tr
from bantuo.interfaces.web.words import choices


class RuleFinder(forms.Form):
    """What somebody looks for among the rules."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    topic = forms.ChoiceField(label=_("Topic"), required=False)
    status = forms.ChoiceField(label=_("Origin"), required=False)
    only = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[("", _("all rules")), ("planned", _("only with a planned change"))],
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        choice_field(self, "topic").choices = [("", _("all topics")), *TOPICS.items()]
        choice_field(self, "status").choices = [("", _("any origin")), *choices("rule_status")]


class Rules(ListTable):
    """Every rule with the value of today and the next change."""

    id = django_tables2.Column(verbose_name=_("Rule"), linkify=("operator:policy", [django_tables2.A("id")]))
    label = django_tables2.Column(verbose_name=_("What it is"), orderable=False)
    topic = django_tables2.Column(verbose_name=_("Topic"), attrs={"td": {"class": "text-nowrap"}})
    words = django_tables2.Column(verbose_name=_("In force today"), orderable=False)
    since = DayColumn(verbose_name=_("Since"), attrs={"td": {"class": "text-nowrap"}})
    next_words = django_tables2.Column(verbose_name=_("Planned"), orderable=False, empty_values=(None, ""))
    status = BadgeColumn(kind="rule_status", verbose_name=_("Origin"))

    class Meta(ListTable.Meta):
        pass

    def render_label(self, value: Any) -> str:
        return tr(value)

    def value_label(self, value: Any) -> str:
        return tr(value)

    def render_topic(self, value: str) -> str:
        return topic_word(value)

    def render_next_words(self, record: RuleLine) -> str:
        return _("%(words)s from %(day)s") % {"words": record.next_words, "day": day(record.next_since)}


class ByPeople(ListTable):
    """A list whose rows name people: all names of the page are asked for at once."""

    people: tuple[str, ...] = ()

    def before_render(self, request: Any) -> None:
        """The names behind `user:12`, in one query."""
        self.names: Mapping[str, str] = actor_names(_actors(self.paginated_rows, self.people))

    def name_of(self, actor: str) -> str:
        return str(getattr(self, "names", {}).get(actor, actor))


def _actors(rows: Iterable[Any], fields: tuple[str, ...]) -> set[str]:
    return {str(getattr(row.record, field) or "") for row in rows for field in fields}


class _Changes(ByPeople):
    """What drafts and published changes have in common: the rule, the new value in words, who."""

    def __init__(self, *arguments: Any, book: Book, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.book = book

    def render_value(self, record: Any) -> str:
        return change_words(self.book, record)

    def value_value(self, record: Any) -> str:
        return change_words(self.book, record)


def change_words(book: Book, change: PolicyDraft | PolicyAmendment) -> str:
    """The new value in words; of a rule that is gone, as it was stored."""
    rule = book.rules.get(change.rule)
    return amount_words(rule, value_of(change.value, unit=rule.unit)) if rule else str(change.value)


class Drafts(_Changes):
    """Proposals on their way."""

    people = ("created_by",)
    id = django_tables2.Column(verbose_name=_("Draft"))
    rule = django_tables2.Column(verbose_name=_("Rule"))
    value = django_tables2.Column(verbose_name=_("New value"), orderable=False)
    valid_from = DayColumn(verbose_name=_("In force from"))
    state = BadgeColumn(kind="policy_draft", verbose_name=_("State"))
    created_by = django_tables2.Column(verbose_name=_("By"), orderable=False)
    created_at = WhenColumn(verbose_name=_("Drafted"))

    class Meta(ListTable.Meta):
        model = PolicyDraft
        fields = ("id", "rule", "value", "valid_from", "state", "created_by", "created_at")
        order_by = "-id"

    empty_title = _("No drafts")
    empty_hint = _("Open a rule to propose a new value from a day on.")

    def render_id(self, value: int) -> SafeString:
        return format_html('<a href="{}">#{}</a>', reverse("operator:policy_draft", args=[value]), value)

    def value_id(self, value: int) -> int:
        return value

    def render_created_by(self, value: str) -> str:
        return self.name_of(value)


class DraftFilter(ListFilter):
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=DraftState.choices, empty_label=_("any state")
    )
    rule = django_filters.CharFilter(label=_("Rule"), lookup_expr="icontains")

    class Meta:
        model = PolicyDraft
        fields = ("state", "rule")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        known = {state.value for state in DraftState}
        self.filters["state"].extra["choices"] = [c for c in choices("policy_draft") if c[0] in known]


class Amendments(_Changes):
    """What operators have published on top of the book: who, when and why."""

    people = ("published_by",)
    rule = django_tables2.Column(
        verbose_name=_("Rule"), linkify=("operator:policy", [django_tables2.A("rule")])
    )
    value = django_tables2.Column(verbose_name=_("New value"), orderable=False)
    valid_from = DayColumn(verbose_name=_("In force from"))
    source = django_tables2.Column(verbose_name=_("Source"), orderable=False)
    reason = django_tables2.Column(verbose_name=_("Why"), orderable=False)
    published_by = django_tables2.Column(verbose_name=_("By"), orderable=False)
    published_at = WhenColumn(verbose_name=_("Published"))

    class Meta(ListTable.Meta):
        model = PolicyAmendment
        fields = ("published_at", "rule", "value", "valid_from", "source", "reason", "published_by")
        order_by = "-published_at"

    empty_title = _("Nothing published yet")
    empty_hint = _("The book in force is the one that ships.")

    def render_published_by(self, value: str) -> str:
        return self.name_of(value)


class AmendmentFilter(ListFilter):
    rule = django_filters.CharFilter(label=_("Rule"), lookup_expr="icontains")
    valid_from = django_filters.DateFilter(
        label=_("In force from, at the earliest"),
        lookup_expr="gte",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    class Meta:
        model = PolicyAmendment
        fields = ("rule", "valid_from")


def lines_found(lines: Iterable[RuleLine], *, status: str, only: str) -> list[RuleLine]:
    """The lines of one origin, or those that a change is planned for, by topic."""
    found = (
        line
        for line in lines
        if status in ("", line.status) and (only != "planned" or isinstance(line.next_since, date))
    )
    topics = list(TOPICS)
    return sorted(found, key=lambda line: topics.index(line.topic) if line.topic in topics else len(topics))
