"""Who an order goes to: sealed, masked, unmasked with a reason, changed until release, forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bantuo.apps.documents.models import DocumentAccess
from bantuo.apps.documents.operations import (
    ReasonMissing,
    RecipientUnknown,
    reveal_recipient,
)
from bantuo.apps.documents.queries import verify_chain
from bantuo.apps.orders.models import Order, OrderRecipient
from bantuo.apps.orders.operations.recipients import (
    SEALED,
    NewRecipient,
    RecipientResult,
    change_address,
    forget_recipients,
    keep_recipients,
    mask_phone,
)
from bantuo.apps.orders.order_rows import order_detail
from bantuo.apps.sealing import reseal_column
from bantuo.channels.vault import Vault
from tests.apps.floor import assert_changes_nothing, bring, cut
from tests.apps.trading import ACTOR, World, make_world

pytestmark = pytest.mark.django_db
VAULT = Vault(bytes(32))
TOLD = {
    "name": "María García",
    "mobile": "+34612345678",
    "country": "ES",
    "province": "Madrid",
    "city": "Madrid",
    "address": "Calle Mayor 1",
    "zip": "28013",
}


def _order(world: World, to: str = "reserved") -> int:
    seller = world.seller("S1", "A", "B")
    world.state(seller, "09:00", A=5, B=5)
    return bring(world, world.order(seller, "O1", "10:00", A=1, B=1).order_id, to=to)


def _keep(world: World, *rows: NewRecipient) -> list[RecipientResult]:
    return keep_recipients(rows, seller_id=None, vault=VAULT, now=world.at("10:00"), actor=ACTOR)


def _reveal(world: World, order: int, **changed: object) -> dict[str, str]:
    told: dict[str, object] = {
        "seller_id": None, "reason": "label", "vault": VAULT, "now": world.at("11:00"), "actor": "user:1",
        "address": "192.0.2.1", **changed,
    }  # fmt: skip
    return reveal_recipient(order, **told)  # type: ignore[arg-type]


def test_a_recipient_is_kept_once_sealed_and_shown_masked() -> None:
    world = make_world()
    order = _order(world)
    row = NewRecipient("1", order, TOLD, oaid="OA-1")
    assert _keep(world, row) == [RecipientResult("1", "kept", order, "OA-1")]
    held = OrderRecipient.objects.get()
    assert (held.country, held.region, held.name_masked, held.phone_masked) == (
        "ES", "Madrid", "M**", "+34****5678",
    )  # fmt: skip
    assert b"Mayor" not in bytes(held.sealed or b"")
    detail = order_detail(held.seller_id, order)
    assert detail is not None
    assert (detail.order.oaid, detail.order.name_masked) == ("OA-1", "M**")
    again = NewRecipient("1", order, {**TOLD, "name": "Somebody Else"}, oaid="OA-2")
    assert assert_changes_nothing(lambda: _keep(world, again)) == [
        RecipientResult("1", "repeated", order, "OA-1")
    ]


def test_one_look_needs_a_reason_and_stands_in_the_chain() -> None:
    world = make_world()
    order = _order(world)
    _keep(world, NewRecipient("1", order, TOLD, oaid="OA-1"))
    with pytest.raises(ReasonMissing):
        _reveal(world, order, reason=" ")
    for wrong in ({"oaid": "OA-2"}, {"seller_id": Order.objects.get().seller_id + 1}):
        with pytest.raises(RecipientUnknown):
            _reveal(world, order, **wrong)
    assert not DocumentAccess.objects.exists()
    assert _reveal(world, order, oaid="OA-1") == TOLD
    entry = DocumentAccess.objects.get()
    assert (entry.subject, entry.action, entry.reason, entry.actor) == (
        f"recipient:{order}", "unmask", "label", "user:1",
    )  # fmt: skip
    assert verify_chain().is_whole


def test_all_parts_of_an_order_go_to_the_same_recipient() -> None:
    world = make_world()
    order = _order(world)
    Order.objects.filter(pk=order).update(business_date=world.day.on)
    _keep(world, NewRecipient("1", order, TOLD))
    seller = Order.objects.get().seller
    world.state(seller, "11:00", 2, A=5)
    world = World(world.book, world.day, world.warehouse)
    Order.objects.create(
        seller=seller, marketplace="test", external_id="O1", part=1, placed_at=world.at("10:00"),
        business_date=world.day.on, destination="ES", goods_fen=0, freight_fen=0, route="self",
        state="to_ship",
    )  # fmt: skip
    part = Order.objects.get(part=1)
    assert _reveal(world, part.pk)["zip"] == "28013"
    cut(world)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"address": "  "}, "address"),
        ({"country": "Spain"}, "country"),
        ({"address": "x" * 301}, "address"),
        ({"zip": "\x00"}, "address"),
    ],
)
def test_a_recipient_that_cannot_be_kept_is_refused_without_telling_its_text(
    changed: dict[str, str], field: str
) -> None:
    world = make_world()
    order = _order(world)
    row = NewRecipient("5", order, {**TOLD, **changed})
    (result,) = assert_changes_nothing(lambda: _keep(world, row))  # type: ignore[misc]
    assert (result.outcome, result.refusal.row, result.refusal.field) == ("refused", "5", field)
    assert "María" not in result.refusal.value


def test_an_address_changes_until_release_and_within_its_country() -> None:
    world = make_world()
    order = _order(world)
    _keep(world, NewRecipient("1", order, TOLD, oaid="OA-1"))

    def change(**told: str) -> RecipientResult:
        rows = [NewRecipient("1", order, {**TOLD, **told})]
        return change_address(rows, seller_id=None, vault=VAULT, now=world.at("10:20"), actor=ACTOR)[0]

    assert change(address="Gran Vía 2").outcome == "changed"
    assert _reveal(world, order)["address"] == "Gran Vía 2"
    abroad = change(country="FR").refusal
    assert abroad is not None
    assert (abroad.field, abroad.reason) == ("country", "the country of an order stays")
    bring(world, order, to="released")
    late = change(address="Gran Vía 3").refusal
    assert late is not None
    assert late.reason == "the order is released or sent"


def test_a_recipient_is_forgotten_days_after_every_part_has_closed() -> None:
    world = make_world()
    order = _order(world)
    _keep(world, NewRecipient("1", order, TOLD))
    day = world.day.on + timedelta(days=91)
    later = world.at("10:00") + timedelta(days=91)
    assert forget_recipients(days=90, on=day, now=later) == 0
    Order.objects.filter(pk=order).update(state="cancelled", closed_at=world.at("10:00"))
    assert forget_recipients(days=91, on=day, now=later) == 0
    assert forget_recipients(days=90, on=day, now=later) == 1
    with pytest.raises(RecipientUnknown):
        _reveal(world, order)
    assert OrderRecipient.objects.get().name_masked == "M**"


def test_a_new_master_key_reseals_recipients() -> None:
    world = make_world()
    order = _order(world)
    _keep(world, NewRecipient("1", order, TOLD))
    fresh = Vault(bytes([1] * 32), (bytes(32),))
    assert [reseal_column(column, vault=fresh).sealed_anew for column in SEALED] == [1]
    assert _reveal(world, order, vault=Vault(bytes([1] * 32))) == TOLD


@pytest.mark.parametrize(("phone", "shown"), [("13812345678", "138****5678"), ("123456", "****56"), ("", "")])
def test_phones_are_masked(phone: str, shown: str) -> None:
    assert mask_phone(phone) == shown
