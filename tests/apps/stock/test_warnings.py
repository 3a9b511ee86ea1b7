"""Warnings before the cut-off: whom they reach, once, in time or not at all; and the robots they go to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from bantuo.apps.events.models import OutboxEvent
from bantuo.apps.parties.models import Seller
from bantuo.apps.stock.models import (
    Balance,
    DayWarning,
    Movement,
    RecentSales,
    Robot,
    RobotMessage,
    WarnedDay,
)
from bantuo.apps.stock.operations import (
    DayWarnings,
    Move,
    NewRobot,
    RobotTold,
    RobotUnknown,
    add_robot,
    ask_test_message,
    count_recent_sales,
    move_stock,
    remove_robot,
    send_robot_messages,
    warn_sellers,
)
from bantuo.apps.stock.operations import warning as warning_room
from bantuo.core.stock_day import warning_at
from tests.apps.erp.erps import VAULT
from tests.apps.trading import World, make_world

pytestmark = pytest.mark.django_db
URL = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abcd-1234"
ANSWER = RobotTold(True, "ok")


def warn(world: World, clock: str, **changed: Any) -> DayWarnings:
    begins = warning_at(world.book, world.day.on)
    return warn_sellers(day=world.day, warning_at=begins, now=world.at(clock), **changed)


def a_robot(seller: Seller, kind: str = "wecom", secret: str = "", *, now: datetime) -> Robot:
    new = NewRobot(kind, URL, secret, "en")
    return add_robot(seller.pk, robot=new, vault=VAULT, now=now, actor="user:1")


class Told:
    """A teller that keeps what it is given and answers as it was told to."""

    def __init__(self, *answers: RobotTold) -> None:
        self.answers, self.heard = list(answers), []

    def tell(
        self, robot: Robot, *, url: str, secret: str, topic: str, payload: Mapping[str, Any]
    ) -> RobotTold:
        self.heard.append((robot.pk, url, secret, topic, payload.get("missing")))
        return self.answers.pop(0) if self.answers else ANSWER


def test_who_misses_something_is_warned_with_what_is_missing_and_nobody_else() -> None:
    world = make_world()
    late, done = world.seller("LATE", "A", "B", "C"), world.seller("DONE", "A")
    world.seller("EMPTY")
    world.seller("GONE", "A", state="suspended")
    world.state(late, "10:00", A=1)
    world.state(done, "10:00", A=1)

    assert warn(world, "15:00") == DayWarnings(1, is_done=True)
    kept = DayWarning.objects.get()
    assert (kept.seller_id, kept.listed, kept.stated, kept.warned_at) == (late.pk, 3, 1, world.at("15:00"))
    event = OutboxEvent.objects.get(topic="stock.day_warned")
    assert (event.seller_id, event.key) == (late.pk, f"seller_day:{world.day.on}")
    assert event.payload == {
        "day": str(world.day.on), "listed": 3, "stated": 1, "missing": 2,
        "cutoff_at": world.day.cutoff_at.isoformat(),
    }  # fmt: skip
    assert WarnedDay.objects.get().sellers_warned == 1


def test_warnings_come_once_and_neither_early_nor_after_the_cut_off() -> None:
    world = make_world()
    world.seller("S", "A")
    assert warn(world, "14:59:59") == DayWarnings(0, is_done=False)
    assert warn(world, "16:00:01") == DayWarnings(0, is_done=False)
    assert warn(world, "15:59:59") == DayWarnings(1, is_done=True)
    assert warn(world, "16:00:00") == DayWarnings(0, is_done=True)
    assert OutboxEvent.objects.filter(topic="stock.day_warned").count() == 1


def test_who_lists_after_the_first_look_is_warned_at_a_later_one() -> None:
    world = make_world()
    world.seller("S", "A")
    assert warn(world, "15:00") == DayWarnings(1, is_done=True)
    late = world.seller("T", "B")
    assert warn(world, "15:05") == DayWarnings(0, is_done=True)
    assert warn(world, "15:10") == DayWarnings(1, is_done=True)
    assert DayWarning.objects.order_by("-id")[0].seller == late
    assert WarnedDay.objects.get().sellers_warned == 2


def test_a_run_that_broke_off_is_taken_up_and_nobody_is_told_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    sellers = [world.seller(f"S{n}", "A") for n in range(5)]
    real, calls = warning_room._warn, []

    def breaks(*args: Any, **kwargs: Any) -> int:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr(warning_room, "_warn", breaks)
    with pytest.raises(KeyboardInterrupt):
        warn(world, "15:00", batch=2)
    assert (DayWarning.objects.count(), WarnedDay.objects.count()) == (4, 0)
    monkeypatch.setattr(warning_room, "_warn", real)
    assert warn(world, "15:07", batch=2) == DayWarnings(1, is_done=True)
    told = OutboxEvent.objects.filter(topic="stock.day_warned").values_list("seller_id", flat=True)
    assert sorted(told) == [seller.pk for seller in sellers]
    assert WarnedDay.objects.get().sellers_warned == 5


def test_robots_of_the_warned_seller_are_told_once_in_words_of_the_warning() -> None:
    world = make_world()
    seller, other = world.seller("S", "A"), world.seller("T", "A")
    robot = a_robot(seller, "dingtalk", "SEC123", now=world.at("09:00"))
    a_robot(other, now=world.at("09:00"))
    world.state(other, "10:00", A=1)
    warn(world, "15:00")
    teller = Told()
    assert send_robot_messages(teller, vault=VAULT, now=world.at("15:00")) == 1
    assert teller.heard == [(robot.pk, URL, "SEC123", "day_warned", 1)]
    assert send_robot_messages(teller, vault=VAULT, now=world.at("15:30")) == 0
    message = RobotMessage.objects.get()
    assert (message.state, message.tries, message.detail, message.due_at) == ("delivered", 1, "ok", None)


def test_a_message_is_tried_again_with_growing_pauses_and_then_given_up() -> None:
    world = make_world()
    seller = world.seller("S", "A")
    a_robot(seller, now=world.at("09:00"))
    warn(world, "15:00")
    now, tries = world.at("15:00"), []
    teller = Told(*[RobotTold(False, "status 502")] * 9)
    while (message := RobotMessage.objects.get()).due_at is not None:
        now = max(now, message.due_at)
        send_robot_messages(teller, vault=VAULT, now=now)
        tries.append(int((now - world.at("15:00")).total_seconds()))
    assert tries == [0, 15, 75, 315, 1215]
    assert (message.state, message.tries, message.detail) == ("given_up", 5, "status 502")


def test_an_answer_that_says_never_is_believed() -> None:
    world = make_world()
    seller = world.seller("S", "A")
    a_robot(seller, now=world.at("09:00"))
    warn(world, "15:00")
    send_robot_messages(
        Told(RobotTold(False, "errcode 93000", is_final=True)), vault=VAULT, now=world.at("15:00")
    )
    message = RobotMessage.objects.get()
    assert (message.state, message.tries) == ("given_up", 1)


def test_no_robot_speaks_of_a_warning_after_the_cut_off() -> None:
    world = make_world()
    seller = world.seller("S", "A")
    a_robot(seller, now=world.at("09:00"))
    warn(world, "15:58")
    teller = Told(RobotTold(False, "no answer in time"))
    send_robot_messages(teller, vault=VAULT, now=world.at("15:59:50"))
    assert RobotMessage.objects.get().state == "out_of_date"
    RobotMessage.objects.update(state="waiting", due_at=world.at("15:59:59"))
    assert send_robot_messages(teller, vault=VAULT, now=world.at("16:00:05")) == 0
    assert len(teller.heard) == 1
    assert RobotMessage.objects.get().state == "out_of_date"


def test_a_worker_that_died_over_a_message_leaves_it_to_the_next() -> None:
    world = make_world()
    seller = world.seller("S", "A")
    a_robot(seller, now=world.at("09:00"))
    warn(world, "15:00")

    class Killed(Told):
        def tell(self, robot: Robot, **told: Any) -> RobotTold:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send_robot_messages(Killed(), vault=VAULT, now=world.at("15:00"))
    teller = Told()
    assert send_robot_messages(teller, vault=VAULT, now=world.at("15:01")) == 0
    assert send_robot_messages(teller, vault=VAULT, now=world.at("15:02")) == 1


def test_address_and_secret_are_sealed_and_one_of_a_kind_is_told() -> None:
    world = make_world()
    seller = world.seller("S", "A")
    first = a_robot(seller, now=world.at("09:00"))
    waiting = ask_test_message(seller.pk, first.pk, now=world.at("09:01"), actor="user:1")
    second = a_robot(seller, "wecom", now=world.at("09:02"))
    assert b"abcd-1234" not in bytes(second.sealed_url)
    assert second.ending == "1234"
    assert list(Robot.objects.filter(removed_at__isnull=True)) == [second]
    waiting.refresh_from_db()
    assert (waiting.state, waiting.detail) == ("given_up", "removed")
    assert remove_robot(seller.pk, second.pk, now=world.at("09:03"), actor="user:1")
    assert not remove_robot(seller.pk, second.pk, now=world.at("09:03"), actor="user:1")
    with pytest.raises(RobotUnknown):
        ask_test_message(seller.pk, second.pk, now=world.at("09:04"), actor="user:1")


def test_another_sellers_robot_cannot_be_asked_or_removed() -> None:
    world = make_world()
    mine, other = world.seller("S", "A"), world.seller("T", "A")
    robot = a_robot(mine, now=world.at("09:00"))
    with pytest.raises(RobotUnknown):
        ask_test_message(other.pk, robot.pk, now=world.at("09:01"), actor="user:2")
    assert not remove_robot(other.pk, robot.pk, now=world.at("09:01"), actor="user:2")


def test_recent_sales_are_counted_from_reservations_of_the_last_days() -> None:
    world = make_world()
    seller = world.seller("S", "A", "B")
    world.state(seller, "09:00", A=50, B=50)
    a, b = (Balance.objects.get(seller=seller, sku__code=sku).pk for sku in "AB")
    now = world.at("12:00")
    for balance, quantity, days in ((a, 3, 0), (a, 4, 6), (a, 9, 8), (b, 2, 8)):
        at = now - timedelta(days=days, minutes=1)
        move_stock([Move(balance, "declared", "reserve", 0, quantity, "order:1")], at=at)
    move_stock([Move(a, "declared", "release", 0, -2, "order:1")], at=now - timedelta(minutes=1))
    assert count_recent_sales(days=7, now=now) == 1
    told = RecentSales.objects.values_list("balance", "units", "days", "counted_at")
    assert list(told) == [(a, 7, 7, now)]
    assert count_recent_sales(days=7, now=now + timedelta(days=9)) == 0
    assert RecentSales.objects.count() == 0
    assert Movement.objects.filter(code="reserve").count() == 4
