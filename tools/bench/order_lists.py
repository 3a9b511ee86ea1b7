"""Lists of orders and stock over a million orders: pages, REST and the gateway, against 100 ms."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bantuo.core.clock import OperatingDay
from tools.bench import market
from tools.bench.page_times import addresses, milliseconds, page_row
from tools.bench.row import Row, count
from tools.bench.scratch_database import fresh_database, scratch_server
from tools.bench.serving import key_for_bench, open_bench_market

_EVERY_FIRST = 20  # one order of twenty is the first seller's, whose lists are the long ones
_QUERIES_MAX = 12
_ORDERS = (
    ("", "state=to_ship", "state=reserved&route=semi", "route=self"),
    ("reason=cutoff_fallback", "reason=reserved"),
    ("q=O12", "q=O999", "q=O500123"),
    ("since={on}&until={on}", "since={before}&until={on}"),
)
_SKUS, _SKUS_OF_SELLERS = ("sku=K1", "sku=K77"), ("sku=K1&seller=S0", "sku=K77&seller=S7")
_STOCK = ("", "page=4", "q=K9", "sort=-sellable")


def order_list_rows(number: int | None) -> list[Row]:
    """Every list of orders and stock, as seller and as operator, over `number` orders."""
    orders, sellers = number or market.ORDERS, market.SELLERS if number is None else max(number // 100, 10)
    with scratch_server() as server, fresh_database(server, "bench_order_lists") as database:
        os.environ["BANTUO_DATABASE_URL"] = database
        day = open_bench_market(database, sellers=sellers, orders=orders, every_first=_EVERY_FIRST)
        _cut_over(day, late=sellers * 3 // 10)
        words = {"on": day.on.isoformat(), "before": (day.on - timedelta(days=20)).isoformat()}
        try:
            return [
                page_row(client, urls, work=f"{work} of {count(orders)} orders", queries_max=_QUERIES_MAX)
                for client, work, urls in _visits(words)
                if all(milliseconds(client, url) for url in urls)  # a first visit of each
            ]
        finally:
            _close()


def _visits(words: Mapping[str, str]) -> list[tuple[Any, str, list[str]]]:
    from tools.bench.list_browser import browser_of_all_roles, browser_of_seller  # noqa: PLC0415

    operator, seller, large = browser_of_all_roles(), browser_of_seller("S0"), browser_of_seller("LARGE")
    rest = _Rest(key_for_bench("S0", scopes=["orders:read", "stock:read"]))
    visits: list[tuple[Any, str, list[str]]] = [
        (client, f"{name} ({' | '.join(query or '·' for query in queries)})",
         addresses(name, [query.format(**words) for query in queries]))
        for client, name in ((seller, "seller:orders"), (operator, "operator:orders"))
        for queries in (*_ORDERS, _SKUS if client is seller else _SKUS_OF_SELLERS)
    ]  # fmt: skip
    for client, name, queries in (
        (seller, "seller:to_ship", ("",)),
        (seller, "seller:came_back", ("",)),
        (operator, "operator:cutover", ("",)),
        (operator, "operator:stock", ("",)),
        (seller, "seller:stock", _STOCK),
        (seller, "seller:stock_shortages", ("",)),
        (seller, "seller:stock_syncs", ("",)),
        (seller, "seller:listings", ("", "q=K99")),
        (large, "seller:stock", ("", "page=40")),
    ):
        whose = " of a seller with 100,000 SKUs" if client is large else ""
        told = f"{name}{whose} ({' | '.join(query or '·' for query in queries)})"
        visits.append((client, told, addresses(name, queries)))
    paths = ("/orders", "/orders?state=to_ship", "/orders?changed_since={on}T00:00:00Z", "/stock?limit=100")
    visits += [(rest, f"GET /api/v3.2{path}", [f"/api/v3.2{path.format(**words)}"]) for path in paths]
    gateway = _Gateway()
    visits += [
        (gateway, f"the gateway's order list, {told}", [told])
        for told in ("open", "WAIT_SELLER_SEND_GOODS", "modified today")
    ]
    return visits


class _Rest:
    """A client with a key."""

    def __init__(self, secret: str) -> None:
        from django.test import Client  # noqa: PLC0415

        self._client, self._headers = Client(), {"Authorization": f"Bearer {secret}"}

    def get(self, url: str) -> Any:
        return self._client.get(url, headers=self._headers)


class _Gateway:
    """An ERP that asks for a seller's orders, signed."""

    def __init__(self) -> None:
        from django.test import Client  # noqa: PLC0415
        from django.utils import timezone  # noqa: PLC0415

        from bantuo.apps.open_platform.models import OpenApp  # noqa: PLC0415
        from bantuo.apps.open_platform.operations import grant_private, register_private_app  # noqa: PLC0415
        from bantuo.apps.parties.models import Seller  # noqa: PLC0415
        from bantuo.interfaces.web.papers import vault  # noqa: PLC0415

        seller, now = Seller.objects.get(code="S0"), timezone.now()
        self._app = register_private_app(seller.pk, "bench", vault=vault(), now=now, actor="bench")
        app = OpenApp.objects.get(pk=self._app.app_id)
        given = grant_private(app, account="bench@example.test", now=now, actor="bench")
        self._client, self._session = Client(), given.access_token

    def get(self, told: str) -> Any:
        import json  # noqa: PLC0415

        from django.utils import timezone  # noqa: PLC0415

        from bantuo.core.open_platform_signing import sign_text, signed_text  # noqa: PLC0415

        query: dict[str, Any] = {"page_size": 50, "current_page": 1}
        if told == "modified today":
            query["modified_date_start"] = f"{timezone.now() - timedelta(days=1):%Y-%m-%d %H:%M:%S}"
        elif told != "open":
            query["order_status"] = told
        params = {
            "app_key": self._app.app_key, "timestamp": str(int(timezone.now().timestamp() * 1000)),
            "sign_method": "sha256", "session": self._session, "simplify": "true", "format": "json",
            "method": "aliexpress.trade.seller.orderlist.get", "param_aeop_order_query": json.dumps(query),
        }  # fmt: skip
        params["sign"] = sign_text(
            signed_text(params, path=""), secret=self._app.secret, sign_method="sha256"
        )
        answer = self._client.post("/sync", params)
        if b"target_list" not in answer.content:
            raise RuntimeError(f"the gateway answers {answer.content[:300]!r}")
        return answer


def _cut_over(day: OperatingDay, *, late: int) -> None:
    """Three of ten sellers miss 16:00 for some of what they sell: their lists show what came back."""
    from bantuo.apps.orders.operations.cutover import cut_over  # noqa: PLC0415
    from bantuo.apps.sql import run_statement  # noqa: PLC0415
    from bantuo.engine.books import load_book  # noqa: PLC0415
    from tools.bench.list_browser import fill_people  # noqa: PLC0415

    run_statement(
        """
        UPDATE stock_balance b SET stated_on = stated_on - 1 FROM catalog_sku k, bench_seller n
        WHERE k.id = b.sku_id AND n.id = b.seller_id AND n.place < %s AND k.code LIKE 'K1%%'
        """,
        [late],
    )
    cut_over(book=load_book(), day=day, now=day.cutoff_at, actor="bench")
    run_statement("VACUUM ANALYZE")
    run_statement("CHECKPOINT")
    fill_people()


def _close() -> None:
    from django.db import connections  # noqa: PLC0415

    connections.close_all()
