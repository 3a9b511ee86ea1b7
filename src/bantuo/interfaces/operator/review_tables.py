"""The review queue: what each row shows, and what it is filtered by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import django_filters
import django_tables2
from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.apps.admission.models import Application, ApplicationState
from bantuo.apps.admission.queries.review import active_reviewers
from bantuo.apps.admission.queries.review_queue import (
    has_open_gate,
    is_overdue,
    matching_applications,
    start_of,
    waits_for_review,
)
from bantuo.core.review_time import ReviewTime, overdue_from, review_time
from bantuo.interfaces.operator.review_words import TIME_TONES, time_words
from bantuo.interfaces.web.programme import Programme, programme_now
from bantuo.interfaces.web.tables import ListFilter, ListTable, NumberColumn, WhenColumn
from bantuo.interfaces.web.templatetags.ui import badge
from bantuo.interfaces.web.words import choices, word_of

ALL = "all"
_DAY = forms.DateInput(attrs={"type": "date"})


def review_goal(programme: Programme) -> tuple[int, int]:
    """Working days in which a reviewer answers, and how many left make the queue warn."""
    book, on = programme.book, programme.on
    return int(book.amount("REV-1", on)), int(book.amount("REV-1.warn", on))


def waited(since: datetime, programme: Programme) -> ReviewTime:
    """How long an application has waited, and how long is left."""
    days, warn = review_goal(programme)
    return review_time(timezone.localdate(since), on=programme.on, days=days, warn=warn)


def last_overdue_day(programme: Programme) -> date | None:
    """What came on that day or before is overdue now; None when no calendar can tell."""
    return overdue_from(programme.on, days=review_goal(programme)[0])


class Queue(ListTable):
    """Applications, the longest waiting first."""

    select = django_tables2.Column(verbose_name=gettext_lazy("Choose"), accessor="pk", orderable=False)
    seller = django_tables2.Column(
        verbose_name=gettext_lazy("Seller"), accessor="seller__name", orderable=False
    )
    code = django_tables2.Column(  # on the page it stands under the name
        verbose_name=gettext_lazy("Shop"), accessor="seller__code", orderable=False, visible=False
    )
    state = django_tables2.Column(verbose_name=gettext_lazy("State"), orderable=False)
    open_gates = NumberColumn(verbose_name=gettext_lazy("Open gates"), orderable=False)
    age = NumberColumn(
        verbose_name=gettext_lazy("Working days waited"),
        accessor="waiting_since",
        order_by=("waiting_since", "pk"),
        empty_values=(),
    )
    left = django_tables2.Column(
        verbose_name=gettext_lazy("Time left"), accessor="waiting_since", orderable=False, empty_values=()
    )
    assigned_to = django_tables2.Column(
        verbose_name=gettext_lazy("Reviewer"), orderable=False, empty_values=()
    )
    submitted_at = WhenColumn(verbose_name=gettext_lazy("Handed in"))

    class Meta(ListTable.Meta):
        model = Application
        fields = ()
        sequence = (
            "select", "seller", "code", "state", "open_gates", "age", "left", "assigned_to", "submitted_at",
        )  # fmt: skip
        order_by = ("age",)

    empty_title = gettext_lazy("No application waits for a reviewer")
    empty_hint = gettext_lazy("What sellers hand in and what passes its assessment appears here.")

    def __init__(self, *arguments: Any, programme: Programme, may_act: bool, **options: Any) -> None:
        hidden = () if may_act else ("select",)
        super().__init__(*arguments, exclude=hidden, **options)
        self.programme = programme

    def render_select(self, record: Application) -> SafeString:
        return format_html(
            '<input type="checkbox" class="form-check-input" name="chosen" value="{}" form="bulk"'
            ' aria-label="{}"><input type="hidden" name="shown" value="{}" form="bulk">',
            record.pk,
            _("Choose %(shop)s") % {"shop": record.seller.name},
            record.pk,
        )

    def render_seller(self, record: Any) -> SafeString:
        told = [word for word, holds in _flags(record) if holds]
        return format_html(
            '<span><a href="{}">{}</a>{}<span class="d-block text-secondary">{}</span></span>',
            reverse("operator:application", args=[record.pk]),
            record.seller.name,
            format_html_join("", ' <span class="tone tone-warn">{}</span>', ((word,) for word in told)),
            record.seller.code,
        )

    def value_seller(self, record: Any) -> str:
        return str(record.seller.name)

    def render_state(self, record: Application) -> SafeString:
        return format_html("<span>{}</span>", badge(record.state, "application"))

    def value_state(self, record: Application) -> str:
        return str(word_of("application", record.state).label)

    def render_age(self, record: Application) -> str:
        told = self._time(record)
        return "–" if told is None or told.age is None else f"{told.age}"

    def value_age(self, record: Application) -> int | None:
        told = self._time(record)
        return told.age if told else None

    def render_left(self, record: Application) -> SafeString | str:
        told = self._time(record)
        if told is None:
            return "–"
        return format_html(
            '<span><span class="tone tone-{}">{}</span></span>',
            TIME_TONES.get(told.state, "ok"),
            time_words(told),
        )

    def value_left(self, record: Application) -> int | None:
        told = self._time(record)
        return told.left if told else None

    def render_assigned_to(self, record: Application) -> str:
        return _name(record) or _("nobody yet")

    def value_assigned_to(self, record: Application) -> str:
        return _name(record)

    def _time(self, record: Application) -> ReviewTime | None:
        return waited(record.waiting_since, self.programme) if record.waiting_since else None


def _name(record: Application) -> str:
    return (record.assigned_to.name or record.assigned_to.email) if record.assigned_to else ""


def _flags(record: Any) -> tuple[tuple[str, bool], ...]:
    return ((_("appeal"), record.has_appeal), (_("override"), record.has_override))


def _states() -> list[tuple[str, Any]]:
    return [*choices("application"), (ALL, gettext_lazy("all states"))]


class QueueFilter(ListFilter):
    """Without a state the list is the work: what waits for a reviewer. A search looks in all states."""

    search = django_filters.CharFilter(
        method="keep_matching",
        label=gettext_lazy("Shop, name or credit code"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    state = django_filters.ChoiceFilter(
        method="keep_state",
        choices=_states,
        empty_label=gettext_lazy("waiting for a reviewer"),
        label=gettext_lazy("State"),
    )
    assigned = django_filters.ChoiceFilter(
        method="keep_assigned",
        choices=lambda: [
            ("me", gettext_lazy("me")),
            ("nobody", gettext_lazy("nobody yet")),
            *((str(user.pk), user.name or user.email) for user in active_reviewers()),
        ],
        empty_label=gettext_lazy("anybody"),
        label=gettext_lazy("Reviewer"),
    )
    failure = django_filters.ChoiceFilter(
        method="keep_failure",
        choices=lambda: [*choices("failure_class"), ("none", gettext_lazy("hard gate, no class given"))],
        empty_label=gettext_lazy("any or none"),
        label=gettext_lazy("Class of an open gate"),
    )
    needs = django_filters.ChoiceFilter(
        method="keep_needs",
        choices=[
            ("overdue", gettext_lazy("overdue")),
            ("appeal", gettext_lazy("appeal to answer")),
            ("override", gettext_lazy("override to confirm")),
        ],
        empty_label=gettext_lazy("anything"),
        label=gettext_lazy("Needs"),
    )
    since = django_filters.DateFilter(method="keep_since", label=gettext_lazy("Handed in from"), widget=_DAY)
    until = django_filters.DateFilter(method="keep_until", label=gettext_lazy("Handed in until"), widget=_DAY)

    def __init__(self, data: Any = None, *arguments: Any, **options: Any) -> None:
        super().__init__({} if data is None else data, *arguments, **options)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.form.cleaned_data
        if not asked.get("state") and not asked.get("search"):
            queryset = queryset.filter(waits_for_review())
        kept: QuerySet[Any] = super().filter_queryset(queryset)
        return kept

    def keep_matching(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(matching_applications(value))

    def keep_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset if value == ALL else queryset.filter(state=ApplicationState(value))

    def keep_assigned(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "nobody":
            return queryset.filter(assigned_to__isnull=True)
        chosen = self.request.user.pk if value == "me" else int(value)
        return queryset.filter(assigned_to=chosen)

    def keep_failure(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(has_open_gate("" if value == "none" else value))

    def keep_needs(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(_NEEDS[value]())

    def keep_since(self, queryset: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        return queryset.filter(submitted_at__gte=start_of(value, zone=_zone()))

    def keep_until(self, queryset: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        return queryset.filter(submitted_at__lt=start_of(value + timedelta(days=1), zone=_zone()))


def _overdue() -> Q:
    programme = programme_now()
    return is_overdue(last_overdue_day(programme), zone=programme.book.zone)


def _zone() -> str:
    return programme_now().book.zone


_NEEDS: Mapping[str, Any] = {
    "overdue": _overdue,
    "appeal": lambda: Q(has_appeal=True),
    "override": lambda: Q(has_override=True),
}
