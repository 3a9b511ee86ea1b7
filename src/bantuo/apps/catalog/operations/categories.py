"""The list of admitted categories (半托管类目准入清单): uploaded, looked at, published from a day on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from django.db import transaction

from bantuo.apps.catalog.models import AdmittedCategory, CategoryDraft, CategoryList
from bantuo.apps.events.operations import emit_events

COLUMNS = ("code", "group", "name_zh", "name_en")
RULE = "ELG-6"
ROWS_MAX = 20_000
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]*")
_SHORTENED = re.compile(r"[0-9]+(\.[0-9]+)?[eE]\+?[0-9]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST = {"code": 80, "group": 80, "name_zh": 200, "name_en": 200}


class CategoryListDiffers(ValueError):
    """A list with other entries is in force from that day already: give the new one a later day."""


class CategoryRowUnreadable(ValueError):
    """A row of the list lacks a column, or names a category twice."""


class CategoryDraftUnknown(LookupError):
    """There is no such upload."""


class CategoryDraftClosed(ValueError):
    """The upload was published or discarded."""


class CategoryDraftFaulty(ValueError):
    """Rows of the upload cannot be read: mend the file and upload it again."""


class ListNotInFuture(ValueError):
    """The day is over or has begun: who was told yes or no by a list stays told so."""


@transaction.atomic
def import_category_list(
    rows: Sequence[Mapping[str, str]], *, valid_from: date, origin: str, now: datetime, actor: str
) -> CategoryList:
    """Decide which categories may be listed from a day on (ELG-6). `origin` says who says so.

    Rows: `code`, `group`, `name_zh`, `name_en`. The same list again changes nothing. Raises
    CategoryRowUnreadable and CategoryListDiffers, both before anything is written.
    """
    wanted = _read(rows)
    found, is_new = CategoryList.objects.get_or_create(
        valid_from=valid_from, defaults={"origin": origin, "imported_at": now, "imported_by": actor}
    )
    if not is_new:
        held = set(found.entries.values_list(*COLUMNS))
        if held != set(wanted):
            raise CategoryListDiffers(f"{valid_from}: {len(held)} categories in force, {len(wanted)} given")
        return found
    AdmittedCategory.objects.bulk_create(
        AdmittedCategory(category_list=found, code=code, group=group, name_zh=zh, name_en=en)
        for code, group, zh, en in wanted
    )
    payload = {"valid_from": str(valid_from), "categories": len(wanted), "origin": origin, "by": actor}
    emit_events("catalog.category_list", [(None, f"category_list:{found.pk}", payload)], at=now)
    return found


def _read(rows: Sequence[Mapping[str, str]]) -> list[tuple[str, str, str, str]]:
    codes: set[str] = set()
    for number, row in enumerate(rows, start=1):
        missing = [column for column in COLUMNS if not row.get(column)]
        if missing:
            raise CategoryRowUnreadable(f"row {number}: {missing[0]} is missing")
        if row["code"] in codes:
            raise CategoryRowUnreadable(f"row {number}: code {row['code']!r} stands twice")
        codes.add(row["code"])
    return sorted((row["code"], row["group"], row["name_zh"], row["name_en"]) for row in rows)


@transaction.atomic
def draft_category_list(
    rows: Sequence[Mapping[str, str | None]], *, file_name: str, now: datetime, actor: str
) -> CategoryDraft:
    """Keep an uploaded list for a look at what it would change; nothing decides by it.

    Rows are numbered from 1 as given; blank ones are skipped. Rows that cannot be read are kept as
    problems (row, field, value, rule, reason), and such a draft cannot be published.
    """
    tidy = [(number, _tidied(row)) for number, row in enumerate(rows, start=1)]
    filled = [(number, row) for number, row in tidy if any(row.values())]
    return CategoryDraft.objects.create(
        file_name=file_name,
        rows=[row for _, row in filled],
        problems=list(_problems(filled)),
        created_by=actor,
        created_at=now,
    )


def _tidied(row: Mapping[str, str | None]) -> dict[str, str]:
    """Cells without the blanks and the invisible marks that spreadsheets leave round them."""
    return {column: (row.get(column) or "").strip("\ufeff\u200b\u00a0\u3000 \t\r\n'") for column in COLUMNS}


def _problems(rows: Sequence[tuple[int, Mapping[str, str]]]) -> Iterator[dict[str, object]]:
    if not rows:
        yield _problem(0, "code", "", "empty")
    if len(rows) > ROWS_MAX:
        yield _problem(0, "code", str(len(rows)), "too_many")
        return
    first: dict[str, int] = {}
    for number, row in rows:
        yield from _row_problems(number, row)
        if row["code"] in first:
            yield _problem(number, "code", row["code"], "twice")
        elif row["code"]:
            first[row["code"]] = number


def _row_problems(number: int, row: Mapping[str, str]) -> Iterator[dict[str, object]]:
    for column, longest in _LONGEST.items():
        if not row[column]:
            yield _problem(number, column, "", "missing")
        elif len(row[column]) > longest:
            yield _problem(number, column, row[column][:longest], "too_long")
        elif _CONTROL.search(row[column]):
            yield _problem(number, column, repr(row[column]), "unprintable")
    code = row["code"]
    if _SHORTENED.fullmatch(code):
        yield _problem(number, "code", code, "shortened")
    elif code and not _CODE.fullmatch(code):
        yield _problem(number, "code", code, "not_a_code")


def _problem(row: int, field: str, value: str, reason: str) -> dict[str, object]:
    return {"row": row, "field": field, "value": value, "rule": RULE, "reason": reason}


@transaction.atomic
def publish_category_draft(
    draft_id: int, *, valid_from: date, origin: str, on: date, now: datetime, actor: str
) -> CategoryList:
    """Let an uploaded list decide from a day on, which must be to come; the first list may begin today.

    Publishing the same draft again is the first publication. Raises CategoryDraftUnknown,
    CategoryDraftClosed, CategoryDraftFaulty, ListNotInFuture, CategoryListDiffers.
    """
    draft = _lock_draft(draft_id)
    if draft.category_list is not None:
        return draft.category_list
    _check_open(draft)
    if draft.problems:
        raise CategoryDraftFaulty(f"upload {draft_id}: {len(draft.problems)} problems")
    is_first = not CategoryList.objects.filter(valid_from__lte=on).exists()
    if valid_from < on or (valid_from == on and not is_first):
        raise ListNotInFuture(f"from {valid_from}: the first day that can still change is after {on}")
    published = import_category_list(draft.rows, valid_from=valid_from, origin=origin, now=now, actor=actor)
    if CategoryDraft.objects.filter(category_list=published).exists():
        raise CategoryDraftClosed(f"the same list was published from {valid_from} already")
    draft.category_list, draft.closed_by, draft.closed_at = published, actor, now
    draft.save(update_fields=["category_list", "closed_by", "closed_at"])
    return published


@transaction.atomic
def discard_category_draft(draft_id: int, *, now: datetime, actor: str) -> CategoryDraft:
    """Put an upload aside for good. Raises CategoryDraftUnknown, CategoryDraftClosed."""
    draft = _lock_draft(draft_id)
    _check_open(draft)
    draft.closed_by, draft.closed_at = actor, now
    draft.save(update_fields=["closed_by", "closed_at"])
    return draft


def _lock_draft(draft_id: int) -> CategoryDraft:
    draft = CategoryDraft.objects.select_for_update().filter(pk=draft_id).first()
    if draft is None:
        raise CategoryDraftUnknown(f"upload {draft_id}")
    return draft


def _check_open(draft: CategoryDraft) -> None:
    if draft.closed_at is not None:
        raise CategoryDraftClosed(f"upload {draft.pk} was published or discarded")
