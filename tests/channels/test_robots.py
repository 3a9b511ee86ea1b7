"""Robots of chat groups: messages as they take them, the signature, where they may live, what they answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bantuo.channels import robots
from bantuo.channels.probe import HttpCaller
from bantuo.channels.robots import Answered, RobotCaller, message, signed_url
from bantuo.core.endpoints import CallRules, EndpointRefused

WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc"
DINGTALK = "https://oapi.dingtalk.com/robot/send?access_token=abc"
PUBLIC = RobotCaller(HttpCaller(CallRules()))
LOCAL = RobotCaller(HttpCaller(CallRules(allow_loopback=True)))


class Place(BaseHTTPRequestHandler):
    """Where robots live, on this machine: keeps what came and answers as the test says."""

    status, answer, wait_s = 200, b'{"errcode":0,"errmsg":"ok"}', 0.0
    heard: list[tuple[str, dict[str, str], Any]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((self.path, dict(self.headers), json.loads(body)))
        time.sleep(self.wait_s)
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def place() -> Iterator[str]:
    Place.status, Place.answer, Place.wait_s = 200, b'{"errcode":0,"errmsg":"ok"}', 0.0
    Place.heard.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Place)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def say(kind: str, url: str, *, secret: str = "", caller: RobotCaller = LOCAL) -> Answered:
    return caller.say(
        kind, url, secret=secret, title="库存", text="### 库存\n缺 3 个", now_ms=1_700_000_000_000
    )


def test_wecom_hears_markdown_as_it_takes_it(place: str) -> None:
    assert say("wecom", f"{place}/cgi-bin/webhook/send?key=abc") == Answered(True, "ok")
    ((path, headers, body),) = Place.heard
    assert path == "/cgi-bin/webhook/send?key=abc"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert body == {"msgtype": "markdown", "markdown": {"content": "### 库存\n缺 3 个"}}


def test_dingtalk_hears_a_signed_message_with_its_title(place: str) -> None:
    assert say("dingtalk", f"{place}/robot/send?access_token=abc", secret="SEC1").is_taken
    ((path, _, body),) = Place.heard
    told = parse_qs(urlsplit(path).query)
    wanted = hmac.new(b"SEC1", b"1700000000000\nSEC1", hashlib.sha256).digest()
    assert told == {
        "access_token": ["abc"], "timestamp": ["1700000000000"], "sign": [base64.b64encode(wanted).decode()],
    }  # fmt: skip
    assert body == {
        "msgtype": "markdown",
        "markdown": {"title": "库存", "text": "### 库存\n缺 3 个"},
        "at": {"isAtAll": False},
    }


def test_the_signature_is_the_one_that_dingtalk_describes() -> None:
    """Computed apart: HMAC-SHA256 of `timestamp\\nsecret` under the secret, base64, then URL-encoded."""
    url = signed_url(DINGTALK, secret="this is secret", now_ms=1_577_262_236_757)
    digest = hmac.digest(b"this is secret", b"1577262236757\nthis is secret", "sha256")
    told = base64.b64encode(digest).decode().replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    assert url == f"{DINGTALK}&timestamp=1577262236757&sign={told}"


@pytest.mark.parametrize(("kind", "most"), [("wecom", 4096), ("dingtalk", 18_000)])
def test_a_long_text_is_cut_between_characters(kind: str, most: int) -> None:
    body = message(kind, title="t", text="库" * 10_000)["markdown"]
    text = body["content" if kind == "wecom" else "text"]
    assert set(text) == {"库"}
    assert most - 3 < len(text.encode()) <= most


@pytest.mark.parametrize(
    ("kind", "answer", "told"),
    [
        ("wecom", b'{"errcode":93000,"errmsg":"invalid webhook url"}',
         Answered(False, "errcode 93000: invalid webhook url", is_final=True)),
        ("wecom", b'{"errcode":45009,"errmsg":"api freq out of limit"}',
         Answered(False, "errcode 45009: api freq out of limit")),
        ("dingtalk", b'{"errcode":310000,"errmsg":"sign not match"}',
         Answered(False, "errcode 310000: sign not match", is_final=True)),
        ("dingtalk", b'{"errcode":130101,"errmsg":"send too fast"}',
         Answered(False, "errcode 130101: send too fast")),
        ("wecom", b"<html>", Answered(False, "200, but not the answer of a robot")),
        ("wecom", b"[1]", Answered(False, "200, but not the answer of a robot")),
        ("wecom", b'{"errcode":"x"}', Answered(False, "200, but not the answer of a robot")),
    ],
)  # fmt: skip
def test_what_it_answers_decides_not_the_status(place: str, kind: str, answer: bytes, told: Answered) -> None:
    Place.answer = answer
    path = "/cgi-bin/webhook/send?key=abc" if kind == "wecom" else "/robot/send?access_token=abc"
    assert say(kind, place + path) == told


def test_another_status_and_no_answer_in_time_can_be_tried_again(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{place}/cgi-bin/webhook/send?key=abc"
    Place.status = 502
    assert say("wecom", url) == Answered(False, "status 502")
    Place.status, Place.wait_s = 200, 1.0
    monkeypatch.setattr(robots, "LIMIT_MS", 200)
    assert say("wecom", url) == Answered(False, "no answer within 200 ms")


def test_nobody_there_can_be_tried_again() -> None:
    assert say("wecom", "http://127.0.0.1:9/cgi-bin/webhook/send?key=abc") == Answered(
        False, "connection refused"
    )


@pytest.mark.parametrize(
    ("kind", "url", "code"),
    [
        ("wecom", "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc", "scheme"),
        ("wecom", "https://127.0.0.1/cgi-bin/webhook/send?key=abc", "robot-host"),
        ("wecom", "https://169.254.169.254/cgi-bin/webhook/send?key=abc", "robot-host"),
        ("wecom", "https://qyapi.weixin.qq.com.example.com/cgi-bin/webhook/send?key=abc", "robot-host"),
        ("wecom", DINGTALK, "robot-host"),
        ("dingtalk", WECOM, "robot-host"),
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/gettoken?key=abc", "robot-path"),
        ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send", "robot-key"),
        ("wecom", WECOM + "&debug=1", "robot-key"),
        ("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=", "robot-key"),
        ("wecom", "https://user:pass@qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc", "credentials"),
        ("wecom", "https://qyapi.weixin.qq.com:22/cgi-bin/webhook/send?key=abc", "port"),
        ("wecom", "javascript:alert(1)", "host"),
        ("wecom", "", "host"),
        ("wecom", WECOM + "x" * 2000, "too-long"),
    ],
)
def test_only_a_robots_address_is_called(kind: str, url: str, code: str) -> None:
    with pytest.raises(EndpointRefused) as refused:
        PUBLIC.check(kind, url)
    assert refused.value.code == code
    assert say(kind, url, caller=PUBLIC) == Answered(False, code, is_final=True)


def test_robots_addresses_as_groups_show_them_pass() -> None:
    PUBLIC.check("wecom", WECOM)
    PUBLIC.check("dingtalk", DINGTALK)


def test_a_name_that_leads_into_our_network_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bantuo.channels.probe._look_up", lambda endpoint: ["10.0.0.7"])
    assert say("wecom", WECOM, caller=PUBLIC) == Answered(False, "address", is_final=True)
