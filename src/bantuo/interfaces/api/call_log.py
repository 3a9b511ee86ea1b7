"""The log of the last calls: kept in memory for a moment, written in batches by a thread of the server.

It is there for people who look for their mistake. Of a key that calls without pause the last calls of
every second are kept, those that failed counted apart: they are never pushed out by those that went well.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest
from django.utils import timezone

from bantuo.apps.integrations.operations.calls import NewCall, record_calls
from bantuo.interfaces.api.problems import request_id_of

_log = logging.getLogger(__name__)
_EVERY_S = 1.0
_KEPT_OF_KEY = 50  # between two writings, of good calls and of failed ones each
_KEYS_MAX = 10_000
_FAILED = 400

_Key = tuple[int, bool]
_Calls = deque[NewCall]


@dataclass(slots=True)
class _Waiting:
    """Calls that are not written yet. Without a writing thread each is written at once."""

    calls: dict[_Key, _Calls] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_written_by_thread: bool = False


_WAITING = _Waiting()


def note_call(request: HttpRequest, *, status: int, took_ms: int) -> None:
    """Put one call in the log of its key; a call without a good key has none."""
    caller = getattr(request, "api_caller", None)
    if caller is None:
        return
    call = NewCall(
        caller.key_id, request.method or "", request.path, status, took_ms, request_id_of(request),
        timezone.now(),
    )  # fmt: skip
    with _WAITING.lock:
        kept = _WAITING.calls.get((caller.key_id, status >= _FAILED))
        if kept is None and len(_WAITING.calls) < _KEYS_MAX:
            kept = _WAITING.calls[caller.key_id, status >= _FAILED] = deque(maxlen=_KEPT_OF_KEY)
        if kept is not None:
            kept.append(call)
    if not _WAITING.is_written_by_thread:
        write_calls()


def write_calls() -> None:
    """Write what waits. A log that cannot be written stops no call."""
    with _WAITING.lock:
        waiting, _WAITING.calls = _WAITING.calls, {}
    calls = sorted(chain.from_iterable(waiting.values()), key=attrgetter("called_at"))
    if not calls:
        return
    try:
        record_calls(calls)
    except (DatabaseError, InterfaceError):
        _log.exception("%s calls were not logged", len(calls))


def write_in_background() -> None:
    """Have a thread of this process write the log, so that no call waits for it; once is enough."""
    if not _WAITING.is_written_by_thread:
        _WAITING.is_written_by_thread = True
        threading.Thread(target=_keep_writing, name="call-log", daemon=True).start()


def _keep_writing() -> None:
    while True:
        time.sleep(_EVERY_S)
        if _WAITING.calls:
            write_calls()
            connection.close_if_unusable_or_obsolete()
