"""The dashboard as a workbook: the same figures, one sheet per question, the claims marked as claims."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import xlsxwriter
from django.http import HttpResponse
from django.utils.encoding import force_str
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from bantuo.interfaces.operator.dashboard_charts import (
    CLASSES,
    class_words,
    hundredths,
    percent,
    step_lines,
    tenths,
)
from bantuo.interfaces.operator.dashboard_figures import Claim, Figures
from bantuo.interfaces.web.templatetags.ui import tr
from bantuo.interfaces.web.words import WORDS, word_of

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Rows = Iterable[Sequence[Any]]


def dashboard_workbook(figures: Figures, claims: Mapping[str, Claim]) -> HttpResponse:
    """Everything that the page shows of a span, as XLSX; no cell can become a formula."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        for name, rows in _sheets(figures, claims).items():
            sheet = book.add_worksheet(name[:31])
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    sheet.write(number, column, value if isinstance(value, int) else force_str(value))
    response = HttpResponse(buffer.getvalue(), content_type=_TYPE)
    name = f"dashboard-{figures.span.since}-{figures.span.until}.xlsx"
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    return response


def _sheets(figures: Figures, claims: Mapping[str, Claim]) -> dict[str, Rows]:
    span = [_("from"), str(figures.span.since), _("until"), str(figures.span.until)]
    return {
        _("States"): [span, [_("state"), _("applications")], *_states(figures)],
        _("Causes"): [span, [_("class"), _("causes"), _("percent of causes")], *_causes(figures)],
        _("Steps"): [
            span,
            [_("step"), _("applications"), _("mean"), _("median"), _("year not known")],
            *([n, s.number, mean, median, s.unknown] for n, s, mean, median in step_lines(figures)),
        ],
        _("Failures"): [
            span,
            [_("failed applications"), figures.failures.applications],
            [_("cause located within the goal"), figures.failures.located],
            [_("can be mended at once"), figures.failures.mendable],
        ],
        _("Late causes"): [
            [_("shop"), _("name"), _("refused at"), _("located at")],
            *([c.seller_code, c.seller_name, c.failed_at, c.located_at or "–"] for c in figures.late),
        ],
        _("Claims"): [[_("claim"), _("figure"), _("source")], *_claims(claims)],
    }


def _states(figures: Figures) -> Rows:
    for state in WORDS["application"]:
        yield [word_of("application", state).label, figures.states.get(state, 0)]


def _causes(figures: Figures) -> Rows:
    for code in CLASSES:
        share = figures.share_of(code)
        yield [
            class_words(code),
            figures.failures.causes.get(code, 0),
            "–" if share is None else percent(share),
        ]


def _claims(claims: Mapping[str, Claim]) -> Rows:
    shown = {"pilot": hundredths, "whole": tenths}
    for name, claim in claims.items():
        yield [claim.rule, shown.get(name, percent)(claim.amount), tr(claim.source)]
