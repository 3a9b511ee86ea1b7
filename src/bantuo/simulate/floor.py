"""One business day of the outside world's hands: docks, benches, the port, carriers, buyers' doors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bantuo.apps.aftersales.operations import Case, cancel_orders, return_orders
from bantuo.apps.customs.operations import clear_lists, draft_lists
from bantuo.apps.orders.operations.advance import advance_orders
from bantuo.apps.settlement.operations import charge_orders, charge_returned_orders, refund_orders
from bantuo.apps.sql import fetch_rows, run_statement
from bantuo.apps.warehouse.operations.inbound import (
    Arrival,
    notify_jit_shipments,
    pick_from_stock,
    receive_shipments,
)
from bantuo.apps.warehouse.operations.outbound import Packing, hand_over_orders, pack_orders
from bantuo.simulate.trading import TradingDay

FLOOR, PORT, CARRIER, BUYER = (f"simulation:{who}" for who in ("floor", "port", "carrier", "buyer"))
# How far an order must be meant to go for a step to happen to it at all.
_REACHES = {
    "pack": ("packed", "departed", "delivered"),
    "hand_over": ("departed", "delivered"),
    "clear": ("departed", "delivered"),
    "depart": ("departed", "delivered"),
    "deliver": ("delivered",),
    "self_deliver": ("delivered",),
    "charge": ("delivered",),
}


@dataclass(frozen=True, slots=True)
class FloorDay:
    """The physical steps of a day, each over all that falls due before midnight."""

    trading: TradingDay
    policy_version_id: int

    def send_goods(self) -> int:
        """Sellers ship what was released today to their warehouse."""
        day, layout = self.trading.day, self.trading.layout
        made = notify_jit_shipments(
            day=day,
            arrive_within=layout.hours("arrive_within_hours"),
            now=self.trading.last_second,
            actor=FLOOR,
        )
        return len(made)

    def receive_goods(self) -> int:
        """Count in what arrives before midnight."""
        layout = self.trading.layout
        hours, delayed = layout.facts.number("inbound_hours"), layout.facts.number("inbound_delay")
        arrivals = []
        for shipment, code, notified_at in self._open_shipments():
            on = str(notified_at.astimezone(layout.zone).date())
            delay = layout.hours("delay_hours") if delayed(code, on) else timedelta()
            at = notified_at + timedelta(hours=hours(code, on)) + delay
            if at < self.trading.day.ends_at:
                arrivals.append(Arrival(shipment, at))
        if not arrivals:
            return 0
        self._next(
            receive_shipments(arrivals, actor=FLOOR),
            "pack",
            "picking",
            "make_interval(hours => p.pack_hours)",
        )
        return len(arrivals)

    def _open_shipments(self) -> list[tuple[int, str, datetime]]:
        return [
            (r[0], r[1], r[2])
            for r in fetch_rows(
                """
                SELECT s.id, x.code, s.notified_at FROM warehouse_shipment s
                JOIN parties_seller x ON x.id = s.seller_id AND x.marketplace = %s
                WHERE s.received_at IS NULL ORDER BY s.id
                """,
                [self.trading.layout.marketplace],
            )
        ]

    def pick_goods_on_hand(self) -> int:
        """Orders served from stock on hand need no arrival."""
        picked = pick_from_stock(now=self.trading.last_second, actor=FLOOR)
        return self._next(picked, "pack", "picking", "make_interval(hours => p.pack_hours)")

    def pack(self) -> int:
        """Pack what is due at the benches."""
        due = self._due("pack")
        if not due:
            return 0
        packed = pack_orders(self._packings(due), actor=FLOOR)
        wait = self.trading.layout.hours("handover_after_hours")
        return self._next(packed, "hand_over", "packed", "%s", wait, no_earlier="p.carrier_at")

    def _packings(self, due: Sequence[tuple[int, datetime]]) -> list[Packing]:
        rows = fetch_rows(
            """
            SELECT p.order_id, p.next_at, p.pack_seconds, p.wrong_scans, p.mis_shipped,
                   m.weight + m.weight * p.extra_permille / 1000, m.length + p.margin_mm,
                   m.width + p.margin_mm, m.height + p.margin_mm
            FROM simulate_plannedorder p
            JOIN LATERAL (
                SELECT sum(k.weight_g * l.quantity)::int AS weight, max(k.length_mm) AS length,
                       max(k.width_mm) AS width, sum(k.height_mm * l.quantity)::int AS height
                FROM orders_orderline l JOIN catalog_sku k ON k.id = l.sku_id
                WHERE l.order_id = p.order_id) m ON TRUE
            WHERE p.order_id = ANY(%s) ORDER BY p.order_id
            """,
            [[order for order, _ in due]],
        )
        return [Packing(*(*r, f"bench-{r[0] % 8 + 1}")) for r in rows]

    def hand_over(self) -> int:
        """Give packed parcels to the carrier and draft their export lists."""
        handed = hand_over_orders(
            self._due("hand_over"), code=f"HO-{self.trading.day.on:%Y%m%d}", actor=FLOOR
        )
        if handed:
            draft_lists(handed, now=self.trading.last_second, actor=PORT)
        return self._next(handed, "clear", "handed_over", "make_interval(hours => p.clear_hours)")

    def clear(self) -> int:
        """The port clears lists that are due."""
        cleared = clear_lists(self._due("clear"), actor=PORT)
        return self._next(
            cleared, "depart", "export_cleared", "%s", self.trading.layout.hours("depart_after_hours")
        )

    def depart(self) -> int:
        """The first leg leaves."""
        gone = advance_orders(self._due("depart"), to="departed", reason="first leg", actor=CARRIER)
        wait = self.trading.layout.hours("deliver_after_hours")
        planned = "COALESCE(p.delivered_at, e.happened_at + make_interval(days => p.deliver_days))"
        return self._next(gone, "deliver", "departed", "%s", wait, no_earlier=planned)

    def deliver(self) -> int:
        """Parcels reach their buyers, also those the sellers shipped themselves."""
        done = advance_orders(self._due("deliver"), to="delivered", reason="delivery scan", actor=CARRIER)
        self._next(done, "charge", "delivered", "interval '0'")
        shipped = advance_orders(self._due("self_ship"), to="shipped", reason="seller shipped", actor=CARRIER)
        wait = self.trading.layout.hours("deliver_after_hours")
        planned = "COALESCE(p.delivered_at, e.happened_at + make_interval(days => p.deliver_days))"
        self._next(shipped, "self_deliver", "shipped", "%s", wait, no_earlier=planned)
        own = advance_orders(self._due("self_deliver"), to="delivered", reason="delivery scan", actor=CARRIER)
        self._next(own, "", "delivered", "NULL::interval")
        return len(done) + len(shipped) + len(own)

    def settle_cases(self) -> int:
        """Cancellations and returns that are due; what cannot happen yet is tried again tomorrow."""
        due = fetch_rows(
            """
            SELECT p.order_id, p.case_at, p."case", p.case_responsible, p.case_reason
            FROM simulate_plannedorder p JOIN orders_order o ON o.id = p.order_id
            WHERE p.replay_id = %s AND p.case_at < %s ORDER BY p.order_id
            """,
            [self.trading.replay_id, self.trading.day.ends_at],
        )
        if not due:
            return 0
        begins = self.trading.day.starts_at
        cases = [
            (kind, Case(order, max(at, begins), who, reason, "RSP-1")) for order, at, kind, who, reason in due
        ]
        done = cancel_orders([c for kind, c in cases if kind == "cancel"], actor=BUYER)
        done += return_orders([c for kind, c in cases if kind == "return"], actor=BUYER)
        run_statement(
            """
            UPDATE simulate_plannedorder p SET case_at = NULL,
                next_step = CASE WHEN o.state = 'returned' AND o.route = 'semi'
                            THEN 'charge_return' ELSE '' END,
                next_at = CASE WHEN o.state = 'returned' AND o.route = 'semi' THEN o.closed_at END
            FROM orders_order o WHERE o.id = p.order_id AND o.id = ANY(%s)
            """,
            [done],
        )
        return len(done)

    def charge(self) -> int:
        """Charge what was delivered, what came back before delivery, and refund what was charged."""
        back = self._returned()
        terms: dict[str, Any] = {
            "book": self.trading.book,
            "policy_version_id": self.policy_version_id,
            "now": self.trading.last_second,
            "actor": FLOOR,
        }
        delivered = [order for order, _ in self._due("charge")]
        if not delivered and not back:
            return 0
        made = charge_orders(delivered, **terms)
        made += charge_returned_orders([order for order, _, charged in back if not charged], **terms)
        made += refund_orders([(order, refund) for order, refund, charged in back if charged], **terms)
        run_statement(
            "UPDATE simulate_plannedorder SET next_step = '', next_at = NULL WHERE order_id = ANY(%s)",
            [[*delivered, *(order for order, _, _ in back)]],
        )
        return made

    def _returned(self) -> list[tuple[int, int, bool]]:
        """Orders that came back today: id, refund, and whether they had been charged."""
        return [
            (r[0], r[1], r[2])
            for r in fetch_rows(
                """
                SELECT a.order_id, a.refund_fen, EXISTS (
                    SELECT 1 FROM settlement_charge c WHERE c.order_id = a.order_id AND c.kind = 'order')
                FROM aftersales_aftersale a WHERE a.order_id = ANY(%s) AND a.kind = 'return'
                ORDER BY a.order_id
                """,
                [[order for order, _ in self._due("charge_return")]],
            )
        ]

    def _due(self, step: str) -> list[tuple[int, datetime]]:
        return [
            (r[0], r[1])
            for r in fetch_rows(
                """
                SELECT order_id, next_at FROM simulate_plannedorder
                WHERE replay_id = %s AND next_step = %s AND next_at < %s ORDER BY order_id
                """,
                [self.trading.replay_id, step, self.trading.day.ends_at],
            )
        ]

    def _next(
        self, moved: Sequence[int], step: str, state: str, wait: str, *params: Any, no_earlier: str = "NULL"
    ) -> int:
        """Plan the next step of orders that have just reached `state`, `wait` after it."""
        if not moved:
            return 0
        return run_statement(
            f"""
            UPDATE simulate_plannedorder p SET next_step = %s,
                next_at = CASE WHEN p.stop = ANY(%s) THEN GREATEST(e.happened_at + {wait}, {no_earlier}) END
            FROM (SELECT DISTINCT ON (order_id) order_id, happened_at FROM orders_orderevent
                  WHERE order_id = ANY(%s) AND state = %s ORDER BY order_id, id DESC) e
            WHERE p.order_id = e.order_id
            """,
            [step, list(_REACHES.get(step, ())), *params, list(moved), state],
        )


def unfinished_orders(replay_id: int) -> int:
    """Orders that something may still happen to."""
    rows = fetch_rows(
        """
        SELECT count(*) FROM simulate_plannedorder p JOIN orders_order o ON o.id = p.order_id
        WHERE p.replay_id = %s AND (p.next_at IS NOT NULL OR o.state IN ('reserved', 'released')
            OR (p.case_at IS NOT NULL AND o.state NOT IN ('cancelled', 'returned')))
        """,
        [replay_id],
    )
    return int(rows[0][0])
