"""What stands in the database of a trading day, and what the rules say must follow from it.

Worked out here once more in plain Python, line by line, so that it can contradict the set-based SQL.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from bantuo.apps.orders.operations.intake import NewOrder
from bantuo.apps.sql import fetch_rows
from bantuo.core.clock import OperatingDay

Place = tuple[str, str]  # seller and SKU: all sellers of the day are bound to one warehouse
REVERSIBLE = ("cutoff_fallback", "cutoff_fallback_wide", "after_cutoff")


class Position(NamedTuple):
    """A balance."""

    declared: int
    declared_reserved: int
    on_hand: int
    on_hand_reserved: int
    safety: int
    sequence: int
    stated_on: date | None
    stated_first_at: datetime | None
    is_short: bool

    def is_stated(self, day: OperatingDay) -> bool:
        """Whether the seller's word for it came in time."""
        return self.stated_on == day.on and self.stated_first_at is not None and (
            self.stated_first_at <= day.last_in_time
        )  # fmt: skip


class Line(NamedTuple):
    """A line, and the order or part it now belongs to."""

    id: int
    order_id: int
    seller: str
    external_id: str
    state: str
    route: str
    reason: str
    placed_at: datetime
    business_date: date
    line_no: int
    sku: str
    quantity: int
    pool: str | None
    reserved: bool

    @property
    def place(self) -> Place:
        return self.seller, self.sku

    @property
    def waits(self) -> bool:
        """Reserved on the seller's word and not with the warehouse yet."""
        return self.state == "reserved" and self.pool == "declared"


def positions() -> dict[Place, Position]:
    """Every balance by seller and SKU."""
    return {
        (seller, sku): Position(*rest)
        for seller, sku, *rest in fetch_rows(
            """
            SELECT s.code, k.code, b.declared, b.declared_reserved, b.on_hand, b.on_hand_reserved, b.safety,
                   b.sequence, b.stated_on, b.stated_first_at, EXISTS (
                       SELECT 1 FROM stock_shortage x WHERE x.balance_id = b.id AND x.closed_at IS NULL)
            FROM stock_balance b JOIN catalog_sku k ON k.id = b.sku_id
            JOIN parties_seller s ON s.id = b.seller_id
            """
        )
    }


def lines() -> dict[int, Line]:
    """Every line by its id, with the current decision on its order."""
    return {
        row[0]: Line(*row)
        for row in fetch_rows(
            """
            SELECT l.id, o.id, s.code, o.external_id, o.state, o.route, d.reason, o.placed_at,
                   o.business_date, l.line_no, k.code, l.quantity, l.pool, l.reserved
            FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
            JOIN parties_seller s ON s.id = o.seller_id JOIN catalog_sku k ON k.id = l.sku_id
            JOIN LATERAL (SELECT reason FROM orders_routingdecision WHERE order_id = o.id
                          ORDER BY id DESC LIMIT 1) d ON TRUE
            ORDER BY l.id
            """
        )
    }


def by_order(found: Iterable[Line]) -> dict[int, list[Line]]:
    """Lines by the order or part that holds them, in the order of their numbers."""
    orders: dict[int, list[Line]] = defaultdict(list)
    for line in sorted(found, key=lambda line: (line.order_id, line.line_no)):
        orders[line.order_id].append(line)
    return orders


class Desk:
    """Routes one order after the other against what is left: on hand first, then the seller's word."""

    def __init__(self, held: Mapping[Place, Position], day: OperatingDay, now: datetime) -> None:
        self._is_cut, self._day, self._held = now > day.last_in_time, day, held
        self._on_hand = {place: p.on_hand - p.on_hand_reserved for place, p in held.items()}
        self._word = {place: max(0, p.declared - p.declared_reserved - p.safety) for place, p in held.items()}

    def route(self, order: NewOrder) -> tuple[str, str]:
        """The route and its reason."""
        on_hand, word, pools = dict(self._on_hand), dict(self._word), set[str]()
        for line in order.lines:
            place = order.seller, line.sku
            if place not in self._held:
                return "self", "sku_not_semi_managed"
            if on_hand[place] >= line.quantity:
                on_hand[place] -= line.quantity
                pools.add("on_hand")
            elif self._is_cut and not self._held[place].is_stated(self._day):
                return "self", "after_cutoff"
            elif word[place] >= line.quantity:
                word[place] -= line.quantity
                pools.add("declared")
            else:
                return "self", "stock_short"
        self._on_hand, self._word = on_hand, word
        return "semi", "reserved_on_hand" if pools == {"on_hand"} else "reserved"


