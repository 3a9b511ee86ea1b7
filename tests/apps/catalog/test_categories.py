"""The admission list: in force from a day, imported once, never silently replaced."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest

from bantuo.apps.catalog.models import AdmittedCategory, CategoryList
from bantuo.apps.catalog.operations import CategoryListDiffers, import_category_list, list_skus
from bantuo.apps.catalog.operations.categories import CategoryRowUnreadable
from bantuo.apps.catalog.queries import admitted_categories
from bantuo.engine.books import starter_categories
from tests.apps import factories as make

pytestmark = pytest.mark.django_db

FIRST, SECOND = date(2024, 6, 1), date(2024, 9, 1)


def _rows(*codes: str) -> list[dict[str, str]]:
    return [{"code": code, "group": "home_garden", "name_zh": code, "name_en": code} for code in codes]


def _import(rows: list[dict[str, str]], *, valid_from: date = FIRST) -> CategoryList:
    return import_category_list(rows, valid_from=valid_from, origin="test", now=make.NOW, actor=make.ACTOR)


def test_the_list_of_the_day_decides() -> None:
    _import(_rows("a", "b"))
    _import(_rows("b", "c"), valid_from=SECOND)
    days = (FIRST - timedelta(days=1), FIRST, SECOND - timedelta(days=1), SECOND)
    assert [admitted_categories(on) for on in days] == [set(), {"a", "b"}, {"a", "b"}, {"b", "c"}]


def test_the_same_list_again_changes_nothing() -> None:
    first = _import(_rows("a", "b"))
    assert _import(_rows("b", "a")).pk == first.pk
    assert AdmittedCategory.objects.count() == 2
    assert len(make.outbox("catalog.category_list")) == 1


def test_another_list_of_the_same_day_is_refused() -> None:
    _import(_rows("a", "b"))
    with pytest.raises(CategoryListDiffers, match="2 categories in force, 1 given"):
        _import(_rows("a"))
    assert admitted_categories(FIRST) == {"a", "b"}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (_rows("a", "a"), "row 2: code 'a' stands twice"),
        (_rows("a", ""), "row 2: code is missing"),
        ([{"code": "a"}], "row 1: group is missing"),
    ],
)
def test_an_unreadable_row_is_named(rows: list[dict[str, str]], told: str) -> None:
    with pytest.raises(CategoryRowUnreadable, match=told):
        _import(rows)
    assert CategoryList.objects.count() == 0


def test_the_starter_list_can_be_imported() -> None:
    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(starter_categories())))
    _import(rows)
    assert make.CATEGORY in admitted_categories(FIRST)
    assert len(admitted_categories(FIRST)) == len(rows)


def test_without_a_list_nothing_is_listed() -> None:
    (seller,) = make.make_active_sellers("S1")
    result = list_skus([make.new_sku(seller)], book=make.the_book(), on=make.DAY, now=make.NOW, actor="x")
    assert [(r.field, r.rule) for r in result.refused] == [("category", "ELG-6")]
