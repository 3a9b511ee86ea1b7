"""What each process of the concurrency test does for some seconds; run it by `start_process`.

All buyers walk through the same order ids, so nearly every order is sent several times; what an order
holds follows from its id alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from random import Random
from time import monotonic

from django.db import OperationalError

from bantuo.apps.aftersales.operations import cancel_orders
from bantuo.apps.orders.operations.advance import release_orders
from bantuo.apps.orders.operations.cutover import cut_over
from bantuo.apps.orders.operations.fallback import resolve_shortages
from bantuo.apps.orders.operations.intake import NewOrder
from bantuo.apps.parties.models import Seller, Warehouse
from bantuo.apps.sql import fetch_rows
from bantuo.apps.stock.operations import StatedRow, StockStatement, declare_stock
from bantuo.apps.stock.queries import movement_differences, oversold_balances
from bantuo.core.clock import operating_day
from bantuo.engine.books import load_book
from tests.apps.floor import case, notify, receive
from tests.apps.trading import ACTOR, DAY, World, make_world

# H1 is stated up and down, H2 always alike (it may never be short), H3 was stated yesterday only.
HOT = ("H1", "H2", "H3")
STEADY, UNSTATED = "H2", "H3"
ALONE = 1_000_000  # ids of a buyer who buys alone begin at a multiple of this


def open_market() -> None:
    """One seller with three hot SKUs, all stated yesterday."""
    world = make_world()
    yesterday = World(world.book, operating_day(world.book, DAY - timedelta(days=1)), world.warehouse)
    yesterday.state(world.seller("S1", *HOT), "09:00", 1, **dict.fromkeys(HOT, 300))


def _market() -> tuple[World, Seller]:
    book = load_book()
    return World(book, operating_day(book, DAY), Warehouse.objects.get()), Seller.objects.get()


def order_of(world: World, seller: Seller, number: int) -> NewOrder:
    draw = Random(number)
    skus = draw.sample(HOT, draw.randint(1, 3))
    return world.new_order(seller, f"E{number}", "10:00", **{sku: draw.randint(1, 3) for sku in skus})


def buy(draw: Random, first: int = 0) -> Callable[[int], None]:
    """Batches of orders in random order, half of each batch seen before, some twice in it."""
    world, seller = _market()

    def take(turn: int) -> None:
        numbers = [*numbers_of(turn, first), first + turn * 15, first + turn * 15 + 1]
        draw.shuffle(numbers)
        world.take([order_of(world, seller, number) for number in numbers], "10:00")

    return take


def numbers_of(turn: int, first: int) -> range:
    """The orders that a buyer sends on one turn."""
    return range(first + turn * 15, first + turn * 15 + 30)


def buy_alone(draw: Random) -> Callable[[int], None]:
    """As `buy`, with ids that nobody else sends: only the stock stands between these buyers."""
    return buy(draw, first=draw.randrange(1, 1000) * ALONE)


def state(draw: Random) -> Callable[[int], None]:
    """Statements that rise and fall, each sent twice, and shortages resolved after each."""
    world, seller = _market()

    def say(turn: int) -> None:
        rows = [StatedRow(1, "H1", "WH", draw.randint(0, 400)), StatedRow(2, STEADY, "WH", 300)]
        draw.shuffle(rows)
        statement = StockStatement(seller.pk, turn // 2 + 2, world.at("09:00"), "gross", "test", rows)
        declare_stock([statement], day=world.day, now=world.at("09:00"), actor=ACTOR)
        resolve_shortages(book=world.book, now=world.at("09:00"), actor=ACTOR)

    return say


def work(draw: Random) -> Callable[[int], None]:
    """Release, ship and receive all the time; 16:00 passes on the sixth turn and again later."""
    world, _ = _market()

    def turn_floor(turn: int) -> None:
        release_orders(day=world.day, now=world.at("11:00"), actor=ACTOR)
        receive(notify(world, "11:00"), world.at("12:00"))
        if turn and turn % 6 == 0:
            cut_over(book=world.book, day=world.day, now=world.day.cutoff_at, actor=ACTOR)

    return turn_floor


def cancel(draw: Random) -> Callable[[int], None]:
    world, _ = _market()

    def drop_some(turn: int) -> None:
        live = fetch_rows(
            "SELECT id FROM orders_order WHERE state IN ('reserved', 'released', 'picking', 'to_ship')"
        )
        chosen = draw.sample(live, min(len(live), 8))
        cancel_orders([case(order, world.at("13:00")) for (order,) in chosen], actor=ACTOR)

    return drop_some


def watch(draw: Random) -> Callable[[int], None]:
    """What must hold after every commit is looked at all the time."""

    def look(turn: int) -> None:
        found = [*oversold_balances(), *movement_differences()]
        if found:
            raise OperationalError(f"turn {turn}: {found}")

    return look


ROLES = {"buy": buy, "buy_alone": buy_alone, "state": state, "work": work, "cancel": cancel, "watch": watch}


def trade(role: str, seed: str, seconds: str) -> None:
    """Do a role's turns until the time is up; say how many there were, and what the database refused."""
    turn, errors, end = 0, [], monotonic() + int(seconds)
    act = ROLES[role](Random(int(seed)))
    while monotonic() < end:
        try:
            act(turn)
        except OperationalError as error:  # a deadlock, or a server that went away
            errors.append(str(error).splitlines()[0])
        turn += 1
    first = Random(int(seed)).randrange(1, 1000) * ALONE if role == "buy_alone" else 0
    print(json.dumps({"role": role, "first": first, "turns": turn, "errors": errors}))


