"""What happens to stock by itself, each task a clock round its operation."""

from __future__ import annotations

from pathlib import Path

import pytest

from bantuo.apps.accounts.models import Role, User
from bantuo.apps.erp.models import ProbeTarget, WatchCall
from bantuo.apps.erp.operations import NewEndpoint, register_endpoint
from bantuo.apps.notices.models import Notice
from bantuo.apps.notices.operations import deliver_notices
from bantuo.apps.stock.models import Balance, DayWarning, RecentSales, RobotMessage
from bantuo.apps.stock.operations import Move, NewRobot, add_robot, move_stock
from bantuo.core.endpoints import CallRules
from bantuo.interfaces.jobs.mails import mail_of
from bantuo.interfaces.jobs.stock_tasks import (
    count_figures,
    tell_robots,
    warn_of_missing_stock,
    watch_stock_interfaces,
)
from bantuo.interfaces.web.clock import moment
from bantuo.interfaces.web.papers import vault
from tests.apps import factories as make
from tests.interfaces.seller.stock_shop import it_is, stocked

pytestmark = pytest.mark.django_db


def test_at_the_warning_time_people_and_robots_are_told(settings: object, tmp_path: Path) -> None:
    seller = stocked("S1", "A-1", "A-2")
    owner = User.objects.create_user(
        "owner@example.org", roles=[Role.SELLER_OWNER], seller=seller, language="en", created_at=make.NOW
    )
    listing = User.objects.create_user(
        "listing@example.org", roles=[Role.SELLER_LISTING], seller=seller, created_at=make.NOW
    )
    robot = NewRobot("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1", "", "en")
    add_robot(seller.pk, robot=robot, vault=vault(), now=make.NOW, actor="user:1")
    with it_is("14:58:00", settings, tmp_path):
        warn_of_missing_stock(timestamp=0)
        assert DayWarning.objects.count() == 0
    with it_is("15:00:00", settings, tmp_path):
        warn_of_missing_stock(timestamp=0)
        warn_of_missing_stock(timestamp=60)
        deliver_notices(now=moment())
    assert DayWarning.objects.get().seller == seller
    notice = Notice.objects.get(topic="stock_day_warned")
    assert (notice.user, notice.link) == (owner, "seller:stock")
    assert Notice.objects.filter(user=listing, topic="stock_day_warned").count() == 0
    mail = mail_of(notice)
    assert mail.subject == "[Bantuo] Today's stock is not complete yet"
    assert "2 of 2 SKU × warehouse are missing; until 16:00, Beijing time" in mail.body
    assert RobotMessage.objects.get().payload["missing"] == 2


def test_a_robot_that_cannot_be_reached_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    seller = stocked("S1", "A-1")
    monkeypatch.setattr("bantuo.channels.probe._look_up", lambda endpoint: ["10.1.2.3"])
    robot = NewRobot("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1", "", "en")
    kept = add_robot(seller.pk, robot=robot, vault=vault(), now=moment(), actor="user:1")
    message = RobotMessage.objects.create(
        seller=seller, robot=kept, topic="test", key="1", asked_at=moment(), due_at=moment(),
        until=make.NOW.replace(year=2100),
    )  # fmt: skip
    tell_robots(timestamp=0)
    message.refresh_from_db()
    assert (message.state, message.detail) == ("given_up", "address")


def test_stock_interfaces_are_called_as_the_book_says(monkeypatch: pytest.MonkeyPatch) -> None:
    seller = stocked("S1", "A-1")
    endpoint = NewEndpoint("https://erp.example.com/stock", "GET", "3.2", "")
    register_endpoint(seller.pk, endpoint=endpoint, rules=CallRules(), now=make.NOW, actor="user:1")
    monkeypatch.setattr("bantuo.channels.probe._look_up", lambda found: ["10.1.2.3"])
    watch_stock_interfaces(timestamp=0)
    watch_stock_interfaces(timestamp=60)
    call = WatchCall.objects.get()
    assert (call.succeeded, call.detail) == (False, "not called: address")
    assert ProbeTarget.objects.get().watch_no == 1


def test_figures_are_counted_and_balances_opened() -> None:
    seller = stocked("S1", "A-1")
    make.make_skus(seller.pk, "A-2")
    held = Balance.objects.get(seller=seller)
    move_stock([Move(held.pk, "declared", "reserve", 0, 3, "order:1")], at=moment())
    count_figures(timestamp=0)
    assert sorted(Balance.objects.values_list("sku__code", flat=True)) == ["A-1", "A-2"]
    assert RecentSales.objects.get().units == 3
