"""The category admission list: what is in force, what is planned, and a new list from a file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import django_filters
import django_tables2
from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bantuo.apps.catalog.models import AdmittedCategory, CategoryDraft, CategoryList
from bantuo.apps.catalog.operations import (
    CategoryDraftClosed,
    CategoryDraftFaulty,
    CategoryListDiffers,
    ListNotInFuture,
    discard_category_draft,
    draft_category_list,
    publish_category_draft,
)
from bantuo.apps.catalog.queries import (
    Category,
    CategoryChanges,
    categories_of,
    category_changes,
    category_list_in_force,
    category_lists,
    skus_in_categories,
)
from bantuo.interfaces.operator.category_files import (
    CategoryFileUnusable,
    categories_workbook,
    category_template,
    read_categories,
)
from bantuo.interfaces.operator.policy_forms import DayField, next_month
from bantuo.interfaces.operator.policy_reach import active_sellers
from bantuo.interfaces.web.access import OPERATOR_ROLES, Role, access
from bantuo.interfaces.web.policy_words import code_word
from bantuo.interfaces.web.programme import programme_now
from bantuo.interfaces.web.requests import UserRequest
from bantuo.interfaces.web.tables import ListFilter, ListTable, list_page

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHOWN_MAX = 200


class Categories(ListTable):
    """The entries of one list."""

    code = django_tables2.Column(verbose_name=gettext_lazy("Code"))
    name_zh = django_tables2.Column(verbose_name=gettext_lazy("Chinese name"))
    name_en = django_tables2.Column(verbose_name=gettext_lazy("English name"))
    group = django_tables2.Column(verbose_name=gettext_lazy("Group"))

    class Meta(ListTable.Meta):
        model = AdmittedCategory
        fields = ("code", "name_zh", "name_en", "group")
        order_by = "code"

    empty_title = gettext_lazy("No list has been published")
    empty_hint = gettext_lazy(
        "Until then applicants are told by the starter list, which is ours and not the official one."
    )

    def render_group(self, value: str) -> str:
        return code_word(value)


class CategoryFilter(ListFilter):
    q = django_filters.CharFilter(label=gettext_lazy("Search"), method="search")

    class Meta:
        model = AdmittedCategory
        fields = ("q",)

    def search(self, rows: QuerySet[AdmittedCategory], name: str, wanted: str) -> QuerySet[AdmittedCategory]:
        """In the code and in both names."""
        found = Q(code__icontains=wanted) | Q(name_zh__icontains=wanted) | Q(name_en__icontains=wanted)
        return rows.filter(found)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("List as XLSX or CSV"),
        help_text=gettext_lazy("Columns: code, group, name_zh, name_en. Nothing changes before you publish."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
    )


class PublishForm(forms.Form):
    """From which day, and who says so."""

    valid_from = DayField(label=gettext_lazy("In force from"), widget=forms.HiddenInput)
    origin = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=300,
        help_text=gettext_lazy("Who decided so and in which paper, such as the number of a notice"),
    )


@access(view=OPERATOR_ROLES)
@require_safe
def list_categories(request: UserRequest) -> HttpResponse:
    """The list in force today, those planned and past, and the way to a new one."""
    on = programme_now().on
    return _list_page(request, category_list_in_force(on), on=on)


@access(view=OPERATOR_ROLES)
@require_safe
def show_list(request: UserRequest, pk: int) -> HttpResponse:
    """One list, in force, planned or past."""
    return _list_page(request, get_object_or_404(CategoryList, pk=pk), on=programme_now().on)


def _list_page(request: UserRequest, shown: CategoryList | None, *, on: date) -> HttpResponse:
    in_force = category_list_in_force(on)
    if request.GET.get("export") == "upload":
        rows = [(c.code, c.group, c.name_zh, c.name_en) for c in categories_of(shown)]
        return _download(categories_workbook(rows), name="categories.xlsx")
    return list_page(
        request,
        table=Categories,
        filter=CategoryFilter,
        queryset=AdmittedCategory.objects.filter(category_list=shown),
        title=_("Category admission list"),
        template="operator/categories.html",
        context={
            "shown": shown,
            "lists": [(held, _state(held, in_force, on)) for held in category_lists()],
            "state": _state(shown, in_force, on) if shown else "",
            "drafts": CategoryDraft.objects.filter(closed_at__isnull=True).defer("rows").order_by("-id"),
            "form": UploadForm(),
            "may_act": Role.POLICY in request.user.roles,
        },
    )


def _state(held: CategoryList, in_force: CategoryList | None, on: date) -> str:
    if held == in_force:
        return "current"
    return "planned" if held.valid_from > on else "past"


@access(view=OPERATOR_ROLES)
@require_safe
def download_template(request: UserRequest) -> HttpResponse:
    """A workbook to fill in."""
    return _download(category_template(), name="category-list-template.xlsx")


def _download(content: bytes, *, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=_XLSX)
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    return response


@access(view=(), act={Role.POLICY})
@require_POST
def upload(request: UserRequest) -> HttpResponse:
    """Read a file and keep it for a look; nothing decides by it."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, _("Choose a file that is not empty."))
        return redirect("operator:categories")
    file, programme = form.cleaned_data["file"], programme_now()
    try:
        rows = read_categories(file)
    except CategoryFileUnusable as unusable:
        messages.error(request, str(unusable))
        return redirect("operator:categories")
    draft = draft_category_list(rows, file_name=file.name[:200], now=programme.now, actor=request.user.actor)
    return redirect("operator:category_draft", draft.pk)


