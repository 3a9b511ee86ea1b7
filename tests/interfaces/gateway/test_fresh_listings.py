"""An ERP states goods that were listed a moment ago, before any job or page has opened their stock."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from bantuo.apps.catalog.operations import list_skus
from tests.apps import factories as make
from tests.interfaces.gateway.conftest import Shop

pytestmark = pytest.mark.django_db
INVENTORY = "aliexpress.solution.batch.product.inventory.update"


def test_a_fresh_listing_is_stated_at_once(shop: Shop) -> None:
    make.make_categories("home-lamps")
    now, day = timezone.now(), shop.world.day
    row = make.new_sku(shop.seller.pk, "NEW")
    assert list_skus([row], book=shop.world.book, on=day.on, now=now, actor="t").refused == []
    sku = shop.sku("NEW")
    updates = [{"sku_code": "NEW", "inventory": 9}]
    batch = [{"product_id": sku.product_id, "multiple_sku_update_list": updates}]
    told = shop.erp.call(INVENTORY, mutiple_product_update_list=json.dumps(batch))
    assert told["update_successful_list"] == [{"product_id": sku.product_id}]
    assert shop.stock("NEW") == (9, 0)
