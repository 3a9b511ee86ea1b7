"""Check before applying: answer a short form or hand in a file, and see where one stands.

Nothing is kept: the answers travel signed in the page itself, from one form to the next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bantuo.core.card_inputs import InputsRefused
from bantuo.core.compare import OwnRates, TypicalOrder
from bantuo.core.findings import FAIL, NOT_APPLICABLE, NOT_EVIDENCED, PASS
from bantuo.core.money import format_centimetres, format_fen, format_kilograms, format_kilometres
from bantuo.core.rate_card import SIDES
from bantuo.engine.diagnosis import Assessment
from bantuo.engine.profiles import profile_problems
from bantuo.engine.quotes import Quote, quoter_for
from bantuo.engine.report import assessment_report, finding_report
from bantuo.interfaces.public.check_files import BYTES_MAX, Answers, read_answers
from bantuo.interfaces.public.check_forms import (
    PARCEL_FIELDS,
    PLACES,
    CheckForm,
    ParcelForm,
    UploadForm,
)
from bantuo.interfaces.public.check_sheet import template_workbook
from bantuo.interfaces.public.compare import MODE_WORDS, compared_books, comparison
from bantuo.interfaces.public.home import CARD, EXAMPLE
from bantuo.interfaces.web.access import public
from bantuo.interfaces.web.finding_words import gate_words
from bantuo.interfaces.web.programme import Programme, programme_now

SALT = "bantuo.check"
STATE_MAX = 1_000_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_UNREADABLE = 422


@public
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """The form; or, once answered, the result with the cost of a typical order and the comparison."""
    programme = programme_now()
    if request.method != "POST":
        return _form_page(request, CheckForm(programme=programme))
    if "state" in request.POST:
        profile = open_state(request.POST["state"])
        if profile is None:
            return _form_page(request, CheckForm(programme=programme), is_stale=True)
        return _result_page(request, programme, profile, ParcelForm(request.POST))
    if "file" in request.FILES or "upload" in request.POST:
        return _from_file(request, programme)
    return _from_form(request, programme)


def _from_form(request: HttpRequest, programme: Programme) -> HttpResponse:
    form = CheckForm(request.POST, programme=programme)
    if form.is_valid():
        profile = form.profile()
        for problem in profile_problems(profile):
            form.add_error(PLACES.get(problem["path"]), f"{problem['path']}: {problem['rule']}")
        if form.is_valid():
            return _result_page(
                request, programme, profile, ParcelForm(initial=_parcel_of(profile)), form=form
            )
    return _form_page(request, form, status=_UNREADABLE)


def _from_file(request: HttpRequest, programme: Programme) -> HttpResponse:
    upload = UploadForm(request.POST, request.FILES)
    answers = read_answers(upload.cleaned_data["file"]) if upload.is_valid() else Answers()
    if answers.profile is not None:
        parcel = ParcelForm(initial=_parcel_of(answers.profile))
        return _result_page(request, programme, answers.profile, parcel)
    form = CheckForm(programme=programme)
    return _form_page(request, form, upload=upload, answers=answers, status=_UNREADABLE)


def _form_page(
    request: HttpRequest,
    form: CheckForm,
    *,
    upload: UploadForm | None = None,
    answers: Answers | None = None,
    is_stale: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "upload": upload or UploadForm(),
        "answers": answers,
        "is_stale": is_stale,
        "size_max": BYTES_MAX,
    }
    return render(request, "public/check.html", context, status=status)


def _result_page(
    request: HttpRequest,
    programme: Programme,
    profile: Mapping[str, Any],
    parcel: ParcelForm,
    *,
    form: CheckForm | None = None,
) -> HttpResponse:
    state = seal_state(profile)
    assessment = programme.evaluator().assess(profile)
    context = {
        "programme": programme,
        "state": state if len(state) <= STATE_MAX else "",
        "assessment": assessment,
        "gates": grouped_gates(assessment, programme),
        "warnings": [gate_words(finding_report(f), programme.book) for f in assessment.warnings],
        "fit": [_fit(fit, programme) for fit in assessment_report(assessment)["fit"]],
        "form": form,
        "can_carry": getattr(request, "seller", None) is not None or not request.user.is_authenticated,
        **_costs(programme, parcel),
    }
    return render(request, "public/check_result.html", context)


@dataclass(frozen=True, slots=True)
class GateGroup:
    """Gates of one answer, what can be mended at once first."""

    status: str
    gates: list[dict[str, Any]]


def grouped_gates(assessment: Assessment, programme: Programme) -> list[GateGroup]:
    """What fails, what lacks evidence, what passes, what is not for this seller."""
    said = [gate_words(finding_report(finding), programme.book) for finding in assessment.findings]
    said.sort(key=lambda gate: not gate["fixable_now"])
    groups = [GateGroup(status, [g for g in said if g["status"] == status]) for status in _ORDER]
    return [group for group in groups if group.gates]


_ORDER = (FAIL, NOT_EVIDENCED, PASS, NOT_APPLICABLE)


def _fit(fit: Mapping[str, Any], programme: Programme) -> dict[str, Any]:
    return {**fit, "parts": [gate_words(part, programme.book) for part in fit["parts"]]}


def _costs(programme: Programme, parcel: ParcelForm) -> dict[str, Any]:
    """The typical order priced line by line, and the modes side by side as far as known."""
    quote = _quote(programme, parcel)
    order = own = None
    if quote is not None:
        order = TypicalOrder(receipts_fen=quote.inputs["receipts_fen"], semi_fee_fen=quote.total_fen)
        own = parcel.own() if parcel.is_bound else None
    return {
        "parcel": parcel,
        "quote": quote,
        "modes": list(MODE_WORDS.values()),
        "comparison": comparison(compared_books(programme), order=order, own=own or OwnRates()),
    }


def _quote(programme: Programme, parcel: ParcelForm) -> Quote | None:
    """The order's quote; None, with the reason beside the field, for one that the card cannot price."""
    if parcel.is_bound and not parcel.is_valid():
        return None
    inputs = parcel.inputs() if parcel.is_bound else _initial_inputs(parcel)
    try:
        return quoter_for(programme.book, CARD, on=programme.on).quote(inputs)
    except InputsRefused as refused:
        for problem in refused.problems:
            if parcel.is_bound:
                parcel.add_error(
                    PARCEL_FIELDS.get(problem.field), _("The rate card does not reach this far.")
                )
        return None


