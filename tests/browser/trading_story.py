"""What the story of a trading day is made of: the goods and orders, the ERP's calls, what a list shows."""

from __future__ import annotations

import io
import json
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from datetime import time as clock_time
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import psycopg

from tests.browser.people import Person, Site
from tests.interfaces.gateway.served import Place

SHANGHAI = ZoneInfo("Asia/Shanghai")
IN_TIME = range(300)  # SKUs that the ERP states before 16:00 of the day
LATE = range(300, 310)  # … and those it states five minutes after it; the others it never states
PIECES = 20  # of each SKU, every time
PAGE = 100

STAYING = {f"S-{n:02}": {n: 1} for n in range(12)}
RETURNING = {f"U-{n:02}": {310 + n: 1} for n in range(23)} | {"L-00": {300: 1}, "L-01": {301: 2}}
MIXED = {"M-00": {12: 1, 340: 2}, "M-01": {13: 3, 341: 1}}
TOO_MANY = {"Q-00": {20: PIECES + 1}}
MORNING = STAYING | RETURNING | MIXED | TOO_MANY
EVENING_STAYING = {"A-00": {0: 1}}
EVENING_STRAIGHT = {"A-01": {310: 1}, "A-02": {14: 1, 342: 1}, "A-03": {300: 1}}
EVENING = EVENING_STAYING | EVENING_STRAIGHT

# What a person reads of an order that came back: its lines, and why. Of a mixed order only a part comes back.
AT_THE_CUT = RETURNING | {"M-00": {340: 2}, "M-01": {341: 1}}
WORDS = {
    "zh-hans": {
        "cut": "截单时仍未同步库存，转自营",
        "after": "截单前未同步库存，其后订单转自营",
        "short": "可售库存不足，卖家自营履约",
    },
    "en": {
        "cut": "stock still not stated at the cut-off",
        "after": "stock not stated before today's cut-off",
        "short": "not enough sellable stock",
    },
}


@dataclass(frozen=True)
class Clock:
    """The clock that pages, calls and jobs of the site go by."""

    site: Site

    def set_to(self, on: date, time_of_day: str) -> None:
        """A time of a day in Shanghai."""
        wanted = datetime.combine(on, clock_time.fromisoformat(time_of_day), SHANGHAI)
        shift = int((wanted - datetime.now(UTC)).total_seconds())
        (self.site.home / "clock").write_text(str(shift), encoding="ascii")

    def set_back(self) -> None:
        (self.site.home / "clock").unlink(missing_ok=True)


def sku_code(shop: str, at: int) -> str:
    """As the sheet of goods names it."""
    return f"{shop}-{at:04}"


def goods(shop: str, lines: Mapping[int, int]) -> list[str]:
    """The lines of an order as lists write them."""
    return [f"{sku_code(shop, at)} × {pieces}" for at, pieces in lines.items()]


def came_back(shop: str, words: Mapping[str, str]) -> set[tuple[str, tuple[str, ...], str]]:
    """Every row of "order by order": which, of what, why."""
    turned = {(f"{shop}-{o}", tuple(goods(shop, lines)), words["cut"]) for o, lines in AT_THE_CUT.items()}
    return turned | {
        (f"{shop}-{o}", tuple(goods(shop, lines)), words["after"]) for o, lines in EVENING_STRAIGHT.items()
    }


@dataclass(frozen=True)
class Erp:
    """The shop's ERP: PyPI `aliexpress-sdk` as it comes, with the key, secret and token of the shop's app."""

    place: Place

    @classmethod
    def of(cls, site: Site, *, key: str, secret: str, token: str) -> Erp:
        told = {"key": key, "secret": secret, "session": token}
        return cls(Place(site.database, site.url, told, site.home))

    def listings(self) -> dict[str, tuple[int, str]]:
        """Title → product id and what can be sold, of every page of the list."""
        calls = [
            {"method": "aliexpress.pop.choice.products.list",
             "params": {"param": json.dumps({"current_page": page, "page_size": PAGE})}}
            for page in range(1, 7)
        ]  # fmt: skip
        results = [
            told["aliexpress_pop_choice_products_list_response"]["result"]
            for told in self.place.classic(*calls)
        ]
        rows = [row for told in results for row in _listed(told["pop_choice_product_list"])]
        assert {told["total_item"] for told in results} == {len(rows)}
        return {row["title"]: (row["product_id"], row["total_stocks"]) for row in rows}

    def state(self, products: Sequence[tuple[int, str]]) -> None:
        """State twenty pieces of each SKU, twenty products a call; every one is taken."""
        parts = [products[first : first + 20] for first in range(0, len(products), 20)]
        calls = [
            {"class": "AliexpressSolutionBatchProductInventoryUpdateRequest",
             "params": {"mutiple_product_update_list": json.dumps([_stated(*one) for one in part])}}
            for part in parts
        ]  # fmt: skip
        taken: list[int] = []
        for told in self.place.classic(*calls):
            answer = told["aliexpress_solution_batch_product_inventory_update_response"]
            assert answer["update_success"] is True, answer
            taken += [row["product_id"] for row in _listed(answer["update_successful_list"])]
        assert taken == [pk for pk, _ in products]


