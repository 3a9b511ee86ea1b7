"""Sellers hear of what came back, of cancellations to answer, of deadlines: once, and whom it concerns."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bantuo.apps.accounts.models import User
from bantuo.apps.aftersales.operations import Cancelling, request_cancel
from bantuo.apps.notices.models import Notice
from bantuo.apps.notices.operations import deliver_notices
from bantuo.apps.orders.operations.reminders import tell_came_back, tell_ship_due
from bantuo.core.clock import operating_day
from bantuo.interfaces.web.notice_words import notice_url
from tests.apps.floor import cut
from tests.apps.trading import ACTOR, World, make_world

pytestmark = pytest.mark.django_db


def _heard(world: World) -> list[tuple[str, str, str]]:
    """Who was told what, and the page it leads to."""
    deliver_notices(now=world.at("20:00"))
    rows = Notice.objects.order_by("id").values_list("user__email", "topic", "link")
    return [row for row in rows if row[1].startswith("order")]


def test_stock_staff_and_owner_hear_once_of_what_came_back_and_finance_does_not() -> None:
    world = make_world()
    seller = world.seller("S1", "A")
    world.state(seller, "09:00", 1, A=5)
    for role in ("owner", "stock", "finance"):
        User.objects.create_user(
            f"{role}@example.com", "a long password", seller=seller, roles=[f"seller_{role}"],
            created_at=world.day.starts_at,
        )  # fmt: skip
    world = World(world.book, operating_day(world.book, world.day.on + timedelta(days=1)), world.warehouse)
    for name in ("O1", "O2"):
        world.order(seller, name, "10:00", A=1)
    cut(world)
    for _ in range(2):
        tell_came_back(day=world.day, now=world.at("16:01"))
    page = f"seller:came_back_day {world.day.on}"
    assert _heard(world) == [
        ("owner@example.com", "orders_came_back", page),
        ("stock@example.com", "orders_came_back", page),
    ]
    told = Notice.objects.filter(topic="orders_came_back").first()
    assert told is not None
    assert (told.payload["orders"], told.payload["day"]) == (2, str(world.day.on))
    assert notice_url(told) == f"/seller/orders/came-back/{world.day.on}/"


def test_a_request_to_answer_and_a_deadline_lead_to_their_pages() -> None:
    world = make_world()
    seller = world.seller("S1", "A", semi=False)
    User.objects.create_user(
        "owner@example.com", "a long password", seller=seller, roles=["seller_owner"],
        created_at=world.day.starts_at,
    )  # fmt: skip
    order = world.order(seller, "O1", "10:00", A=1).order_id or 0
    request_cancel(
        [Cancelling("1", order, "c", "too slow")],
        seller_id=None, book=world.book, day=world.day, now=world.at("11:00"), actor=ACTOR,
    )  # fmt: skip
    later = World(world.book, operating_day(world.book, world.day.on + timedelta(days=2)), world.warehouse)
    tell_ship_due(book=world.book, day=later.day, now=later.at("08:00"))
    assert _heard(later) == [
        ("owner@example.com", "order_cancel_requested", f"seller:order {order}"),
        ("owner@example.com", "orders_ship_due", "seller:to_ship"),
    ]
