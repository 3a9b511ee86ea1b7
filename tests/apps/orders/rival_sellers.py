"""Threads at the same few orders in a database of their own; prints what is left, as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from django.db import connection
from django.db.models import Sum

from bantuo.apps.aftersales.models import AfterSale
from bantuo.apps.aftersales.operations import (
    CancelAnswer,
    Cancelling,
    accept_cancel,
    cancel_lines,
    request_cancel,
)
from bantuo.apps.orders.models import Order, OrderLine, Shipment
from bantuo.apps.orders.operations.cutover import cut_over
from bantuo.apps.orders.operations.reversal import reverse_turning
from bantuo.apps.orders.operations.shipping import NewShipment, ship_orders
from bantuo.apps.stock.models import Balance
from bantuo.apps.stock.queries import movement_differences, oversold_balances
from bantuo.core.clock import operating_day
from tests.apps.trading import ACTOR, make_world

ORDERS, TURNS = 12, 8


def _at_once(*works: Callable[[Random], object]) -> None:
    """Each work in two threads with connections of their own; an error of any ends the process."""

    def go(seed: int, work: Callable[[Random], object]) -> None:
        try:
            draw = Random(seed)
            for _ in range(TURNS):
                work(draw)
        finally:
            connection.close()

    with ThreadPoolExecutor(2 * len(works)) as pool:
        for done in [pool.submit(go, seed, work) for seed, work in enumerate([*works, *works])]:
            done.result(60)


def ship_and_cancel() -> dict[str, Any]:
    """Sellers ship pieces while buyers cancel others, at once and by request."""
    world = make_world()
    seller = world.seller("S1", "A", semi=False)
    ids = [world.order(seller, f"O{n}", "10:00", A=3).order_id or 0 for n in range(ORDERS)]
    told: dict[str, Any] = {"now": world.at("11:00"), "actor": ACTOR}

    def ship(draw: Random) -> None:
        rows = [
            NewShipment(str(o), o, "SF", f"SF{draw.randrange(10**6):06}", pieces={1: 1})
            for o in draw.sample(ids, 5)
        ]
        ship_orders(rows, seller_id=seller.pk, **told)

    def cancel(draw: Random) -> None:
        rows = [Cancelling(str(o), o, str(draw.random()), "x", lines={1: 1}) for o in draw.sample(ids, 5)]
        cancel_lines(rows, seller_id=None, **told)

    def ask(draw: Random) -> None:
        chosen = draw.sample(ids, 5)
        rows = [Cancelling(str(o), o, str(draw.random()), "x", lines={1: 1}) for o in chosen]
        request_cancel(rows, seller_id=None, book=world.book, day=world.day, **told)
        accept_cancel([CancelAnswer(str(o), o) for o in reversed(chosen)], seller_id=None, **told)

    _at_once(ship, cancel, ask)
    wrong = []
    for order in Order.objects.filter(state__in=("to_ship", "shipped")):
        held = order.lines.aggregate(n=Sum("quantity"))["n"]
        sent = Shipment.objects.filter(order=order).aggregate(n=Sum("lines__quantity"))["n"] or 0
        if sent > held or (sent == held) != (order.state == "shipped"):
            wrong.append((order.pk, order.state, held, sent))
    return {
        **OrderLine.objects.aggregate(pieces=Sum("quantity"), goods=Sum("goods_fen")),
        "refunded": AfterSale.objects.aggregate(fen=Sum("refund_fen"))["fen"]
        == Order.objects.filter(state="cancelled").aggregate(fen=Sum("goods_fen"))["fen"],
        "wrong": wrong,
    }


def take_back_and_sell() -> dict[str, Any]:
    """Operators take fallbacks back while buyers cancel and buy, with stock for some of it."""
    world = make_world()
    seller = world.seller("S1", "A", "B")
    world.state(seller, "09:00", 1, A=ORDERS, B=ORDERS)
    world = replace(world, day=operating_day(world.book, world.day.on + timedelta(days=1)))
    ids = [world.order(seller, f"O{n}", "10:00", A=1, B=1).order_id or 0 for n in range(ORDERS)]
    cut_over(book=world.book, day=world.day, now=world.day.cutoff_at, actor=ACTOR)
    world.state(seller, "16:30", 2, A=5, B=7)
    told: dict[str, Any] = {"now": world.at("17:00"), "actor": ACTOR}

    def take_back(draw: Random) -> None:
        chosen = draw.sample(ids, 5)
        reverse_turning(chosen, reason="r", book=world.book, day=world.day, **told)

    def cancel(draw: Random) -> None:
        rows = [Cancelling(str(o), o, str(draw.random()), "x") for o in draw.sample(ids, 1)]
        cancel_lines(rows, seller_id=None, **told)

    def sell(draw: Random) -> None:
        world.order(seller, f"N{draw.randrange(10**9)}", "17:00", A=1, B=1)

    _at_once(take_back, cancel, sell)
    reserved = {
        sku: OrderLine.objects.filter(sku__code=sku, reserved=True).aggregate(n=Sum("quantity"))["n"] or 0
        for sku in ("A", "B")
    }
    held = {b.sku.code: (b.declared_reserved, b.declared) for b in Balance.objects.select_related("sku")}
    return {
        "reserved is what lines hold": all(held[sku][0] == reserved[sku] for sku in reserved),
        "none too many": all(reserved[sku] <= held[sku][1] for sku in reserved),
        "sound": movement_differences() == [] and oversold_balances() == [],
    }


SCENES = {"ship_and_cancel": ship_and_cancel, "take_back_and_sell": take_back_and_sell}


def main() -> None:
    print(json.dumps(SCENES[sys.argv[1]]()))
