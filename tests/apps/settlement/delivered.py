"""Orders as the floor leaves them, made directly: delivered or returned, packed and measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bantuo.apps.aftersales.models import AfterSale
from bantuo.apps.catalog.models import Sku
from bantuo.apps.orders.models import Order, OrderLine
from bantuo.apps.parties.models import Binding
from bantuo.apps.settlement.operations import (
    charge_orders,
    charge_returned_orders,
    refund_orders,
    run_settlement,
)
from bantuo.apps.settlement.operations.runs import RunResult
from bantuo.apps.warehouse.models import Parcel
from bantuo.channels.bank import SandboxBank
from tests.apps import factories
from tests.apps.factories import ACTOR, NOW

PLACED = NOW + timedelta(hours=1)
DELIVERED = datetime(2024, 8, 10, 17, 30, tzinfo=UTC)  # 01:30 on 2024-08-11 in Shanghai
PAYABLE = date(2024, 8, 25)  # 2024-08-11 and 14 days
LATER = datetime(2024, 8, 30, 2, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shop:
    """An active seller with one listed SKU and a published book."""

    seller_id: int
    sku_id: int
    policy_version_id: int

    def order(
        self,
        external_id: str,
        *,
        goods_fen: int = 12_000,
        freight_fen: int = 0,
        coupon_fen: int = 0,
        quantity: int = 1,
        state: str = "delivered",
        weight_g: int = 1200,
        sides: tuple[int, int, int] = (300, 250, 200),
        delivered_at: datetime | None = DELIVERED,
    ) -> int:
        """A packed and handed-over order of the programme; by default the golden one."""
        warehouse_id = Binding.objects.get(seller_id=self.seller_id).warehouse_id
        order = Order.objects.create(
            seller_id=self.seller_id,
            marketplace=factories.MARKETPLACE,
            external_id=external_id,
            placed_at=PLACED,
            business_date=factories.DAY,
            destination="US",
            goods_fen=goods_fen,
            freight_fen=freight_fen,
            merchant_coupon_fen=coupon_fen,
            route="semi",
            state=state,
            warehouse_id=warehouse_id,
            handed_over_at=PLACED + timedelta(days=1),
            delivered_at=delivered_at,
            closed_at=DELIVERED if state == "returned" else None,
        )
        OrderLine.objects.create(
            seller_id=self.seller_id,
            order=order,
            line_no=1,
            sku_id=self.sku_id,
            quantity=quantity,
            goods_fen=goods_fen,
            freight_fen=freight_fen,
        )
        length, width, height = sides
        Parcel.objects.create(
            seller_id=self.seller_id,
            order=order,
            warehouse_id=warehouse_id,
            started_at=PLACED,
            packed_at=PLACED + timedelta(seconds=80),
            seconds=80,
            weight_g=weight_g,
            length_mm=length,
            width_mm=width,
            height_mm=height,
            carton_pieces=14,
            station="S1",
            actor=ACTOR,
        )
        return int(order.pk)

    def aftersale(self, order_id: int, *, kind: str = "return", refund_fen: int = 12_000) -> None:
        """A decided case on an order."""
        AfterSale.objects.create(
            seller_id=self.seller_id,
            order_id=order_id,
            kind=kind,
            responsible="seller",
            reason="not as described",
            rule="A-39",
            refund_fen=refund_fen,
            opened_at=DELIVERED,
            decided_at=DELIVERED,
            actor=ACTOR,
        )

    def charge(self, *order_ids: int) -> int:
        return charge_orders(
            order_ids,
            book=factories.the_book(),
            policy_version_id=self.policy_version_id,
            now=DELIVERED,
            actor=ACTOR,
        )

    def charge_returned(self, *order_ids: int) -> int:
        return charge_returned_orders(
            order_ids,
            book=factories.the_book(),
            policy_version_id=self.policy_version_id,
            now=DELIVERED,
            actor=ACTOR,
        )

    def refund(self, *refunds: tuple[int, int], now: datetime = DELIVERED, cause: str = "return") -> int:
        return refund_orders(
            refunds,
            book=factories.the_book(),
            policy_version_id=self.policy_version_id,
            now=now,
            actor=ACTOR,
            cause=cause,
        )

    def settle(
        self, run_on: date = PAYABLE, *, code: str = "R1", bank: SandboxBank | None = None
    ) -> RunResult:
        return run_settlement(
            run_on,
            code=code,
            book=factories.the_book(),
            policy_version_id=self.policy_version_id,
            bank=bank or SandboxBank(),
            now=LATER,
            actor=ACTOR,
        )


def make_shop(code: str = "S-1", *, distance_m: int = 250_000) -> Shop:
    """The golden order's seller: 250 km from the warehouse, the lamp ticked for labelling."""
    (seller_id,) = factories.make_active_sellers(code, distance_m=distance_m)
    (sku_id,) = factories.make_skus(seller_id, "A-1")
    return Shop(seller_id, sku_id, factories.policy_version())


def retick(shop: Shop, **ticks: bool) -> None:
    """Change which services the SKU is ticked for."""
    Sku.objects.filter(pk=shop.sku_id).update(**ticks)
