"""Size charts of apparel: uploaded as JSON against our schema, or built in a form and checked as built."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bantuo.apps.admission.operations.drafts import DraftClosed, SectionUnreadable, save_section
from bantuo.apps.admission.sections import RowUnknown, section_revision, section_values
from bantuo.core.listing import size_chart_problems
from bantuo.engine.terms import load_schema
from bantuo.interfaces.seller.application import WRITERS, closed_answer, closed_words
from bantuo.interfaces.seller.desk import Desk, open_desk
from bantuo.interfaces.web.access import SELLER_ROLES, access
from bantuo.interfaces.web.requests import SellerRequest

JSON_BYTES_MAX = 256 * 1024
SIZES_MAX = 40
_COLUMNS: Mapping[str, Any] = {
    "chest": gettext_lazy("chest"), "waist": gettext_lazy("waist"), "hip": gettext_lazy("hip"),
    "shoulder": gettext_lazy("shoulder"), "sleeve": gettext_lazy("sleeve"), "length": gettext_lazy("length"),
    "inseam": gettext_lazy("inseam"), "thigh": gettext_lazy("thigh"), "neck": gettext_lazy("neck"),
    "foot_length": gettext_lazy("foot length"), "head": gettext_lazy("head"),
    "height": gettext_lazy("height"), "bust": gettext_lazy("bust"), "cuff": gettext_lazy("cuff"),
}  # fmt: skip
_SYSTEMS = ("CN", "EU", "US", "UK", "INT")


@dataclass(frozen=True, slots=True)
class ChartState:
    """The chart of one apparel product: its problems, or none when it is sound."""

    sku: str
    title: str
    chart: Any
    problems: tuple[str, ...]


class ChartForm(forms.Form):
    """The frame of a chart: which sizes, and what is measured."""

    system = forms.ChoiceField(
        label=gettext_lazy("Size system"), required=False, choices=[("", "–"), *((s, s) for s in _SYSTEMS)]
    )
    sizes = forms.CharField(
        label=gettext_lazy("Sizes"),
        required=False,
        max_length=600,
        help_text=gettext_lazy("In order, separated by commas: S, M, L."),
    )
    columns = forms.MultipleChoiceField(
        label=gettext_lazy("What is measured"),
        required=False,
        choices=list(_COLUMNS.items()),
        widget=forms.CheckboxSelectMultiple,
    )


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a chart under way: one row per size, one cell per column."""

    columns: list[tuple[str, Any]]
    rows: list[tuple[str, list[tuple[str, str, str]]]]  # size, cells: name, label, value


def chart_states(desk: Desk) -> Iterator[ChartState]:
    """Every apparel product with its chart (ELG-7)."""
    schema = load_schema("size_chart")
    for product in desk.profile.get("products", ()):
        if product.get("apparel"):
            chart = product.get("size_chart")
            problems = size_chart_problems(chart, schema=schema)
            yield ChartState(product["sku"], product.get("title", ""), chart, problems)


@access(view=SELLER_ROLES)
def size_charts(request: SellerRequest) -> HttpResponse:
    """The apparel products with the state of their charts."""
    desk = open_desk(request.seller.pk)
    if desk is None:
        return redirect("seller:application")
    context = {
        "desk": desk,
        "section": desk.state_of("size_charts"),
        "charts": list(chart_states(desk)),
        "has_products": bool(desk.profile.get("products")),
        "closed": "" if desk.is_editable else closed_words(desk.application.state),
        "previous": desk.state_of("epr"),
        "following": desk.state_of("erp"),
    }
    return render(request, "seller/section_size_charts.html", context)


@access(view=SELLER_ROLES, act=WRITERS)
def size_chart(request: SellerRequest) -> HttpResponse:
    """The chart of one product: built here, or uploaded."""
    desk = open_desk(request.seller.pk)
    sku = request.GET.get("sku", "")
    if desk is None or sku not in section_values(desk.profile, "products"):
        raise Http404
    if request.method != "POST":
        chart = section_values(desk.profile, "size_charts").get(sku)
        return _show(request, desk, sku, chart_fields(chart))
    if "file" in request.FILES:
        return _upload(request, desk, sku)
    if request.POST.get("act") == "draw":
        return _show(request, desk, sku, request.POST)
    return _save(request, desk, sku, chart_told(request.POST), request.POST)


def chart_fields(chart: Any) -> QueryDict:
    """A kept chart as the form's fields; one that is not sound shows as far as it can be read."""
    fields = QueryDict(mutable=True)
    if not isinstance(chart, Mapping):
        return fields
    columns = [c for c in chart.get("columns", ()) if c in _COLUMNS]
    rows = [row for row in chart.get("rows", ()) if isinstance(row, Mapping)]
    fields["system"] = str(chart.get("system", ""))
    fields.setlist("columns", columns)
    fields["sizes"] = ", ".join(str(row.get("size", "")) for row in rows)
    for at, row in enumerate(rows):
        for column, value in zip(columns, row.get("values", ()), strict=False):
            fields[f"cell_{at}_{column}"] = str(value)
    return fields


