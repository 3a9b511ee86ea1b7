"""What may be listed: the admission lists, and what of them is in force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, QuerySet

from bantuo.apps.catalog.models import AdmittedCategory, CategoryList
from bantuo.apps.sql import fetch_rows


def admitted_categories(on: date) -> frozenset[str] | None:
    """The categories of the list in force on a day (ELG-6).

    None before the first list: applicants are then told by the starter list, and nothing is listed.
    """
    in_force = category_list_in_force(on)
    if in_force is None:
        return None
    entries = AdmittedCategory.objects.filter(category_list=in_force)
    return frozenset(entries.values_list("code", flat=True))


def category_list_in_force(on: date) -> CategoryList | None:
    """The admission list of a day, None before the first."""
    return CategoryList.objects.filter(valid_from__lte=on).order_by("-valid_from").first()


@dataclass(frozen=True, slots=True)
class Category:
    """An entry of an admission list, or of an upload."""

    code: str
    group: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class CategoryChanges:
    """What one list has that another has not. `renamed`: before and after, the code stays."""

    added: tuple[Category, ...]
    removed: tuple[Category, ...]
    renamed: tuple[tuple[Category, Category], ...]
    kept: int


def category_changes(before: Iterable[Category], after: Iterable[Category]) -> CategoryChanges:
    """What a list would change in another, by code."""
    old, new = ({entry.code: entry for entry in entries} for entries in (before, after))
    shared = [code for code in old if code in new]
    return CategoryChanges(
        added=tuple(entry for code, entry in new.items() if code not in old),
        removed=tuple(entry for code, entry in old.items() if code not in new),
        renamed=tuple((old[code], new[code]) for code in shared if old[code] != new[code]),
        kept=sum(old[code] == new[code] for code in shared),
    )


def categories_of(category_list: CategoryList | None) -> list[Category]:
    """The entries of a list in the order of their codes; none for no list."""
    if category_list is None:
        return []
    entries = category_list.entries.order_by("code")
    return [Category(*row) for row in entries.values_list("code", "group", "name_zh", "name_en")]


def category_lists() -> QuerySet[CategoryList]:
    """Every list ever published with the number of its categories, the latest day first."""
    return CategoryList.objects.annotate(categories=Count("entries")).order_by("-valid_from")


def skus_in_categories(codes: Iterable[str]) -> dict[int, int]:
    """By seller, how many semi-managed SKUs on sale stand in these categories."""
    rows = fetch_rows(
        """
        SELECT s.seller_id, count(*) FROM catalog_sku s
        JOIN catalog_product p ON p.seller_id = s.seller_id AND p.id = s.product_id
        WHERE p.category = ANY(%s) AND s.semi_managed AND s.delisted_at IS NULL
        GROUP BY s.seller_id ORDER BY s.seller_id
        """,
        [list(codes)],
    )
    return dict(rows)
