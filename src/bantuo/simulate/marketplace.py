"""Make up a small marketplace from a seed: the source that the demonstration replays."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

SELLERS, PRODUCTS_EACH, ORDERS, DAYS = 24, 6, 600, 42
# After the demo layout's activation day; a Monday, so that weeks are whole.
FIRST_DAY = datetime(2026, 7, 6)  # noqa: DTZ001 (a wall-clock time; the layout names its zone)
_CITIES = ("义乌", "东莞", "杭州", "深圳", "宁波", "广州")
_CATEGORIES = ("home-lamps", "home-storage", "home-kitchenware", "ce-cables", "ce-phone-cases", "ap-bags",
               "sp-yoga", "food-snacks")  # fmt: skip


def make_marketplace(folder: Path, *, seed: int = 20260706) -> None:
    """Write sellers, products, items and orders as Parquet; the same seed gives the same files."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(seed)
    sellers = [{"seller": f"SIM-{n:04d}", "city": chance.choice(_CITIES)} for n in range(1, SELLERS + 1)]
    products = [_product(f"{s['seller']}-P{n}", chance) for s in sellers for n in range(1, PRODUCTS_EACH + 1)]
    orders, items = _orders(sellers, products, chance)
    for name, rows in (("sellers", sellers), ("products", products), ("items", items), ("orders", orders)):
        pl.DataFrame(rows, infer_schema_length=None).write_parquet(folder / f"{name}.parquet")


def _product(code: str, chance: random.Random) -> dict[str, object]:
    category = chance.choices(_CATEGORIES, weights=[4, 4, 4, 3, 3, 3, 3, 1])[0]
    return {
        "product": code,
        "category": category,
        "weight_g": chance.randrange(50, 4000),
        "length_mm": chance.randrange(80, 500),
        "width_mm": chance.randrange(60, 400),
        "height_mm": chance.randrange(20, 250),
    }


def _orders(
    sellers: list[dict[str, str]], products: list[dict[str, object]], chance: random.Random
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Orders with one or two sellers' goods; prices stay the same per product."""
    prices = {str(p["product"]): chance.randrange(1500, 40_000) for p in products}
    orders: list[dict[str, object]] = []
    items: list[dict[str, object]] = []
    for number in range(1, ORDERS + 1):
        code = f"DEMO-{number:05d}"
        orders.append(_order(code, chance))
        chosen = chance.sample(products, k=chance.choices((1, 2, 3), weights=(80, 15, 5))[0])
        for line, product in enumerate(chosen, start=1):
            name = str(product["product"])
            items.append(
                {
                    "order": code,
                    "line": line,
                    "product": name,
                    "seller": name.rsplit("-P", 1)[0],
                    "price": _yuan(prices[name]),
                    "freight": _yuan(chance.randrange(0, 3000)),
                }
            )
    return orders, items


def _order(code: str, chance: random.Random) -> dict[str, object]:
    placed = FIRST_DAY + timedelta(seconds=chance.randrange(DAYS * 86_400))
    status = chance.choices(("delivered", "shipped", "cancelled", "out_of_stock"), weights=(90, 3, 5, 2))[0]
    carrier = placed + timedelta(hours=chance.randrange(36, 96))
    delivered = carrier + timedelta(hours=chance.randrange(96, 400))
    gone = status in ("delivered", "shipped") or (status == "cancelled" and chance.random() < 0.4)
    return {
        "order": code,
        "status": status,
        "placed_at": placed,
        "carrier_at": carrier if gone else None,
        "delivered_at": delivered if status == "delivered" else None,
    }


def _yuan(fen: int) -> str:
    """Exact text, as a file would carry it."""
    return f"{fen // 100}.{fen % 100:02d}"
