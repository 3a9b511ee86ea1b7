"""Single orders that arrive together are written together: one transaction for all that wait.

While one batch is being written, the next one gathers; it waits a moment for as many as came last time,
since whoever was just answered is about to send again. Everybody is answered after the commit.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import InterfaceError, OperationalError, connection, connections

from bantuo.apps.orders.operations.incoming import IntakeResult, NewOrder
from bantuo.interfaces.api.intake_shapes import RecipientBody

_log = logging.getLogger(__name__)
WAITING_MAX = 2_048
BATCH_MAX = 256
_GATHER_SECONDS = 0.005
_STOP_SECONDS = 20


class WaitedTooLong(Exception):
    """No answer in time: the order may have been kept or not. Sent again, it is taken once."""


@dataclass(slots=True)
class Waiting:
    """An order that somebody waits for, with the answer once there is one.

    A bare lock, held until the answer is there: a `Future` makes a condition for each order, which cost
    a tenth of the whole call.
    """

    order: NewOrder
    recipient: RecipientBody | None
    actor: str
    _pending: threading.Lock = field(default_factory=threading.Lock, init=False)
    _answer: IntakeResult | Exception | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._pending.acquire()

    def set_answer(self, answer: IntakeResult | Exception) -> None:
        """Let whoever waits go on; once."""
        self._answer = answer
        self._pending.release()

    def result(self, seconds: float) -> IntakeResult:
        """Wait for the answer. Raises WaitedTooLong, or what kept the order from being written."""
        if not self._pending.acquire(timeout=seconds):
            raise WaitedTooLong
        if isinstance(self._answer, Exception):
            raise self._answer
        assert self._answer is not None
        return self._answer


Write = Callable[[Sequence[Waiting]], Sequence[IntakeResult]]


class QueueFull(Exception):
    """More orders wait than can be written soon; nothing of this one was kept."""


class IntakeQueue:
    """Orders on their way into the database, in the order they came."""

    def __init__(
        self,
        write: Write,
        *,
        waiting_max: int = WAITING_MAX,
        batch_max: int = BATCH_MAX,
        gather_seconds: float = _GATHER_SECONDS,
    ) -> None:
        self._write, self._waiting_max, self._batch_max = write, waiting_max, batch_max
        self._gather_seconds = gather_seconds
        self._last = 1  # how many the batch before had
        self._waiting: deque[Waiting] = deque()
        self._changed = threading.Condition()
        self._writer: threading.Thread | None = None
        self._is_closed = False

    def put(self, item: Waiting) -> Waiting:
        """Have an order written with whatever else waits. Raises QueueFull."""
        with self._changed:
            if self._is_closed or len(self._waiting) >= self._waiting_max:
                raise QueueFull
            if self._writer is None:
                self._writer = threading.Thread(target=self._keep_writing, name="intake", daemon=True)
                self._writer.start()
                atexit.register(self.close)
            self._waiting.append(item)
            if len(self._waiting) in (1, self._last):  # what the writer waits for
                self._changed.notify()
        return item

    def close(self) -> None:
        """Take nothing more, and write what waits."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._writer is not None:
            self._writer.join(_STOP_SECONDS)

    def _keep_writing(self) -> None:
        _take_own_connection()
        while batch := self._next_batch():
            self._flush(batch)
        connection.close()

    def _next_batch(self) -> list[Waiting]:
        """All that wait, up to the most of a batch; empty once closed and empty."""
        with self._changed:
            while not self._waiting and not self._is_closed:
                self._changed.wait()
            until = time.monotonic() + self._gather_seconds
            while len(self._waiting) < self._last and not self._is_closed:
                if not self._changed.wait(until - time.monotonic()):
                    break
            self._last = min(len(self._waiting), self._batch_max)
            return [self._waiting.popleft() for _ in range(self._last)]

    def _flush(self, batch: Sequence[Waiting]) -> None:
        """Write a batch; where it fails as a whole, each by itself, so that one bad order harms no other."""
        try:
            results = self._written(batch)
        except Exception as fault:
            if len(batch) == 1:
                _log.exception("an order could not be written")
                batch[0].set_answer(fault)
                return
            _log.warning("a batch of %s orders is written one by one: %s", len(batch), type(fault).__name__)
            for item in batch:
                self._flush([item])
            return
        for item, result in zip(batch, results, strict=True):
            item.set_answer(result)

    def _written(self, batch: Sequence[Waiting]) -> Sequence[IntakeResult]:
        """Write a batch; on a connection that turns out to be dead, once more on a new one."""
        try:
            return self._write(batch)
        except (OperationalError, InterfaceError):
            connection.close()
            _take_own_connection()
            return self._write(batch)


def _take_own_connection() -> None:
    """Have a connection of this thread's own, on which the server plans each statement once.

    Callers may hold all of the pool's while they wait for it; and of a small batch, planning is a third
    of what the server does. What there is to connect to is asked anew each time.
    """
    shared = connections.settings[connection.alias]
    options = {**shared["OPTIONS"], "server_side_binding": True, "prepare_threshold": 2}
    options.pop("pool", None)
    connection.settings_dict = {**shared, "OPTIONS": options}
