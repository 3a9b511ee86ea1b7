"""16:00 by hand: the day is closed within the call, a worker turns the orders, the page tells how far."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from procrastinate.contrib.django import procrastinate_app
from procrastinate.contrib.django.models import ProcrastinateJob

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.events.models import OutboxEvent
from bantuo.apps.orders.models import CutOver, Order, RoutingDecision
from bantuo.apps.parties.models import Seller
from bantuo.apps.sql import run_statement
from bantuo.core.clock import operating_day
from bantuo.interfaces.jobs.trading_tasks import turn_day
from bantuo.interfaces.web.order_runs import TURN_DAY
from bantuo.interfaces.web.programme import programme_now
from tests.apps.trading import World, make_world
from tests.interfaces.operator.review_people import client_of

pytestmark = pytest.mark.django_db
RUN = "/operator/cutover/run/"
PARTLY = {"HX-Request": "true"}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """The world of today a minute after the cut-off, with two orders that are to come back."""
    made, programme = make_world(), programme_now()
    world = World(programme.book, operating_day(programme.book, programme.on), made.warehouse)
    seller = world.seller("S1", "A", "B")
    before = World(world.book, operating_day(world.book, world.day.on - timedelta(days=1)), world.warehouse)
    before.state(seller, "09:00", 1, A=5, B=5)
    world.order(seller, "E-1", "00:01", A=2)
    world.order(seller, "E-2", "00:01", A=1)
    at(world, "16:01", monkeypatch)
    return world


def at(world: World, clock: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bantuo.interfaces.web.programme.moment", lambda: world.at(clock))


def browser(role: Role = Role.WAREHOUSE, language: str = "en") -> Any:
    person = User.objects.create_user(f"{role}@example.com", "a long password", roles=[role.value])
    return client_of(person, language=language)


def jobs() -> list[dict[str, Any]]:
    return [job.args for job in ProcrastinateJob.objects.filter(task_name=TURN_DAY)]


def day_page(world: World) -> str:
    return f"/operator/cutover/{world.day.on}/"


def work() -> None:
    """What a worker does with the jobs that wait."""
    for args in jobs():
        turn_day(**args)


def test_nobody_runs_it_before_its_time_or_without_the_role(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert browser(Role.FINANCE).post(RUN).status_code == 403
    at(world, "15:59", monkeypatch)
    assert "has not come yet" in browser().post(RUN, follow=True).content.decode()
    assert (CutOver.objects.count(), jobs()) == (0, [])


def test_the_day_is_closed_at_once_and_the_orders_are_left_to_a_worker(world: World) -> None:
    client = browser()
    person = User.objects.get()
    assert client.post(RUN).url == day_page(world)
    assert jobs() == [{"business_date": world.day.on.isoformat(), "actor": person.actor}]
    fence = CutOver.objects.get()
    assert (fence.finished_at, fence.orders_to_turn, fence.orders_turned) == (None, None, 0)
    assert set(Order.objects.values_list("state", flat=True)) == {"reserved"}
    late = world.order(Seller.objects.get(), "E-3", "15:00", A=1)  # by a clock that is slow
    assert (late.route, late.reason) == ("self", "after_cutoff")


def test_a_second_click_changes_nothing(world: World) -> None:
    client = browser()
    client.post(RUN)
    closed = CutOver.objects.values().get()
    assert client.post(RUN).url == day_page(world)
    assert (CutOver.objects.values().get(), len(jobs())) == (closed, 1)
    work()
    run_statement("DELETE FROM procrastinate_jobs")  # as a worker takes away what is done
    done = CutOver.objects.values().get()
    assert "done already" in client.post(RUN, follow=True).content.decode()
    assert (CutOver.objects.values().get(), jobs()) == (done, [])
    assert RoutingDecision.objects.filter(reason="cutoff_fallback").count() == 2


def test_the_page_shows_how_far_it_has_got_and_then_the_report(world: World) -> None:
    client = browser()
    client.post(RUN)
    page = client.get(day_page(world)).content.decode()
    assert f'hx-get="{day_page(world)}"' in page
    assert "being counted" in page
    assert f'hx-get="{day_page(world)}"' in client.get("/operator/cutover/").content.decode()
    CutOver.objects.update(orders_to_turn=7, orders_turned=2, orders_split=1)
    part = client.get(day_page(world), headers=PARTLY)
    report = part.context["report"]
    assert (report.orders_done, report.orders_left) == (3, 4)
    assert "<html" not in part.content.decode()
    assert "HX-Refresh" not in part.headers
    CutOver.objects.update(orders_to_turn=None, orders_turned=0, orders_split=0)
    work()
    assert client.get(day_page(world), headers=PARTLY).headers["HX-Refresh"] == "true"
    report = client.get(day_page(world)).context["report"]
    assert (report.orders_turned, report.orders_to_turn, report.orders_left) == (2, 2, 0)
    assert "every 2s" not in client.get(day_page(world)).content.decode()
    told = OutboxEvent.objects.filter(topic__in=("orders.cut_over", "orders.came_back"))
    assert sorted(told.values_list("topic", flat=True)) == ["orders.came_back", "orders.cut_over"]
    person = User.objects.get()
    assert set(RoutingDecision.objects.filter(reason="cutoff_fallback").values_list("actor", flat=True)) == {
        person.actor
    }


@pytest.mark.parametrize(
    ("language", "told"), [("en", "No worker is running"), ("zh-hans", "后台进程未运行")]
)
def test_without_a_worker_the_page_says_so_and_what_to_do(world: World, language: str, told: str) -> None:
    client = browser(language=language)
    assert told in client.get("/operator/cutover/").content.decode()
    client.post(RUN)
    for path in ("/operator/cutover/", day_page(world)):
        page = client.get(path).content.decode()
        assert told in page
        assert "bantuo worker" in page
    assert told in client.get(day_page(world), headers=PARTLY).content.decode()
    run_statement("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')")
    assert told in client.get(day_page(world)).content.decode()
    run_statement("UPDATE procrastinate_workers SET last_heartbeat = now()")
    for path in ("/operator/cutover/", day_page(world)):
        assert told not in client.get(path).content.decode()


def test_the_job_is_known_to_workers() -> None:
    assert TURN_DAY in procrastinate_app.current_app.tasks
