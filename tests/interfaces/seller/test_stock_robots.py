"""The page of the robots: added with a checked address, tried, removed; sealed throughout."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.http import HttpResponse

from bantuo.apps.accounts.models import Role
from bantuo.apps.stock.models import Robot, RobotMessage
from bantuo.interfaces.jobs.robots import ChatTeller
from bantuo.interfaces.web.robot_words import robot_words
from tests.interfaces.seller import shop
from tests.interfaces.seller.stock_shop import it_is, stocked

pytestmark = pytest.mark.django_db
URL = "https://oapi.dingtalk.com/robot/send?access_token=abcd1234"


def told(answer: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def form(**changed: str) -> dict[str, str]:
    return {"kind": "dingtalk", "url": URL, "secret": "SEC-xyz", "language": "en", **changed}


def test_a_robot_is_added_tried_and_removed_and_its_address_is_never_shown() -> None:
    seller = stocked()
    client = shop.sign_in(seller, Role.SELLER_STOCK)
    assert client.post("/seller/stock/robots/add/", form()).status_code == 302
    robot = Robot.objects.get()
    shown = client.get("/seller/stock/robots/")
    assert "DingTalk custom robot …1234 with signature" in told(shown)
    assert "abcd" not in shown.content.decode()
    assert b"SEC-xyz" not in bytes(robot.sealed_secret)

    client.post(f"/seller/stock/robots/{robot.pk}/test/")
    message = RobotMessage.objects.get()
    assert (message.topic, message.state) == ("test", "waiting")
    part = client.get("/seller/stock/robots/", headers=shop.HTMX)
    assert "on its way" in told(part)
    assert part.content.decode().lstrip().startswith("<section")

    client.post(f"/seller/stock/robots/{robot.pk}/remove/")
    assert "The robot is removed." in told(client.get("/seller/stock/robots/"))
    message.refresh_from_db()
    assert message.state == "given_up"
    assert client.post(f"/seller/stock/robots/{robot.pk}/test/").status_code == 404


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"url": "https://example.com/hook"}, "Robots of this kind have addresses at oapi.dingtalk.com."),
        ({"kind": "wecom", "secret": ""}, "Robots of this kind have addresses at qyapi.weixin.qq.com."),
        ({"url": "https://oapi.dingtalk.com/other?access_token=1"}, "must be the one that the group shows"),
        ({"url": f"{URL}&x=1"}, "must end with ?access_token=… and nothing else."),
        ({"url": "http://oapi.dingtalk.com/robot/send?access_token=1"}, "must begin with https://"),
        ({"url": ""}, "This field is required."),
        ({"kind": "telegram"}, "Select a valid choice."),
        (
            {"kind": "wecom", "url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1"},
            "WeCom robots have no signing secret.",
        ),
    ],
)
def test_an_address_that_is_no_robots_is_named(changed: dict[str, str], why: str) -> None:
    answer = shop.sign_in(stocked()).post("/seller/stock/robots/add/", form(**changed))
    assert answer.status_code == 422
    assert why in told(answer)
    assert Robot.objects.count() == 0


def test_others_robots_are_not_there_and_finance_only_looks() -> None:
    seller = stocked("S1")
    shop.sign_in(seller).post("/seller/stock/robots/add/", form())
    robot = Robot.objects.get()
    stranger = shop.sign_in(stocked("S2", "B-1"))
    assert stranger.post(f"/seller/stock/robots/{robot.pk}/test/").status_code == 404
    assert stranger.post(f"/seller/stock/robots/{robot.pk}/remove/").status_code == 404
    looking = shop.sign_in(seller, Role.SELLER_FINANCE)
    assert "/robots/add/" not in looking.get("/seller/stock/robots/").content.decode()
    assert looking.post("/seller/stock/robots/add/", form()).status_code == 403


def test_what_a_robot_says_names_what_is_missing_in_its_language(settings: object, tmp_path: Path) -> None:
    payload = {
        "day": "2026-03-10", "listed": 5, "stated": 3, "missing": 2,
        "cutoff_at": "2026-03-10T08:00:00+00:00",
    }  # fmt: skip
    with it_is("15:00:00", settings, tmp_path):
        title, text = robot_words("day_warned", payload, language="en")
        assert title == "Bantuo: stock not complete"
        assert "2 of 5 SKU × warehouse are not stated for 2026-03-10." in text
        assert "State them by 16:00, Beijing time" in text
        assert "/seller/stock/?show=missing)" in text
        title, text = robot_words("day_warned", payload, language="zh-hans")
        assert "5 个 SKU × 仓库中还有 2 个未申报库存" in text


def test_the_teller_answers_with_what_became_of_it() -> None:
    robot = Robot(kind="wecom", language="en")
    answer = ChatTeller().tell(robot, url="https://example.com/", secret="", topic="test", payload={})
    assert (answer.is_taken, answer.detail, answer.is_final) == (False, "robot-host", True)