def _stated(product: int, sku: str) -> dict[str, Any]:
    return {"product_id": product, "multiple_sku_update_list": [{"sku_code": sku, "inventory": PIECES}]}


def _listed(value: Any) -> list[dict[str, Any]]:
    """Rows of a list, which the wrapped shape puts under a name of its own; an empty one may be anything."""
    return next(iter(value.values())) if isinstance(value, dict) and value else value or []


def push_orders(
    site: Site, key: str, orders: Mapping[str, Mapping[int, int]], *, shop: str, at: datetime
) -> dict[str, tuple[str, str]]:
    """What the marketplace is answered for a batch: order → route and reason."""
    rows = [
        {
            "external_id": f"{shop}-{name}", "seller": shop, "placed_at": at.isoformat(), "destination": "ES",
            "lines": [
                {"sku": sku_code(shop, sku), "quantity": n, "goods_fen": 11_900 * n, "freight_fen": 500}
                for sku, n in lines.items()
            ],
            "recipient": {"name": "María García", "mobile": "+34612345678", "country": "ES",
                          "province": "Madrid", "city": "Madrid", "address": "Calle Mayor 1", "zip": "28013"},
        }
        for name, lines in orders.items()
    ]  # fmt: skip
    asked = urllib.request.Request(
        f"{site.url}/api/v3.2/orders/batch", json.dumps({"orders": rows}).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=60) as answer:
        told = json.load(answer)
    assert (told["placed"], told["repeated"], told["refused"]) == (len(rows), 0, 0), told
    return {
        row["external_id"].removeprefix(f"{shop}-"): (row["route"], row["reason"]) for row in told["orders"]
    }


def rows_shown(person: Person, rows: str, cells: Iterable[int]) -> Iterator[tuple[str, ...]]:
    """The texts of these cells of every row, page after page, as a person turns them."""
    while True:
        read = """(rows, cells) => rows.map(row => cells.map(
            at => row.cells[at].innerText.trim().replace(/\u00a0/g, " ")))"""
        yield from map(tuple, person.page.locator(rows).evaluate_all(read, list(cells)))
        onward = person.page.locator("main a[rel=next]")
        if not onward.count():
            return
        person.page.goto(f"{person.page.url.split('?')[0]}{onward.first.get_attribute('href')}")


def exported(person: Person, path: str) -> list[tuple[str, ...]]:
    """The rows of a list's workbook, without its headings."""
    answer = person.context.request.get(f"{person.site.url}{path}")
    assert answer.ok, answer.status
    return pl.read_excel(io.BytesIO(answer.body()), infer_schema_length=0).rows()


def cut_figures(site: Site, on: date) -> tuple[int, ...] | None:
    """Orders turned whole, split, and lines, as the report of a day's 16:00 has them, once it is done."""
    query = """
        SELECT orders_turned, orders_split, lines_turned FROM orders_cutover
        WHERE business_date = %s AND finished_at IS NOT NULL
    """
    with psycopg.connect(site.database) as connection:
        return connection.execute(query, [on]).fetchone()


def turned(site: Site, on: date, *, shop: str | None = None) -> tuple[int, ...]:
    """The same three, counted from the decisions of that 16:00: of one shop or of all of them."""
    query = """
        SELECT count(*) FILTER (WHERE part = 0), count(*) FILTER (WHERE part > 0), COALESCE(sum(lines), 0)
        FROM (
            SELECT o.part, (SELECT count(*) FROM orders_orderline l WHERE l.order_id = o.id) AS lines
            FROM orders_routingdecision d
            JOIN orders_order o ON o.id = d.order_id
            JOIN parties_seller s ON s.id = o.seller_id
            WHERE d.reason = 'cutoff_fallback' AND (d.decided_at AT TIME ZONE 'Asia/Shanghai')::date = %s
              AND s.code = COALESCE(%s, s.code)
        ) back
    """
    with psycopg.connect(site.database) as connection:
        return connection.execute(query, [on, shop]).fetchone() or ()


def soon(true: Callable[[], bool], person: Person, *, seconds: int, what: str) -> None:
    """Wait until something that jobs do has happened."""
    for _ in range(seconds * 2):
        if true():
            return
        person.page.wait_for_timeout(500)
    raise AssertionError(what)
