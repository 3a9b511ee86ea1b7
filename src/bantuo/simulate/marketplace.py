"""Make up a small marketplace from a seed: the source that the demonstration replays."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

# After the demo layout's activation day; a Monday, so that weeks are whole.
FIRST_DAY = datetime(2026, 7, 6)  # noqa: DTZ001 (a wall-clock time; the layout names its zone)
_CITIES = ("义乌", "东莞", "杭州", "深圳", "宁波", "广州")
_CATEGORIES = ("home-lamps", "home-storage", "home-kitchenware", "ce-cables", "ce-phone-cases", "ap-bags",
               "sp-yoga", "food-snacks")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of everything there is."""

    sellers: int = 24
    products_each: int = 6
    orders: int = 600
    days: int = 42


DEMO = Extent()


def make_marketplace(folder: Path, *, seed: int = 20260706, extent: Extent = DEMO) -> None:
    """Write sellers, products, items and orders as Parquet; the same seed gives the same files."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(seed)
    codes = [f"SIM-{n:04d}" for n in range(1, extent.sellers + 1)]
    sellers = [{"seller": code, "city": chance.choice(_CITIES)} for code in codes]
    numbers = range(1, extent.products_each + 1)
    products = [_product(f"{code}-P{n}", chance) for code in codes for n in numbers]
    orders, items = _orders(products, chance, extent)
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
    products: list[dict[str, object]], chance: random.Random, extent: Extent
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Orders with one or two sellers' goods; prices stay the same per product."""
    prices = {str(p["product"]): chance.randrange(1500, 40_000) for p in products}
    orders: list[dict[str, object]] = []
    items: list[dict[str, object]] = []
    for number in range(1, extent.orders + 1):
        code = f"DEMO-{number:05d}"
        orders.append(_order(code, chance, extent.days))
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


def _order(code: str, chance: random.Random, days: int) -> dict[str, object]:
    placed = FIRST_DAY + timedelta(seconds=chance.randrange(days * 86_400))
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
