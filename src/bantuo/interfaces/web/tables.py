"""Lists: filter, sort, pages and export to XLSX, a table on a desk and cards on a phone."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import django_filters
import django_tables2
import xlsxwriter
from django.core.cache import caches
from django.core.exceptions import EmptyResultSet
from django.core.paginator import EmptyPage, PageNotAnInteger, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.encoding import force_str
from django.utils.functional import Promise, cached_property
from django.utils.html import format_html_join
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django_tables2.paginators import LazyPaginator

from bantuo.interfaces.web.templatetags.ui import actor, badge, day, fen, when
from bantuo.interfaces.web.words import word_of

PAGE_ROWS = 20
EXPORT_ROWS = 100_000
_MANY_ROWS, _KEPT_SECONDS = 10_000, 60
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ListTable(django_tables2.Table):
    """The base of all lists: columns as in django-tables2, the look from our template."""

    class Meta:
        template_name = "web/parts/table.html"
        attrs: Mapping[str, str] = {"class": "table table-vcenter as-cards"}
        empty_text = ""

    empty_title: str | Promise = ""
    empty_hint: str | Promise = ""

    def body(self) -> SafeString:
        """The rows of the page; what a column's cells have in common is worked out once."""
        cells = {c.name: (c.attrs["td"].as_html(), force_str(c.header)) for c in self.columns}
        return format_html_join(
            "\n",
            "<tr>{}</tr>",
            (
                (format_html_join("", '<td {} data-label="{}">{}</td>', _cells(row, cells)),)
                for row in self.paginated_rows
            ),
        )


def _cells(row: Any, told: Mapping[str, tuple[SafeString, str]]) -> Iterator[tuple[Any, str, Any]]:
    for column, cell in row.items():
        attributes, header = told[column.name]
        yield attributes, header, cell


class ListFilter(django_filters.FilterSet):
    """The base of the filters above a list."""


class BadgeColumn(django_tables2.Column):
    """A code as its word in a tone; exported as the word."""

    def __init__(self, *, kind: str, **options: Any) -> None:
        super().__init__(**options)
        self.kind = kind

    def render(self, record: Any, bound_column: Any) -> SafeString:
        return badge(self._code(record, bound_column), self.kind)

    def value(self, record: Any, bound_column: Any) -> str:
        return force_str(word_of(self.kind, self._code(record, bound_column)).label)

    @staticmethod
    def _code(record: Any, bound_column: Any) -> str:
        """The stored code: of a field with choices the library would hand over its own words."""
        found = bound_column.accessor.resolve(record, quiet=True)
        return "" if found is None else str(found)


class MoneyColumn(django_tables2.Column):
    """Fen as money, to the right; exported as yuan with two decimals, exactly."""

    def __init__(self, **options: Any) -> None:
        super().__init__(attrs={"td": {"class": "num"}, "th": {"class": "num"}}, **options)

    def render(self, value: int) -> str:
        return fen(value)

    def value(self, value: int) -> str:
        return fen(value).replace("¥", "").replace(",", "").replace("−", "-")


class WhenColumn(django_tables2.Column):
    """An instant with its zone."""

    def render(self, value: datetime) -> str:
        return when(value)

    def value(self, value: datetime) -> datetime:
        return timezone.localtime(value).replace(tzinfo=None)


class DayColumn(django_tables2.Column):
    """A date."""

    def render(self, value: date) -> str:
        return day(value)

    def value(self, value: date) -> date:
        return value


class NumberColumn(django_tables2.Column):
    """A whole number, to the right."""

    def __init__(self, **options: Any) -> None:
        super().__init__(attrs={"td": {"class": "num"}, "th": {"class": "num"}}, **options)

    def render(self, value: int) -> str:
        return f"{value:,}"

    def value(self, value: int) -> int:
        return value


class ActorColumn(django_tables2.Column):
    """The person behind `user:12`."""

    def render(self, value: str) -> str:
        return actor(value)

    def value(self, value: str) -> str:
        return actor(value)


