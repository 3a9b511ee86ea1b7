"""Warehouses: the article's three, described anew, closed only when nobody stays; places to ship from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bantuo.apps.parties.models import Seller, Warehouse
from bantuo.apps.parties.operations import (
    DivisionUnknown,
    SellerUnknown,
    WarehouseChanges,
    WarehouseInUse,
    WarehouseRefused,
    WarehouseUnknown,
    close_warehouse,
    edit_warehouse,
    open_starter_warehouses,
    set_ship_from,
)
from bantuo.apps.parties.queries import (
    binding_history,
    current_binding,
    sellers_bound_to,
    sellers_per_warehouse,
    warehouse_history,
)
from tests.apps import factories as make

pytestmark = pytest.mark.django_db
WHEN: dict[str, Any] = {"now": make.NOW, "actor": make.ACTOR}
YIWU = WarehouseChanges(
    name_zh="义乌集货仓",
    name_en="Yiwu",
    supervision_code="9610",
    place="浙江省金华市义乌市",
    place_code="330782",
    latitude_e6=29_306_775,
    longitude_e6=120_075_106,
    parcels_per_day=50_000,
)


def _start() -> dict[str, int]:
    return open_starter_warehouses(book=make.the_book(), on=make.DAY, **WHEN)


def test_the_articles_three_warehouses_open_with_the_places_their_names_give_away() -> None:
    ids = _start()
    assert _start() == ids
    told = Warehouse.objects.order_by("code").values_list(
        "code", "kind", "supervision_code", "place", "place_code", "latitude_e6", "longitude_e6"
    )
    assert list(told) == [
        ("WH-BONDED", "bonded", "1210", "", None, None, None),
        ("WH-DONGGUAN", "regional", "9610", "广东省东莞市", "441900", 23_020_673, 113_751_799),
        ("WH-YIWU", "consolidation", "9610", "浙江省金华市义乌市", "330782", 29_306_775, 120_075_106),
    ]


def test_a_warehouse_that_was_opened_without_a_place_gets_it_but_nothing_else_changes() -> None:
    made = make.make_warehouse("WH-YIWU", name_en="Our Yiwu", parcels_per_day=7)
    _start()
    yiwu = Warehouse.objects.get(pk=made)
    assert (yiwu.name_en, yiwu.parcels_per_day, yiwu.place_code) == ("Our Yiwu", 7, "330782")
    edit_warehouse(made, changes=replace(YIWU, place="somewhere else", place_code=None), **WHEN)
    _start()
    assert Warehouse.objects.get(pk=made).place == "somewhere else"


def test_a_change_is_told_with_what_it_was() -> None:
    made = make.make_warehouse()
    assert edit_warehouse(made, changes=YIWU, **WHEN) is True
    assert edit_warehouse(made, changes=YIWU, **WHEN) is False
    assert edit_warehouse(made, changes=replace(YIWU, supervision_code="9710"), **WHEN) is True
    latest, first, opened = warehouse_history(made)
    assert latest.payload == {
        "code": "YIWU",
        "changed": {"supervision_code": ["9610", "9710"]},
        "by": make.ACTOR,
    }
    assert first.payload["changed"]["parcels_per_day"] == [None, 50_000]
    assert opened.topic == "warehouse.opened"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name_zh": " "}, "name_zh"),
        ({"name_en": "x\x00"}, "name_en"),
        ({"place": "x\x00"}, "place"),
        ({"supervision_code": "9999"}, "supervision_code"),
        ({"place_code": "000000"}, "place_code"),
        ({"parcels_per_day": 0}, "parcels_per_day"),
        ({"latitude_e6": None}, "latitude_e6"),
        ({"latitude_e6": 90_000_001}, "latitude_e6"),
    ],
)
def test_a_bad_description_is_named_and_changes_nothing(changed: dict[str, Any], field: str) -> None:
    made = make.make_warehouse()
    with pytest.raises(WarehouseRefused) as caught:
        edit_warehouse(made, changes=replace(YIWU, **changed), **WHEN)
    assert caught.value.field == field
    assert Warehouse.objects.get(pk=made).place == ""


def test_a_warehouse_that_is_not_there_is_named() -> None:
    with pytest.raises(WarehouseUnknown, match="4711"):
        edit_warehouse(4711, changes=YIWU, **WHEN)


def _close(warehouse: int, closed_on: date, *leaving: int) -> bool:
    return close_warehouse(warehouse, closed_on=closed_on, on=make.DAY, leaving=leaving, **WHEN)


def test_a_warehouse_closes_when_everybody_bound_to_it_leaves() -> None:
    one, two = make.make_active_sellers("S1", "S2")
    yiwu, later = make.make_warehouse(), make.DAY + timedelta(days=30)
    with pytest.raises(WarehouseInUse, match="2 sellers") as caught:
        _close(yiwu, later)
    assert caught.value.seller_ids == (one, two)
    with pytest.raises(WarehouseInUse, match="1 sellers"):
        _close(yiwu, later, one)
    assert (_close(yiwu, later, one, two), _close(yiwu, later)) == (True, False)
    assert Warehouse.objects.get(pk=yiwu).closed_on == later
    assert warehouse_history(yiwu)[0].payload == {
        "code": "YIWU",
        "closed_on": "2024-08-31",
        "by": make.ACTOR,
    }


def test_it_does_not_close_in_the_past_nor_twice() -> None:
    yiwu = make.make_warehouse()
    with pytest.raises(WarehouseRefused, match="not before 2024-08-01"):
        _close(yiwu, make.DAY - timedelta(days=1))
    assert _close(yiwu, make.DAY) is True
    with pytest.raises(WarehouseRefused, match="closed since 2024-08-01"):
        _close(yiwu, make.DAY + timedelta(days=1))


def test_a_closing_that_is_still_to_come_can_be_moved() -> None:
    yiwu = make.make_warehouse()
    assert _close(yiwu, make.DAY + timedelta(days=9)) is True
    assert _close(yiwu, make.DAY + timedelta(days=3)) is True


def test_who_is_bound_is_counted() -> None:
    one, two = make.make_active_sellers("S1", "S2")
    yiwu = make.make_warehouse()
    make.make_warehouse("EMPTY")
    assert sellers_bound_to(yiwu) == [one, two]
    assert sellers_per_warehouse() == {yiwu: 2}
    bound = current_binding(one)
    assert bound is not None
    assert (bound.warehouse.code, [b.pk for b in binding_history(one)]) == ("YIWU", [bound.pk])
    assert current_binding(4711) is None


def test_where_a_seller_ships_from_is_kept_by_code_beside_its_words() -> None:
    (seller,) = make.make_sellers("S1")
    assert set_ship_from(seller, code="330100", **WHEN) is True
    assert set_ship_from(seller, code="330100", **WHEN) is False
    kept = Seller.objects.get(pk=seller)
    assert (kept.ship_from, kept.ship_from_code) == ("Hangzhou", "330100")
    assert make.outbox("seller.ship_from") == [
        (f"seller:{seller}", {"from": None, "to": "330100", "by": make.ACTOR})
    ]
    with pytest.raises(DivisionUnknown):
        set_ship_from(seller, code="330000", **WHEN)
    with pytest.raises(SellerUnknown):
        set_ship_from(4711, code="330100", **WHEN)
