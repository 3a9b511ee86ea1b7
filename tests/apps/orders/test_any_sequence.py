"""Whatever happens in whatever order: stock, lines and money stay where they belong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bantuo.apps.aftersales.operations import cancel_orders, return_orders
from bantuo.apps.orders.models import Order
from bantuo.apps.orders.operations.fallback import resolve_shortages
from bantuo.apps.parties.models import Seller
from bantuo.apps.sql import fetch_rows
from bantuo.apps.warehouse.models import Shipment
from bantuo.apps.warehouse.operations.inbound import Arrival, pick_from_stock, receive_shipments
from bantuo.apps.warehouse.operations.outbound import hand_over_orders, pack_orders
from bantuo.apps.warehouse.queries import expected_lines
from bantuo.core.clock import operating_day
from tests.apps.floor import assert_stock_sound, case, cut, notify, packing, receive, release
from tests.apps.trading import ACTOR, World, make_world

pytestmark = pytest.mark.django_db
SKUS = ("A", "B")


@dataclass(slots=True)
class Market:
    """One seller with two SKUs, and what was ordered so far: lines, goods and coupon per order id."""

    world: World
    seller: Seller
    sequence: int = 1
    placed: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def state(self, a: int, b: int) -> None:
        self.sequence += 1
        self.world.state(self.seller, "09:00", self.sequence, A=a, B=b)

    def state_one(self, a: int, _: int) -> None:
        self.sequence += 1
        self.world.state(self.seller, "09:00", self.sequence, A=a)

    def resolve(self, *_: int) -> None:
        resolve_shortages(book=self.world.book, now=self.world.at("09:30"), actor=ACTOR)

    def order(self, a: int, b: int) -> None:
        lines = {sku: quantity for sku, quantity in zip(SKUS, (a % 4, b % 4), strict=True) if quantity}
        if not lines:
            return
        name, coupon = f"O{len(self.placed)}", (a * 977 + b) % 6000
        order = replace(self.world.new_order(self.seller, name, "10:00", **lines), merchant_coupon_fen=coupon)
        assert self.world.take([order, order], "10:00")[1].outcome == "repeated"
        self.placed[name] = (len(lines), 6000 * sum(lines.values()), coupon)

    def release(self, *_: int) -> None:
        release(self.world, "11:00")

    def send(self, *_: int) -> None:
        notify(self.world, "11:30")

    def arrive(self, a: int, _: int) -> None:
        waiting = list(Shipment.objects.filter(received_at=None).order_by("id").values_list("id", flat=True))
        if waiting:
            receive([waiting[a % len(waiting)]], self.world.at("12:00"))

    def miscount(self, a: int, b: int) -> None:
        """The first shipment arrives with other pieces in each carton line than were announced."""
        waiting = Shipment.objects.filter(received_at=None).order_by("id").first()
        if waiting:
            counted = {line.pk: (a + n) % (b % 5 + 1) for n, line in enumerate(expected_lines([waiting.pk]))}
            receive_shipments([Arrival(waiting.pk, self.world.at("12:00"), counted)], actor=ACTOR)

    def work(self, *_: int) -> None:
        pick_from_stock(now=self.world.at("12:30"), actor=ACTOR)
        picked = Order.objects.filter(state="picking").values_list("id", flat=True)
        pack_orders([packing(order, self.world.at("13:00")) for order in picked], actor=ACTOR)

    def hand_over(self, *_: int) -> None:
        packed = Order.objects.filter(state="packed").values_list("id", flat=True)
        hand_over_orders([(order, self.world.at("14:00")) for order in packed], code="HO", actor=ACTOR)

    def cancel(self, a: int, _: int) -> None:
        orders = list(Order.objects.order_by("id").values_list("id", flat=True))
        if orders:
            chosen = orders[a % len(orders)]
            cancel_orders([case(chosen, self.world.at("15:00"))], actor=ACTOR)
            return_orders([case(chosen, self.world.at("15:00"))], actor=ACTOR)

    def cut(self, *_: int) -> None:
        assert cut(self.world) == cut(self.world)

    def sleep(self, *_: int) -> None:
        day = operating_day(self.world.book, self.world.day.on + timedelta(days=1))
        self.world = World(self.world.book, day, self.world.warehouse)

    def check(self) -> None:
        assert_stock_sound()
        assert fetch_rows(_LINES_WITHOUT_A_PLACE) == []
        assert fetch_rows(_BALANCES_THAT_DIFFER) == []
        found = {
            name: (lines, goods, coupon) for name, lines, goods, coupon, lines_goods in fetch_rows(_SENT)
            if goods == lines_goods
        }  # fmt: skip
        assert found == self.placed
        assert (
            fetch_rows("SELECT id FROM orders_order WHERE merchant_coupon_fen > goods_fen + freight_fen")
            == []
        )


# A line is reserved exactly while its order waits for its goods or holds them on a shelf.
_LINES_WITHOUT_A_PLACE = """
    SELECT l.id FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
    WHERE (o.route = 'self' AND (l.reserved OR l.pool IS NOT NULL))
        OR (o.route = 'semi' AND l.pool IS NULL) OR (o.state = 'reserved' AND NOT l.reserved)
        OR (l.reserved AND o.state NOT IN ('reserved', 'released', 'picking'))
        OR (l.reserved AND l.pool = 'declared' AND o.state = 'picking')
"""
_BALANCES_THAT_DIFFER = """
    SELECT b.id FROM stock_balance b
    LEFT JOIN orders_orderline l ON l.seller_id = b.seller_id AND l.sku_id = b.sku_id AND l.reserved
    GROUP BY b.id
    HAVING b.declared_reserved <> COALESCE(sum(l.quantity - COALESCE((
            SELECT sum(LEAST(c.received, c.expected)) FROM warehouse_cartonline c
            WHERE c.order_line_id = l.id AND c.received IS NOT NULL), 0))
        FILTER (WHERE l.pool = 'declared'), 0)
        OR b.on_hand_reserved <> COALESCE(sum(l.quantity) FILTER (WHERE l.pool = 'on_hand'), 0)
"""
_SENT = """
    SELECT o.external_id, sum(l.lines)::int, sum(o.goods_fen)::int, sum(o.merchant_coupon_fen)::int,
           sum(l.goods)::int
    FROM orders_order o
    JOIN LATERAL (SELECT count(*) AS lines, sum(goods_fen) AS goods FROM orders_orderline
                  WHERE order_id = o.id) l ON TRUE
    GROUP BY o.external_id HAVING bool_and(o.goods_fen = l.goods AND l.lines > 0)
"""
_DEEDS: list[Callable[..., None]] = [
    Market.order, Market.order, Market.order, Market.state, Market.state_one, Market.resolve, Market.release,
    Market.send, Market.arrive, Market.miscount, Market.work, Market.hand_over, Market.cancel, Market.cut,
    Market.sleep,
]  # fmt: skip


@given(
    st.lists(
        st.tuples(st.sampled_from(_DEEDS), st.integers(0, 12), st.integers(0, 12)), min_size=8, max_size=40
    )
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_sequence_of_deeds(deeds: list[tuple[Callable[..., None], int, int]]) -> None:
    with transaction.atomic():
        world = make_world()
        market = Market(world, world.seller("S1", *SKUS))
        market.state(6, 6)
        for deed, a, b in deeds:
            deed(market, a, b)
            market.check()
        transaction.set_rollback(True)
