"""Bulk import of listings: upload, match the columns, look, carry out, undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bantuo.apps.catalog.models import ListingImport, ListingImportRow
from bantuo.apps.catalog.operations import (
    ImportClosed,
    check_import,
    drop_import,
    map_columns,
    start_import,
    start_undo,
    take_in_sheet,
)
from bantuo.apps.catalog.operations.snapshots import FIELDS
from bantuo.engine.listing_columns import ATTRIBUTE, COLUMNS
from bantuo.interfaces.seller.application import WRITERS
from bantuo.interfaces.seller.categories import admission_list
from bantuo.interfaces.seller.listing_sheets import (
    SheetUnusable,
    faults_workbook,
    read_upload,
    template_workbook,
)
from bantuo.interfaces.seller.listing_words import change_words, field_words, problem_words, value_words
from bantuo.interfaces.seller.listings import download, tab_context
from bantuo.interfaces.web.access import SELLER_ROLES, access
from bantuo.interfaces.web.listing_jobs import defer_import
from bantuo.interfaces.web.programme import programme_of
from bantuo.interfaces.web.requests import SellerRequest

HISTORY = 20
PAGE = 20
_SHOWN_CHANGES = 4
_SAMPLES = 3
_CHANGE_ORDER = tuple(
    dict.fromkeys(("ordinary_fen", "exclusive_fen", "title", "weight_g", "category", "markets", *FIELDS))
)
_BAD = ("bad", "refused", "kept")
_NOT_FIXED = frozenset({"sku_code", "main_image", "images", "size_chart", "weight_unit", "size_unit"})


@access(view=SELLER_ROLES)
@require_safe
def imports(request: SellerRequest) -> HttpResponse:
    """The imports so far, and a new one."""
    rows = (
        ListingImport.objects.filter(seller=request.seller)
        .annotate(
            row_count=Count("rows"),
            done_count=Count("rows", filter=Q(rows__state="listed")),
            bad_count=Count("rows", filter=Q(rows__state__in=_BAD)),
        )
        .order_by("-id")
    )
    page = Paginator(rows, HISTORY).get_page(request.GET.get("page"))
    return render(request, "seller/listings/imports.html", {**tab_context(request, "imports"), "page": page})


@access(view=SELLER_ROLES)
@require_safe
def template(request: SellerRequest) -> HttpResponse:
    """An empty workbook with drop-downs and one example row."""
    return download(template_workbook(list(admission_list(programme_of(request).on))), name="listings.xlsx")


@access(view=(), act=WRITERS)
@require_POST
def upload(request: SellerRequest) -> HttpResponse:
    """Take a sheet in; nothing is listed yet."""
    file, programme = request.FILES.get("file"), programme_of(request)
    if file is None:
        messages.error(request, _("Choose a file first."))
        return redirect("seller:listing_imports")
    try:
        sheet = read_upload(file)
    except SheetUnusable as unusable:
        messages.error(request, str(unusable))
        return redirect("seller:listing_imports")
    made = take_in_sheet(
        request.seller.pk, sheet, file_name=file.name or "", now=programme.now, actor=request.user.actor
    )
    return redirect("seller:listing_import", made.pk)


@access(view=SELLER_ROLES)
@require_safe
def show(request: SellerRequest, pk: int) -> HttpResponse:
    """The import where it stands: its columns, what it would change, how far it is, what became of it."""
    made = get_object_or_404(ListingImport, pk=pk, seller=request.seller)
    if made.state == "mapping" or ("columns" in request.GET and made.state == "checked"):
        return _show_columns(request, made)
    return render(request, "seller/listings/import.html", _standing(request, made))


def _show_columns(request: SellerRequest, made: ListingImport) -> HttpResponse:
    samples = list(made.rows.order_by("number").values_list("cells", flat=True)[:_SAMPLES])
    told = {
        heading: ", ".join(cells[at] for cells in samples if at < len(cells) and cells[at])[:60]
        for at, heading in enumerate(made.headings)
    }
    extra = [name for name in made.columns if name.startswith(ATTRIBUTE)]
    names = [(column.name, column.is_required) for column in COLUMNS] + [(name, False) for name in extra]
    context = {
        **tab_context(request, "imports"),
        "made": made,
        "rows": made.rows.count(),
        "fields": [
            {
                "name": name,
                "label": field_words(name),
                "is_required": is_required,
                "heading": made.columns.get(name, ""),
                "sample": told.get(made.columns.get(name, ""), ""),
                "may_be_fixed": name not in _NOT_FIXED,
                "fixed": made.fixed.get(name, ""),
            }
            for name, is_required in names
        ],
        "categories": admission_list(programme_of(request).on),
        "unused": [heading for heading in made.headings if heading not in made.columns.values()],
    }
    return render(request, "seller/listings/import_columns.html", context)


def _standing(request: SellerRequest, made: ListingImport) -> dict[str, Any]:
    counted = made.rows.values_list("state", "plan").annotate(n=Count("pk"))
    states: dict[str, int] = {}
    plans: dict[str, int] = {}
    for state, plan, count in counted:
        states[state] = states.get(state, 0) + count
        if state not in ("bad", "refused"):
            plans[plan] = plans.get(plan, 0) + count
    wanted = request.GET.get("show", "")
    rows = made.rows.order_by("number")
    if wanted == "bad":
        rows = rows.filter(state__in=_BAD)
    elif wanted == "alert":
        rows = rows.filter(alert_fen_max__isnull=False)
    elif wanted in ("new", "change", "same"):
        rows = rows.filter(plan=wanted).exclude(state__in=("bad", "refused"))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return {
        **tab_context(request, "imports"),
        **_progress(made, states),
        "made": made,
        "states": states,
        "plans": plans,
        "bad": sum(states.get(state, 0) for state in _BAD),
        "alerts": made.rows.filter(alert_fen_max__isnull=False).count(),
        "show": wanted,
        "page": page,
        "rows": [_shown_row(made, row) for row in page],
    }


def _progress(made: ListingImport, states: dict[str, int]) -> dict[str, Any]:
    """How far a run is, by the stamps of its rows."""
    total = sum(states.values()) - states.get("bad", 0)
    left = states.get("ready" if made.state == "running" else "listed", 0)
    return {
        "is_under_way": made.state in ("running", "undoing"),
        "total": total,
        "done": total - left,
        "percent": 100 * (total - left) // total if total else 100,
    }


def _shown_row(made: ListingImport, row: ListingImportRow) -> dict[str, Any]:
    at = made.headings.index(made.columns["sku_code"]) if made.columns.get("sku_code") in made.headings else 0
    changes = [(name, row.changes[name]) for name in _CHANGE_ORDER if name in row.changes]
    is_new = row.plan == "new"
    return {
        "row": row,
        "sku": row.cells[at] if at < len(row.cells) else "",
        "word": row.state if row.state in (*_BAD, "undone") else row.plan,
        "problems": [problem_words(problem) for problem in row.problems],
        "changes": [
            (
                change_words(name),
                "" if is_new else value_words(name, old),
                value_words(name, new),
            )
            for name, (old, new) in changes[:_SHOWN_CHANGES]
        ],
        "more": max(0, len(changes) - _SHOWN_CHANGES),
    }


@access(view=(), act=WRITERS)
@require_POST
def match(request: SellerRequest, pk: int) -> HttpResponse:
    """Keep which column is which, and look what the sheet would change."""
    made, programme = get_object_or_404(ListingImport, pk=pk, seller=request.seller), programme_of(request)
    names = [column.name for column in COLUMNS] + [n for n in made.columns if n.startswith(ATTRIBUTE)]
    columns = {name: request.POST.get(f"column_{name}", "") for name in names}
    columns = {name: heading for name, heading in columns.items() if heading in made.headings}
    fixed = {name: request.POST.get(f"fixed_{name}", "") for name in names if name not in _NOT_FIXED}
    try:
        map_columns(pk, seller_id=request.seller.pk, columns=columns, fixed=fixed, now=programme.now)
        check_import(pk, seller_id=request.seller.pk, book=programme.book, on=programme.on)
    except ImportClosed:
        messages.warning(request, _("This import has gone on already."))
    return redirect("seller:listing_import", pk)


@access(view=(), act=WRITERS)
@require_POST
def start(request: SellerRequest, pk: int) -> HttpResponse:
    """Carry it out; a worker does it, so the page may be left."""
    return _begin(request, pk, start_import)


@access(view=(), act=WRITERS)
@require_POST
def undo(request: SellerRequest, pk: int) -> HttpResponse:
    """Put back what was before, where nothing has changed since."""
    return _begin(request, pk, start_undo)


def _begin(request: SellerRequest, pk: int, begin: Callable[..., ListingImport]) -> HttpResponse:
    get_object_or_404(ListingImport, pk=pk, seller=request.seller)
    try:
        begin(pk, seller_id=request.seller.pk, now=programme_of(request).now, actor=request.user.actor)
    except ImportClosed:
        messages.warning(request, _("This import has gone on already."))
    else:
        defer_import(pk, request.seller.pk)
    return redirect("seller:listing_import", pk)


@access(view=(), act=WRITERS)
@require_POST
def drop(request: SellerRequest, pk: int) -> HttpResponse:
    """Put a sheet aside that has changed nothing."""
    get_object_or_404(ListingImport, pk=pk, seller=request.seller)
    try:
        drop_import(pk, seller_id=request.seller.pk, now=programme_of(request).now)
        messages.success(request, _("The sheet is put aside; nothing was changed."))
    except ImportClosed:
        messages.warning(request, _("This import has gone on already."))
    return redirect("seller:listing_imports")


@access(view=SELLER_ROLES)
@require_safe
def progress(request: SellerRequest, pk: int) -> HttpResponse:
    """How far it is, for the page that is waiting; the whole page once it is done."""
    made = get_object_or_404(ListingImport, pk=pk, seller=request.seller)
    states = dict(made.rows.values_list("state").annotate(n=Count("pk")))
    context = {"made": made, **_progress(made, states)}
    response = render(request, "seller/listings/import_progress.html", context)
    if not context["is_under_way"]:
        response.headers["HX-Refresh"] = "true"
    return response


@access(view=SELLER_ROLES)
@require_safe
def faults(request: SellerRequest, pk: int) -> HttpResponse:
    """The sheet with every fault beside its cell, to be mended and sent again."""
    made = get_object_or_404(ListingImport, pk=pk, seller=request.seller)
    stem = made.file_name.rpartition(".")[0] or "listings"
    return download(faults_workbook(made), name=f"{stem}-{_('problems')}.xlsx")
