"""What an order is charged: the golden order, measuring, ticks, rates, refusals."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from bantuo.apps.policies.models import GrantedRate
from bantuo.apps.settlement.models import Charge, ChargeRefusal
from bantuo.apps.settlement.rating import FEE_COLUMNS
from bantuo.apps.warehouse.models import Parcel
from tests.apps.factories import DAY, NOW, outbox
from tests.apps.settlement.delivered import PAYABLE, make_shop, retick

pytestmark = pytest.mark.django_db


def fees(order_id: int, kind: str = "order") -> dict[str, int]:
    charge = Charge.objects.get(order_id=order_id, kind=kind)
    return {name: getattr(charge, name) for name in FEE_COLUMNS if getattr(charge, name)}


def test_golden_order_is_charged_19_60() -> None:
    shop = make_shop()
    order = shop.order("G-1")

    assert shop.charge(order) == 1

    assert fees(order) == {
        "base_service_fen": 420,
        "fulfilment_fen": 1100,
        "transfer_fen": 240,
        "labelling_fen": 200,
    }
    charge = Charge.objects.get()
    assert (charge.receipts_fen, charge.total_fen, charge.net_fen) == (12_000, 1960, 10_040)
    assert (charge.rated_on, charge.payable_on, charge.reason) == (DAY, PAYABLE, "delivered")
    assert outbox("settlement.charged") == [
        (f"order:{order}", {"kind": "order", "net_fen": 10_040, "actor": "operator:test"})
    ]


def test_granted_rate_of_the_day_gives_18_04() -> None:
    shop = make_shop()
    GrantedRate.objects.create(
        seller_id=shop.seller_id,
        rate_bp=220,
        valid_from=DAY,
        valid_until=date(2024, 9, 1),
        approved_by="operator:test",
        evidence="three months",
        policy_version_id=shop.policy_version_id,
        granted_at=NOW,
    )
    order = shop.order("G-1")

    shop.charge(order)

    assert Charge.objects.get().total_fen == 1804
    assert fees(order)["base_service_fen"] == 264


def test_measuring_is_a_column_of_its_own() -> None:
    shop = make_shop()
    heavier = shop.order("G-1", weight_g=3001)  # 4 billed kilograms instead of 3
    lighter = shop.order("G-2", weight_g=900, sides=(100, 100, 100))  # 1 billed kilogram

    shop.charge(heavier, lighter)

    assert fees(heavier)["measured_difference_fen"] == 300 + 80
    assert fees(lighter)["measured_difference_fen"] == -600 - 160
    assert fees(heavier)["fulfilment_fen"] == fees(lighter)["fulfilment_fen"] == 1100
    assert [c.total_fen for c in Charge.objects.order_by("order_id")] == [2340, 420 + 500 + 80 + 200]


def test_estimate_of_several_pieces_adds_weights_and_volumes() -> None:
    shop = make_shop()
    order = shop.order("G-1", quantity=2, weight_g=2400, sides=(300, 250, 400))  # 5.0 kg by volume

    shop.charge(order)

    assert Charge.objects.get().inputs["estimated"] == {"weight_g": 2400, "volume_mm3": 30_000_000}
    assert fees(order)["fulfilment_fen"] == 500 + 4 * 300
    assert "measured_difference_fen" not in fees(order)


@pytest.mark.parametrize(("distance_m", "transfer_fen"), [(200_000, 0), (200_001, 240)])
def test_transfer_is_charged_strictly_beyond_200_km(distance_m: int, transfer_fen: int) -> None:
    shop = make_shop(distance_m=distance_m)
    order = shop.order("G-1")

    shop.charge(order)

    assert fees(order).get("transfer_fen", 0) == transfer_fen


def test_ticked_services_follow_the_sku() -> None:
    shop = make_shop()
    retick(shop, label=False, photo_qc=True)
    order = shop.order("G-1")

    shop.charge(order)

    assert (fees(order).get("labelling_fen"), fees(order).get("photo_qc_fen")) == (None, 500)


def test_receipts_are_goods_and_freight_less_coupon_and_refunds() -> None:
    shop = make_shop()
    order = shop.order("G-1", goods_fen=10_000, freight_fen=3_000, coupon_fen=1_000)
    shop.aftersale(order, kind="refund", refund_fen=2_000)

    shop.charge(order)

    charge = Charge.objects.get()
    assert (charge.receipts_fen, charge.base_service_fen) == (10_000, 350)
    assert charge.inputs["receipts"] == {
        "goods": 10_000,
        "freight": 3_000,
        "merchant_coupon": 1_000,
        "refunds": 2_000,
    }


def test_charging_again_changes_nothing() -> None:
    shop = make_shop()
    order = shop.order("G-1")
    shop.charge(order)
    before = list(Charge.objects.values())

    assert shop.charge(order, order) == 0
    assert list(Charge.objects.values()) == before
    assert len(outbox("settlement.charged")) == 1


def test_only_delivered_orders_of_the_programme_are_charged() -> None:
    shop = make_shop()
    under_way = shop.order("G-1", state="departed", delivered_at=None)
    returned = shop.order("G-2", state="returned", delivered_at=None)

    assert shop.charge(under_way, returned) == 0
    assert shop.charge_returned(under_way) == 0


def test_returned_before_delivery_pays_for_freight_work_only() -> None:
    shop = make_shop()
    order = shop.order("G-1", state="returned", delivered_at=None)
    shop.aftersale(order)

    assert shop.charge_returned(order) == 1

    charge = Charge.objects.get()
    assert (charge.receipts_fen, charge.base_service_fen, charge.net_fen) == (0, 0, -1540)
    assert charge.reason == "returned before delivery, freight work done"
    assert charge.inputs["event"]["name"] == "returned"
    assert charge.payable_on == PAYABLE


def test_an_order_without_parcel_is_refused_by_name_and_others_are_charged() -> None:
    shop = make_shop()
    good, bad = shop.order("G-1"), shop.order("G-2")
    Parcel.objects.filter(order_id=bad).delete()

    assert shop.charge(bad, good) == 1
    assert shop.charge(bad) == 0

    assert list(Charge.objects.values_list("order_id", flat=True)) == [good]
    assert list(ChargeRefusal.objects.values_list("order_id", "field", "value", "rule")) == [
        (bad, "parcel", "None", "FEE-3: the packing station measured no parcel")
    ]
    assert len(outbox("settlement.charge_refused")) == 1


def test_absurd_weight_is_refused_by_the_card() -> None:
    shop = make_shop()
    order = shop.order("G-1", quantity=1000)

    assert shop.charge(order) == 0
    assert ChargeRefusal.objects.get().field == "weight_g"


def test_a_charge_never_changes() -> None:
    shop = make_shop()
    shop.charge(shop.order("G-1"))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    for statement in (
        "UPDATE settlement_charge SET receipts_fen = 1, net_fen = net_fen - receipts_fen + 1",
        "UPDATE settlement_charge SET reason = 'changed'",
        "DELETE FROM settlement_charge",
        "TRUNCATE settlement_charge",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
