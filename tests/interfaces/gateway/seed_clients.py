"""Put shops with orders and apps into the database that Django is set up on; tell what it holds."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.utils import timezone

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.catalog.models import Sku
from bantuo.apps.open_platform.models import OpenApp
from bantuo.apps.open_platform.operations import grant_private, register_app, register_private_app
from bantuo.apps.orders.models import Order
from bantuo.interfaces.web.papers import vault
from tests.apps.trading import World, make_world
from tests.interfaces.gateway.conftest import today

HOME = "https://erp.example.com/callback"
PASSWORD = "open sesame, my ERP"


def main() -> None:
    """A shop for each code among the arguments."""
    world = today(make_world())
    vendor = register_app(
        "Cloud ERP", redirect_uris=[HOME], scopes=["listings", "stock", "orders"], vault=vault(),
        now=timezone.now(), actor="user:9",
    )  # fmt: skip
    told = {
        code: {**shop(world, code), "vendor": {"key": vendor.app_key, "secret": vendor.secret}}
        for code in sys.argv[1:]
    }
    json.dump(told, sys.stdout)


def shop(world: World, code: str) -> dict[str, Any]:
    """A seller with four listings, one of them stated, four orders, an owner, and an app of its own."""
    now, seller = timezone.now(), world.seller(code, "A", "B", "C", "D")
    world.state(seller, "09:00", A=10)
    for number, (sku, pieces) in enumerate((("A", 3), ("B", 1), ("C", 2), ("D", 1)), start=1):
        world.order(seller, f"E{number}", "10:00", **{sku: pieces})
    email = f"{code}@example.com"
    User.objects.create_user(email, PASSWORD, seller=seller, roles=[Role.SELLER_OWNER], language="en")
    own = register_private_app(seller.pk, "own", vault=vault(), now=now, actor="user:1")
    app = OpenApp.objects.get(pk=own.app_id)
    return {
        "code": code,
        "email": email,
        "key": own.app_key,
        "secret": own.secret,
        "session": grant_private(app, account=email, now=now, actor="user:1").access_token,
        "seller": seller.pk,
        "skus": {s.code: {"id": s.pk, "product": s.product_id} for s in Sku.objects.filter(seller=seller)},
        "orders": dict(Order.objects.filter(seller=seller).values_list("external_id", "pk")),
    }
