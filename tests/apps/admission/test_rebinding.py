"""Changes of warehouse: announced days ahead, taken back or in force on their day; warehouses that close."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bantuo.apps.admission import operations as admission
from bantuo.apps.admission.joining_queries import active_checklist, open_notice, warehouse_choices
from bantuo.apps.admission.models import BindingNotice
from bantuo.apps.admission.operations.rebinding import (
    BindingUnchanged,
    NoticeNeeded,
    NoticeOpen,
    apply_binding_notices,
    close_warehouse_from,
    give_binding_notice,
    withdraw_binding_notice,
)
from bantuo.apps.parties.models import Seller, Warehouse
from bantuo.apps.parties.operations import (
    BindingRefused,
    NewBinding,
    WarehouseInUse,
    open_starter_warehouses,
    set_ship_from,
)
from bantuo.apps.parties.queries import open_bindings
from bantuo.apps.stock.models import Balance
from bantuo.apps.stock.operations import open_balances
from tests.apps import factories as make
from tests.apps.admission import steps

pytestmark = pytest.mark.django_db
FROM = make.DAY + timedelta(days=7)


@pytest.fixture
def seller() -> int:
    (seller,) = steps.joined("S1")
    return seller


@pytest.fixture
def there() -> int:
    return make.make_warehouse("DG")


def _notice(seller: int, warehouse: int, metres: int = 90_000, **changed: Any) -> BindingNotice:
    told: dict[str, Any] = {"book": make.the_book(), "on": make.DAY, **steps.WHEN, **changed}
    return give_binding_notice(NewBinding(seller, warehouse, metres, "road quote 2"), **told)


def _apply(on: date) -> int:
    return apply_binding_notices(on, now=make.NOW + (on - make.DAY), actor="job:bindings")


def test_a_change_takes_effect_on_its_day_and_not_before(seller: int, there: int) -> None:
    here = make.make_warehouse()
    notice = _notice(seller, there)
    assert notice.effective_on == FROM
    assert _apply(FROM - timedelta(days=1)) == 0
    assert open_bindings([seller])[seller] == (here, 250_000, "road quote")
    assert (_apply(FROM), _apply(FROM)) == (1, 0)
    assert open_bindings([seller])[seller] == (there, 90_000, "road quote 2")
    assert open_notice(seller) is None
    assert [step for step in steps.timeline(seller) if step[0].startswith("binding")] == [
        ("binding:noticed", "BND-1: warehouse DG, 90000 m, from 2024-08-08"),
        ("binding:applied", "BND-1: warehouse DG, 90000 m, from 2024-08-08"),
    ]


def test_a_day_that_was_missed_is_made_up_for(seller: int, there: int) -> None:
    _notice(seller, there)
    assert _apply(FROM + timedelta(days=5)) == 1


def test_the_same_notice_again_is_the_same_and_another_one_waits(seller: int, there: int) -> None:
    assert _notice(seller, there).pk == _notice(seller, there).pk
    with pytest.raises(NoticeOpen, match="2024-08-08"):
        _notice(seller, there, 91_000)
    assert withdraw_binding_notice(seller, **steps.WHEN) is True
    assert withdraw_binding_notice(seller, **steps.WHEN) is False
    assert _notice(seller, there, 91_000).distance_m == 91_000
    assert BindingNotice.objects.count() == 2


def test_a_new_road_quote_to_the_same_warehouse_is_a_change_too(seller: int) -> None:
    here = make.make_warehouse()
    with pytest.raises(BindingUnchanged):
        give_binding_notice(
            NewBinding(seller, here, 250_000, "road quote"), book=make.the_book(), on=make.DAY, **steps.WHEN
        )
    _notice(seller, here, 199_900)
    _apply(FROM)
    assert open_bindings([seller])[seller] == (here, 199_900, "road quote 2")


def test_a_distance_of_a_notice_is_evidenced_and_its_warehouse_open(seller: int, there: int) -> None:
    with pytest.raises(BindingRefused, match="evidence"):
        give_binding_notice(
            NewBinding(seller, there, 1, " "), book=make.the_book(), on=make.DAY, **steps.WHEN
        )
    with pytest.raises(BindingRefused, match="6000001"):
        _notice(seller, there, 6_000_001)
    Warehouse.objects.filter(pk=there).update(opened_on=FROM + timedelta(days=1))
    with pytest.raises(BindingRefused, match="not open on 2024-08-08"):
        _notice(seller, there)
    Warehouse.objects.filter(pk=there).update(opened_on=FROM)
    assert _notice(seller, there).effective_on == FROM


def test_only_who_is_served_changes_the_warehouse(there: int) -> None:
    (newcomer,) = make.make_sellers("S2")
    steps.submit(newcomer)
    with pytest.raises(admission.IllegalTransition, match="submitted → change of warehouse"):
        _notice(newcomer, there)


def test_who_left_meanwhile_is_not_bound_again(seller: int, there: int) -> None:
    _notice(seller, there)
    steps.leave(seller)
    assert _apply(FROM) == 0
    assert BindingNotice.objects.get().withdrawn_at is not None
    assert open_bindings([seller])[seller][0] == make.make_warehouse()


def test_one_seller_who_cannot_be_bound_does_not_hold_up_the_next(there: int) -> None:
    one, two = steps.joined("S1", "S2")
    _notice(one, make.make_warehouse("OLD"))
    _notice(two, there)
    Warehouse.objects.filter(code="OLD").update(closed_on=make.DAY)
    assert _apply(FROM) == 1
    assert open_bindings([one, two])[two][0] == there


def _close(warehouse: int, closed_on: date) -> bool:
    return close_warehouse_from(warehouse, closed_on=closed_on, on=make.DAY, **steps.WHEN)


def test_a_warehouse_closes_once_everybody_has_announced_to_leave_in_time(seller: int, there: int) -> None:
    here = make.make_warehouse()
    with pytest.raises(WarehouseInUse):
        _close(here, FROM)
    _notice(seller, there)
    with pytest.raises(WarehouseInUse):
        _close(here, FROM - timedelta(days=1))
    assert _close(here, FROM) is True
    with pytest.raises(NoticeNeeded, match="closes on 2024-08-08"):
        withdraw_binding_notice(seller, **steps.WHEN)
    assert _apply(FROM) == 1


def test_a_warehouse_somebody_is_coming_to_does_not_close(seller: int, there: int) -> None:
    _notice(seller, there)
    with pytest.raises(WarehouseInUse) as caught:
        _close(there, FROM + timedelta(days=90))
    assert caught.value.seller_ids == (seller,)


def test_the_first_binding_is_refused_by_a_warehouse_about_to_close(there: int) -> None:
    (newcomer,) = make.make_sellers("S2")
    steps.submit(newcomer)
    for step in (steps.assess, steps.approve, steps.sign, steps.hold):
        step(newcomer)
    _close(there, FROM)
    with pytest.raises(BindingRefused, match="closes on"):
        admission.bind_and_activate([(newcomer, there, 1, "quote")], on=make.DAY, **steps.WHEN)
    assert steps.state_of(newcomer) == "deposit_held"


def _choices(seller: int, code: str) -> list[tuple[str, int | None, str | None]]:
    set_ship_from(seller, code=code, **steps.WHEN)
    found = warehouse_choices(Seller.objects.get(pk=seller), book=make.the_book(), on=make.DAY)
    return [(c.warehouse.code, c.estimate_m and round(c.estimate_m, -2), c.against_line) for c in found]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("330782", [("WH-YIWU", 0, "within"), ("WH-DONGGUAN", 941_300, "beyond")]),
        ("441900", [("WH-DONGGUAN", 0, "within"), ("WH-YIWU", 941_300, "beyond")]),
    ],
)
def test_warehouses_are_weighed_by_estimated_distance(code: str, told: list[tuple[str, int, str]]) -> None:
    open_starter_warehouses(book=make.the_book(), on=make.DAY, **steps.WHEN)
    (newcomer,) = make.make_sellers("S2")
    found = _choices(newcomer, code)
    assert found[:2] == told
    assert found[2] == ("WH-BONDED", None, None)


def test_near_the_line_the_page_does_not_pretend_to_know() -> None:
    open_starter_warehouses(book=make.the_book(), on=make.DAY, **steps.WHEN)
    (newcomer,) = make.make_sellers("S2")
    near = [c for c in _choices(newcomer, "320500") if c[0] == "WH-YIWU"]
    assert near[0][1] is not None
    assert 200_000 < near[0][1] < 240_000
    assert _against_line(newcomer, near[0][1]) == "close"


def _against_line(seller: int, line_m: int) -> str | None:
    """How Suzhou lies against a line drawn where it is."""
    book = make.the_book()
    rule = book.rules["FEE-5.distance"]
    values = tuple(replace(value, value=line_m) for value in rule.values)
    moved = replace(book, rules={**book.rules, "FEE-5.distance": replace(rule, values=values)})
    found = warehouse_choices(Seller.objects.get(pk=seller), book=moved, on=make.DAY)
    return next(c.against_line for c in found if c.warehouse.code == "WH-YIWU")


def test_a_seller_whose_place_is_not_known_gets_no_estimate() -> None:
    open_starter_warehouses(book=make.the_book(), on=make.DAY, **steps.WHEN)
    (newcomer,) = make.make_sellers("S2")
    found = warehouse_choices(Seller.objects.get(pk=newcomer), book=make.the_book(), on=make.DAY)
    assert [(c.warehouse.code, c.estimate_m) for c in found] == [
        ("WH-BONDED", None),
        ("WH-DONGGUAN", None),
        ("WH-YIWU", None),
    ]


def test_a_warehouse_that_is_closing_or_not_open_yet_is_no_choice(seller: int, there: int) -> None:
    _close(there, FROM)
    make.make_warehouse("NEW", opened_on=FROM)
    found = warehouse_choices(Seller.objects.get(pk=seller), book=make.the_book(), on=make.DAY)
    assert [c.warehouse.code for c in found] == ["YIWU"]


def _checklist(seller: int, on: date = make.DAY) -> list[tuple[str, bool, int, int]]:
    items = active_checklist(seller, book=make.the_book(), on=on)
    return [(item.step, item.is_done, item.count, item.total) for item in items]


def _state(seller: int, *codes: str) -> None:
    """Stock of these SKUs counts as stated today."""
    open_balances([seller], now=make.NOW)
    stated = Balance.objects.filter(seller_id=seller, sku__code__in=codes)
    assert stated.update(stated_on=make.DAY, stated_first_at=make.NOW) == len(codes)


def test_an_active_seller_is_told_what_comes_next(seller: int) -> None:
    assert _checklist(seller) == [("STEP-5", False, 0, 0), ("STEP-6", False, 0, 0), ("STEP-7", False, 32, 32)]
    make.make_skus(seller, "A-1", "A-2")
    make.make_skus(seller, "B-1", semi_managed=False, exclusive_fen=None)
    _state(seller, "A-1")
    assert _checklist(seller) == [("STEP-5", True, 2, 3), ("STEP-6", False, 1, 2), ("STEP-7", False, 32, 32)]
    _state(seller, "A-1", "A-2")
    assert _checklist(seller)[1] == ("STEP-6", True, 2, 2)
    assert _checklist(seller, make.DAY + timedelta(days=1))[1] == ("STEP-6", False, 0, 2)
    assert _checklist(seller, date(2024, 9, 2))[2] == ("STEP-7", True, 0, 32)


def test_who_is_not_active_has_no_checklist(seller: int) -> None:
    admission.suspend_sellers([seller], reason="late", **steps.WHEN)
    assert _checklist(seller) == []


def test_choices_cost_the_same_however_many(
    seller: int, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(20):
        make.make_warehouse(f"W{number}")
    found = Seller.objects.get(pk=seller)
    with django_assert_max_num_queries(1):
        assert len(warehouse_choices(found, book=make.the_book(), on=make.DAY)) == 21
