"""The deposit's life: held, drawn on, topped up, released, cooled, refunded; the ledger follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from bantuo.apps.admission import operations as admission
from bantuo.apps.admission.models import Deposit
from bantuo.apps.admission.operations.deposits import DeductionUnusable
from bantuo.apps.admission.queries import deposits_held_fen, open_obligations, seller_standing
from bantuo.apps.ledger.models import Entry
from bantuo.apps.ledger.operations import NewEntry, post_entries
from bantuo.apps.ledger.queries import check_ledger, seller_balances
from bantuo.apps.orders.models import Order
from bantuo.apps.parties.models import Seller
from tests.apps import factories as make
from tests.apps.admission import steps

pytestmark = pytest.mark.django_db

# Ten Chinese working days after Thursday 2024-08-01.
REFUND_DAY = date(2024, 8, 15)


@pytest.fixture
def seller() -> int:
    (seller,) = steps.joined("S1")
    return seller


def _balance(seller: int) -> int:
    deposit = Deposit.objects.get(seller_id=seller).pk
    return deposits_held_fen([deposit])[deposit]


def test_a_deduction_pays_what_the_seller_owes(seller: int) -> None:
    assert steps.deduct(seller, 500_000) == 1
    assert steps.deposit_of(seller) == "deducted"
    assert _balance(seller) == 1_500_000
    assert seller_balances([seller])[seller, "seller_payable"] == -500_000
    assert steps.timeline(seller)[-1] == ("deposit:deducted", "DEP-1: CNY 5000.00: unpaid claim")


def test_a_deduction_again_changes_nothing(seller: int) -> None:
    steps.deduct(seller, 500_000)
    assert steps.deduct(seller, 500_000) == 0
    assert _balance(seller) == 1_500_000
    assert steps.deduct(seller, 500_000, "claim-2") == 1
    assert _balance(seller) == 1_000_000


def test_no_more_is_taken_than_is_held(seller: int) -> None:
    with pytest.raises(admission.DepositTooSmall, match="2000001 fen, 2000000 fen are held"):
        steps.deduct(seller, 2_000_001)
    assert (steps.deposit_of(seller), steps.deduct(seller, 2_000_000)) == ("held", 1)
    assert _balance(seller) == 0


@pytest.mark.parametrize(
    "broken", [{"amount_fen": 0}, {"amount_fen": -1}, {"reference": " "}, {"rule": ""}, {"reason": ""}]
)
def test_a_deduction_says_what_why_and_how_much(seller: int, broken: dict[str, Any]) -> None:
    deduction = replace(admission.Deduction(seller, 1, "claim-1", "DEP-1", "unpaid claim"), **broken)
    with pytest.raises(DeductionUnusable):
        admission.deduct_deposits(
            [deduction], on=make.DAY, policy_version_id=make.policy_version(), **steps.WHEN
        )


def test_a_top_up_makes_it_whole_each_time(seller: int) -> None:
    for round_, fen in (("1", 500_000), ("2", 1)):
        steps.deduct(seller, fen, f"claim-{round_}")
        assert admission.demand_top_ups([seller], **steps.WHEN) == 1
        assert admission.demand_top_ups([seller], **steps.WHEN) == 0
        assert (steps.top_up(seller), steps.top_up(seller)) == (1, 0)
        assert (steps.deposit_of(seller), _balance(seller)) == ("held", 2_000_000)
    assert Entry.objects.filter(kind="deposit_topped_up").count() == 2


def test_a_top_up_is_no_way_round_the_first_payment() -> None:
    (seller,) = make.make_sellers("S2")
    steps.submit(seller)
    for step in (steps.assess, steps.approve, steps.sign):
        step(seller)
    admission.demand_deposits([seller], book=make.the_book(), on=make.DAY, **steps.WHEN)
    with pytest.raises(admission.IllegalTransition, match="deposit due → deposit topped up"):
        steps.top_up(seller)
    assert steps.hold(seller) == 1


def test_the_whole_way_out(seller: int) -> None:
    steps.deduct(seller, 300_000)
    assert (steps.leave(seller), steps.leave(seller)) == (1, 0)
    assert Seller.objects.get(pk=seller).programme_state == "exiting"
    assert [admission.request_release([seller], **steps.WHEN) for _ in range(2)] == [1, 0]
    assert (steps.cool(seller), steps.cool(seller)) == (1, 0)
    assert Deposit.objects.get(seller_id=seller).cooling_until == REFUND_DAY
    with pytest.raises(admission.StillCooling, match="until 2024-08-15, today is 2024-08-14"):
        steps.refund(seller, on=REFUND_DAY - timedelta(days=1))
    assert (steps.refund(seller, on=REFUND_DAY), steps.refund(seller, on=REFUND_DAY)) == (1, 0)
    assert (steps.state_of(seller), steps.deposit_of(seller)) == ("exited", "refunded")
    assert Seller.objects.get(pk=seller).programme_state == "exited"
    assert seller_balances([seller]) == {
        (seller, "bank"): 300_000,
        (seller, "seller_deposit"): 0,
        (seller, "seller_payable"): -300_000,
    }
    standing = seller_standing(seller)
    assert standing is not None
    assert standing.deposit_held_fen == 0
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert check_ledger().is_sound


def test_an_empty_deposit_ends_without_an_entry(seller: int) -> None:
    steps.deduct(seller, 2_000_000)
    steps.leave(seller)
    admission.request_release([seller], **steps.WHEN)
    steps.cool(seller)
    steps.refund(seller, on=REFUND_DAY)
    assert Entry.objects.filter(kind="deposit_refunded").count() == 0
    assert steps.state_of(seller) == "exited"


def test_who_stays_does_not_get_it_back(seller: int) -> None:
    with pytest.raises(admission.IllegalTransition, match="active → deposit release_requested"):
        admission.request_release([seller], **steps.WHEN)


def test_an_open_order_keeps_the_deposit(seller: int) -> None:
    order = _open_order(seller)
    steps.leave(seller)
    admission.request_release([seller], **steps.WHEN)
    with pytest.raises(admission.ReleaseBlocked, match="no_open_order: 1 open orders") as caught:
        steps.cool(seller)
    assert list(caught.value.obligations) == [seller]
    order.state = "completed"
    order.save()
    assert steps.cool(seller) == 1


def test_an_order_opened_while_cooling_stops_the_refund(seller: int) -> None:
    steps.leave(seller)
    admission.request_release([seller], **steps.WHEN)
    steps.cool(seller)
    _open_order(seller)
    with pytest.raises(admission.ReleaseBlocked):
        steps.refund(seller, on=REFUND_DAY)
    assert _balance(seller) == 2_000_000


def test_a_debt_keeps_the_deposit_until_it_is_paid_from_it(seller: int) -> None:
    _owe(seller, 70_000)
    steps.leave(seller)
    admission.request_release([seller], **steps.WHEN)
    with pytest.raises(admission.ReleaseBlocked, match="no_open_claim: 70000 fen owed"):
        steps.cool(seller)
    steps.deduct(seller, 70_000)
    assert steps.deposit_of(seller) == "deducted"
    admission.request_release([seller], **steps.WHEN)
    assert steps.cool(seller) == 1


def test_a_deduction_while_cooling_starts_the_release_again(seller: int) -> None:
    steps.leave(seller)
    admission.request_release([seller], **steps.WHEN)
    steps.cool(seller)
    steps.deduct(seller, 1)
    assert Deposit.objects.get(seller_id=seller).cooling_until is None
    with pytest.raises(admission.IllegalTransition, match="deposit deducted → deposit refunded"):
        steps.refund(seller, on=REFUND_DAY)


def test_a_condition_nobody_can_answer_releases_nothing(seller: int) -> None:
    told = open_obligations([seller], conditions=["no_open_violation"], now=make.NOW)
    assert told == {seller: ["no_open_violation cannot be answered"]}


@pytest.mark.parametrize("step", [steps.cool, lambda seller: steps.refund(seller, on=REFUND_DAY)])
def test_no_step_out_is_skipped(seller: int, step: Callable[[int], int]) -> None:
    with pytest.raises(admission.IllegalTransition, match="deposit held → "):
        step(seller)


def test_an_exited_seller_may_apply_again(seller: int) -> None:
    steps.leave(seller)
    admission.request_release([seller], **steps.WHEN)
    steps.cool(seller)
    steps.refund(seller, on=REFUND_DAY)
    again = admission.NewApplication(seller, make.seller_profile(dsr="4.9"), attempt=2)
    admission.submit_applications([again], **steps.WHEN)
    for step in (steps.assess, steps.approve, steps.sign, steps.hold, steps.activate):
        step(seller)
    held = deposits_held_fen(list(Deposit.objects.order_by("id").values_list("id", flat=True)))
    assert list(held.values()) == [0, 2_000_000]


def _open_order(seller: int) -> Order:
    order: Order = Order.objects.create(
        seller_id=seller,
        marketplace=make.MARKETPLACE,
        external_id="O-1",
        placed_at=make.NOW,
        business_date=make.DAY,
        destination="US",
        goods_fen=12000,
        freight_fen=0,
        route="self",
        state="to_ship",
    )
    return order


def _owe(seller: int, fen: int) -> None:
    postings = (("seller_payable", fen, "CLM"), ("bank", -fen, "CLM"))
    entry = NewEntry(seller, "claim", "c-1", make.DAY, postings)
    post_entries([entry], now=make.NOW, policy_version_id=make.policy_version())
