"""Things that a test of any room needs to exist: the book, sellers, warehouses, listed SKUs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bantuo.apps.catalog.operations import NewSku, import_category_list, list_skus
from bantuo.apps.catalog.queries import listed_skus
from bantuo.apps.events.models import OutboxEvent
from bantuo.apps.parties.operations import (
    NewBinding,
    NewSeller,
    NewWarehouse,
    bind_warehouses,
    open_warehouses,
    register_sellers,
    set_programme_state,
)
from bantuo.apps.policies.operations import publish_book
from bantuo.core.policy import Book
from bantuo.engine.books import load_book
from bantuo.engine.profiles import parse_profile

DAY = date(2024, 8, 1)
NOW = datetime(2024, 8, 1, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
ACTOR = "operator:test"
CATEGORY = "home-lamps"
MARKETPLACE = "test-market"


def the_book() -> Book:
    """The programme's own book."""
    return load_book("aliexpress-semi")


def policy_version(book: Book | None = None) -> int:
    """The id of the published book."""
    return int(publish_book(book or the_book(), now=NOW, actor=ACTOR).pk)


def new_seller(code: str, **changed: Any) -> NewSeller:
    """A seller as the marketplace reports it."""
    return replace(NewSeller(MARKETPLACE, code, f"Shop {code}", None, "Hangzhou"), **changed)


def make_sellers(*codes: str) -> list[int]:
    """Sellers that are known but outside the programme."""
    ids = register_sellers([new_seller(code) for code in codes], now=NOW, actor=ACTOR)
    return [ids[code] for code in codes]


def make_warehouse(code: str = "YIWU", **changed: Any) -> int:
    """A consolidation warehouse that declares under 9610."""
    warehouse = NewWarehouse(code, "consolidation", "义乌集货仓", "Yiwu", "9610", date(2023, 11, 1))
    return open_warehouses([replace(warehouse, **changed)], now=NOW, actor=ACTOR)[code]


def make_active_sellers(*codes: str, distance_m: int = 250_000) -> list[int]:
    """Sellers bound to the Yiwu warehouse and served since DAY."""
    sellers, warehouse = make_sellers(*codes), make_warehouse()
    bind_warehouses(
        [NewBinding(seller, warehouse, distance_m, "road quote") for seller in sellers], now=NOW, actor=ACTOR
    )
    set_programme_state(sellers, state="active", active_from=DAY, reason="test", now=NOW, actor=ACTOR)
    return sellers


def make_categories(*codes: str) -> None:
    """An admission list in force long before DAY."""
    rows = [
        {"code": code, "group": "home_garden", "name_zh": code, "name_en": code}
        for code in codes or (CATEGORY,)
    ]
    import_category_list(rows, valid_from=date(2023, 11, 1), origin="test", now=NOW, actor=ACTOR)


def new_sku(seller_id: int, code: str = "A-1", **changed: Any) -> NewSku:
    """The golden order's lamp: 120.00 against 130.00 ordinary, 30×25×20 cm, 1.2 kg, labelled."""
    sku = NewSku(
        row=1,
        seller_id=seller_id,
        product_code=f"P-{code}",
        sku_code=code,
        category=CATEGORY,
        title="Lamp",
        apparel=False,
        ordinary_fen=13000,
        exclusive_fen=12000,
        semi_managed=True,
        weight_g=1200,
        length_mm=300,
        width_mm=250,
        height_mm=200,
        label=True,
        photo_qc=False,
        markets=("US",),
        attributes_required=10,
        attributes_missing=0,
        size_chart=None,
    )
    return replace(sku, **changed)


def make_skus(seller_id: int, *codes: str, **changed: Any) -> list[int]:
    """Listed SKUs of an active seller; the admission list is made if there is none."""
    make_categories()
    rows = [new_sku(seller_id, code, row=at, **changed) for at, code in enumerate(codes, start=1)]
    result = list_skus(rows, book=the_book(), on=DAY, now=NOW, actor=ACTOR)
    assert result.refused == []
    listed = listed_skus([seller_id])
    return [listed[seller_id, code] for code in codes]


def outbox(topic: str) -> list[tuple[str, dict[str, Any]]]:
    """Key and payload of every event of a topic, in order."""
    events = OutboxEvent.objects.filter(topic=topic).order_by("id")
    return [(event.key, event.payload) for event in events]


def seller_profile(code: str = "S1", **metrics: Any) -> dict[str, Any]:
    """The shipped example of a seller who is ready, with some of its metrics changed."""
    text = (Path(__file__).parents[2] / "examples" / "seller_ready.json").read_text(encoding="utf-8")
    profile = parse_profile(text)
    return {**profile, "code": code, "metrics": {**profile["metrics"], **metrics}}