def _initial_inputs(parcel: ParcelForm) -> dict[str, int]:
    bound = ParcelForm({name: value for name, value in parcel.initial.items() if value not in (None, False)})
    return bound.inputs() if bound.is_valid() else dict(EXAMPLE)


def _parcel_of(profile: Mapping[str, Any]) -> dict[str, Any]:
    """A typical order to begin with: the example, in the size and weight of the goods if they are known."""
    product: Mapping[str, Any] = next(iter(profile.get("products", ())), {})
    known = {name: product.get(name, EXAMPLE[name]) for name in (*SIDES, "weight_g")}
    return {
        "receipts": format_fen(EXAMPLE["receipts_fen"]),
        "parcel_size": "x".join(format_centimetres(known[side]) for side in SIDES),
        "parcel_weight": format_kilograms(known["weight_g"]),
        "distance": format_kilometres(EXAMPLE["distance_m"]),
        "label": True,
        "photo_qc": False,
    }


def seal_state(profile: Mapping[str, Any]) -> str:
    """The answers as a signed text that a form carries on."""
    return signing.dumps(profile, salt=SALT, compress=True)


def open_state(state: str) -> dict[str, Any] | None:
    """The answers in a form; None when somebody changed them on the way."""
    try:
        profile: dict[str, Any] = signing.loads(state, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    return profile if not profile_problems(profile) else None


@public
@require_safe
def template(request: HttpRequest) -> HttpResponse:
    """The workbook to fill in."""
    response = HttpResponse(template_workbook(), content_type=_XLSX)
    response.headers["Content-Disposition"] = content_disposition_header(True, "bantuo-check.xlsx")
    return response


@public
@require_POST
def download(request: HttpRequest) -> HttpResponse:
    """The answers and what came of them, to keep."""
    profile = open_state(request.POST.get("state", ""))
    if profile is None:
        return _form_page(request, CheckForm(programme=programme_now()), is_stale=True, status=_UNREADABLE)
    programme = programme_now()
    report = assessment_report(programme.evaluator().assess(profile))
    content = json.dumps({"profile": profile, "assessment": report}, ensure_ascii=False, indent=2)
    response = HttpResponse(content, content_type="application/json")
    response.headers["Content-Disposition"] = content_disposition_header(True, "bantuo-check.json")
    return response