def judge(buyers: str) -> None:
    """What must hold once all is quiet, as lists of what does not; each list must be empty."""
    world, seller = _market()
    sent = {
        n for first, turns in json.loads(buyers) for turn in range(turns) for n in numbers_of(turn, first)
    }
    expected = {f"E{n}": order_of(world, seller, n) for n in sent}
    found: dict[str, list[tuple[int, int]]] = {}
    for key, lines, goods in fetch_rows(
        """
        SELECT o.external_id, (SELECT count(*) FROM orders_orderline l WHERE l.order_id = o.id), o.goods_fen
        FROM orders_order o
        """
    ):
        found.setdefault(key, []).append((lines, goods))
    wrong = [
        key
        for key, parts in found.items()
        if (sum(n for n, _ in parts), sum(fen for _, fen in parts))
        != (len(expected[key].lines), sum(line.goods_fen for line in expected[key].lines))
    ]
    print(
        json.dumps(
            {
                "oversold": oversold_balances(),
                "movements": movement_differences(),
                "short though always stated alike": fetch_rows(
                    """
                    SELECT x.id, x.reason FROM stock_shortage x JOIN stock_balance b ON b.id = x.balance_id
                    JOIN catalog_sku k ON k.id = b.sku_id WHERE k.code = %s
                    """,
                    [STEADY],
                ),
                "lost": sorted(expected.keys() - found.keys()),
                "not as sent": wrong,
                "twice": fetch_rows(
                    "SELECT external_id FROM orders_order WHERE part = 0 GROUP BY 1 HAVING count(*) > 1"
                ),
                "keys": fetch_rows(
                    "SELECT external_id FROM orders_orderkey EXCEPT SELECT external_id FROM orders_order"
                ),
                "reserved without a reservation": fetch_rows(
                    """
                    SELECT o.id FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
                    WHERE o.state = 'reserved' AND (o.route <> 'semi' OR NOT l.reserved)
                    """
                ),
                "reservation without an order": fetch_rows(
                    """
                    SELECT l.id FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
                    WHERE l.reserved
                        AND (o.route <> 'semi' OR o.state NOT IN ('reserved', 'released', 'picking'))
                    """
                ),
                "lines and balances differ": fetch_rows(
                    """
                    SELECT b.id FROM stock_balance b
                    LEFT JOIN orders_orderline l ON l.sku_id = b.sku_id AND l.reserved GROUP BY b.id
                    HAVING b.declared_reserved + b.on_hand_reserved <> COALESCE(sum(l.quantity), 0)
                    """
                ),
                "unstated and still waiting": fetch_rows(
                    """
                    SELECT o.id FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
                    JOIN catalog_sku k ON k.id = l.sku_id
                    WHERE o.state = 'reserved' AND l.pool = 'declared' AND k.code = %s
                    """,
                    [UNSTATED],
                ),
            }
        )
    )


def main() -> None:
    name, *arguments = sys.argv[1:]
    {"open_market": open_market, "trade": trade, "judge": judge}[name](*arguments)