def list_page(
    request: HttpRequest,
    *,
    table: type[ListTable],
    queryset: QuerySet[Any],
    title: str,
    filter: type[ListFilter] | None = None,
    template: str = "web/list.html",
    context: Mapping[str, Any] | None = None,
    table_options: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Answer a list: filtered, sorted, one page of it; or, for `?export=xlsx`, all of it as a workbook."""
    filtered = filter(request.GET or None, queryset=queryset, request=request) if filter else None
    rows = filtered.qs if filtered is not None else queryset
    shown = table(rows, order_by=_order(request, table), **(table_options or {}))
    shown.request = request  # given to the table at once, it would turn to a page and count for itself
    if request.GET.get("export") == "xlsx":
        return _workbook(shown, title=title)
    _paginate(shown, request)
    return render(
        request,
        template,
        {
            "title": title,
            "table": shown,
            "filter": filtered,
            "is_filtered": filtered is not None and bool(_used(filtered)),
            **(context or {}),
        },
    )


def _order(request: HttpRequest, table: type[ListTable]) -> Any:
    """The column asked for, if the list has it; a hand-written nonsense parameter changes nothing."""
    wanted = request.GET.get("sort", "")
    return (wanted,) if wanted.lstrip("-") in table.base_columns else getattr(table._meta, "order_by", None)


def _paginate(shown: ListTable, request: HttpRequest) -> None:
    """The page asked for; one beyond the end is the last, nonsense is the first."""
    wanted, pages = request.GET.get("page", "1"), {"per_page": PAGE_ROWS, "paginator_class": _Pages}
    try:
        shown.paginate(page=wanted, **pages)
    except PageNotAnInteger:
        shown.paginate(page=1, **pages)
    except EmptyPage:
        shown.paginate(page=shown.paginator.num_pages, **pages)


class _Pages(Paginator):  # type: ignore[type-arg]  # it takes none when it runs
    """Pages of a list. That there are 10,000 rows or more is counted once a minute in each process."""

    @cached_property
    def count(self) -> int:
        shown: Any = self.object_list  # the rows of a table
        rows = shown.data.data
        if not isinstance(rows, QuerySet):
            return len(shown)
        try:
            asked = str(rows.order_by().query)
        except EmptyResultSet:  # no row can match: the database is not asked
            return 0
        key = f"list.count:{hashlib.sha256(asked.encode()).hexdigest()}"
        kept: int | None = caches["process"].get(key)
        if kept is None:
            kept = len(shown)
            if kept >= _MANY_ROWS:
                caches["process"].set(key, kept, _KEPT_SECONDS)
        return kept


def _used(filtered: ListFilter) -> list[str]:
    data = filtered.form.cleaned_data if filtered.form.is_valid() else {}
    return [
        name
        for name, value in data.items()
        if (value not in (None, "", [], ()) and hasattr(value, "__len__")) or value
    ]


def _workbook(shown: ListTable, *, title: str) -> HttpResponse:
    """All rows of the list as XLSX; text that a spreadsheet could take for a formula stays text."""
    buffer = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False, "default_date_format": "yyyy-mm-dd hh:mm"}  # fmt: skip
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet()
        bold, on_day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate(_export_rows(shown)):
            for column, value in enumerate(row):
                _write(sheet, number, column, value, bold if number == 0 else on_day)
        sheet.freeze_panes(1, 0)
    response = HttpResponse(
        buffer.getvalue(), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    name = f"{slugify(title, allow_unicode=True) or 'list'}-{timezone.localdate()}.xlsx"
    response.headers["Content-Disposition"] = content_disposition_header(True, name)
    return response


def _export_rows(shown: ListTable) -> Iterator[list[Any]]:
    for number, row in enumerate(shown.as_values(exclude_columns=("actions", "select"))):
        if number > EXPORT_ROWS:
            yield [_("Only the first %(rows)s rows: filter the list for the rest") % {"rows": EXPORT_ROWS}]
            return
        yield list(row)


def _write(sheet: Any, row: int, column: int, value: Any, style: Any) -> None:
    if isinstance(value, bool) or value is None:
        sheet.write(row, column, "" if value is None else value)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, value)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, style)
    elif isinstance(value, int):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, force_str(value)[:32_767], *([style] if row == 0 else []))


__all__ = [
    "ActorColumn", "BadgeColumn", "DayColumn", "LazyPaginator", "ListFilter", "ListTable", "MoneyColumn",
    "NumberColumn", "WhenColumn", "list_page",
]  # fmt: skip
