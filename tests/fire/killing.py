"""Processes that work until they are killed, and processes that may end their work."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from random import Random
from typing import Any

from tests.fire.place import ROUNDS
from tests.processes import start_process

PATIENCE_S = 120 + 10 * ROUNDS
_CODE = "from tests.fire.shops import main; main()"


def finish(*arguments: object, url: str) -> str:
    """Let a process come to its end; what it printed last."""
    with start_process(_CODE, *map(str, arguments), url=url) as process:
        said, fault = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, said + fault
    return (said.strip().splitlines() or [""])[-1]


def told_by(*arguments: object, url: str) -> dict[str, Any]:
    """What a process says of what it made."""
    told: dict[str, Any] = json.loads(finish(*arguments, url=url))
    return told


def kill_at_work(
    *arguments: object, url: str, left: Callable[[], int], turn: int, seconds: float = 0.12
) -> int:
    """Start one process or two, kill them some moments after something was done; how much is left then.

    One that ends by itself has nothing more to do.
    """
    before, draw = left(), Random(turn)
    workers = [start_process(_CODE, *map(str, arguments), url=url) for _ in range(1 + turn % 2)]
    until = time.monotonic() + PATIENCE_S
    while left() == before and any(worker.poll() is None for worker in workers):
        assert time.monotonic() < until, "nothing moves"
        time.sleep(0.002)
    time.sleep(draw.random() * seconds)
    for worker in workers:
        if worker.poll() is None:
            os.kill(worker.pid, signal.SIGKILL)
        _, fault = worker.communicate(timeout=60)
        assert worker.returncode in (0, -signal.SIGKILL), fault
    return left()
