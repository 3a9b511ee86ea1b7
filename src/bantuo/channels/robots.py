"""Robots of chat groups: WeCom (企业微信群机器人) and DingTalk (钉钉自定义机器人).

Both take a POST of JSON to an address that holds a secret key, and both answer 200 with an `errcode`
that says what really became of it. DingTalk may ask for a signature beside the key.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

from bantuo.channels.probe import HttpCaller, PinnedCaller, PinnedConnection, told_of
from bantuo.core.endpoints import EndpointRefused, read_endpoint

LIMIT_MS = 5_000
_ANSWER_BYTES_MAX = 16 * 1024
_TEXT_BYTES_MAX = {"wecom": 4096, "dingtalk": 18_000}  # of Markdown; what is longer is refused by them
_AGENT = "bantuo-robots/3.2"


@dataclass(frozen=True, slots=True)
class RobotPlace:
    """Where robots of a kind live: no other address is ever called for them."""

    host: str
    path: str
    key: str


PLACES: Mapping[str, RobotPlace] = {
    "wecom": RobotPlace("qyapi.weixin.qq.com", "/cgi-bin/webhook/send", "key"),
    "dingtalk": RobotPlace("oapi.dingtalk.com", "/robot/send", "access_token"),
}
# Answers after which trying again is of no use: the key is wrong or gone, the signature or a keyword fails.
_FINAL = {"wecom": frozenset({93000, 93017, 40058}), "dingtalk": frozenset({300001, 300005, 310000})}


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a message; `detail` is what the robot's own server said, never an address."""

    is_taken: bool
    detail: str
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class RobotCaller:
    """Says messages to robots, at the places where robots live and nowhere else."""

    caller: HttpCaller = field(default_factory=HttpCaller)

    def check(self, kind: str, url: str) -> None:
        """Refuse an address that is no robot's of this kind.

        Raises EndpointRefused: as `core.endpoints`, and `robot-host`, `robot-path`, `robot-key`.
        """
        endpoint, place = read_endpoint(url, rules=self.caller.rules), PLACES[kind]
        is_local = self.caller.rules.allow_loopback and endpoint.host in ("127.0.0.1", "localhost", "::1")
        if endpoint.host != place.host and not is_local:
            raise EndpointRefused("robot-host", f"robots of this kind live at {place.host}")
        parts = urlsplit(url)
        if parts.path != place.path:
            raise EndpointRefused("robot-path", f"the path of such a robot is {place.path}")
        if list(parse_qs(parts.query)) != [place.key]:
            raise EndpointRefused("robot-key", f"the address ends with ?{place.key}=… and nothing else")

    def say(self, kind: str, url: str, *, secret: str, title: str, text: str, now_ms: int) -> Answered:
        """One message in Markdown. Nothing is raised: what goes wrong is what became of it."""
        try:
            self.check(kind, url)
            pinned = self.caller.pin(signed_url(url, secret=secret, now_ms=now_ms) if secret else url)
        except EndpointRefused as refusal:
            return Answered(False, refusal.code, is_final=refusal.code != "lookup")
        return _post(pinned, kind, json.dumps(message(kind, title=title, text=text)).encode())


def message(kind: str, *, title: str, text: str) -> dict[str, Any]:
    """A Markdown message as robots of this kind take it, cut to what they take."""
    cut = text.encode()[: _TEXT_BYTES_MAX[kind]].decode(errors="ignore")
    if kind == "wecom":
        return {"msgtype": "markdown", "markdown": {"content": cut}}
    return {"msgtype": "markdown", "markdown": {"title": title, "text": cut}, "at": {"isAtAll": False}}


def signed_url(url: str, *, secret: str, now_ms: int) -> str:
    """The address with DingTalk's signature (加签): HMAC-SHA256 over timestamp, line break and secret."""
    digest = hmac.new(secret.encode(), f"{now_ms}\n{secret}".encode(), hashlib.sha256).digest()
    return f"{url}&timestamp={now_ms}&sign={quote_plus(base64.b64encode(digest))}"


def _post(pinned: PinnedCaller, kind: str, body: bytes) -> Answered:
    """To the checked address, within the limit whatever the other side does."""
    connection = PinnedConnection(pinned.endpoint, pinned.address, seconds=LIMIT_MS / 1000)
    headers = {
        "Host": pinned.endpoint.authority,
        "User-Agent": _AGENT,
        "Content-Type": "application/json; charset=utf-8",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    try:
        connection.request("POST", pinned.target, body=body, headers=headers)
        with contextlib.closing(connection.getresponse()) as response:
            answered = _judged(kind, response.status, response.read(_ANSWER_BYTES_MAX))
    except (OSError, HTTPException, ValueError) as problem:
        answered = Answered(False, told_of(problem))
    finally:
        is_late = connection.end()
    return Answered(False, f"no answer within {LIMIT_MS} ms") if is_late else answered


def _judged(kind: str, status: int, content: bytes) -> Answered:
    if status != 200:
        return Answered(False, f"status {status}")
    try:
        told = json.loads(content)
        code, said = int(told["errcode"]), str(told.get("errmsg", ""))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Answered(False, "200, but not the answer of a robot")
    if code == 0:
        return Answered(True, "ok")
    plain = "".join(letter for letter in said if letter.isprintable())[:160]
    return Answered(False, f"errcode {code}: {plain}", is_final=code in _FINAL[kind])
