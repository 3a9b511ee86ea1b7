"""An active shop bound to the Yiwu warehouse, and its owner; a reviewer where one is asked for.

Run as a program in the environment of the site, with the password in SEED_PASSWORD and the wish as JSON in
its argument: `{"shops": [code, …]}`.
"""

from __future__ import annotations

import json
import os
import sys

import django

django.setup()

from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from bantuo.apps.accounts.models import Role  # noqa: E402
from bantuo.apps.accounts.operations import create_seller_user  # noqa: E402
from bantuo.apps.parties.operations import (  # noqa: E402
    NewBinding,
    NewSeller,
    bind_warehouses,
    register_sellers,
    set_programme_state,
)
from bantuo.apps.parties.queries import warehouse_ids  # noqa: E402

ACTOR = "system:seed"


@transaction.atomic
def main() -> None:
    now, on = timezone.now(), timezone.localdate()
    for code in json.loads(sys.argv[1])["shops"]:
        new = NewSeller("browser", code, f"示例家居店 {code}", None, "浙江省金华市义乌市")
        seller = register_sellers([new], now=now, actor=ACTOR)[code]
        create_seller_user(
            f"{code.lower()}@shop.example", seller_id=seller, name="示例店主", roles=[Role.SELLER_OWNER],
            password=os.environ["SEED_PASSWORD"], now=now, actor=ACTOR,
        )  # fmt: skip
        warehouse = warehouse_ids(["WH-YIWU"])["WH-YIWU"]
        bind_warehouses([NewBinding(seller, warehouse, 250_000, "road quote")], now=now, actor=ACTOR)
        set_programme_state([seller], state="active", active_from=on, reason="seed", now=now, actor=ACTOR)


main()
