"""《履约能力评估报告》 as page and PDF: what was observed and required, the fit, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from bantuo.apps.admission.models import Assessment
from bantuo.apps.admission.queries import DECIDING, report_gates
from bantuo.apps.parties.models import Seller
from bantuo.channels.typeset import pdf
from bantuo.interfaces import web
from bantuo.interfaces.seller.desk import open_desk, with_mend
from bantuo.interfaces.web.access import SELLER_ROLES, access
from bantuo.interfaces.web.finding_words import gate_words
from bantuo.interfaces.web.programme import Programme, programme_now
from bantuo.interfaces.web.requests import SellerRequest
from bantuo.interfaces.web.templatetags.ui import day, tr, when
from bantuo.interfaces.web.words import BAD, MUTE, OK, Word, add_words, word_of

TEMPLATE = Path(web.__file__).parent / "typst" / "assessment.typ"
Plain = Mapping[str, Any]

add_words(
    "fit",
    {
        "pass": Word(gettext_lazy("fits"), OK),
        "fail": Word(gettext_lazy("does not fit"), BAD),
        "not_evidenced": Word(gettext_lazy("not known yet"), MUTE),
    },
)


@access(view=SELLER_ROLES)
@require_GET
def report(request: SellerRequest) -> HttpResponse:
    """The last report that decided, or the one named by `run`."""
    assessment = _asked_for(request)
    if assessment is None:
        return render(request, "seller/report_none.html")
    programme = programme_now()
    gates = [with_mend(gate, programme) for gate in report_gates(assessment)]
    return render(
        request,
        "seller/report.html",
        {
            "assessment": assessment,
            "desk": open_desk(request.seller.pk),
            "gates": gates,
            "to_do": by_effort(gates),
            "passed": sum(gate["status"] == "pass" for gate in gates),
            "fit": fit_words(assessment.fit, programme),
            "warnings": [gate_words(warning, programme.book) for warning in assessment.warnings],
        },
    )


@access(view=SELLER_ROLES)
@require_GET
def report_pdf(request: SellerRequest) -> HttpResponse:
    """The report as a PDF in the reader's language."""
    assessment = _asked_for(request)
    if assessment is None:
        raise Http404
    content = pdf(TEMPLATE, report_data(assessment, request.seller, programme_now()))
    response = HttpResponse(content, content_type="application/pdf")
    name = f"assessment-{assessment.rated_on}-{assessment.pk}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _asked_for(request: SellerRequest) -> Assessment | None:
    held = Assessment.objects.filter(seller=request.seller).select_related("policy_version", "application")
    held = held.defer("policy_version__document")
    run = request.GET.get("run", "")
    if run:
        return get_object_or_404(held, pk=int(run) if run.isdecimal() else 0)
    return held.filter(purpose__in=DECIDING).order_by("-id").first()


def by_effort(gates: Sequence[Plain]) -> list[Plain]:
    """What is open, what can be mended at once before what takes time."""
    return sorted((g for g in gates if g["is_open"]), key=lambda gate: not gate["fixable_now"])


def fit_words(fit: Sequence[Plain], programme: Programme) -> list[dict[str, Any]]:
    """The fit profiles with their parts in words."""
    return [
        {**profile, "parts": [gate_words(part, programme.book) for part in profile["parts"]]}
        for profile in fit
    ]


def report_data(assessment: Assessment, seller: Seller, programme: Programme) -> dict[str, Any]:
    """What `assessment.typ` sets: every text as it is to be read, in the active language."""
    gates = [with_mend(gate, programme) for gate in report_gates(assessment)]
    return {
        "lang": "zh" if (get_language() or "").startswith("zh") else "en",
        "title": tr(programme.book.rules["OUT-1"].label),
        "labels": _labels(),
        "seller": f"{seller.name} ({seller.code})",
        "verdict": _("Every gate passed") if assessment.passed else _("Not every gate passed"),
        "passed": assessment.passed,
        "facts": _facts(assessment),
        "to_do": [_gate_data(gate) for gate in by_effort(gates)],
        "gates": [_gate_data(gate) for gate in gates],
        "fit": [_fit_data(profile) for profile in fit_words(assessment.fit, programme)],
        "foot": _(
            "The programme's numbers come from a public article whose own sources could not be found. "
            "The fit profile is advice and never a reason to refuse."
        ),
    }


def _labels() -> dict[str, str]:
    return {
        "to_do": _("What to do, in order of effort"),
        "gates": _("Gate by gate"),
        "fit": _("Fit profile (advice)"),
        "gate": _("Gate"),
        "observed": _("Observed"),
        "required": _("Required"),
        "state": _("State"),
        "evidence": _("Evidence"),
        "source": _("Source"),
        "quote": _("Quote"),
        "reading": _("Reading"),
        "page": _("Page"),
        "at_once": _("mendable at once"),
        "takes_time": _("takes time"),
        "nothing": _("Nothing: every gate passed."),
    }


def _facts(assessment: Assessment) -> list[list[str]]:
    version = assessment.policy_version
    return [
        [_("Application"), _("attempt %(number)s") % {"number": assessment.application.attempt}],
        [_("Assessed at"), when(assessment.assessed_at)],
        [_("Rules as of"), day(assessment.rated_on)],
        [_("Rule book"), f"{version.book} {version.version}"],
    ]


def _gate_data(gate: Plain) -> dict[str, Any]:
    source = gate["source"] or {}
    return {
        "rule": gate["rule"],
        "label": tr(gate["label"]),
        "status": gate["status"],
        "state": str(word_of("finding", gate["status"]).label),
        "class": str(word_of("failure_class", gate["class"] or "").label),
        "observed": gate["observed_words"],
        "required": gate["required_words"],
        "evidence": gate["evidence_words"],
        "fix": tr(gate["fix"]) if gate["fix"] else "",
        "at_once": bool(gate["fixable_now"]),
        "source": tr(source.get("title")),
        "quote": gate["quote"] or "",
        "reading": [f"{reading['id']}: {tr(reading['chosen'])}" for reading in gate["reading"]],
    }


def _fit_data(profile: Plain) -> dict[str, Any]:
    return {
        "label": tr(profile["label"]),
        "status": profile["status"],
        "state": str(fit_word(profile["status"])),
        "parts": [
            {
                "label": tr(part["label"]),
                "observed": part["observed_words"],
                "required": part["required_words"],
                "state": str(word_of("finding", part["status"]).label),
            }
            for part in profile["parts"]
        ],
    }


def fit_word(status: str) -> Any:
    """Whether a seller is like those a profile describes."""
    return word_of("fit", status).label