@access(view=OPERATOR_ROLES)
@require_safe
def show_upload(request: UserRequest, pk: int) -> HttpResponse:
    """What is wrong with an upload, or what it would change from a day on."""
    draft = get_object_or_404(CategoryDraft, pk=pk)
    return _upload_page(request, draft, valid_from=_day_asked(request))


def _day_asked(request: UserRequest) -> date:
    """The day compared with; without one the first of next month, or today for the first list."""
    on = programme_now().on
    try:
        return date.fromisoformat(request.GET.get("from", ""))
    except ValueError:
        return next_month(on) if category_list_in_force(on) else on


def _upload_page(
    request: UserRequest, draft: CategoryDraft, *, valid_from: date, form: PublishForm | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        "draft": draft,
        "problems": [(problem, problem_words(problem)) for problem in draft.problems[:_SHOWN_MAX]],
        "problems_more": max(0, len(draft.problems) - _SHOWN_MAX),
        "valid_from": valid_from,
        "is_open": draft.closed_at is None,
        "may_act": Role.POLICY in request.user.roles and draft.closed_at is None,
        "form": form or PublishForm(initial={"valid_from": valid_from}),
    }
    if not draft.problems:
        compared = category_list_in_force(valid_from)
        changes = category_changes(categories_of(compared), (Category(**row) for row in draft.rows))
        context |= {"compared": compared, "changes": _in_words(changes), "falling": _falling_out(changes)}
    status = 422 if form is not None else 200
    return render(request, "operator/category_upload.html", context, status=status)


def _in_words(changes: CategoryChanges) -> CategoryChanges:
    """The groups of the entries as people call them."""

    def worded(entry: Category) -> Category:
        return replace(entry, group=code_word(entry.group))

    return replace(
        changes,
        added=tuple(map(worded, changes.added)),
        removed=tuple(map(worded, changes.removed)),
        renamed=tuple((worded(old), worded(new)) for old, new in changes.renamed),
    )


@dataclass(frozen=True, slots=True)
class FallingOut:
    """A seller some of whose categories would not be admitted any more."""

    seller_id: int
    code: str
    name: str
    categories: tuple[str, ...]
    skus: int


def _falling_out(changes: CategoryChanges) -> list[FallingOut]:
    """Active sellers who named a category that falls out, with their SKUs on sale in such ones."""
    removed = {entry.code for entry in changes.removed}
    if not removed:
        return []
    skus = skus_in_categories(removed)
    found = []
    for seller in active_sellers():
        named = tuple(code for code in seller.profile.get("categories", ()) if code in removed)
        if named or seller.seller_id in skus:
            counted = skus.get(seller.seller_id, 0)
            found.append(FallingOut(seller.seller_id, seller.code, seller.name, named, counted))
    return found


@access(view=(), act={Role.POLICY})
@require_POST
def publish(request: UserRequest, pk: int) -> HttpResponse:
    """Let the upload decide from a day on."""
    draft, programme = get_object_or_404(CategoryDraft, pk=pk), programme_now()
    form = PublishForm(request.POST)
    if not form.is_valid():
        day = form.cleaned_data.get("valid_from") or next_month(programme.on)
        return _upload_page(request, draft, valid_from=day, form=form)
    day = form.cleaned_data["valid_from"]
    try:
        publish_category_draft(
            pk,
            valid_from=day,
            origin=form.cleaned_data["origin"],
            on=programme.on,
            now=programme.now,
            actor=request.user.actor,
        )
    except (CategoryDraftClosed, CategoryDraftFaulty, CategoryListDiffers, ListNotInFuture) as refused:
        form.add_error(None, _refusal_words(refused))
        return _upload_page(request, draft, valid_from=day, form=form)
    messages.success(request, _("Published. The list decides from its first day on."))
    return redirect("operator:categories")


def _refusal_words(refused: ValueError) -> str:
    match refused:
        case CategoryDraftClosed():
            return _("This upload is closed, or the same list is published already.")
        case CategoryDraftFaulty():
            return _("Mend the file and upload it again: rows of it cannot be read.")
        case CategoryListDiffers():
            return _("Another list begins on that day already: choose another day.")
    return _("The first day must be after today: who was told yes or no by a list stays told so.")


@access(view=(), act={Role.POLICY})
@require_POST
def discard(request: UserRequest, pk: int) -> HttpResponse:
    """Put the upload aside for good."""
    get_object_or_404(CategoryDraft, pk=pk)
    try:
        discard_category_draft(pk, now=programme_now().now, actor=request.user.actor)
    except CategoryDraftClosed:
        messages.warning(request, _("This upload is closed already."))
    else:
        messages.success(request, _("The upload is discarded; nothing has changed."))
    return redirect("operator:categories")


def problem_words(problem: dict[str, Any]) -> str:
    """Why a row cannot be read."""
    words = {
        "empty": _("the file has no rows"),
        "too_many": _("too many rows for one list"),
        "missing": _("the cell is empty"),
        "twice": _("the code stands twice"),
        "too_long": _("too long"),
        "unprintable": _("contains characters that cannot be printed"),
        "shortened": _("a spreadsheet has shortened this number: format the column as text"),
        "not_a_code": _("only letters, digits and . _ / - can be in a code"),
    }
    return words[problem["reason"]]
