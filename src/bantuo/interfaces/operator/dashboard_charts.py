"""The charts of the dashboard, each with the table it shows."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.core.review_time import Spread
from bantuo.interfaces.operator.dashboard_figures import Claim, Figures
from bantuo.interfaces.web.charts import Chart, bars, bars_beside
from bantuo.interfaces.web.words import WORDS, word_of

STEP_WORDS: Mapping[str, Promise] = {
    "assessment": gettext_lazy("② assessment"),
    "review": gettext_lazy("② review"),
    "agreement": gettext_lazy("③ agreement"),
    "deposit": gettext_lazy("③ deposit"),
    "warehouse": gettext_lazy("④ warehouse"),
    "whole": gettext_lazy("①–④ the whole way"),
}


def states_chart(figures: Figures) -> Chart:
    """How many applications stand where."""
    rows = [
        (str(word_of("application", state).label), figures.states[state])
        for state in WORDS["application"]
        if figures.states.get(state)
    ]
    return bars(_("Applications by state"), rows=rows, columns=(_("state"), _("applications")))


def classes_chart(figures: Figures, claims: Mapping[str, Claim]) -> Chart:
    """Our share of each class beside the one share that the article discloses, in percent."""
    ours, theirs = _("here"), _("article (claim)")
    rows: list[tuple[str, str, int | str]] = []
    for place, code in enumerate(CLASSES):
        name = class_words(code)
        share = figures.share_of(code)
        if share is not None:
            rows.append((name, ours, percent(share)))
        if place == 0:
            rows.append((name, theirs, percent(claims["first_class"].amount)))
    return bars_beside(
        _("Causes of failure by class"),
        rows=rows,
        columns=(_("class"), _("whose figure"), _("percent of causes")),
        note=_("The article discloses the first class only."),
    )


def steps_chart(figures: Figures) -> Chart:
    """Mean and median working days of each step."""
    rows: list[tuple[str, str, int | str]] = []
    for step, spread in figures.steps.items():
        if spread.mean_tenths is not None and spread.median_tenths is not None:
            rows.append((str(STEP_WORDS[step]), _("mean"), tenths(spread.mean_tenths)))
            rows.append((str(STEP_WORDS[step]), _("median"), tenths(spread.median_tenths)))
    return bars_beside(
        _("Working days per step"), rows=rows, columns=(_("step"), _("figure"), _("working days"))
    )


CLASSES = ("F1", "F2", "F3", "")


def class_words(code: str) -> str:
    """A failure class by its name; gates that the article gives no class say so."""
    return str(word_of("failure_class", code).label)


def percent(basis_points: int) -> str:
    """`41` or `54.8`, exact to a hundredth."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")


def tenths(amount: int | None) -> str:
    """`5.7`; a dash where nothing was measured."""
    return "–" if amount is None else f"{amount // 10}.{amount % 10}"


def hundredths(amount: int) -> str:
    """`9.83`."""
    return f"{amount // 100}.{amount % 100:02d}"


def step_lines(figures: Figures) -> list[tuple[str, Spread, str, str]]:
    """Each step with its number, mean and median in words."""
    return [
        (str(STEP_WORDS[step]), spread, tenths(spread.mean_tenths), tenths(spread.median_tenths))
        for step, spread in figures.steps.items()
    ]