def _sizes(fields: QueryDict) -> list[str]:
    """The sizes as listed; a full-width comma parts them as well."""
    text = fields.get("sizes", "") or ""
    return [size.strip()[:20] for size in text.replace("，", ",").split(",") if size.strip()][:SIZES_MAX]


def _columns(fields: QueryDict) -> list[str]:
    chosen = fields.getlist("columns")
    return [name for name in _COLUMNS if name in chosen]


def chart_told(fields: QueryDict) -> dict[str, Any]:
    """The chart that the form describes; a cell that is no number stays text, so that its check names it."""
    columns = _columns(fields)
    rows = [
        {"size": size, "values": [_cell(fields.get(f"cell_{at}_{c}", "")) for c in columns]}
        for at, size in enumerate(_sizes(fields))
    ]
    system = fields.get("system", "")
    return {"unit": "mm", **({"system": system} if system else {}), "columns": columns, "rows": rows}


def _cell(text: str | None) -> int | str:
    text = (text or "").strip()
    return int(text) if text.isdecimal() else text


def _show(
    request: SellerRequest,
    desk: Desk,
    sku: str,
    fields: QueryDict,
    *,
    problems: tuple[str, ...] = (),
    status: int = 200,
) -> HttpResponse:
    chart = chart_told(fields)
    found = problems or size_chart_problems(chart, schema=load_schema("size_chart"))
    context = {
        "desk": desk,
        "sku": sku,
        "form": ChartForm(initial={**fields.dict(), "columns": fields.getlist("columns")}),
        "grid": chart_grid(fields),
        "problems": [problem_words(problem) for problem in found] if fields or problems else [],
        "is_sound": bool(fields) and not found,
        "revision": section_revision(desk.application.profile, "size_charts", row=sku),
        "closed": "" if desk.is_editable else closed_words(desk.application.state),
        "section": desk.state_of("size_charts"),
    }
    is_part = request.headers.get("HX-Request") and status == 200
    template = "seller/parts/chart_grid.html" if is_part else "seller/size_chart.html"
    return render(request, template, context, status=status)


def chart_grid(fields: QueryDict) -> Grid:
    columns = [(name, _COLUMNS[name]) for name in _columns(fields)]
    rows = [
        (
            size,
            [
                (f"cell_{at}_{n}", f"{size} · {label}", fields.get(f"cell_{at}_{n}", ""))
                for n, label in columns
            ],
        )
        for at, size in enumerate(_sizes(fields))
    ]
    return Grid(columns, rows)


def problem_words(problem: str) -> str:
    """A problem of a chart in the reader's language, with its place."""
    place, _colon, rule = problem.partition(": ")
    if rule == "missing":
        return _("There is no chart yet.")
    if "values for" in rule:
        return _("%(place)s: as many values are needed as there are columns.") % {"place": place}
    if "stands" in rule and "times" in rule:
        return _("%(place)s: a size stands more than once.") % {"place": place}
    if "is not of type 'integer'" in rule:
        return _("%(place)s: whole millimetres are needed.") % {"place": place}
    if "non-empty" in rule or "too short" in rule:
        return _("%(place)s: at least one is needed.") % {"place": place}
    return f"{place}: {rule}"


def _upload(request: SellerRequest, desk: Desk, sku: str) -> HttpResponse:
    file: UploadedFile[Any] = request.FILES.getlist("file")[0]
    if (file.size or 0) > JSON_BYTES_MAX:
        return _refused(request, desk, sku, _("The file is too large for a size chart."))
    try:
        chart = json.loads(file.read().decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as broken:
        return _refused(request, desk, sku, _("The file is no JSON: %(why)s.") % {"why": broken})
    return _save(request, desk, sku, chart, chart_fields(chart))


def _refused(request: SellerRequest, desk: Desk, sku: str, told: str) -> HttpResponse:
    messages.error(request, told)
    return _show(request, desk, sku, chart_fields(None), status=422)


def _save(request: SellerRequest, desk: Desk, sku: str, chart: Any, fields: QueryDict) -> HttpResponse:
    """Keep a sound chart; one that is not is shown again with every problem, as it was entered."""
    problems = size_chart_problems(chart, schema=load_schema("size_chart"))
    if problems:
        return _show(request, desk, sku, fields, problems=problems, status=422)
    try:
        save_section(
            desk.application.pk,
            "size_charts",
            {sku: chart},
            revision=request.POST.get("revision") or None,
            now=desk.programme.now,
            actor=request.user.actor,
        )
    except DraftClosed as closed:
        return closed_answer(request, closed)
    except (RowUnknown, SectionUnreadable) as wrong:
        return _refused(request, desk, sku, str(wrong))
    messages.success(request, _("The size chart of %(sku)s is saved.") % {"sku": sku})
    return redirect("seller:size_charts")
