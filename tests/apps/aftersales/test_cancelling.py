"""Cancel pieces of an order, ask for it, answer: stock, money and the state the order is left in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bantuo.apps.aftersales.models import AfterSale, RefundLine
from bantuo.apps.aftersales.operations import (
    CancelAnswer,
    Cancelling,
    CancelResult,
    accept_cancel,
    answer_overdue_cancels,
    cancel_lines,
    refuse_cancel,
    request_cancel,
)
from bantuo.apps.orders.models import CancelRequest, Order, OrderLine
from bantuo.apps.orders.operations.shipping import NewShipment, ship_orders
from bantuo.apps.orders.order_lists import OrderFilter, listed_orders
from bantuo.apps.parties.models import Seller
from tests.apps.floor import (
    assert_changes_nothing,
    assert_stock_sound,
    bring,
    receive,
    release,
    shipments_of,
    state_of,
    topics,
)
from tests.apps.trading import ACTOR, World, make_world

pytestmark = pytest.mark.django_db


def _two_lines(world: World, *, to: str = "reserved", coupon: int = 0) -> tuple[Seller, int]:
    """Three A at 60.00 and two B at 60.00, all stated."""
    seller = world.seller("S1", "A", "B")
    world.state(seller, "09:00", A=5, B=5)
    order = bring(world, world.order(seller, "O1", "10:00", A=3, B=2).order_id, to="reserved")
    Order.objects.filter(pk=order).update(merchant_coupon_fen=coupon)
    return seller, bring(world, order, to=to)


def _cancel(world: World, *rows: Cancelling, seller: Seller | None = None) -> list[CancelResult]:
    return cancel_lines(rows, seller_id=seller and seller.pk, now=world.at("11:00"), actor=ACTOR)


def test_pieces_of_a_line_are_cancelled_with_their_stock_and_their_money() -> None:
    world = make_world()
    seller, order = _two_lines(world, coupon=1000)
    row = Cancelling("1", order, "c1", "changed mind", lines={1: 1})
    (result,) = _cancel(world, row)
    assert (result.outcome, result.order_id) == ("cancelled", order)
    assert result.part_id is not None
    assert list(
        Order.objects.order_by("part").values_list("part", "state", "goods_fen", "merchant_coupon_fen")
    ) == [
        (0, "reserved", 24_000, 800),
        (1, "cancelled", 6000, 200),
    ]
    assert list(
        OrderLine.objects.filter(order=order).order_by("line_no").values_list("line_no", "quantity")
    ) == [
        (1, 2),
        (2, 2),
    ]
    assert (world.balance(seller, "A"), world.balance(seller, "B")) == ((5, 2, 0, 0), (5, 2, 0, 0))
    case = AfterSale.objects.get()
    assert (case.order_id, case.kind, case.refund_fen) == (result.part_id, "cancellation", 5800)
    assert list(RefundLine.objects.values_list("line_no", "quantity", "refund_fen")) == [(1, 1, 5800)]
    assert_stock_sound()
    again = assert_changes_nothing(lambda: _cancel(world, row))
    assert again == [CancelResult("1", "repeated", order, result.part_id)]


def test_a_whole_line_leaves_and_the_rest_goes_its_way() -> None:
    world = make_world()
    _, order = _two_lines(world, to="on_the_way")
    (result,) = _cancel(world, Cancelling("1", order, "c1", "changed mind", lines={2: 2}))
    assert result.outcome == "cancelled"
    receive(shipments_of(order), world.at("12:00"))
    assert state_of(order) == "picking"
    assert list(Order.objects.get(pk=order).lines.values_list("line_no", flat=True)) == [1]
    assert_stock_sound()


def test_cancelling_everything_piece_by_piece_cancels_the_order_itself() -> None:
    world = make_world()
    _, order = _two_lines(world)
    (result,) = _cancel(world, Cancelling("1", order, "c1", "changed mind", lines={1: 3, 2: 2}))
    assert (result.part_id, state_of(order), Order.objects.count()) == (order, "cancelled", 1)


@pytest.mark.parametrize(
    ("to", "lines", "field", "reason"),
    [
        ("reserved", {1: 4}, "pieces", "more than is left of the line"),
        ("reserved", {1: 0}, "pieces", "more than is left of the line"),
        ("reserved", {1: -1}, "pieces", "more than is left of the line"),
        ("reserved", {1: 10**18}, "pieces", "more than is left of the line"),
        ("reserved", {3: 1}, "line", "the order has no such line"),
        ("on_the_way", {1: 1}, "line", "after release only whole lines are cancelled"),
        ("packed", {1: 3}, "order", "it is packed: cancel all of it"),
        ("handed_over", {}, "order", "the order has left or is closed"),
    ],
)
def test_what_cannot_be_cancelled_is_refused_by_name(
    to: str, lines: dict[int, int], field: str, reason: str
) -> None:
    world = make_world()
    _, order = _two_lines(world, to=to)
    row = Cancelling("9", order, "c1", "changed mind", lines=lines)
    (result,) = assert_changes_nothing(lambda: _cancel(world, row))  # type: ignore[misc]
    assert (result.refusal.row, result.refusal.field, result.refusal.reason) == ("9", field, reason)


def test_rows_of_others_rows_without_a_reason_and_rows_named_twice_are_refused_beside_good_ones() -> None:
    world = make_world()
    seller, order = _two_lines(world)
    stranger = world.seller("S2", "A")
    results = _cancel(
        world,
        Cancelling("1", order, "c1", " "),
        Cancelling("2", order, "c1", "x", responsible="nobody"),
        Cancelling("3", order, "c1", "x", lines={1: 1}),
        Cancelling("4", order, "c2", "x", lines={1: 1}),
        Cancelling("5", 10**15, "c2", "x"),
        seller=seller,
    )
    assert [(r.outcome, r.refusal and r.refusal.reason) for r in results] == [
        ("refused", "a reason is needed"),
        ("refused", "not known to be responsible"),
        ("cancelled", None),
        ("refused", "the order stands in another row"),
        ("refused", "the order is not known"),
    ]
    (theirs,) = _cancel(world, Cancelling("1", order, "c9", "x"), seller=stranger)
    assert theirs.refusal is not None
    assert theirs.refusal.reason == "the order is not known"


def test_pieces_that_were_sent_cannot_be_cancelled_the_others_can() -> None:
    world = make_world()
    seller = world.seller("S1", "A", semi=False)
    order = bring(world, world.order(seller, "O1", "10:00", A=3).order_id, to="reserved")
    ship_orders(
        [NewShipment("1", order, "SF", "SF0001", pieces={1: 2})],
        seller_id=seller.pk, now=world.at("10:30"), actor=ACTOR,
    )  # fmt: skip
    whole, two, one = (
        Cancelling("1", order, "a", "x"),
        Cancelling("2", order, "b", "x", lines={1: 2}),
        Cancelling("3", order, "c", "x", lines={1: 1}),
    )
    assert [r.refusal and r.refusal.reason for r in _cancel(world, whole, two, one)] == [
        "pieces of it were sent already",
        "more than is left of the line",
        None,
    ]
    assert list(Order.objects.order_by("part").values_list("state", "goods_fen")) == [
        ("shipped", 12_000),  # nothing of it is left to send
        ("cancelled", 6000),
    ]


def _ask(world: World, order: int, clock: str = "10:30", **changed: object) -> CancelResult:
    told: dict[str, object] = {
        "row": "1",
        "order_id": order,
        "reference": "c1",
        "reason": "too slow",
        **changed,
    }
    return request_cancel(
        [Cancelling(**told)],  # type: ignore[arg-type]
        seller_id=None, book=world.book, day=world.day, now=world.at(clock), actor="key:1",
    )[0]  # fmt: skip


def test_a_request_holds_the_order_until_it_is_answered() -> None:
    world = make_world()
    seller, order = _two_lines(world)
    assert _ask(world, order).outcome == "asked"
    request = CancelRequest.objects.get()
    assert (request.answer, request.answer_by) == ("", world.at("10:30") + timedelta(hours=24))
    assert release(world, "10:40") == []
    assert [o.id for o in listed_orders(OrderFilter(seller.pk, cancel_asked=True), limit=5)] == [order]
    assert assert_changes_nothing(lambda: _ask(world, order)).outcome == "repeated"  # type: ignore[attr-defined]
    refused = _ask(world, order, reference="c2").refusal
    assert refused is not None
    assert refused.reason == "a cancel request is open already"
    answer = CancelAnswer("1", order, "it is on its way")
    (no,) = refuse_cancel([answer], seller_id=seller.pk, now=world.at("11:00"), actor="user:1")
    assert no.outcome == "answered"
    request.refresh_from_db()
    assert (request.answer, request.answer_reason, request.answered_by) == (
        "refused", "it is on its way", "user:1",
    )  # fmt: skip
    assert release(world, "11:10") == [order]
    assert topics()[-3:] == ["order.cancel_requested", "order.cancel_refused", "order.released"]


def test_a_request_accepted_cancels_what_was_asked_for() -> None:
    world = make_world()
    seller, order = _two_lines(world)
    _ask(world, order, lines={2: 1})
    answers = [CancelAnswer("1", order), CancelAnswer("2", order + 1)]
    yes, none = accept_cancel(answers, seller_id=seller.pk, now=world.at("11:00"), actor="user:1")
    assert (yes.outcome, none.refusal and none.refusal.reason) == (
        "answered", "no cancel request of it is open",
    )  # fmt: skip
    part = CancelRequest.objects.get().part
    assert part is not None
    assert (part.state, part.goods_fen, state_of(order)) == ("cancelled", 6000, "reserved")
    assert world.balance(seller, "B") == (5, 1, 0, 0)
    assert_stock_sound()


def test_a_refusal_needs_a_reason_and_a_stranger_answers_nothing() -> None:
    world = make_world()
    seller, order = _two_lines(world)
    _ask(world, order)
    stranger = world.seller("S2", "A")
    told = {"now": world.at("11:00"), "actor": ACTOR}
    (bare,) = refuse_cancel([CancelAnswer("1", order)], seller_id=seller.pk, **told)  # type: ignore[arg-type]
    (theirs,) = accept_cancel([CancelAnswer("1", order)], seller_id=stranger.pk, **told)  # type: ignore[arg-type]
    assert [r.refusal and r.refusal.reason for r in (bare, theirs)] == [
        "a reason is needed",
        "no cancel request of it is open",
    ]
    assert CancelRequest.objects.get().answer == ""


def test_the_rule_answers_in_the_sellers_place_when_time_is_up() -> None:
    world = make_world()
    _, order = _two_lines(world)
    _ask(world, order)
    told = {"book": world.book, "day": world.day}
    before = world.at("10:30") + timedelta(hours=24)
    assert answer_overdue_cancels(**told, now=before) == 0  # type: ignore[arg-type]
    assert answer_overdue_cancels(**told, now=before + timedelta(seconds=1)) == 1  # type: ignore[arg-type]
    request = CancelRequest.objects.get()
    assert (request.answer, request.answered_by, state_of(order)) == ("accepted", "system:jobs", "cancelled")


def test_a_request_whose_goods_have_left_meanwhile_is_refused_when_time_is_up() -> None:
    world = make_world()
    _, order = _two_lines(world, to="packed")
    _ask(world, order, clock="13:10")
    Order.objects.filter(pk=order).update(state="handed_over")
    told = {"book": world.book, "day": world.day}
    assert answer_overdue_cancels(**told, now=world.at("10:30") + timedelta(days=2)) == 1  # type: ignore[arg-type]
    request = CancelRequest.objects.get()
    assert (request.answer, request.answer_reason) == ("refused", "the order has left or is closed")
