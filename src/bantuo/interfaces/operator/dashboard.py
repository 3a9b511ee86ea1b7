"""The programme dashboard: where applications stand, why they fail, how long each step takes, open work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from bantuo.apps.admission.queries.review_queue import open_work
from bantuo.interfaces.operator.dashboard_charts import (
    CLASSES,
    class_words,
    classes_chart,
    hundredths,
    percent,
    states_chart,
    step_lines,
    steps_chart,
    tenths,
)
from bantuo.interfaces.operator.dashboard_export import dashboard_workbook
from bantuo.interfaces.operator.dashboard_figures import Claim, Figures, Span, claims_of, figures_of
from bantuo.interfaces.operator.review import READERS
from bantuo.interfaces.operator.review_tables import last_overdue_day
from bantuo.interfaces.web.access import OPERATOR_ROLES, access
from bantuo.interfaces.web.programme import Programme, programme_now
from bantuo.interfaces.web.requests import UserRequest

_DAYS = 90
_DATE = forms.DateInput(attrs={"type": "date"})
# Kind of work: what it is called, the page that does it, its query, how urgent.
WORK: Mapping[str, tuple[Any, str, str, str]] = {
    "queue": (_("Applications to review"), "operator:applications", "", ""),
    "overdue": (_("of them overdue"), "operator:applications", "?needs=overdue", "bad"),
    "unassigned": (_("of them nobody's"), "operator:applications", "?assigned=nobody", ""),
    "overrides": (_("Overrides to confirm"), "operator:applications", "?needs=override", "warn"),
    "appeals": (_("Appeals to answer"), "operator:applications", "?needs=appeal", "warn"),
    "payments": (_("Payments to confirm"), "operator:deposits", "", ""),
    "releases": (_("Deposits asked back"), "operator:deposits", "", ""),
    "policy_drafts": (_("Policy drafts on their way"), "operator:policies", "", ""),
}


class SpanForm(forms.Form):
    """The days that the figures are about; one left out is the usual one."""

    since = forms.DateField(label=_("From"), required=False, widget=_DATE)
    until = forms.DateField(label=_("Until"), required=False, widget=_DATE)

    def __init__(self, *arguments: Any, today: date, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.today = today

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        since, until = told.get("since"), told.get("until")
        if since and until and since > until:
            self.add_error("until", _("This day lies before the first one."))
        return told

    def span(self) -> Span:
        """What is asked for, or the last ninety days when that makes no sense."""
        told = self.cleaned_data if self.is_valid() else {}
        until = told.get("until") or self.today
        return Span(told.get("since") or min(until, self.today) - timedelta(days=_DAYS), until)


@access(view=OPERATOR_ROLES)
@require_safe
def show_dashboard(request: UserRequest) -> HttpResponse:
    """The figures of a span of days, the open work of this moment; all of it as a workbook on request."""
    programme = programme_now()
    form = SpanForm(request.GET, today=programme.on)
    span = form.span()
    shown = form if form.errors else SpanForm(fields_of(span), today=programme.on)
    figures, claims = figures_of(span, programme), claims_of(programme.book, programme.on)
    if request.GET.get("export") == "xlsx":
        return dashboard_workbook(figures, claims)
    return render(
        request,
        "operator/dashboard.html",
        {
            "form": shown,
            "spans": _spans(programme),
            "figures": figures,
            "claims": _claim_words(claims),
            "work": _work(programme, request),
            "classes": _classes(figures),
            "steps": step_lines(figures),
            "whole_mean": tenths(figures.steps["whole"].mean_tenths),
            "whole_number": figures.steps["whole"].number,
            "unknown_days": figures.steps["whole"].unknown + figures.steps["review"].unknown,
            "is_overdue_known": last_overdue_day(programme) is not None,
            "charts": {
                "states": states_chart(figures),
                "classes": classes_chart(figures, claims),
                "steps": steps_chart(figures),
            },
            "may_open": bool(READERS.intersection(request.user.roles)),
        },
    )


def fields_of(span: Span) -> dict[str, str]:
    """The span as the fields of its form."""
    return {"since": span.since.isoformat(), "until": span.until.isoformat()}


def _spans(programme: Programme) -> list[tuple[Any, Span]]:
    today = programme.on
    return [
        (_("30 days"), Span(today - timedelta(days=30), today)),
        (_("90 days"), Span(today - timedelta(days=_DAYS), today)),
        (_("a year"), Span(today - timedelta(days=365), today)),
        (_("since the beginning"), Span(date(2023, 11, 1), today)),
    ]


def _work(programme: Programme, request: UserRequest) -> list[dict[str, Any]]:
    counts = open_work(last_day=last_overdue_day(programme), zone=programme.book.zone)
    may_open = bool(READERS.intersection(request.user.roles))
    return [
        {
            "label": label,
            "count": counts[kind],
            "url": _place(name, query) if may_open or name != "operator:applications" else "",
            "tone": tone if counts[kind] else "",
        }
        for kind, (label, name, query, tone) in WORK.items()
    ]


def _place(name: str, query: str) -> str:
    try:
        return f"{reverse(name)}{query}"
    except NoReverseMatch:
        return ""


def _classes(figures: Figures) -> list[tuple[str, int, str]]:
    return [
        (class_words(code), figures.failures.causes.get(code, 0), _percent(figures.share_of(code)))
        for code in CLASSES
    ]


def _percent(share: int | None) -> str:
    return "–" if share is None else f"{percent(share)}%"


def _claim_words(claims: Mapping[str, Claim]) -> dict[str, dict[str, Any]]:
    words = {
        name: hundredths(claim.amount)
        if name == "pilot"
        else tenths(claim.amount)
        if name == "whole"
        else f"{percent(claim.amount)}%"
        for name, claim in claims.items()
    }
    return {
        name: {"words": words[name], "rule": claim.rule, "source": claim.source, "note": claim.note}
        for name, claim in claims.items()
    }