def lines_to_turn(
    found: Mapping[int, Line], held: Mapping[Place, Position], day: OperatingDay
) -> tuple[set[int], int, int]:
    """What 16:00 gives back: the lines, how many orders turn whole and how many are split."""
    turning = {
        line.id for line in found.values()
        if line.waits and line.business_date <= day.on and not held[line.place].is_stated(day)
    }  # fmt: skip
    touched = [g for g in by_order(found.values()).values() if any(line.id in turning for line in g)]
    whole = sum(all(line.id in turning for line in group) for group in touched)
    return turning, whole, len(touched) - whole


def lines_to_return(found: Mapping[int, Line], held: Mapping[Place, Position]) -> set[int]:
    """What shortages give back: of each short balance the youngest lines, until its word suffices."""
    due = set[int]()
    for place, position in held.items():
        short = position.declared_reserved - position.declared if position.is_short else 0
        waiting = [line for line in found.values() if line.waits and line.place == place]
        waiting.sort(key=lambda line: (line.placed_at, line.order_id, line.line_no), reverse=True)
        for line in waiting:
            if short > 0:
                due.add(line.id)
                short -= line.quantity
    return due


def orders_to_release(
    found: Mapping[int, Line], held: Mapping[Place, Position], day: OperatingDay
) -> set[int]:
    """Reserved orders whose every line is there or stated in time, without a shortage."""

    def is_ready(line: Line) -> bool:
        position = held[line.place]
        is_covered = position.declared >= position.declared_reserved
        return line.pool == "on_hand" or (position.is_stated(day) and is_covered)

    return {
        order for order, group in by_order(found.values()).items()
        if group[0].state == "reserved" and all(is_ready(line) for line in group)
    }  # fmt: skip


def in_time_and_late(held: Mapping[Place, Position], concerned: set[str], day: OperatingDay) -> list[int]:
    """How many of the sellers concerned have stated every SKU in time, and how many have not."""
    late = {seller for (seller, _), position in held.items() if not position.is_stated(day)}
    return [len(concerned - late), len(concerned & late)]


def faults(placed: Mapping[tuple[str, str], NewOrder]) -> dict[str, Sequence[object]]:
    """Everything that does not hold between the tables, by what it is."""
    found = {what: fetch_rows(query) for what, query in _FAULTS.items()}
    stored = {(row[0], row[1]): (*row[2:5], sorted(row[5])) for row in fetch_rows(_STORED)}
    wanted = {key: _as_stored(order) for key, order in placed.items()}
    found["not as placed"] = [
        (key, stored.get(key), wanted.get(key))
        for key in sorted(stored.keys() | wanted.keys())
        if stored.get(key) != wanted.get(key)
    ]
    return {what: rows for what, rows in found.items() if rows}


def _as_stored(order: NewOrder) -> tuple[object, ...]:
    pieces = sorted(f"{line.sku} {line.quantity} {line.goods_fen} {line.freight_fen}" for line in order.lines)
    goods, freight = sum(x.goods_fen for x in order.lines), sum(x.freight_fen for x in order.lines)
    return goods, freight, order.merchant_coupon_fen, pieces


