from __future__ import annotations

from dataclasses import replace

import pytest

from bantuo.apps.catalog.models import Sku
from bantuo.apps.orders.models import IntakeRefusal, Order
from bantuo.apps.parties.models import Seller
from tests.apps.floor import assert_changes_nothing, topics
from tests.apps.trading import World, make_world

pytestmark = pytest.mark.django_db


def _world() -> tuple[World, Seller]:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", A=5)
    return world, seller


def test_a_retry_is_answered_with_the_stored_order_though_it_could_no_longer_be_taken() -> None:
    world, seller = _world()
    first = world.order(seller, "O1", "10:00", A=2)
    Sku.objects.update(delisted_at=world.at("10:30"))
    Seller.objects.update(programme_state="suspended")
    again = assert_changes_nothing(lambda: world.order(seller, "O1", "11:00", A=2).order_id)
    assert again == first.order_id
    assert world.order(seller, "O2", "11:00", A=2).outcome == "refused"


def test_one_bad_order_never_sinks_its_batch_and_names_field_and_value() -> None:
    world, seller = _world()
    good = world.new_order(seller, "GOOD", "10:00", A=1)
    line = good.lines[0]
    bad = [
        replace(good, external_id="TWICE", lines=[line, replace(line, row="TWICE/2")]),
        replace(good, external_id="COUPON", merchant_coupon_fen=6001),
        replace(good, external_id="OWED", merchant_coupon_fen=-1),
        replace(good, external_id="FAR", lines=[replace(line, line_no=2**40)]),
        replace(good, external_id="RICH", lines=[replace(line, goods_fen=10**12 + 1)]),
        replace(good, external_id="EMPTY", lines=[]),
        replace(good, external_id=""),
        replace(good, external_id="NUL\x00"),
    ]
    results = world.take([*bad, good], "10:00")
    assert [r.outcome for r in results] == ["refused"] * len(bad) + ["placed"]
    kept = IntakeRefusal.objects.order_by("id").values_list("external_id", "field", "value")
    assert {(name, field, value) for name, field, value in kept if field != "order"} == {
        ("TWICE", "line_no", "1"),
        ("COUPON", "merchant_coupon_fen", "6001"),
        ("OWED", "merchant_coupon_fen", "-1"),
        ("FAR", "line_no", str(2**40)),
        ("RICH", "goods_fen", str(10**12 + 1)),
        ("EMPTY", "lines", "0"),
        ("", "external_id", ""),
        ("NUL\\0", "external_id", "NUL\\0"),
    }
    assert topics().count("order.refused") == len(kept)
    assert_changes_nothing(lambda: world.take([*bad, good], "10:05"))


def test_two_marketplaces_may_use_one_sellers_code() -> None:
    world, seller = _world()
    other = Seller.objects.create(
        marketplace="other", code="S1", name="other", ship_from="Yiwu", programme_state="active",
        active_from=world.day.on, created_at=world.day.starts_at,
    )  # fmt: skip
    world.sku(other, "A", semi=False)
    here = world.new_order(seller, "O1", "10:00", A=1)
    results = world.take([here, replace(here, marketplace="other")], "10:00")
    assert [(r.outcome, r.route) for r in results] == [("placed", "semi"), ("placed", "self")]
    assert list(Order.objects.order_by("id").values_list("seller", flat=True)) == [seller.pk, other.pk]


def test_an_empty_batch_is_no_work() -> None:
    world, _ = _world()
    assert assert_changes_nothing(lambda: world.take([], "10:00")) == []
