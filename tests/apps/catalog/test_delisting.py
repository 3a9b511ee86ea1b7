"""A delisted SKU is sold no more; what was sold goes on."""

from __future__ import annotations

import pytest

from bantuo.apps.catalog.models import PriceAlert, Sku
from bantuo.apps.catalog.operations import DelistingResult, SkuToDelist, delist_skus, list_skus
from tests.apps import factories as make
from tests.apps.floor import assert_changes_nothing, assert_stock_sound, bring, state_of
from tests.apps.trading import ACTOR, make_world

pytestmark = pytest.mark.django_db


def test_a_delisted_sku_takes_no_order_and_open_ones_go_on() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=5)
    order = world.order(seller, "O1", "10:00", A=2).order_id
    rows = [SkuToDelist(1, seller.pk, "A"), SkuToDelist(2, seller.pk, "X")]

    def delist() -> DelistingResult:
        return delist_skus(rows, reason="recall", now=world.at("10:10"), actor=ACTOR)

    result = delist()
    assert (result.delisted, [(r.row, r.field, r.value) for r in result.refused]) == (
        1,
        [(2, "sku_code", "X")],
    )
    sku = Sku.objects.get()
    assert sku.delisted_at == world.at("10:10")
    assert make.outbox("catalog.sku_delisted") == [
        (f"sku:{sku.pk}", {"code": "A", "reason": "recall", "by": ACTOR})
    ]
    again = assert_changes_nothing(delist)
    assert isinstance(again, DelistingResult)
    assert (again.delisted, len(again.refused)) == (0, 2)
    assert world.order(seller, "O2", "10:20", A=1).order_id is None
    assert state_of(bring(world, order, to="completed")) == "completed"
    assert_stock_sound()


def test_an_open_price_alert_is_cleared_and_raised_again_when_the_sku_is_back() -> None:
    (seller,) = make.make_active_sellers("S1")
    make.make_skus(seller, "A-1", exclusive_fen=12_999)
    assert PriceAlert.objects.get().cleared_at is None
    delist_skus([SkuToDelist(1, seller, "A-1")], reason="x", now=make.NOW, actor=ACTOR)
    assert PriceAlert.objects.get().cleared_at == make.NOW
    assert len(make.outbox("catalog.price_alert_cleared")) == 1
    back = [make.new_sku(seller, "A-1", exclusive_fen=12_999)]
    assert list_skus(back, book=make.the_book(), on=make.DAY, now=make.NOW, actor=ACTOR).alerts == 1
    assert PriceAlert.objects.filter(cleared_at__isnull=True).count() == 1
