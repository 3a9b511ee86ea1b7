"""Listing SKUs: what is taken, what is refused and why, what a second call does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import Error as DatabaseError

from bantuo.apps.catalog.models import ListingRefusal, PriceAlert, PriceChange, Product, Sku
from bantuo.apps.catalog.operations import NewSku, list_skus
from bantuo.apps.catalog.operations.listing import ListingResult
from bantuo.apps.catalog.queries import listed_skus, listing_refusals, open_price_alerts, price_history
from bantuo.apps.events.models import OutboxEvent
from bantuo.apps.parties.operations import SellerUnknown
from bantuo.core.policy import PolicyNotInForce
from tests.apps import factories as make

pytestmark = pytest.mark.django_db

CHART = {
    "unit": "mm",
    "columns": ["chest", "length"],
    "rows": [{"size": "M", "values": [960, 700]}, {"size": "L", "values": [1000, 720]}],
}


def _list(*rows: NewSku, now: Any = make.NOW) -> ListingResult:
    return list_skus(rows, book=make.the_book(), on=make.DAY, now=now, actor=make.ACTOR)


@pytest.fixture
def seller() -> int:
    make.make_categories()
    (seller,) = make.make_active_sellers("S1")
    return seller


def test_a_sku_is_listed_with_its_first_prices(seller: int) -> None:
    result = _list(make.new_sku(seller))
    assert (result.listed, result.changed, result.refused, result.alerts) == (1, 1, [], 0)
    sku = Sku.objects.select_related("product").get()
    assert (sku.code, sku.product.code, sku.ordinary_fen, sku.exclusive_fen) == ("A-1", "P-A-1", 13000, 12000)
    assert (sku.weight_g, sku.length_mm, sku.width_mm, sku.height_mm) == (1200, 300, 250, 200)
    assert (sku.label, sku.photo_qc, sku.markets, sku.listed_at) == (True, False, ["US"], make.NOW)
    kept = [(c["kind"], c["old_fen"], c["new_fen"]) for c in price_history(sku.pk)]
    assert kept == [("ordinary", None, 13000), ("exclusive", None, 12000)]
    assert make.outbox("catalog.sku_listed") == [(f"sku:{sku.pk}", {"code": "A-1", "by": make.ACTOR})]
    assert listed_skus([seller]) == {(seller, "A-1"): sku.pk}


def test_the_same_rows_again_change_nothing(seller: int) -> None:
    rows = [
        make.new_sku(seller),
        make.new_sku(seller, "A-2", row=2, weight_g=0),
        make.new_sku(seller, "A-3", row=3, exclusive_fen=12999),
    ]
    first = _list(*rows)
    before = [list(model.objects.order_by("id").values()) for model in _TABLES]
    again = _list(*rows, now=make.NOW + timedelta(days=1))
    assert (first.changed, first.alerts) == (2, 1)
    assert (again.listed, again.changed, again.refused, again.alerts) == (2, 0, first.refused, 0)
    assert [list(model.objects.order_by("id").values()) for model in _TABLES] == before


_TABLES: tuple[Any, ...] = (Product, Sku, PriceChange, PriceAlert, ListingRefusal, OutboxEvent)


REFUSALS: list[tuple[dict[str, Any], tuple[str, str, str]]] = [
    ({"category": "weapons"}, ("category", "weapons", "ELG-6")),
    ({"weight_g": 0}, ("weight_g", "0", "FEE-2")),
    ({"weight_g": None}, ("weight_g", "", "FEE-2")),
    ({"weight_g": 1_000_001}, ("weight_g", "1000001", "FEE-2")),
    ({"length_mm": -1}, ("length_mm", "-1", "FEE-3")),
    ({"width_mm": 10_001}, ("width_mm", "10001", "FEE-3")),
    ({"height_mm": None}, ("height_mm", "", "FEE-3")),
    ({"ordinary_fen": 0}, ("ordinary_fen", "0", "STEP-5")),
    ({"exclusive_fen": -5, "semi_managed": False}, ("exclusive_fen", "-5", "STEP-5")),
    ({"exclusive_fen": None}, ("exclusive_fen", "", "STEP-5")),
    ({"sku_code": "1.2E+15"}, ("sku_code", "1.2E+15", "STEP-5")),
    ({"sku_code": "A\x00B"}, ("sku_code", "A\\0B", "STEP-5")),
    ({"product_code": " "}, ("product_code", " ", "STEP-5")),
    ({"title": "x\x00"}, ("title", "x\\0", "STEP-5")),
    ({"apparel": True}, ("size_chart", "", "ELG-7")),
    ({"apparel": True, "size_chart": {**CHART, "rows": []}}, ("size_chart.rows", "", "ELG-7")),
    (
        {"apparel": True, "size_chart": CHART, "attributes_required": 100, "attributes_missing": 6},
        ("attributes_missing", "6/100", "ELG-8"),
    ),
    ({"attributes_required": 1, "attributes_missing": 2}, ("attributes_missing", "2/1", "ELG-8")),
]


@pytest.mark.parametrize(("changed", "told"), REFUSALS)
def test_a_bad_row_is_refused_and_the_others_are_listed(
    seller: int, changed: dict[str, Any], told: tuple[str, str, str]
) -> None:
    result = _list(make.new_sku(seller, "GOOD"), replace(make.new_sku(seller, "BAD", row=7), **changed))
    assert result.listed == 1
    assert [(r.row, r.field, r.value, r.rule) for r in result.refused] == [(7, *told)]
    (kept,) = listing_refusals(seller)
    assert (kept.field, kept.value, kept.rule) == told
    assert kept.reason == result.refused[0].reason
    assert [payload["rule"] for _, payload in make.outbox("catalog.sku_refused")] == [told[2]]


@pytest.mark.parametrize(
    "changed",
    [
        {"weight_g": 1, "length_mm": 1, "width_mm": 1, "height_mm": 1},
        {"weight_g": 1_000_000, "length_mm": 10_000},
        {"apparel": True, "size_chart": CHART, "attributes_required": 100, "attributes_missing": 5},
        {"attributes_required": 10, "attributes_missing": 10},  # not apparel: A-06
        {"exclusive_fen": None, "semi_managed": False},
    ],
)
def test_the_last_value_inside_a_limit_is_listed(seller: int, changed: dict[str, Any]) -> None:
    assert _list(make.new_sku(seller, **changed)).refused == []


def test_every_problem_of_a_row_is_told(seller: int) -> None:
    result = _list(make.new_sku(seller, weight_g=0, category="x", ordinary_fen=-1))
    assert [r.field for r in result.refused] == ["weight_g", "ordinary_fen", "category"]
    assert Sku.objects.count() == 0


def test_a_sku_twice_in_a_batch_is_refused_the_second_time(seller: int) -> None:
    result = _list(make.new_sku(seller), make.new_sku(seller, row=2, title="Other"))
    assert [(r.row, r.field, r.reason) for r in result.refused] == [
        (2, "sku_code", "stands twice in this batch")
    ]
    assert Product.objects.get().title == "Lamp"


def test_a_sku_does_not_move_to_another_product(seller: int) -> None:
    _list(make.new_sku(seller))
    result = _list(make.new_sku(seller, product_code="P-OTHER"))
    assert [(r.field, r.reason) for r in result.refused] == [
        ("product_code", "the SKU belongs to product P-A-1")
    ]


def test_two_sellers_may_use_one_code(seller: int) -> None:
    (other,) = make.make_active_sellers("S2")
    assert _list(make.new_sku(seller), make.new_sku(other, row=2)).listed == 2


def test_only_an_active_seller_lists_semi_managed() -> None:
    make.make_categories()
    (outside,) = make.make_sellers("S9")
    result = _list(make.new_sku(outside), make.new_sku(outside, "A-2", row=2, semi_managed=False))
    assert [(r.row, r.field, r.rule) for r in result.refused] == [(1, "semi_managed", "STEP-4")]
    assert result.listed == 1


def test_a_seller_who_is_not_there_is_named() -> None:
    with pytest.raises(SellerUnknown, match="no seller with id 4711"):
        _list(make.new_sku(4711))


def test_nothing_is_listed_before_the_programme(seller: int) -> None:
    with pytest.raises(PolicyNotInForce, match="PRC-1"):
        list_skus(
            [make.new_sku(seller)], book=make.the_book(), on=date(2023, 10, 31), now=make.NOW, actor="x"
        )


@pytest.mark.parametrize(
    ("exclusive", "alerts"), [(12349, 0), (12350, 0), (12351, 1)], ids=["below", "at", "above"]
)
def test_the_alert_is_raised_strictly_above_95_percent(seller: int, exclusive: int, alerts: int) -> None:
    result = _list(make.new_sku(seller, exclusive_fen=exclusive))  # 95 % of 13000 is 12350
    assert (result.listed, result.alerts) == (1, alerts)
    told = [(a.exclusive_fen, a.exclusive_fen_max, a.rule) for a in open_price_alerts(seller)]
    assert told == [(12351, 12350, "PRC-1")] * alerts
    assert len(make.outbox("catalog.price_alert_raised")) == alerts


def test_an_ordinary_listing_raises_no_alert(seller: int) -> None:
    assert _list(make.new_sku(seller, exclusive_fen=13000, semi_managed=False)).alerts == 0
    assert _list(make.new_sku(seller, exclusive_fen=13000)).alerts == 1  # once it is semi-managed


def test_a_changed_row_keeps_its_history(seller: int) -> None:
    _list(make.new_sku(seller))
    later = make.NOW + timedelta(days=1)
    result = _list(make.new_sku(seller, exclusive_fen=11000, weight_g=1300, title="Lamp 2"), now=later)
    sku = Sku.objects.select_related("product").get()
    assert (result.listed, result.changed) == (1, 1)
    assert (sku.exclusive_fen, sku.weight_g, sku.product.title, sku.listed_at) == (
        11000,
        1300,
        "Lamp 2",
        make.NOW,
    )
    assert [(c["kind"], c["old_fen"], c["new_fen"]) for c in price_history(sku.pk)][2:] == [
        ("exclusive", 12000, 11000)
    ]


def test_the_number_of_queries_does_not_grow_with_the_rows(
    seller: int, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    rows = [make.new_sku(seller, f"A-{at}", row=at, weight_g=at % 50) for at in range(300)]
    with django_assert_max_num_queries(25):
        result = _list(*rows)
    assert (result.listed, len(result.refused)) == (294, 6)


@pytest.mark.parametrize("table", ["catalog_pricechange", "catalog_listingrefusal"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET seller_id = seller_id", "DELETE FROM {}"])
def test_history_is_append_only(seller: int, table: str, statement: str) -> None:
    _list(make.new_sku(seller), make.new_sku(seller, "B", weight_g=0))
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))


@pytest.mark.parametrize(
    "broken",
    [{"weight_g": 0}, {"ordinary_fen": 0}, {"exclusive_fen": None}, {"exclusive_fen": 0}, {"height_mm": -1}],
)
def test_the_database_refuses_what_the_checks_refuse(seller: int, broken: dict[str, Any]) -> None:
    (sku,) = make.make_skus(seller, "A-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Sku.objects.filter(pk=sku).update(**broken)
