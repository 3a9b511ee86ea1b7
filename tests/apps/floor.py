"""Bring the orders of a small world along the floor, and see what a second call changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection

from bantuo.apps.aftersales.operations import Case
from bantuo.apps.customs.operations import clear_lists, draft_lists
from bantuo.apps.events.models import OutboxEvent
from bantuo.apps.orders.models import Order
from bantuo.apps.orders.operations.advance import advance_orders, release_orders
from bantuo.apps.orders.operations.cutover import CutOverReport, cut_over
from bantuo.apps.stock.queries import movement_differences, oversold_balances
from bantuo.apps.warehouse.operations.inbound import Arrival, notify_jit_shipments, receive_shipments
from bantuo.apps.warehouse.operations.outbound import Packing, hand_over_orders, pack_orders
from tests.apps.trading import ACTOR, World


def release(world: World, clock: str) -> list[int]:
    return release_orders(day=world.day, now=world.at(clock), actor=ACTOR)


def cut(world: World) -> CutOverReport:
    return cut_over(book=world.book, day=world.day, now=world.day.cutoff_at, actor=ACTOR)


def notify(world: World, clock: str) -> list[int]:
    """Shipment notices of what is released; they are due within six hours."""
    return notify_jit_shipments(
        day=world.day, arrive_within=timedelta(hours=6), now=world.at(clock), actor=ACTOR
    )


def receive(shipments: Sequence[int], at: datetime) -> list[int]:
    return receive_shipments([Arrival(shipment, at) for shipment in shipments], actor=ACTOR)


def packing(order_id: int, at: datetime, **changed: Any) -> Packing:
    """An order at the bench for 80 seconds, measured as the golden order."""
    measured: dict[str, Any] = {
        "seconds": 80,
        "wrong_scans": 0,
        "mis_shipped": False,
        "weight_g": 1200,
        "length_mm": 300,
        "width_mm": 250,
        "height_mm": 200,
        "station": "bench-1",
    }
    return Packing(order_id=order_id, started_at=at, **{**measured, **changed})


def case(order_id: int, at: datetime, **changed: str) -> Case:
    """A buyer who thinks again."""
    words = {"responsible": "buyer", "reason": "changed mind", "rule": "RSP-1", **changed}
    return Case(order_id=order_id, at=at, **words)


# What brings an order from the state before to each of these, in order.
STEPS: dict[str, Callable[[World, int], object]] = {
    "released": lambda world, _: release(world, "10:30"),
    "on_the_way": lambda world, _: notify(world, "10:40"),
    "picking": lambda world, order: receive(shipments_of(order), world.at("12:00")),
    "packed": lambda world, order: pack_orders([packing(order, world.at("13:00"))], actor=ACTOR),
    "handed_over": lambda world, order: hand_over_orders(
        [(order, world.at("14:00"))], code="HO-1", actor=ACTOR
    ),
    "drafted": lambda world, order: draft_lists([order], now=world.at("14:10"), actor=ACTOR),
    "export_cleared": lambda world, order: clear_lists([(order, world.at("15:00"))], actor=ACTOR),
    "departed": lambda world, order: advance_orders(
        [(order, world.at("18:00"))], to="departed", reason="first leg", actor=ACTOR
    ),
    "delivered": lambda world, order: advance_orders(
        [(order, world.at("22:00"))], to="delivered", reason="delivery scan", actor=ACTOR
    ),
    "completed": lambda world, order: advance_orders(
        [(order, world.at("23:00"))], to="completed", reason="14 days", actor=ACTOR
    ),
}


def bring(world: World, order_id: int | None, *, to: str) -> int:
    """Take a reserved order of a JIT seller along all steps up to one; `reserved` takes none."""
    assert order_id is not None
    for name, step in STEPS.items() if to != "reserved" else ():
        step(world, order_id)
        if name == to:
            break
    return order_id


def shipments_of(order_id: int) -> list[int]:
    order = Order.objects.get(pk=order_id)
    found = order.lines.filter(cartonline__isnull=False).values_list(
        "cartonline__carton__shipment", flat=True
    )
    return sorted(set(found))


def state_of(order_id: int | None) -> str:
    return str(Order.objects.get(pk=order_id).state)


def topics() -> list[str]:
    """The topics of the outbox, in the order in which things happened."""
    return list(OutboxEvent.objects.order_by("id").values_list("topic", flat=True))


def row_counts() -> dict[str, int]:
    """How many rows every table of the project holds."""
    return {
        m._meta.db_table: m.objects.count() for m in apps.get_models() if m.__module__.startswith("bantuo")
    }


def stored() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table: what a repeated call must leave exactly as it was."""
    with connection.cursor() as cursor:
        tables: dict[str, list[tuple[Any, ...]]] = {}
        for table in row_counts():
            cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
            tables[table] = list(cursor.fetchall())
    return tables


def assert_changes_nothing(call: Callable[[], object]) -> object:
    """Call again, and compare every row of every table."""
    before = stored()
    result = call()
    assert stored() == before
    return result


def assert_stock_sound() -> None:
    assert movement_differences() == []
    assert oversold_balances() == []
