"""Import the list of admitted categories (半托管类目准入清单)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction

from bantuo.apps.catalog.models import AdmittedCategory, CategoryList
from bantuo.apps.events.operations import emit_events

COLUMNS = ("code", "group", "name_zh", "name_en")


class CategoryListDiffers(ValueError):
    """A list with other entries is in force from that day already: give the new one a later day."""


class CategoryRowUnreadable(ValueError):
    """A row of the list lacks a column, or names a category twice."""


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
        valid_from=valid_from, defaults={"origin": origin, "imported_at": now}
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
