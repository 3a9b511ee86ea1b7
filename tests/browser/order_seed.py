"""A shop with orders of a day: some the seller ships itself, some whose stock was not stated that day.

Run as a program on the site's database, with the owner's password in SEED_PASSWORD, the shop's code and
the day; prints the owner's address and the seller's id.
"""

from __future__ import annotations

import os
import sys
from datetime import date, datetime, timedelta

import django

django.setup()

from django.utils import timezone  # noqa: E402

from bantuo.apps.accounts.models import Role, User  # noqa: E402
from bantuo.apps.aftersales.operations import Cancelling, request_cancel  # noqa: E402
from bantuo.apps.catalog.operations import NewSku, list_skus  # noqa: E402
from bantuo.apps.orders.operations.intake import NewLine, NewOrder, place_orders  # noqa: E402
from bantuo.apps.orders.operations.recipients import NewRecipient, keep_recipients  # noqa: E402
from bantuo.apps.parties.models import Warehouse  # noqa: E402
from bantuo.apps.parties.operations import (  # noqa: E402
    NewBinding,
    NewSeller,
    bind_warehouses,
    register_sellers,
    set_programme_state,
)
from bantuo.apps.stock.operations import (  # noqa: E402
    StatedRow,
    StockStatement,
    declare_stock,
    open_balances,
)
from bantuo.core.clock import OperatingDay, operating_day  # noqa: E402
from bantuo.engine.books import load_book  # noqa: E402
from bantuo.interfaces.web.papers import vault  # noqa: E402

ACTOR = "system:seed"
MARKET = "demo-market"
# Order → lines. LAMP-01 is stated on the day, LAMP-02 only on the day before, OWN-01 is the seller's own.
ORDERS = {
    "81900001": {"OWN-01": 1},
    "81900002": {"OWN-01": 2},
    "81900003": {"OWN-01": 3},
    "81900004": {"OWN-01": 1},
    "81900005": {"LAMP-01": 1},
    "81900006": {"LAMP-02": 2},
    "81900007": {"LAMP-01": 1, "LAMP-02": 1},
}


def main(code: str, on: date) -> None:
    book, before = load_book(), on - timedelta(days=1)
    day, at = operating_day(book, on), operating_day(book, on).starts_at + timedelta(hours=10)
    seller = _shop(code, on=before)
    warehouse = Warehouse.objects.order_by("pk")[0]
    _state(seller, warehouse.code, ("LAMP-01", "LAMP-02"), 1, day=operating_day(book, before))
    placed = place_orders(_orders(code, at), book=book, day=day, now=at, actor=ACTOR)
    _state(seller, warehouse.code, ("LAMP-01",), 2, day=day)
    ids = {result.order.external_id: result.order_id or 0 for result in placed}
    told = {"name": "María García", "mobile": "+34612345678", "country": "ES", "province": "Madrid",
            "city": "Madrid", "address": "Calle Mayor 1", "zip": "28013"}  # fmt: skip
    rows = [NewRecipient(name, order, told) for name, order in ids.items()]
    keep_recipients(rows, seller_id=None, vault=vault(), now=at, actor=ACTOR)
    asked = Cancelling("1", ids[f"{code}-81900004"], "buyer-1", "Ya no lo necesito")
    request_cancel([asked], seller_id=None, book=book, day=day, now=at, actor=ACTOR)
    email = f"owner@{code.lower()}.example"
    User.objects.create_user(
        email, os.environ["SEED_PASSWORD"], name="示例店主", seller_id=seller,
        roles=[Role.SELLER_OWNER.value], language="zh-hans", created_at=timezone.now(),
    )  # fmt: skip
    print(email, seller)


def _shop(code: str, *, on: date) -> int:
    now = timezone.now()
    shop = NewSeller(MARKET, code, f"示例店铺 {code}", None, "Hangzhou")
    seller = register_sellers([shop], now=now, actor=ACTOR)[code]
    warehouse = Warehouse.objects.order_by("pk")[0]
    bind_warehouses([NewBinding(seller, warehouse.pk, 250_000, "road quote")], now=now, actor=ACTOR)
    set_programme_state([seller], state="active", active_from=on, reason="seed", now=now, actor=ACTOR)
    rows = [
        NewSku(
            row=at, seller_id=seller, product_code=f"P-{sku}", sku_code=sku, category="home-lamps",
            title="台灯 / Desk lamp", apparel=False, ordinary_fen=13_000, exclusive_fen=12_000,
            semi_managed=sku != "OWN-01", weight_g=1200, length_mm=300, width_mm=250, height_mm=200,
            label=False, photo_qc=False, markets=("ES",), attributes_required=10, attributes_missing=0,
            size_chart=None,
        )
        for at, sku in enumerate(("LAMP-01", "LAMP-02", "OWN-01"), start=1)
    ]  # fmt: skip
    assert list_skus(rows, book=load_book(), on=timezone.localdate(), now=now, actor=ACTOR).refused == []
    open_balances([seller], now=timezone.now())
    return seller


def _state(seller: int, warehouse: str, skus: tuple[str, ...], sequence: int, *, day: OperatingDay) -> None:
    at = day.starts_at + timedelta(hours=11)
    rows = [StatedRow(n, sku, warehouse, 50) for n, sku in enumerate(skus, start=1)]
    statement = StockStatement(seller, sequence, at, "gross", "seed", rows)
    (result,) = declare_stock([statement], day=day, now=at, actor=ACTOR)
    assert result.refused == []


def _orders(code: str, at: datetime) -> list[NewOrder]:
    return [
        NewOrder(
            MARKET, code, f"{code}-{name}", at, "ES",
            [
                NewLine(f"{name}/{no}", no, sku, pieces, 12_000 * pieces, 500)
                for no, (sku, pieces) in enumerate(lines.items(), start=1)
            ],
            merchant_coupon_fen=300,
        )
        for name, lines in ORDERS.items()
    ]  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], date.fromisoformat(sys.argv[2]))
