"""Lists: how many rows there are is counted anew each time, and of a very long list once a minute."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.cache import caches

from bantuo.apps.parties.models import Warehouse
from bantuo.interfaces.web import tables
from bantuo.interfaces.web.tables import ListTable

pytestmark = pytest.mark.django_db


class _Warehouses(ListTable):
    class Meta(ListTable.Meta):
        model = Warehouse
        fields = ("code",)


def _make(code: str) -> None:
    told = {"kind": "consolidation", "name_zh": code, "name_en": code, "supervision_code": "9610"}
    Warehouse.objects.create(code=code, opened_on=date(2024, 1, 1), **told)


def _count(**asked: object) -> int:
    shown = _Warehouses(Warehouse.objects.filter(**asked), order_by="code")
    shown.paginate(paginator_class=tables._Pages, per_page=1)
    count = int(shown.paginator.count)
    assert len(list(shown.paginated_rows)) == min(count, 1)  # the page itself is always read anew
    return count


def test_a_long_list_is_counted_once_a_minute_by_what_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    caches["process"].clear()
    _make("WH1")
    assert _count() == 1
    _make("WH2")
    assert _count() == 2
    monkeypatch.setattr(tables, "_MANY_ROWS", 2)
    assert _count() == 2
    _make("WH3")
    assert (_count(), _count(code="WH3")) == (2, 1)
    caches["process"].clear()
    assert _count() == 3
    caches["process"].clear()


def test_a_list_that_nothing_can_match_is_empty() -> None:
    _make("WH1")
    assert _count(pk__in=[]) == 0
    assert _count(code="WH9") == 0
