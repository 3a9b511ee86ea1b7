"""A shop that trades: an active seller with listed SKUs, its owner, and a buyer's open order.

Run as a program on the site's database, with the owner's password in SEED_PASSWORD; prints the address.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta

import django

django.setup()

from django.utils import timezone  # noqa: E402

from bantuo.apps.accounts.models import Role, User  # noqa: E402
from bantuo.apps.catalog.operations import NewSku, list_skus  # noqa: E402
from bantuo.apps.parties.models import Warehouse  # noqa: E402
from bantuo.apps.parties.operations import (  # noqa: E402
    NewBinding,
    NewSeller,
    bind_warehouses,
    register_sellers,
    set_programme_state,
)
from bantuo.apps.stock.operations import open_balances  # noqa: E402
from bantuo.engine.books import load_book  # noqa: E402

ACTOR = "system:seed"
SKUS = ("LAMP-01", "LAMP-02", "LAMP-03", "LAMP-04", "LAMP-05")


def main(code: str, language: str) -> None:
    now, on = timezone.now(), timezone.localdate()
    shop = NewSeller("demo-market", code, f"示例店铺 {code}", None, "Hangzhou")
    seller = register_sellers([shop], now=now, actor=ACTOR)[code]
    warehouse = Warehouse.objects.order_by("pk")[0]
    bind_warehouses([NewBinding(seller, warehouse.pk, 250_000, "road quote")], now=now, actor=ACTOR)
    set_programme_state([seller], state="active", active_from=on, reason="seed", now=now, actor=ACTOR)
    rows = [_sku(seller, sku, row=at) for at, sku in enumerate(SKUS, start=1)]
    result = list_skus(rows, book=load_book(), on=on, now=now, actor=ACTOR)
    assert result.refused == []
    open_balances([seller], now=now)
    email = f"owner@{code.lower()}.example"
    User.objects.create_user(
        email, os.environ["SEED_PASSWORD"], name="示例店主", seller_id=seller,
        roles=[Role.SELLER_OWNER.value], language=language, created_at=now - timedelta(days=1),
    )  # fmt: skip
    print(email, warehouse.code)


def _sku(seller: int, code: str, *, row: int) -> NewSku:
    return NewSku(
        row=row, seller_id=seller, product_code=f"P-{code}", sku_code=code, category="home-lamps",
        title="台灯 / Desk lamp", apparel=False, ordinary_fen=13_000, exclusive_fen=12_000, semi_managed=True,
        weight_g=1200, length_mm=300, width_mm=250, height_mm=200, label=False, photo_qc=False,
        markets=("US",), attributes_required=10, attributes_missing=0, size_chart=None,
    )  # fmt: skip


main(*sys.argv[1:])
