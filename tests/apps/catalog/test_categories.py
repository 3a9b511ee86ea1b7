"""The admission list: in force from a day, imported once, never silently replaced."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest

from bantuo.apps.catalog.models import AdmittedCategory, CategoryDraft, CategoryList
from bantuo.apps.catalog.operations import (
    CategoryDraftClosed,
    CategoryDraftFaulty,
    CategoryDraftUnknown,
    CategoryListDiffers,
    ListNotInFuture,
    discard_category_draft,
    draft_category_list,
    import_category_list,
    list_skus,
    publish_category_draft,
)
from bantuo.apps.catalog.operations.categories import CategoryRowUnreadable
from bantuo.apps.catalog.queries import Category, admitted_categories, category_changes
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
    assert [admitted_categories(on) for on in days] == [None, {"a", "b"}, {"a", "b"}, {"b", "c"}]


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
    assert admitted_categories(FIRST) == {row["code"] for row in rows}
    assert make.CATEGORY in {row["code"] for row in rows}


def test_without_a_list_nothing_is_listed() -> None:
    (seller,) = make.make_active_sellers("S1")
    result = list_skus([make.new_sku(seller)], book=make.the_book(), on=make.DAY, now=make.NOW, actor="x")
    assert [(r.field, r.rule) for r in result.refused] == [("category", "ELG-6")]


def _draft(*codes: str) -> CategoryDraft:
    return draft_category_list(_rows(*codes), file_name="list.csv", now=make.NOW, actor=make.ACTOR)


def _publish(draft_id: int, *, valid_from: date = SECOND, on: date = make.DAY) -> CategoryList:
    return publish_category_draft(
        draft_id, valid_from=valid_from, origin="notice 9", on=on, now=make.NOW, actor=make.ACTOR
    )


def test_an_upload_decides_nothing_before_it_is_published() -> None:
    _import(_rows("a"))
    draft = _draft("b")
    assert admitted_categories(SECOND) == {"a"}
    published = _publish(draft.pk)
    assert (admitted_categories(make.DAY), admitted_categories(SECOND)) == ({"a"}, {"b"})
    assert (published.origin, published.imported_by) == ("notice 9", make.ACTOR)
    assert _publish(draft.pk) == published
    assert len(make.outbox("catalog.category_list")) == 2


@pytest.mark.parametrize("day", [make.DAY, make.DAY - timedelta(days=1)])
def test_a_list_never_changes_a_day_that_has_begun(day: date) -> None:
    _import(_rows("a"))
    with pytest.raises(ListNotInFuture):
        _publish(_draft("b").pk, valid_from=day)


def test_only_the_first_list_may_begin_today() -> None:
    assert _publish(_draft("a").pk, valid_from=make.DAY).valid_from == make.DAY
    with pytest.raises(ListNotInFuture):
        _publish(_draft("b").pk, valid_from=make.DAY)


def test_an_upload_with_problems_is_not_published() -> None:
    draft = _draft("a", "a")
    assert draft.problems == [{"row": 2, "field": "code", "value": "a", "rule": "ELG-6", "reason": "twice"}]
    with pytest.raises(CategoryDraftFaulty):
        _publish(draft.pk)


def test_a_discarded_upload_is_closed() -> None:
    draft = _draft("a")
    discard_category_draft(draft.pk, now=make.NOW, actor=make.ACTOR)
    with pytest.raises(CategoryDraftClosed):
        _publish(draft.pk)
    with pytest.raises(CategoryDraftClosed):
        discard_category_draft(draft.pk, now=make.NOW, actor=make.ACTOR)
    with pytest.raises(CategoryDraftUnknown):
        _publish(4711)


def test_the_same_list_uploaded_twice_is_published_once() -> None:
    first, second = _draft("a"), _draft("a")
    _publish(first.pk)
    with pytest.raises(CategoryDraftClosed):
        _publish(second.pk)
    assert CategoryList.objects.count() == 1


def test_what_a_list_changes_is_told_by_code() -> None:
    a, b, c = (Category(code, "g", code, code) for code in "abc")
    renamed = Category("b", "g", "乙", "b")
    changes = category_changes([a, b], [renamed, c])
    assert (changes.added, changes.removed, changes.renamed, changes.kept) == ((c,), (a,), ((b, renamed),), 0)
