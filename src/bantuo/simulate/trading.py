"""One business day of buyers and sellers: orders come in, stock is stated, 16:00 passes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from bantuo.apps.orders.operations.advance import release_orders
from bantuo.apps.orders.operations.cutover import cut_over
from bantuo.apps.orders.operations.fallback import resolve_shortages
from bantuo.apps.orders.operations.intake import NewLine, NewOrder, place_orders
from bantuo.apps.sql import columns_of, fetch_rows, run_statement
from bantuo.apps.stock.operations import StatedRow, StockStatement, declare_stock
from bantuo.core.clock import OperatingDay
from bantuo.core.policy import Book
from bantuo.simulate.layout import Layout

ACTOR = "simulation:marketplace"
Shelves = dict[int, list[tuple[str, str]]]  # seller → SKU and warehouse codes
INTAKE_BATCH = 500


@dataclass(frozen=True, slots=True)
class TradingDay:
    """What a day's steps need to know."""

    layout: Layout
    book: Book
    replay_id: int
    day: OperatingDay
    shelves: Shelves

    @property
    def last_second(self) -> datetime:
        return self.day.ends_at - timedelta(seconds=1)

    def at(self, clock: str) -> datetime:
        return self.layout.instant(self.day.on, self.layout.raw["day"][clock])

    def take_orders(self, since: datetime, until: datetime, *, now: datetime) -> int:
        """Take in the orders placed in `[since, until)`, in the order they were placed."""
        planned = fetch_rows(
            """
            SELECT "order", seller, placed_at FROM simulate_plannedorder
            WHERE replay_id = %s AND placed_at >= %s AND placed_at < %s
            ORDER BY placed_at, "order" COLLATE "C", seller COLLATE "C"
            """,
            [self.replay_id, since, until],
        )
        for start in range(0, len(planned), INTAKE_BATCH):
            self._take_batch(planned[start : start + INTAKE_BATCH], now=now)
        return len(planned)

    def _take_batch(self, planned: Sequence[tuple[str, str, datetime]], *, now: datetime) -> None:
        lines = self._lines(planned)
        orders = [
            NewOrder(
                marketplace=self.layout.marketplace,
                seller=seller,
                external_id=order,
                placed_at=placed_at,
                destination=self.layout.raw["destination"],
                lines=lines[order, seller],
            )
            for order, seller, placed_at in planned
        ]
        results = place_orders(orders, book=self.book, day=self.day, now=now, actor=ACTOR)
        kept = [
            (r.order.external_id, r.order.seller, r.order_id, r.route == "self")
            for r in results
            if r.order_id is not None
        ]
        run_statement(
            """
            UPDATE simulate_plannedorder p SET order_id = k.id,
                next_step = CASE WHEN k.self THEN 'self_ship' ELSE '' END,
                next_at = CASE WHEN k.self AND (p.carrier_at IS NOT NULL OR p.stop = 'departed'
                                                OR p.stop = 'delivered')
                          THEN GREATEST(COALESCE(p.carrier_at, p.placed_at + %s),
                                        p.placed_at + interval '1 hour')
                          END
            FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bool[]) AS k("order", seller, id, self)
            WHERE p.replay_id = %s AND p."order" = k."order" AND p.seller = k.seller AND p.order_id IS NULL
            """,
            [self.layout.hours("self_ship_after_hours"), *columns_of(kept, 4), self.replay_id],
        )

    def _lines(self, planned: Sequence[tuple[str, str, datetime]]) -> dict[tuple[str, str], list[NewLine]]:
        rows = fetch_rows(
            """
            SELECT i."order", i.seller, i.line, i.row, i.product, i.goods_fen, i.freight_fen
            FROM simulate_stageditem i
            JOIN unnest(%s::text[], %s::text[]) AS k("order", seller)
                ON k."order" = i."order" AND k.seller = i.seller
            WHERE i.replay_id = %s ORDER BY i."order", i.seller, i.line
            """,
            [*columns_of([(order, seller) for order, seller, _ in planned], 2), self.replay_id],
        )
        return {
            key: [
                NewLine(str(row), line, product, 1, goods, freight)
                for _, _, line, row, product, goods, freight in group
            ]
            for key, group in groupby(rows, key=lambda r: (r[0], r[1]))
        }

    def state_stock(self, *, late: bool) -> int:
        """Sellers with an order today state all their semi-managed SKUs, in time or late as drawn."""
        late_day = self.layout.facts.number("late_day")
        sellers = [
            (seller, code)
            for seller, code in self._sellers_with_orders()
            if bool(late_day(code, str(self.day.on))) == late
        ]
        if not sellers:
            return 0
        now = self.at("state_late_at" if late else "state_at")
        statements = self._statements(sellers, now=now)
        results = declare_stock(statements, day=self.day, now=now, actor=ACTOR)
        resolve_shortages(book=self.book, now=now, actor=ACTOR)
        return sum(r.stated for r in results)

    def _sellers_with_orders(self) -> list[tuple[int, str]]:
        return [
            (r[0], r[1])
            for r in fetch_rows(
                """
                SELECT DISTINCT s.id, s.code FROM simulate_plannedorder p
                JOIN parties_seller s ON s.marketplace = %s AND s.code = p.seller
                    AND s.programme_state = 'active'
                WHERE p.replay_id = %s AND p.placed_at >= %s AND p.placed_at < %s ORDER BY s.id
                """,
                [self.layout.marketplace, self.replay_id, self.day.starts_at, self.day.ends_at],
            )
        ]

    def _statements(self, sellers: Sequence[tuple[int, str]], *, now: datetime) -> list[StockStatement]:
        level, short = self.layout.facts.number("stock"), self.layout.facts.number("short_day")
        on, month = str(self.day.on), f"{self.day.on:%Y-%m}"
        self._read_shelves(seller for seller, _ in sellers)
        return [
            StockStatement(
                seller_id=seller,
                sequence=int(now.astimezone(UTC).strftime("%Y%m%d%H%M%S")),
                as_of=now,
                basis="gross",
                channel="simulation",
                rows=[
                    StatedRow(n, sku, wh, 1 if short(code, sku, on) else level(code, sku, month))
                    for n, (sku, wh) in enumerate(self.shelves[seller], start=1)
                ],
            )
            for seller, code in sellers
            if self.shelves[seller]
        ]

    def _read_shelves(self, sellers: Iterable[int]) -> None:
        """Remember which SKU × warehouse these sellers state; listings do not change in a replay."""
        unread = [seller for seller in sellers if seller not in self.shelves]
        for seller in unread:
            self.shelves[seller] = []
        for seller, sku, warehouse in fetch_rows(
            """
            SELECT b.seller_id, k.code, w.code FROM stock_balance b
            JOIN catalog_sku k ON k.id = b.sku_id JOIN parties_warehouse w ON w.id = b.warehouse_id
            WHERE b.seller_id = ANY(%s) ORDER BY b.seller_id, k.code
            """,
            [unread],
        ):
            self.shelves[seller].append((sku, warehouse))

    def release(self, *, now: datetime) -> int:
        """Release what is stated; the plan of released orders waits for the goods."""
        return len(release_orders(day=self.day, now=now, actor=ACTOR))

    def pass_cutoff(self) -> int:
        """16:00: what was not stated goes to the sellers, who ship it later."""
        report = cut_over(book=self.book, day=self.day, now=self.day.cutoff_at, actor="system:cut-over")
        return report.orders_turned + report.orders_split

    def plan_turned(self) -> int:
        """Orders that turned to their seller today are shipped by the seller."""
        return run_statement(
            """
            UPDATE simulate_plannedorder p SET next_step = 'self_ship',
                next_at = GREATEST(COALESCE(p.carrier_at, p.placed_at + %s),
                                   e.happened_at + interval '1 hour')
            FROM orders_order o
            JOIN LATERAL (
                SELECT happened_at FROM orders_orderevent
                WHERE order_id = o.id AND state = 'to_ship' ORDER BY id DESC LIMIT 1) e ON TRUE
            WHERE p.replay_id = %s AND p.order_id = o.id AND o.state = 'to_ship' AND p.next_step = ''
                AND (p.carrier_at IS NOT NULL OR p.stop IN ('departed', 'delivered'))
            """,
            [self.layout.hours("self_ship_after_hours"), self.replay_id],
        )


def days_of(first: date, last: date) -> list[date]:
    """Every calendar day from `first` to `last`, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
