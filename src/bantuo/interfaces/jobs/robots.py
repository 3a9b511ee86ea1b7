"""Robots of chat groups, told in words: the operation's `RobotTeller`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from bantuo.apps.stock.models import Robot
from bantuo.apps.stock.operations import RobotTold
from bantuo.channels.robots import RobotCaller
from bantuo.interfaces.web.robot_words import robot_words


class ChatTeller:
    """Says messages over HTTP."""

    def __init__(self) -> None:
        self._caller = RobotCaller()

    def tell(
        self, robot: Robot, *, url: str, secret: str, topic: str, payload: Mapping[str, Any]
    ) -> RobotTold:
        """One message; what goes wrong is in the answer."""
        title, text = robot_words(topic, payload, language=robot.language)
        now_ms = int(timezone.now().timestamp() * 1000)  # their servers compare it with their own clock
        said = self._caller.say(robot.kind, url, secret=secret, title=title, text=text, now_ms=now_ms)
        return RobotTold(said.is_taken, said.detail, is_final=said.is_final)
