"""Lists of orders: every filter, both directions, bounded counts, a fixed number of statements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bantuo.apps.orders.models import CutOver, OrderLine
from bantuo.apps.orders.operations.parting import part_orders
from bantuo.apps.orders.operations.shipping import NewShipment, ship_orders
from bantuo.apps.orders.order_lists import (
    OrderFilter,
    count_orders,
    every_order,
    listed_orders,
    order_ids,
    orders_of,
)
from bantuo.apps.orders.order_rows import order_detail, order_named
from bantuo.apps.parties.models import Seller
from tests.apps.floor import release
from tests.apps.trading import ACTOR, World, make_world

pytestmark = pytest.mark.django_db


def _market() -> tuple[World, Seller, dict[str, int]]:
    """E-1 and E-2 of a stated SKU, the second for more than there is; F-1 of a SKU of the seller's own."""
    world = make_world()
    seller = world.seller("S1", "A")
    world.sku(seller, "OWN", semi=False)
    world.state(seller, "09:00", A=5)
    told = {"E-1": {"A": 2}, "E-2": {"A": 9}, "F_1": {"OWN": 1}}
    ids = {name: world.order(seller, name, "10:00", **lines).order_id or 0 for name, lines in told.items()}
    other = world.seller("S2", "A")
    ids["E-9"] = world.order(other, "E-9", "10:10", A=1).order_id or 0
    return world, seller, ids


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["E-1", "E-2", "F_1"]),
        ({"states": ("reserved",)}, ["E-1"]),
        ({"states": ("reserved", "to_ship")}, ["E-1", "E-2", "F_1"]),
        ({"route": "self"}, ["E-2", "F_1"]),
        ({"reason": "stock_short"}, ["E-2"]),
        ({"reason": "sku_not_semi_managed"}, ["F_1"]),
        ({"sku": "A"}, ["E-1", "E-2"]),
        ({"sku": "none"}, []),
        ({"text": "E-"}, ["E-1", "E-2"]),
        ({"text": "F_1"}, ["F_1"]),
        ({"text": "E_1"}, []),
        ({"text": "%"}, []),
        ({"text": "\x00"}, ["E-1", "E-2", "F_1"]),
        ({"text": "SF0001"}, ["F_1"]),
        ({"cancel_asked": True}, []),
    ],
)
def test_each_filter_finds_its_orders(asked: dict[str, Any], found: list[str]) -> None:
    world, seller, ids = _market()
    row = NewShipment("1", ids["F_1"], "SF", "SF0001", pieces={1: 1})
    ship_orders([row], seller_id=seller.pk, now=world.at("10:30"), actor=ACTOR)
    states = asked.get("states")
    if states and "to_ship" in states:
        asked = {**asked, "states": (*states, "shipped")}
    orders = listed_orders(OrderFilter(seller.pk, **asked), limit=10, newest_first=False)
    assert [order.external_id for order in orders] == found
    assert count_orders(OrderFilter(seller.pk, **asked)) == (len(found), False)


def test_days_and_instants_bound_a_list() -> None:
    world, seller, _ = _market()
    on, at, hour = world.day.on, world.at("10:00"), timedelta(hours=1)
    cases: list[tuple[dict[str, Any], int]] = [
        ({"received_from": on, "received_until": on}, 3),
        ({"received_from": on + timedelta(days=1)}, 0),
        ({"received_until": on - timedelta(days=1)}, 0),
        ({"placed_from": at}, 3),
        ({"placed_until": at}, 0),
        ({"changed_since": at + hour}, 0),
        ({"changed_since": at}, 3),
    ]
    for asked, found in cases:
        assert len(order_ids(OrderFilter(seller.pk, **asked), limit=10, newest_first=True)) == found, asked
    release(world, "12:00")
    changed = orders_of(seller.pk, limit=10, changed_since=world.at("12:00"))
    assert [(o.external_id, o.changed_at) for o in changed] == [("E-1", world.at("12:00"))]


def test_a_part_split_off_days_later_is_listed_on_the_day_of_its_order() -> None:
    """Ids tell the day of what was received, not of what was split off since."""
    world, seller, ids = _market()
    on, next_day = world.day.on, world.day.on + timedelta(days=1)
    CutOver.objects.create(
        business_date=next_day, cut_at=world.day.ends_at, last_order_id=max(ids.values()), sellers_in_time=0,
        sellers_late=0, orders_turned=0, orders_split=0, lines_turned=0, policy_version="v", scope="s",
    )  # fmt: skip
    line = OrderLine.objects.get(order_id=ids["E-1"])
    later = part_orders({ids["E-1"]: {line.pk: 1}}, actor=ACTOR)[ids["E-1"]]
    assert later > max(ids.values())
    for asked in ({"received_until": on}, {"received_from": on, "received_until": on}):
        found = order_ids(OrderFilter(seller.pk, **asked), limit=10, newest_first=True)
        assert found == [later, ids["F_1"], ids["E-2"], ids["E-1"]], asked
    assert order_ids(OrderFilter(seller.pk, received_from=next_day), limit=10, newest_first=True) == []


def test_pages_follow_by_id_in_both_directions_and_a_file_reads_them_all() -> None:
    _, seller, ids = _market()
    newest = OrderFilter(seller.pk)
    first = order_ids(newest, limit=2, newest_first=True)
    assert first == [ids["F_1"], ids["E-2"]]
    older = OrderFilter(seller.pk, before_id=first[-1])
    assert order_ids(older, limit=2, newest_first=True) == [ids["E-1"]]
    assert [o.external_id for o in orders_of(seller.pk, after_id=ids["E-1"], limit=1)] == ["E-2"]
    assert [o.external_id for o in every_order(newest, most=10)] == ["F_1", "E-2", "E-1"]
    assert [o.external_id for o in every_order(newest, most=2)] == ["F_1", "E-2"]


def test_an_operator_sees_all_sellers_and_a_seller_only_its_own() -> None:
    _, seller, ids = _market()
    assert len(order_ids(OrderFilter(None), limit=10, newest_first=True)) == 4
    assert order_detail(seller.pk, ids["E-9"]) is None
    assert order_detail(seller.pk, 10**15) is None
    assert order_detail(None, ids["E-9"]) is not None
    assert order_named(seller.pk, "E-1") == ids["E-1"]
    assert [order_named(seller.pk, name) for name in ("E-9", "\x00", "")] == [None, None, None]


def test_a_detail_tells_decisions_events_and_what_is_paid() -> None:
    world, seller, ids = _market()
    detail = order_detail(seller.pk, ids["E-2"])
    assert detail is not None
    assert [(d.route, d.reason, d.rule, d.line_no, d.by) for d in detail.decisions] == [
        ("self", "stock_short", "RSP-1", 1, ACTOR)
    ]
    assert [(e.state, e.reason, e.at) for e in detail.events] == [
        ("to_ship", "stock_short", world.at("10:00"))
    ]
    order = detail.order
    assert (order.receipts_fen, order.pieces, order.to_ship_since) == (54_000, 9, world.at("10:00"))
    assert [(line.sku, line.quantity, line.reserved) for line in order.lines] == [("A", 9, False)]
    assert [part.id for part in detail.parts] == [ids["E-2"]]


@pytest.mark.parametrize("rows", [1, 3])
def test_a_page_takes_two_statements_whatever_it_holds(rows: int) -> None:
    _, seller, _ = _market()
    with CaptureQueriesContext(connection) as captured:
        assert len(listed_orders(OrderFilter(seller.pk), limit=rows)) == rows
    assert len(captured) == 2
