"""Refunds of charged orders: rows of their own that give the base fee back in proportion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bantuo.apps.settlement.models import Charge
from bantuo.apps.settlement.operations.refunds import RefundDiffers, RefundExceedsReceipts
from bantuo.apps.settlement.rating import reversed_share
from tests.apps.settlement.delivered import make_shop

DB = pytest.mark.django_db


def rows(order_id: int) -> list[tuple[str, str, int, int, int, int]]:
    fields = ("kind", "cause", "receipts_fen", "base_service_fen", "total_fen", "net_fen")
    return list(Charge.objects.filter(order_id=order_id).order_by("id").values_list(*fields))


@DB
def test_full_refund_gives_the_whole_base_fee_back() -> None:
    shop = make_shop()
    order = shop.order("G-1", goods_fen=12_345)
    shop.charge(order)
    own = rows(order)

    assert shop.refund((order, 12_345)) == 1

    assert rows(order) == [*own, ("refund", "return", -12_345, -432, -432, -11_913)]
    assert Charge.objects.get(kind="refund").payable_on.isoformat() == "2024-08-11"


@DB
def test_partial_refunds_add_up_to_the_whole_base_fee() -> None:
    shop = make_shop()
    order = shop.order("G-1", goods_fen=10_001)  # base fee 350.035 → 350
    shop.charge(order)

    shop.refund((order, 3_333), cause="refund")
    shop.refund((order, 6_668), cause="return")

    assert [row[3] for row in rows(order)] == [350, -117, -233]


@DB
def test_refunding_again_changes_nothing() -> None:
    shop = make_shop()
    order = shop.order("G-1")
    shop.charge(order)
    shop.refund((order, 5_000))

    assert shop.refund((order, 5_000)) == 0
    with pytest.raises(RefundDiffers):
        shop.refund((order, 5_001))


@DB
def test_more_than_the_receipts_is_never_refunded() -> None:
    shop = make_shop()
    order = shop.order("G-1")
    shop.charge(order)

    with pytest.raises(RefundExceedsReceipts):
        shop.refund((order, 12_001))
    assert len(rows(order)) == 1


@DB
def test_an_order_without_a_charge_is_left() -> None:
    shop = make_shop()
    order = shop.order("G-1")

    assert shop.refund((order, 12_000)) == 0
    assert rows(order) == []


@given(
    base=st.integers(0, 10**9),
    parts=st.lists(st.integers(1, 10**9), min_size=1, max_size=5),
)
def test_shares_of_all_parts_add_up_to_the_whole(base: int, parts: list[int]) -> None:
    whole, given_back, before = sum(parts), 0, 0
    for part in parts:
        given_back += reversed_share(base, part=before + part, whole=whole) - reversed_share(
            base, part=before, whole=whole
        )
        before += part
    assert given_back == base
