"""A seller of the API tests with goods, stock, orders of both routes and a shipment on its way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bantuo.apps.catalog.operations import list_skus
from bantuo.apps.orders.models import Order
from bantuo.apps.orders.operations.intake import NewLine, NewOrder, place_orders
from bantuo.apps.stock.operations import StatedRow, StockStatement, declare_stock, open_balances
from bantuo.apps.warehouse.models import Carton, Shipment
from bantuo.core.clock import operating_day
from bantuo.interfaces.web.programme import programme_now
from tests.apps import factories as make
from tests.interfaces.api.callers import ApiClient, seller_client


@dataclass(frozen=True)
class ApiShop:
    """Its key, and the ids that its addresses name."""

    client: ApiClient
    seller: int
    orders: list[int]
    shipment: int


def make_shop() -> ApiShop:
    """Everything as it was a minute after midnight: long before the cut-off, whenever the tests run."""
    (seller,) = make.make_active_sellers("S1")
    make.make_categories()
    make.policy_version()
    programme = programme_now()
    day = operating_day(programme.book, programme.on)
    now = day.starts_at + timedelta(minutes=1)
    rows = [
        make.new_sku(seller, "A-1"), make.new_sku(seller, "A-2", exclusive_fen=12900),
        make.new_sku(seller, "A-3", semi_managed=False),
    ]  # fmt: skip
    list_skus(rows, book=programme.book, on=programme.on, now=now, actor=make.ACTOR)
    open_balances([seller], now=now)
    stated = [StatedRow(1, "A-1", "YIWU", 7), StatedRow(2, "A-2", "YIWU", 3)]
    statement = StockStatement(
        seller_id=seller, sequence=1, as_of=now, basis="gross", channel="rest", rows=stated
    )
    declare_stock([statement], day=day, now=now, actor=make.ACTOR)
    orders = [
        NewOrder(
            marketplace=make.MARKETPLACE, seller="S1", external_id=f"M-{sku}", placed_at=now,
            destination="ES",
            lines=[NewLine(f"M-{sku}/1", 1, sku, 1, 12000, 0)],
        )
        for sku in ("A-1", "A-3")
    ]  # fmt: skip
    place_orders(orders, book=programme.book, day=day, now=now, actor=make.ACTOR)
    shipment = Shipment.objects.create(
        seller_id=seller, warehouse_id=make.make_warehouse(), code="SH-1", kind="stock_up", notified_at=now,
        due_at=now + timedelta(days=3),
    )  # fmt: skip
    Carton.objects.create(seller_id=seller, shipment=shipment, sscc="003456789012345678", pieces=12)
    ids = list(Order.objects.filter(seller_id=seller).order_by("id").values_list("id", flat=True))
    return ApiShop(seller_client(seller), seller, ids, shipment.pk)
