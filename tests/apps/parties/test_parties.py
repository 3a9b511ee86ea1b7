"""Sellers, warehouses and bindings: made once, refused by name, told to the outbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from bantuo.apps.parties.models import Binding, Seller, Warehouse
from bantuo.apps.parties.operations import (
    BindingRefused,
    NewBinding,
    SellerRefused,
    SellerUnknown,
    WarehouseRefused,
    bind_warehouses,
    register_sellers,
    set_programme_state,
)
from bantuo.apps.parties.queries import active_sellers, open_bindings, seller_ids, warehouse_ids
from tests.apps import factories as make

pytestmark = pytest.mark.django_db
WHEN: dict[str, Any] = {"now": make.NOW, "actor": make.ACTOR}


def test_sellers_are_registered_once() -> None:
    new = [make.new_seller("S2"), make.new_seller("S1", uscc="91330100799655058B"), make.new_seller("S2")]
    ids = register_sellers(new, **WHEN)
    assert register_sellers([*new, make.new_seller("S1", name="Renamed")], **WHEN) == ids
    assert sorted(ids) == ["S1", "S2"]
    kept = Seller.objects.order_by("code").values_list("code", "name", "uscc", "programme_state")
    assert list(kept) == [
        ("S1", "Shop S1", "91330100799655058B", "outside"),
        ("S2", "Shop S2", None, "outside"),
    ]
    assert [payload["code"] for _, payload in make.outbox("seller.registered")] == ["S1", "S2"]
    assert seller_ids(["S1", "S9"], marketplace=make.MARKETPLACE) == {"S1": ids["S1"]}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"code": " "}, "code"),
        ({"name": ""}, "name"),
        ({"ship_from": "x\x00"}, "ship_from"),
        ({"marketplace": ""}, "marketplace"),
        ({"uscc": "91330100799655058C"}, "check digit"),
    ],
)
def test_a_bad_seller_is_named_and_nobody_is_registered(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(SellerRefused, match=told):
        register_sellers([make.new_seller("GOOD"), replace(make.new_seller("BAD"), **changed)], **WHEN)
    assert Seller.objects.count() == 0


def test_one_code_of_two_marketplaces_is_not_one_batch() -> None:
    both = [make.new_seller("S1"), make.new_seller("S1", marketplace="other")]
    with pytest.raises(SellerRefused, match="2 marketplaces"):
        register_sellers(both, **WHEN)
    first, second = (register_sellers([seller], **WHEN)["S1"] for seller in both)
    assert first != second


def test_warehouses_open_once() -> None:
    first = make.make_warehouse()
    assert make.make_warehouse(name_en="Other") == first
    assert Warehouse.objects.get().name_en == "Yiwu"
    assert warehouse_ids(["YIWU", "NONE"]) == {"YIWU": first}
    assert len(make.outbox("warehouse.opened")) == 1


def test_a_supervision_code_that_customs_does_not_know_is_refused() -> None:
    with pytest.raises(WarehouseRefused, match="supervision_code '9999'"):
        make.make_warehouse(supervision_code="9999")
    assert Warehouse.objects.count() == 0
    made = make.make_warehouse()
    with pytest.raises(IntegrityError, match="warehouse_supervision_code_known"), transaction.atomic():
        Warehouse.objects.filter(pk=made).update(supervision_code="9999")


def test_binding_elsewhere_closes_the_open_binding() -> None:
    (seller,), here, there = make.make_sellers("S1"), make.make_warehouse(), make.make_warehouse("DG")
    bound = NewBinding(seller, here, 250_000, "road quote")
    assert bind_warehouses([bound], **WHEN) == 1
    assert bind_warehouses([bound], **WHEN) == 0
    later = make.NOW + timedelta(days=3)
    moved = NewBinding(seller, there, 100_000, "road quote 2")
    assert bind_warehouses([moved], now=later, actor=make.ACTOR) == 1
    assert open_bindings([seller]) == {seller: (there, 100_000, "road quote 2")}
    history = Binding.objects.order_by("id").values_list("warehouse_id", "bound_at", "unbound_at")
    assert list(history) == [(here, make.NOW, later), (there, later, None)]
    assert len(make.outbox("seller.warehouse_bound")) == 2


def test_a_new_road_quote_is_a_new_binding() -> None:
    (seller,), here = make.make_sellers("S1"), make.make_warehouse()
    for distance in (200_000, 200_001):
        bind_warehouses([NewBinding(seller, here, distance, "road quote")], **WHEN)
    assert open_bindings([seller]) == {seller: (here, 200_001, "road quote")}
    assert Binding.objects.count() == 2


@pytest.mark.parametrize(
    ("distance", "evidence", "told"),
    [(-1, "quote", "distance_m -1"), (6_000_001, "quote", "distance_m 6000001"), (1, " ", "evidence")],
)
def test_a_distance_is_sane_and_evidenced(distance: int, evidence: str, told: str) -> None:
    (seller,), here = make.make_sellers("S1"), make.make_warehouse()
    with pytest.raises(BindingRefused, match=told):
        bind_warehouses([NewBinding(seller, here, distance, evidence)], **WHEN)
    assert Binding.objects.count() == 0


def test_nobody_is_bound_to_a_warehouse_that_is_not_open() -> None:
    (seller,), here = make.make_sellers("S1"), make.make_warehouse(opened_on=make.DAY)
    bound = NewBinding(seller, here, 1, "quote")
    # The Shanghai day decides: 2024-07-31 15:59 UTC is still the day before it opens.
    with pytest.raises(BindingRefused, match="not open on"):
        bind_warehouses([bound], now=datetime(2024, 7, 31, 15, 59, tzinfo=UTC), actor="x")
    assert bind_warehouses([bound], now=datetime(2024, 7, 31, 16, 0, tzinfo=UTC), actor="x") == 1
    with pytest.raises(BindingRefused, match="unknown"):
        bind_warehouses([NewBinding(seller, 4711, 1, "quote")], **WHEN)


def test_a_warehouse_that_is_about_to_close_takes_nobody_new() -> None:
    (seller,), here = make.make_sellers("S1"), make.make_warehouse()
    Warehouse.objects.filter(pk=here).update(closed_on=make.DAY + timedelta(days=30))
    with pytest.raises(BindingRefused, match="closes on 2024-08-31"):
        bind_warehouses([NewBinding(seller, here, 1, "quote")], **WHEN)
    assert Binding.objects.count() == 0


def test_a_seller_who_is_not_there_is_named() -> None:
    with pytest.raises(SellerUnknown, match="4711"):
        bind_warehouses([NewBinding(4711, make.make_warehouse(), 1, "quote")], **WHEN)
    with pytest.raises(SellerUnknown, match="4711"):
        set_programme_state([4711], state="exited", reason="x", **WHEN)


def test_the_programme_state_is_told_once() -> None:
    one, two = make.make_sellers("S1", "S2")
    change: dict[str, Any] = {"state": "active", "active_from": make.DAY, "reason": "step ④", **WHEN}
    assert set_programme_state([one, two], **change) == 2
    assert set_programme_state([one, two], **change) == 0
    assert active_sellers(make.DAY) == [one, two]
    assert active_sellers(make.DAY - timedelta(days=1)) == []
    assert set_programme_state([one], state="suspended", reason="late", **WHEN) == 1
    assert active_sellers(make.DAY) == [two]
    assert Seller.objects.get(pk=one).active_from == make.DAY
    assert [payload["reason"] for _, payload in make.outbox("seller.programme_state")] == [
        "step ④",
        "step ④",
        "late",
    ]


def test_a_state_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="perhaps"):
        set_programme_state(make.make_sellers("S1"), state="perhaps", reason="x", **WHEN)


def test_an_active_seller_has_a_first_day() -> None:
    with pytest.raises(IntegrityError, match="seller_active_has_date"), transaction.atomic():
        set_programme_state(make.make_sellers("S1"), state="active", reason="x", **WHEN)


def test_the_database_holds_one_open_binding_per_seller() -> None:
    (seller,), here = make.make_active_sellers("S1"), make.make_warehouse()
    with pytest.raises(IntegrityError, match="binding_one_open"), transaction.atomic():
        Binding.objects.create(
            seller_id=seller, warehouse_id=here, distance_m=1, distance_evidence="q", bound_at=make.NOW
        )


def test_the_number_of_queries_does_not_grow(django_assert_max_num_queries: Callable[..., Any]) -> None:
    with django_assert_max_num_queries(25):
        assert len(make.make_active_sellers(*[f"S{at}" for at in range(200)])) == 200
    assert active_sellers(date(2024, 8, 2)) == sorted(active_sellers(make.DAY))
