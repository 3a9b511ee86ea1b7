"""Roles of processes that all want the same at the same moment; run them by `start_process`.

They set themselves up, say `ready`, and wait at a gate that the test opens for all of them at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from random import Random
from time import monotonic, sleep, time
from typing import Any

from django.db import OperationalError

from bantuo.apps.orders.operations.advance import release_orders
from bantuo.apps.orders.operations.cutover import cut_over
from bantuo.apps.orders.operations.fallback import resolve_shortages
from bantuo.apps.orders.operations.intake import NewLine, NewOrder, place_orders
from bantuo.apps.parties.models import Seller, Warehouse
from bantuo.apps.sql import fetch_rows
from bantuo.apps.stock.operations import StatedRow, StockStatement, declare_stock
from bantuo.core.clock import OperatingDay, operating_day
from bantuo.engine.books import load_book
from tests.apps.trading import ACTOR, DAY, World, make_world

GATE = 4_004
HOT, HOT_STOCK = "HOT", 500
BASKET, BASKET_STOCK = ("B1", "B2", "B3", "B4", "B5"), 300
TURNS, BATCH = 24, 4
PUNCTUAL, LATE = "PUNCTUAL", "LATE"
DAY_S, CUT_AFTER_S = 1.5, 0.5


def open_rush() -> None:
    """One seller; a hot SKU and the SKUs of the baskets, all stated today."""
    world = make_world()
    seller = world.seller("S1", HOT, *BASKET)
    world.state(seller, "09:00", 1, **{HOT: HOT_STOCK}, **dict.fromkeys(BASKET, BASKET_STOCK))


def open_days() -> None:
    """One seller who states one SKU every day in time and another always too late."""
    world = make_world()
    yesterday = World(world.book, operating_day(world.book, DAY - timedelta(days=1)), world.warehouse)
    yesterday.state(world.seller("S1", PUNCTUAL, LATE), "09:00", 1, **{PUNCTUAL: 1_000, LATE: 1_000})


def _market(after: int = 0) -> tuple[World, Seller]:
    book = load_book()
    day = operating_day(book, DAY + timedelta(days=after))
    return World(book, day, Warehouse.objects.get()), Seller.objects.get()


def _wait_at_gate() -> float:
    """Until the test lets everybody go; the moment at which it did."""
    print("ready", flush=True)
    fetch_rows("SELECT pg_advisory_lock_shared(%s), pg_advisory_unlock_shared(%s)", [GATE, GATE])
    return time()


def _tried(act: Callable[[], object], errors: list[str]) -> None:
    try:
        act()
    except OperationalError as fault:  # a deadlock above all
        errors.append(str(fault).splitlines()[0])


def write(number: int) -> dict[str, Any]:
    """Batches of orders: one piece of the hot SKU each, or one of every SKU of the basket.

    Every second writer names everything in the opposite order. What two of them send is the same.
    """
    world, seller = _market()
    errors = list[str]()
    forwards = number % 2 == 0
    basket = BASKET if forwards else BASKET[::-1]
    _wait_at_gate()
    for turn in range(TURNS):
        names = [f"{number // 2}-{turn}-{at}" for at in range(BATCH)]
        orders = [world.new_order(seller, f"H{name}", "10:00", **{HOT: 1}) for name in names]
        orders += [_basket_order(seller, f"B{name}", world.at("10:00"), basket) for name in names]
        _tried(partial(world.take, orders if forwards else orders[::-1], "10:00"), errors)
    return {"errors": errors}


def _basket_order(seller: Seller, name: str, at: datetime, skus: tuple[str, ...]) -> NewOrder:
    """The same lines with the same numbers, named in one order or the other."""
    lines = [NewLine(f"{name}/{sku}", BASKET.index(sku) + 1, sku, 1, 6000, 0) for sku in skus]
    return NewOrder("test", seller.code, name, at, "ES", lines)


def _days(days: int, began: float) -> Iterator[tuple[int, float]]:
    """Each day's number, and until when it lasts on the clock of the machine."""
    for number in range(days):
        sleep(max(0.0, began + number * DAY_S - time()))
        yield number, began + (number + 1) * DAY_S


