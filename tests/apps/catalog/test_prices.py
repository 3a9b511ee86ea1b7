"""Price changes: history, the alert raised again and cleared, who may change at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from bantuo.apps.catalog.models import PriceAlert, PriceChange, Sku
from bantuo.apps.catalog.operations import NewPrices, change_prices, list_skus
from bantuo.apps.catalog.operations.capabilities import freedom
from bantuo.apps.catalog.operations.prices import PriceResult
from bantuo.apps.catalog.queries import open_price_alerts, price_history
from bantuo.core.policy import Book
from tests.apps import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller() -> int:
    (seller,) = make.make_active_sellers("S1")
    make.make_skus(seller, "A-1")
    return seller


def _change(
    seller: int, *prices: tuple[int | None, int | None], code: str = "A-1", book: Book | None = None
) -> PriceResult:
    rows = [NewPrices(at, seller, code, *pair) for at, pair in enumerate(prices, start=1)]
    return change_prices(
        rows, book=book or make.the_book(), on=make.DAY, now=make.NOW + timedelta(hours=1), actor="seller:1"
    )


def _with_rule(rule_id: str, amount: Any) -> Book:
    book = make.the_book()
    rule = book.rules[rule_id]
    changed = replace(rule, values=tuple(replace(value, value=amount) for value in rule.values))
    return replace(book, rules={**book.rules, rule_id: changed})


def test_a_change_is_kept_and_an_unchanged_price_is_not(seller: int) -> None:
    assert _change(seller, (None, 11900)).changed == 1
    assert _change(seller, (13000, 11900)).changed == 0
    sku = Sku.objects.get()
    assert (sku.ordinary_fen, sku.exclusive_fen) == (13000, 11900)
    told = [(c["kind"], c["old_fen"], c["new_fen"], c["actor"]) for c in price_history(sku.pk)]
    assert told[2:] == [("exclusive", 12000, 11900, "seller:1")]
    assert make.outbox("catalog.price_changed") == [
        (f"sku:{sku.pk}", {"kind": "exclusive", "fen": 11900, "by": "seller:1"})
    ]


def test_the_alert_is_judged_again_at_each_change(seller: int) -> None:
    assert _change(seller, (None, 12351)).alerts == 1
    assert _change(seller, (None, 12352)).alerts == 1  # still too dear: raised again
    kept = [(a.exclusive_fen, a.cleared_at is None) for a in PriceAlert.objects.order_by("id")]
    assert kept == [(12351, False), (12352, True)]
    assert _change(seller, (None, 12352)).alerts == 0  # nothing changed
    assert _change(seller, (13003, None)).alerts == 0  # 95 % of 13003 is 12352.85
    assert open_price_alerts(seller) == []
    assert _change(seller, (13002, None)).alerts == 1  # 95 % of 13002 is 12351.9
    (alert,) = open_price_alerts(seller)
    assert (alert.ordinary_fen, alert.exclusive_fen, alert.exclusive_fen_max) == (13002, 12352, 12351)
    assert len(make.outbox("catalog.price_alert_cleared")) == 2


def test_two_rows_of_one_sku_end_at_the_last(seller: int) -> None:
    result = _change(seller, (None, 11900), (None, 11800))
    assert (result.changed, Sku.objects.get().exclusive_fen) == (1, 11800)
    assert PriceChange.objects.order_by("-id")[0].old_fen == 12000


@pytest.mark.parametrize(
    ("prices", "code", "told"),
    [
        ((0, None), "A-1", ("ordinary_fen", "0", "STEP-5")),
        ((None, -1), "A-1", ("exclusive_fen", "-1", "STEP-5")),
        ((10_000_000_001, None), "A-1", ("ordinary_fen", "10000000001", "STEP-5")),
        ((1, 1), "B-9", ("sku_code", "B-9", "STEP-5")),
    ],
)
def test_a_bad_price_is_refused(
    seller: int, prices: tuple[int | None, int | None], code: str, told: tuple[str, str, str]
) -> None:
    result = _change(seller, prices, code=code)
    assert [(r.row, r.field, r.value, r.rule) for r in result.refused] == [(1, *told)]
    assert (result.changed, Sku.objects.get().ordinary_fen) == (0, 13000)


def test_where_the_book_blocks_a_price_above_the_limit_is_refused(seller: int) -> None:
    book = _with_rule("PRC-1.mode", "block")
    result = _change(seller, (None, 12351), (None, 12350), book=book)
    assert [(r.row, r.field, r.rule) for r in result.refused] == [(1, "exclusive_fen", "PRC-1")]
    assert Sku.objects.get().exclusive_fen == 12350
    row = make.new_sku(seller, "A-2", exclusive_fen=12351)
    listed = list_skus([row], book=book, on=make.DAY, now=make.NOW, actor=make.ACTOR)
    assert [(r.field, r.rule) for r in listed.refused] == [("exclusive_fen", "PRC-1")]


def test_the_capability_matrix_decides_who_sets_prices(seller: int) -> None:
    book = make.the_book()
    assert freedom(book, on=make.DAY, mode="semi", capability="price") == "free"
    assert freedom(book, on=make.DAY, mode="full", capability="price") == "refused"
    assert freedom(book, on=make.DAY, mode="unheard of", capability="price") == "request"  # CAP-2
    taken = _with_rule(
        "CAP-1", ({"mode": "semi", "capability": "price", "answer": "refused", "origin": "ours"},)
    )
    result = _change(seller, (None, 11900), book=taken)
    assert [(r.rule, r.reason) for r in result.refused] == [("CAP-1", "changing the price is: refused")]


def test_an_ordinary_sku_may_be_priced_at_will(seller: int) -> None:
    make.make_skus(seller, "B-1", semi_managed=False, exclusive_fen=None)
    assert _change(seller, (100, 100), code="B-1").alerts == 0


def test_the_database_holds_one_open_alert_per_sku(seller: int) -> None:
    _change(seller, (None, 12351))
    alert = PriceAlert.objects.get()
    alert.pk = None
    with pytest.raises(IntegrityError, match="price_alert_one_open"), transaction.atomic():
        alert.save(force_insert=True)
