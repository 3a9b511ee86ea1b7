from __future__ import annotations

import pytest
from django.db import connection

from bantuo.apps.events.models import OutboxEvent
from bantuo.apps.events.operations import emit_events
from tests.apps.floor import STEPS, bring, topics
from tests.apps.trading import make_world

pytestmark = pytest.mark.django_db


def test_each_event_is_one_undelivered_row_with_its_own_instant() -> None:
    world = make_world()
    at = world.at("10:00")
    assert emit_events("x.happened", [(7, "x:1", {"a": 1}), (None, "x:2", {})], at=at) == 2
    rows = OutboxEvent.objects.order_by("id").values_list(
        "topic", "seller_id", "key", "payload", "delivered_at"
    )
    assert list(rows) == [("x.happened", 7, "x:1", {"a": 1}, None), ("x.happened", None, "x:2", {}, None)]
    assert {event.occurred_at for event in OutboxEvent.objects.all()} == {at}


def test_no_event_is_no_row() -> None:
    assert emit_events("x.happened", [], at=make_world().at("10:00")) == 0


def test_an_event_outside_the_transaction_that_made_it_happen_is_refused() -> None:
    at = make_world().at("10:00")
    connection.in_atomic_block = False
    try:
        with pytest.raises(RuntimeError, match=r"x\.happened"):
            emit_events("x.happened", [(7, "x:1", {})], at=at)
    finally:
        connection.in_atomic_block = True


def test_every_step_of_an_order_tells_the_outbox() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=5)
    order = bring(world, world.order(seller, "O1", "10:00", A=1).order_id, to="reserved")
    told = [topics()]
    for step in STEPS.values():
        before = OutboxEvent.objects.count()
        step(world, order)
        told.append(topics()[before:])
    assert told == [
        ["stock.declared", "order.placed"],
        ["order.released"],
        ["warehouse.shipment_notified"],
        ["warehouse.shipment_received", "order.picking"],
        ["order.packed"],
        ["order.handed_over"],
        ["customs.list_drafted"],
        ["customs.list_cleared", "order.export_cleared"],
        ["order.departed"],
        ["order.delivered"],
        ["order.completed"],
    ]
    assert {event.seller_id for event in OutboxEvent.objects.all()} == {seller.pk}