def buy(number: int, days: int) -> dict[str, Any]:
    """Orders for either SKU or both, all day long; their clock says just before 16:00 or just after."""
    errors, draw = list[str](), Random(number)
    _, seller = _market()
    began = _wait_at_gate()
    sent = 0
    for after, until in _days(days, began):
        world, _ = _market(after)
        while time() < until:
            at = world.day.cutoff_at + timedelta(seconds=draw.choice((-2, -1, 1)))
            orders = []
            for _ in range(draw.randint(1, 5)):
                sent += 1
                skus = draw.choice(((PUNCTUAL,), (LATE,), (LATE, PUNCTUAL), (PUNCTUAL, LATE)))
                lines = [NewLine(f"{n}", n, sku, 1, 6000, 0) for n, sku in enumerate(skus, start=1)]
                orders.append(NewOrder("test", seller.code, f"D{number}-{sent}", at, "ES", lines))
            take = partial(place_orders, book=world.book, day=world.day, now=at, actor=ACTOR)
            _tried(partial(take, orders), errors)
    return {"errors": errors, "sent": sent}


def state(number: int, days: int) -> dict[str, Any]:
    """Statements all day long, the late SKU always a second too late; shortages are resolved after each."""
    errors, draw = list[str](), Random(number)
    world, seller = _market()
    began = _wait_at_gate()
    for after, until in _days(days, began):
        world, _ = _market(after)
        sequence = _first_sequence(after)
        _wait_for_morning(world, after)
        while time() < until:
            sequence += 1
            quantities = {LATE: draw.randint(0, 1_000)}
            if draw.random() < 0.7:
                quantities[PUNCTUAL] = draw.randint(0, 1_000)
            at = world.day.cutoff_at + timedelta(seconds=1)
            _tried(partial(_declare, world.day, seller, sequence, at, quantities), errors)
            _tried(partial(resolve_shortages, book=world.book, now=at, actor=ACTOR), errors)
    return {"errors": errors}


def _declare(
    day: OperatingDay, seller: Seller, sequence: int, at: datetime, quantities: dict[str, int]
) -> None:
    rows = [StatedRow(n, sku, "WH", pieces) for n, (sku, pieces) in enumerate(quantities.items(), start=1)]
    statement = StockStatement(seller.pk, sequence, at, "gross", "test", rows)
    declare_stock([statement], day=day, now=at, actor=ACTOR)


def release(number: int, days: int) -> dict[str, Any]:
    """Whatever may go to the warehouse goes there at once."""
    errors = list[str]()
    began = _wait_at_gate()
    for after, until in _days(days, began):
        world, _ = _market(after)
        while time() < until:
            at = world.day.cutoff_at + timedelta(seconds=1)
            _tried(partial(release_orders, day=world.day, now=at, actor=ACTOR), errors)
            sleep(0.05)
    return {"errors": errors}


def cut(number: int, days: int) -> dict[str, Any]:
    """16:00 in the midst of it all, three orders at a time; two of these are at the same day at once.

    The first one also gives the morning's word for the punctual SKU.
    """
    errors, done = list[str](), 0
    _, seller = _market()
    began = _wait_at_gate()
    for after, until in _days(days, began):
        world, _ = _market(after)
        if number == 0:
            morning = _first_sequence(after), world.at("09:00"), {PUNCTUAL: 1_000}
            _tried(partial(_declare, world.day, seller, *morning), errors)
        _wait_for_morning(world, after)
        sleep(max(0.0, until - DAY_S + CUT_AFTER_S - time()))
        at = world.day.cutoff_at
        told = {"book": world.book, "day": world.day, "now": at, "actor": ACTOR}
        _tried(partial(cut_over, chunk_orders=3, **told), errors)
        done += 1
    return {"errors": errors, "done": done}


def _first_sequence(after: int) -> int:
    return (after + 1) * 1_000_000


def _wait_for_morning(world: World, after: int) -> None:
    """The day's first word is there: whoever speaks later is late with what was not in it."""
    end = monotonic() + 60
    query = "SELECT 1 FROM stock_declaration WHERE business_date = %s AND sequence = %s"
    while not fetch_rows(query, [world.day.on, _first_sequence(after)]):
        assert monotonic() < end, "the morning's word does not come"
        sleep(0.02)


ROLES = {"buy": buy, "state": state, "release": release, "cut": cut}


def main() -> None:
    """What the command line says."""
    act, *told = sys.argv[1:]
    if act == "open_rush":
        open_rush()
    elif act == "open_days":
        open_days()
    elif act == "write":
        print(json.dumps(write(int(told[0]))))
    else:
        print(json.dumps(ROLES[act](int(told[0]), int(told[1]))))
