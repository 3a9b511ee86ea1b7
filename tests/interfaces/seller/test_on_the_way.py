"""What a seller sent to the shelf and nobody has counted yet: on the page, in its file, over REST."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import fastexcel
import pytest
from django.test import Client

from bantuo.apps.parties.models import Seller
from bantuo.apps.warehouse.operations.inbound import Arrival, receive_shipments
from bantuo.apps.warehouse.operations.stock_up import StockUp, notify_stock_up
from bantuo.apps.warehouse.queries import expected_lines
from bantuo.interfaces.api.callers import forget_callers
from bantuo.interfaces.web.programme import programme_now
from tests.apps import factories as make
from tests.interfaces.api.callers import seller_client
from tests.interfaces.seller import shop
from tests.interfaces.seller.stock_shop import balance, it_is, stocked

pytestmark = pytest.mark.django_db


def shown(seller: Seller, client: Client) -> list[tuple[str, int, int, int, int]]:
    """Each SKU with what is on the way by page, its own page, file and REST."""
    rows = {row.sku.code: row.on_the_way for row in client.get("/seller/stock/").context["table"].data}
    file = fastexcel.read_excel(client.get("/seller/stock/?export=xlsx").content).load_sheet(0).to_polars()
    filed = dict(zip(file["SKU"], file["On the way"], strict=True))
    forget_callers()
    rest = {r["sku"]: r["on_the_way"] for r in seller_client(seller.pk).call("GET", "/stock").json()["items"]}
    own = {
        sku: client.get(f"/seller/stock/{balance(seller, sku).pk}/").context["balance"].on_the_way
        for sku in rows
    }
    return [(sku, rows[sku], own[sku], filed[sku], rest[sku]) for sku in sorted(rows)]


def test_what_is_announced_is_on_the_way_until_it_is_counted(settings: Any, tmp_path: Path) -> None:
    seller, other = stocked("S1", "A-1", "A-2"), stocked("S2", "B-1")
    with it_is("10:00", settings, tmp_path):
        client, stranger = shop.sign_in(seller), shop.sign_in(other)
        now = programme_now().now
        notices = [
            StockUp(1, seller.pk, "UP-1", "YIWU", [{"A-1": 6}, {"A-1": 4}]),
            StockUp(2, seller.pk, "UP-2", "YIWU", [{"A-1": 5}]),
            StockUp(3, other.pk, "UP-1", "YIWU", [{"B-1": 9}]),
        ]
        told = notify_stock_up(notices, due_at=now + timedelta(days=1), now=now, actor=make.ACTOR)
        assert told.refused == []
        assert shown(seller, client) == [("A-1", 15, 15, 15, 15), ("A-2", 0, 0, 0, 0)]
        assert shown(other, stranger) == [("B-1", 9, 9, 9, 9)]
        first = told.shipments[seller.pk, "UP-1"]
        counted = {line.pk: line.expected - 1 for line in expected_lines([first])}
        assert receive_shipments([Arrival(first, now, counted)], actor=make.ACTOR) == []
        assert shown(seller, client)[0] == ("A-1", 5, 5, 5, 5)
        assert balance(seller, "A-1").on_hand == 8