# All parts of an order together: what was placed, whatever has become of it since.
_STORED = """
    SELECT s.code, o.external_id, sum(o.goods_fen)::bigint, sum(o.freight_fen)::bigint,
           sum(o.merchant_coupon_fen)::bigint, max(i.pieces)
    FROM orders_order o JOIN parties_seller s ON s.id = o.seller_id
    JOIN (SELECT seller_id, external_id, array_agg(piece) AS pieces FROM (
              SELECT o.seller_id, o.external_id, k.code || ' ' || sum(l.quantity) || ' ' || sum(l.goods_fen)
                     || ' ' || sum(l.freight_fen) AS piece
              FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
              JOIN catalog_sku k ON k.id = l.sku_id
              GROUP BY o.seller_id, o.external_id, l.line_no, k.code) one
          GROUP BY seller_id, external_id) i
        ON i.seller_id = o.seller_id AND i.external_id = o.external_id
    GROUP BY s.code, o.external_id
"""
_FAULTS = {
    "balances and movements differ": """
        SELECT b.id, b.declared, b.declared_reserved, b.on_hand, b.on_hand_reserved FROM stock_balance b
        LEFT JOIN stock_movement m ON m.balance_id = b.id GROUP BY b.id
        HAVING (b.declared, b.declared_reserved, b.on_hand, b.on_hand_reserved) IS DISTINCT FROM (
            COALESCE(sum(m.quantity_delta) FILTER (WHERE m.pool = 'declared'), 0),
            COALESCE(sum(m.reserved_delta) FILTER (WHERE m.pool = 'declared'), 0),
            COALESCE(sum(m.quantity_delta) FILTER (WHERE m.pool = 'on_hand'), 0),
            COALESCE(sum(m.reserved_delta) FILTER (WHERE m.pool = 'on_hand'), 0))""",
    "reserved and open lines differ": """
        SELECT b.id, b.declared_reserved, b.on_hand_reserved FROM stock_balance b
        LEFT JOIN orders_orderline l ON l.sku_id = b.sku_id AND l.reserved GROUP BY b.id
        HAVING b.declared_reserved <> COALESCE(sum(l.quantity) FILTER (WHERE l.pool = 'declared'), 0)
            OR b.on_hand_reserved <> COALESCE(sum(l.quantity) FILTER (WHERE l.pool = 'on_hand'), 0)""",
    "oversold": """
        SELECT b.id FROM stock_balance b WHERE b.on_hand_reserved > b.on_hand OR (
            b.declared_reserved > b.declared AND NOT EXISTS (
                SELECT 1 FROM stock_shortage x WHERE x.balance_id = b.id AND x.closed_at IS NULL))""",
    "a line reserved out of place": """
        SELECT l.id FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
        WHERE (o.route = 'self' AND (l.reserved OR l.pool IS NOT NULL))
            OR (o.route = 'semi' AND l.pool IS NULL)
            OR (o.state = 'reserved' AND NOT l.reserved)
            OR (l.reserved AND o.state NOT IN ('reserved', 'released', 'picking'))""",
    "a decision is not the order's route": """
        SELECT o.id FROM orders_order o LEFT JOIN LATERAL (
            SELECT route FROM orders_routingdecision WHERE order_id = o.id ORDER BY id DESC LIMIT 1) d ON TRUE
        WHERE d.route IS DISTINCT FROM o.route""",
    "the last event is not the order's state": """
        SELECT o.id, o.state FROM orders_order o WHERE NOT EXISTS (
            SELECT 1 FROM orders_orderevent e WHERE e.order_id = o.id AND e.state = o.state)""",
    "an order and its lines differ": """
        SELECT o.id FROM orders_order o LEFT JOIN orders_orderline l ON l.order_id = o.id GROUP BY o.id
        HAVING o.goods_fen IS DISTINCT FROM sum(l.goods_fen)
            OR o.freight_fen IS DISTINCT FROM sum(l.freight_fen)
            OR o.merchant_coupon_fen > o.goods_fen + o.freight_fen""",
    "a refund is not what was paid": """
        SELECT o.id FROM orders_order o
        LEFT JOIN aftersales_aftersale a ON a.order_id = o.id AND a.kind = 'cancellation'
        WHERE (o.state = 'cancelled') IS DISTINCT FROM (a.id IS NOT NULL)
            OR a.refund_fen <> o.goods_fen + o.freight_fen - o.merchant_coupon_fen""",
    "more was sent than there is": """
        SELECT l.id FROM orders_orderline l JOIN orders_shipmentline i ON i.order_line_id = l.id
        GROUP BY l.id HAVING sum(i.quantity) > l.quantity""",
}
