"""Papers of refused sellers are dated, and kept again when they apply again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bantuo.apps.admission.operations.drafts import start_draft
from bantuo.apps.admission.operations.retention import limit_kept_papers
from bantuo.apps.documents.models import Document
from tests.apps import factories as make
from tests.apps.admission import applicants

pytestmark = pytest.mark.django_db


def _days(rule: str) -> int:
    return int(make.the_book().amount(rule, make.DAY))


def _kept(seller: int) -> dict[str, date | None]:
    return dict(Document.objects.filter(seller_id=seller).values_list("kind", "retain_until"))


def test_a_refusal_dates_the_papers_the_sensitive_ones_earlier() -> None:
    (seller,) = make.make_sellers("S1")
    applicants.refused(seller)
    assert set(_kept(seller).values()) == {None}
    assert limit_kept_papers(book=make.the_book(), on=make.DAY) == 1
    kept = _kept(seller)
    assert kept["DOC-1"] == make.DAY + timedelta(days=_days("DOC-0.retention_other"))
    assert kept["DOC-2"] == make.DAY + timedelta(days=_days("DOC-0.retention_sensitive"))
    assert limit_kept_papers(book=make.the_book(), on=make.DAY) == 0


def test_who_applies_again_keeps_them_as_long_as_they_are_in_use() -> None:
    (seller,) = make.make_sellers("S1")
    applicants.refused(seller)
    limit_kept_papers(book=make.the_book(), on=make.DAY)
    start_draft(seller, **applicants.WHEN)
    assert limit_kept_papers(book=make.the_book(), on=make.DAY) == 1
    assert set(_kept(seller).values()) == {None}
    assert limit_kept_papers(book=make.the_book(), on=make.DAY) == 0


def test_whoever_is_on_the_way_in_is_left_alone() -> None:
    (seller,) = make.make_sellers("S1")
    applicants.ready_draft(seller)
    assert limit_kept_papers(book=make.the_book(), on=make.DAY) == 0
    assert set(_kept(seller).values()) == {None}
