"""A small world for tests of stock and orders: sellers with SKUs bound to a warehouse, on one day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from bantuo.apps.catalog.models import Product, Sku
from bantuo.apps.orders.operations.intake import IntakeResult, NewLine, NewOrder, place_orders
from bantuo.apps.parties.models import Binding, Seller, Warehouse
from bantuo.apps.stock.models import Balance
from bantuo.apps.stock.operations import (
    Move,
    StatedRow,
    StatementResult,
    StockStatement,
    declare_stock,
    move_stock,
    open_balances,
)
from bantuo.core.clock import OperatingDay, operating_day
from bantuo.core.policy import Book
from bantuo.engine.books import load_book

DAY = date(2026, 3, 10)
ACTOR = "test"


@dataclass(frozen=True, slots=True)
class World:
    """One warehouse and the sellers made in it; clocks are Shanghai times of DAY."""

    book: Book
    day: OperatingDay
    warehouse: Warehouse

    def at(self, clock: str) -> datetime:
        return datetime.fromisoformat(f"{self.day.on}T{clock}+08:00").astimezone(UTC)

    def seller(self, code: str, *skus: str, semi: bool = True, state: str = "active") -> Seller:
        """A seller in the programme with its SKUs listed and balances open."""
        made = Seller.objects.create(
            marketplace="test",
            code=code,
            name=code,
            ship_from="Yiwu",
            programme_state=state,
            active_from=DAY if state == "active" else None,
            created_at=self.day.starts_at,
        )
        Binding.objects.create(
            seller=made,
            warehouse=self.warehouse,
            distance_m=250_000,
            distance_evidence="road quote of the test",
            bound_at=self.day.starts_at,
        )
        for sku in skus:
            self.sku(made, sku, semi=semi)
        open_balances([made.pk], now=self.day.starts_at)
        return made

    def sku(self, seller: Seller, code: str, *, semi: bool = True) -> Sku:
        product = Product.objects.create(
            seller=seller, code=code, category="home-lamps", title=code, created_at=self.day.starts_at
        )
        return Sku.objects.create(
            seller=seller,
            product=product,
            code=code,
            semi_managed=semi,
            ordinary_fen=10_000,
            exclusive_fen=9_000,
            weight_g=1200,
            length_mm=300,
            width_mm=250,
            height_mm=200,
            label=True,
            listed_at=self.day.starts_at,
        )

    def state(self, seller: Seller, clock: str, sequence: int = 1, **quantities: int) -> StatementResult:
        """The seller states these SKUs at a time of the day."""
        statement = StockStatement(
            seller_id=seller.pk,
            sequence=sequence,
            as_of=self.at(clock),
            basis="gross",
            channel="test",
            rows=[
                StatedRow(n, sku, self.warehouse.code, q)
                for n, (sku, q) in enumerate(quantities.items(), start=1)
            ],
        )
        return declare_stock([statement], day=self.day, now=self.at(clock), actor=ACTOR)[0]

    def order(self, seller: Seller, external_id: str, clock: str, **quantities: int) -> IntakeResult:
        """One order taken in at a time of the day."""
        return self.take([self.new_order(seller, external_id, clock, **quantities)], clock)[0]

    def take(self, orders: list[NewOrder], clock: str) -> list[IntakeResult]:
        return place_orders(orders, book=self.book, day=self.day, now=self.at(clock), actor=ACTOR)

    def new_order(self, seller: Seller, external_id: str, clock: str, **quantities: int) -> NewOrder:
        return NewOrder(
            marketplace="test",
            seller=seller.code,
            external_id=external_id,
            placed_at=self.at(clock),
            destination="ES",
            lines=[
                NewLine(f"{external_id}/{n}", n, sku, q, 6000 * q, 0)
                for n, (sku, q) in enumerate(quantities.items(), start=1)
            ],
        )

    def put_on_hand(self, seller: Seller, sku: str, quantity: int) -> None:
        """Counted stock in the warehouse, as a stock-up shipment leaves it."""
        balance = Balance.objects.get(seller=seller, sku__code=sku)
        move_stock([Move(balance.pk, "on_hand", "receive", quantity, 0, "stock-up")], at=self.day.starts_at)

    def balance(self, seller: Seller, sku: str) -> tuple[int, int, int, int]:
        """declared, declared_reserved, on_hand, on_hand_reserved."""
        b = Balance.objects.get(seller=seller, sku__code=sku)
        return b.declared, b.declared_reserved, b.on_hand, b.on_hand_reserved


def make_world() -> World:
    """An open warehouse on DAY under the shipped book."""
    warehouse = Warehouse.objects.create(
        code="WH",
        kind="consolidation",
        name_zh="义乌集货仓",
        name_en="Yiwu",
        supervision_code="9610",
        opened_on=DAY,
    )
    book = load_book()
    return World(book, operating_day(book, DAY), warehouse)
