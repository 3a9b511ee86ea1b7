"""Operators: warehouses opened, described and closed, and what is said when they cannot be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.admission.operations.rebinding import give_binding_notice
from bantuo.apps.parties.models import Warehouse
from bantuo.apps.parties.operations import NewBinding
from bantuo.interfaces.web.programme import programme_now
from tests.apps import factories as make
from tests.apps.admission import steps
from tests.interfaces.operator.review_people import client_of, text_of

pytestmark = pytest.mark.django_db
OPERATORS = [role for role in Role if role.value.startswith("operator_")]


def _browser(role: Role = Role.WAREHOUSE, language: str = "en") -> Client:
    person = User.objects.create_user(f"{role}@example.com", "a long password", roles=[role.value])
    return client_of(person, language=language)


def _described(**changed: str) -> dict[str, str]:
    told = {
        "name_zh": "宁波仓",
        "name_en": "Ningbo",
        "supervision_code": "9710",
        "parcels_per_day": "12000",
        "place_code": "330200",
        "place": "",
        "latitude": "",
        "longitude": "",
    }
    return {**told, **changed}


def _new(**changed: str) -> dict[str, str]:
    return {
        **_described(),
        "code": "WH-NINGBO",
        "kind": "regional",
        "opened_on": str(programme_now().on),
        **changed,
    }


def test_the_first_page_offers_the_three_of_the_article() -> None:
    manager = _browser()
    assert "Open the three of the article" in text_of(manager.get("/operator/warehouses/"))
    page = text_of(manager.post("/operator/warehouses/starter/", follow=True))
    assert "广东省东莞市" in page
    assert "not stated" in page
    assert "Open the three of the article" not in page
    assert sorted(Warehouse.objects.values_list("code", flat=True)) == ["WH-BONDED", "WH-DONGGUAN", "WH-YIWU"]


def test_a_warehouse_is_added_with_the_name_and_middle_of_its_division() -> None:
    page = _browser().post("/operator/warehouses/new/", _new(), follow=True)
    assert "The warehouse is open" in text_of(page)
    made = Warehouse.objects.get()
    assert (made.code, made.kind, made.place, made.parcels_per_day) == (
        "WH-NINGBO",
        "regional",
        "浙江省宁波市",
        12_000,
    )
    assert (made.latitude_e6, made.longitude_e6) != (None, None)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"code": "ningbo"}, "code"),
        ({"code": "TAKEN"}, "code"),
        ({"kind": "floating"}, "kind"),
        ({"opened_on": "soon"}, "opened_on"),
        ({"name_zh": " "}, "name_zh"),
        ({"supervision_code": "9999"}, "supervision_code"),
        ({"parcels_per_day": "0"}, "parcels_per_day"),
        ({"place_code": "000000"}, "place_code"),
        ({"latitude": "90.1", "longitude": "1"}, "latitude"),
        ({"latitude": "30"}, "longitude"),
        ({"latitude": "30.1234567", "longitude": "1"}, "latitude"),
    ],
)
def test_a_mistake_is_shown_at_its_field(changed: dict[str, str], field: str) -> None:
    make.make_warehouse("TAKEN")
    answer = _browser().post("/operator/warehouses/new/", _new(**changed))
    assert answer.status_code == 422
    assert f'id="id_{field}-error"' in answer.content.decode()
    assert Warehouse.objects.count() == 1


def test_a_change_stands_in_the_history_with_its_before_and_after() -> None:
    made = make.make_warehouse()
    manager = _browser()
    typed = _described(latitude="29.306775", longitude="120.075106", place="义乌市商城大道")
    page = text_of(manager.post(f"/operator/warehouses/{made}/", typed, follow=True))
    assert "described anew" in page
    assert "Supervision code: 9610 → 9710" in page
    kept = Warehouse.objects.get(pk=made)
    assert (kept.latitude_e6, kept.longitude_e6, kept.place) == (29_306_775, 120_075_106, "义乌市商城大道")
    again = manager.post(f"/operator/warehouses/{made}/", typed, follow=True)
    assert "Nothing was changed" in text_of(again)


def test_it_closes_only_once_everybody_leaves() -> None:
    (seller,) = steps.joined("S1")
    here, there = make.make_warehouse(), make.make_warehouse("DG")
    manager, programme = _browser(), programme_now()
    day = programme.on + timedelta(days=30)
    page = text_of(manager.get(f"/operator/warehouses/{here}/"))
    assert "Shop S1" in page
    stays = manager.post(f"/operator/warehouses/{here}/close/", {"closed_on": str(day)}, follow=True)
    assert "1 sellers are bound to YIWU" in text_of(stays)
    moving = NewBinding(seller, there, 1, "quote")
    give_binding_notice(moving, book=programme.book, on=programme.on, now=programme.now, actor="user:1")
    early = manager.post(
        f"/operator/warehouses/{here}/close/",
        {"closed_on": str(programme.on - timedelta(days=1))},
        follow=True,
    )
    assert "cannot be" in text_of(early)
    manager.post(f"/operator/warehouses/{here}/close/", {"closed_on": str(day)})
    assert Warehouse.objects.get(pk=here).closed_on == day
    assert "closing" in text_of(manager.get(f"/operator/warehouses/{here}/"))
    assert "YIWU" not in text_of(manager.get("/operator/warehouses/?state=open"))
    assert manager.post(f"/operator/warehouses/{here}/close/", {"closed_on": "x"}).status_code == 422


@pytest.mark.parametrize("role", OPERATORS)
@pytest.mark.parametrize("path", ["starter/", "new/", "{}/", "{}/close/"])
def test_only_warehouse_managers_change_warehouses(role: Role, path: str) -> None:
    made = make.make_warehouse()
    browser = _browser(role, language="zh-hans")
    for look in ("", f"{made}/"):
        assert browser.get(f"/operator/warehouses/{look}").status_code == 200
    answer = browser.post(f"/operator/warehouses/{path.format(made)}")
    assert (answer.status_code != 403) is (role == Role.WAREHOUSE)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_however_many(
    count: int, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(count):
        make.make_warehouse(f"W{number}")
    manager = _browser()
    manager.get("/operator/warehouses/")
    with django_assert_max_num_queries(12):
        manager.get("/operator/warehouses/")


def test_the_list_is_found_by_words_and_kind() -> None:
    make.make_warehouse("A1", name_en="Here")
    make.make_warehouse("B2", kind="bonded", supervision_code="1210")
    manager = _browser()
    assert "B2" not in text_of(manager.get("/operator/warehouses/?q=here"))
    assert "A1" not in text_of(manager.get("/operator/warehouses/?kind=bonded"))
    assert manager.get("/operator/warehouses/?export=xlsx").content[:2] == b"PK"
